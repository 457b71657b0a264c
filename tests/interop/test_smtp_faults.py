"""smtplib against planned faults, from the control API or requested by the client."""

import smtplib
import ssl
import time

import pytest

ALICE = ["alice@homeport.test"]


@pytest.fixture
def connect(post):
    """A session of smtplib that has said EHLO: `connect()`, `connect("submission")`."""
    opened = []

    def connect(listener="starttls", timeout=20) -> smtplib.SMTP:
        port = getattr(post, listener)
        opened.append(smtplib.SMTP("localhost", port, local_hostname="client.example", timeout=timeout))
        opened[-1].ehlo()
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


def trusting(post) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=post.ca)


def test_451_twice_and_then_250(post, connect, letter):
    match = {"verb": "RCPT", "argument": "alice@homeport.test"}
    post.plan(match=match, do={"reply": {"code": 451, "enhanced": "4.7.1", "text": "greylisted"}}, times=2)
    with connect() as client:
        assert client.sendmail("bob@homeport.test", ["carol@homeport.test"], letter) == {}
        for _ in range(2):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                client.sendmail("bob@homeport.test", ALICE, letter)
            assert refused.value.recipients == {"alice@homeport.test": (451, b"4.7.1 greylisted")}
        assert client.sendmail("bob@homeport.test", ALICE, letter) == {}
    assert [one["code"] for one in post.farm.events("command") if one["verb"] == "RCPT"] == ["250", "451", "451", "250"]
    assert len(post.messages(2)) == 2
    assert post.findings() == set()


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_connection_lost_after_the_final_dot_makes_a_duplicate(post, connect, letter, kind):
    # RFC 1047: the message was accepted, but the client cannot know and must send it again.
    post.plan(match={"verb": "."}, do={kind: {}})
    with pytest.raises(smtplib.SMTPServerDisconnected):
        connect().sendmail("bob@homeport.test", ALICE, letter)
    assert post.raw(post.message()) == letter
    with connect() as client:
        assert client.sendmail("bob@homeport.test", ALICE, letter) == {}
    first, second = post.messages(2)
    assert post.raw(first) == post.raw(second) == letter
    assert first["id"] != second["id"]


def test_the_end_of_a_message_can_be_refused_and_nothing_is_stored(post, connect, letter):
    post.plan(match={"verb": "."}, do={"reply": {"code": 552, "enhanced": "5.2.2", "text": "mailbox full"}})
    with connect() as client:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("bob@homeport.test", ALICE, letter)
        assert (refused.value.smtp_code, refused.value.smtp_error) == (552, b"5.2.2 mailbox full")
        assert client.sendmail("bob@homeport.test", ALICE, letter) == {}
    assert len(post.messages(1)) == post.ask("smtp/messages")["total"] == 1


def test_the_server_closes_in_the_middle_of_a_message(post, connect, letter):
    post.plan(direction="in", do={"limit": {"bytes": 100_000}})
    large = letter + (b"y" * 70 + b"\r\n") * 100_000
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        connect().sendmail("bob@homeport.test", ALICE, large)
    assert post.ask("smtp/messages")["total"] == 0
    assert "message-cut-off" not in post.findings()
    with connect() as client:
        assert client.sendmail("bob@homeport.test", ALICE, letter) == {}


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA", "."])
def test_421_comes_at_any_point_and_ends_the_connection(post, connect, letter, verb):
    post.plan(match={"verb": verb}, do={"reply": {"code": 421, "enhanced": "4.3.2", "text": "going down"}})
    with pytest.raises((smtplib.SMTPException, ConnectionError)):
        connect().sendmail("bob@homeport.test", ALICE, letter)
    assert [one["code"] for one in post.farm.events("command")][-1] == "421"
    assert post.ask("smtp/messages")["total"] == 0
    with connect() as client:
        assert client.sendmail("bob@homeport.test", ALICE, letter) == {}


@pytest.mark.parametrize("code", [421, 554])
def test_the_greeting_can_refuse(post, connect, code):
    post.plan(match={"verb": "CONNECT"}, do={"reply": {"code": code, "text": "not now"}})
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        connect()
    assert (refused.value.smtp_code, refused.value.smtp_error) == (code, b"not now")


def test_the_greeting_can_come_late(post, connect, letter):
    post.plan(match={"verb": "CONNECT"}, do={"latency": {"ms": 700}})
    begin = time.monotonic()
    with connect() as client:
        assert 0.65 < time.monotonic() - begin < 5
        begin = time.monotonic()
        assert client.sendmail("bob@homeport.test", ALICE, letter) == {}
        assert time.monotonic() - begin < 0.6


def test_the_greeting_may_never_come(post, connect):
    post.plan(match={"verb": "CONNECT"}, do={"hang": {}})
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        connect(timeout=0.5)


def test_a_message_can_be_drained_slowly(post, connect, letter):
    large = letter + (b"y" * 70 + b"\r\n") * 10_000
    post.plan(direction="in", do={"bandwidth": {"bytes_per_s": 1_000_000}})
    begin = time.monotonic()
    with connect() as client:
        assert client.sendmail("bob@homeport.test", ALICE, large) == {}
    assert 0.4 < time.monotonic() - begin < 10
    assert post.raw(post.message()) == large


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("expired", "certificate has expired"),
        ("not_yet_valid", "certificate is not yet valid"),
        ("wrong_host", "Hostname mismatch"),
        ("self_signed", "self.signed certificate"),
        ("untrusted", "unable to get local issuer certificate"),
        ("old_version", "(?i)unsupported protocol|protocol version|alert|sigalg"),
        ("abort", "(?i)eof|reset|closed"),
    ],
)
def test_starttls_goes_wrong_once(post, connect, letter, fault, said):
    post.plan(do={"tls": fault})
    client = connect()
    with pytest.raises((ssl.SSLError, OSError), match=said):
        client.starttls(context=trusting(post))
    with connect() as client:
        client.starttls(context=trusting(post))
        assert client.sendmail("bob@homeport.test", ALICE, letter) == {}
    assert post.message()["envelope"]["protocol"] == "ESMTPS"


def test_starttls_can_be_refused(post, connect):
    post.plan(match={"verb": "STARTTLS"}, do={"reply": {"code": 454, "enhanced": "4.7.0", "text": "no TLS now"}})
    with connect() as client:
        assert client.docmd("STARTTLS") == (454, b"4.7.0 no TLS now")
        client.starttls(context=trusting(post))


def test_a_fault_over_tls_acts_on_the_plaintext(post, connect, letter):
    # It tries one mechanism after another: CRAM-MD5, PLAIN, LOGIN.
    post.plan(match={"verb": "AUTH"}, do={"reply": {"code": 454, "enhanced": "4.7.0", "text": "try later"}}, times=3)
    with connect("submission") as client:
        client.starttls(context=trusting(post))
        with pytest.raises(smtplib.SMTPAuthenticationError, match="454"):
            client.login("alice", "alice-pass")
        assert client.login("alice", "alice-pass")[0] == 235


# By addresses


@pytest.fixture
def obedient(post):
    """A farm whose clients may ask for faults."""
    post.farm.call(setattr, post.farm.world.faults, "by_client", True)
    return post


def test_a_client_requests_a_reply_by_address(obedient, connect, letter):
    with connect() as client:
        recipients = ["reply-451-4.7.1@fault.test", "alice@homeport.test"]
        refused = client.sendmail("bob@homeport.test", recipients, letter)
        assert refused == {"reply-451-4.7.1@fault.test": (451, b"4.7.1 as planned by a fault")}
        with pytest.raises(smtplib.SMTPSenderRefused, match="550"):
            client.sendmail("reply-550@fault.test", ALICE, letter)
    assert [one["address"] for one in obedient.message()["envelope"]["to"]] == ["alice@homeport.test"]


@pytest.mark.parametrize(
    ("address", "outcome"),
    [("hang", "timed out"), ("reset", "reset by peer"), ("close", "unexpectedly closed")],
)
def test_a_client_requests_a_broken_connection_by_address(obedient, connect, address, outcome):
    client = connect(timeout=1)
    assert client.mail("bob@homeport.test")[0] == 250
    with pytest.raises(smtplib.SMTPServerDisconnected, match=outcome):
        client.rcpt(f"{address}@fault.test")
    assert obedient.farm.events("fault")[0]["kind"] == address


def test_without_by_client_the_address_is_ordinary(post, connect, letter):
    with connect() as client:
        assert client.sendmail("bob@homeport.test", ["reply-451-4.7.1@fault.test"], letter) == {}
    assert post.message()["delivered_to"][0]["mailbox"] == "reply-451-4.7.1@fault.test"
