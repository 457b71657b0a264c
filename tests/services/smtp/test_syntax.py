"""The option `syntax`: which form of a command is accepted by strict, rfc and lenient, and with which finding.

Lenient is compared with what a real Postfix replied (`postfix_replies.py`).
"""

import re

import pytest
from conftest import PEER, cuts
from hypothesis import given, settings
from hypothesis import strategies as st
from services.smtp.conftest import MESSAGE, Client
from services.smtp.postfix_replies import EHLO, LINES, MAIL, NAMES, PATHS

from homeport.services.smtp.forgiving import FORWARD_PATHS, REVERSE_PATHS
from homeport.services.smtp.paths import parse_path_argument
from homeport.services.smtp.replies import Refused
from homeport.services.smtp.rules import BY_ID
from homeport.world.mail.addresses import split_address

DIALS = ("strict", "rfc", "lenient")
HELLO = "EHLO client.example\r\n"
FROM = HELLO + "MAIL FROM:<a@client.example>\r\n"
LONG_DOMAIN = ".".join(["b" * 60] * 5)
LONG_PATH = f"<{'a' * 60}@{'.'.join(['b' * 60] * 4)}>"

# What is sent before, the line, the code and the findings in strict and rfc syntax (one cell if they agree), and those
# in lenient syntax.
FORMS = [
    (HELLO, "MAIL FROM:<a@b.example>", "250", "250"),
    (HELLO, "MAIL FROM: <a@b.example>", "501 space-after-colon", "250 space-after-colon"),
    (FROM, "RCPT TO: <a@b.example>", "501 space-after-colon", "250 space-after-colon"),
    (HELLO, "MAIL FROM: <>", "501 space-after-colon", "250 space-after-colon"),
    (FROM, "RCPT TO: <>", "501 space-after-colon", "501 space-after-colon bad-path"),
    (HELLO, "MAIL FROM:a@b.example", "501 no-angle-brackets", "250 no-angle-brackets"),
    (FROM, "RCPT TO:a@b.example", "501 no-angle-brackets", "250 no-angle-brackets"),
    (HELLO, "MAIL FROM: a@b.example", "501 space-after-colon", "250 space-after-colon no-angle-brackets"),
    (HELLO, "MAIL FROM:a@b.example SIZE=10", "501 no-angle-brackets", "250 no-angle-brackets"),
    (HELLO, "MAIL FROM:<a@b_c.example>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<a@b.example.>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<a..b@c.example>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<.a@c.example>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<a.@c.example>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<a:b@c.example>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<a(b)@c.example>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<a@b@c.example>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<<a@c.example>>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:< a@c.example >", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<a@c.example>,", "501 bad-parameter", "250 bad-parameter"),
    (HELLO, "MAIL FROM:<a>", "501 bad-path", "250 bad-path"),
    (HELLO, "MAIL FROM:<é@c.example>", "553 utf8-address", "250 utf8-address"),
    (FROM, "RCPT TO:<é@c.example>", "553 utf8-address", "250 utf8-address"),
    (FROM, "RCPT TO:<@r.example:a..b@c.example>", "501 bad-path", "250 bad-path source-route"),
    (HELLO, "MAIL FROM:<a@c.example> SIZE=1 SIZE=2", "501 bad-parameter", "250 bad-parameter"),
    (HELLO, "MAIL  FROM:<a@c.example>", "501 command-space", "250 command-space"),
    (HELLO, "MAIL\tFROM:<a@c.example>", "500 unknown-command", "250 command-space"),
    (HELLO, " NOOP", "500 unknown-command", "250 command-space"),
    (HELLO, "QUIT now", "501 syntax", "221 syntax"),
    (HELLO, "NOOP\t", "250 trailing-space", "250 trailing-space"),
    (FROM, "RCPT TO:<a@b.example> ", "250 trailing-space", "250 trailing-space"),
    ("", "MAIL FROM:<a@c.example>", "503 no-ehlo", "250 no-ehlo"),
    ("", "MAIL FROM:<a@c.example> BODY=8BITMIME", "503 no-ehlo", "250 no-ehlo"),
    ("HELO c.example\r\n", "MAIL FROM:<a@c.example> SIZE=1", "555 parameter-after-helo", "250 parameter-after-helo"),
    ("", "EHLO my_host.example", "501 bad-helo", "250 bad-helo"),
    ("", "EHLO client.example.", "501 bad-helo", "250 bad-helo"),
    ("", "EHLO two words", "501 bad-helo", "250 bad-helo"),
    ("", "EHLO ü.example", "501 bad-helo", "250 bad-helo"),
    ("", "EHLO [not an address]", "501 bad-helo", "250 bad-helo"),
    ("", f"EHLO {'a' * 64}.example", "501 bad-helo", "250 bad-helo"),
    ("", "EHLO", "501 syntax", "501 syntax"),
    (HELLO, "VRFY a..b@c.example", "501 bad-path", "252 bad-path"),
    # The limits of size are minimums: only strict refuses what is longer.
    (HELLO, f"MAIL FROM:<{'a' * 64}@c.example>", "250", "250"),
    (HELLO, f"MAIL FROM:<{'a' * 65}@c.example>", ("501 path-too-long", "250 path-too-long"), "250 path-too-long"),
    (FROM, f"RCPT TO:<{'a' * 200}@c.example>", ("501 path-too-long", "250 path-too-long"), "250 path-too-long"),
    (HELLO, f"MAIL FROM:<a@{LONG_DOMAIN}>", ("501 path-too-long", "250 path-too-long"), "250 path-too-long"),
    (HELLO, f"MAIL FROM:{LONG_PATH}", ("501 path-too-long", "250 path-too-long"), "250 path-too-long"),
    (HELLO, f"VRFY {'a' * 65}@c.example", ("501 path-too-long", "252 path-too-long"), "252 path-too-long"),
    ("", f"EHLO {LONG_DOMAIN}", ("501 helo-too-long", "250 helo-too-long"), "250 helo-too-long"),
    (HELLO, f"NOOP {'x' * 505}", "250", "250"),
    (HELLO, f"NOOP {'x' * 506}", ("500 command-too-long", "250 command-too-long"), "250 command-too-long"),
    (HELLO, f"NOOP {'x' * 2041}", ("500 command-too-long", "250 command-too-long"), "250 command-too-long"),
    (HELLO, f"NOOP {'x' * 2042}", "500 command-too-long", "500 command-too-long"),
    # What a server may refuse, though nearly all accept it.
    (HELLO, "MAIL FROM:<a@c.example>  SIZE=1", ("501 command-space", "250 command-space"), "250 command-space"),
    ("", "EHLO 127.0.0.1", ("501 bad-helo", "250 bad-helo"), "250 bad-helo"),
    ("", "EHLO localhost", ("501 helo-not-fqdn", "250 helo-not-fqdn"), "250 helo-not-fqdn"),
    # What no dial accepts.
    (HELLO, "MAIL FROM:<a b@c.example>", "501 bad-path", "501 bad-path"),
    (HELLO, "MAIL FROM:<a@b..example>", "501 bad-path", "501 bad-path"),
    (HELLO, "MAIL FROM:", "501 no-angle-brackets", "501 no-angle-brackets"),
    (HELLO, "MAIL FROM :<a@c.example>", "501 space-after-colon", "501 space-after-colon"),
    (HELLO, "MAIL FROM:Alice <a@c.example>", "501 no-angle-brackets", "501 no-angle-brackets bad-path bad-parameter"),
    (HELLO, "MAIL FROM:<a\x07@c.example>", "501 control-characters", "501 control-characters"),
]

STRICTER_THAN_POSTFIX = {
    rb"[\x00\x07]": "control characters are never accepted",
    rb"NOOP x{2095,}": "a line has at most 2048 bytes; Postfix cuts a longer one into several",
    rb"VRFY a": "VRFY looks up people",
}
LOOSER_THAN_POSTFIX = {
    rb"<a@(127\.0\.0\.1|1\.2\.3\.4|123)>": "the grammar of RFC 5321 4.1.2 allows labels of digits",
    rb"<a@\[x-tag:foo\]>": "the grammar of RFC 5321 4.1.3 allows other tags",
    rb"<a@b{60}\..*": "255 bytes of a domain are a minimum (RFC 5321 4.5.3.1.2)",
    rb"HELP|EXPN a": "Postfix lacks these commands",
}
RECORDED = [
    *((EHLO, b"MAIL FROM:" + path, codes[0]) for path, codes in PATHS.items()),
    *((EHLO + MAIL, b"RCPT TO:" + path, codes[1]) for path, codes in PATHS.items()),
    *((b"", b"EHLO" + name, codes[0]) for name, codes in NAMES.items()),
    *((b"", b"HELO" + name, codes[1]) for name, codes in NAMES.items()),
    *LINES,
]


def code_of(one: Client, line: bytes) -> str:
    """Send a line; return the code of the reply."""
    return one.send(line + b"\r\n")[:3]


def named(table: dict[bytes, str], line: bytes) -> bool:
    argument = line.partition(b":")[2] or line
    return any(re.search(pattern, line) if pattern.startswith(b"[") else re.fullmatch(pattern, argument)
               for pattern in table)  # fmt: skip


@pytest.mark.parametrize("dial", DIALS)
@pytest.mark.parametrize(("before", "line", "elsewhere", "lenient"), FORMS)
def test_each_form_has_its_reply_and_its_findings_by_dial(every_way, dial, before, line, elsewhere, lenient):
    cells = dict(zip(DIALS, (*(elsewhere if isinstance(elsewhere, tuple) else (elsewhere,) * 2), lenient), strict=True))
    code, *findings = cells[dial].split()
    expected = sorted(findings + (["helo-used"] if before.startswith("HELO") else []))
    if dial != "strict":  # which refuses commands that are sent at once with EHLO
        one = every_way(f"{before}{line}\r\n".encode(), syntax=dial)
        assert (one.talk.sent.splitlines()[-1][:3].decode(), sorted(one.findings)) == (code, expected)
    ways = cuts(f"{line}\r\n".encode())
    for pieces in ways if dial == "strict" else ways[:2]:  # `every_way` has split it already
        one = Client(syntax=dial)
        one.say(*before.splitlines())
        reply = [one.send(piece) for piece in pieces][-1]
        assert (reply.splitlines()[-1][:3], sorted(one.findings)) == (code, expected)
    assert all(BY_ID[finding].reference for finding in findings)


@pytest.mark.parametrize(("before", "line", "postfix"), RECORDED)
def test_lenient_accepts_what_postfix_accepts_and_finds_what_the_rfc_refuses(before, line, postfix):
    if not postfix:
        return
    lenient, rfc = Client(syntax="lenient", max_errors=1000), Client(max_errors=1000)
    for one in (lenient, rfc):
        one.send(before) if before else None
        one.talk.findings.clear()
    accepted, by_rfc = code_of(lenient, line)[0] in "23", code_of(rfc, line)[0] in "23"
    if accepted and postfix[0] not in "23":
        assert named(LOOSER_THAN_POSTFIX, line)
    elif not accepted and postfix[0] in "23":
        assert named(STRICTER_THAN_POSTFIX, line)
    if by_rfc:
        assert accepted
        assert lenient.findings == rfc.findings
    elif accepted:
        assert lenient.findings


@pytest.mark.parametrize("dial", DIALS)
def test_a_correct_session_is_the_same_by_every_dial_and_has_no_finding(client, dial):
    one = client(syntax=dial).hello()
    for _ in range(2):
        assert one.deliver(MESSAGE, mail=" SIZE=300 BODY=8BITMIME").startswith("250")
    one.say("QUIT")
    assert one.findings == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" <alice@homeport.test>", "alice@homeport.test"),
        ("alice@homeport.test", "alice@homeport.test"),
        ("<alice@homeport.test.>", "alice@homeport.test"),
        ("< alice @ homeport.test >", "alice@homeport.test"),
        ("<alice(Alice)@homeport.test>", "alice@homeport.test"),
        ("<alice>", "alice@homeport.test"),
        ('<"al".ice@homeport.test>', "al.ice@homeport.test"),
        ("<a..b@homeport.test>", "a..b@homeport.test"),
        ("<.a@homeport.test>", ".a@homeport.test"),
        ("<a@b@homeport.test>", '"a@b"@homeport.test'),
        ("<a\\,b@homeport.test>", '"a,b"@homeport.test'),
        ("<@homeport.test>", '""@homeport.test'),
        ("<alice@[127.0.0.1>", "alice@homeport.test"),
        ("<alice@home_port.test>", "alice@home_port.test"),
        (f"<{'a' * 300}@homeport.test>", "a" * 300 + "@homeport.test"),
    ],
)
def test_a_lenient_path_is_delivered_to_the_mailbox_that_is_meant(client, written, meant):
    one = client(syntax="lenient").hello()
    assert one.say("MAIL FROM:a@client.example", f"RCPT TO:{written}").startswith("250 2.1.5")
    one.say("DATA")
    assert one.send(MESSAGE.encode() + b".\r\n").startswith("250 2.0.0")
    (recipient,) = one.envelopes[0].recipients
    assert recipient.address == meant
    assert one.envelopes[0].reverse_path == "a@client.example"


def test_a_mail_without_ehlo_is_stored_and_its_trace_says_that_the_name_is_unknown(client):
    one = client(syntax="lenient")
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "DATA")
    assert one.send(MESSAGE.encode() + b".\r\n").startswith("250")
    assert one.findings == ["no-ehlo"]
    assert one.envelopes[0].received.startswith(f"Received: from unknown ([{PEER[0]}])".encode())
    assert b"with SMTP id" in one.envelopes[0].received


@pytest.mark.parametrize(
    ("name", "shown"),
    [("two words (x)", b"two?words??x?"), ("a>b", b"a?b"), ("x" * 600, b"x" * 255), ("[192.0.2.9]", b"[192.0.2.9]")],
)
def test_a_name_that_is_no_domain_cannot_break_the_trace(client, name, shown):
    one = client(syntax="lenient")
    assert one.say(f"EHLO {name}").startswith("250")
    one.deliver()
    assert one.envelopes[0].received.startswith(b"Received: from " + shown + b" ([")
    assert one.envelopes[0].helo == name


@pytest.mark.parametrize("dial", DIALS)
def test_lf_alone_ends_a_command_only_where_it_is_lenient_and_never_a_message(client, dial):
    one = client(syntax=dial)
    assert one.send(b"EHLO client.example\n")[:3] == ("250" if dial == "lenient" else "500")
    assert one.findings == ["bare-lf"]
    one.hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "DATA")
    for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n"):
        assert one.send(b"x" + end) == ""


def test_after_starttls_lenient_takes_mail_without_another_ehlo(client):
    one = client(syntax="lenient").hello().start_tls()
    assert one.say("MAIL FROM:<a@client.example>").startswith("250")
    assert one.findings == ["no-ehlo-after-starttls"]


@pytest.mark.parametrize(("dial", "code"), [("strict", "503"), ("rfc", "220"), ("lenient", "220")])
def test_strict_refuses_a_command_of_an_extension_after_helo(client, dial, code):
    one = client(syntax=dial)
    one.say("HELO client.example")
    assert one.say("STARTTLS").startswith(code)
    assert one.findings == ["helo-used", "parameter-after-helo"]


def test_the_findings_of_a_lenient_command_belong_to_its_transaction(client):
    one = client(syntax="lenient")
    one.say(" MAIL FROM:a@client.example", "RCPT TO:<alice@homeport.test>", "DATA")
    one.send(MESSAGE.encode() + b".\r\n")
    assert one.envelopes[0].transaction == "c1-1"


@pytest.mark.parametrize("options", [{"protocol": "lmtp"}, {"listener": "submission", "require_auth": []}])
def test_lmtp_and_submission_have_the_same_dial(client, options):
    hello = "LHLO" if "protocol" in options else "EHLO"
    for dial, code in (("strict", "501"), ("rfc", "501"), ("lenient", "250")):
        one = client(syntax=dial, **options)
        assert one.say(f"{hello} my_host.example")[:3] == code
        one.say(f"{hello} client.example")
        assert one.say("MAIL FROM: <a@b.example>")[:3] == code
        assert one.findings == ["bad-helo", "space-after-colon"]


def test_lenient_conceals_a_password_behind_odd_blanks(client):
    one = client(syntax="lenient", listener="plain").hello()
    assert one.say("AUTH  PLAIN AG5vYm9keQBzZWNyZXQ=").startswith("235")
    assert "command-space" in one.findings
    assert "AG5vYm9keQ" not in str(one.talk.logs)


PIECES = st.sampled_from(["<", ">", "a", "b.example", "@", ".", ",", ":", '"', "\\", "(", ")", "[", "]", " ", "é", "_"])


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=14).map("".join), st.booleans())
def test_any_text_is_a_path_or_refused_and_what_the_rfc_accepts_is_accepted_alike(text, forward):
    grammars = FORWARD_PATHS if forward else REVERSE_PATHS
    results, refusals = {}, []
    for dial in DIALS:
        try:
            results[dial] = parse_path_argument(f"X:{text}", "X", grammars[dial])
        except Refused as refused:
            refusals.append(refused)
    assert all(refused.reply.code == 501 and refused.finding in BY_ID for refused in refusals)
    if "rfc" in results and results["rfc"][1][:1] in ("", " "):
        assert results["lenient"] == results["rfc"]
    if (lenient := results.get("lenient")) is not None:
        mailbox, rest = lenient
        assert text.endswith(rest)
        assert set(mailbox.flaws) <= BY_ID.keys()
        assert mailbox.flaws or "rfc" in results
        assert split_address(mailbox.text) == (mailbox.local_part, mailbox.domain)


@settings(max_examples=300)
@given(st.binary(max_size=80), st.sampled_from(DIALS))
def test_any_line_has_a_reply_by_every_dial(line, dial):
    one = Client(syntax=dial)
    assert one.send(line.replace(b"\n", b"").replace(b"\x16", b"") + b"\r\n")[:1] in ("2", "3", "5", "4")
