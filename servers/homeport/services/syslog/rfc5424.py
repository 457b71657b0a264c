"""Messages of RFC 5424: HEADER, STRUCTURED-DATA, MSG.

    <PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]

A message that breaks the syntax is read as far as it can be: what is missing is None, and the rest is text.
"""

import re

from homeport.services.syslog import structured_data
from homeport.services.syslog.notes import Notes
from homeport.services.syslog.structured_data import SyntaxProblem
from homeport.services.syslog.timestamps import MONTHS, NIL, problems
from homeport.world.logs import Element, LogFields

BOM = "\ufeff"
HEADER = re.compile(
    r"<(0|[1-9]\d?|1[0-8]\d|19[01])>1 "
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)) "
    r"([!-~]{2,255}|[!-,.-~]) ([!-~]{2,48}|[!-,.-~]) ([!-~]{1,128}) ([!-~]{1,32}) -(?: ([ -~]*))?",
    re.ASCII,
)
"""A whole message without structured data that breaks no rule: nearly all are such, and this is the fast way."""
FOLLOWS = re.compile(rf"-?(?: |$)|\d{{4}}-\d\d-\d\d|(?:{MONTHS}) ", re.ASCII)
"""The text after a version: a timestamp, well-formed or not, or NILVALUE."""
VERSION = re.compile(r"(\d{1,3}) ", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME = re.compile(r"\d\d:\d\d:\d\d", re.ASCII)
BSD_DATE = re.compile(rf"(?:{MONTHS})  ?\d{{1,2}} \d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII)
PRINTABLE = re.compile(r"[!-~]*")
FIELDS = 5
LIMITS = (("hostname", 255), ("app-name", 48), ("procid", 128), ("msgid", 32))
"""RFC 5424 6, in the order of the header."""
DATA_OR_TEXT = re.compile(r"-(?= |$)|\[")


def fast(text: str) -> LogFields | None:
    """Return the fields of a message in ASCII that breaks no rule; None for any that must be looked at closely."""
    match = HEADER.fullmatch(text)
    if match is None:
        return None
    pri, timestamp, host, app, procid, msgid, message = match.groups()
    if problems(timestamp):
        return None
    return LogFields(
        "rfc5424",
        int(pri),
        1,
        timestamp,
        host,
        app,
        None if procid == NIL else procid,
        None if msgid == NIL else msgid,
        (),
        message or "",
    )


def begins(text: str, at: int) -> bool:
    """Return True if VERSION follows PRI, which ends at an offset: the message means to be one of RFC 5424."""
    match = VERSION.match(text, at)
    return match is not None and (match[1] == "1" or FOLLOWS.match(text, match.end()) is not None)


def parse(text: str, at: int, pri: int | None, notes: Notes) -> LogFields:
    """Parse what follows PRI, of which `begins` is True."""
    version, _blank, rest = text[at:].partition(" ")
    if version != "1":
        notes.add("version", version)
    timestamp, rest = _timestamp(rest, notes)
    values: list[str | None] = []
    for name, limit in LIMITS:
        value, blank, rest = rest.partition(" ")
        if not value and blank:
            notes.add("header-blanks", timestamp or "")
        if len(value) > limit:
            notes.add(f"{name}-too-long", value)
        if not PRINTABLE.fullmatch(value):
            notes.add("header-not-ascii", value)
        values.append(None if value in ("", NIL) else value)
        if not blank:
            notes.add("header-short", text)
            break
    host, app, procid, msgid = (*values, None, None, None, None)[:4]
    elements: tuple[Element, ...] = ()
    message = ""
    if "header-short" not in notes.shown:
        if host is None:
            notes.add("hostname-missing")
        if app is None:
            notes.add("app-name-missing")
        elements, message = _data_and_message(rest, notes)
    return LogFields(
        "rfc5424",
        pri,
        int(version),
        timestamp,
        host,
        app,
        procid,
        msgid,
        elements,
        message,
    )


def _timestamp(rest: str, notes: Notes) -> tuple[str | None, str]:
    """Return the timestamp, None for NILVALUE, and what follows it."""
    if bsd := BSD_DATE.match(rest):
        notes.add("timestamp-bsd", bsd[0])
        return bsd[0], rest[bsd.end() :].removeprefix(" ")
    timestamp, _blank, rest = rest.partition(" ")
    if DATE.fullmatch(timestamp) and TIME.match(rest):
        time, _blank, rest = rest.partition(" ")
        timestamp = f"{timestamp} {time}"
    if timestamp == NIL:
        return None, rest
    if not timestamp:
        notes.add("header-blanks")
        return None, rest
    for problem in problems(timestamp):
        notes.add(problem, timestamp)
    return timestamp, rest


def _data_and_message(rest: str, notes: Notes) -> tuple[tuple[Element, ...], str]:
    """Return the elements of the structured data, and the text of MSG."""
    match = DATA_OR_TEXT.match(rest)
    if match is None:
        notes.add("sd-missing", rest)
        return (), rest
    if match[0] == NIL:
        return (), rest[2:]
    try:
        elements, at = structured_data.parse(rest, 0, notes)
    except SyntaxProblem:
        notes.add("sd-malformed", rest)
        return (), rest
    if at < len(rest) and rest[at] != " ":
        notes.add("sd-malformed", rest[max(at - 20, 0) :])
        return elements, rest[at:]
    return elements, rest[at + 1 :]
