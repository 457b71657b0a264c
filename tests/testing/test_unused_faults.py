"""Planned faults that never acted: they are explained, and fail the test that planned them."""

import asyncio
import poplib
import smtplib
import socket
from contextlib import closing

import pytest

from homeport.testing import Refused


def post(world, *recipients):
    with smtplib.SMTP(*world.smtp.address, local_hostname="client.test") as client:
        client.sendmail("app@client.test", recipients or ["bob@example.org"], "Subject: Welcome\n\nhi\n")


def told(world):
    """Return the explanation of each fault."""
    with pytest.raises(AssertionError) as caught:
        world.assert_faults_acted()
    head, *lines = str(caught.value).splitlines()
    assert head == f"{len(lines)} planned fault{'s' if len(lines) > 1 else ''} never acted:"
    return [line.strip() for line in lines]


def test_faults_that_acted_are_no_matter_nor_is_a_world_without_any(world):
    world.assert_faults_acted()
    world.smtp.fail("RSET", 451, optional=True)
    world.smtp.fail("NOOP", 451, probability=0.5)
    world.smtp.fail("RCPT", latency=1)
    post(world)
    world.assert_faults_acted()
    assert world.unused_faults() == []


def test_a_missing_command_is_reported_with_those_that_came(world):
    world.smtp.fail("VRFY", 451, enhanced="4.7.1")
    assert told(world) == ["f1, smtp reply code=451 enhanced='4.7.1' to VRFY: no client connected to smtp"]
    post(world)
    (line,) = told(world)
    assert line.endswith(" to VRFY: the client never sent VRFY; it sent EHLO, MAIL, RCPT, and 3 more")


def test_an_argument_that_did_not_match_is_reported_with_those_that_came(world):
    world.smtp.fail("RCPT", 451, argument="carol@example.org")
    post(world, "alice@example.org", "bob@example.org")
    (line,) = told(world)
    assert "2 RCPTs came, the fault was for argument 'carol@example.org': " in line
    assert "<alice@example.org>" in line


def test_a_fault_that_skips_matches_reports_how_many_occurred(world):
    world.smtp.fail("RCPT", 451, after=5)
    post(world)
    assert told(world)[0].endswith("after 5: it skips the first 5 matches, and only 1 occurred")


def test_an_unused_listener_and_peer_are_reported(world):
    world.smtp.fail("RCPT", 451, listener="submission")
    world.smtp.fail("RCPT", 451, peer="192.0.2.0/24")
    world.smtp.fail(latency=1, listener="submission")
    post(world)
    by_listener, by_peer, connection = told(world)
    assert "1 RCPT came, the fault was for listener 'submission': plain" in by_listener
    assert "1 RCPT came, the fault was for peer '192.0.2.0/24': 127.0.0.1:" in by_peer
    assert "1 client connected, the fault was for listener 'submission': plain" in connection


def test_commands_before_the_fault_are_reported(world):
    post(world)
    world.smtp.fail("RCPT", 451)
    world.smtp.fail(reset=True)
    command, connection = told(world)
    assert command.endswith("each RCPT came before the fault was planned")
    assert "no client connected to smtp after it was planned; it acts on later connections" in connection


def test_a_tls_fault_without_tls_is_reported(world):
    world.smtp.fail(tls="expired")
    post(world)
    assert told(world)[0].endswith("1 client connected, and none began TLS")


def test_queries_and_commands_of_epp_are_reported_by_their_names(world):
    world.finger.fail("query", reset=True, argument="bob")
    world.epp.fail("domain:create", 2400)
    with socket.create_connection(world.finger.address) as client:
        client.sendall(b"alice\r\n")
        while client.recv(4096):
            pass
    finger, epp = told(world)
    assert finger.endswith("1 query came, the fault was for argument 'bob': alice")
    assert epp.endswith("no client connected to epp")


def test_a_fault_of_datagrams_acts_however_soon_it_is_asked_for(world):
    world.echo.fail(drop=True, listener="udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"lost", (world.echo.udp.host, world.echo.udp.port))
        world.assert_faults_acted()


def test_a_fault_that_the_test_removes_is_its_own_decision(world):
    fault = world.smtp.fail("RCPT", 451)
    fault.remove()
    world.smtp.fail("DATA", 451)
    world.smtp.clear_faults()
    world.smtp.fail("DATA", 451)
    world.clear_faults()
    world.smtp.fail("DATA", 451)
    world.reset()
    world.assert_faults_acted()


def test_a_fault_that_was_a_context_manager_had_to_act_while_it_was_one(world):
    with world.smtp.fail("RCPT", latency=1):
        post(world)
    world.assert_faults_acted()
    with world.smtp.fail("RCPT", 451), world.smtp.fail("VRFY", 451, optional=True):
        pass
    assert told(world) == ["f2, smtp reply code=451 to RCPT: each RCPT came before the fault was planned"]
    with pytest.raises(ZeroDivisionError), world.smtp.fail("MAIL", 451):
        1 / 0  # noqa: B018 - raising is the point
    assert len(told(world)) == 1
    world.clear_faults()
    world.assert_faults_acted()


def test_asyncio_has_the_same(world):
    world.smtp.fail("RCPT", 451)
    with pytest.raises(AssertionError, match="never acted"):
        asyncio.run(world.assert_faults_acted_async())


def test_an_unknown_word_is_refused_when_the_fault_is_planned(world):
    for service, verb, nearest in (("smtp", "RCTP", "RCPT"), ("ftp", "STRO", "STOR"), ("finger", "user", "query")):
        with pytest.raises(Refused) as caught:
            world.service(service).fail(verb, reset=True)
        assert (caught.value.status, caught.value.nearest) == (422, nearest)
    assert world.faults() == []


def test_a_defect_that_no_answer_could_have_is_reported(world):
    world.pop3.fail(frame="other-uids")
    with closing(poplib.POP3(*world.pop3.address)) as client:
        client.user("alice")
        client.pass_("alice-pass")
        client.quit()
    assert told(world) == ["f1, pop3 frame other-uids: 3 commands came, and no answer could have this defect"]


def test_faults_of_imap_need_no_more_than_their_main_value(world):
    world.imap.fail("NOOP", flood=2)
    world.imap.fail("NOOP", unsolicited="OK [ALERT] moved")
    world.imap.fail("CONNECT", capability="IMAP4rev1")
    with closing(socket.create_connection(world.imap.listener("starttls").address)) as client:
        client.sendall(b"a NOOP\r\nb LOGOUT\r\n")
        said = client.makefile("rb").read().splitlines()
    assert said[0].startswith(b"* OK [CAPABILITY IMAP4rev1] ")
    assert said[1:5] == [b"* 0 EXISTS", b"* 0 EXISTS", b"* OK [ALERT] moved", b"a OK NOOP completed"]
    world.assert_faults_acted()
