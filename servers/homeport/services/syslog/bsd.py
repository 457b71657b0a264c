"""BSD syslog (RFC 3164), and what is sent in its place.

    <PRI>Mmm dd hh:mm:ss HOSTNAME TAG[PID]: text           RFC 3164 4.1
    <PRI>Mmm dd hh:mm:ss TAG[PID]: text                    syslog(3), without a host name
    <PRI>2024-10-11T22:14:15.003+02:00 HOSTNAME TAG: text  rsyslog
    <PRI>Mmm dd yyyy hh:mm:ss[.mmm] [zone:] ...            with a year
    <PRI>45: HOSTNAME: *Mmm dd hh:mm:ss.mmm zone: %FACILITY-SEVERITY-MNEMONIC: text     Cisco
    <PRI>text                                              Python's SysLogHandler

RFC 3164 describes what was seen, so any of these is a message; a part that is not there is None.
"""

import re

from homeport.services.syslog.notes import Notes
from homeport.services.syslog.timestamps import BSD, MONTHS
from homeport.world.logs import SEVERITIES, LogFields

MAX_TAG = 32
MAX_BYTES = 1024
CLOCK = r"\d{1,2}:\d\d:\d\d(?:\.\d{1,9})?"
STAMP = re.compile(
    rf"(?:(?P<bsd>(?:{MONTHS})  ?\d{{1,2}} (?:\d{{4}} )?{CLOCK})(?: (?P<zone>[A-Z]{{3,5}})(?=:))?"
    rf"|(?P<iso>\d{{4}}-\d\d-\d\d[Tt ]{CLOCK}(?:[Zz]|[+-]\d\d:?\d\d)?))(?P<end>:?(?: |$))",
    re.ASCII,
)
ZERO_DAY = re.compile(rf"(?:{MONTHS}) 0[1-9] \d\d:\d\d:\d\d", re.ASCII)
TAG = re.compile(r"([^\s:\[\]]{1,255})(?:\[([^\]\s]{0,128})\])?:(?= |$)")
HOST = re.compile(r"([^\s:\[\]]{1,255}|\[?[0-9A-Fa-f:.]+\]?) ")
CISCO = re.compile(
    rf"(?:(?P<sequence>\d{{1,10}}): )?(?:(?P<host>[A-Za-z0-9][\w.-]{{0,254}}):? )??"
    rf"(?:[*.]?(?P<stamp>(?:{MONTHS})  ?\d{{1,2}} (?:\d{{4}} )?{CLOCK})(?: (?P<zone>[A-Z]{{3,5}}))? ?: ?)?"
    r"%(?P<facility>[A-Z][A-Z0-9_]{0,40}(?:-[A-Z][A-Z0-9_]{0,40}){0,2})-(?P<severity>[0-7])-"
    r"(?P<mnemonic>[A-Z0-9_]{1,60}):(?: |$)",
    re.ASCII,
)


def parse(text: str, at: int, pri: int | None, notes: Notes) -> LogFields:
    """Parse what follows PRI."""
    rest = text[at:]
    if "%" in rest[:400] and (cisco := CISCO.match(rest)):
        return _cisco(cisco, rest, pri, notes)
    stamp = STAMP.match(rest)
    if stamp is None and pri is None:
        return LogFields("unknown", text=rest)
    notes.add("bsd-format", text)
    if stamp is None:
        notes.add("bsd-timestamp-missing", rest)
        return _without_header(rest, pri)
    timestamp = stamp["bsd"] or stamp["iso"]
    if ZERO_DAY.fullmatch(timestamp):
        notes.add("bsd-day-zero", timestamp)
    elif not BSD.fullmatch(timestamp) or stamp["end"].startswith(":"):
        notes.add("bsd-timestamp", timestamp)
    rest = rest[stamp.end() :]
    host = None
    if TAG.match(rest) or (match := HOST.match(rest)) is None:
        notes.add("bsd-hostname-missing", rest)
    else:
        host, rest = match[1], rest[match.end() :]
    tag = TAG.match(rest)
    if tag is None:
        notes.add("bsd-tag-missing", rest)
        return LogFields("bsd", pri, None, timestamp, host, None, None, None, (), rest)
    if len(tag[1]) > MAX_TAG:
        notes.add("bsd-tag-too-long", tag[1])
    message = rest[tag.end() :].removeprefix(" ")
    return LogFields("bsd", pri, None, timestamp, host, tag[1], tag[2] or None, None, (), message)


def _without_header(rest: str, pri: int | None) -> LogFields:
    """Return the fields of a text without a timestamp, which may begin with a TAG."""
    if (tag := TAG.match(rest)) and (tag[2] or len(tag[1]) <= MAX_TAG):
        message = rest[tag.end() :].removeprefix(" ")
        return LogFields("bsd", pri, None, None, None, tag[1], tag[2] or None, None, (), message)
    return LogFields("bsd", pri, None, None, None, None, None, None, (), rest)


def _cisco(match: re.Match[str], rest: str, pri: int | None, notes: Notes) -> LogFields:
    """Return the fields of a message of Cisco's devices. Its own severity counts where PRI is missing."""
    notes.add("cisco-format", match[0])
    if pri is not None and pri & 7 != int(match["severity"]):
        notes.add("severity-differs", f"{SEVERITIES[pri & 7]} {match[0]}")
    sequence, mnemonic = match["sequence"], match["mnemonic"]
    message = rest[match.end() :]
    return LogFields(
        "cisco", pri, None, match["stamp"], match["host"], match["facility"], sequence, mnemonic, (), message
    )
