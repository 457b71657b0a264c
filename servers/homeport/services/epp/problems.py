"""Which finding a frame is that is not taken, or that is but for a mark at its beginning."""

from collections.abc import Iterator

from homeport.services.epp.framing import UTF8_MARK, UTF16_MARKS
from homeport.services.epp.grammar import Problem
from homeport.services.epp.results import Code

UNESCAPED = ("EntityRef", "entity", "unescaped", "StartTag: invalid element name", "'&'", "'<'")
"""What the words of a parser have in them that met & or < in a text."""


def marks_of(xml: bytes) -> Iterator[str]:
    """What is to be found at the beginning of a frame that does not begin with an XML declaration in UTF-8."""
    if xml.startswith(UTF8_MARK):
        yield "byte-order-mark"
        xml = xml[len(UTF8_MARK) :]
    elif xml.startswith(UTF16_MARKS) or b"\0" in xml[:4]:
        yield "utf-16"
        xml = xml[:64].replace(b"\0", b"").lstrip(b"\xff\xfe")
    if not xml.startswith(b"<?xml"):
        yield "no-declaration"


def finding_of(xml: bytes, problem: Problem, command: str) -> str:
    """The rule that a frame breaks with this problem. command: its element, if it could be read so far."""
    if b"<!DOCTYPE" in xml:
        return "document-type"
    if not problem.path:
        return "unescaped" if any(word in problem.reason for word in UNESCAPED) else "not-well-formed"
    if problem.code == Code.UNKNOWN_COMMAND:
        return "unknown-command"
    if problem.code == Code.UNIMPLEMENTED_VERSION:
        return "version-not-offered"
    if problem.code in (Code.UNIMPLEMENTED_EXTENSION, Code.UNIMPLEMENTED_OBJECT):
        return "service-not-offered"
    if problem.path.endswith("curExpDate"):
        return "date-and-time"
    if problem.code == Code.SYNTAX_ERROR and "namespace" in problem.reason:
        return "wrong-namespace"
    if problem.code == Code.MISSING_PARAMETER and command == "update" and problem.path.count("/") == 1:
        return "empty-update"
    return "schema"
