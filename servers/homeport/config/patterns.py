"""Patterns of values in words: what people read when a value does not match one."""

import re

LETTERS = "letters, digits, dots, underscores and hyphens"
FORMS = {
    r"^[A-Za-z0-9._ -]{1,64}$": "1 to 64 letters, digits, dots, underscores, hyphens or blanks",
    r"^[A-Za-z0-9._-]{1,64}$": f"1 to 64 {LETTERS}",
    r"^[A-Za-z0-9._-]{3,16}$": f"3 to 16 {LETTERS}",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$": f"1 to 80 {LETTERS}, of which the first is a letter or a digit",
    r"^[A-Za-z0-9.-]{1,255}$": "a host name: 1 to 255 letters, digits, dots and hyphens",
    r"^(?:\[([0-9A-Fa-f:.]+)\]|([^\s@:\[\]]+))(?::(\d{1,5}))?$": "a host, such as whois.example or [::1]:79",
    r"^(/[^/\x00-\x1f]+)*$": "a path such as /incoming, or nothing",
    r"^[A-Za-z0-9][!-~ ]{0,400}$": "1 to 401 characters of ASCII, of which the first is a letter or a digit",
    r"^[!#$&'+-Z^-z|}~]{1,100}$": "1 to 100 characters of ASCII without blanks, quotes, brackets and other specials",
    r"^[A-Za-z][!-Z^-~ ]{0,199}$": "1 to 200 characters of ASCII without brackets and backslashes, the first a letter",
    r"^([245]\.\d{1,3}\.\d{1,3})?$": "an enhanced status code such as 4.2.2, or nothing",
    r"^([0-9A-F]{2})+$": "pairs of hexadecimal digits in upper case, such as 0AFF",
    r"^([A-Za-z]{2,20}|[0-9]{1,4})$": "the mnemonic of a response code, such as SERVFAIL, or its number",
    r"^(https?://[!-~]+)?$": "a URL that begins with https:// or http://, or nothing",
    r"^[^\r\n]*$": "one line",
    r"^[^\x00-\x1f\x7f\ufffe\uffff]+$": "one line of text without control characters",
    r"^[A-Z]{3}$": "a currency code of three upper-case letters, such as USD",
    r"^[A-Z]{2}$": "a country code of two upper-case letters, such as GB",
    r"^\S+$": "a text without white space",
    r"^[!-~]*$": "ASCII without blanks, or nothing",
    r"^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$": "a language tag, such as en or sr-Latn",
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$": "1 to 63 letters in lower case, digits and hyphens, no hyphen at the ends",
    r"^[^\x00-\x1f\x7f]+$": "a text without control characters",
    r"^[A-Za-z0-9.:-]{0,255}$": "a host name or an address, or nothing",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$": f"1 to 64 {LETTERS}, of which the first is a letter or a digit",
    r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$": "a text without control characters, not blank",
    r"^[A-Za-z0-9.-]{0,63}$": "at most 63 letters, digits, dots and hyphens, or nothing",
    r"^([A-Za-z-]{2,40}|[0-9]{1,5})$": "the name of a result code, such as busy, or its number",
    r"^[A-Za-z0-9-]{1,40}$": "1 to 40 letters, digits and hyphens",
    r"^[A-Za-z0-9._-]{1,40}$": f"1 to 40 {LETTERS}",
    r"^[A-Za-z0-9_.:-]{0,40}$": f"at most 40 {LETTERS} and colons, or nothing",
    r"^[^/\x00-\x1f\x7f]{0,100}$": "the name of a file, of at most 100 characters, or nothing",
}
"""Each pattern that the configuration and the API have, with what matches it."""
MISMATCH = r"Expected `str` matching regex (?P<shown>.*?)(?: - at `\$\.(?P<place>.*)`)?"
"""Compiled at the first problem: each start of a farm imports this module."""
_SHOWN = {repr(pattern): words for pattern, words in FORMS.items()}


def in_words(problem: str) -> str:
    """Return a problem of msgspec; if it is about a pattern, in words: `name: write 1 to 64 letters`."""
    match = re.fullmatch(MISMATCH, problem, re.DOTALL)
    words = _SHOWN.get(match["shown"]) if match is not None else None
    if match is None or words is None:
        return problem
    return f"{match['place']}: write {words}" if match["place"] else f"write {words}"
