"""SELECT and EXAMINE with CONDSTORE and QRESYNC; CLOSE, UNSELECT and CHECK (RFC 9051 6.3.2, 6.3.3, 6.4.1, 6.4.2)."""

from collections.abc import Iterator

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush, Call
from homeport.protocol.waiting import Steps
from homeport.services.imap.grammar import writing
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.replies import Reply, bad, no, ok
from homeport.services.imap.rights import WRITING, permanent_flags, require, rights_of
from homeport.services.imap.select_arguments import Resync, SelectRequest, parse_select
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import Selection, pieces, serialize_flags
from homeport.services.imap.storing import expunge_deleted
from homeport.services.imap.vanished import State, agreement, vanished_earlier

NOT_STORED = b"no flags are stored: the mailbox is READ-ONLY"
CLOSED = b"* OK [CLOSED] the previous mailbox is closed\r\n"


class Selecting:
    """Selects a mailbox, and closes it."""

    __slots__ = ("dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue

    @command(
        "SELECT",
        "Select a mailbox.",
        syntax="mailbox",
        states={"authenticated", "selected"},
        reference="RFC 9051 6.3.2",
    )
    def select(self, cursor: Cursor) -> Steps:
        """Select a mailbox for reading and changing."""
        return self._select(cursor, read_only=False)

    @command(
        "EXAMINE", "Select to read.", syntax="mailbox", states={"authenticated", "selected"}, reference="RFC 9051 6.3.3"
    )
    def examine(self, cursor: Cursor) -> Steps:
        """Select a mailbox for reading."""
        return self._select(cursor, read_only=True)

    def _select(self, cursor: Cursor, *, read_only: bool) -> Steps:
        dialogue = self.dialogue
        request: SelectRequest = yield from self.selected.parsed(parse_select, cursor)
        dialogue.accept(cursor)
        if request.resync is not None and not self.selected.modes.qresync:
            raise bad("the parameter QRESYNC needs ENABLE QRESYNC first (RFC 7162 3.2.5)")
        before = self.selected.selection
        if before is not None:
            self.selected.deselect()
            dialogue.say(CLOSED)
        mailbox = self.selected.account.find(request.mailbox)
        if mailbox is None:
            raise no(f"there is no mailbox {request.mailbox}", "NONEXISTENT")
        require(dialogue, mailbox, "r", dialogue.verb)
        read_only = read_only or not rights_of(dialogue, mailbox) & WRITING
        if before is not None and before.mailbox is mailbox and before.read_only == read_only:
            dialogue.report_once("select-again", b"SELECT")
        if request.condstore or request.resync is not None:
            self.selected.enable_condstore()
        yield from self.selected.catch_up()
        yield from self.selected.settle()
        selection = Selection(self.selected.acting, mailbox, read_only=read_only)
        self.selected.select(selection)
        dialogue.say(b"".join(self._state(selection)))
        if request.resync is not None and request.resync.uid_validity == mailbox.uid_validity:
            yield from self._resynchronize(selection, request.resync)
        return ok(f"{dialogue.verb} completed", "READ-ONLY" if read_only else "READ-WRITE")

    def _state(self, selection: Selection) -> Iterator[bytes]:
        """Yield the untagged responses about a mailbox that is being selected."""
        dialogue, mailbox, view = self.dialogue, selection.mailbox, selection.view
        modes = self.selected.modes
        flags = serialize_flags(frozenset(mailbox.permanent_flags))
        yield b"* FLAGS %s\r\n" % flags
        permanent = b"()" if selection.read_only else permanent_flags(dialogue, mailbox)
        yield b"* OK [PERMANENTFLAGS %s] %s\r\n" % (
            permanent,
            NOT_STORED if selection.read_only else b"these flags are stored",
        )
        yield b"* %d EXISTS\r\n" % len(view)
        if not modes.rev2:
            yield b"* %d RECENT\r\n" % len(view.recent)
            if mailbox.unseen:
                yield b"* OK [UNSEEN %d] the first message without \\Seen\r\n" % mailbox.first_unseen
        yield b"* OK [UIDVALIDITY %d] UIDs are valid\r\n" % mailbox.uid_validity
        yield b"* OK [UIDNEXT %d] the next UID\r\n" % mailbox.uid_next
        if dialogue.allows("CONDSTORE"):
            yield b"* OK [HIGHESTMODSEQ %d] the highest MODSEQ\r\n" % mailbox.highest_modseq
        if dialogue.allows("OBJECTID"):
            yield b"* OK [MAILBOXID (%s)] the mailbox's identifier\r\n" % mailbox.identifier.encode()
        if modes.rev2:  # RFC 9051 6.3.2
            yield b'* LIST () "/" %s\r\n' % writing.mailbox(mailbox.name, utf8=modes.utf8)

    def _resynchronize(self, selection: Selection, resync: Resync) -> Steps:
        """Send what was expunged and changed since a MODSEQ (RFC 7162 3.2.5)."""
        dialogue, mailbox, view = self.dialogue, selection.mailbox, selection.view
        changed = [entry.uid for entry in mailbox.changed_since(resync.modseq)]
        state = State.of(mailbox, resync.modseq)

        def compare() -> bytes:
            agreed = 0
            if resync.numbers is not None and resync.uids is not None:
                agreed = agreement(state.uids, resync.numbers, resync.uids)
            if resync.known is not None:
                known = {*view.by_uids(resync.known)}
                changed[:] = [uid for uid in changed if uid in known]
            return vanished_earlier(state, resync.known, agreed)

        if vanished := (yield Call(compare)):
            dialogue.say(b"* VANISHED (EARLIER) %s\r\n" % vanished)
        for at, piece in enumerate(pieces(changed)):
            if at:
                yield AwaitFlush()
            number = view.number
            lines = [selection.flags_line(number(uid), uid, self.selected.modes, with_uid=True) for uid in piece]
            dialogue.say(b"".join(lines))

    @command("CLOSE", "Expunge and close.", states={"selected"}, reference="RFC 9051 6.4.1")
    def close(self, _cursor: Cursor) -> Steps:
        """Remove the messages with \\Deleted, without telling, and close the mailbox."""
        selection = self.selected.get()
        code = ""
        permitted = "e" in rights_of(self.dialogue, selection.mailbox)
        if permitted and not selection.read_only and not selection.mailbox.shared:
            if selection.mailbox.deleted:
                self.dialogue.report_once("close-expunges", b"CLOSE")
            yield from expunge_deleted(selection)
            yield from self.selected.settle()
            if self.selected.modes.qresync:  # RFC 7162 3.2.8
                code = f"HIGHESTMODSEQ {selection.mailbox.highest_modseq}"
        self.selected.deselect()
        return ok("CLOSE completed", code)

    @command(
        "UNSELECT", "Close without expunging.", states={"selected"}, needs={"UNSELECT"}, reference="RFC 9051 6.4.2"
    )
    def unselect(self, _cursor: Cursor) -> Reply:
        """Close the mailbox."""
        self.selected.deselect()
        return ok("UNSELECT completed")

    @command("CHECK", "Check the mailbox.", states={"selected"}, reference="RFC 3501 6.4.1")
    def check(self, _cursor: Cursor) -> Reply:
        """Do nothing but what NOOP does."""
        return ok("CHECK completed")
