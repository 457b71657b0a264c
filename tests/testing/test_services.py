"""The objects of a world behave the same in every mode of the farm."""

import asyncio
import errno
import ftplib
import io
import smtplib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from listed import assert_listed
from tests.interop.epp_client import Client

from homeport.services import all_services
from homeport.testing import FarmError, Message, NotFound, Refused, TimedOut
from homeport.testing.world import World


def letter(to="bob@example.org", subject="Welcome"):
    mail = EmailMessage()
    mail["From"] = "app@client.test"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = datetime(2026, 10, 14, tzinfo=UTC)
    mail["Message-ID"] = "<1@client.test>"
    mail.set_content("Hello Bob,\nyour code is 123456.\n")
    return mail


def post(world, *letters):
    with smtplib.SMTP(*world.smtp.address, local_hostname="client.test", timeout=10) as client:
        for one in letters or (letter(),):
            client.send_message(one)


def exchange(address, data):
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_a_world_says_where_its_services_are(world):
    assert world.services[:3] == ["echo", "discard", "users"]
    assert world.echo.address == ("127.0.0.1", world.echo.port)
    assert str(world.echo.address) == f"127.0.0.1:{world.echo.port}"
    assert world.echo.url == f"tcp://127.0.0.1:{world.echo.port}"
    assert world.echo.udp.port == world.echo.tcp.port
    assert world.smtp.url == f"smtp://127.0.0.1:{world.smtp.port}"
    assert world.smtp.tls.url.startswith("smtps://")
    smtp = world.smtp
    assert len({smtp.port, smtp.starttls.port, smtp.tls.port, smtp.submission.port}) == 4
    assert smtp.address == smtp.listener("plain").address
    assert world.ftp.tls.url.startswith("ftps://")
    assert exchange(world.echo.address, b"ahoy") == b"ahoy"


def test_two_worlds_know_nothing_of_each_other(farm, world):
    with farm.world() as other:
        assert other.name != world.name
        assert other.smtp.port != world.smtp.port
        post(other)
        assert len(other.smtp.messages) == 1
        assert world.smtp.messages == []
    with pytest.raises(Refused, match=r"there is no world") as refused:
        other.findings()
    assert refused.value.status == 404


def test_a_world_has_the_configuration_of_its_arguments(farm):
    with farm.world(
        services=["finger", "daytime"],
        config={"people": [{"login": "zoe", "name": "Zoë “Mast”\x7f"}], "finger": {"strict": True}},
        clock=datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC),
    ) as world:
        assert world.services == ["daytime", "finger"]
        assert list(world.people) == ["zoe"]
        assert "Zoë “Mast”" in world.people["zoe"].name
        assert world.clock.now() - datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC) < timedelta(minutes=1)
        with pytest.raises(FarmError, match=r"has no service 'smtp'; its services are: daytime, finger"):
            world.smtp  # noqa: B018 - asking is what fails


def test_a_wrong_argument_is_refused_with_the_configurations_message(farm):
    with pytest.raises(Refused, match=r"echo has no key 'prot'; did you mean 'port'\?"):
        farm.world(config={"echo": {"prot": 1}})


def test_mail_is_awaited_found_and_read(world):
    post(world, letter(), letter(to="carol@example.org", subject="Your code"))
    message = world.smtp.wait_for(to="bob@example.org")
    assert isinstance(message, Message)
    assert (message.sender, message.recipients) == ("app@client.test", ["bob@example.org"])
    assert (message.subject, message.from_, message.to) == ("Welcome", "app@client.test", "bob@example.org")
    assert message.text == "Hello Bob,\nyour code is 123456.\n"
    assert message.html == ""
    assert message.raw.startswith(b"From: app@client.test\r\n")
    assert message.header("message-id") == "<1@client.test>"
    assert message.header("X-Mark") is None
    assert [one.subject for one in world.smtp.messages] == ["Welcome", "Your code"]
    assert world.smtp.wait_for(since=message).subject == "Your code"
    assert [one.subject for one in world.smtp.find(from_="app@client.test", subject="code")] == ["Your code"]
    assert len(world.smtp.wait_for_all(2)) == 2
    world.assert_no_findings()
    message.delete()
    assert len(world.smtp.messages) == 1
    world.smtp.clear()
    assert world.smtp.messages == []


def test_attachments_and_html_are_read(world):
    mail = letter()
    mail.add_alternative("<p>Hello</p>", subtype="html")
    mail.add_attachment(b"\0\1", maintype="application", subtype="octet-stream", filename="chart.bin")
    post(world, mail)
    message = world.smtp.wait_for()
    assert message.html.strip() == "<p>Hello</p>"
    assert message.attachments == [("chart.bin", "application/octet-stream", b"\0\1")]


def test_messages_are_found_by_a_filter_and_marked_as_read(world):
    mail = letter(subject="Chart")
    mail.add_attachment(b"\0\1", maintype="application", subtype="octet-stream", filename="chart.bin")
    post(world, mail, letter(to="carol@example.org", subject="Your code"))
    assert [one.subject for one in world.smtp.find(q="has:attachment OR to:dave")] == ["Chart"]
    assert [one.subject for one in world.smtp.find(has="attachment", larger=100)] == ["Chart"]
    latest = world.smtp.find_latest(has="unread")
    assert (latest.subject, latest.mailboxes, latest.snippet[:9]) == ("Your code", ["carol@example.org"], "Hello Bob")
    latest.mark_read()
    assert world.smtp.find_latest(has="unread").subject == "Chart"
    with pytest.raises(NotFound, match=r"no message with has='link' has arrived"):
        world.smtp.find_latest(has="link")
    assert world.smtp.delete(q="-has:attachment") == 1
    assert [one.subject for one in world.smtp.messages] == ["Chart"]


def test_a_message_is_read_as_the_api_reads_it(world):
    content = (
        b"From: app@client.test\r\nTo: bob@example.org\r\nSubject: \xe6\x97\xa5 =?utf-8?q?caf=C3=A9?=\r\n"
        b"Content-Type: multipart/mixed; =?utf-8?q?x=3B_boundary=3Dfalse=3B?=; boundary=true\r\n\r\n"
        b"--false\r\n\r\nhidden\r\n--false--\r\n"
        b"--true\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\n6UY=\r\n"
        b"--true\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx\r\n--true--\r\n"
    )
    with smtplib.SMTP(*world.smtp.address) as client:
        client.sendmail("app@client.test", ["bob@example.org"], content)
    message = world.smtp.latest
    details = message.details
    assert (message.text, message.subject) == ("镕", "日 café") == (details["text"], details["subject"])
    assert message.header("subject") == "日 café"
    assert message.attachments == [("", "message/rfc822", b"Subject: inner\r\n\r\nx")]


def test_missing_mail_is_reported_with_near_misses(world):
    post(world)
    with pytest.raises(TimedOut) as error:
        world.smtp.wait_for(to="bob@example.org", subject="Good bye", timeout=0.1)
    assert str(error.value) == (
        "1 message with to='bob@example.org', subject='Good bye' did not arrive within 0.1 s; 0 arrived\n"
        "near misses:\n  m1 from app@client.test to bob@example.org: 'Welcome'"
    )


def test_mail_comes_from_any_login_at_the_address(world):
    with smtplib.SMTP(*world.smtp.address, local_hostname="client.test", timeout=10) as client:
        client.login("app", "any-password")
        client.send_message(letter())
    [message] = world.smtp.messages
    assert (message.user, message.tls) == ("app", None)
    assert world.smtp.wait_for_event("login")["taken_by"] == "any_login"


def test_mail_comes_under_tls_from_whom_the_farm_knows(world):
    alice = world.smtp.user("alice")
    assert alice == ("alice", "alice-pass", "alice-token")
    contexts = (world.smtp.ssl_context(), ssl.create_default_context(cafile=world.smtp.ca_file))
    for context in contexts:
        with smtplib.SMTP(world.smtp.host, world.smtp.submission.port, timeout=10) as client:
            client.starttls(context=context)
            client.login(alice.login, alice.password)
            client.send_message(letter())
    assert {(one.user, one.tls) for one in world.smtp.messages} == {("alice", "TLSv1.3")}


def test_a_fault_acts_as_often_as_planned(world):
    fault = world.smtp.fail("RCPT", 451, enhanced="4.7.1", times=1)
    with smtplib.SMTP(*world.smtp.address, local_hostname="client.test", timeout=10) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.send_message(letter())
        assert refused.value.recipients["bob@example.org"][0] == 451
        client.send_message(letter())
    assert fault.acted == 0
    assert fault.refresh().acted == 1
    assert [(one.verb, one.code) for one in world.smtp.commands("rcpt")] == [("RCPT", "451"), ("RCPT", "250")]
    assert [one.service for one in world.faults()] == ["smtp"]
    world.smtp.clear_faults()
    assert world.faults() == []


def test_faults_of_the_network_are_planned_by_their_names(world):
    with world.echo.fail(reset=True), pytest.raises(OSError) as reset:
        exchange(world.echo.address, b"ahoy")
    # Which of them is raised depends on the client's state when the reset arrives.
    assert reset.value.errno in (errno.ECONNRESET, errno.ENOTCONN, errno.EPIPE)
    world.echo.fail(limit=2)
    assert exchange(world.echo.address, b"ahoy") == b"ah"
    world.echo.fail(latency={"ms": 1, "jitter_ms": 1})
    assert exchange(world.echo.address, b"ahoy") == b"ahoy"
    with pytest.raises(FarmError, match=r"of one kind, such as .*; this names reset, close"):
        world.echo.fail(reset=True, close=True)
    with pytest.raises(Refused):
        world.echo.fail("RCPT", 451)
    world.clear_faults()


def test_a_certificate_can_be_wrong(world):
    world.smtp.fail(tls="expired")
    with (
        smtplib.SMTP(*world.smtp.starttls.address, timeout=10) as client,
        pytest.raises(ssl.SSLCertVerificationError, match=r"expired"),
    ):
        client.starttls(context=world.ssl_context())


def test_what_clients_did_wrong_fails_a_test(world):
    with smtplib.SMTP(*world.smtp.address, local_hostname="client.test", timeout=10) as client:
        client.sendmail("app@client.test", ["bob@example.org"], "Subject: Welcome\n\nhi\n")
    assert [one.id for one in world.smtp.findings("must")] == ["smtp.missing-date", "smtp.missing-from"]
    with pytest.raises(AssertionError) as error:
        world.assert_no_findings()
    assert str(error.value).splitlines()[:2] == [
        "clients broke 3 rules:",
        "  smtp.missing-date (must, RFC 5322 3.6): sent a message without Date:  [c1]",
    ]
    world.assert_no_findings(service="ftp")
    world.assert_no_findings("must", ignore=["smtp.missing-date", "smtp.missing-from"])
    with pytest.raises(FarmError, match=r"unknown level 'fatal'"):
        world.findings("fatal")


def test_a_transcript_is_read(world):
    post(world)
    world.smtp.wait_for_event("closed")
    (talk,) = world.smtp.transcripts()
    assert (talk.id, talk.service, talk.listener) == ("c1", "smtp", "plain")
    assert " C: ehlo client.test\n" in talk.text
    assert str(talk) == talk.text
    assert [one["id"] for one in world.connections(state="closed")] == ["c1"]


def test_files_are_written_read_listed_and_removed(world):
    files = world.ftp.files
    assert files["README.txt"].startswith(b"Welcome")
    files["incoming/new/a b.txt"] = "ahoy"
    assert files["incoming/new/a b.txt"] == b"ahoy"
    assert files.text("/incoming/new/a b.txt") == "ahoy"
    assert "incoming/new/a b.txt" in files
    assert "incoming/new" not in files
    assert [one.name for one in files.list("incoming")] == ["new"]
    assert {"pub/tides.txt", "incoming/new/a b.txt", "pub/überfahrt.txt"} < set(files)
    del files["incoming/new/a b.txt"]
    with pytest.raises(KeyError):
        files["incoming/new/a b.txt"]
    with pytest.raises(KeyError):
        files.list("nowhere")
    assert "nowhere/x" not in files


def test_an_upload_is_awaited(world):
    alice = world.ftp.user("alice")
    with ftplib.FTP() as client:
        client.connect(*world.ftp.address, timeout=10)
        client.login(alice.login, alice.password)
        client.cwd("/incoming")
        client.storbinary("STOR test.py", io.BytesIO(b"assert True\n"))
    assert world.ftp.wait_for("incoming/test.py") == b"assert True\n"
    assert [(one.what, one.path) for one in world.ftp.transfers()] == [("store", "/incoming/test.py")]
    with pytest.raises(TimedOut):
        world.ftp.wait_for("incoming/other.py", timeout=0.1)


def test_queries_are_answered_as_planned_and_awaited(world):
    world.finger.answer("Nobody is here.", query="alice")
    assert exchange(world.finger.address, b"bob\r\n") != b"Nobody is here."
    assert exchange(world.finger.address, b"alice\r\n").strip() == b"Nobody is here."
    assert world.finger.wait_for("alice").argument == "alice"
    assert world.finger.queries() == ["bob", "alice"]
    exchange(world.whois.address, b"new.test\r\n")
    assert world.whois.wait_for().argument == "new.test"


def test_bytes_and_datagrams_are_awaited(world):
    exchange(world.echo.address, b"over tcp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(b"over udp", tuple(world.echo.udp.address))
        assert client.recv(100) == b"over udp"
    assert world.echo.wait_for("over tcp").type == "in"
    assert world.echo.wait_for("over udp").type == "datagram"


def test_the_next_answer_of_a_text_service_is_given(world):
    world.qotd.answer("Ahoy.")
    assert exchange(world.qotd.address, b"").strip() == b"Ahoy."
    world.quotes.set(["One.", "Two."])
    assert world.quotes.all() == ["One.", "Two."]


def test_time_is_set_advanced_and_frozen(world):
    moment = datetime(2036, 2, 7, tzinfo=UTC)
    assert world.clock.freeze() == world.clock.now()
    assert world.clock.set(moment) == moment
    assert world.clock.advance("P1Y") == datetime(2037, 2, 7, tzinfo=UTC)
    assert world.clock.advance(timedelta(days=1)) == datetime(2037, 2, 8, tzinfo=UTC)
    assert world.clock.advance(0.5) == datetime(2037, 2, 8, 0, 0, 0, 500000, tzinfo=UTC)
    assert b"2037" in exchange(world.daytime.address, b"")
    assert world.clock.resume() >= datetime(2037, 2, 8, tzinfo=UTC)
    with pytest.raises(ValueError, match=r"has no time zone"):
        world.clock.set(datetime(2036, 2, 7))  # noqa: DTZ001 - it has no zone


def test_people_and_presences_come_and_go(world):
    world.people.put("zoe", name="Zoe Mast", plan="Sail at dawn.\n")
    assert b"Sail at dawn." in exchange(world.finger.address, b"/W zoe\r\n")
    world.people.change("zoe", password="secret")
    assert world.people["zoe"].name == "Zoe Mast"
    assert world.smtp.user("zoe").password == "secret"
    assert "zoe" in world.people
    del world.people["zoe"]
    assert "zoe" not in world.people
    with pytest.raises(KeyError):
        del world.people["zoe"]
    world.presence.put("desk", login="alice", since="-3h")
    assert world.presence["desk"].login == "alice"
    assert len(world.people) == 5


def test_the_registry_takes_what_whois_shows(world):
    world.registry.domains.put("new.test", roid="D9-NEW", registrar="harbour", created="-P1Y", expires="+1d")
    assert "new.test" in world.registry.domains
    world.registry.act("domains", "new.test", "hold")
    assert "serverHold" in world.registry.state("domains", "new.test").statuses
    assert world.registry.domains["new.test"].statuses == ["serverHold"]
    assert b"NEW.TEST" in exchange(world.whois.address, b"new.test\r\n").upper()
    assert {"harbour", "lighthouse"} <= set(world.registry.registrars)


def test_registrars_log_in_and_their_commands_are_awaited(world):
    harbour = world.epp.user("harbour")
    assert harbour[:2] == ("harbour", "harbour-pass")
    world.epp.fail("domain:check", 2400)
    client = Client(world.epp.port, world.epp.ca_file, harbour.login)
    check = "<domain:name>new.test</domain:name>"
    assert client.command("check", "domain", check).code == 2400
    assert client.command("check", "domain", check).code == 1000
    client.close()
    assert world.epp.wait_for("login").object == "harbour"
    assert world.epp.wait_for("domain:check", code=1000).cl_trid
    assert [one.code for one in world.epp.commands("domain:check")] == ["2400", "1000"]
    assert world.epp.url == f"epp+tls://{world.epp.address}"
    assert "pilot" in world.epp.registrars
    assert "harbour" in world.epp.registry.registrars
    assert world.registry.tell("pilot", "The tide turns.").text == "The tide turns."
    assert world.registry.messages("pilot")[-1].text == "The tide turns."
    with pytest.raises(TimedOut):
        world.epp.wait_for("domain:check", "other.test", timeout=0.1)


def test_events_are_listed_counted_and_awaited(world):
    before = world.seq
    post(world)
    assert [one.verb for one in world.events("command", service="smtp", since=before)][:2] == ["EHLO", "MAIL"]
    assert world.smtp.wait_for_event("command", verb="rcpt").code == "250"
    assert len(world.smtp.wait_for_events(2, "command")) == 2
    with pytest.raises(TimedOut, match=r"near misses"):
        world.wait_for_event("command", text="VRFY", timeout=0.1)
    with pytest.raises(AttributeError, match=r"no field 'vreb'; the fields are: seq"):
        world.events("command")[0].vreb  # noqa: B018 - asking is what fails


def test_the_first_event_that_is_meant_is_given_and_no_other(world):
    post(world, letter(), letter(to="carol@example.org"))
    events = world.wait_for_events(4, "command", service="smtp")
    assert [world.wait_for_event("command").seq, world.smtp.wait_for_event("command").seq] == [events[0].seq] * 2
    rcpt = world.wait_for_event("command", verb="RCPT", accept=lambda event: "carol" in event.argument)
    assert rcpt.seq > events[-1].seq
    assert world.wait_for_event("command", since=events[1].seq).seq == events[2].seq


def test_a_world_that_has_gone_already_is_closed_and_one_that_must_stay_is_not(running_farm):
    world = running_farm.world(services=["echo"])
    world.close()
    world.close()
    with pytest.raises(Refused, match="POST /api/v1/worlds/default/reset") as refused:
        World.close(running_farm)  # its first world, which exists as long as the farm
    assert refused.value.status == 409


def test_the_file_of_the_authority_is_there_and_has_what_is_to_be_trusted(farm, world):
    assert Path(world.ca_file).read_text() == world.ca_pem
    assert world.ca_file == farm.ca_file
    # A farm reached by its URL may be on another machine: its file is copied.
    assert (world.ca_file == farm.api.get(farm.path)["ca_file"]) == (farm.mode != "url")


def test_a_world_without_services_says_so(farm):
    with (
        farm.world(services=[]) as world,
        pytest.raises(FarmError, match=r"has no service 'echo'; its services are: none"),
    ):
        world.echo  # noqa: B018 - asking is what fails


def test_a_service_stops_and_starts_on_its_port(world):
    assert world.echo.running
    world.echo.stop()
    assert not world.echo.running
    with pytest.raises(ConnectionRefusedError):
        exchange(world.echo.address, b"ahoy")
    world.echo.start()
    assert exchange(world.echo.address, b"ahoy") == b"ahoy"


def test_a_reset_returns_a_world_to_its_beginning(world):
    post(world)
    world.people.put("zoe", name="Zoe Mast")
    port = world.smtp.port
    world.reset(keep=["people"])
    assert world.smtp.messages == []
    assert "zoe" in world.people
    assert world.smtp.port == port


def test_nothing_waits_for_a_wait_in_asyncio(world):
    async def both():
        waiting = asyncio.create_task(world.smtp.wait_for_async(to="bob@example.org"))
        event = asyncio.create_task(world.smtp.wait_for_event_async("command", verb="QUIT"))
        await asyncio.sleep(0)
        await asyncio.to_thread(post, world)
        return await waiting, await event, await world.smtp.wait_for_all_async(1)

    message, event, messages = asyncio.run(both())
    assert message.subject == messages[0].subject == "Welcome"
    assert event.verb == "QUIT"


def test_operations_without_a_method_go_through_the_api(world):
    assert b"homeport_connections_total" in world.api.fetch("/metrics")
    assert world.api.get(world.path)["world"] == world.name
    assert world.name in repr(world)


def test_links_and_codes_of_mail_are_found(world):
    mail = letter(subject="Sign in")
    mail.set_content("Your code is 482913, until 2027.\nhttps://app.test/in?t=1, https://app.test/help.\n")
    mail.add_alternative('<a href="https://app.test/in?t=1&amp;x=2">Sign in</a> 482913', subtype="html")
    bare = letter(subject="No code")
    bare.set_content("Nothing here: AB12CD.\n")
    several = letter(subject="Two codes")
    several.set_content("Your code is 111111 or 222222.\n")
    post(world, mail, bare, several)
    first, second, third = world.smtp.messages
    assert first.links == ["https://app.test/in?t=1", "https://app.test/help", "https://app.test/in?t=1&x=2"]
    assert first.find_code() == "482913"
    assert second.links == []
    assert second.find_code(r"\b[A-Z0-9]{6}\b") == "AB12CD"
    with pytest.raises(NotFound, match=r"has no one-time code \(4 to 8 digits\); its text is:\nNothing here"):
        second.find_code()
    with pytest.raises(NotFound, match=r"has more than one one-time code .*: 111111, 222222; give a pattern"):
        third.find_code()


def test_mail_is_deleted_by_search_and_the_newest_is_at_hand(world):
    with pytest.raises(NotFound, match="no message has arrived"):
        world.smtp.latest  # noqa: B018 - asking is what fails
    post(world, letter(subject="one"), letter(to="carol@example.org", subject="two"), letter(subject="three"))
    assert world.smtp.latest.subject == "three"
    assert [one.subject for one in world.smtp.find(newest_first=True)] == ["three", "two", "one"]
    assert world.smtp.delete(to="bob@example.org") == 2
    assert [one.subject for one in world.smtp.messages] == ["two"]
    with pytest.raises(FarmError, match="delete needs a condition"):
        world.smtp.delete()


def test_every_service_has_an_object_of_its_own():
    ours = {service.name for service in all_services()}
    objects = {name for name in ours if isinstance(getattr(World, name, None), property)}
    assert_listed("servers/homeport/testing/world.py, properties of World", objects, ours)


def test_an_unknown_filter_value_is_refused(world):
    for refused in (
        lambda: world.events("comand"),
        lambda: world.events(service="smpt"),
        lambda: world.wait_for_event("comand", timeout=60),
        lambda: world.smtp.events(listener="submision"),
        lambda: world.connections(service="smpt"),
    ):
        with pytest.raises(Refused, match="did you mean"):
            refused()
    with pytest.raises(FarmError, match=r"events of type 'command' have no field 'vreb'; did you mean 'verb'\?"):
        world.wait_for_event("command", vreb="RCPT", timeout=60)
    with pytest.raises(FarmError, match="events have no field 'pahse'"):
        world.events(pahse=1)


def test_events_report_losses_and_a_reset_of_the_world(farm):
    with farm.world(services=["finger"], config={"journal": {"size": "2KiB"}}) as world:
        for _ in range(10):
            exchange(world.finger.address, b"alice\r\n")
        since, epoch = world.seq, world.epoch
        assert world.events().lost > 0
        assert (world.events(since=since - 1).lost, world.events(since=since - 1).reset) == (0, False)
        with pytest.raises(TimedOut, match=r"\d+ older events? dropped: set \[journal\] size"):
            world.wait_for_event("command", text="bob", timeout=0.1)
        world.reset()
        assert world.epoch != epoch
        again = world.events(since=since, epoch=epoch)
        assert (again.reset, again.epoch, again.lost) == (True, world.epoch, 0)
        with pytest.raises(TimedOut, match="the journal started over, and so did the wait"):
            world.wait_for_event("command", since=since - 1, timeout=0.1)
