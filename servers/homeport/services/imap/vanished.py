"""Expunged messages that a client still has: VANISHED (EARLIER) of QRESYNC (RFC 7162 3.2.5, 3.2.6).

A mailbox remembers a bounded number of expunged UIDs. Beyond that, every UID without a message is announced, as the RFC
allows: a client ignores those that it does not have.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from homeport.services.imap.grammar.sequence_set import SequenceSet, runs
from homeport.world.mail.mailbox import Mailbox

Ranges = Iterable[tuple[int, int]]


class State(msgspec.Struct, frozen=True):
    """A mailbox as it is now, to be read in any thread."""

    uids: Sequence[int]
    uid_next: int
    expunged: Sequence[int] | None
    """UIDs that were expunged since the client looked; None if they are no longer known."""

    @classmethod
    def of(cls, mailbox: Mailbox, modseq: int) -> "State":
        """Return the state of a mailbox. modseq: when the client looked."""
        return cls(mailbox.uids[:], mailbox.uid_next, mailbox.expunged_since(modseq))


def vanished_earlier(state: State, known: SequenceSet | None, above: int = 0) -> bytes:
    """Return the UIDs that were expunged meanwhile, as a set; empty if there are none.

    known: the UIDs that the client asks about; None for all. above: UIDs up to it are known to be in agreement.
    """
    highest = state.uid_next - 1
    ranges = [(1, highest)]
    if known is not None and not known.saved:
        ranges = [(low, min(high, highest)) for low, high in known.merged(highest)]
    ranges = [(max(low, above + 1), high) for low, high in ranges if high > above]
    if state.expunged is None:
        found: Ranges = [gap for low, high in ranges for gap in gaps(state.uids, low, high)]
    else:
        found = runs(_within(state.expunged, ranges))
    return b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in found)


def _within(uids: Sequence[int], ranges: Ranges) -> Iterator[int]:
    """Yield those of ascending UIDs that are in ascending ranges."""
    for low, high in ranges:
        at = bisect_left(uids, low)
        while at < len(uids) and uids[at] <= high:
            yield uids[at]
            at += 1


def gaps(uids: Sequence[int], low: int, high: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges from `low` to `high` that have none of some ascending UIDs."""
    at = bisect_left(uids, low)
    while at < len(uids) and uids[at] <= high:
        uid = uids[at]
        if low < uid:
            yield low, uid - 1
        low = uid + 1
        at += 1
    if low <= high:
        yield low, high


def agreement(present: Sequence[int], numbers: SequenceSet, uids: SequenceSet) -> int:
    """Return the highest UID up to which the client's numbers agree with the mailbox (RFC 7162 3.2.5.2); 0 for none.

    present: the UIDs of the mailbox. numbers, uids: some of the messages that the client had, in ascending order, as
    many UIDs as numbers. If the message of a number still has its UID, nothing before it is gone.
    """
    agreed = 0
    for number, uid in zip(numbers, uids, strict=False):
        if number > len(present) or present[number - 1] != uid:
            break
        agreed = uid
    return agreed
