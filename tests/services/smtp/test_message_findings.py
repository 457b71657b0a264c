"""Findings about the header and the body of messages: a table of violations, and one of legal oddities.

The mail of a row is complete; what is not about the row is correct, so the findings are exactly those of the row.
"""

import re

import pytest
from services.smtp.conftest import MESSAGE, Client

from homeport.services.smtp.header import inspect_body, inspect_header
from homeport.services.smtp.rules import BY_ID, OF_HEADERS, OF_MIME

HEADER = {
    "Date": "Wed, 14 Oct 2026 17:46:40 +0000",
    "From": "Alice <a@client.example>",
    "To": "bob@example.org",
    "Message-ID": "<1@client.example>",
    "Subject": "hello",
    "MIME-Version": "1.0",
}
UTF8 = " SMTPUTF8 BODY=8BITMIME"
LONG = "a" * 60


def mail(body: str = "hello\r\n", **changed: str | None) -> str:
    """Return a message; keywords are fields, with `_` for `-`, and None removes one."""
    fields = {**HEADER, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None) + "\r\n" + body


def parts(*each: str, kind: str = "mixed", boundary: str = "b", end: str = "--b--\r\n", **changed: str | None) -> str:
    """Return a multipart message with these parts."""
    body = "".join(f"--b\r\n{part}\r\n" for part in each) + end
    return mail(body, Content_Type=f"multipart/{kind}; boundary={boundary}", **changed)


def encoded(encoding: str, body: str, content_type: str = "text/plain; charset=utf-8") -> str:
    """Return a part with a Content-Transfer-Encoding."""
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"


def body(encoding: str, text: str, content_type: str = "text/plain; charset=utf-8") -> str:
    """Return a message with a Content-Transfer-Encoding."""
    return mail(text, Content_Type=content_type, Content_Transfer_Encoding=encoding)


VIOLATIONS = {
    # RFC 5322: dates
    "a day that the month does not have": (mail(Date="Thu, 32 Oct 2026 17:46:40 +0000"), ["bad-date"]),
    "29 February of a common year": (mail(Date="29 Feb 2027 17:46:40 +0000"), ["bad-date"]),
    "an hour over 23": (mail(Date="14 Oct 2026 25:46:40 +0000"), ["bad-date"]),
    "a minute over 59": (mail(Date="14 Oct 2026 17:61:40 +0000"), ["bad-date"]),
    "a second over 60": (mail(Date="14 Oct 2026 17:46:61 +0000"), ["bad-date"]),
    "a zone with 99 minutes": (mail(Date="14 Oct 2026 17:46:40 +0099"), ["bad-date"]),
    "a zone with a colon": (mail(Date="14 Oct 2026 17:46:40 +01:00"), ["bad-date"]),
    "no zone": (mail(Date="Wed, 14 Oct 2026 17:46:40"), ["bad-date"]),
    "an hour with one digit": (mail(Date="Wed, 14 Oct 2026 7:46:40 +0000"), ["bad-date"]),
    "no comma after the weekday": (mail(Date="Wed 14 Oct 2026 17:46:40 +0000"), ["bad-date"]),
    "a date of ISO 8601": (mail(Date="2026-10-14T17:46:40Z"), ["bad-date"]),
    "the weekday of another day": (mail(Date="Tue, 14 Oct 2026 17:46:40 +0000"), ["wrong-weekday"]),
    "a date of C": (mail(Date="Wed Oct 14 17:46:40 2026"), ["bad-date"]),
    # RFC 5322: addresses
    "From without an address": (mail(From="Alice"), ["bad-from"]),
    "From with an unclosed quote": (mail(From='"Alice <a@client.example>'), ["bad-from"]),
    "From with two mailboxes and no Sender": (mail(From="a@client.example, b@client.example"), ["missing-sender"]),
    "two addresses without a comma": (mail(To="a@b.example c@d.example"), ["bad-address"]),
    "addresses with a semicolon": (mail(To="a@b.example; c@d.example"), ["bad-address"]),
    "an unquoted name with a comma": (mail(To="Doe, John <john@example.org>"), ["bad-address"]),
    "an unclosed angle bracket": (mail(Cc="John <john@example.org"), ["bad-address"]),
    "two dots in a local part": (mail(To="a..b@example.org"), ["bad-address"]),
    "no domain": (mail(To="bob@"), ["bad-address"]),
    "an empty To": (mail(To=""), ["bad-address"]),
    "an unclosed group": (mail(To="crew: a@b.example"), ["bad-address"]),
    "two senders": (mail(Sender="a@b.example, c@d.example"), ["bad-address"]),
    "an unclosed comment": (mail(Reply_To="a@b.example (home"), ["bad-address"]),
    # RFC 5322: other fields
    "a message id without brackets": (mail(Message_ID="1@client.example"), ["bad-message-id"]),
    "a message id without a right side": (mail(Message_ID="<1>"), ["bad-message-id"]),
    "a message id with a space": (mail(Message_ID="<1 2@client.example>"), ["bad-message-id"]),
    "two message ids": (mail(Message_ID="<1@client.example> <2@client.example>"), ["bad-message-id"]),
    "references with commas": (mail(References="<1@a.example>, <2@a.example>"), ["bad-reference"]),
    "an address in In-Reply-To": (mail(In_Reply_To="alice@client.example"), ["bad-reference"]),
    "two subjects": (mail(subject="again"), ["duplicate-field"]),
    "two Reply-To": (mail(Reply_To="a@b.example", reply_to="c@d.example"), ["duplicate-field"]),
    "two Content-Type": (mail(Content_Type="text/plain", content_type="text/html"), ["duplicate-field"]),
    "a line that is no field": (mail(Subject="hello\r\nnot a field"), ["bad-header"]),
    "a name with a space": (mail(Subject="hello\r\nX Mark: red"), ["bad-header"]),
    "Resent-From without Resent-Date": (mail(Resent_From="a@b.example"), ["resent-incomplete"]),
    "a malformed Resent-Date": (mail(Resent_Date="today", Resent_From="a@b.example"), ["bad-date"]),
    "a Return-Path": (mail(Return_Path="<a@client.example>"), ["return-path-sent"]),
    "a control character": (mail(Subject="a\x07b"), ["control-in-header"]),
    # RFC 2047
    "an encoded word over 75 characters": (mail(Subject=f"=?utf-8?q?{LONG}aaaa?="), ["encoded-word-too-long"]),
    "a line over 76 characters with one": (mail(Subject=f"=?utf-8?q?{LONG}?= abc"), ["encoded-word-line-too-long"]),
    "a character split over two words": (
        mail(Subject="=?utf-8?b?8J+Z?= =?utf-8?b?gg==?="),
        ["encoded-word-split"],
    ),
    "an encoded word that is not in its charset": (mail(Subject="=?utf-8?q?caf=E9?="), ["bad-encoded-word"]),
    "a space in an encoded word": (mail(Subject="=?utf-8?q?hello world?="), ["bad-encoded-word"]),
    "an encoded word with base64 of bad length": (mail(Subject="=?utf-8?b?YWJjZ?="), ["bad-encoded-word"]),
    "an encoded word with a bad escape": (mail(Subject="=?utf-8?q?a=ZZ?="), ["bad-encoded-word"]),
    "an encoded word with an unknown encoding": (mail(Subject="=?utf-8?x?abc?="), ["bad-encoded-word"]),
    "an encoded word with an unknown charset": (mail(Subject="=?no-such?q?abc?="), ["unknown-charset"]),
    "an encoded word within a word": (mail(Subject="a=?utf-8?q?b?=c"), ["encoded-word-not-separated"]),
    "an encoded word next to the address": (
        mail(From="=?utf-8?q?J=C3=B6rg?=<a@client.example>"),
        ["encoded-word-not-separated"],
    ),
    "an encoded word in quotes": (mail(From='"=?utf-8?q?J=C3=B6rg?=" <a@b.example>'), ["encoded-word-misplaced"]),
    "an encoded local part": (mail(To="=?utf-8?q?b=C3=B6b?=@example.org"), ["encoded-word-misplaced"]),
    "a comma in an encoded name": (mail(To="=?utf-8?q?Doe,_J=C3=B6?= <j@b.example>"), ["encoded-word-in-phrase"]),
    "an encoded word as file name": (
        parts('Content-Disposition: attachment; filename="=?utf-8?q?=C3=A9.txt?="\r\n\r\nx'),
        ["encoded-word-misplaced"],
    ),
    # RFC 2045, RFC 2183, RFC 2231
    "no MIME-Version": (mail(MIME_Version=None, Content_Type="text/plain"), ["missing-mime-version"]),
    "MIME-Version 2.0": (mail(MIME_Version="2.0"), ["bad-mime-version"]),
    "a type without a subtype": (mail(Content_Type="text"), ["bad-content-type"]),
    "a parameter without a value": (mail(Content_Type="text/plain; charset"), ["bad-content-type"]),
    "a semicolon at the end": (mail(Content_Type="text/plain;"), ["bad-content-type"]),
    "an unquoted file name with a space": (
        parts("Content-Type: text/plain; name=a b.txt\r\n\r\nx"),
        ["bad-content-type"],
    ),
    "an unquoted boundary with an equals sign": (
        parts("\r\nx", boundary="=b").replace("--b", "--=b"),
        ["bad-content-type"],
    ),
    "a disposition without a type": (
        parts("Content-Disposition: ; filename=x\r\n\r\nx"),
        ["bad-content-disposition"],
    ),
    "a content id without brackets": (parts("Content-ID: logo\r\n\r\nx"), ["bad-content-id"]),
    "a continuation without its beginning": (
        mail(Content_Type="text/plain; name*1=a; name*2=b"),
        ["bad-parameter-encoding"],
    ),
    "a quoted extended value": (
        parts("Content-Disposition: attachment; filename*=\"utf-8''a\"\r\n\r\nx"),
        ["bad-parameter-encoding"],
    ),
    "an extended value without its charset": (
        parts("Content-Disposition: attachment; filename*=a\r\n\r\nx"),
        ["bad-parameter-encoding"],
    ),
    "a parameter twice": (mail(Content_Type="text/plain; charset=utf-8; charset=utf-8"), ["duplicate-parameter"]),
    "multipart/signed without micalg": (parts("\r\nx", "\r\ny", kind="signed"), ["missing-parameter"]),
    "an unknown transfer encoding": (mail(Content_Transfer_Encoding="utf-8"), ["bad-transfer-encoding"]),
    "an unknown transfer encoding of a part": (
        parts("Content-Transfer-Encoding: quoted\r\n\r\nx"),
        ["bad-transfer-encoding"],
    ),
    "a multipart in base64": (parts("\r\nx", Content_Transfer_Encoding="base64"), ["encoded-composite"]),
    "8-bit bytes in a message without an encoding": (mail("grüße\r\n"), ["8bit-in-7bit"]),
    "8-bit bytes in a part without an encoding": (
        parts("Content-Type: text/plain; charset=utf-8\r\n\r\ngrüße", Content_Transfer_Encoding="8bit"),
        ["8bit-in-7bit"],
    ),
    "an 8-bit part in a 7-bit multipart": (
        parts(encoded("8bit", "grüße"), Content_Transfer_Encoding="7bit"),
        ["8bit-in-7bit"],
    ),
    "8-bit bytes in a text without a charset": (body("8bit", "grüße\r\n", "text/plain"), ["8bit-in-us-ascii"]),
    "a text that is not UTF-8": (body("quoted-printable", "caf=E9\r\n"), ["text-not-in-charset"]),
    "an unknown charset": (mail(Content_Type="text/plain; charset=no-such"), ["unknown-charset"]),
    "a stray character in base64": (body("base64", "aGVs!bG8=\r\n"), ["bad-base64"]),
    "base64 of bad length": (body("base64", "aGVsbG8\r\n"), ["bad-base64"]),
    "base64 that goes on after its padding": (body("base64", "aGVsbG8=\r\naGVsbG8=\r\n"), ["bad-base64"]),
    "a long line of base64": (body("base64", "aGVs" * 20 + "\r\n"), ["base64-line-too-long"]),
    "bare LF in an encoded text": (body("base64", "YQpiCg==\r\n"), ["text-line-ends"]),
    "a bad escape in quoted-printable": (body("quoted-printable", "a = b\r\n"), ["bad-quoted-printable"]),
    "an escape in lower case": (body("quoted-printable", "caf=c3=a9\r\n"), ["bad-quoted-printable"]),
    "a space at the end of quoted-printable": (body("quoted-printable", "a \r\nb\r\n"), ["bad-quoted-printable"]),
    "8-bit bytes in quoted-printable": (body("quoted-printable", "grüße\r\n"), ["bad-quoted-printable"]),
    "a long line of quoted-printable": (
        body("quoted-printable", "a" * 77 + "\r\n"),
        ["quoted-printable-line-too-long"],
    ),
    "a bad escape in a nested part": (
        parts("Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n"
              + encoded("quoted-printable", "50=%") + "\r\n--c--"),
        ["bad-quoted-printable"],
    ),
    # RFC 2046
    "no boundary": (mail(Content_Type="multipart/mixed"), ["bad-boundary"]),
    "a boundary over 70 characters": (
        mail(Content_Type=f"multipart/mixed; boundary={LONG}bbbbbbbbbbb"),
        ["bad-boundary"],
    ),
    "a boundary that is not used": (mail(Content_Type="multipart/mixed; boundary=x"), ["boundary-unused"]),
    "a multipart that is not closed": (parts("\r\nx", end=""), ["no-closing-boundary"]),
    "a multipart without parts": (parts(), ["multipart-without-parts"]),
    "the outer boundary inside": (
        parts("Content-Type: multipart/mixed; boundary=b\r\n\r\n", "\r\nx"),
        ["boundary-reused"],
    ),
    "a part without an empty line": (parts("just text"), ["bad-header"]),
    # obsolete syntax: legal to receive
    "a named zone": (mail(Date="Wed, 14 Oct 2026 17:46:40 GMT"), ["obsolete-date"]),
    "a year of two digits": (mail(Date="14 Oct 26 17:46:40 +0000"), ["obsolete-date"]),
    "an unquoted name with a dot": (mail(From="Joe Q. Public <joe@client.example>"), ["obsolete-address"]),
    "an empty element": (mail(To="a@b.example, , c@d.example"), ["obsolete-address"]),
    "a source route": (mail(To="<@a.example,@b.example:c@d.example>"), ["obsolete-address"]),
    "a space before the colon": (mail(Subject=None, **{"Subject ": "hello"}), ["obsolete-field"]),
    "a phrase in In-Reply-To": (mail(In_Reply_To="Your letter of Monday <1@a.example>"), ["obsolete-field"]),
    "a quoted message id": (mail(Message_ID='<"1 2"@client.example>'), ["obsolete-field"]),
}  # fmt: skip
"""Mail that breaks rules, and the findings."""
RAW_VIOLATIONS = {
    "a header that is not UTF-8": (mail(Subject="X").replace("X", "caf\xe9").encode("latin-1"), ["header-not-utf8"]),
    "a non-ASCII file name of a part": (
        parts('Content-Disposition: attachment; filename="é"\r\n\r\nx', Content_Transfer_Encoding="8bit").encode(),
        [],
    ),
}
"""The same, as bytes, sent with SMTPUTF8."""

APPENDIX_A5 = (
    "From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\r\n"
    "To:A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
    "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)\r\n"
    "Cc:(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;\r\n"
    "Date: Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
    "               -0330 (Newfoundland Time)\r\n"
    "Message-ID:              <testabcd.1234@silly.test>\r\n\r\nTesting.\r\n"
)
LEGAL = {
    "appendix A.1.1, with Sender": mail(From="John Doe <jdoe@machine.example>", Sender="Michael Jones <m@b.example>"),
    "appendix A.1.2": mail(
        From='"Joe Q. Public" <john.q.public@example.com>',
        To="Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
        Cc='<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
    ),
    "appendix A.1.3": mail(
        From="Pete <pete@silly.example>",
        To="A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
        Cc="Undisclosed recipients:;",
    ),
    "appendix A.2": mail(
        Reply_To='"Mary Smith: Personal Account" <smith@home.example>',
        In_Reply_To="<1234@local.machine.example>",
        References="<1234@local.machine.example> <3456@example.net>",
    ),
    "appendix A.3": mail(
        Resent_From="Mary Smith <mary@example.net>",
        Resent_To="Jane Brown <j-brown@other.example>",
        Resent_Date="Mon, 24 Nov 1997 14:22:01 -0800",
        Resent_Message_ID="<78910@example.net>",
    ),
    "appendix A.4": mail(Received="from x.y.test by example.net via TCP with ESMTP id A; 21 Nov 1997 10:05:43 -0600"),
    "appendix A.5": APPENDIX_A5,
    "comments around a message id": mail(Message_ID="(a) <1@client.example> (b (c))"),
    "a comment after the date": mail(Date="Wed, 14 Oct 2026 17:46:40 -0700 (PDT (summer))"),
    "a leap second, and no weekday": mail(Date="31 Dec 2026 23:59:60 -0000"),
    "a domain literal": mail(From="a@[192.0.2.1]", Message_ID="<1@[192.0.2.1]>"),
    "quoted local parts": mail(To='"john doe"@example.org, "a..b"@example.org'),
    "From with a group": mail(From="Nobody:;"),
    "an empty Bcc": mail(Bcc=""),
    "an empty subject and unknown fields": mail(Subject="", X_Empty="", X_Date="32 Oct"),
    "a folded list": mail(To="a@b.example,\r\n c@d.example,\r\n\tJohn <e@f.example>"),
    "RFC 2047 8": mail(
        From="=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
        To="=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
        Cc="=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>",
        Subject="=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
        " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
    ),
    "RFC 2047 8, a comment": mail(
        From="Nathaniel Borenstein <nsb@thumper.bellcore.com>\r\n (=?iso-8859-8?b?7eXs+SDv4SDs6Oj08A==?=)"
    ),
    "words in comments": mail(From="a@client.example (=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)"),
    "an encoded word of 75 characters": mail(Subject=f"\r\n =?utf-8?q?{LONG}abc?="),
    "an encoded word with a language": mail(Subject="=?us-ascii*en?q?hello?="),
    "a question mark and an equals sign": mail(Subject="what =? that ?= ?"),
    "iso-2022-jp": mail(Subject="=?iso-2022-jp?b?GyRCRnxLXBsoQg==?="),
    "iso-2022-jp with the vendors' characters": mail(Subject="=?iso-2022-jp?b?GyRCLSEbKEI=?="),
    "a version with comments": mail(MIME_Version="1.(produced by MetaSend Vx.x)0"),
    "a type with a comment": mail(Content_Type="text/plain; charset=us-ascii (Plain text)"),
    "an unusual case": mail(Content_Type='TEXT/Plain ; CHARSET="Us-Ascii"', Content_Transfer_Encoding=" 7BIT (x)"),
    "RFC 2231 3": mail(
        "x\r\n",
        Content_Type="application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
        " title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"",
    ),
    "RFC 2231 3, a URL": parts(
        'Content-Type: message/external-body; access-type=URL;\r\n URL*0="ftp://";\r\n URL*1="cs.utk.edu/pub"\r\n\r\n'
        "Content-Type: text/plain\r\n"
    ),
    "a boundary in sections": parts("\r\nx", boundary='"x"').replace('boundary="x"', "boundary*0=b; y=z").replace(
        "boundary*0=b", 'boundary*0=""; boundary*1=b'
    ),
    "an extended boundary": parts("\r\nx", boundary="b").replace("boundary=b", "boundary*=us-ascii''b"),
    "a preamble and an epilogue": parts("\r\nx", end="--b--\r\nepilogue\r\n").replace("--b\r", "before\r\n--b\r", 1),
    "a part with only a header": parts("Content-Type: text/html", "\r\n"),
    "a part with an unknown field": parts("X-Mark: red\r\nContent-Description: =?utf-8?q?=C3=A9?=\r\n\r\nx"),
    "a boundary with all its characters": mail(
        "--'()+_,-./:=?\r\n\r\nx\r\n--'()+_,-./:=?--\r\n", Content_Type="multipart/mixed; boundary=\"'()+_,-./:=?\""
    ),
    "a line that begins like the boundary": parts("\r\n--bc is text"),
    "a digest": parts("\r\nSubject: x\r\n\r\ny", kind="digest"),
    "an enclosed message that breaks rules": parts(
        "Content-Type: message/rfc822\r\n\r\nDate: never\r\nContent-Type: multipart/mixed\r\n\r\nx"
    ),
    "a private transfer encoding": body("x-uuencode", "begin 644 x\r\n"),
    "quoted-printable": body("quoted-printable", "gr=C3=BC=C3=9Fe =\r\n=20\r\na=3D=\r\n"),
    "quoted-printable that ends with a soft line break": parts(encoded("quoted-printable", "x=")),
    "base64": body("base64", "aGVsbG8NCg==\r\n"),
    "base64 in two lines, and an empty one": body("base64", "aGVs\r\nbG8=\r\n\r\n", "application/pdf"),
    "empty base64": body("base64", "", "application/pdf"),
    "bare LF in an encoded attachment": body("base64", "YQpiCg==\r\n", "application/json"),
    "a windows charset": body("quoted-printable", "=93x=94 =80\r\n", "text/plain; charset=windows-1252"),
    "a file name in RFC 2231": parts(
        "Content-Disposition: attachment;\r\n filename*=UTF-8''%e2%82%ac%20rates\r\n\r\nx",
        "Content-Disposition: inline; filename=\"a b.txt\"; size=1; creation-date=\"Wed, 12 Feb 1997 16:29:51 -0500\""
        "\r\n\r\nx",
    ),
    "8-bit bytes in a message without MIME, whose body has no encoding": mail("grüße\r\n", MIME_Version=None),
    "an 8-bit part in a multipart without an encoding": parts(encoded("8bit", "grüße")),
    "multipart/related": parts(
        "Content-Type: text/html\r\n\r\n<img src=cid:a@b>",
        "Content-Type: image/png\r\nContent-ID: <a@b>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==",
        kind='related; type="text/html"',
    ),
}  # fmt: skip
"""Mail that is correct, with its oddities."""


def run(one: Client, content: str | bytes) -> list[str]:
    """Deliver a message with every extension; return the findings."""
    one.hello().deliver(content, mail=UTF8)
    return one.findings


def test_there_are_enough_violations_and_each_rule_has_one():
    assert len(VIOLATIONS) >= 43
    named = {finding for _mail, findings in (*VIOLATIONS.values(), *RAW_VIOLATIONS.values()) for finding in findings}
    assert {rule.id for rule in (*OF_HEADERS, *OF_MIME)} <= named


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violation_is_found_and_nothing_else(client, name):
    content, findings = VIOLATIONS[name]
    assert run(client(), content) == findings


@pytest.mark.parametrize("name", RAW_VIOLATIONS)
def test_a_violation_in_bytes_is_found_and_nothing_else(client, name):
    content, findings = RAW_VIOLATIONS[name]
    assert run(client(), content) == findings


@pytest.mark.parametrize("name", LEGAL)
def test_legal_mail_has_no_finding_and_strict_takes_it(client, name):
    one = client(strict=True)
    assert run(one, LEGAL[name]) == []
    assert len(one.stored) == 1


@pytest.mark.parametrize("name", [name for name, row in VIOLATIONS.items() if BY_ID[row[1][0]].level != "must"])
def test_strict_takes_obsolete_syntax(client, name):
    one = client(strict=True)
    run(one, VIOLATIONS[name][0])
    assert len(one.stored) == 1


@pytest.mark.parametrize("name", ["an hour over 23", "base64 of bad length", "a multipart that is not closed"])
def test_strict_refuses_content_that_breaks_a_must(client, name):
    one = client(strict=True)
    run(one, VIOLATIONS[name][0])
    assert one.stored == []
    assert re.search(r"\r\n554 5\.6\.0 the client sent .*\(RFC \d+ [\d.]+\)\r\n$", one.talk.sent.decode())


def test_the_header_of_a_part_needs_smtputf8(client):
    content = RAW_VIOLATIONS["a non-ASCII file name of a part"][0]
    one = client().hello()
    one.deliver(content, mail=" BODY=8BITMIME")
    assert one.findings == ["utf8-header"]


def test_findings_are_the_same_however_the_message_is_cut(every_way):
    content = VIOLATIONS["a bad escape in a nested part"][0].encode()
    begun = b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n"
    one = every_way(begun + content + b".\r\n")
    assert one.findings == ["bad-quoted-printable"]


def test_a_message_with_bare_lf_has_only_that_finding(every_way):
    begun = b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n"
    content = parts("\r\nx").encode().replace(b"\r\n", b"\n")
    assert every_way(begun + content + b"\r\n.\r\n").findings == ["bare-lf-in-message"]


def test_a_finding_shows_the_field_or_line_that_breaks_the_rule():
    header = mail(Date="\r\n 32 Oct 2026 17:46:40 +0000").encode().partition(b"\r\n\r\n")[0] + b"\r\n"
    assert inspect_header(header).findings == {"bad-date": b"Date: \r\n 32 Oct 2026 17:46:40 +0000"}
    content = parts(encoded("quoted-printable", "first\r\n50 =%\r\nlast")).encode()
    assert inspect_body(content, whole=True, utf8=True) == {"bad-quoted-printable": b"=%"}


def test_a_large_message_is_checked_in_the_thread_pool_before_its_reply(client):
    one = client(holding=True).hello()
    large = parts(encoded("base64", ("aGVs" * 19 + "\r\n") * 2000 + "aGVsbG8"))
    assert one.deliver(large) == ""
    assert one.findings == []
    assert one.release() == "250 2.0.0 OK: stored as m1"
    assert one.findings == ["bad-base64"]


def test_a_large_message_with_nothing_to_check_waits_for_no_thread(client):
    one = client(holding=True).hello()
    assert one.deliver(MESSAGE + ("x" * 70 + "\r\n") * 2000).startswith("250")


def test_a_client_that_disconnects_during_the_check_delivers_nothing(client):
    one = client(holding=True).hello()
    one.deliver(parts(encoded("base64", ("aGVs" * 19 + "\r\n") * 2000)))
    one.vanish()
    one.call.work()
    one.call.then()
    assert one.stored == []


def test_only_the_beginning_of_a_very_large_message_is_checked_and_its_end_not_blamed(client, monkeypatch):
    monkeypatch.setattr("homeport.services.smtp.transaction.MAX_CHECKED", 100_000)
    one = client().hello()
    lines = ("aGVs" * 19 + "\r\n") * 2000
    one.deliver(parts(encoded("base64", lines)))
    one.deliver(parts(encoded("base64", lines + "!")))
    assert one.findings == []
    one.deliver(parts(encoded("base64", "!" + lines[1:])))
    assert one.findings == ["bad-base64"]
