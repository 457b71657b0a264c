"""The arguments of SELECT and EXAMINE (RFC 9051 6.3.2), with CONDSTORE and QRESYNC (RFC 7162 7)."""

import msgspec

from homeport.services.imap.grammar.sequence_set import SequenceSet, parse_sequence_set
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem

PARAMETERS = "RFC 4466 2.1"


class Resync(msgspec.Struct, frozen=True):
    """The state of a mailbox that a client knows from earlier (RFC 7162 3.2.5)."""

    uid_validity: int
    modseq: int
    known: SequenceSet | None = None
    """UIDs that it knows; None for all."""
    numbers: SequenceSet | None = None
    """Numbers of some messages that it knows, and in `uids` their UIDs."""
    uids: SequenceSet | None = None


class SelectRequest(msgspec.Struct, frozen=True):
    """The arguments of SELECT and EXAMINE."""

    mailbox: str
    condstore: bool = False
    resync: Resync | None = None


def parse_select(cursor: Cursor) -> SelectRequest:
    """Parse the arguments."""
    mailbox = cursor.mailbox()
    condstore = False
    resync: Resync | None = None
    if not cursor.at_end:
        cursor.space()
        cursor.expect(b"(")
        while True:
            at, word = cursor.at, cursor.word()
            if word == "CONDSTORE" and not condstore:
                cursor.need("CONDSTORE")
                condstore = True
            elif word == "QRESYNC" and resync is None:
                cursor.need("QRESYNC")
                cursor.space()
                resync = _parse_resync(cursor)
            else:
                raise SyntaxProblem(f"unknown or repeated parameter of SELECT: {word}", PARAMETERS, at)
            if cursor.take(b")"):
                break
            cursor.space()
    cursor.end()
    return SelectRequest(mailbox, condstore, resync)


def _parse_resync(cursor: Cursor) -> Resync:
    cursor.expect(b"(")
    validity = cursor.nz_number()
    cursor.space()
    modseq = cursor.number64(1)
    known = numbers = uids = None
    if cursor.take(b" ") and not cursor.next_is(b"("):
        known = parse_sequence_set(cursor, star=False, saved=False)
        cursor.take(b" ")
    if cursor.take(b"("):
        at = cursor.at
        numbers = parse_sequence_set(cursor, star=False, saved=False)
        cursor.space()
        uids = parse_sequence_set(cursor, star=False, saved=False)
        cursor.expect(b")")
        if _count(numbers) != _count(uids):
            text = "the sets of numbers and of UIDs need as many members as each other"
            raise SyntaxProblem(text, "RFC 7162 3.2.5.2", at)
    cursor.expect(b")")
    return Resync(validity, modseq, known, numbers, uids)


def _count(numbers: SequenceSet) -> int:
    return sum(high - low + 1 for low, high in numbers.ranges)
