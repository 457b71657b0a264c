"""The work of SEARCH in bounded steps: which messages match a key."""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

from homeport.protocol.effects import AwaitFlush, Call
from homeport.protocol.waiting import Steps
from homeport.services.imap.contents import Contents
from homeport.services.imap.fetch_values import LARGE_MESSAGE, email_id
from homeport.services.imap.grammar.search_keys import Key, count_ranges
from homeport.services.imap.labels import gmail_id
from homeport.services.imap.matching import Context, Search, make_search
from homeport.services.imap.selected import MAX_RANGES, Selected
from homeport.services.imap.selection import Selection
from homeport.services.imap.sorting import Row, Sorting
from homeport.world.mail.mailbox import Entry
from homeport.world.mail.searched_message import SearchedMessage
from homeport.world.mail.store import MessageGone

PIECE = {"entry": 2000, "header": 50, "body": 50}
"""Messages that are compared in one step, by what is looked at: one or two milliseconds of work."""
MAX_SORTED = 1000
"""Messages that are put in order on the reactor; more are sorted in the thread pool."""
Make = Callable[[int, Entry, SearchedMessage], Any]
PIECE_BYTES = 64 << 10
"""Content that is searched in one step, if no single message is larger."""
PARSED_BYTES = 8 << 10
"""Content of which the texts are extracted in one step, times the number of keys: it may be HTML of many tags."""
PARSED_COST = 350
"""The work of a message besides that of its bytes, in bytes."""
TESTED_BYTES = 64 << 10
"""Content times the number of keys; more is searched in the thread pool."""
PIECE_ROWS = 500
"""Messages whose entries are looked at in one step, to be sorted."""


class Found:
    """The messages that match, by number."""

    __slots__ = ("entries", "numbers")

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.entries: list[Entry] = []


def find(selected: Selected, selection: Selection, key: Key, found: Found) -> Steps:
    """Compare all messages that the client knows with a key; add those that match to `found`."""
    search = yield from _make(selected, selection, key)
    size = max(1, PIECE[search.level] // search.tests)
    begin = 0
    while begin < len(selection.view):
        if begin:
            yield AwaitFlush()
        piece = selection.known(begin, begin + size)
        if search.level != "entry":
            piece = limited(piece, PIECE_BYTES // search.tests)
        done = yield from _compare(selected, selection, search, piece, found)
        begin = piece[done - 1][0] if piece and search.level != "entry" else begin + size


def find_among(
    selected: Selected, selection: Selection, key: Key, pairs: Sequence[tuple[int, Entry]], found: Found
) -> Steps:
    """Compare some messages with a key, given by number and entry."""
    search = yield from _make(selected, selection, key)
    size = max(1, PIECE[search.level] // search.tests)
    at = 0
    while at < len(pairs):
        if at:
            yield AwaitFlush()
        piece = pairs[at : at + size]
        if search.level != "entry":
            piece = limited(piece, PIECE_BYTES // search.tests)
        at += yield from _compare(selected, selection, search, piece, found)


def _make(selected: Selected, selection: Selection, key: Key) -> Generator[Any, Any, Search]:
    """Return a key as a function, in the state of the session."""
    world, mailbox, view = selected.dialogue.context.world, selection.mailbox, selection.view
    labels = selected.dialogue.labels
    context = Context(
        count=len(view),
        highest_uid=view.uids[-1] if view.uids else 0,
        now=world.clock.now(),
        recent=view.recent,
        saved=view.saved,
        keywords=mailbox.keywords,
        email_id=email_id,
        gmail_id=lambda entry: str(gmail_id(entry.message)),
        labels=_none if labels is None else lambda entry: labels.keys(entry.message),
    )
    make = partial(make_search, key, context)
    search: Search = (yield Call(make)) if count_ranges(key) > MAX_RANGES else make()
    return search


def _compare(
    selected: Selected, selection: Selection, search: Search, piece: Sequence[tuple[int, Entry]], found: Found
) -> Generator[Any, Any, int]:
    """Compare the messages of one step; return how many were compared."""
    done = len(piece)
    if search.level == "entry":
        matches: Callable[[int, Any, Any], bool] = search.matches
        matching = [one for one in piece if matches(*one, None)]
    else:
        work = _Comparison(Contents(selected.dialogue.context.world, selection.mailbox), search, piece)
        size_of = sum(entry.size for _number, entry in piece) * search.tests
        matching = yield (Call(work) if size_of > TESTED_BYTES or are_large(piece) else work)
        done = work.done
    for number, entry in matching:
        found.numbers.append(number)
        found.entries.append(entry)
    return done


def _none(_entry: Entry) -> tuple[str, ...]:
    return ()


def are_large(piece: Sequence[tuple[int, Entry]]) -> bool:
    """Return True if a message of a piece is too large to be taken apart on the reactor."""
    return any(entry.size > LARGE_MESSAGE for _number, entry in piece)


def limited(piece: Sequence[tuple[int, Entry]], most: int = PIECE_BYTES) -> Sequence[tuple[int, Entry]]:
    """Return the beginning of a piece, of bounded size."""
    size = 0
    for at, (_number, entry) in enumerate(piece):
        size += entry.size
        if size > most and at:
            return piece[:at]
    return piece


class _Comparison:
    """Compares messages with their content, in any thread, as long as few of them have to be taken apart."""

    def __init__(self, contents: Contents, search: Search, piece: Sequence[tuple[int, Entry]]) -> None:
        self._contents = contents
        self._search = search
        self._piece = piece
        self.done = 0
        """Messages that were compared; the others are left for the next step."""

    def __call__(self) -> list[tuple[int, Entry]]:
        found = []
        left = PARSED_BYTES // self._search.tests
        for number, entry in self._piece:
            message = self._contents.searched(entry)
            if self._matches(number, entry, message):
                found.append((number, entry))
            self.done += 1
            if message.texts_extracted:
                left -= entry.size + PARSED_COST
                if left <= 0:
                    break
        return found

    def _matches(self, number: int, entry: Entry, message: SearchedMessage) -> bool:
        try:
            return self._search.matches(number, entry, message)
        except MessageGone:
            return False


def make_rows(
    selected: Selected, selection: Selection, sorting: Sorting, pairs: Sequence[tuple[int, Entry]]
) -> Generator[Any, Any, list[Row]]:
    """Return what messages are sorted by, each with its UID."""

    def make(_number: int, entry: Entry, message: SearchedMessage) -> Row:
        return sorting.row(entry.uid, entry, message)

    return make_all(selected, selection, make, pairs, contents=sorting.needs_content)


def make_all(
    selected: Selected, selection: Selection, make: Make, pairs: Sequence[tuple[int, Entry]], *, contents: bool
) -> Steps:
    """Return what `make` makes of each message. contents: True if it reads content."""
    source = Contents(selected.dialogue.context.world, selection.mailbox)
    rows: list[Any] = []
    at = 0
    while at < len(pairs):
        if at:
            yield AwaitFlush()
        piece = pairs[at : at + (PIECE["header"] if contents else PIECE_ROWS)]
        if contents:
            piece = limited(piece)
        work = partial(_make_all, source, make, piece)
        if contents:
            rows += yield (Call(work) if are_large(piece) else work)
        else:
            rows += work()
        at += len(piece)
    return rows


def _make_all(source: Contents, make: Make, piece: Sequence[tuple[int, Entry]]) -> list[Any]:
    """Return what `make` makes of some messages, in any thread; those that are gone are left out."""
    made = []
    for number, entry in piece:
        try:
            made.append(make(number, entry, source.searched(entry)))
        except MessageGone:
            continue
    return made
