"""Octets of XML to a tree, safely: no DTD, no entities but XML's own five, no network, size and depth bounded.

EPP is UTF-8 or UTF-16 (RFC 5730 5). UTF-16 is converted here; encodings in which `<!DOCTYPE` could hide are refused.
libxml2 itself bounds the depth (256 elements).
"""

import re

from lxml import etree

from homeport.services.epp.grammar.hints import syntax_hint
from homeport.services.epp.grammar.problems import Malformed, Problem
from homeport.services.epp.grammar.scanning import scan_cl_trid, scan_command
from homeport.services.epp.results import Code

MAX_OCTETS = 1 << 20
"""Longest frame that is read, in octets."""
ENCODINGS = frozenset(("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"))
"""What may be declared besides UTF-16: encodings in which octets below 128 are ASCII."""

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


def parse(octets: bytes, most: int = MAX_OCTETS) -> Node:
    """The root of the tree, without comments; raises Malformed with code 2001."""
    if len(octets) > most:
        raise Malformed([_problem(f"the frame has {len(octets)} octets; {most} are read at most")])
    text = in_ascii_superset(octets)
    reason = _refusal(text)
    if reason is None:
        try:
            root: Node = etree.fromstring(text, _parser)
        except etree.XMLSyntaxError as error:
            reason = f"not well-formed XML: {syntax_hint(error.msg or '', text)}"
        except (ValueError, LookupError) as error:  # what lxml says of an encoding that it does not have
            reason = f"not readable as XML: {error}"
        else:
            return root
    raise Malformed([_problem(reason)], scan_cl_trid(text), scan_command(text))


def in_ascii_superset(octets: bytes) -> bytes:
    """The same document with UTF-16 converted to UTF-8; what cannot be converted comes back as it is."""
    if octets[:2] in _BOM_16:
        encoding = "utf-16"
    elif octets[:2] == b"<\x00":
        encoding = "utf-16-le"
    elif octets[:2] == b"\x00<":
        encoding = "utf-16-be"
    else:
        return octets
    try:
        text = octets.decode(encoding)
    except UnicodeDecodeError:
        return octets
    declaration = re.match(r"<\?xml[^>]*\?>", text)
    return text[declaration.end() if declaration else 0 :].encode("utf-8", "replace")


def _refusal(text: bytes) -> str | None:
    """Why a document is not given to the parser at all."""
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
    """Whether it is a declaration, which stands before the root, not a piece of a comment or of CDATA."""
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
