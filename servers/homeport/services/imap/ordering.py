"""SORT and THREAD with their UID forms (RFC 5256), and ESORT (RFC 5267 3): the work in bounded steps, the responses."""

from functools import partial
from typing import Any

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush, Call
from homeport.protocol.waiting import Steps
from homeport.services.imap import results
from homeport.services.imap.contexts import Contexts
from homeport.services.imap.finding import MAX_SORTED, Found, find, make_all, make_rows
from homeport.services.imap.grammar.search_keys import BadCharset, SearchRequest
from homeport.services.imap.grammar.sort_criteria import SortRequest, ThreadRequest, parse_sort, parse_thread
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.replies import no, ok
from homeport.services.imap.searching import CHARSETS, MAX_SHOWN, RESULTS, allow_partial, save
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import Selection
from homeport.services.imap.sorting import Sorting
from homeport.services.imap.threads import make_threaded, serialize_threads, thread_by_references, thread_by_subject
from homeport.world.mail.mailbox import Entry
from homeport.world.mail.searched_message import SearchedMessage

PIECE_THREADS = 200


class Ordering:
    """Finds messages in the selected mailbox, and puts them in order."""

    __slots__ = ("contexts", "dialogue", "selected")

    def __init__(self, selected: Selected, contexts: Contexts) -> None:
        self.selected = selected
        self.contexts = contexts
        self.dialogue = selected.dialogue

    @command(
        "SORT",
        "Find and sort messages.",
        syntax="(criteria) charset keys",
        states={"selected"},
        needs={"SORT"},
        reference="RFC 5256 3",
    )
    def sort(self, cursor: Cursor) -> Steps:
        """Sort messages; return their numbers."""
        return self._sort(cursor, uid=False)

    @command(
        "UID SORT",
        "Find and sort messages.",
        syntax="(criteria) charset keys",
        states={"selected"},
        needs={"SORT"},
        reference="RFC 5256 3",
    )
    def uid_sort(self, cursor: Cursor) -> Steps:
        """Sort messages; return their UIDs."""
        return self._sort(cursor, uid=True)

    @command("THREAD", "Thread messages.", syntax="algorithm charset keys", states={"selected"}, reference="RFC 5256 3")
    def thread(self, cursor: Cursor) -> Steps:
        """Thread messages; return their numbers."""
        return self._thread(cursor, uid=False)

    @command(
        "UID THREAD", "Thread messages.", syntax="algorithm charset keys", states={"selected"}, reference="RFC 5256 3"
    )
    def uid_thread(self, cursor: Cursor) -> Steps:
        """Thread messages; return their UIDs."""
        return self._thread(cursor, uid=True)

    def _sort(self, cursor: Cursor, *, uid: bool) -> Steps:
        try:
            request: SortRequest = yield from self.selected.parsed(parse_sort, cursor)
        except BadCharset as error:
            raise no(error.text, CHARSETS) from None
        selection = self._begin(cursor, request.search)
        found = Found()
        sorting = Sorting(request.criteria)
        context = self.contexts.open(selection, request.search, sorting, uid=uid)
        yield from find(self.selected, selection, request.search.key, found)
        rows = yield from make_rows(
            self.selected, selection, sorting, [*zip(found.numbers, found.entries, strict=True)]
        )
        order = partial(sorting.order, [*rows])
        uids = (yield Call(order)) if len(rows) > MAX_SORTED else order()
        yield from self._answer_sort(selection, found, uids, request.search, uid=uid)
        if context is not None:
            context.add_rows(rows)
            context.set_results(uids)
            self.contexts.keep(context)
        return ok("SORT completed")

    def _answer_sort(
        self, selection: Selection, found: Found, uids: list[int], request: SearchRequest, *, uid: bool
    ) -> Steps:
        modseqs: list[int] | None = None
        if request.uses_modseq:
            by_uid = {entry.uid: entry.modseq for entry in found.entries}
            modseqs = [by_uid[one] for one in uids]
        numbers = dict(zip([entry.uid for entry in found.entries], found.numbers, strict=True))
        shown = results.Found(uids if uid else [numbers[one] for one in uids], modseqs)
        dialogue = self.dialogue
        if request.returned is None:
            yield from self.selected.say_pieces(results.plain(b"SORT", shown))
            return
        wanted = request.returned & RESULTS
        if "SAVE" in request.returned:
            save(selection, uids, wanted, request.partial)
        if request.returned & results.ANSWERED or request.partial is not None:
            answer = partial(results.extended, dialogue.tag, shown, wanted, request.partial, uid=uid)
            dialogue.say((yield Call(answer)) if len(uids) > MAX_SHOWN else answer())

    def _thread(self, cursor: Cursor, *, uid: bool) -> Steps:
        try:
            request: ThreadRequest = yield from self.selected.parsed(parse_thread, cursor)
        except BadCharset as error:
            raise no(error.text, CHARSETS) from None
        selection = self._begin(cursor, request.search)
        found = Found()
        yield from find(self.selected, selection, request.search.key, found)
        make = _threaded_by_uid if uid else make_threaded
        pairs = [*zip(found.numbers, found.entries, strict=True)]
        messages = yield from make_all(self.selected, selection, make, pairs, contents=True)
        join = thread_by_subject if request.algorithm == "ORDEREDSUBJECT" else thread_by_references
        work = partial(join, messages)
        threads = (yield Call(work)) if len(messages) > MAX_SORTED else work()
        dialogue = self.dialogue
        dialogue.say(b"* THREAD" + (b" " if threads else b""))
        for at in range(0, len(threads), PIECE_THREADS):
            if at:
                yield AwaitFlush()
            dialogue.say(b"".join(serialize_threads(threads[at : at + PIECE_THREADS])))
        dialogue.say(b"\r\n")
        return ok("THREAD completed")

    def _begin(self, cursor: Cursor, request: SearchRequest) -> Selection:
        selection = self.selected.get()
        allow_partial(self.dialogue, cursor)
        self.dialogue.accept(cursor)
        if request.uses_modseq:
            self.selected.enable_condstore()
        return selection


def _threaded_by_uid(_number: int, entry: Entry, message: SearchedMessage) -> Any:
    return make_threaded(entry.uid, entry, message)
