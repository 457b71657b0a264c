"""Transfers: RETR, STOR, STOU, APPE, ABOR (RFC 959 4.1.3), from the one preliminary reply to the last.

Exactly one 1xx for each (RFC 944, RFC 959 4.2), and never 226 for a file that is not whole. What is stored is written
aside and takes its place when all of it is there. A store that breaks keeps what had come only where `partial_stores`
says so, or where a restart marker was answered: 110 promises that the client may go on there (RFC 959 3.5).
"""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from homeport.protocol.commands import command
from homeport.protocol.effects import (
    Call,
    CloseData,
    Convert,
    DataConnection,
    Log,
    Progress,
    ReceiveFile,
    SendFile,
    under_faults,
)
from homeport.protocol.events import DataDone
from homeport.protocol.waiting import Steps
from homeport.services.ftp.channel import Channels
from homeport.services.ftp.checksums import pieces_of
from homeport.services.ftp.content import Truncating, made_up
from homeport.services.ftp.dialogue import FtpDialogue, inside
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import UNSAID, Refused, Reply
from homeport.services.ftp.representation import MARKED, ascii_position, receiving, sending
from homeport.services.ftp.state import DEFAULT_MASK, Transfer
from homeport.world.files import FileProblem, FileSink, FileSource, Path

MARKER_EVERY = 1 << 20
"""Octets of a file between the restart markers that are sent in MODE B and C."""
NAMES = {"A": "ASCII", "E": "EBCDIC", "I": "BINARY"}
FAILURES = {
    "no connection": (425, "can't open data connection"),
    "foreign peer": (425, "the data connection came from another host (RFC 2577 4)"),
    "handshake": (522, "TLS failed on the data connection (RFC 4217 10.2)"),
    "not resumed": (522, "the data connection must resume the TLS session of the control connection (RFC 4217 10.2)"),
    "broken": (426, "the data connection broke; transfer aborted"),
    "timeout": (426, "the data connection stood still; transfer aborted"),
    "aborted": (426, "transfer aborted"),
    "fault": (426, "data connection closed; transfer aborted"),
    "content": (451, "the data are not as MODE, TYPE and STRU have them"),
    "file": (451, "the file system failed"),
    "no space": (452, "there is no room for it now"),  # there may be in a few hours (RFC 1123 4.1.2.11)
}
"""What is said of each problem of `DataDone`."""
CUT = {"broken", "timeout", "aborted", "fault", "closed"}
"""Problems of connections, behind which a client may go on where it was."""


class Transferring(msgspec.Struct, eq=False):
    """Files on data connections, one at a time."""

    dialogue: FtpDialogue
    directories: Directories
    channels: Channels
    transfer: Transfer | None = None
    """The one under way."""

    @inside("RETR", "Send a file to the client.", syntax="file", reference="RFC 959 4.1.3")
    def retr(self, argument: str) -> Steps:
        path = self.directories.readable(argument)
        offset = self._take_restart()
        over = self.channels.connection()
        self._check_type()
        wished = bool(self.dialogue.wish.name)
        source: FileSource
        try:
            source, inside = yield lambda: self._open(path, offset)
        except FileProblem as problem:
            if not wished or problem.trouble != "missing":
                raise
            source, inside = made_up(offset), False
        has = self.dialogue.memory.parameters
        every = MARKER_EVERY if has.mode in MARKED else 0
        convert = sending(*has.form, level=has.level, marker_every=every, offset=offset, inside_line_end=inside)
        return (yield from self.send("retrieve", path, source, convert, over))

    @inside(
        "STOR",
        "Receive a file from the client, in the place of what is there.",
        syntax="file",
        reference="RFC 959 4.1.3",
    )
    def stor(self, argument: str) -> Steps:
        path = self.directories.path(argument)
        fresh = self.directories.permissions.check_store(path)
        offset = self._take_restart()
        if fresh and offset:
            raise Refused(550, "anonymous leaves whole files only (RFC 1635)")
        over = self.channels.connection()
        self._check_type()
        sink, inside = yield lambda: self._create(path, offset, fresh=fresh)
        return (yield from self._receive("store", path, sink, over, offset=offset, inside=inside))

    @inside("APPE", "Receive more of a file, behind what is there.", syntax="file", reference="RFC 959 4.1.3")
    def appe(self, argument: str) -> Steps:
        path = self.directories.writable(argument)
        if self._take_restart():
            raise Refused(503, "REST is for RETR and STOR: APPE goes on at the end (RFC 3659 5.3)", "bad-sequence")
        over = self.channels.connection()
        self._check_type()
        sink = yield partial(self.directories.tree.create, path, append=True)
        return (yield from self._receive("append", path, sink, over))

    @inside("STOU", "Receive a file under a name that no other has.", syntax="[name]", reference="RFC 1123 4.1.2.9")
    def stou(self, argument: str) -> Steps:
        asked = self.directories.path(argument) if argument else (*self.dialogue.memory.directory, "file")
        directory, prefix = asked[:-1], asked[-1] if asked else "file"
        self.directories.permissions.check_store((*directory, prefix))
        if self._take_restart():
            raise Refused(503, "REST is for RETR and STOR: STOU makes a new file (RFC 3659 5.3)", "bad-sequence")
        over = self.channels.connection()
        self._check_type()
        sink: FileSink = yield partial(self.directories.tree.create_unique, directory, prefix)
        name = sink.name if directory == self.dialogue.memory.directory else show((*directory, sink.name))
        # RFC 1123 4.1.2.9: the text of the reply is exactly this.
        path, opening = (*directory, sink.name), f"FILE: {name}"
        return (yield from self._receive("store", path, sink, over, opening))

    @command("ABOR", "End the transfer under way, and close the data connection.", reference="RFC 959 4.1.3")
    def abor(self, _argument: str) -> Reply:
        # A transfer has ended by now: the session has seen to it.
        self.dialogue.effect(CloseData())
        self.dialogue.memory.channel.passive = False
        return Reply(226, "closing data connection; nothing is transferred")

    # What goes before.

    def _take_restart(self) -> int:
        parameters = self.dialogue.memory.parameters
        offset, parameters.restart = parameters.restart, 0
        if self.dialogue.state == "restarting":
            self.dialogue.state = "ready"
        return offset

    def _check_type(self) -> None:
        if not self.dialogue.memory.parameters.chosen:
            self.dialogue.find_once("type-missing")

    def _open(self, path: Path, offset: int) -> tuple[FileSource, bool]:
        """A file where reading begins, and whether that is between the CR and the LF of TYPE A."""
        at, inside = self._place(path, offset)
        return self.directories.tree.open(path, at), inside

    def _create(self, path: Path, offset: int, *, fresh: bool) -> tuple[FileSink, bool]:
        """A file to be written, and the same. fresh: only if there is none of the name."""
        if fresh:
            try:
                self.directories.tree.entry(path, follow=False)
            except FileProblem as problem:
                if problem.trouble != "missing":
                    raise
            else:
                raise FileProblem("exists", show(path))
        at, inside = self._place(path, offset)
        return self.directories.tree.create(path, offset=at), inside

    def _place(self, path: Path, offset: int) -> tuple[int, bool]:
        """Where in a file REST's octet is: it counts those of the data connection (RFC 3659 5)."""
        has = self.dialogue.memory.parameters
        if not offset or has.type != "A" or has.structure != "F" or has.mode != "S":
            return offset, False
        source = self.directories.tree.open(path)
        try:
            return ascii_position(pieces_of(source), offset)
        except ValueError as error:
            raise FileProblem("bad offset", str(error)) from None
        finally:
            source.close()

    # The transfer.

    def _under_way(self) -> Counter[str]:
        """Return the number of transfers under way in this world, by login."""
        return self.dialogue.context.world.of_service("ftp", Counter[str])

    def _begin(self, what: str, path: Path, size: int, give_back: Callable[[], None]) -> Transfer:
        """Begin. Raises: Refused if the user has as many under way as he may; the file is given back."""
        most, channel = self.dialogue.options.transfers_per_user, self.dialogue.memory.channel
        if most and self._under_way()[self._who] >= most:
            give_back()
            raise Refused(450, f"{self._who} has {most} transfers under way; try again when one of them has ended")
        channel.used = not channel.passive
        channel.passive = False
        self.transfer = Transfer(what, path, Progress(), size)
        return self.transfer

    @property
    def _who(self) -> str:
        account = self.dialogue.memory.login.account
        return account.login if account is not None else ""

    def send(self, what: str, path: Path, source: FileSource, convert: Convert | None, over: DataConnection) -> Steps:
        """Send what a source has."""
        transfer = self._begin(what, path, source.size, source.close)
        if self.dialogue.wish.truncate >= 0:
            convert = Truncating(self.dialogue.wish.truncate, convert)
        # Clients read the size of the file off this text.
        size = f" ({source.size} bytes)" if convert is None and what == "retrieve" else ""
        effect = SendFile(source, over, convert, transfer.progress)
        done = yield from self._move(transfer, effect, f"opening {self._kind} data connection for {show(path)}{size}")
        return self._outcome(transfer, done)

    def _receive(
        self, what: str, path: Path, sink: FileSink, over: DataConnection, opening: str = "",
        *, offset: int = 0, inside: bool = False,
    ) -> Steps:  # fmt: skip
        """Receive a file and keep it if it is whole. inside: it goes on between the CR and the LF of a line."""
        transfer = self._begin(what, path, -1, sink.drop)
        form = self.dialogue.memory.parameters.form
        convert = transfer.convert = receiving(*form, offset=offset, inside_line_end=inside)
        conversion = Truncating(self.dialogue.wish.truncate, convert) if self.dialogue.wish.truncate >= 0 else convert
        effect = ReceiveFile(sink, over, conversion, transfer.progress)
        try:
            opening = opening or f"opening {self._kind} data connection for {show(path)}"
            done = yield from self._move(transfer, effect, opening)
            if convert is not None and convert.bare_line_feeds:
                self.dialogue.find("bare-lf-in-ascii")
            problem = self._problem(done)
            if not problem or self._keeps(transfer, problem):
                yield Call(sink.keep) if sink.replaces_much else sink.keep
                transfer.kept = bool(problem)
                if (mask := self.dialogue.memory.mask) != DEFAULT_MASK:
                    yield partial(self.directories.tree.set_mode, path, 0o666 & ~mask)
        except FileProblem as trouble:
            self._log(transfer, done, trouble.text or trouble.trouble)
            raise
        except GeneratorExit:  # the control connection is gone
            if transfer.kept:
                with suppress(FileProblem):
                    sink.keep()
            raise
        finally:
            sink.drop()
        if not problem:
            self.answer_markers(transfer)
        return self._outcome(transfer, done)

    def _problem(self, done: DataDone) -> str:
        """Why a transfer is not whole; empty if it is."""
        return "broken" if not done.problem and done.truncated and self.dialogue.options.strict else done.problem

    def _keeps(self, transfer: Transfer, problem: str) -> bool:
        """Whether what had come of a store stays although it broke."""
        if transfer.convert is not None and transfer.promised:
            return True
        return self.dialogue.options.partial_stores == "keep" and problem in CUT and transfer.progress.octets > 0

    def answer_markers(self, transfer: Transfer) -> None:
        """Tell where our file was when markers came, which is as safe by now as can be (RFC 1123 4.1.3.4)."""
        for marker in transfer.convert.take_markers() if transfer.convert is not None else ():
            transfer.promised = True
            self.dialogue.tell(Reply(110, f"MARK {marker.text} = {marker.offset}"))

    def _move(self, transfer: Transfer, effect: SendFile | ReceiveFile, opening: str) -> Generator[Any, Any, DataDone]:
        """Say 150, and move: under the faults of the command, which are for the data and not for the replies."""
        faults = self.dialogue.take_faults()
        self.dialogue.tell(Reply(150, opening))
        done: DataDone = DataDone(0, 0.0, "closed", "the control connection was closed")
        login = self._who
        self.dialogue.state = "transfer"
        under_way = self._under_way()
        under_way[login] += 1
        try:
            done = yield under_faults(faults, (effect,))[0]
        finally:
            under_way[login] -= 1
            self.transfer = None
            self.dialogue.state = "ready"
            if done.problem == "closed":
                transfer.kept = isinstance(effect, ReceiveFile) and self._keeps(transfer, done.problem)
                self._log(transfer, done, done.detail)
        if done.truncated:
            self.dialogue.find("no-close-notify")
        if done.problem == "foreign peer":
            self.dialogue.find("foreign-peer", done.detail.encode())
        return done

    @property
    def _kind(self) -> str:
        return NAMES[self.dialogue.memory.parameters.type]

    def _outcome(self, transfer: Transfer, done: DataDone) -> Reply:
        """The last reply."""
        problem = self._problem(done)
        self._log(transfer, done, (done.detail or problem) if problem else "")
        if not problem:
            if self.dialogue.wish.silent:
                return UNSAID
            return Reply(226, "closing data connection; transfer complete")
        code, text = FAILURES.get(problem, FAILURES["broken"])
        text = f"{text}: {done.detail}" if done.detail else text
        return Reply(code, f"{text}; what came is kept, and SIZE tells how much that is" if transfer.kept else text)

    def _log(self, transfer: Transfer, done: DataDone, reason: str) -> None:
        fields = {
            "what": transfer.what,
            "path": show(transfer.path),
            "octets": transfer.progress.octets,
            "seconds": round(done.seconds, 6),
            "complete": not reason,
            "reason": reason,
        }
        if transfer.kept:
            fields["kept"] = True
        self.dialogue.effect(Log("file", fields))
