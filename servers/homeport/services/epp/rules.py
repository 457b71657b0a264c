"""Rules that clients must keep: each is a finding when broken; and the finding of an invalid frame."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from homeport.protocol.rules import ENGINE_RULES, Rule
from homeport.services.epp.framing import UTF8_MARK, UTF16_MARKS
from homeport.services.epp.results import Code

if TYPE_CHECKING:
    from homeport.services.epp.grammar import Problem

OF_FRAMES = (
    Rule("length-without-header", "must", "RFC 5734 4", "left the length's own four octets out of the length"),
    Rule("length-in-characters", "must", "RFC 5734 4", "counted characters instead of octets in a length"),
    Rule("length-too-short", "must", "RFC 5734 4", "sent a length that ends inside its XML"),
    Rule("little-endian", "must", "RFC 5734 4", "sent a length with its least significant byte first"),
    Rule("no-length", "must", "RFC 5734 4", "sent XML without a length before it"),
    Rule("mark-before-length", "must", "RFC 5734 4", "sent a byte order mark before the length"),
    Rule("text-before-frame", "must", "RFC 5734 4", "sent text where a length belongs"),
    Rule("octets-between-frames", "must", "RFC 5734 4", "sent line ends or blanks between two frames"),
    Rule("length-too-small", "must", "RFC 5734 4", "sent a length too small for its own four octets and XML"),
    Rule("frame-too-long", "advice", "RFC 5734 4", "sent a frame longer than the limit"),
    Rule("truncated-frame", "must", "RFC 5734 4", "left a frame unfinished"),
    *ENGINE_RULES,
)
OF_XML = (
    Rule("byte-order-mark", "advice", "RFC 5730 5", "began UTF-8 with a byte order mark"),
    Rule("utf-16", "advice", "RFC 5730 5", "sent UTF-16, where UTF-8 is recommended"),
    Rule("no-declaration", "should", "RFC 5730 2", "began a frame without an XML declaration"),
    Rule("not-well-formed", "must", "RFC 5730 2", "sent XML that is not well-formed"),
    Rule("unescaped", "must", "RFC 5730 2", "sent & or < unescaped in text"),
    Rule("document-type", "must", "RFC 5730 2", "sent a document type declaration, which no schema of EPP needs"),
    Rule("schema", "must", "RFC 5730 2", "sent a frame that the schemas do not allow"),
    Rule("wrong-namespace", "must", "RFC 5730 2.1", "sent elements of EPP in no namespace or in a wrong one"),
    Rule("unknown-command", "must", "RFC 5730 2.9", "sent an unknown command"),
    Rule("frame-of-a-server", "must", "RFC 5730 2", "sent a greeting or a response, which only servers send"),
    Rule("date-and-time", "must", "RFC 5731 3.2.3", "gave a time of day in curExpDate, which is a date"),
)
OF_TRANSACTIONS = (
    Rule(
        "no-cltrid", "advice", "RFC 5730 2.5", "sent a command without clTRID, which correlates answers with commands"
    ),
    Rule("cltrid-reused", "should", "RFC 5730 2.5", "used a clTRID twice in a session"),
)
OF_SESSIONS = (
    Rule("early-talker", "should", "RFC 5730 2.9.1.1", "sent a frame before the greeting that it answers"),
    Rule("clear-password", "must", "RFC 5734 8", "showed its password without TLS"),
    Rule("version-not-offered", "must", "RFC 5730 2.9.1.1", "chose a version that the greeting does not offer"),
    Rule("language-not-offered", "must", "RFC 5730 2.9.1.1", "chose a language that the greeting does not offer"),
    Rule(
        "service-not-offered", "must", "RFC 5730 2.9.1.1", "listed or used a namespace that the greeting does not offer"
    ),
    Rule("object-not-in-login", "must", "RFC 5730 2.9.1.1", "used objects of a namespace that its login did not list"),
    Rule("extension-not-in-login", "must", "RFC 5730 2.9.1.1", "used an extension that its login did not list"),
    Rule("password-unchanged", "advice", "RFC 5730 2.9.1.1", "gave its old password as the new one"),
    Rule(
        "login-security-ignored",
        "must",
        "RFC 8807 4.1",
        "gave a password in loginSec without [LOGIN-SECURITY] in pw or newPW, so that it does not count",
    ),
    Rule("command-before-login", "must", "RFC 5730 2", "sent a command before a login"),
    Rule("second-login", "must", "RFC 5730 2.9.1.1", "logged in again in the same session"),
    Rule("no-logout", "advice", "RFC 5730 2.9.1.2", "closed the connection without a logout"),
    Rule("data-after-logout", "must", "RFC 5730 2.9.1.2", "went on sending after logout"),
)
OF_USAGE = (
    Rule("hello-too-often", "advice", "RFC 5730 2.3", "sent hello repeatedly between commands"),
    Rule("login-per-command", "advice", "RFC 5734 2", "logged in for a single command, repeatedly"),
    Rule("check-one-by-one", "advice", "RFC 5731 3.1.1", "checked many objects one by one, with one command each"),
    Rule("poll-without-ack", "advice", "RFC 5730 2.9.2.3", "polled the same message repeatedly"),
    Rule("poll-empty-queue", "advice", "RFC 5730 2.9.2.3", "polled an empty queue repeatedly"),
    Rule("weak-authinfo", "advice", "RFC 9154 4.1", "gave an object a password that is easy to guess"),
    Rule("authinfo-at-create", "must", "RFC 9154 5.1", "gave authInfo at a create, where RFC 9154 has it empty"),
    Rule("authinfo-too-weak", "must", "RFC 9154 4.1", "set authInfo of less than 128 bits, where RFC 9154 applies"),
    Rule("same-authinfo", "advice", "RFC 9154 4.1", "gave several objects the same password"),
)
OF_OBJECTS = (
    Rule("empty-update", "must", "RFC 5731 3.2.5", "sent an update that changes nothing"),
    Rule("server-status", "must", "RFC 5731 2.3", "set or removed a status that only the server may"),
    Rule("trailing-dot", "must", "RFC 5731 2.1", "ended a name with a dot"),
    Rule("u-label", "must", "RFC 5891 4.4", "registered a name with characters beyond ASCII in place of A-labels"),
)
OF_LAUNCHES = (
    Rule("launch-phase", "must", "RFC 8334 2.3", "named a phase of a launch that does not run, or named none"),
    Rule("launch-mark", "must", "RFC 8334 2.6", "created a name in sunrise without a mark that is genuine and for it"),
    Rule("claims-notice", "must", "RFC 8334 3.3.2", "created a name that matches a mark without its claims notice"),
)
LAUNCH_FINDINGS = tuple(rule.id for rule in OF_LAUNCHES)
"""Findings of creates in launch phases."""
OF_PRICES = (
    Rule("fee-missing", "must", "RFC 8748 4", "sent a command on a premium name without its price"),
    Rule("fee-mismatch", "must", "RFC 8748 4", "stated a price that is not the server's"),
    Rule("fee-currency", "must", "RFC 8748 3.2", "stated a currency in which the TLD has no prices"),
)
OF_TOKENS = (
    Rule("allocation-token", "must", "RFC 8495 3.2.1", "gave an allocation token that is not for the name, or no more"),
)
PRICE_FINDINGS = tuple(rule.id for rule in (*OF_PRICES, *OF_TOKENS))
"""Findings of commands on domains that state a price or give an allocation token."""
RULES = (
    *(*OF_FRAMES, *OF_XML, *OF_TRANSACTIONS, *OF_SESSIONS, *OF_USAGE, *OF_OBJECTS),
    *(*OF_PRICES, *OF_TOKENS, *OF_LAUNCHES),
)
IDS = frozenset(rule.id for rule in RULES)

UNESCAPED = ("EntityRef", "entity", "unescaped", "StartTag: invalid element name", "'&'", "'<'")
"""Parts of the parser's messages for an unescaped & or < in text."""


def marks_of(xml: bytes) -> Iterator[str]:
    """Yield the findings about how a frame begins, for a frame that does not begin with an XML declaration in UTF-8."""
    if xml.startswith(UTF8_MARK):
        yield "byte-order-mark"
        xml = xml[len(UTF8_MARK) :]
    elif xml.startswith(UTF16_MARKS) or b"\0" in xml[:4]:
        yield "utf-16"
        xml = xml[:64].replace(b"\0", b"").lstrip(b"\xff\xfe")
    if not xml.startswith(b"<?xml"):
        yield "no-declaration"


def finding_of(xml: bytes, problem: "Problem", command: str) -> str:
    """Return the rule that a frame breaks with this problem. command: its command element, empty if unknown."""
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
