"""FETCH and UID FETCH (RFC 9051 6.4.5, 6.4.9): the order of work, \\Seen, CHANGEDSINCE, VANISHED and PARTIAL.

A long answer is made in pieces: each is a bounded number of messages and bytes, and the next is made when the client
has taken it. Content that must be read from a disk, and large messages, are read and taken apart in the thread pool.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from homeport.protocol.commands import command
from homeport.protocol.effects import AwaitFlush, Call
from homeport.protocol.waiting import Steps
from homeport.services.imap.contents import Contents
from homeport.services.imap.fetch_values import Job, Response
from homeport.services.imap.grammar.fetch_items import FetchRequest, parse_fetch
from homeport.services.imap.grammar.sequence_set import SequenceSet
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.replies import bad, no, ok
from homeport.services.imap.rights import rights_of
from homeport.services.imap.selected import Selected
from homeport.services.imap.selection import PIECE_MESSAGES, Selection
from homeport.services.imap.vanished import State, vanished_earlier
from homeport.world.mail.flags import SEEN
from homeport.world.mail.mime.sections import UnknownEncoding
from homeport.world.mail.store import MessageGone

PIECE_BYTES = 64 << 10
"""Content of one piece, if no single message is larger."""
PIECE_CONTENTS = 32
"""Messages of one piece, if their content is needed."""
MAX_SINGLES = 20
"""Commands in a row that fetch one message."""
GONE = "some of these messages have been expunged (RFC 2180 4.1)"


class Fetching:
    """Reads messages of the selected mailbox."""

    __slots__ = ("_singles", "dialogue", "selected")

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self.dialogue = selected.dialogue
        self._singles = 0

    @command("FETCH", "Read messages.", syntax="set items", states={"selected"}, reference="RFC 9051 6.4.5")
    def fetch(self, cursor: Cursor) -> Steps:
        """Read messages by number."""
        return self._fetch(cursor, uid=False)

    @command("UID FETCH", "Read messages.", syntax="set items", states={"selected"}, reference="RFC 9051 6.4.9")
    def uid_fetch(self, cursor: Cursor) -> Steps:
        """Read messages by UID."""
        return self._fetch(cursor, uid=True)

    def _fetch(self, cursor: Cursor, *, uid: bool) -> Steps:
        dialogue = self.dialogue
        request: FetchRequest = yield from self.selected.parsed(partial(parse_fetch, uid=uid), cursor)
        dialogue.accept(cursor)
        selection = self.selected.get()
        self._observe_single(request.numbers)
        if request.vanished and not self.selected.modes.qresync:
            raise bad("VANISHED needs ENABLE QRESYNC first (RFC 7162 3.2.6)")
        changed_since = request.changed_since
        if changed_since is not None or any(item.name == "MODSEQ" for item in request.items):
            self.selected.enable_condstore()
        uids = yield from self.selected.picked(selection, request.numbers, uid=uid)
        if changed_since is not None:
            if request.vanished:
                state = State.of(selection.mailbox, changed_since)
                if vanished := (yield Call(partial(vanished_earlier, state, request.numbers))):
                    dialogue.say(b"* VANISHED (EARLIER) %s\r\n" % vanished)
            changed = {entry.uid for entry in selection.mailbox.changed_since(changed_since)}
            uids = [one for one in uids if one in changed]
        if request.partial is not None:
            chosen = request.partial.slice(len(uids))
            uids = uids[chosen.start : chosen.stop]
        response = Response(request.items, self.selected.modes, with_uid=uid, with_modseq=changed_since is not None)
        return (yield from self._answer(selection, uids, response, uid=uid))

    def _observe_single(self, numbers: SequenceSet) -> None:
        """Report a client that fetches message after message, each by a command of its own."""
        self._singles = (
            self._singles + 1 if len(numbers.ranges) == 1 and numbers.ranges[0][0] == numbers.ranges[0][1] else 0
        )
        if self._singles == MAX_SINGLES:
            self.dialogue.report_once("fetch-one-by-one", self.dialogue.verb.encode())

    def _answer(self, selection: Selection, uids: Sequence[int], response: Response, *, uid: bool) -> Steps:
        sets_seen = response.sets_seen and not selection.read_only
        sets_seen = sets_seen and "s" in rights_of(self.dialogue, selection.mailbox)
        incomplete, unknown = yield from self.show(selection, uids, response, sets_seen=sets_seen)
        mailbox = selection.mailbox
        found = [one for one in uids if mailbox.find(one) is not None] if incomplete else uids
        self.selected.account.note_fetched(mailbox, found, response.shown)
        if unknown:
            raise no(f"the Content-Transfer-Encoding {unknown!r} cannot be decoded (RFC 3516 4.3)", "UNKNOWN-CTE")
        if incomplete and not uid:
            raise no(GONE, "EXPUNGEISSUED")
        return ok("FETCH completed")

    def show(self, selection: Selection, uids: Sequence[int], response: Response, *, sets_seen: bool) -> Steps:
        """Send the responses of messages, in pieces.

        Return True if some are gone, and a Content-Transfer-Encoding that cannot be decoded.
        """
        dialogue = self.dialogue
        incomplete = False
        unknown = ""
        waiting = False
        for piece in self._pieces(selection, uids, contents=response.needs_content, items=response.contents):
            if waiting:
                yield AwaitFlush()
            jobs = self._jobs(selection, piece, sets_seen=sets_seen)
            if response.has_labels and (labels := dialogue.labels) is not None:
                utf8 = self.selected.modes.utf8
                shown = [labels.shown(job.entry, selection.mailbox, utf8=utf8) for job in jobs]
                jobs = [replace(job, labels=one) for job, one in zip(jobs, shown, strict=True)]
            incomplete = incomplete or len(jobs) < len(piece)
            if response.needs_content:
                read = _Reading(Contents(dialogue.context.world, selection.mailbox), jobs, response)
                large = any(job.entry.size > response.large_bytes for job in jobs)
                lines = yield (Call(read) if large else read)
                incomplete = incomplete or read.incomplete
                unknown = unknown or read.unknown_encoding
            else:
                lines = [response.line(job, None) for job in jobs]
            selection.view.fetched([job.entry.uid for job in jobs if job.seen or response.has_flags])
            dialogue.say(b"".join(lines))
            waiting = True
        return incomplete, unknown

    def _pieces(
        self, selection: Selection, uids: Sequence[int], *, contents: bool, items: int
    ) -> Iterator[Sequence[int]]:
        """Yield UIDs in pieces of bounded work. items: number of those that may have the whole content."""
        if not contents:
            for at in range(0, len(uids), PIECE_MESSAGES):
                yield uids[at : at + PIECE_MESSAGES]
            return
        piece: list[int] = []
        size = 0
        for uid in uids:
            entry = selection.mailbox.find(uid)
            bytes_of = entry.size * items if entry is not None else 0
            if piece and (size + bytes_of > PIECE_BYTES or len(piece) * items >= PIECE_CONTENTS):
                yield piece
                piece, size = [], 0
            piece.append(uid)
            size += bytes_of
        if piece:
            yield piece

    def _jobs(self, selection: Selection, uids: Sequence[int], *, sets_seen: bool) -> list[Job]:
        """Return what is to be shown of each message that still exists. sets_seen: set \\Seen first."""
        mailbox, view = selection.mailbox, selection.view
        changed: frozenset[int] = frozenset()
        if sets_seen:
            unseen = [uid for uid in uids if (entry := mailbox.find(uid)) is not None and SEEN not in entry.flags]
            if unseen:
                changed = frozenset(selection.store(unseen, "add", [SEEN])[0])
        recent = () if self.selected.modes.rev2 else view.recent
        found = ((uid, mailbox.find(uid) or mailbox.find_removed(uid)) for uid in uids)  # RFC 2180 4.1.1
        return [
            Job(view.number(uid), entry, uid in recent, uid in changed) for uid, entry in found if entry is not None
        ]


class _Reading:
    """Reads and serializes the messages of a piece, in any thread."""

    def __init__(self, contents: Contents, jobs: list[Job], response: Response) -> None:
        self._contents = contents
        self._jobs = jobs
        self._response = response
        self.incomplete = False
        """True if a message is gone."""
        self.unknown_encoding = ""
        """A Content-Transfer-Encoding that cannot be decoded."""

    def __call__(self) -> list[bytes]:
        lines = []
        for job in self._jobs:
            try:
                lines.append(self._response.line(job, self._contents))
            except MessageGone:
                self.incomplete = True
            except UnknownEncoding as error:
                self.unknown_encoding = str(error)
        return lines
