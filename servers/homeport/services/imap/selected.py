"""The selected mailbox that the parts of a session share: which it is, what is announced when, and durability."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from homeport.protocol.effects import AwaitFlush, Call, GroupCommit
from homeport.protocol.waiting import Steps
from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.grammar.sequence_set import SequenceSet, serialize_set
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.replies import bad, no
from homeport.services.imap.selection import Acting, Modes, Selection
from homeport.world.mail.account import Account
from homeport.world.row_store import StoreError

WITHOUT_EXPUNGE = frozenset({"FETCH", "STORE", "SEARCH", "SORT", "THREAD"})
"""Commands by numbers, during which no number may fall (RFC 9051 7.5.1, RFC 5256 3)."""
ANNOUNCED = frozenset({"NOTIFY", "EXPUNGE", "UID EXPUNGE", "MOVE", "UID MOVE", "REPLACE", "UID REPLACE"})
"""Commands in which everything is announced, although it was not asked for: those that expunge, and NOTIFY itself."""
MAX_LINE = 4096
"""Bytes of arguments that are parsed on the reactor."""
FOLLOWED_MESSAGES = 32
"""Messages whose labels are brought into line in one turn."""
MAX_RANGES = 1000
"""Ranges that are looked up on the reactor."""
IN_PIECES = frozenset(f"{uid}{verb}" for uid in ("", "UID ") for verb in ("STORE", "COPY", "MOVE", "EXPUNGE")) | {
    "DELETE",
    "RENAME",
}
"""Commands that change mailboxes in several turns: another session may roll back some of their changes meanwhile."""
NOT_STORED = "the change could not be stored, and was rolled back"


class Following(Protocol):
    """A part of the session that follows the changes of the selected mailbox."""

    @property
    def active(self) -> bool:
        """True if it is used."""

    def leave(self, selection: Selection) -> Iterator[bytes]:
        """Yield responses that are sent before EXPUNGE."""

    def update(self, selection: Selection) -> Steps:
        """Send responses that follow EXISTS and FETCH."""

    def compare(self) -> None:
        """Compare all messages again: changes were rolled back."""

    def begin(self, selection: Selection) -> None:
        """Take note of a mailbox that is selected."""

    def end(self) -> None:
        """End with the selection."""


class Selected:
    """The selected mailbox of a session, if any."""

    __slots__ = ("_rollbacks", "dialogue", "events", "following", "selection")

    def __init__(self, dialogue: ImapDialogue) -> None:
        self.dialogue = dialogue
        self.selection: Selection | None = None
        self.events: frozenset[str] | None = None
        """The events of NOTIFY that are announced, in commands too; None without NOTIFY: all."""
        self.following: list[Following] = []
        """What follows the changes of the selected mailbox."""
        self._rollbacks = 0  # when the current command began

    @property
    def modes(self) -> Modes:
        """The extensions that the client has enabled."""
        dialogue = self.dialogue
        return Modes(dialogue.rev2, dialogue.condstore, dialogue.qresync, dialogue.utf8, dialogue.tells_uids)

    @property
    def account(self) -> Account:
        """The mailboxes of the client. Raises: Refused before login."""
        account = self.dialogue.account
        if account is None:
            raise bad("log in first (RFC 9051 6.2)")
        return account

    @property
    def acting(self) -> Acting:
        """What changes messages in the selected mailbox."""
        return self.dialogue.labels or self.account

    def get(self) -> Selection:
        """Return the selection. Raises: Refused if there is none."""
        if self.selection is None:
            raise bad("select a mailbox first (RFC 9051 6.4)")
        return self.selection

    def writable(self) -> Selection:
        """Return the selection for a change. Raises: Refused if it cannot be changed."""
        selection = self.get()
        if selection.read_only:
            text = "the mailbox is READ-ONLY: by EXAMINE, or because there are no rights to change it (RFC 9051 6.3.3)"
            raise no(text, "READ-ONLY")
        return selection

    def parsed(self, parse: Callable[[Cursor], Any], cursor: Cursor) -> Steps:
        """Return what `parse` makes of the arguments of a command; long ones are parsed in the thread pool."""
        if len(cursor.line) > MAX_LINE:
            return (yield Call(partial(parse, cursor)))
        return parse(cursor)

    def picked(self, selection: Selection, numbers: SequenceSet, *, uid: bool) -> Steps:
        """Return `Selection.pick`; many ranges are looked up in the thread pool."""
        pick = partial(selection.pick, numbers, uid=uid)
        return (yield Call(pick)) if len(numbers.ranges) > MAX_RANGES else pick()

    def serialized(self, *sets: Sequence[int]) -> Steps:
        """Return lists of numbers as sets; long ones are serialized in the thread pool."""

        def serialize() -> list[str]:
            return [serialize_set(numbers).decode() for numbers in sets]

        return (yield Call(serialize)) if len(sets[0]) > MAX_RANGES else serialize()

    def select(self, selection: Selection) -> None:
        """Make a mailbox the selected one."""
        self._end_following()
        self.selection = selection
        self.dialogue.state = "selected"
        for one in self.following:
            one.begin(selection)

    def deselect(self) -> None:
        """Select nothing."""
        self._end_following()
        self.selection = None
        self.dialogue.state = "authenticated"

    def _end_following(self) -> None:
        for one in self.following:
            one.end()

    def catch_up(self) -> Steps:
        """Bring the labels into line with what this session and others have changed."""
        if self.dialogue.labels is None:
            return
        work = 0
        for messages in self.dialogue.labels.catching_up():
            work += messages
            if work > FOLLOWED_MESSAGES:
                work = 0
                yield AwaitFlush()

    def topics(self) -> list[str]:
        """Return the topics that are published when the selected mailbox may have changed."""
        if self.selection is None:
            return []
        if self.dialogue.labels is None:
            return [self.selection.mailbox.topic]
        return [mailbox.topic for mailbox in self.account.mailboxes]

    def roll_back(self) -> None:
        """Roll back the changes that could not be stored; this session may have observed them."""
        self.dialogue.context.world.mailboxes.rollback_failed()
        if self.dialogue.labels is not None:
            self.dialogue.labels.forget()
        if self.selection is not None:
            self.selection.view.compare(self.selection.mailbox)
            for one in self.following:
                one.compare()

    def begin(self) -> None:
        """Note that a command begins."""
        self._rollbacks = self.dialogue.context.world.mailboxes.rollbacks

    def enable_condstore(self) -> None:
        """Have MODSEQ told from now on: the client has used CONDSTORE (RFC 7162 3.1)."""
        if not self.dialogue.condstore:
            self.dialogue.condstore = True
            if self.selection is not None:
                modseq = self.selection.mailbox.highest_modseq
                self.dialogue.untagged(b"OK [HIGHESTMODSEQ %d] CONDSTORE is enabled" % modseq)

    def settle(self) -> Steps:
        """Wait until all changes so far are durable. Raises: Refused if they were rolled back."""
        mailboxes = self.dialogue.context.world.mailboxes
        ticket = mailboxes.unsettled
        if ticket is not None:
            try:
                yield GroupCommit(partial(mailboxes.flush, ticket))
            except StoreError:
                self.roll_back()
                raise no(NOT_STORED, "UNAVAILABLE") from None
        if self.dialogue.verb in IN_PIECES and mailboxes.rollbacks != self._rollbacks:
            raise no(NOT_STORED, "UNAVAILABLE")

    def conclude(self, verb: str) -> Steps:
        """Announce what has changed, before the tagged reply of a command. verb: its name, such as `UID FETCH`.

        Nothing is announced that is not durable: a UID that was told is never given to another message.
        """
        selection = self.selection
        if selection is None:
            return
        yield from self.catch_up()
        selection.observe()
        yield from self.settle()
        if selection.view.is_long:
            yield AwaitFlush()
        if selection.view.due or any(one.active for one in self.following):
            every = self.events is None or verb in ANNOUNCED
            if every or "MessageNew" in (self.events or ()):
                flags = every or "FlagChange" in (self.events or ())
                yield from self.announce(selection, expunges=verb not in WITHOUT_EXPUNGE, flags=flags)
            for one in self.following:
                if one.active:
                    yield from one.update(selection)

    def announce(self, selection: Selection, *, expunges: bool, flags: bool) -> Steps:
        """Send what may be announced now, in pieces."""
        for one in self.following if expunges else ():
            for piece in one.leave(selection):
                self.dialogue.say(piece)
        yield from self.say_pieces(selection.announce(self.modes, expunges=expunges, flags=flags))

    def say_pieces(self, made: Iterator[bytes]) -> Steps:
        """Send pieces of bounded work, some of them in each turn."""
        for at, piece in enumerate(made):
            if at % 4 == 3:
                yield AwaitFlush()
            self.dialogue.say(piece)
