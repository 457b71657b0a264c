"""A generator of wrong frames with a password: it is masked in the journal and in all that the session says."""

from itertools import product

import pytest
from conftest import make_world
from nightly import of_day
from services.epp.caller import Caller, command_xml, envelope

from homeport.services.epp.framing import HEADER, frame
from homeport.services.epp.grammar import pretty
from homeport.services.epp.secrets import Scanner, mask

SECRET = "Tr0ub4dor.3xyz"
FRAGMENTS = [SECRET[at : at + 4].encode() for at in range(len(SECRET) - 3)]
NAMES = [
    "pw",
    "PW",
    "Pw",
    "newPW",
    "newpw",
    "NEWPW",
    "password",
    "Password",
    "passwd",
    "new_pw",
    "new-password",
    "userPassword",
]
PREFIXES = ["", "domain:", "epp:", "x.y-z:", "ä:"]
AROUND = {
    "right": "<{0}>{1}</{0}>",
    "with attribute": '<{0} roid="X-1">{1}</{0}>',
    "blanks in the tags": "< {0} >{1}</ {0} >",
    "lines in the tag": '<{0}\r\n\troid="X-1"\r\n>{1}</{0}\r\n>',
    "not closed": "<{0}>{1}",
    "closed by a start tag": "<{0}>{1}<{0}>",
    "closed by another": "<{0}>{1}</{0}x>",
    "closed by an unknown one": "<{0}>{1}</nobody>",
    "no end of the start tag": "<{0} {1}</{0}>",
    "glued to the name": "<{0}{1}</{0}>",
    "no start of the start tag": "{0}>{1}</{0}>",
    "misspelt start tag": "<wp>{1}</{0}>",
    "end tag instead of a start tag": "</{0}>{1}</{0}>",
    "empty tag instead of a start tag": "<{0}/>{1}</{0}>",
    "empty tag alone": "<{0}/>{1}<x/>",
    "attribute": '<{0} value="{1}"/>',
    "attribute in single quotes": "<{0} value='{1}'/>",
    "attribute with an end in it": '<{0} value="a>{1}"/>',
    "attribute without quotes": "<{0} value={1}/>",
    "attribute not closed": '<{0} roid="X>{1}</{0}>',
    "attribute of another element": '<clID {0}="{1}">harbour</clID>',
    "attribute of login, not closed": '<login {0}="{1}>',
    "comment": "<!-- <{0}>{1}</{0}> -->",
    "comment in it": "<{0}><!-- </{0}> -->{1}</{0}>",
    "comment in it, not closed": "<{0}><!-- </{0}>{1}",
    "CDATA": "<![CDATA[<{0}>{1}</{0}>]]>",
    "CDATA in it": "<{0}><![CDATA[</{0}>{1}]]></{0}>",
    "CDATA in it, not closed": "<{0}><![CDATA[a</{0}>{1}",
    "bare less-than and slash": "<{0}>a</b{1}</{0}>",
    "bare ampersand": "<{0}>a&{1};</{0}>",
    "element in it": "<{0}><{1}/></{0}>",
    "element in it, with attribute": '<{0}><value x="{1}"/></{0}>',
    "escaped": "&lt;{0}&gt;{1}&lt;/{0}&gt;",
    "escaped by numbers": "&#60;{0}&#x3E;{1}&#60;/{0}&#x3E;",
    "as JSON": '{{"{0}": "{1}"}}',
    "as a setting": "{0}={1}\r\n",
    "as a header": "{0}: {1}\r\n",
}
AUTHINFO = {
    "text in authInfo": "<{0}>{1}</{0}>",
    "text beside pw": "<{0}><pw>x</pw>{1}</{0}>",
    "unknown element": "<{0}><domain:word>{1}</domain:word></{0}>",
    "ext": '<{0}><domain:ext><x:token xmlns:x="urn:x">{1}</x:token></domain:ext></{0}>',
    "attribute": '<{0} value="{1}"/>',
    "attribute of an element in it": '<{0}><word value="{1}"/></{0}>',
    "not closed": "<{0}><domain:word>{1}",
    "comment": "<{0}><!-- {1} --></{0}>",
    "CDATA": "<{0}><![CDATA[{1}]]></{0}>",
}
FORMS = [pytest.param(AROUND[around], name, id=f"{around}-{name}") for around, name in product(AROUND, NAMES)]
FORMS += [
    pytest.param(AUTHINFO[around], name, id=f"authInfo: {around}-{name}")
    for around, name in product(AUTHINFO, ["authInfo", "AUTHINFO", "authinfo"])
]
SHELLS = {
    "login": lambda text: command_xml(
        f"<login><clID>harbour</clID>{text}<options><version>1.0</version></options></login>"
    ),
    "create": lambda text: command_xml(
        '<create><domain:create xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>boat.test</domain:name>'
        f"<domain:authInfo>{text}</domain:authInfo></domain:create></create>"
    ),
    "wrong namespace": lambda text: f'<epp xmlns="urn:x"><command><login>{text}</login></command></epp>',
    "no document": lambda text: text,
    "domain": lambda text: command_xml(
        '<create><domain:create xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>boat.test</domain:name>'
        f"{text}</domain:create></create>"
    ),
    "two documents": lambda text: envelope("<hello/>") + envelope(f"<command>{text}</command>"),
    "stray text": lambda text: envelope(f"<command>text {text}</command>"),
}
SENDINGS = {
    "framed": frame,
    "no header": bytes,
    "length without header": lambda xml: len(xml).to_bytes(HEADER) + xml,
    "length too short": lambda xml: (len(xml) // 2).to_bytes(HEADER) + xml,
    "length to the password": lambda xml: (xml.find(SECRET[5:].encode()) + HEADER).to_bytes(HEADER) + xml,
    "little-endian": lambda xml: (len(xml) + HEADER).to_bytes(HEADER, "little") + xml,
    "too long": lambda xml: (1 << 24).to_bytes(HEADER) + xml,
    "unfinished": lambda xml: frame(xml + b" " * 100)[: HEADER + len(xml)],
    "cut in the password": lambda xml: frame(xml)[: HEADER + xml.find(SECRET[-3:].encode())],
    "garbage before": lambda xml: b"\xff\xfe\0\0garbage\r\n" + xml,
    "mark before": lambda xml: b"\xef\xbb\xbf" + frame(xml),
    "UTF-16": lambda xml: frame(xml.decode().encode("utf-16")),
    "UTF-16 without mark": lambda xml: frame(xml.decode().encode("utf-16-be")),
    "UTF-32": lambda xml: frame(xml.decode().encode("utf-32")),
}
IN_SHELLS = [
    pytest.param(AROUND[around].format("pw", SECRET), shell, id=f"{around}-{shell}")
    for around, shell in product(AROUND, SHELLS)
]
IN_SHELLS += [
    pytest.param(AUTHINFO[around].format("authInfo", SECRET), "domain", id=f"authInfo: {around}") for around in AUTHINFO
]


def leaks(data):
    plain = bytes(data).replace(b"\0", b"")
    return [fragment for fragment in FRAGMENTS if fragment in plain]


def in_shell(shell, text):
    xml = SHELLS[shell](text)
    return xml.encode() if isinstance(xml, str) else xml


def as_journal_shows(pieces):
    scanner, seen = Scanner(), bytearray()
    for piece in (*pieces, None):
        seen += piece or b""
        for size, after in scanner.finish() if piece is None else scanner.feed(piece):
            end = len(seen) - after
            assert 0 <= end - size < end
            seen[end - size : end] = b"*" * size
    return bytes(seen)


@pytest.mark.parametrize(("around", "name"), FORMS)
def test_a_password_is_masked_in_any_form_and_however_it_is_split(around, name):
    for prefix in PREFIXES:
        text = in_shell("login", around.format(prefix + name, SECRET))
        for size in (1, *of_day((2, 5, 64), PREFIXES.index(prefix), every=3), len(text)):
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            assert leaks(as_journal_shows(pieces)) == [], (prefix, size)


@pytest.mark.parametrize(("text", "shell"), IN_SHELLS)
def test_a_session_says_no_password_wherever_the_frame_is_wrong(text, shell):
    xml = in_shell(shell, text)
    world = make_world()
    byte_by_byte = set(of_day(list(SENDINGS), len(text) + list(SHELLS).index(shell)))
    for how, sending in SENDINGS.items():
        if "<wp>" in text and how == "cut in the password":
            continue  # nothing of it is like a password yet
        sent = sending(xml)
        single = [sent[at : at + 1] for at in range(len(sent))]
        for pieces in ([sent], single) if how in byte_by_byte else ([sent],):
            caller = Caller(world)
            caller.send(*pieces)
            caller.eof()
            caller.gone()
            assert leaks(caller.seen) == [], how
            assert leaks(caller.told) == [], how


@pytest.mark.parametrize(("text", "shell"), IN_SHELLS)
def test_a_transcript_shows_no_password_even_of_octets_that_were_kept(text, shell):
    xml = in_shell(shell, text)
    assert leaks(pretty(xml).encode()) == []
    assert leaks(mask(xml)) == []


def test_the_rest_of_a_right_frame_is_shown():
    right = in_shell("create", f'<domain:pw roid="X-1">{SECRET}</domain:pw>')
    assert as_journal_shows([right]) == right.replace(SECRET.encode(), b"*" * len(SECRET))


@pytest.mark.parametrize(
    "text",
    [
        b"<name>power</name><info>pw</info><domain:power>shown</domain:power>",
        b'<transfer op="query"><domain:transfer xmlns:pw="urn:x"><domain:name>pw.test</domain:name></domain:transfer>',
        b"<info><domain:info><domain:name>secret.test</domain:name></domain:info></info>",
    ],
)
def test_what_only_resembles_a_secret_is_shown(text):
    assert as_journal_shows([text]) == text
