"""STRUCTURED-DATA (RFC 5424 6.3): elements, and the registered SD-IDs (7)."""

import re

from homeport.services.syslog.notes import Notes
from homeport.world.logs import Element

MAX_ELEMENTS = 100
"""Elements, and parameters of one, that are read; the rest stays text."""
NAME = re.compile(r'[^\x00-\x20="\]\x7f-\U0010ffff]+')
VALUE = re.compile(r'[^"\\\]]*(?:\\.[^"\\\]]*)*', re.DOTALL)
ESCAPES = re.compile(r"\\(.)", re.DOTALL)
ESCAPED = re.compile(r'\\(["\\\]])')
ENTERPRISE = re.compile(r"[^@]+@[0-9]+(?:\.[0-9]+)*", re.ASCII)
EXAMPLE_NUMBER = "32473"
MAX_NAME = 32
BOOLEAN = re.compile(r"[01]")
NUMBER = re.compile(r"\d{1,10}", re.ASCII)
ANY = re.compile(r".*", re.DOTALL)

REGISTERED: dict[str, dict[str, re.Pattern[str]] | None] = {
    "timeQuality": {"tzKnown": BOOLEAN, "isSynced": BOOLEAN, "syncAccuracy": NUMBER},
    "origin": {"ip": ANY, "enterpriseId": re.compile(r"\d+(?:\.\d+)*", re.ASCII), "software": ANY, "swVersion": ANY},
    "meta": {"sequenceId": NUMBER, "sysUpTime": NUMBER, "language": re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")},
    **dict.fromkeys(("snmp", "alarm", "ssign", "ssign-cert", "PCNNode", "PCNTerm")),
}
"""SD-IDs of IANA's registry, with the parameters of those of RFC 5424 7, and what their values look like."""
MAX_LENGTHS = {"software": 48, "swVersion": 32}
"""RFC 5424 7.2.3, 7.2.4: the longest values, in characters."""
MAX_SEQUENCE = 2147483647
"""RFC 5424 7.3.1."""


class SyntaxProblem(Exception):
    """The structured data ends, or goes on, as none can."""


def parse(text: str, at: int, notes: Notes) -> tuple[tuple[Element, ...], int]:
    """Parse the elements that begin at an offset, `[`. Return them and the offset after them.

    Raises: SyntaxProblem.
    """
    elements: list[Element] = []
    while at < len(text) and text[at] == "[":
        if len(elements) == MAX_ELEMENTS:
            raise SyntaxProblem
        element, at = _element(text, at + 1, notes)
        if any(one[0] == element[0] for one in elements):
            notes.add("sd-id-repeated", element[0])
        _judge(element, notes)
        elements.append(element)
    return tuple(elements), at


def _element(text: str, at: int, notes: Notes) -> tuple[Element, int]:
    name, at = _name(text, at, notes)
    parameters: list[tuple[str, str]] = []
    while text[at : at + 1] == " ":
        while text[at : at + 1] == " ":  # RFC 5424 6 has one
            at += 1
        if text[at : at + 1] == "]":
            notes.add("sd-malformed", name)
            break
        if len(parameters) == MAX_ELEMENTS:
            raise SyntaxProblem
        parameter, at = _name(text, at, notes)
        if text[at : at + 2] != '="':
            raise SyntaxProblem
        value, at = _value(text, at + 2, notes)
        parameters.append((parameter, value))
    if text[at : at + 1] != "]":
        raise SyntaxProblem
    return (name, tuple(parameters)), at + 1


def _name(text: str, at: int, notes: Notes) -> tuple[str, int]:
    match = NAME.match(text, at)
    if match is None:
        raise SyntaxProblem
    if len(match[0]) > MAX_NAME:
        notes.add("sd-name", match[0])
    return match[0], match.end()


def _value(text: str, at: int, notes: Notes) -> tuple[str, int]:
    """Parse a value up to its `"`. One that is followed by neither a blank nor `]` belongs to the value."""
    begin = at
    while True:
        match = VALUE.match(text, at)
        at = match.end()  # type: ignore[union-attr]  # it matches the empty text too
        mark = text[at : at + 1]
        if mark == '"' and text[at + 1 : at + 2] in ("]", " "):
            break
        if mark not in ('"', "]"):
            raise SyntaxProblem
        notes.add("sd-not-escaped", text[max(begin, at - 20) : at + 20])
        at += 1
    value = text[begin:at]
    if "\\" in value:
        if any(one not in '"\\]' for one in ESCAPES.findall(value)):
            notes.add("sd-bad-escape", value)
        value = ESCAPED.sub(r"\1", value)
    return value, at + 1


def _judge(element: Element, notes: Notes) -> None:
    """Note what is wrong with names and values."""
    name, parameters = element
    if "@" in name:
        if not ENTERPRISE.fullmatch(name):
            notes.add("sd-id-malformed", name)
        elif name.partition("@")[2].partition(".")[0] == EXAMPLE_NUMBER:
            notes.add("sd-example-number", name)
        return
    if name not in REGISTERED:
        notes.add("sd-id-unregistered", name)
        return
    known = REGISTERED[name]
    if known is None:
        return
    for parameter, value in parameters:
        if parameter not in known:
            notes.add("sd-param-unregistered", f"{name} {parameter}")
        elif not known[parameter].fullmatch(value) or _is_out_of_range(parameter, value):
            notes.add("sd-value", f'{parameter}="{value}"')
    values = dict(parameters)
    if name == "timeQuality" and "syncAccuracy" in values and values.get("isSynced") == "0":
        notes.add("sd-value", "syncAccuracy")  # RFC 5424 7.1.3


def _is_out_of_range(parameter: str, value: str) -> bool:
    """Return True if a value is too long, or a number too large, for the registered parameter."""
    if parameter == "sequenceId":
        return not 1 <= int(value) <= MAX_SEQUENCE
    return len(value) > MAX_LENGTHS.get(parameter, len(value))
