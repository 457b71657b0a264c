"""SEARCH: does a message match a key.

A key becomes a function of sequence number, entry and message. Most searches look at entries alone; `Search.level` says
how much of each message the key needs, so that only such searches read content.
"""

import datetime
from bisect import bisect_right
from collections.abc import Callable, Container, Mapping
from typing import Any, Literal

import msgspec

from homeport.services.imap.grammar.gmail_query import parse_query
from homeport.services.imap.grammar.search_keys import (
    All,
    AllOf,
    AnyOf,
    Flag,
    Identifier,
    InHeader,
    InText,
    Key,
    Label,
    Modseq,
    Not,
    Numbers,
    OnDay,
    Query,
    Recent,
    Size,
    Within,
)
from homeport.services.imap.labels import label_key
from homeport.services.imap.threads import thread_id, thread_number
from homeport.world.mail.searched_message import SearchedMessage
from homeport.world.mail.searching import normalize

Level = Literal["entry", "header", "body"]
LEVELS: tuple[Level, ...] = ("entry", "header", "body")
DAY_SECONDS = 86_400
LABEL_TESTS = 5
"""Comparisons of flags that are as much work as one of labels."""
EPOCH = datetime.date(1970, 1, 1).toordinal()

Test = Callable[[int, Any, SearchedMessage], bool]
"""Sequence number, entry (`Entry`), message."""


def _none(_entry: Any) -> str:
    return ""


def _no_labels(_entry: Any) -> Container[str]:
    return ()


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The state of mailbox and session that keys refer to."""

    count: int
    """Number of messages."""
    highest_uid: int
    """UID of the last message; 0 if there is none."""
    now: float
    """Unix time of the world."""
    recent: Container[int] = ()
    """UIDs that are recent in this session."""
    saved: Container[int] = ()
    """UIDs of the saved result, `$`."""
    keywords: Mapping[str, str] = {}
    """Keywords of the mailbox, by their lower case."""
    email_id: Callable[[Any], str] = _none
    """Returns the EMAILID of an entry."""
    gmail_id: Callable[[Any], str] = _none
    labels: Callable[[Any], Container[str]] = _no_labels
    """Returns the labels of an entry, each as `label_key` makes it."""


class Search(msgspec.Struct, frozen=True):
    """A key that can be compared with messages."""

    matches: Test
    """With level `entry` the message is not looked at, and may be anything."""
    level: Level
    tests: int = 1
    """Number of keys in it, by which the work of a step is divided."""


def make_search(key: Key, context: Context) -> Search:
    """Return a key as a function. Raises: UnknownQuery."""
    if isinstance(key, AllOf | AnyOf):
        searches = [make_search(one, context) for one in key.keys]
        searches.sort(key=lambda one: LEVELS.index(one.level))  # what is cheap decides first
        tests = tuple(one.matches for one in searches)
        combine = _all_of if isinstance(key, AllOf) else _any_of
        return Search(combine(tests), searches[-1].level, sum(one.tests for one in searches))
    if isinstance(key, Query):
        return make_search(parse_query(key.text), context)
    if isinstance(key, Not):
        inner = make_search(key.key, context)
        test = inner.matches
        return Search(lambda number, entry, message: not test(number, entry, message), inner.level, inner.tests)
    if isinstance(key, InHeader):
        return Search(_in_header(key), "header")
    if isinstance(key, InText):
        return Search(_in_text(key), "body")
    if isinstance(key, Identifier) and key.kind in ("THREADID", "X-GM-THRID"):
        return Search(_in_thread(key), "header")
    if isinstance(key, OnDay) and key.date == "sent":
        return Search(_sent(key), "header")
    return Search(_entry_test(key, context), "entry", LABEL_TESTS if isinstance(key, Label) else 1)


def _all_of(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda number, entry, message: first(number, entry, message) and second(number, entry, message)

    def matches(number: int, entry: Any, message: SearchedMessage) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost more than the tests
            if not test(number, entry, message):
                return False
        return True

    return matches


def _any_of(tests: tuple[Test, ...]) -> Test:
    def matches(number: int, entry: Any, message: SearchedMessage) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost more than the tests
            if test(number, entry, message):
                return True
        return False

    return matches


def _in_header(key: InHeader) -> Test:
    name, text = key.field, normalize(key.text)
    if not text:
        return lambda _number, _entry, message: bool(message.fields(name))
    return lambda _number, _entry, message: any(text in value for value in message.fields(name))


def _in_thread(key: Identifier) -> Test:
    value, as_text = key.value, thread_id if key.kind == "THREADID" else str
    return lambda _number, entry, message: as_text(thread_number(message, entry.content)) == value


def _in_text(key: InText) -> Test:
    text = normalize(key.text)
    if not text:
        return lambda _number, _entry, _message: True
    word, in_body = _longest_word(text), key.where == "body"

    def matches(_number: int, _entry: Any, message: SearchedMessage) -> bool:
        if word and message.lacks(word):
            return False
        return text in (message.body_text if in_body else message.whole_text)

    return matches


def _longest_word(text: str) -> bytes:
    """Return the longest word of a text; empty if it may be spelled in several ways."""
    return max(text.split(), key=len, default="").encode() if text.isascii() else b""


def _sent(key: OnDay) -> Test:
    """Compare the day of the Date field as written (RFC 9051 6.4.4); a message without a valid one does not match."""
    first, last = _days(key)

    def matches(_number: int, _entry: Any, message: SearchedMessage) -> bool:
        sent = message.sent
        return sent is not None and first <= sent.day.toordinal() < last

    return matches


def _days(key: OnDay) -> tuple[float, float]:
    """Return the first matching day, and the day after the last one, as ordinals."""
    day = key.day.toordinal()
    if key.relation == "before":
        return float("-inf"), day
    return day, day + 1 if key.relation == "on" else float("inf")


def _entry_test(key: Key, context: Context) -> Test:
    """Return the test of a key that needs no content."""
    match key:
        case Flag(name):
            flag = name if name.startswith("\\") else context.keywords.get(name.lower(), name)
            return lambda _number, entry, _message: flag in entry.flags
        case Recent():
            recent = context.recent
            return lambda _number, entry, _message: entry.uid in recent
        case Size(larger, size):
            if larger:
                return lambda _number, entry, _message: entry.size > size
            return lambda _number, entry, _message: entry.size < size
        case OnDay():
            return _on_day(key)
        case Within(younger, seconds):
            edge = context.now - seconds
            if younger:
                return lambda _number, entry, _message: entry.internal >= edge
            return lambda _number, entry, _message: entry.internal <= edge
        case Numbers():
            return _numbers(key, context)
        case Modseq(least):
            return lambda _number, entry, _message: entry.modseq >= least
        case Identifier(kind, value):
            read = context.email_id if kind == "EMAILID" else context.gmail_id
            return lambda _number, entry, _message: read(entry) == value
        case Label(name):
            labels, label = context.labels, label_key(name)
            return lambda _number, entry, _message: label in labels(entry)
        case _:
            assert isinstance(key, All)  # noqa: S101 - every other key has its row
            return lambda _number, _entry, _message: True


def _on_day(key: OnDay) -> Test:
    """Compare the dates of INTERNALDATE or SAVEDATE as FETCH shows them, without time and zone (RFC 9051 6.4.4)."""
    first, last = ((day - EPOCH) * DAY_SECONDS for day in _days(key))
    if key.date == "saved":
        return lambda _number, entry, _message: first <= entry.saved < last
    return lambda _number, entry, _message: first <= entry.internal + entry.zone * 60 < last


def _numbers(key: Numbers, context: Context) -> Test:
    """Compare with a set; sequence numbers over the number of messages match nothing, as in other servers."""
    uid = key.uid
    if key.numbers.saved:
        saved = context.saved
        return lambda _number, entry, _message: entry.uid in saved
    ranges = key.numbers.merged(context.highest_uid if uid else context.count)
    if not ranges:
        return lambda _number, _entry, _message: False
    if len(ranges) == 1:
        low, high = ranges[0]
        if uid:
            return lambda _number, entry, _message: low <= entry.uid <= high
        return lambda number, _entry, _message: low <= number <= high
    lows = [low for low, _high in ranges]
    highs = [high for _low, high in ranges]

    def matches(number: int, entry: Any, _message: SearchedMessage) -> bool:
        value = entry.uid if uid else number
        at = bisect_right(lows, value) - 1
        return at >= 0 and value <= highs[at]

    return matches
