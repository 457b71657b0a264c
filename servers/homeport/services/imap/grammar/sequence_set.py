"""Sets of sequence numbers and UIDs (RFC 9051 9: sequence-set): `1,4:7,10:*`, and `$` (SEARCHRES)."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from homeport.services.imap.grammar.tokens import MAX_NUMBER, Cursor, SyntaxProblem

RANGES = re.compile(rb"(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*+")
STAR = MAX_NUMBER + 1
"""Value of `*` in a range: greater than every number."""
MAX_RANGES = 32_768
"""Ranges of a set; a line has 64 KiB."""
SETS = "RFC 9051 9 (sequence-set)"


class NumberOutOfRange(SyntaxProblem):
    """A sequence number greater than the number of messages."""


class SequenceSet(msgspec.Struct, frozen=True, gc=False):
    """A set of numbers."""

    ranges: tuple[tuple[int, int], ...]
    """In the order of the client; each from its lower to its higher end, where `STAR` stands for `*`."""
    saved: bool = False
    """True for `$`: the result of the last SEARCH with RETURN (SAVE)."""

    def merged(self, highest: int) -> list[tuple[int, int]]:
        """Return the ranges in ascending order, without overlap. highest: the number that `*` stands for; 0: none."""
        resolved = [one for one in self.ranges if one[1] != STAR]
        if highest:
            stars = {low for low, high in self.ranges if high == STAR}
            resolved += [(min(low, highest), max(low if low != STAR else 0, highest)) for low in stars]
        if len(resolved) < 2:
            return resolved
        resolved = sorted({*resolved})
        merged = [resolved[0]]
        for low, high in resolved[1:]:
            last = merged[-1]
            if low <= last[1] + 1:
                if high > last[1]:
                    merged[-1] = (last[0], high)
            else:
                merged.append((low, high))
        return merged

    def positions(self, count: int) -> list[range]:
        """Return the indexes, from 0, of the sequence numbers among `count` messages.

        Raises: NumberOutOfRange, also for `4:*` among 3 messages, and for `*` in an empty mailbox: RFC 9051 9
        (seq-number) wants BAD. SEARCH uses `existing`.
        """
        for low, high in self.ranges:
            least = low if high == STAR else high
            if (least > count and least != STAR) or not count:
                shown = "*" if least == STAR else least
                raise NumberOutOfRange(
                    f"the mailbox has {count} messages, but the set has {shown}", "RFC 9051 9 (seq-number)"
                )
        return [range(low - 1, high) for low, high in self.merged(count)]

    def existing(self, count: int) -> list[range]:
        """Return the indexes, from 0, of those of `count` sequence numbers that are in the set; others are ignored."""
        return [range(low - 1, min(high, count)) for low, high in self.merged(count) if low <= count]

    def slices(self, uids: Sequence[int]) -> list[range]:
        """Return the indexes of those of ascending UIDs that are in the set. UIDs without message are ignored."""
        if not uids:
            return []
        found = []
        for low, high in self.merged(uids[-1]):
            begin = bisect_left(uids, low)
            end = bisect_right(uids, high, begin)
            if begin < end:
                found.append(range(begin, end))
        return found

    def contains(self, number: int, highest: int) -> bool:
        """Return True if a number is in the set. highest: the number that `*` stands for."""
        for low, high in self.ranges:
            if high == STAR:
                if min(low, highest) <= number <= max(low if low != STAR else 0, highest):
                    return True
            elif low <= number <= high:
                return True
        return False

    def __iter__(self) -> Iterator[int]:
        """Yield its numbers in the client's order, which may be billions; `*` is not among them."""
        for low, high in self.ranges:
            yield from range(low, min(high, MAX_NUMBER) + 1)

    @property
    def has_star(self) -> bool:
        """True if `*` is in it."""
        return any(high == STAR for _low, high in self.ranges)


SAVED = SequenceSet((), saved=True)


def parse_sequence_set(cursor: Cursor, *, star: bool = True, saved: bool = True) -> SequenceSet:
    """Parse a set. star: True if `*` is allowed. saved: True if `$` is allowed."""
    if saved and cursor.take(b"$"):
        cursor.need("SEARCHRES")
        return SAVED
    match = RANGES.match(cursor.line, cursor.at)
    if match is None:
        cursor.fail("a set of numbers, such as 1:5,8 or 3:*", SETS)
    ranges = parse_ranges(match[0], cursor.at)
    if not star and any(high == STAR for _low, high in ranges):
        raise SyntaxProblem("* is not allowed in this set", SETS, cursor.at)
    cursor.at = match.end()
    return SequenceSet(ranges)


def parse_ranges(text: bytes, at: int) -> tuple[tuple[int, int], ...]:
    """Parse ranges. at: their offset in the command."""
    if text.isdigit():
        (number,) = _values([text], at)
        return ((number, number),)
    pieces = text.split(b",")
    if len(pieces) > MAX_RANGES:
        raise SyntaxProblem(f"a set has at most {MAX_RANGES} ranges", SETS, at)
    if b":" in text:
        pieces = b":".join([piece if b":" in piece else b"%b:%b" % (piece, piece) for piece in pieces]).split(b":")
    numbers = _values(pieces, at)
    if b":" not in text:
        return tuple(zip(numbers, numbers, strict=True))
    ends = zip(numbers[::2], numbers[1::2], strict=True)
    return tuple([(low, high) if low <= high else (high, low) for low, high in ends])


def _values(texts: list[bytes], at: int) -> list[int]:
    """Return the numbers; a set may have thousands of them, so this is a loop in C."""
    stars = texts.count(b"*")
    numbers = [STAR if text == b"*" else int(text) for text in texts] if stars else [*map(int, texts)]
    if min(numbers) < 1 or max(numbers) > STAR or numbers.count(STAR) != stars:
        raise SyntaxProblem(f"a number from 1 to {MAX_NUMBER} expected in a set", SETS, at)
    return numbers


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield runs of numbers that ascend by one, in the order of the numbers."""
    first = last = 0
    for number in numbers:
        if number == last + 1 and last:
            last = number
            continue
        if last:
            yield first, last
        first = last = number
    if last:
        yield first, last


def serialize_set(numbers: Iterable[int]) -> bytes:
    """Serialize numbers in the shortest form that keeps their order, as COPYUID needs it; empty for none."""
    return b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in runs(numbers))
