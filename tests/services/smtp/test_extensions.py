"""Each extension: offered, used, misused, and switched off."""

import pytest
from services.smtp.conftest import MESSAGE, TLS

from homeport.services.smtp.options import EXTENSIONS

EHLO = "EHLO client.example"
MAIL = "MAIL FROM:<a@client.example>"
RCPT = "RCPT TO:<alice@homeport.test>"


def keywords(answer: str) -> list[str]:
    """Return the keywords of a reply to EHLO."""
    return [line[4:].split(" ")[0] for line in answer.splitlines()[1:]]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_each_can_be_switched_off(client, extension):
    on, off = client(tls=TLS, listener="tls"), client(without=[extension], tls=TLS, listener="tls")
    if extension == "STARTTLS":
        on, off = client(), client(without=[extension])
    assert extension in keywords(on.say(EHLO))
    assert extension not in keywords(off.say(EHLO))


@pytest.mark.parametrize(
    ("extension", "command"),
    [
        ("SIZE", f"{MAIL} SIZE=10"),
        ("8BITMIME", f"{MAIL} BODY=8BITMIME"),
        ("SMTPUTF8", f"{MAIL} SMTPUTF8"),
        ("DSN", f"{MAIL} RET=HDRS"),
        ("DSN", f"{MAIL} ENVID=x"),
        ("AUTH", f"{MAIL} AUTH=<>"),
        ("MT-PRIORITY", f"{MAIL} MT-PRIORITY=3"),
        ("DELIVERBY", f"{MAIL} BY=120;N"),
        ("REQUIRETLS", f"{MAIL} REQUIRETLS"),
        ("CHUNKING", f"{MAIL} BODY=BINARYMIME"),
        ("BINARYMIME", f"{MAIL} BODY=BINARYMIME"),
    ],
)
def test_a_parameter_is_accepted_only_if_its_extension_is_offered(client, extension, command):
    on, off = client(tls=TLS), client(without=[extension], tls=TLS)
    assert on.say(EHLO, command).startswith("250 2.1.0")
    assert off.say(EHLO, command).startswith("555 5.5.4")
    assert off.findings == ["parameter-not-offered"]


@pytest.mark.parametrize(
    ("extension", "command"),
    [("STARTTLS", "STARTTLS"), ("AUTH", "AUTH PLAIN"), ("CHUNKING", "BDAT 0 LAST"), ("EXPN", "EXPN tides")],
)
def test_a_command_is_unknown_if_its_extension_is_off(client, extension, command):
    assert client(without=[extension]).say(EHLO, MAIL, RCPT, command).startswith("502 5.5.1")


@pytest.mark.parametrize(
    "parameter",
    ["SIZE", "SIZE=", "SIZE=x", "SIZE=-1", "SIZE=" + "1" * 21, "SIZE=1 SIZE=1", "BODY=9BIT", "SMTPUTF8=1", "RET=SOME",
     "ENVID=a+zz", "ENVID=" + "x" * 101, "AUTH=nobody", "MT-PRIORITY=10", "BY=0;R", "BY=soon", "=", "SIZE=1=2"],
)  # fmt: skip
def test_a_malformed_parameter_of_mail_is_refused(client, parameter):
    one = client().hello()
    assert one.say(f"{MAIL} {parameter}").startswith("501 5.5.4")
    assert one.findings == ["bad-parameter"]
    assert one.say(MAIL).startswith("250")


@pytest.mark.parametrize(
    "parameter", ["NOTIFY=SOMETIMES", "NOTIFY=NEVER,DELAY", "NOTIFY", "ORCPT=x", "ORCPT=rfc822;a+q"]
)
def test_a_malformed_parameter_of_rcpt_is_refused(client, parameter):
    one = client().hello()
    assert one.say(MAIL, f"{RCPT} {parameter}").startswith("501 5.5.4")


def test_enhanced_status_codes_can_be_left_out_of_replies(client):
    one = client(without=["ENHANCEDSTATUSCODES"])
    one.say(EHLO)
    assert one.say(MAIL) == "250 OK"
    assert one.say("FOO").startswith("500 unknown command")


def test_additional_lines_can_be_announced(client):
    assert client(announce=["X-EXAMPLE 1 2"]).say(EHLO).endswith("250 X-EXAMPLE 1 2")


def test_size_is_announced_and_enforced(client):
    one = client(max_size=70_000)
    assert "SIZE 70000" in one.say(EHLO)
    assert one.say(f"{MAIL} SIZE=70001").startswith("552 5.3.4")
    assert one.say(f"{MAIL} SIZE=70000").startswith("250")


def test_smtputf8_lets_addresses_be_utf8(client):
    one = client().hello()
    assert one.say("MAIL FROM:<jürgen@grün.example> SMTPUTF8").startswith("250")
    assert one.say("RCPT TO:<josé@homeport.test>").startswith("250")
    one.say("DATA")
    assert one.send(MESSAGE.encode() + b".\r\n").startswith("250")
    assert one.envelopes[0].reverse_path == "jürgen@grün.example"
    assert one.envelopes[0].recipients[0].address == "josé@homeport.test"
    assert one.envelopes[0].protocol == "UTF8SMTP"


def test_without_smtputf8_addresses_must_be_ascii(client):
    one = client().hello()
    assert one.say(MAIL, "RCPT TO:<josé@homeport.test>").startswith("553 5.6.7")


def test_dsn_reaches_the_envelope(client):
    one = client().hello()
    one.deliver(mail=" RET=HDRS ENVID=a+2Bb", rcpt=" NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Alice+40x")
    envelope = next(envelope for envelope in one.envelopes if envelope.reverse_path)
    assert (envelope.ret, envelope.envid) == ("HDRS", "a+b")
    assert envelope.recipients[0].notify == ("SUCCESS", "DELAY")
    assert envelope.recipients[0].orcpt == "rfc822;Alice+40x"


def test_priority_and_requiretls_reach_the_envelope(client):
    one = client(tls=TLS, listener="tls").hello()
    one.deliver(mail=" MT-PRIORITY=-4 REQUIRETLS")
    assert (one.envelopes[0].priority, one.envelopes[0].requiretls) == (-4, True)
    assert one.envelopes[0].protocol == "ESMTPS"


def test_chunks_make_one_message(every_way):
    one = every_way(
        b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\n"
        b"BDAT 10\r\nSubject: xBDAT 5\r\n\r\n\r\n.BDAT 0\r\nBDAT 4 LAST\r\n\r\ny\nQUIT\r\n"
    )
    assert one.stored == [b"Subject: x\r\n\r\n.\r\ny\n"]
    assert one.talk.sent.count(b"bytes received") == 3
    assert one.talk.closed


def test_binarymime_is_stored_byte_for_byte(client):
    octets = b"Content-Type: application/octet-stream\r\n\r\n" + bytes(range(256)) * 20
    one = client().hello()
    one.say(f"{MAIL} BODY=BINARYMIME", RCPT)
    assert one.send(b"BDAT %d LAST\r\n" % len(octets) + octets).startswith("250 2.0.0 OK: stored")
    assert one.stored == [octets]
    assert not {"nul-in-message", "bare-lf-in-message", "bare-cr-in-message"} & set(one.findings)


def test_rset_among_chunks_drops_them(client):
    one = client().hello()
    one.say(MAIL, RCPT)
    assert one.send(b"BDAT 3\r\nabc").startswith("250")
    assert one.say("RSET", "BDAT 0 LAST").startswith("503")
    assert one.stored == []


@pytest.mark.parametrize("given", ["", MAIL])
def test_a_refused_chunk_is_read_to_its_end(every_way, given):
    begun = f"{EHLO}\r\n{given}\r\n".encode() if given else f"{EHLO}\r\n".encode()
    one = every_way(begun + b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
    assert not one.talk.closed
    assert one.talk.sent.endswith(b"250 2.0.0 OK\r\n")


def test_starttls_discards_the_state_before_it(client):
    one = client().hello()
    one.say(MAIL)
    assert keywords(one.start_tls().say(EHLO)) == [
        *(word for word in EXTENSIONS if word != "STARTTLS"),
    ]
    assert one.say(RCPT).startswith("503")
    one.say(EHLO)
    one.deliver()
    assert one.envelopes[0].protocol == "ESMTPS"
    assert one.envelopes[0].tls == TLS
    assert b"with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id m1" in one.envelopes[0].received


def test_the_listener_with_implicit_tls_offers_no_starttls(client):
    one = client(listener="tls", tls=TLS)
    assert "STARTTLS" not in keywords(one.say(EHLO))


def test_mail_can_be_restricted_to_tls(client):
    one = client(require_tls=["starttls"]).hello()
    assert one.say(MAIL).startswith("530 5.7.0")
    assert one.start_tls().hello().deliver().startswith("250")
