"""COPY (RFC 9051 6.4.7) and MOVE (6.4.8), with COPYUID (RFC 4315)."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush
from homeport.protocol.waiting import Steps
from homeport.services.imap.grammar.sequence_set import SequenceSet, parse_sequence_set
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.replies import no, ok
from homeport.services.imap.rights import kept_flags, require, rights_of
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import CHANGED_MESSAGES, Acting, Selection, pieces
from homeport.world.mail.mailbox import Mailbox
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.row_store import StoreError

GONE = "some of these messages have been expunged, and none was copied (RFC 2180 4.4)"


class Copying:
    """Copies and moves messages to other mailboxes."""

    __slots__ = ("dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue

    @command("COPY", "Copy messages.", syntax="set mailbox", states={"selected"}, reference="RFC 9051 6.4.7")
    def copy(self, cursor: Cursor) -> Steps:
        """Copy messages by number."""
        return self._copy(cursor, uid=False)

    @command("UID COPY", "Copy messages.", syntax="set mailbox", states={"selected"}, reference="RFC 9051 6.4.9")
    def uid_copy(self, cursor: Cursor) -> Steps:
        """Copy messages by UID."""
        return self._copy(cursor, uid=True)

    @command(
        "MOVE", "Move messages.", syntax="set mailbox", states={"selected"}, needs={"MOVE"}, reference="RFC 9051 6.4.8"
    )
    def move(self, cursor: Cursor) -> Steps:
        """Move messages by number."""
        return self._move(cursor, uid=False)

    @command(
        "UID MOVE",
        "Move messages.",
        syntax="set mailbox",
        states={"selected"},
        needs={"MOVE"},
        reference="RFC 9051 6.4.9",
    )
    def uid_move(self, cursor: Cursor) -> Steps:
        """Move messages by UID."""
        return self._move(cursor, uid=True)

    def _copy(self, cursor: Cursor, *, uid: bool) -> Steps:
        numbers, name = yield from self._arguments(cursor)
        selection = self.selected.get()
        uids, target = yield from self._targets(selection, numbers, name, uid=uid)
        keep = partial(kept_flags, rights_of(self.dialogue, target))
        account, pairs = selection.account, list[tuple[int, int]]()
        first, complete = target.uid_next, False
        try:
            for at, piece in enumerate(pieces(uids, CHANGED_MESSAGES)):
                if at:
                    yield AwaitFlush()
                pairs += account.copy(selection.mailbox, piece, target, keep)
            yield from self.selected.settle()
            complete = True
        finally:
            if not complete:
                self._undo(account, target, [new for _old, new in pairs if new >= first])
        return ok("COPY completed", (yield from self._copyuid(target, pairs)))

    def _undo(self, account: Acting, target: Mailbox, copies: list[int]) -> None:
        """Remove the copies of a COPY that cannot be completed (RFC 9051 6.4.7: all or nothing)."""
        if self.dialogue.context.world.mailboxes.failed:
            self.selected.roll_back()  # nothing can be removed before
        # The reason to tell is that of the COPY; copies in a mailbox that was deleted meanwhile are gone.
        with suppress(MailboxProblem, StoreError):
            account.expunge(target, copies)

    def _move(self, cursor: Cursor, *, uid: bool) -> Steps:
        numbers, name = yield from self._arguments(cursor)
        selection = self.selected.writable()
        uids, target = yield from self._targets(selection, numbers, name, uid=uid)
        require(self.dialogue, selection.mailbox, "te", "MOVE")
        keep = partial(kept_flags, rights_of(self.dialogue, target))
        pairs: list[tuple[int, int]] = []
        for at, piece in enumerate(pieces(uids, CHANGED_MESSAGES)):
            if at:
                yield AwaitFlush()
            pairs += selection.account.move(selection.mailbox, piece, target, keep)
            selection.observe()
        yield from self.selected.settle()
        modes = self.selected.modes
        if code := (yield from self._copyuid(target, pairs)):  # RFC 6851 4.3: before the EXPUNGE responses
            self.dialogue.say(b"* OK [%s] moved\r\n" % code.encode())
        return ok("MOVE completed", f"HIGHESTMODSEQ {selection.mailbox.highest_modseq}" if modes.qresync else "")

    def _arguments(self, cursor: Cursor) -> Steps:
        """Parse the set of messages, and the name of the other mailbox."""
        numbers: SequenceSet = yield from self.selected.parsed(parse_sequence_set, cursor)
        cursor.space()
        name = cursor.mailbox()
        cursor.end()
        self.dialogue.accept(cursor)
        return numbers, name

    def _targets(self, selection: Selection, numbers: SequenceSet, name: str, *, uid: bool) -> Steps:
        """Return the UIDs of the messages, and the mailbox that gets them."""
        uids: Sequence[int] = yield from self.selected.picked(selection, numbers, uid=uid)
        target = self.selected.account.find(name)
        if target is None:
            raise no(f"there is no mailbox {name}: CREATE it first", "TRYCREATE")
        require(self.dialogue, target, "i", self.dialogue.verb)
        selection.observe()
        existing = selection.view.present(uids)
        if len(existing) < len(uids) and not uid:
            raise no(GONE, "EXPUNGEISSUED")
        return existing, target

    def _copyuid(self, target: Mailbox, pairs: list[tuple[int, int]]) -> Steps:
        """Return the response code COPYUID; empty if no message was copied (RFC 4315 3)."""
        if not pairs or not self.dialogue.allows("UIDPLUS"):
            return ""
        old, new = yield from self.selected.serialized([old for old, _new in pairs], [new for _old, new in pairs])
        return f"COPYUID {target.uid_validity} {old} {new}"
