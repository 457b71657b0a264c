"""The strategies of MATCH (RFC 2229 3.3): those that dictd has, and their order in SHOW STRAT.

`exact`, `prefix` and `nprefix` find their headwords by bisection; a strategy of `SCANS` looks at each headword of a
database. Words are compared by their keys (`world.dictionary.key`), regular expressions with the folded headword.
"""

from collections.abc import Callable

from homeport.services.dict.options import StrategyName
from homeport.services.dict.regex import BadPattern, Expression
from homeport.world.dictionary import fold, key

Matcher = Callable[[str], bool]
DESCRIPTIONS: dict[StrategyName, str] = {
    "exact": "Match headwords exactly",
    "prefix": "Match prefixes",
    "nprefix": "Match prefixes, a part of them: skip#count#prefix",
    "substring": "Match substring occurring anywhere in a headword",
    "suffix": "Match suffixes",
    "re": "POSIX 1003.2 (modern) regular expressions",
    "regexp": "Old (basic) regular expressions",
    "soundex": "Match using SOUNDEX algorithm",
    "lev": "Match headwords within Levenshtein distance one",
    "word": "Match separate words within headwords",
    "first": "Match a word at the beginning of headwords",
    "last": "Match a word at the end of headwords",
}
SOUNDS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "01230120022455012623010202")
"""Digits of SOUNDEX; 0 for letters that have none."""


def split_nprefix(word: str) -> tuple[int, int, str]:
    """Return the parts of `skip#count#prefix`; without them it is a prefix. count: -1 for all.

    Raises: BadPattern.
    """
    first, one, rest = word.partition("#")
    second, two, prefix = rest.partition("#")
    if not one or not two:
        return 0, -1, word
    if not (first.isascii() and first.isdigit() and second.isascii() and second.isdigit()):
        raise BadPattern("write skip#count#prefix with two numbers, such as 0#10#net")
    return int(first[:9]), int(second[:9]), prefix


def soundex(word: str) -> str:
    """Return the SOUNDEX code of a word: a letter and three digits; empty if no letter of ASCII is in it."""
    letters = "".join([one for one in word if "a" <= one <= "z"])
    if not letters:
        return ""
    code, before = letters[0], letters[0].translate(SOUNDS)
    for one in letters[1:]:
        digit = one.translate(SOUNDS)
        if digit not in ("0", before):
            code += digit
        if one not in "hw":  # they do not part two letters of one sound
            before = digit
    return f"{code}000"[:4]


def _soundex(word: str) -> Matcher:
    wanted, first = soundex(key(word)), key(word)[:1]
    return lambda headword: bool(wanted) and headword[:1].casefold() == first and soundex(key(headword)) == wanted


def _lev(word: str) -> Matcher:
    wanted = key(word)
    return lambda headword: abs(len(headword) - len(wanted)) < MAX_STRAY and is_near(wanted, key(headword))


MAX_STRAY = 16
"""Difference in length, in characters, from which on a headword is far away with any punctuation."""


def is_near(one: str, other: str) -> bool:
    """Return True if two words differ by one character at most: added, removed or another, or two swapped."""
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(long) - len(short) > 1:
        return False
    at = 0
    while at < len(short) and short[at] == long[at]:
        at += 1
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    if short[at + 1 :] == long[at + 1 :]:
        return True
    return short[at : at + 2] == long[at + 1 : at + 2] + long[at : at + 1] and short[at + 2 :] == long[at + 2 :]


def _substring(word: str) -> Matcher:
    wanted = key(word)
    return lambda headword: wanted in key(headword)


def _suffix(word: str) -> Matcher:
    wanted = key(word)
    return lambda headword: key(headword).endswith(wanted)


def _word(word: str) -> Matcher:
    wanted = f" {key(word)} "
    return lambda headword: wanted in f" {key(headword)} "


def _first(word: str) -> Matcher:
    wanted = f"{key(word)} "
    return lambda headword: f"{key(headword)} ".startswith(wanted)


def _last(word: str) -> Matcher:
    wanted = f" {key(word)}"
    return lambda headword: f" {key(headword)}".endswith(wanted)


def _expression(*, extended: bool) -> Callable[[str], Matcher]:
    def make(word: str) -> Matcher:
        expression = Expression(word, extended=extended)
        return lambda headword: expression.matches(fold(headword))

    return make


SCANS: dict[StrategyName, Callable[[str], Matcher]] = {
    "substring": _substring,
    "suffix": _suffix,
    "re": _expression(extended=True),
    "regexp": _expression(extended=False),
    "soundex": _soundex,
    "lev": _lev,
    "word": _word,
    "first": _first,
    "last": _last,
}
"""Makes the matcher of a word, by strategy. Raises: BadPattern."""
