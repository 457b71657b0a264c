"""Transfers: RETR, STOR, STOU, APPE, ABOR (RFC 959 4.1.3), from the one preliminary reply to the last.

Exactly one 1xx for each (RFC 944, RFC 959 4.2), and never 226 for a file that is not whole. What is stored is written
aside and takes its place when all of it is there. A store that breaks keeps what had come only where `partial_stores`
says so, or where a restart marker was answered: 110 promises that the client may go on there (RFC 959 3.5).
"""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

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
from homeport.services.ftp.channel import Channels
from homeport.services.ftp.checksums import pieces_of
from homeport.services.ftp.content import Truncating, made_up
from homeport.services.ftp.parameters import Representation
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.representation import MARKED, Receiving, ascii_position, receiving, sending
from homeport.services.ftp.speaking import LOGIN, Steps, call
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


class Transferring(Channels, Representation):
    """A dialogue that moves files."""

    __slots__ = ()

    @command("RETR", "Send a file to the client.", syntax="file", needs=LOGIN, reference="RFC 959 4.1.3")
    def retr(self, argument: str) -> Steps:
        path = self.path(argument)
        self.permissions.check_read(path)
        offset = self._take_restart()
        over = self.connection()
        self._check_type()
        wished = bool(self.wish.name)
        source: FileSource
        try:
            source, inside = yield lambda: self._open(path, offset)
        except FileProblem as problem:
            if not wished or problem.trouble != "missing":
                raise
            source, inside = made_up(offset), False
        has = self.state.parameters
        convert = sending(
            has.type,
            has.structure,
            has.mode,
            level=has.level,
            marker_every=MARKER_EVERY if has.mode in MARKED else 0,
            offset=offset,
            inside_line_end=inside,
        )
        return (yield from self.send("retrieve", path, source, convert, over))

    @command(
        "STOR",
        "Receive a file from the client, in the place of what is there.",
        syntax="file",
        needs=LOGIN,
        reference="RFC 959 4.1.3",
    )
    def stor(self, argument: str) -> Steps:
        path = self.path(argument)
        fresh = self.permissions.check_store(path)
        offset = self._take_restart()
        if fresh and offset:
            raise Refused(550, "anonymous leaves whole files only (RFC 1635)")
        over = self.connection()
        self._check_type()
        sink, inside = yield lambda: self._create(path, offset, fresh=fresh)
        return (yield from self._receive("store", path, sink, self._converter(offset, inside=inside), over))

    @command(
        "APPE", "Receive more of a file, behind what is there.", syntax="file", needs=LOGIN, reference="RFC 959 4.1.3"
    )
    def appe(self, argument: str) -> Steps:
        path = self.path(argument)
        self.permissions.check_write(path)
        if self._take_restart():
            raise Refused(503, "REST is for RETR and STOR: APPE goes on at the end (RFC 3659 5.3)", "bad-sequence")
        over = self.connection()
        self._check_type()
        sink = yield call(self.tree.create, path, append=True)
        return (yield from self._receive("append", path, sink, self._converter(0), over))

    @command(
        "STOU",
        "Receive a file under a name that no other has.",
        syntax="[name]",
        needs=LOGIN,
        reference="RFC 1123 4.1.2.9",
    )
    def stou(self, argument: str) -> Steps:
        asked = self.path(argument) if argument else (*self.state.directory, "file")
        directory, prefix = asked[:-1], asked[-1] if asked else "file"
        self.permissions.check_store((*directory, prefix))
        if self._take_restart():
            raise Refused(503, "REST is for RETR and STOR: STOU makes a new file (RFC 3659 5.3)", "bad-sequence")
        over = self.connection()
        self._check_type()
        sink: FileSink = yield call(self.tree.create_unique, directory, prefix)
        name = sink.name if directory == self.state.directory else show((*directory, sink.name))
        # RFC 1123 4.1.2.9: the text of the reply is exactly this.
        path, opening = (*directory, sink.name), f"FILE: {name}"
        return (yield from self._receive("store", path, sink, self._converter(0), over, opening))

    @command("ABOR", "End the transfer under way, and close the data connection.", reference="RFC 959 4.1.3")
    def abor(self, _argument: str) -> Reply:
        # A transfer has ended by now: the dialogue has seen to it.
        self.effect(CloseData())
        self.state.channel.passive = False
        return Reply(226, "closing data connection; nothing is transferred")

    # What goes before.

    def _take_restart(self) -> int:
        parameters = self.state.parameters
        offset, parameters.restart, parameters.restarting = parameters.restart, 0, False
        return offset

    def _check_type(self) -> None:
        if not self.state.parameters.chosen:
            self.find_once("type-missing")

    def _open(self, path: Path, offset: int) -> tuple[FileSource, bool]:
        """A file where reading begins, and whether that is between the CR and the LF of TYPE A."""
        at, inside = self._place(path, offset)
        return self.tree.open(path, at), inside

    def _create(self, path: Path, offset: int, *, fresh: bool) -> tuple[FileSink, bool]:
        """A file to be written, and the same. fresh: only if there is none of the name."""
        if fresh:
            try:
                self.tree.entry(path, follow=False)
            except FileProblem as problem:
                if problem.trouble != "missing":
                    raise
            else:
                raise FileProblem("exists", show(path))
        at, inside = self._place(path, offset)
        return self.tree.create(path, offset=at), inside

    def _place(self, path: Path, offset: int) -> tuple[int, bool]:
        """Where in a file REST's octet is: it counts those of the data connection (RFC 3659 5)."""
        has = self.state.parameters
        if not offset or has.type != "A" or has.structure != "F" or has.mode != "S":
            return offset, False
        source = self.tree.open(path)
        try:
            return ascii_position(pieces_of(source), offset)
        except ValueError as error:
            raise FileProblem("bad offset", str(error)) from None
        finally:
            source.close()

    def _converter(self, offset: int, *, inside: bool = False) -> Receiving | None:
        has = self.state.parameters
        return receiving(has.type, has.structure, has.mode, offset=offset, inside_line_end=inside)

    # The transfer.

    def _under_way(self) -> Counter[str]:
        """Return the number of transfers under way in this world, by login."""
        return self.context.world.of_service("ftp", Counter[str])

    def _check_transfers(self, give_back: Callable[[], None]) -> None:
        """Raises: Refused if the user has as many under way as he may; the file is given back."""
        most = self.options.transfers_per_user
        if most and self._under_way()[self._who] >= most:
            give_back()
            raise Refused(450, f"{self._who} has {most} transfers under way; try again when one of them has ended")

    @property
    def _who(self) -> str:
        account = self.state.login.account
        return account.login if account is not None else ""

    def _begin(self, what: str, path: Path, size: int) -> Transfer:
        channel = self.state.channel
        channel.used = not channel.passive
        channel.passive = False
        self.transfer = Transfer(what, path, Progress(), size)
        return self.transfer

    def send(self, what: str, path: Path, source: FileSource, convert: Convert | None, over: DataConnection) -> Steps:
        """Send what a source has."""
        self._check_transfers(source.close)
        transfer = self._begin(what, path, source.size)
        if self.wish.truncate >= 0:
            convert = Truncating(self.wish.truncate, convert)
        # Clients read the size of the file off this text.
        size = f" ({source.size} bytes)" if convert is None and what == "retrieve" else ""
        effect = SendFile(source, over, convert, transfer.progress)
        done = yield from self._move(transfer, effect, f"opening {self._kind} data connection for {show(path)}{size}")
        return self._outcome(transfer, done)

    def _receive(
        self,
        what: str,
        path: Path,
        sink: FileSink,
        convert: Receiving | None,
        over: DataConnection,
        opening: str = "",
    ) -> Steps:
        """Receive a file and keep it if it is whole."""
        self._check_transfers(sink.drop)
        transfer = self._begin(what, path, -1)
        transfer.convert = convert
        conversion = Truncating(self.wish.truncate, convert) if self.wish.truncate >= 0 else convert
        effect = ReceiveFile(sink, over, conversion, transfer.progress)
        try:
            opening = opening or f"opening {self._kind} data connection for {show(path)}"
            done = yield from self._move(transfer, effect, opening)
            if convert is not None and convert.bare_line_feeds:
                self.find("bare-lf-in-ascii")
            problem = self._problem(done)
            if not problem or self._keeps(transfer, problem):
                yield Call(sink.keep) if sink.replaces_much else sink.keep
                transfer.kept = bool(problem)
                yield from self._set_mode(path)
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
            self._answer_markers(transfer)
        return self._outcome(transfer, done)

    def _problem(self, done: DataDone) -> str:
        """Why a transfer is not whole; empty if it is."""
        return "broken" if not done.problem and done.truncated and self.options.strict else done.problem

    def _keeps(self, transfer: Transfer, problem: str) -> bool:
        """Whether what had come of a store stays although it broke."""
        if transfer.convert is not None and transfer.promised:
            return True
        return self.options.partial_stores == "keep" and problem in CUT and transfer.progress.octets > 0

    def answer_markers(self) -> None:
        """Answer the restart markers that have come."""
        if self.transfer is not None:
            self._answer_markers(self.transfer)

    def _answer_markers(self, transfer: Transfer) -> None:
        """Tell where our file was when they came, which is as safe by now as can be (RFC 1123 4.1.3.4)."""
        for marker in transfer.convert.take_markers() if transfer.convert is not None else ():
            transfer.promised = True
            self.say(Reply(110, f"MARK {marker.text} = {marker.offset}"))

    def _set_mode(self, path: Path) -> Steps:
        if self.state.mask != DEFAULT_MASK:
            yield call(self.tree.set_mode, path, 0o666 & ~self.state.mask)
        return None

    def _move(self, transfer: Transfer, effect: SendFile | ReceiveFile, opening: str) -> Generator[Any, Any, DataDone]:
        """Say 150, and move: under the faults of the command, which are for the data and not for the replies."""
        faults = self.take_faults()
        self.say(Reply(150, opening))
        done: DataDone = DataDone(0, 0.0, "closed", "the control connection was closed")
        login = self._who
        under_way = self._under_way()
        under_way[login] += 1
        try:
            done = yield under_faults(faults, (effect,))[0]
        finally:
            under_way[login] -= 1
            self.transfer = None
            if done.problem == "closed":
                transfer.kept = isinstance(effect, ReceiveFile) and self._keeps(transfer, done.problem)
                self._log(transfer, done, done.detail)
        if done.truncated:
            self.find("no-close-notify")
        if done.problem == "foreign peer":
            self.find("foreign-peer", done.detail.encode())
        return done

    @property
    def _kind(self) -> str:
        return NAMES[self.state.parameters.type]

    def _outcome(self, transfer: Transfer, done: DataDone) -> Reply | None:
        """The last reply."""
        problem = self._problem(done)
        self._log(transfer, done, (done.detail or problem) if problem else "")
        if not problem:
            if self.wish.silent:
                self.log_command("")
                return None
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
        self.effect(Log("file", fields))
