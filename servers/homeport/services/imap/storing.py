"""STORE (RFC 9051 6.4.6) with UNCHANGEDSINCE (RFC 7162 3.1.3), and EXPUNGE (RFC 9051 6.4.3, 6.4.9)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush
from homeport.protocol.waiting import Steps
from homeport.services.imap.grammar.sequence_set import parse_sequence_set
from homeport.services.imap.grammar.store_arguments import StoreRequest, parse_store
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.replies import bad, no, ok
from homeport.services.imap.rights import OF_FLAGS, kept_flags, no_permission, require, rights_of
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import CHANGED_MESSAGES, Selection, pieces
from homeport.world.mail.flags import DELETED

if TYPE_CHECKING:
    from homeport.services.imap.labels import Labels

CHANGED_LABELS = 20
"""Messages whose labels are changed in one turn."""
GONE = "some of these messages have been expunged (RFC 2180 4.2)"


class Storing:
    """Changes flags in the selected mailbox, and removes messages."""

    __slots__ = ("dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue

    @command("STORE", "Change flags.", syntax="set flags", states={"selected"}, reference="RFC 9051 6.4.6")
    def store(self, cursor: Cursor) -> Steps:
        """Change flags of messages by number."""
        return self._store(cursor, uid=False)

    @command("UID STORE", "Change flags.", syntax="set flags", states={"selected"}, reference="RFC 9051 6.4.9")
    def uid_store(self, cursor: Cursor) -> Steps:
        """Change flags of messages by UID."""
        return self._store(cursor, uid=True)

    def _store(self, cursor: Cursor, *, uid: bool) -> Steps:
        dialogue = self.dialogue
        request: StoreRequest = yield from self.selected.parsed(parse_store, cursor)
        dialogue.accept(cursor)
        selection = self.selected.writable()
        if request.labels and dialogue.labels is not None:
            return (yield from self._store_labels(selection, dialogue.labels, request, uid=uid))
        if request.unchanged_since is not None:
            self.selected.enable_condstore()
        uids = yield from self.selected.picked(selection, request.numbers, uid=uid)
        rights = self._permitted(selection, request)
        failed: list[int] = []
        missing = False
        for at, piece in enumerate(pieces(uids, CHANGED_MESSAGES)):
            if at:
                yield AwaitFlush()
            existing = [one for one in piece if selection.mailbox.find(one) is not None]
            missing = missing or len(existing) < len(piece)
            refused = _change(selection, existing, request, rights)
            failed += refused
            dialogue.say(self._stored(selection, existing, set(refused), silent=request.silent, uid=uid))
        if failed:
            (shown,) = yield from self.selected.serialized(failed if uid else selection.view.numbers(failed))
            return ok("conditional STORE failed for some messages", f"MODIFIED {shown}")
        if missing and not uid:
            raise no(GONE, "EXPUNGEISSUED")
        return ok("STORE completed")

    def _store_labels(self, selection: Selection, labels: "Labels", request: StoreRequest, *, uid: bool) -> Steps:
        """Change labels, and tell those that the messages have then."""
        if request.unchanged_since is not None:
            raise bad("labels have no MODSEQ: use X-GM-LABELS without UNCHANGEDSINCE")
        require(self.dialogue, selection.mailbox, "w", "STORE of labels")
        modes = self.selected.modes
        for at, piece in enumerate(pieces(selection.pick(request.numbers, uid=uid), CHANGED_LABELS)):
            if at:
                yield AwaitFlush()
            entries = [entry for one in piece if (entry := selection.mailbox.find(one)) is not None]
            labels.change(selection.mailbox, [entry.uid for entry in entries], request.how, request.flags)
            yield from self.selected.catch_up()
            for entry in () if request.silent else entries:
                shown = labels.shown(entry, selection.mailbox, utf8=modes.utf8)
                number = selection.view.number(entry.uid)
                with_uid = b"UID %d " % entry.uid if uid or modes.with_uid else b""
                self.dialogue.say(b"* %d FETCH (%sX-GM-LABELS %s)\r\n" % (number, with_uid, shown))
        return ok("STORE completed")

    def _permitted(self, selection: Selection, request: StoreRequest) -> frozenset[str]:
        """Return the client's rights, with which it can change some of the flags. Raises: Refused."""
        mailbox, rights = selection.mailbox, rights_of(self.dialogue, selection.mailbox)
        if not mailbox.shared and not kept_flags(rights, request.flags or mailbox.permanent_flags):
            raise no_permission(mailbox, "w", "STORE of these flags")
        return rights

    def _stored(
        self, selection: Selection, uids: Sequence[int], refused: set[int], *, silent: bool, uid: bool
    ) -> bytes:
        """Return the FETCH responses of messages that were stored. RFC 7162 3.1.3: MODSEQ is told also if silent."""
        modes = self.selected.modes
        if silent and not modes.condstore:
            return b""
        show = selection.modseq_line if silent else selection.flags_line
        number = selection.view.number
        lines = [show(number(one), one, modes, with_uid=uid) for one in uids if one not in refused]
        if not silent:
            selection.view.fetched(uids)
        return b"".join(lines)

    @command("EXPUNGE", "Remove messages with \\Deleted.", states={"selected"}, reference="RFC 9051 6.4.3")
    def expunge(self, _cursor: Cursor) -> Steps:
        """Remove all messages with \\Deleted."""
        selection = self.selected.writable()
        require(self.dialogue, selection.mailbox, "e", "EXPUNGE")
        return self._expunge(selection, None, "EXPUNGE completed")

    @command(
        "UID EXPUNGE",
        "Remove messages.",
        syntax="set",
        states={"selected"},
        needs={"UIDPLUS"},
        reference="RFC 9051 6.4.9",
    )
    def uid_expunge(self, cursor: Cursor) -> Steps:
        """Remove those of the named messages that have \\Deleted."""
        numbers = yield from self.selected.parsed(parse_sequence_set, cursor)
        cursor.end()
        self.dialogue.accept(cursor)
        selection = self.selected.writable()
        require(self.dialogue, selection.mailbox, "e", "UID EXPUNGE")
        uids = yield from self.selected.picked(selection, numbers, uid=True)
        return (yield from self._expunge(selection, uids, "UID EXPUNGE completed"))

    def _expunge(self, selection: Selection, uids: Sequence[int] | None, done: str) -> Steps:
        mailbox = selection.mailbox
        yield from expunge_deleted(selection, uids)
        return ok(done, f"HIGHESTMODSEQ {mailbox.highest_modseq}" if self.selected.modes.qresync else "")


def _change(selection: Selection, uids: Sequence[int], request: StoreRequest, rights: frozenset[str]) -> Sequence[int]:
    """Change those flags that the client may change; return the UIDs that were changed meanwhile."""
    flags = request.flags
    if selection.mailbox.shared or rights >= OF_FLAGS:
        return selection.store(uids, request.how, flags, request.unchanged_since)[1]
    kept = kept_flags(rights, flags)
    if request.how != "replace":
        return selection.store(uids, request.how, [*kept], request.unchanged_since)[1]
    others = kept_flags(rights, selection.mailbox.permanent_flags) - kept
    failed = selection.store(uids, "remove", [*others], request.unchanged_since)[1]
    selection.store([uid for uid in uids if uid not in {*failed}], "add", [*kept])
    return failed


def expunge_deleted(selection: Selection, uids: Sequence[int] | None = None) -> Steps:
    """Remove those of some messages that have \\Deleted, in pieces of bounded work. uids: None for all messages."""
    mailbox = selection.mailbox
    if not mailbox.deleted:
        return
    doomed = [entry.uid for entry in mailbox.entries if DELETED in entry.flags]
    if uids is not None:
        named = {*uids}
        doomed = [uid for uid in doomed if uid in named]
    for at, piece in enumerate(pieces(doomed, CHANGED_MESSAGES)):
        if at:
            yield AwaitFlush()
        selection.account.expunge(mailbox, piece)
        selection.observe()
