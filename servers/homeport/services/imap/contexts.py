"""Searches whose results are kept up to date: SEARCH and SORT with UPDATE (RFC 5267 4.3), and CANCELUPDATE (4.3.5).

REMOVEFROM of expunged messages is sent before their EXPUNGE, and everything else after EXISTS and FETCH, so that the
numbers in it mean what they mean to the client.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from homeport.protocol.commands import command
from homeport.protocol.effects import Call
from homeport.protocol.waiting import Steps
from homeport.services.imap.fetch_values import Response
from homeport.services.imap.fetching import Fetching
from homeport.services.imap.finding import MAX_SORTED, Found, find_among, make_rows
from homeport.services.imap.grammar.fetch_items import FetchItem
from homeport.services.imap.grammar.search_keys import AllOf, AnyOf, Key, Not, Numbers, SearchRequest
from homeport.services.imap.grammar.sequence_set import SequenceSet, runs, serialize_set
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.grammar.writing import quoted
from homeport.services.imap.replies import Reply, bad, no, ok
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import Selection
from homeport.services.imap.sorting import Row, Sorting
from homeport.services.imap.view import View
from homeport.world.mail.mailbox import Entry

MAX_CONTEXTS = 10
"""Searches of a session that are kept up to date; a client is told if there would be more."""
MAX_SORTED_RESULTS = 10_000
"""Results of a SORT that is kept up to date."""


class Context:
    """A search that is kept up to date.

    tag: of its command. uid: True if it has UIDs. sorting: the order of a SORT; None for a SEARCH. items: what messages
    are sent with that come to the results.
    """

    def __init__(
        self, tag: bytes, key: Key, *, uid: bool, sorting: Sorting | None, items: tuple[FetchItem, ...]
    ) -> None:
        self.tag = tag
        self.items = items
        self.key = key
        self.uid = uid
        self.sorting = sorting
        self.results = array("I")
        """UIDs: in the order of a SORT, else ascending."""
        self._rows: dict[int, Row] = {}

    def has(self, uid: int) -> bool:
        """Return True if a message is a result."""
        if self.sorting is not None:
            return uid in self._rows
        at = bisect_left(self.results, uid)
        return at < len(self.results) and self.results[at] == uid

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add the values by which results are sorted, each with its UID."""
        self._rows.update((row[-1], row) for row in rows)

    def set_results(self, uids: Iterable[int]) -> None:
        """Set the results, in order."""
        self.results = array("I", uids)

    def order(self) -> list[int]:
        """Return the results in the order of a SORT."""
        assert self.sorting is not None  # noqa: S101 - called for a SORT only
        return self.sorting.order([*self._rows.values()])

    def remove(self, uids: Iterable[int], view: View) -> bytes:
        """Remove results; return the response."""
        gone = sorted(uid for uid in uids if self.has(uid))
        if not gone:
            return b""
        if self.sorting is None:
            leaving = {*gone}
            self.set_results(uid for uid in self.results if uid not in leaving)
            return self._response(b"REMOVEFROM (0 %s)" % serialize_set(self._shown(gone, view)))
        places = sorted(((self.results.index(uid), uid) for uid in gone), reverse=True)  # earlier places stay right
        for at, uid in places:
            del self.results[at], self._rows[uid]
        return self._response(self._placed(b"REMOVEFROM", places, view))

    def add(self, uids: Sequence[int], order: Sequence[int], view: View) -> bytes:
        """Add results; return the response. order: all results of a SORT, with the new ones."""
        if self.sorting is None:
            self.set_results(sorted([*self.results, *uids]))
            return self._response(b"ADDTO (0 %s)" % serialize_set(self._shown(sorted(uids), view)))
        new = {*uids}
        self.set_results(order)
        return self._response(self._placed(b"ADDTO", [(at, uid) for at, uid in enumerate(order) if uid in new], view))

    def _placed(self, word: bytes, places: Iterable[tuple[int, int]], view: View) -> bytes:
        pairs = [b"%d %d" % (at + 1, self._shown([uid], view)[0]) for at, uid in places]
        return b"%s (%s)" % (word, b" ".join(pairs))

    def _shown(self, uids: Sequence[int], view: View) -> list[int]:
        return [*uids] if self.uid else [view.number(uid) for uid in uids]

    def _response(self, change: bytes) -> bytes:
        return b"* ESEARCH (TAG %s)%s %s\r\n" % (quoted(self.tag), b" UID" if self.uid else b"", change)


class Contexts:
    """The searches in the selected mailbox that are kept up to date."""

    __slots__ = ("_contexts", "_modseq", "_next_uid", "dialogue", "fetching", "selected")

    def __init__(self, selected: Selected, fetching: Fetching) -> None:
        self.selected = selected
        self.fetching = fetching
        self.dialogue = selected.dialogue
        self._contexts: dict[bytes, Context] = {}
        self._modseq = 0
        self._next_uid = 0
        selected.following.append(self)

    @property
    def active(self) -> bool:
        """True if any search is kept up to date."""
        return bool(self._contexts)

    def begin(self, selection: Selection) -> None:
        """Do nothing: searches begin with a command."""

    def end(self) -> None:
        """End all: another mailbox is selected, or none."""
        self._contexts.clear()

    def open(
        self, selection: Selection, request: SearchRequest, sorting: Sorting | None, *, uid: bool
    ) -> Context | None:
        """Begin to keep a search up to date, if it is asked for; return None if it is not. Raises: Refused.

        What changes from now on is compared once the search has ended, and `keep` was called.
        """
        if request.returned is None or "UPDATE" not in request.returned:
            return None
        tag = self.dialogue.tag
        if tag in self._contexts:
            raise bad(f"a search with the tag {tag.decode()} is being updated: use another tag (RFC 5267 4.3)")
        if not self._contexts:
            self._modseq, self._next_uid = selection.mailbox.highest_modseq, selection.view.uid_next
        return Context(tag, _by_uid(request.key, selection.view), uid=uid, sorting=sorting, items=request.items)

    def keep(self, context: Context) -> None:
        """Keep a search up to date, unless there are too many."""
        if len(self._contexts) < MAX_CONTEXTS and (
            context.sorting is None or len(context.results) <= MAX_SORTED_RESULTS
        ):
            self._contexts[context.tag] = context
        else:
            text = b"at most %d searches are updated" % MAX_CONTEXTS
            self.dialogue.untagged(b"NO [NOUPDATE %s] %s" % (quoted(context.tag), text))

    @command(
        "CANCELUPDATE",
        "End updates of searches.",
        syntax='"tag" ...',
        states={"selected"},
        needs={"CONTEXT=SEARCH"},
        reference="RFC 5267 4.3.5",
    )
    def cancel(self, cursor: Cursor) -> Reply:
        """End the updates of searches, by the tags of their commands."""
        tags = [cursor.string()]
        while not cursor.at_end:
            cursor.space()
            tags.append(cursor.string())
        self.dialogue.accept(cursor)
        unknown = [tag for tag in tags if tag not in self._contexts]
        if unknown:
            raise no(f"no search with the tag {unknown[0].decode('ascii', 'replace')[:40]} is being updated")
        for tag in tags:
            self._contexts.pop(tag, None)
        return ok("CANCELUPDATE completed")

    def leave(self, selection: Selection) -> Iterator[bytes]:
        """Yield responses about the messages whose EXPUNGE is sent next."""
        gone = selection.view.gone
        for context in self._contexts.values() if gone else ():
            yield context.remove(gone, selection.view)

    def update(self, selection: Selection) -> Steps:
        """Send what has changed in the results."""
        modseq, self._modseq = self._modseq, selection.mailbox.highest_modseq
        next_uid, self._next_uid = self._next_uid, selection.view.uid_next
        number = selection.view.number
        changed = [(number(one.uid), one) for one in selection.mailbox.changed_since(modseq)]
        pairs = [pair for pair in changed if pair[0]]
        if len(pairs) < len(changed):  # the others are compared once the client is told of them
            self._modseq = min(one.modseq for shown, one in changed if not shown) - 1
        for context in [*self._contexts.values()] if pairs else ():
            yield from self._update(selection, context, pairs, next_uid)

    def compare(self) -> None:
        """Compare all messages again: changes were rolled back."""
        self._modseq = 0

    def _update(
        self, selection: Selection, context: Context, pairs: Sequence[tuple[int, Entry]], next_uid: int
    ) -> Steps:
        found = Found()
        yield from find_among(self.selected, selection, context.key, pairs, found)
        matching = {entry.uid for entry in found.entries}
        left = context.remove([entry.uid for _number, entry in pairs if entry.uid not in matching], selection.view)
        if left:
            self.dialogue.say(left)
        new = [(number, entry) for number, entry in pairs if entry.uid in matching and not context.has(entry.uid)]
        if not new:
            return
        order: list[int] = []
        if context.sorting is not None:
            context.add_rows((yield from make_rows(self.selected, selection, context.sorting, new)))
            order = (yield Call(context.order)) if len(context.results) > MAX_SORTED else context.order()
        uids = [entry.uid for _number, entry in new]
        arrived = [uid for uid in uids if uid >= next_uid] if context.items else []
        if arrived:  # RFC 5465 7: before ESEARCH, and only for messages that are new to the mailbox
            response = Response(context.items, self.selected.modes, with_uid=context.uid, with_modseq=False)
            yield from self.fetching.show(selection, arrived, response, sets_seen=False)
        self.dialogue.say(context.add(uids, order, selection.view))


def _by_uid(key: Key, view: View) -> Key:
    """Return a key with UIDs in place of message numbers, which change (RFC 5267 4.3)."""
    if isinstance(key, Numbers) and (not key.uid or key.numbers.saved):
        uids = view.by_saved() if key.numbers.saved else _uids(key.numbers, view)
        return Numbers(SequenceSet(tuple(runs(uids))), uid=True)
    if isinstance(key, AllOf | AnyOf):
        return type(key)(tuple(_by_uid(one, view) for one in key.keys))
    return Not(_by_uid(key.key, view)) if isinstance(key, Not) else key


def _uids(numbers: SequenceSet, view: View) -> list[int]:
    return [uid for span in numbers.existing(len(view)) for uid in view.uids[span.start : span.stop]]
