"""The filter language of log messages: the keys of their parameter `q`, and what they compare."""

from collections.abc import Callable
from functools import partial

from homeport.config.peers import peer_matcher
from homeport.config.values import closest, nearest
from homeport.control.filter_language import Key, Value, parse_q
from homeport.protocol.addresses import address_text
from homeport.world.event_filter import LEVELS, VALUES_PER_WEIGHT, rank_of
from homeport.world.logs import FACILITIES, SEVERITIES, LogMessage

ALIASES = {
    "panic": "emerg",
    "emergency": "emerg",
    "critical": "crit",
    "error": "err",
    "warn": "warning",
    "informational": "info",
    "security": "auth",
}
FORMATS = ("rfc5424", "bsd", "cisco", "unknown")


def number_among(text: str, names: tuple[str, ...]) -> int:
    """Return the number of a severity or facility. Raises: ValueError with a message for users."""
    wanted = text.strip().lower()
    if wanted not in names:
        wanted = ALIASES.get(wanted, wanted)
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and wanted.isascii() and int(wanted) < len(names):
        return int(wanted)
    raise UnknownName(text, wanted, names)


class UnknownName(ValueError):
    """Raised for a severity or facility that does not exist. nearest: what was probably meant."""

    def __init__(self, text: str, wanted: str, names: tuple[str, ...]) -> None:
        super().__init__(f"there is no {text!r}; {nearest(wanted, names)}")
        self.nearest = closest(wanted, names)


def _severity(text: str) -> float:
    """Return a severity as its rank: the greater, the more severe."""
    return -float(number_among(text, SEVERITIES))


def _facility(text: str) -> float:
    return float(number_among(text, FACILITIES))


def _number(text: str) -> float:
    if not (text.isdecimal() and text.isascii()):
        raise ValueError(f"{text!r} is not a number")
    return float(text)


def _peer(text: str) -> float:
    peer_matcher(text)
    return 0.0


LOG_KEYS = {
    "severity": Key(read=_severity, ordered=True),
    "facility": Key(read=_facility),
    **dict.fromkeys(("host", "app", "procid", "msgid", "text", "sd"), Key()),
    "format": Key(among=FORMATS),
    **dict.fromkeys(("finding", "listener", "conn", "id"), Key()),
    "level": Key(read=lambda text: float(rank_of(text.lower())), ordered=True),
    "peer": Key(read=_peer),
    **dict.fromkeys(("number", "size"), Key(read=_number, ordered=True)),
}
"""Keys of the filter language for log messages. `severity:>=warning` finds what is as severe, or more."""


def weight_of(q: str | None) -> int:
    """Return the work of judging a message, in multiples of that of a filter with few values."""
    values = sum(len(term.values) for clause in parse_q(q, LOG_KEYS) for term in clause)
    return 1 + values // VALUES_PER_WEIGHT


def log_filter(q: str, level_of: Callable[[str], str]) -> Callable[[LogMessage], bool]:
    """Return a predicate of messages. level_of: the level of a rule of syslog. Raises: ProblemError, 400."""
    clauses = parse_q(q, LOG_KEYS)

    def wanted(one: LogMessage) -> bool:
        return all(any(term.holds(partial(judge, one, term.key, level_of)) for term in clause) for clause in clauses)

    return wanted


def judge(one: LogMessage, key: str, level_of: Callable[[str], str], value: Value) -> bool:
    """Return True if a message matches one value of the filter language."""
    fields, wanted = one.fields, value.text.casefold()
    match key:
        case "":
            whole = (fields.text, fields.app, fields.host, fields.procid, fields.msgid, address_text(one.peer))
            return any(text is not None and wanted in text.casefold() for text in whole) or sd_contains(one, wanted)
        case "text":
            return wanted in fields.text.casefold()
        case "severity":
            return fields.pri is not None and value.compare(-float(fields.pri & 7))
        case "facility":
            return fields.pri is not None and value.compare(fields.pri >> 3)
        case "sd":
            return sd_has(one, value.text)
        case "finding":
            return has_finding(one, value.text)
        case "level":
            return any(value.compare(LEVELS.index(level_of(rule))) for rule in one.findings)
        case "peer":
            return peer_matcher(value.text)(address_text(one.peer))
        case "number" | "size":
            return value.compare(getattr(one, key))
        case "listener" | "conn" | "id":
            return bool(wanted == getattr(one, key))
    held: str | None = getattr(fields, key)
    return held is not None and wanted == held.casefold()


def sd_contains(one: LogMessage, wanted: str) -> bool:
    """Return True if a text, in lower case, is a part of the structured data of a message."""
    return any(
        wanted in identifier.casefold()
        or any(wanted in name.casefold() or wanted in value.casefold() for name, value in parameters)
        for identifier, parameters in one.fields.elements
    )


def sd_has(one: LogMessage, wanted: str) -> bool:
    """Return True if a message has structured data: `SD-ID`, `SD-ID/name` or `SD-ID/name=value`."""
    identifier, slash, rest = wanted.partition("/")
    name, equals, value = rest.partition("=")
    for found, parameters in one.fields.elements:
        if found != identifier:
            continue
        if not slash or any(name == key and (not equals or value == held) for key, held in parameters):
            return True
    return False


def has_finding(one: LogMessage, wanted: str) -> bool:
    """Return True if a message broke a rule; `any`: at least one; `none`: none."""
    rule = wanted.removeprefix("syslog.")
    if rule in ("any", "none"):
        return bool(one.findings) == (rule == "any")
    return rule in one.findings
