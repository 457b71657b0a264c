"""APPEND (RFC 9051 6.3.12) with MULTIAPPEND (RFC 3502) and CATENATE (RFC 4469), and REPLACE (RFC 8508)."""

from collections.abc import Sequence

import msgspec

from homeport.protocol.commands import command
from homeport.protocol.waiting import Steps
from homeport.services.imap.catenating import Catenating
from homeport.services.imap.grammar.append_arguments import AppendedMessage, parse_append
from homeport.services.imap.grammar.sequence_set import SequenceSet, serialize_set
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.replies import no, ok
from homeport.services.imap.rights import OF_FLAGS, kept_flags, require, rights_of
from homeport.services.imap.selected import Selected
from homeport.world.mail.account import Account
from homeport.world.mail.appended import AppendedBody
from homeport.world.mail.mailbox import Entry, Mailbox


class Appending:
    """Adds messages to mailboxes."""

    __slots__ = ("_catenating", "dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue
        self._catenating = Catenating(selected)

    @command(
        "APPEND",
        "Add a message to a mailbox.",
        syntax="mailbox [flags] [date-time] literal",
        states={"authenticated", "selected"},
        reference="RFC 9051 6.3.12",
    )
    def append(self, cursor: Cursor) -> Steps:
        """Add messages: all of them, or none."""
        name, messages = parse_append(cursor)
        self.dialogue.accept(cursor)
        account = self.selected.account
        target = self._target(account, name)
        messages = self._permitted(target, messages)
        entries = yield from self._add(account, target, messages)
        return ok("APPEND completed", self._appenduid(target, entries))

    @command(
        "REPLACE",
        "Replace a message.",
        syntax="number mailbox literal",
        states={"selected"},
        needs={"REPLACE"},
        reference="RFC 8508 3",
    )
    def replace(self, cursor: Cursor) -> Steps:
        """Replace a message by number."""
        return self._replace(cursor, uid=False)

    @command(
        "UID REPLACE",
        "Replace a message.",
        syntax="uid mailbox literal",
        states={"selected"},
        needs={"REPLACE"},
        reference="RFC 8508 3",
    )
    def uid_replace(self, cursor: Cursor) -> Steps:
        """Replace a message by UID."""
        return self._replace(cursor, uid=True)

    def _replace(self, cursor: Cursor, *, uid: bool) -> Steps:
        """Append a message, and expunge the one that it replaces (RFC 8508 3.3); all in one if anything fails."""
        dialogue = self.dialogue
        number = cursor.nz_number()
        cursor.space()
        name, messages = parse_append(cursor, single=True)
        dialogue.accept(cursor)
        selection = self.selected.writable()
        if uid:
            replaced = number if selection.view.number(number) else 0
        else:
            (replaced,) = selection.view.by_numbers(SequenceSet(((number, number),)))
        if not replaced or selection.mailbox.find(replaced) is None:
            raise no("there is no message to be replaced (RFC 8508 3.4)", "NONEXISTENT" if uid else "")
        require(dialogue, selection.mailbox, "te", "REPLACE")
        target = self._target(self.selected.account, name)
        messages = self._permitted(target, messages)
        entries = yield from self._add(self.selected.account, target, messages)
        selection.account.expunge(selection.mailbox, [replaced])
        yield from self.selected.settle()
        if code := self._appenduid(target, entries):  # RFC 8508 3.3: before the EXPUNGE response
            dialogue.say(b"* OK [%s] replacement\r\n" % code.encode())
        return ok("REPLACE completed")

    def _target(self, account: Account, name: str) -> Mailbox:
        target = account.find(name)
        if target is None:
            raise no(f"there is no mailbox {name}: CREATE it first", "TRYCREATE")
        return target

    def _permitted(self, target: Mailbox, messages: list[AppendedMessage]) -> list[AppendedMessage]:
        """Return messages with those of their flags that the client may set in a mailbox. Raises: Refused."""
        require(self.dialogue, target, "i", self.dialogue.verb)
        rights = rights_of(self.dialogue, target)
        if target.shared or rights >= OF_FLAGS:
            return messages
        return [msgspec.structs.replace(one, flags=tuple(kept_flags(rights, one.flags))) for one in messages]

    def _add(self, account: Account, target: Mailbox, messages: Sequence[AppendedMessage]) -> Steps:
        """Store messages and add them: all of them, or none. Returns their entries."""
        if not any(message.pieces for message in messages):
            return (yield from self._store(account, target, messages))
        made: list[AppendedBody] = []
        try:
            messages = yield from self._catenating.assemble(messages, made)
            return (yield from self._store(account, target, messages))
        finally:
            for body in made:
                body.drop()

    def _store(self, account: Account, target: Mailbox, messages: Sequence[AppendedMessage]) -> Steps:
        if any(not message.body.size for message in messages):
            raise no("an empty message cancels APPEND (RFC 3502 6.3.11)")
        for message in messages:
            if message.internal is None:
                self.dialogue.report_once("append-no-date", b"APPEND")
            if message.body.blocks:
                yield message.body.save
        zones = [one.zone for one in messages]
        entries = account.append_all(target, [(one.body, one.flags, one.internal) for one in messages], zones)
        yield from self.selected.settle()
        return entries

    def _appenduid(self, target: Mailbox, entries: Sequence[Entry]) -> str:
        """Return the response code APPENDUID (RFC 4315 3)."""
        if not self.dialogue.allows("UIDPLUS"):
            return ""
        return f"APPENDUID {target.uid_validity} {serialize_set(entry.uid for entry in entries).decode()}"
