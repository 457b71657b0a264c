"""The responses SEARCH (RFC 3501 7.2.5), ESEARCH (RFC 9051 7.3.4) and SORT (RFC 5256 4).

What is saved for `$` is here too, as it depends on what was asked for (RFC 5182 2.1).
"""

from collections.abc import Iterator, Sequence

import msgspec

from homeport.services.imap.grammar.fetch_items import PartialRange
from homeport.services.imap.grammar.sequence_set import serialize_set
from homeport.services.imap.grammar.writing import quoted

ANSWERED = frozenset({"MIN", "MAX", "ALL", "COUNT", "UPDATE", "CONTEXT"})
"""Options of RETURN that ask for a response, though it may have nothing; SAVE alone does not (RFC 5182 2.1)."""
PIECE_NUMBERS = 2000
"""Numbers of one piece of a response."""


class Found(msgspec.Struct, frozen=True):
    """The messages that were found, in the order of the response.

    shown: numbers, or UIDs in commands with UID. modseqs: of each, if the response tells MODSEQ.
    """

    shown: Sequence[int]
    modseqs: Sequence[int] | None = None


def plain(word: bytes, found: Found) -> Iterator[bytes]:
    """Yield the response `* SEARCH 1 2 3`, or `* SORT`, in pieces."""
    yield b"* " + word
    for at in range(0, len(found.shown), PIECE_NUMBERS):
        yield b"".join([b" %d" % number for number in found.shown[at : at + PIECE_NUMBERS]])
    if found.modseqs:
        yield b" (MODSEQ %d)" % max(found.modseqs)
    yield b"\r\n"


def extended(tag: bytes, found: Found, wanted: frozenset[str], part: PartialRange | None, *, uid: bool) -> bytes:
    """Return the response ESEARCH. wanted: MIN, MAX, ALL, COUNT. part: the range of PARTIAL."""
    shown = found.shown
    words = [b"* ESEARCH (TAG %s)" % quoted(tag)]
    if uid:
        words.append(b"UID")
    if shown:
        if "MIN" in wanted:
            words.append(b"MIN %d" % shown[0])
        if "MAX" in wanted:
            words.append(b"MAX %d" % shown[-1])
        if "ALL" in wanted:
            words.append(b"ALL %s" % serialize_set(shown))
    if "COUNT" in wanted:
        words.append(b"COUNT %d" % len(shown))
    if part is not None:
        chosen = part.slice(len(shown))
        piece = serialize_set(shown[chosen.start : chosen.stop])
        words.append(b"PARTIAL (%s %s)" % (_range(part), piece or b"NIL"))
    if found.modseqs:
        words.append(b"MODSEQ %d" % max(found.modseqs[at] for at in told(len(shown), wanted, part)))
    return b" ".join(words) + b"\r\n"


def _range(part: PartialRange) -> bytes:
    """Serialize the range of PARTIAL, with the end that is nearer to the first result, or to the last one, first."""
    low, high = sorted((part.first, part.last), key=abs)
    return b"%d:%d" % (low, high)


def told(count: int, wanted: frozenset[str], part: PartialRange | None = None) -> range | tuple[int, ...]:
    """Return the indexes of the results that a response is about, which `$` and MODSEQ follow.

    With MIN and MAX alone these are the first and the last (RFC 5182 2.1, RFC 7162 3.1.10); else all, or those of
    PARTIAL alone (RFC 9394 3.2).
    """
    if not count:
        return ()
    if wanted & {"ALL", "COUNT"} or (part is None and not wanted):
        return range(count)
    ends = {0 for _ in wanted & {"MIN"}} | {count - 1 for _ in wanted & {"MAX"}}
    if part is None:
        return tuple(sorted(ends))
    return tuple(sorted({*ends, *part.slice(count)}))
