"""Matching rules (RFC 4517 4, with the string preparation of RFC 4518).

A rule folds a value: two values match if their folded forms are equal, and are ordered as these are. What cannot be
folded does not match anything: the assertion is Undefined.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import msgspec

from homeport.world.directory.names import NameProblem, fold_dn, parse_dn
from homeport.world.directory.schema.standard import SYNTAX_ARC
from homeport.world.directory.schema.syntaxes import GENERALIZED_TIME

if TYPE_CHECKING:
    from homeport.world.directory.schema.schema import AttributeType

PERMANENT_LOCK = b"000001010000Z"
"""The value of pwdAccountLockedTime that is no time: it has no year."""
MAX_FRACTION = 12
"""Digits of a fraction of a second that count."""
MAX_CACHED = 256
"""Bytes of a value whose folded form is cached."""
INSIGNIFICANT_BLANKS = re.compile(r" +")
DROPPED = re.compile(
    "[\u00ad\u1806\u034f\u180b-\u180d\ufe00-\ufe0f\ufffc\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u06dd\u070f"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2063\u206a-\u206f\ufeff\ufff9-\ufffb]"
)
"""Characters that are mapped to nothing (RFC 4518 2.2)."""
BLANKS = re.compile("[\t\n\v\f\r\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
PROHIBITED = re.compile("[\ue000-\uf8ff\ufffd\ud800-\udfff]")
"""Private use, the replacement character, surrogates (RFC 4518 2.4)."""
TELEPHONE = str.maketrans("", "", " -\u058a\u2010\u2011\u2212\ufe63\uff0d")
TEXT = f"{SYNTAX_ARC}15"
ALTERNATIVE_TEXTS = frozenset((f"{SYNTAX_ARC}11", f"{SYNTAX_ARC}44", f"{SYNTAX_ARC}50"))
"""Country, printable and telephone: syntaxes that rules of directory strings compare as well (RFC 4517 4.2.3)."""
NEVER_EMPTY = frozenset((TEXT, f"{SYNTAX_ARC}36", f"{SYNTAX_ARC}50"))
"""Syntaxes of values with at least one character (RFC 4517 3.3.6, 3.3.23, 3.3.31)."""

Kind = Literal["equality", "ordering", "substrings"]


class Unmatchable(ValueError):
    """Raised for a value that a rule cannot compare."""


def prepare(value: bytes, *, ignore_case: bool) -> str:
    """Transcode, map, normalize and check a text (RFC 4518 2.1 to 2.5). Raises: Unmatchable."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise Unmatchable("a value is no UTF-8") from None
    if not text.isascii():
        text = BLANKS.sub(" ", DROPPED.sub("", text))
        if ignore_case:
            text = unicodedata.normalize("NFKC", text.casefold())
        text = unicodedata.normalize("NFKC", text)
        if PROHIBITED.search(text):
            raise Unmatchable("a value has a prohibited character")
        return text
    if not text.isprintable():
        text = BLANKS.sub(" ", DROPPED.sub("", text))
    return text.lower() if ignore_case else text


def squeeze(text: str) -> str:
    """Remove what is insignificant of blanks: those at the ends, and all but one in the middle (RFC 4518 2.6.1)."""
    if "  " not in text:
        return text.strip(" ")
    return INSIGNIFICANT_BLANKS.sub(" ", text).strip(" ")


def fold_text(value: bytes) -> bytes:
    """Fold by caseIgnoreMatch."""
    return squeeze(prepare(value, ignore_case=True)).encode()


def fold_exact(value: bytes) -> bytes:
    """Fold by caseExactMatch."""
    return squeeze(prepare(value, ignore_case=False)).encode()


def fold_numeric(value: bytes) -> bytes:
    """Fold by numericStringMatch."""
    return prepare(value, ignore_case=False).replace(" ", "").encode()


def fold_telephone(value: bytes) -> bytes:
    """Fold by telephoneNumberMatch."""
    return prepare(value, ignore_case=True).translate(TELEPHONE).encode()


def fold_list(value: bytes) -> bytes:
    """Fold by caseIgnoreListMatch: lines separated by dollar signs."""
    return b"$".join(fold_text(line) for line in value.split(b"$"))


def fold_boolean(value: bytes) -> bytes:
    """Fold by booleanMatch."""
    upper = value.upper()
    if upper not in (b"TRUE", b"FALSE"):
        raise Unmatchable("a Boolean is TRUE or FALSE")
    return upper


def fold_integer(value: bytes) -> bytes:
    """Fold by integerMatch; folded values are ordered as their numbers."""
    try:
        number = int(value) if len(value) <= 400 else None
    except ValueError:
        number = None
    if number is None or b"_" in value:
        raise Unmatchable("an integer is decimal digits")
    size = (number.bit_length() + 7) // 8
    magnitude = abs(number).to_bytes(max(size, 1), "big")
    if number < 0:
        return b"\0" + (255 - len(magnitude)).to_bytes(1, "big") + bytes(255 - byte for byte in magnitude)
    return b"\1" + len(magnitude).to_bytes(1, "big") + magnitude


def fold_bytes(value: bytes) -> bytes:
    """Fold by octetStringMatch."""
    return value


def fold_time(value: bytes) -> bytes:
    """Fold by generalizedTimeMatch: the moment in UTC."""
    found = GENERALIZED_TIME.fullmatch(value)
    if found is None:
        raise Unmatchable("a time is written as 20261130123456Z")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    if value == PERMANENT_LOCK:
        return b"00000101000000.000000"
    unit = 1 if second else 60 if minute else 3600
    digits = (fraction or b"0")[:MAX_FRACTION]
    seconds = int(digits) / 10 ** len(digits) * unit
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute or 0), 0, tzinfo=UTC)
        moment += timedelta(seconds=int(second or 0) + seconds)
        if zone != b"Z":
            sign = -1 if zone[:1] == b"+" else 1
            moment += sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5] or 0))
    except (ValueError, OverflowError):
        raise Unmatchable("there is no such day") from None
    return moment.strftime("%Y%m%d%H%M%S.%f").rjust(21, "0").encode()


def fold_uuid(value: bytes) -> bytes:
    """Fold by UUIDMatch."""
    try:
        return UUID(value.decode("ascii")).bytes
    except ValueError:
        raise Unmatchable("a UUID has 32 hexadecimal digits") from None


def fold_first_component(value: bytes) -> bytes:
    """Fold by objectIdentifierFirstComponentMatch: the first word within the parentheses."""
    words = value.decode("utf-8", "replace").replace("(", " ").split()
    if not words:
        raise Unmatchable("a description has an identifier")
    return words[0].lower().encode()


def fold_name(value: bytes) -> bytes:
    """Fold by distinguishedNameMatch, where no schema says how types compare: every value as text, ignoring case."""
    try:
        folded = fold_dn(parse_dn(value.decode("utf-8")), _fold_assertion)
    except (UnicodeDecodeError, NameProblem):
        raise Unmatchable("a value is no distinguished name") from None
    return repr(folded).encode()


def _fold_assertion(name: str, value: bytes) -> tuple[str, bytes]:
    try:
        return name.lower(), fold_text(value)
    except Unmatchable:
        return name.lower(), value


class MatchingRule(msgspec.Struct, frozen=True):
    """A matching rule."""

    oid: str
    name: str
    kind: Kind
    syntax: str
    """OID of the syntax of its assertions."""
    fold: Callable[[bytes], bytes]


def _rule(oid: str, name: str, kind: Kind, syntax: int | str, fold: Callable[[bytes], bytes]) -> MatchingRule:
    return MatchingRule(oid, name, kind, syntax if isinstance(syntax, str) else f"{SYNTAX_ARC}{syntax}", fold)


OF_SUBSTRINGS = 58
RULES = (
    _rule("2.5.13.0", "objectIdentifierMatch", "equality", 38, fold_text),
    _rule("2.5.13.1", "distinguishedNameMatch", "equality", 12, fold_name),
    _rule("2.5.13.2", "caseIgnoreMatch", "equality", 15, fold_text),
    _rule("2.5.13.3", "caseIgnoreOrderingMatch", "ordering", 15, fold_text),
    _rule("2.5.13.4", "caseIgnoreSubstringsMatch", "substrings", OF_SUBSTRINGS, fold_text),
    _rule("2.5.13.5", "caseExactMatch", "equality", 15, fold_exact),
    _rule("2.5.13.6", "caseExactOrderingMatch", "ordering", 15, fold_exact),
    _rule("2.5.13.7", "caseExactSubstringsMatch", "substrings", OF_SUBSTRINGS, fold_exact),
    _rule("2.5.13.8", "numericStringMatch", "equality", 36, fold_numeric),
    _rule("2.5.13.9", "numericStringOrderingMatch", "ordering", 36, fold_numeric),
    _rule("2.5.13.10", "numericStringSubstringsMatch", "substrings", OF_SUBSTRINGS, fold_numeric),
    _rule("2.5.13.11", "caseIgnoreListMatch", "equality", 41, fold_list),
    _rule("2.5.13.12", "caseIgnoreListSubstringsMatch", "substrings", OF_SUBSTRINGS, fold_list),
    _rule("2.5.13.13", "booleanMatch", "equality", 7, fold_boolean),
    _rule("2.5.13.14", "integerMatch", "equality", 27, fold_integer),
    _rule("2.5.13.15", "integerOrderingMatch", "ordering", 27, fold_integer),
    _rule("2.5.13.16", "bitStringMatch", "equality", 6, fold_bytes),
    _rule("2.5.13.17", "octetStringMatch", "equality", 40, fold_bytes),
    _rule("2.5.13.18", "octetStringOrderingMatch", "ordering", 40, fold_bytes),
    _rule("2.5.13.20", "telephoneNumberMatch", "equality", 50, fold_telephone),
    _rule("2.5.13.21", "telephoneNumberSubstringsMatch", "substrings", OF_SUBSTRINGS, fold_telephone),
    _rule("2.5.13.23", "uniqueMemberMatch", "equality", 34, fold_name),
    _rule("2.5.13.27", "generalizedTimeMatch", "equality", 24, fold_time),
    _rule("2.5.13.28", "generalizedTimeOrderingMatch", "ordering", 24, fold_time),
    _rule("2.5.13.29", "integerFirstComponentMatch", "equality", 27, fold_first_component),
    _rule("2.5.13.30", "objectIdentifierFirstComponentMatch", "equality", 38, fold_first_component),
    _rule("1.3.6.1.4.1.1466.109.114.1", "caseExactIA5Match", "equality", 26, fold_exact),
    _rule("1.3.6.1.4.1.1466.109.114.2", "caseIgnoreIA5Match", "equality", 26, fold_text),
    _rule("1.3.6.1.4.1.1466.109.114.3", "caseIgnoreIA5SubstringsMatch", "substrings", OF_SUBSTRINGS, fold_text),
    _rule("1.3.6.1.1.16.2", "UUIDMatch", "equality", "1.3.6.1.1.16.1", fold_uuid),
    _rule("1.3.6.1.1.16.3", "UUIDOrderingMatch", "ordering", "1.3.6.1.1.16.1", fold_uuid),
)
BY_NAME: dict[str, MatchingRule] = {key: rule for rule in RULES for key in (rule.name.lower(), rule.oid)}
"""By name in lower case, and by OID."""


def find_rule(name: str) -> MatchingRule | None:
    """Return the rule of that name or OID; None if there is none."""
    return BY_NAME.get(name.lower())


def is_applicable(rule: MatchingRule, kind: "AttributeType") -> bool:
    """Return True if a rule compares values of a type (RFC 4512 4.1.4, RFC 4517 4.2)."""
    if rule in (kind.equality, kind.ordering) or rule.name.endswith("FirstComponentMatch"):
        return True
    return kind.syntax.oid == rule.syntax or (rule.syntax == TEXT and kind.syntax.oid in ALTERNATIVE_TEXTS)


def rule_texts() -> list[str]:
    """Return the definitions of the rules, for the subschema (RFC 4512 4.1.3)."""
    return [f"( {rule.oid} NAME '{rule.name}' SYNTAX {rule.syntax} )" for rule in RULES]


def folded(rule: MatchingRule, value: bytes) -> bytes | None:
    """Return a value as the rule folds it; None if it cannot."""
    return _folded_short(rule, value) if len(value) <= MAX_CACHED else _folded(rule, value)


@lru_cache(8192)
def _folded_short(rule: MatchingRule, value: bytes) -> bytes | None:  # few values are compared often
    return _folded(rule, value)


def _folded(rule: MatchingRule, value: bytes) -> bytes | None:
    try:
        return rule.fold(value)
    except Unmatchable:
        return None


def asserted(rule: MatchingRule, value: bytes) -> bytes | None:
    """Return an assertion as the rule folds it; None if it lacks the rule's syntax, so that it is Undefined."""
    return folded(rule, value) if value or rule.syntax not in NEVER_EMPTY else None


def matches_substrings(
    rule: MatchingRule, value: bytes, initial: bytes | None, inner: tuple[bytes, ...], final: bytes | None
) -> bool | None:
    """Return True if a value has these substrings in order; None if one of them cannot be compared."""
    whole = folded(rule, value)
    if whole is None:
        return None
    pieces = [None if one is None else _fold_piece(rule, one) for one in (initial, *inner, final)]
    if any(piece is None and given is not None for piece, given in zip(pieces, (initial, *inner, final), strict=True)):
        return None
    first, *middle, last = pieces
    at = 0
    if first is not None:
        if not whole.startswith(first):
            return False
        at = len(first)
    end = len(whole)
    if last is not None:
        if end - at < len(last) or not whole.endswith(last):
            return False
        end -= len(last)
    for piece in middle:
        assert piece is not None  # noqa: S101 - only the ends may be missing
        found = whole.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _fold_piece(rule: MatchingRule, piece: bytes) -> bytes | None:
    """Fold a substring: blanks at its ends count, unlike those of a value (RFC 4518 2.6.1)."""
    found = folded(rule, piece)
    if found is None or rule.fold not in (fold_text, fold_exact):
        return found
    before = b" " if piece[:1] == b" " and found else b""
    after = b" " if piece[-1:] == b" " and found else b""
    return before + found + after if found else (b" " if piece else b"")
