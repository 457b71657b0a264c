"""SMTP smuggling: only CR LF, dot, CR LF ends a message.

The published variants are sequences that some sender passes through as content and some receiver takes for the end of
data, so that the rest is read as commands. Here each of them is content, and a finding.
"""

import pytest

HELLO = b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n"
HEAD = b"Date: Wed, 14 Oct 2026 17:46:40 +0000\r\nFrom: a@client.example\r\nMessage-ID: <1@c.example>\r\n\r\nfirst\r\n"
SMUGGLED = b"MAIL FROM:<admin@homeport.test>\r\nRCPT TO:<bob@homeport.test>\r\nDATA\r\nsmuggled\r\n"
VARIANTS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\n.\r",
    b"\r.\r",
    b"\r.\n",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\r\n.\r\r\n",
    b"\n\n.\r\n",
    b"\r\n.\n\r\n",
    b"\r\n..\r\n",
    b"\r\n. \r\n",
    b"\r\n \r\n.\n",
]


@pytest.mark.parametrize("variant", VARIANTS, ids=repr)
def test_nothing_but_the_end_of_data_ends_a_message(every_way, variant):
    one = every_way(HELLO + HEAD + b"text" + variant + SMUGGLED + b".\r\nQUIT\r\n")
    assert len(one.stored) == 1
    assert b"smuggled" in one.stored[0]
    assert b"MAIL FROM:<admin" in one.stored[0]
    assert one.envelopes[0].reverse_path == "a@client.example"
    assert one.talk.closed


@pytest.mark.parametrize(
    "variant", [v for v in VARIANTS if b"\0" not in v and v != b"\r\n..\r\n" and b" " not in v], ids=repr
)
def test_a_false_end_reports_its_bare_line_ends(every_way, variant):
    one = every_way(HELLO + HEAD + b"text" + variant + b"more\r\n.\r\n")
    assert set(one.findings) & {"bare-lf-in-message", "bare-cr-in-message"}


@pytest.mark.parametrize(
    "variant", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\n.\r", b"\r.\n"], ids=repr
)
def test_each_variant_is_reported_as_a_false_end(every_way, variant):
    one = every_way(HELLO + HEAD + b"text" + variant + b"more\r\n.\r\n")
    assert "false-end" in one.findings


@pytest.mark.parametrize("first", [b".\n", b".\r", b".\n.\n"], ids=repr)
def test_a_false_end_on_the_first_line_is_content(every_way, first):
    one = every_way(HELLO + first + b"more\r\n.\r\n")
    assert "false-end" in one.findings
    assert len(one.stored) == 1


@pytest.mark.parametrize("variant", [b"\n.\n", b"\r.\r", b"\n.\r\n"], ids=repr)
def test_strict_refuses_a_false_end(client, variant):
    one = client(strict=True).hello()
    assert one.deliver(HEAD + b"text" + variant + b"more\r\n").startswith("554 5.6.0")
    assert one.stored == []
    assert one.say("NOOP").startswith("250")


def test_bdat_does_not_look_for_an_end(every_way):
    content = HEAD + b"text\r\n.\r\n" + SMUGGLED
    bdat = HELLO.replace(b"DATA", b"BDAT %d LAST" % len(content))
    one = every_way(bdat + content + b"QUIT\r\n")
    assert one.stored == [content]


def test_bytes_of_a_refused_chunk_are_no_commands(every_way):
    smuggled = b"MAIL FROM:<admin@homeport.test>\r\n"
    one = every_way(
        b"EHLO client.example\r\nBDAT %d LAST\r\n" % len(smuggled) + smuggled + b"RCPT TO:<a@b.example>\r\n"
    )
    assert one.talk.sent.count(b"\r\n503 ") == 2


@pytest.mark.parametrize("injected", [b"NOOP\r\n", b"MAIL FROM:<x@y.example>\r\n", b"EHLO evil.example\r\n", b"NO"])
def test_data_injected_after_starttls_is_dropped(client, injected):
    from services.smtp.conftest import TLS

    from homeport.protocol.events import TlsStarted

    one = client().hello()
    assert one.send(b"STARTTLS\r\n" + injected) == "220 2.0.0 ready to start TLS"
    assert one.findings == ["starttls-injection"]
    assert one.tell(TlsStarted(TLS)) == ""
    assert one.say("NOOP") == "250 2.0.0 OK"
    assert one.say("MAIL FROM:<a@b.example>").startswith("503 5.5.1 send EHLO again")


def test_a_bare_lf_command_is_refused_in_its_place(every_way):
    one = every_way(b"EHLO client.example\nNOOP\r\n")
    assert one.talk.sent.splitlines()[1].startswith(b"500 5.5.2 the line ended in LF alone")
    assert one.talk.sent.endswith(b"250 2.0.0 OK\r\n")
