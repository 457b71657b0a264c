"""Simple types of XML Schema with their facets: parse and serialize values, as strict as the schema and no stricter.

Each has `read(text)`, which returns the value or raises `BadValue` with the code to answer, and `write(value)`. White
space is treated as the type says (XML Schema part 2, 4.3.6): replaced for normalizedString, collapsed for all others.
Where a type here is stricter than XML Schema its docstring says so.

xs:dateTime is Unix time in seconds, xs:date a calendar date: years 1 to 9999 only. Fractions of a second are
kept to the millisecond. A time without a zone is taken as UTC, which all times in EPP are (RFC 5731 2.4).
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from homeport.config.quantities import EARLIEST, LATEST
from homeport.services.epp.results import Code

_SPACE = re.compile(r"[ \t\n\r]+")


class BadValue(Exception):
    """A text that is no value of a type. code: 2004 out of range, 2005 malformed, 2100 version; wants: the rule."""

    def __init__(self, code: Code, wants: str) -> None:
        super().__init__(wants)
        self.code = code
        self.wants = wants


class Datatype(Protocol):
    """Base of the simple types."""

    def read(self, text: str) -> Any:
        """Parse a text. Raises: BadValue."""

    def write(self, value: Any) -> str:
        """Serialize a value, not yet escaped."""


def collapse(text: str) -> str:
    """Collapse white space as tokens need it: none at the ends, one space between words."""
    if text.isascii():
        return " ".join(text.split())  # other spaces of ASCII cannot stand in XML
    return _SPACE.sub(" ", text).strip(" ")


def length_in_words(shortest: int, longest: int | None) -> str:
    if longest is None:
        return f"at least {shortest} character{'s' if shortest > 1 else ''} long"
    if shortest == longest:
        return f"exactly {shortest} characters long"
    return f"{shortest} to {longest} characters long"


class Token(msgspec.Struct, frozen=True):
    """xs:token with minLength and maxLength, in characters."""

    shortest: int = 0
    longest: int | None = None

    def read(self, text: str) -> str:
        value = collapse(text)
        if len(value) < self.shortest or (self.longest is not None and len(value) > self.longest):
            raise BadValue(Code.VALUE_SYNTAX, f"{length_in_words(self.shortest, self.longest)}, not {len(value)}")
        return value

    def write(self, value: str) -> str:
        return value


class Normalized(msgspec.Struct, frozen=True):
    """xs:normalizedString with minLength and maxLength, in characters."""

    shortest: int = 0
    longest: int | None = None

    def read(self, text: str) -> str:
        value = text.replace("\n", " ").replace("\t", " ").replace("\r", " ")
        if len(value) < self.shortest or (self.longest is not None and len(value) > self.longest):
            raise BadValue(Code.VALUE_SYNTAX, f"{length_in_words(self.shortest, self.longest)}, not {len(value)}")
        return value

    def write(self, value: str) -> str:
        return value


class String(msgspec.Struct, frozen=True):
    """xs:string: white space is kept."""

    def read(self, text: str) -> str:
        return text

    def write(self, value: str) -> str:
        return value


class Pattern(msgspec.Struct, frozen=True):
    """xs:token with a pattern, which is a Python regular expression; wants: the pattern in words."""

    expression: str
    wants: str
    longest: int | None = None

    def read(self, text: str) -> str:
        value = collapse(text)
        if re.fullmatch(self.expression, value) is None:
            raise BadValue(Code.VALUE_SYNTAX, self.wants)
        if self.longest is not None and len(value) > self.longest:
            raise BadValue(Code.VALUE_SYNTAX, length_in_words(0, self.longest))
        return value

    def write(self, value: str) -> str:
        return value


class Enumeration(msgspec.Struct, frozen=True):
    """xs:token with an enumeration; declared by `Literal`."""

    values: frozenset[str]

    def read(self, text: str) -> str:
        if text in self.values:
            return text
        value = collapse(text)
        if value not in self.values:
            raise BadValue(Code.VALUE_SYNTAX, "one of " + ", ".join(sorted(self.values)))
        return value

    def write(self, value: str) -> str:
        return value


class Version(msgspec.Struct, frozen=True):
    """epp:versionType: only 1.0 exists; another well-formed one is 2100 (RFC 5730 3)."""

    def read(self, text: str) -> str:
        value = collapse(text)
        if value == "1.0":
            return value
        raise BadValue(
            Code.UNIMPLEMENTED_VERSION if re.fullmatch(r"[1-9]+\.[0-9]+", value) else Code.VALUE_SYNTAX,
            "1.0, the only version of EPP",
        )

    def write(self, value: str) -> str:
        return value


class Boolean(msgspec.Struct, frozen=True):
    """xs:boolean; written as 1 and 0, as the RFCs' examples have it."""

    def read(self, text: str) -> bool:
        value = collapse(text)
        if value in ("1", "true"):
            return True
        if value in ("0", "false"):
            return False
        raise BadValue(Code.VALUE_SYNTAX, "a boolean: 1, 0, true or false")

    def write(self, value: bool) -> str:  # noqa: FBT001 - the value is the point
        return "1" if value else "0"


class Integer(msgspec.Struct, frozen=True):
    """An integer type with its bounds; a sign is allowed in all of them (XML Schema part 2, 3.3.20)."""

    low: int
    high: int

    def read(self, text: str) -> int:
        value = collapse(text)
        digits = value[1:] if value.startswith(("+", "-")) else value
        if not (digits.isascii() and digits.isdigit()):
            raise BadValue(Code.VALUE_SYNTAX, f"an integer from {self.low} to {self.high}")
        if len(digits.lstrip("0")) > 20:
            raise BadValue(Code.OUT_OF_RANGE, f"from {self.low} to {self.high}")
        number = int(value)
        if not self.low <= number <= self.high:
            raise BadValue(Code.OUT_OF_RANGE, f"from {self.low} to {self.high}")
        return number

    def write(self, value: int) -> str:
        return str(value)


class Amount(msgspec.Struct, frozen=True):
    """xs:decimal of bounded length, as `Decimal`; written with two digits after the point or more, as money is.

    sign: 1 for an amount of at least 0, -1 for one of at most 0, 0 for any. places: maximum of digits after the point.
    """

    sign: int = 0
    places: int | None = None

    def read(self, text: str) -> Decimal:
        value = collapse(text)
        if re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", value, re.ASCII) is None:
            raise BadValue(Code.VALUE_SYNTAX, "a decimal number such as 10.00")
        if len(value) > MAX_AMOUNT_LENGTH:
            raise BadValue(Code.OUT_OF_RANGE, f"at most {MAX_AMOUNT_LENGTH} characters long")
        number = Decimal(value)
        if number * self.sign < 0:
            raise BadValue(Code.OUT_OF_RANGE, f"{'at least' if self.sign > 0 else 'at most'} 0")
        if self.places is not None and number != round(number, self.places):
            raise BadValue(Code.VALUE_SYNTAX, f"a number with at most {self.places} digits after the point")
        return number

    def write(self, value: Decimal) -> str:
        return f"{value:.2f}" if value == round(value, 2) else f"{value:f}"


MAX_AMOUNT_LENGTH = 24


class Exactly(msgspec.Struct, frozen=True):
    """xs:string with a pattern, in which white space is preserved; wants: the pattern in words."""

    expression: str
    wants: str

    def read(self, text: str) -> str:
        if re.fullmatch(self.expression, text) is None:
            raise BadValue(Code.VALUE_SYNTAX, self.wants)
        return text

    def write(self, value: str) -> str:
        return value


class Number(msgspec.Struct, frozen=True):
    """xs:unsignedShort with an enumeration."""

    values: frozenset[int]

    def read(self, text: str) -> int:
        number = Integer(0, 65535).read(text)
        if number not in self.values:
            raise BadValue(Code.OUT_OF_RANGE, "one of " + ", ".join(map(str, sorted(self.values))))
        return number

    def write(self, value: int) -> str:
        return str(value)


class Language(msgspec.Struct, frozen=True):
    """xs:language."""

    def read(self, text: str) -> str:
        value = collapse(text)
        if re.fullmatch(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*", value) is None:
            raise BadValue(Code.VALUE_SYNTAX, "a language tag such as en (RFC 5646)")
        return value

    def write(self, value: str) -> str:
        return value


class Hexadecimal(msgspec.Struct, frozen=True):
    """xs:hexBinary; the value is in upper case."""

    def read(self, text: str) -> str:
        value = collapse(text)
        if re.fullmatch(r"([0-9a-fA-F]{2})*", value) is None:
            raise BadValue(Code.VALUE_SYNTAX, "hexadecimal digits without space, an even number of them")
        return value.upper()

    def write(self, value: str) -> str:
        return value


class Base64(msgspec.Struct, frozen=True):
    """xs:base64Binary of at least one byte; white space is removed, other foreign characters are refused."""

    def read(self, text: str) -> str:
        value = _SPACE.sub("", text)
        whole = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
        if not value or re.fullmatch(whole, value) is None:
            raise BadValue(Code.VALUE_SYNTAX, "base64 (RFC 4648 4) of at least one byte, padded")
        return value

    def write(self, value: str) -> str:
        return value


class Uri(msgspec.Struct, frozen=True):
    """xs:anyURI: a URI reference (RFC 3986)."""

    def read(self, text: str) -> str:
        value = collapse(text)
        if _URI.fullmatch(value) is None:
            raise BadValue(Code.VALUE_SYNTAX, "a URI (RFC 3986)")
        return value

    def write(self, value: str) -> str:
        return value


_PLAIN = r"[^\x00-\x1f%#?/:@\[\]]|%[0-9A-Fa-f]{2}"
_ANY = rf"(?:{_PLAIN}|[:@])"
_AUTHORITY = rf"//(?:(?:{_PLAIN}|:)*@)?(?:\[[^\x00-\x1f\[\]]*\]|(?:{_PLAIN})*)(?::[0-9]{{1,9}})?(?:/(?:{_ANY}|/)*)?"
_URI = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.-]*:(?:{_AUTHORITY}|/?(?:{_ANY}(?:{_ANY}|/)*)?)"
    rf"|{_AUTHORITY}|/(?:{_ANY}(?:{_ANY}|/)*)?|(?:(?:{_PLAIN}|@)+(?:/(?:{_ANY}|/)*)?)?)"
    rf"(?:\?(?:{_ANY}|[/?])*)?(?:#(?:{_ANY}|[/?\[\]])*)?"
)


class Duration(msgspec.Struct, frozen=True):
    """xs:duration, kept as written; a fraction of a second needs digits on both sides of its point."""

    def read(self, text: str) -> str:
        value = collapse(text)
        whole = r"-?P(?=.)([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?"
        if re.fullmatch(whole, value) is None:
            raise BadValue(Code.VALUE_SYNTAX, "a duration such as P1Y or PT12H")
        return value

    def write(self, value: str) -> str:
        return value


_ZONE = r"(?P<zone>Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_DATE = r"(?P<year>-?[0-9]{4,})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_MOMENT = re.compile(
    _DATE + r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?P<fraction>\.[0-9]+)?" + _ZONE
)
_DAY = re.compile(_DATE + _ZONE)
MILLISECONDS = 10**3
_EPOCH = date(1970, 1, 1)


class DateTime(msgspec.Struct, frozen=True):
    """xs:dateTime as Unix time in seconds; written in UTC as the RFCs' examples are: 2000-06-08T22:00:00.0Z."""

    def read(self, text: str) -> float:
        match = _MOMENT.fullmatch(collapse(text))
        if match is None:
            raise BadValue(Code.VALUE_SYNTAX, "date and time such as 2000-06-08T22:00:00.0Z")
        day = _day(match)
        hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
        fraction = round(float(match["fraction"] or 0), 3)
        if (hour > 23 or minute > 59 or second > 59) and (hour, minute, second, fraction) != (24, 0, 0, 0):
            raise BadValue(Code.VALUE_SYNTAX, "a time of day up to 23:59:59")
        seconds = (day - _EPOCH).days * 86400 + hour * 3600 + minute * 60 + second + fraction - _offset(match["zone"])
        if not EARLIEST <= seconds <= LATEST:
            raise BadValue(Code.OUT_OF_RANGE, "years 1 to 9999")
        return seconds

    def write(self, value: float) -> str:
        seconds, milliseconds = divmod(round(min(max(value, EARLIEST), LATEST) * MILLISECONDS), MILLISECONDS)
        return f"{_until_seconds(seconds)}.{milliseconds:03}Z" if milliseconds else f"{_until_seconds(seconds)}.0Z"


class CalendarDate(msgspec.Struct, frozen=True):
    """xs:date; a time zone is allowed and ignored."""

    def read(self, text: str) -> date:
        value = collapse(text)
        match = _DAY.fullmatch(value)
        if match is None:
            if _MOMENT.fullmatch(value):
                raise BadValue(Code.VALUE_SYNTAX, f"the date alone, {value.partition('T')[0]}, without time of day")
            raise BadValue(Code.VALUE_SYNTAX, "a date such as 2000-06-08")
        return _day(match)

    def write(self, value: date) -> str:
        return f"{value.year:04}-{value.month:02}-{value.day:02}"


def _day(match: re.Match[str]) -> date:
    year = match["year"]
    if len(year.lstrip("-")) > 4 and year.lstrip("-").startswith("0"):
        raise BadValue(Code.VALUE_SYNTAX, "a year of four digits")
    if len(year) > 4:
        raise BadValue(Code.OUT_OF_RANGE, "years 1 to 9999")
    try:
        return date(int(year), int(match["month"]), int(match["day"]))
    except ValueError:
        raise BadValue(Code.VALUE_SYNTAX, "an existing day of the calendar") from None


def _offset(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -seconds if zone[0] == "-" else seconds


@lru_cache(1024)
def _until_seconds(seconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02}T{moment:%H:%M:%S}"
