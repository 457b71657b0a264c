"""Parse XML to a tree, safely: no DTD, no entities but XML's own five, no network, size and depth bounded.

EPP is UTF-8 or UTF-16 (RFC 5730 5). UTF-16 is converted here; encodings in which `<!DOCTYPE` could hide are refused.
libxml2 itself bounds the depth (256 elements).
"""

import re

from lxml import etree

from homeport.services.epp.grammar.datatypes import BadValue, Token
from homeport.services.epp.grammar.declare import MASK, Malformed, Problem
from homeport.services.epp.results import Code
from homeport.services.epp.secrets import hide, is_authinfo, is_harmless_attribute, is_secret_name, mask

_SYNTAX = (
    (r"EntityRef|xmlParseEntityRef", "a bare & must be written &amp; (also in passwords and company names)"),
    (r"Entity '", "XML has only the entities lt, gt, amp, quot and apos; write other characters as they are, in UTF-8"),
    (r"Unescaped '<'|invalid element name", "a bare < must be written &lt;"),
    (r"Namespace prefix", "declare the prefix, as in xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\""),
    (r"Premature end|Couldn't find end|expected '>'|Unfinished", "the document is cut short; if there is more of it,"
        " count the octets sent, not the characters, and let the length of the frame include its own four octets"
        " (RFC 5734 4)"),
    (r"Extra content", "something follows the root element: one frame holds one message (RFC 5734 4)"),
    (r"declaration allowed only at the start|not at start", "something stands before the XML declaration, perhaps white"
        " space or a second length header"),
    (r"Start tag expected|Document is empty", "an EPP message begins with <, after the length in four octets"),
    (r"not proper UTF-8|not UTF-8|encoding", "the bytes are not in the declared encoding,"
        " which is UTF-8 by default"),
    (r"Char value|invalid Char", "control characters cannot stand in XML, not even as references"),
    (r"mismatch", "each end tag closes the tag that was opened last"),
    (r"depth", "elements are nested deeper than anything in EPP"),
)  # fmt: skip


def syntax_hint(message: str, text: bytes) -> str:
    """Return the parser's message about XML that is not well-formed, with advice."""
    for pattern, advice in _SYNTAX:
        if re.search(pattern, message):
            return f"{message}; {advice}"
    if text.startswith(b"\xef\xbb\xbf\xef\xbb\xbf"):
        return f"{message}; one byte order mark is enough"
    return message


_CL_TRID = re.compile(rb"<(?:[\w.-]{1,64}:)?clTRID(?:\s[^<>]{0,256})?>([^<>]{1,1024})</(?:[\w.-]{1,64}:)?clTRID")
_COMMAND = re.compile(
    rb"<(?:[\w.-]{1,64}:)?command(?:\s[^<>]{0,256})?>\s{0,1024}<(?:[\w.-]{1,64}:)?([A-Za-z]{1,32})[\s/>]"
)
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_REFERENCE = re.compile(r"&(#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|\w{1,8});")
TRID = Token(3, 64)
"""Values of clTRID that may be echoed."""


def scan_cl_trid(data: bytes) -> str | None:
    """Return the last clTRID whose value the schema allows (3 to 64 characters), for the response to a broken frame."""
    for found in reversed(_CL_TRID.findall(data)):
        try:
            return TRID.read(_REFERENCE.sub(_character, found.decode()))
        except (UnicodeDecodeError, BadValue):
            continue
    return None


def scan_command(data: bytes) -> str:
    """Return the name of the command element; empty if none is found."""
    found = _COMMAND.search(data)
    return found[1].decode() if found else ""


def _character(reference: re.Match[str]) -> str:
    """Return the character that a reference stands for. Raises: BadValue for one that XML does not allow."""
    name = reference[1]
    if name in _ENTITIES:
        return _ENTITIES[name]
    number = int(name[2:], 16) if name.startswith("#x") else int(name[1:]) if name.startswith("#") else 0
    if number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE:
        return chr(number)
    raise BadValue(Code.VALUE_SYNTAX, "a character that XML allows")


MAX_FRAME_BYTES = 1 << 20
"""Default maximum size of a frame in bytes."""
ENCODINGS = frozenset(("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"))
"""Encodings that may be declared besides UTF-16: those in which bytes below 128 are ASCII."""

Node = etree._Element  # noqa: SLF001 - the only name that lxml has for the type

_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']""")
_BOM_16 = (b"\xff\xfe", b"\xfe\xff")

_parser = etree.XMLParser(
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)


def parse(data: bytes, max_bytes: int = MAX_FRAME_BYTES) -> Node:
    """Return the root of the tree, without comments. Raises: Malformed with code 2001."""
    if len(data) > max_bytes:
        raise Malformed([_problem(f"the frame has {len(data)} bytes; the limit is {max_bytes}")])
    text = in_ascii_superset(data)
    reason = _refusal(text)
    if reason is None:
        try:
            root: Node = etree.fromstring(text, _parser)
        except etree.XMLSyntaxError as error:
            reason = f"not well-formed XML: {syntax_hint(hide(error.msg or '', text), text)}"
        except (ValueError, LookupError) as error:  # raised by lxml for an unknown encoding
            reason = f"not readable as XML: {error}"
        else:
            return root
    raise Malformed([_problem(reason)], scan_cl_trid(text), scan_command(text))


def in_ascii_superset(data: bytes) -> bytes:
    """Return the document with UTF-16 converted to UTF-8; if it cannot be converted, unchanged."""
    if data[:2] in _BOM_16:
        encoding = "utf-16"
    elif data[:2] == b"<\x00":
        encoding = "utf-16-le"
    elif data[:2] == b"\x00<":
        encoding = "utf-16-be"
    else:
        return data
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return data
    declaration = re.match(r"<\?xml[^>]*\?>", text)
    return text[declaration.end() if declaration else 0 :].encode("utf-8", "replace")


def _refusal(text: bytes) -> str | None:
    """Return why a document must not reach the parser at all; None if it may."""
    if not text.strip():
        return "an empty frame: an EPP message is an XML document (RFC 5730 2)"
    if b"<!DOCTYPE" in text and _has_doctype(text):
        return "a document type declaration: EPP needs none, and DTDs and entities are refused (RFC 5730 5)"
    declared = _DECLARED.match(text.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower().decode("ascii", "replace") not in ENCODINGS:
        name = declared[1].decode("ascii", "replace")
        return f"the encoding {name} is declared, but EPP is UTF-8 or UTF-16 (RFC 5730 5)"
    return None


def _has_doctype(text: bytes) -> bool:
    """True if `<!DOCTYPE` is a declaration before the root, not part of a comment or of CDATA."""
    at = 0
    while True:
        opening = text.find(b"<", at)
        if text.startswith(b"<?", opening):
            end = text.find(b"?>", opening)
        elif text.startswith(b"<!--", opening):
            end = text.find(b"-->", opening + 4)
        else:
            return text.startswith(b"<!DOCTYPE", opening)
        if end < 0:
            return False
        at = end + 2


def _problem(reason: str) -> Problem:
    return Problem(code=Code.SYNTAX_ERROR, path="", value=None, reason=reason)


def pretty(data: bytes) -> str:
    """Return a frame indented, with passwords masked; bytes that are no XML as text, masked too."""
    try:
        root = parse(data)
    except Malformed:
        return mask(in_ascii_superset(data)).decode("utf-8", "backslashreplace")
    for node in root.iter():
        local = etree.QName(node).localname
        secret = is_secret_name(local)
        for name in node.attrib:
            if is_secret_name(etree.QName(name).localname) or (secret and not is_harmless_attribute(name)):
                node.set(name, MASK)
        if secret and not is_authinfo(local) and (node.text or len(node)):
            for child in node:
                node.remove(child)
            node.text = MASK
    etree.indent(root)
    return mask(etree.tostring(root, encoding="unicode").encode()).decode()
