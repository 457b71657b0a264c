"""What to do about the mistakes that clients make most, for the reasons of problems."""

import difflib
import re
from collections.abc import Iterable

_SYNTAX = (
    (r"EntityRef|xmlParseEntityRef", "a bare & must be written &amp; (also in passwords and company names)"),
    (r"Entity '", "XML has only the entities lt, gt, amp, quot and apos; write other characters as they are, in UTF-8"),
    (r"Unescaped '<'|invalid element name", "a bare < must be written &lt;"),
    (r"Namespace prefix", "declare the prefix, as in xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\""),
    (r"Premature end|Couldn't find end|expected '>'|Unfinished", "the document is cut short: count the octets sent, not"
        " the characters, and let the length of the frame include its own four octets (RFC 5734 4)"),
    (r"Extra content", "something follows the root element: one frame holds one message (RFC 5734 4)"),
    (r"declaration allowed only at the start|not at start", "something stands before the XML declaration, perhaps white"
        " space or a second length header"),
    (r"Start tag expected|Document is empty", "an EPP message begins with <, after the length in four octets"),
    (r"not proper UTF-8|not UTF-8|encoding", "the octets are not in the encoding that is declared, which is UTF-8 where"
        " nothing is"),
    (r"Char value|invalid Char", "control characters cannot stand in XML, not even as references"),
    (r"mismatch", "each end tag closes the tag that was opened last"),
    (r"depth", "elements are nested deeper than anything in EPP"),
)  # fmt: skip

_NAMES = {
    "services": "svcs",
    "service": "svcs",
    "password": "pw",
    "newpassword": "newPW",
    "nameserver": "hostObj",
    "nameservers": "ns",
    "authinfo": "authInfo",
    "expdate": "exDate",
    "expirydate": "curExpDate",
    "curexdate": "curExpDate",
    "extensions": "extension",
    "remove": "rem",
    "delete": "rem",
    "change": "chg",
    "country": "cc",
    "postalcode": "pc",
    "state": "sp",
    "phone": "voice",
    "ds": "dsData",
    "key": "keyData",
}
"""Names that people write for those that the schemas have."""

_ORDER = {
    "urn:ietf:params:xml:ns:secDNS-1.1": (
        "In secDNS an update has rem before add, unlike in domain:update; DS data are keyTag, alg, digestType, digest,"
        " and keys flags, protocol, alg, pubKey"
    ),
}
"""What to say besides about the order of elements, by namespace."""


def syntax_hint(message: str, text: bytes) -> str:
    """What the parser says of XML that is not well-formed, with advice."""
    for pattern, advice in _SYNTAX:
        if re.search(pattern, message):
            return f"{message}; {advice}"
    if text.startswith(b"\xef\xbb\xbf\xef\xbb\xbf"):
        return f"{message}; one byte order mark is enough"
    return message


def name_hint(name: str, expected: Iterable[str]) -> str:
    """Which of the expected names was perhaps meant; empty: no idea."""
    by_lower = {one.lower(): one for one in expected}
    meant = by_lower.get(name.lower()) or _NAMES.get(name.lower())
    if meant not in by_lower.values():
        close = difflib.get_close_matches(name.lower(), by_lower, 1, 0.75)
        meant = by_lower[close[0]] if close else None
    return f"; perhaps {meant} is meant" if meant else ""


def uri_hint(uri: str, known: Iterable[str]) -> str:
    """Which of the known namespaces was perhaps meant; empty: no idea."""
    by_name = {one.rpartition(":")[2].lower(): one for one in known}
    close = difflib.get_close_matches(uri.rpartition(":")[2].lower(), by_name, 1, 0.8)
    return f"; perhaps {by_name[close[0]]} is meant" if close else ""


def order_hint(namespace: str) -> str:
    return f". {_ORDER[namespace]}" if namespace in _ORDER else ""
