"""What clients are held to: every rule that is a finding when it is broken; and which one a broken frame breaks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from homeport.protocol.rules import UNEXPECTED_TLS, Rule
from homeport.services.epp.framing import UTF8_MARK, UTF16_MARKS
from homeport.services.epp.results import Code

if TYPE_CHECKING:
    from homeport.services.epp.grammar import Problem

OF_FRAMES = (
    Rule("length-without-header", "must", "RFC 5734 4", "left the length's own four octets out of the length"),
    Rule("little-endian", "must", "RFC 5734 4", "sent a length with its least significant octet first"),
    Rule("no-length", "must", "RFC 5734 4", "sent XML without a length before it"),
    Rule("mark-before-length", "must", "RFC 5734 4", "sent a byte order mark before the length"),
    Rule("text-before-frame", "must", "RFC 5734 4", "sent text where a length belongs"),
    Rule("octets-between-frames", "must", "RFC 5734 4", "sent line ends or blanks between two frames"),
    Rule("length-too-small", "must", "RFC 5734 4", "sent a length that has no room for its own four octets and XML"),
    Rule("frame-too-long", "advice", "RFC 5734 4", "sent a longer frame than is taken"),
    Rule("truncated-frame", "must", "RFC 5734 4", "closed the connection in the midst of a frame"),
    UNEXPECTED_TLS,
)
OF_XML = (
    Rule("byte-order-mark", "advice", "RFC 5730 5", "began UTF-8 with a byte order mark"),
    Rule("utf-16", "advice", "RFC 5730 5", "sent UTF-16, where UTF-8 is recommended"),
    Rule("no-declaration", "should", "RFC 5730 2", "began a frame without an XML declaration"),
    Rule("not-well-formed", "must", "RFC 5730 2", "sent what is no well-formed XML"),
    Rule("unescaped", "must", "RFC 5730 2", "sent & or < unescaped in a text"),
    Rule("document-type", "must", "RFC 5730 2", "sent a document type declaration, which no schema of EPP needs"),
    Rule("schema", "must", "RFC 5730 2", "sent a frame that the schemas do not allow"),
    Rule("wrong-namespace", "must", "RFC 5730 2.1", "sent elements of EPP in no namespace or in a wrong one"),
    Rule("unknown-command", "must", "RFC 5730 2.9", "sent a command that there is not"),
    Rule("frame-of-a-server", "must", "RFC 5730 2", "sent a greeting or a response, which only servers send"),
    Rule("date-and-time", "must", "RFC 5731 3.2.3", "gave a time of day in curExpDate, which is a date"),
)
OF_TRANSACTIONS = (
    Rule("no-cltrid", "advice", "RFC 5730 2.5", "sent a command without clTRID, which ties answers to commands"),
    Rule("cltrid-reused", "should", "RFC 5730 2.5", "used a clTRID twice in a session"),
)
OF_SESSIONS = (
    Rule("clear-password", "must", "RFC 5734 8", "showed its password without TLS"),
    Rule("version-not-offered", "must", "RFC 5730 2.9.1.1", "chose a version that the greeting does not offer"),
    Rule("language-not-offered", "must", "RFC 5730 2.9.1.1", "chose a language that the greeting does not offer"),
    Rule(
        "service-not-offered", "must", "RFC 5730 2.9.1.1", "listed or used a namespace that the greeting does not offer"
    ),
    Rule("object-not-in-login", "must", "RFC 5730 2.9.1.1", "used objects of a namespace that its login did not list"),
    Rule("extension-not-in-login", "must", "RFC 5730 2.9.1.1", "used an extension that its login did not list"),
    Rule("password-unchanged", "advice", "RFC 5730 2.9.1.1", "gave its old password as the new one"),
    Rule("command-before-login", "must", "RFC 5730 2", "sent a command before a login"),
    Rule("second-login", "must", "RFC 5730 2.9.1.1", "logged in again in the same session"),
    Rule("no-logout", "advice", "RFC 5730 2.9.1.2", "closed the connection without a logout"),
    Rule("data-after-logout", "must", "RFC 5730 2.9.1.2", "went on sending after logout"),
)
OF_USAGE = (
    Rule("hello-too-often", "advice", "RFC 5730 2.3", "sent hello again and again between commands"),
    Rule("login-per-command", "advice", "RFC 5734 2", "logged in for one command, time after time"),
    Rule("check-one-by-one", "advice", "RFC 5731 3.1.1", "checked many objects one by one, a command for each"),
    Rule("poll-without-ack", "advice", "RFC 5730 2.9.2.3", "asked for the same message time after time"),
    Rule("poll-empty-queue", "advice", "RFC 5730 2.9.2.3", "asked an empty queue for messages time after time"),
    Rule("weak-authinfo", "advice", "RFC 9154 4.1", "gave an object a password that is easily guessed"),
    Rule("same-authinfo", "advice", "RFC 9154 4.1", "gave several objects the same password"),
)
OF_OBJECTS = (
    Rule("empty-update", "must", "RFC 5731 3.2.5", "sent an update that changes nothing"),
    Rule("server-status", "must", "RFC 5731 2.3", "set or removed a status that only the server may"),
    Rule("trailing-dot", "must", "RFC 5731 2.1", "ended a name with a dot"),
)
RULES = (*OF_FRAMES, *OF_XML, *OF_TRANSACTIONS, *OF_SESSIONS, *OF_USAGE, *OF_OBJECTS)
IDS = frozenset(rule.id for rule in RULES)

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


def finding_of(xml: bytes, problem: "Problem", command: str) -> str:
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
