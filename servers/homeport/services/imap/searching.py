"""SEARCH and UID SEARCH (RFC 9051 6.4.4): the work in bounded steps, the response, and the saved result `$`."""

from collections.abc import Sequence
from functools import partial

from homeport.protocol.commands import command
from homeport.protocol.effects import Call
from homeport.protocol.waiting import Steps
from homeport.services.imap import results
from homeport.services.imap.contexts import Contexts
from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.finding import Found, find
from homeport.services.imap.grammar.fetch_items import PartialRange
from homeport.services.imap.grammar.search_keys import BadCharset, SearchRequest, parse_search
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.replies import no, ok
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import Selection

MAX_SHOWN = 2000
"""Results that are serialized on the reactor, if they are not in pieces."""
RESULTS = frozenset({"MIN", "MAX", "ALL", "COUNT"})
CHARSETS = "BADCHARSET (US-ASCII UTF-8)"


class Searching:
    """Finds messages in the selected mailbox."""

    __slots__ = ("contexts", "dialogue", "selected")

    def __init__(self, selected: Selected, contexts: Contexts) -> None:
        self.selected = selected
        self.contexts = contexts
        self.dialogue = selected.dialogue

    @command("SEARCH", "Find messages.", syntax="keys", states={"selected"}, reference="RFC 9051 6.4.4")
    def search(self, cursor: Cursor) -> Steps:
        """Find messages; return their numbers."""
        return self._search(cursor, uid=False)

    @command("UID SEARCH", "Find messages.", syntax="keys", states={"selected"}, reference="RFC 9051 6.4.9")
    def uid_search(self, cursor: Cursor) -> Steps:
        """Find messages; return their UIDs."""
        return self._search(cursor, uid=True)

    def _search(self, cursor: Cursor, *, uid: bool) -> Steps:
        try:
            request: SearchRequest = yield from self.selected.parsed(parse_search, cursor)
        except BadCharset as error:
            raise no(error.text, CHARSETS) from None
        dialogue, selection = self.dialogue, self.selected.get()
        allow_partial(dialogue, cursor)
        dialogue.accept(cursor)
        if request.uses_modseq:
            self.selected.enable_condstore()
        returned = request.returned
        if returned is None and self.selected.modes.rev2:
            returned = frozenset({"ALL"})  # RFC 9051 E: there is no SEARCH response
        saves = returned is not None and "SAVE" in returned
        context = self.contexts.open(selection, request, None, uid=uid)
        found = Found()
        try:
            yield from find(self.selected, selection, request.key, found)
        except Exception:
            if saves:
                selection.view.saved = frozenset()  # RFC 5182 2.1
            raise
        yield from self._answer(selection, found, request, returned, uid=uid)
        if context is not None:
            context.set_results(entry.uid for entry in found.entries)
            self.contexts.keep(context)
        return ok("SEARCH completed")

    def _answer(
        self, selection: Selection, found: Found, request: SearchRequest, returned: frozenset[str] | None, *, uid: bool
    ) -> Steps:
        uids = [entry.uid for entry in found.entries]
        shown = results.Found(
            uids if uid else found.numbers,
            [entry.modseq for entry in found.entries] if request.uses_modseq else None,
        )
        dialogue = self.dialogue
        if returned is None:
            yield from self.selected.say_pieces(results.plain(b"SEARCH", shown))
            return
        wanted = returned & RESULTS
        if "SAVE" in returned:
            save(selection, uids, wanted, request.partial)
        if returned & results.ANSWERED or request.partial is not None:
            answer = partial(results.extended, dialogue.tag, shown, wanted, request.partial, uid=uid)
            dialogue.say((yield Call(answer)) if len(uids) > MAX_SHOWN else answer())


def allow_partial(dialogue: ImapDialogue, cursor: Cursor) -> None:
    """Allow PARTIAL in searches with CONTEXT alone, which it was a part of (RFC 5267 4.4)."""
    if dialogue.allows("CONTEXT=SEARCH"):
        cursor.needs.pop("PARTIAL", None)


def save(selection: Selection, uids: Sequence[int], wanted: frozenset[str], part: PartialRange | None) -> None:
    """Save the result of a search as `$` (RFC 5182 2.1)."""
    chosen = results.told(len(uids), wanted, part)
    selection.view.saved = frozenset(uids if len(chosen) == len(uids) else [uids[at] for at in chosen])
