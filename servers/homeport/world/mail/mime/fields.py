"""Structured header fields: dates, address lists and message ids (RFC 5322 3.3, 3.4, 3.6.4, and 4 for obsolete syntax).

Each function takes the value of a field as it was sent, with comments and folding. The common forms are recognized by
one regular expression; only other values are taken apart token by token, so that legal oddities are not blamed.
"""

import datetime
import re
from typing import Literal

import msgspec

from homeport.world.mail.mime.parameters import skip_comments
from homeport.world.mail.mime.tokens import Token, tokenize

Verdict = Literal["ok", "obsolete", "bad", "weekday"]
"""Judgement of a field. `weekday`: a date whose day of the week is another one."""

S = rb"(?:[ \t]|\r\n[ \t])"
ATOM = rb"[!#-'*+\-/-9=?A-Z^-~\x80-\xff]++"
DOT_ATOM = ATOM + rb"(?:\." + ATOM + rb")*+"
SPEC = DOT_ATOM + rb"@" + DOT_ATOM
MAILBOX = (
    S + rb"*+(?:" + SPEC + rb'|(?:"[^"\\=\r\n]*+"|' + ATOM + rb"(?:" + S + rb"++" + ATOM + rb")*+)?" + S
    + rb"*+<" + SPEC + rb">)" + S + rb"*+"
)  # fmt: skip
SIMPLE_LIST = re.compile(MAILBOX + rb"(?:," + MAILBOX + rb")*+(?:\r?\n)?")
SIMPLE_ID = re.compile(S + rb"*+<" + SPEC + rb">" + S + rb"*+(?:\r?\n)?")
NO_FOLD_LITERAL = re.compile(rb"\[[!-Z^-~\x80-\xff]*\]")
MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = b"mon tue wed thu fri sat sun".split()
DATE = re.compile(
    S + rb"*+(?:(?P<weekday>mon|tue|wed|thu|fri|sat|sun)," + S + rb"*+)?(?P<day>\d{1,2})" + S
    + rb"++(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)" + S + rb"++(?P<year>\d{4,9})" + S
    + rb"++(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?" + S + rb"++(?P<zone>[+-]\d{4})(?:\r?\n)?",
    re.IGNORECASE,
)  # fmt: skip
OBSOLETE_DATE = re.compile(
    rb" *(?:(?P<weekday>mon|tue|wed|thu|fri|sat|sun) *, *)?(?P<day>\d{1,2}) *"
    rb"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) *(?P<year>\d{2,9}) +"
    rb"(?P<hour>\d\d) *: *(?P<minute>\d\d)(?: *: *(?P<second>\d\d))? *(?P<zone>[+-]\d{4}|[a-z]{1,5}) *",
    re.IGNORECASE,
)
"""RFC 5322 4.3, after each run of comments and white space became one space."""
NAMED_ZONE = re.compile(rb"ut|gmt|[ecmp][sd]t|[a-ik-z]|[a-z]{3,5}", re.IGNORECASE)
MIN_YEAR = 1900


class Mailbox(msgspec.Struct, frozen=True):
    """A mailbox of an address list."""

    name: bytes
    """Its display name as written; of an address alone, the comment after it: RFC 5322 3.4. Empty if it has none."""
    address: bytes
    """Without comments and white space; empty if there is none."""


class Addresses(msgspec.Struct):
    """A parsed address list."""

    mailboxes: list[Mailbox] = []
    groups: int = 0
    verdict: Verdict = "ok"
    at: int = 0
    """Offset of the first defect."""

    def note(self, verdict: Verdict, at: int) -> None:
        """Note a defect; `bad` is worse than `obsolete`."""
        if self.verdict != "bad" and (self.verdict == "ok" or verdict == "bad"):
            self.verdict, self.at = verdict, at


def judge_date(value: bytes) -> Verdict:
    """Judge a date-time."""
    match = DATE.fullmatch(value)
    verdict: Verdict = "ok"
    if match is None:
        plain = DATE.fullmatch(strip_last_comments(value))
        match = plain or OBSOLETE_DATE.fullmatch(without_comments(value))
        verdict = "ok" if plain else "obsolete"
    if match is None:
        return "bad"
    year, zone = int(match["year"]), match["zone"]
    if len(match["year"]) < 4:  # RFC 5322 4.3
        year += 2000 if year < 50 and len(match["year"]) == 2 else MIN_YEAR
    try:
        day = datetime.date(min(year, 9999), MONTHS.index(match["month"].lower()) + 1, int(match["day"]))
    except ValueError:
        return "bad"
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if year < MIN_YEAR or hour > 23 or minute > 59 or second > 60:
        return "bad"
    if zone[1:].isdigit():
        if int(zone[3:]) > 59:
            return "bad"
    elif not NAMED_ZONE.fullmatch(zone):
        return "bad"
    if match["weekday"] and year <= 9999 and DAYS.index(match["weekday"].lower()) != day.weekday():
        return "weekday"
    return verdict


def strip_last_comments(value: bytes) -> bytes:
    """Return a value without the comments at its end (RFC 5322 3.3 allows them there only)."""
    at = value.find(b"(")
    return value[:at].rstrip(b" \t\r\n") if at >= 0 and skip_comments(value, at) == len(value) else value.rstrip()


def without_comments(value: bytes) -> bytes:
    """Return a value in which each run of comments and white space is one space."""
    pieces, at = [], 0
    while at < len(value):
        after = skip_comments(value, at)
        if after > at:
            pieces.append(b" ")
        end = next((i for i in range(after, len(value)) if value[i] in b" \t\r\n("), len(value))
        pieces.append(value[after:end])
        at = end
    return b"".join(pieces)


def judge_message_id(value: bytes) -> Verdict:
    """Judge the value of Message-ID or Content-ID: one msg-id."""
    if SIMPLE_ID.fullmatch(value):
        return "ok"
    tokens = tokenize(value)
    verdict, at = _read_message_id(tokens, 0)
    return "bad" if at != len(tokens) else verdict


def judge_references(value: bytes) -> Verdict:
    """Judge In-Reply-To or References: msg-ids; RFC 5322 4.5.4 also allows phrases between them."""
    tokens = tokenize(value)
    verdict: Verdict = "ok" if tokens else "bad"
    at = 0
    while at < len(tokens) and verdict != "bad":
        if tokens[at].text == b"<":
            one, at = _read_message_id(tokens, at)
            verdict = one if one != "ok" else verdict
        elif tokens[at].kind in ("atom", "quoted") or tokens[at].text == b".":
            verdict, at = "obsolete", at + 1
        else:
            verdict = "bad"
    return verdict


def _read_message_id(tokens: list[Token], at: int) -> tuple[Verdict, int]:
    """Judge the msg-id at a token; return the verdict, and the index after it."""
    close = next((i for i in range(at, len(tokens)) if tokens[i].text == b">"), -1)
    if close < 0 or tokens[at].text != b"<":
        return "bad", at
    inner = tokens[at + 1 : close]
    if inner and inner[-1].kind == "literal" and NO_FOLD_LITERAL.fullmatch(inner[-1].text) is None:
        return "bad", at
    parsed = Addresses()
    end = _read_spec(tokens, at + 1, parsed)
    if parsed.verdict == "bad" or end != close:
        return "bad", at
    tight = all(not one.spaced for one in tokens[at + 1 : close + 1]) and all(one.kind != "quoted" for one in inner)
    return "ok" if tight and parsed.verdict == "ok" else "obsolete", close + 1


def parse_addresses(value: bytes) -> Addresses:
    """Parse and judge an address list, which may contain groups."""
    return _Reader(value).parse()


def judge_addresses(value: bytes) -> Addresses | None:
    """Parse and judge an address list; None for a list of mailboxes in which nothing is unusual."""
    return None if SIMPLE_LIST.fullmatch(value) else parse_addresses(value)


def _read_spec(tokens: list[Token], at: int, found: Addresses) -> int:
    """Judge the addr-spec at a token; return the index after it."""
    at = _read_words(tokens, at, found, local=True)
    if found.verdict == "bad":
        return at
    if at >= len(tokens) or tokens[at].text != b"@":
        found.note("bad", tokens[min(at, len(tokens) - 1)].begin if tokens else 0)
        return at
    at += 1
    if at < len(tokens) and tokens[at].kind == "literal":
        return at + 1
    return _read_words(tokens, at, found, local=False)


def _read_words(tokens: list[Token], at: int, found: Addresses, *, local: bool) -> int:
    """Judge words between dots, as in a local part or domain; return the index after them."""
    begin, kinds = at, ("atom", "quoted") if local else ("atom",)
    while True:
        if at >= len(tokens) or tokens[at].kind not in kinds:
            found.note("bad", tokens[at].begin if at < len(tokens) else 0)
            return at
        if at > begin and tokens[at].spaced:
            found.note("obsolete", tokens[at].begin)
        at += 1
        if at >= len(tokens) or tokens[at].text != b".":
            break
        if tokens[at].spaced:
            found.note("obsolete", tokens[at].begin)
        at += 1
    if at - begin > 1 and any(one.kind == "quoted" for one in tokens[begin:at]):
        found.note("obsolete", tokens[begin].begin)
    return at


class _Reader:
    """Parses one address list."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._tokens = tokenize(value)
        self._found = Addresses([])
        self._at = 0

    def parse(self) -> Addresses:
        tokens, found = self._tokens, self._found
        in_group, elements = False, 0
        while self._at < len(tokens):
            token = tokens[self._at]
            if token.text == b"," and token.kind == "special":
                found.note("obsolete", token.begin)  # an empty element, RFC 5322 4.4
                self._at += 1
                continue
            if token.text == b";" and in_group:
                in_group = False
                self._at += 1
            elif not in_group and self._begins_group():
                in_group, elements = True, elements + 1
                found.groups += 1
                continue
            else:
                elements += 1
                self._read_mailbox()
            in_group = self._separate(in_group=in_group)
        if in_group or not elements:
            found.note("bad", len(self._value))
        return found

    def _separate(self, *, in_group: bool) -> bool:
        """Go on to the next element; return True if it is in a group."""
        tokens, begin = self._tokens, self._at
        while self._at < len(tokens) and tokens[self._at].text != b",":
            if tokens[self._at].text == b";" and in_group:
                if self._at > begin:
                    self._found.note("bad", tokens[begin].begin)
                in_group = False
                self._at += 1
                begin = self._at
                continue
            self._at += 1
        if self._at > begin:
            self._found.note("bad", tokens[begin].begin)
        if self._at < len(tokens):
            self._at += 1
            if self._at == len(tokens):
                self._found.note("obsolete", tokens[-1].begin)
        return in_group

    def _begins_group(self) -> bool:
        """Return True, and go on after its colon, if a group begins here."""
        at = self._skip_phrase()
        if at == self._at or at >= len(self._tokens) or self._tokens[at].text != b":":
            return False
        self._at = at + 1
        return True

    def _skip_phrase(self) -> int:
        """Return the index after a phrase."""
        at = self._at
        while at < len(self._tokens):
            token = self._tokens[at]
            if token.kind not in ("atom", "quoted") and token.text != b".":
                break
            at += 1
        return at

    def _read_mailbox(self) -> None:
        tokens, found, begin = self._tokens, self._found, self._at
        at = self._skip_phrase()
        if at < len(tokens) and tokens[at].text == b"<":
            phrase = tokens[begin:at]
            if any(one.text == b"." for one in phrase):
                found.note("obsolete", tokens[begin].begin)
                if phrase[0].text == b".":
                    found.note("bad", tokens[begin].begin)
            name = self._value[phrase[0].begin : phrase[-1].end] if phrase else b""
            self._at = self._skip_route(at + 1)
            spec_begin = self._at
            self._at = _read_spec(tokens, spec_begin, found)
            if self._at < len(tokens) and tokens[self._at].text == b">":
                found.mailboxes.append(Mailbox(name, self._text(spec_begin, self._at)))
                self._at += 1
            else:
                found.note("bad", tokens[at].begin)
                found.mailboxes.append(Mailbox(name, b""))
        else:
            self._at = _read_spec(tokens, begin, found)
            found.mailboxes.append(Mailbox(self._comment(), self._text(begin, self._at)))

    def _skip_route(self, at: int) -> int:
        """Return the index after a source route (RFC 5322 4.4), or the same index."""
        tokens = self._tokens
        if at >= len(tokens) or tokens[at].text not in (b"@", b","):
            return at
        colon = at
        while colon < len(tokens) and tokens[colon].text not in (b":", b">", b"<"):
            colon += 1
        if colon < len(tokens) and tokens[colon].text == b":":
            self._found.note("obsolete", tokens[at].begin)
            return colon + 1
        return at

    def _comment(self) -> bytes:
        """Return the comment before the next token; empty if there is none."""
        if not self._at:
            return b""
        stop = self._tokens[self._at].begin if self._at < len(self._tokens) else len(self._value)
        between = self._value[self._tokens[self._at - 1].end : stop].strip()
        return between[1:-1] if between.startswith(b"(") and between.endswith(b")") else b""

    def _text(self, begin: int, end: int) -> bytes:
        """Return tokens without what is between them; empty if they are no address."""
        text = b"".join(one.text for one in self._tokens[begin:end])
        return text if b"@" in text else b""
