"""Transfers: RETR, STOR, STOU, APPE, ABOR (RFC 959 4.1.3), from the one preliminary reply to the final one.

Each transfer has exactly one 1xx reply (RFC 944, RFC 959 4.2), and 226 is never sent for an incomplete file. A stored
file is written under a hidden name and committed by a rename once it is complete. A failed store keeps the data
received so far only if `partial_stores` says so, or if a restart marker was acknowledged: 110 promises that the client
may restart there (RFC 959 3.5).
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
from homeport.services.ftp.checksums import read_pieces
from homeport.services.ftp.content import Truncating, generated_source
from homeport.services.ftp.dialogue import FtpDialogue, after_login
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import NO_REPLY, Refused, Reply
from homeport.services.ftp.representation import MARKED, ascii_position, receiving, sending
from homeport.services.ftp.state import DEFAULT_MASK, Transfer
from homeport.world.files import FileProblem, FileSink, FileSource, FileTree, Path

MARKER_INTERVAL_BYTES = 1 << 20
"""Bytes of a file between the restart markers sent in MODE B and C."""
NAMES = {"A": "ASCII", "E": "EBCDIC", "I": "BINARY"}
FAILURES = {
    "no connection": (425, "can't open data connection"),
    "foreign peer": (425, "the data connection came from another host (RFC 2577 4)"),
    "handshake": (522, "TLS failed on the data connection (RFC 4217 10.2)"),
    "tls": (522, "the client began TLS on a data connection in the clear: send PBSZ 0 and PROT P first (RFC 4217 9)"),
    "not resumed": (522, "the data connection must resume the TLS session of the control connection (RFC 4217 10.2)"),
    "broken": (426, "data connection broken; transfer aborted"),
    "timeout": (426, "data connection timed out; transfer aborted"),
    "aborted": (426, "transfer aborted"),
    "fault": (426, "data connection closed; transfer aborted"),
    "content": (451, "the data do not match MODE, TYPE and STRU"),
    "file": (451, "file system error"),
    "too large": (552, "the file is too large"),
    "no space": (452, "not enough space"),  # there may be in a few hours (RFC 1123 4.1.2.11)
}
"""Code and text of the final reply, by the problem of `DataDone`."""
INTERRUPTED = {"broken", "timeout", "aborted", "fault", "closed"}
"""Problems of connections, after which a client may restart where it stopped."""


class Transferring(msgspec.Struct, eq=False):
    """Commands that transfer files, one at a time."""

    dialogue: FtpDialogue
    directories: Directories
    channels: Channels
    transfer: Transfer | None = None
    """The transfer in progress, if any."""

    @after_login("RETR", "Send a file to the client.", syntax="file", reference="RFC 959 4.1.3")
    def retr(self, argument: str) -> Steps:
        path = self.directories.readable(argument)
        yield from self.directories.check_slash(argument, path)
        offset = self._take_restart()
        over = self.channels.connection()
        self._check_type()
        requested = bool(self.dialogue.client_fault.name)
        source: FileSource
        try:
            open_file = partial(self._open, self.directories.tree, path, offset)
            # REST in TYPE A counts the line ends before the offset.
            source, inside = (yield from self.directories.sized(open_file, path)) if offset else (yield open_file)
        except FileProblem as problem:
            if not requested or problem.kind != "missing":
                raise
            source, inside = generated_source(offset), False
        has = self.dialogue.memory.parameters
        every = MARKER_INTERVAL_BYTES if has.mode in MARKED else 0
        convert = sending(
            *has.form,
            level=has.level,
            marker_every=every,
            offset=offset,
            inside_line_end=inside,
            double_cr=self._double_cr,
        )
        return (yield from self.send("retrieve", path, source, convert, over))

    @after_login(
        "STOR",
        "Receive a file from the client, replacing an existing one.",
        syntax="file",
        reference="RFC 959 4.1.3",
    )
    def stor(self, argument: str) -> Steps:
        path = self.directories.path(argument)
        yield from self.directories.check_slash(argument, path)
        fresh = self.directories.permissions.check_store(path)
        offset = self._take_restart()
        if fresh and offset:
            raise Refused(550, "anonymous may store whole files only (RFC 1635)")
        over = self.channels.connection()
        self._check_type()
        create = partial(self._create, self.directories.tree, path, offset, fresh=fresh)
        # REST copies the file, whose bytes after the new data stay.
        sink, inside = (yield from self.directories.sized(create, path)) if offset else (yield create)
        return (yield from self._receive("store", path, sink, over, offset=offset, inside=inside))

    @after_login("APPE", "Receive data and append them to a file.", syntax="file", reference="RFC 959 4.1.3")
    def appe(self, argument: str) -> Steps:
        path = self.directories.writable(argument)
        yield from self.directories.check_slash(argument, path)
        if self._take_restart():
            raise Refused(503, "REST applies to RETR and STOR: APPE appends at the end (RFC 3659 5.3)", "bad-sequence")
        over = self.channels.connection()
        self._check_type()
        sink = yield from self.directories.sized(partial(self.directories.tree.create, path, append=True), path)
        return (yield from self._receive("append", path, sink, over))

    @after_login("STOU", "Receive a file under a unique name.", syntax="[name]", reference="RFC 1123 4.1.2.9")
    def stou(self, argument: str) -> Steps:
        asked = self.directories.path(argument) if argument else (*self.dialogue.memory.directory, "file")
        yield from self.directories.check_slash(argument, asked)
        directory, prefix = asked[:-1], asked[-1] if asked else "file"
        self.directories.permissions.check_store((*directory, prefix))
        if self._take_restart():
            raise Refused(503, "REST applies to RETR and STOR: STOU makes a new file (RFC 3659 5.3)", "bad-sequence")
        over = self.channels.connection()
        self._check_type()
        sink: FileSink = yield partial(self.directories.tree.create_unique, directory, prefix)
        name = sink.name if directory == self.dialogue.memory.directory else show((*directory, sink.name))
        # RFC 1123 4.1.2.9: the text of the reply is exactly this.
        path, opening = (*directory, sink.name), f"FILE: {name}"
        return (yield from self._receive("store", path, sink, over, opening))

    @command("ABOR", "Abort the transfer in progress, and close the data connection.", reference="RFC 959 4.1.3")
    def abor(self, _argument: str) -> Reply:
        # The session has ended a transfer in progress before it dispatches ABOR.
        self.dialogue.effect(CloseData())
        self.dialogue.memory.channel.passive = False
        return Reply(226, "closing data connection; no transfer in progress")

    # Before the transfer.

    def _take_restart(self) -> int:
        parameters = self.dialogue.memory.parameters
        offset, parameters.restart = parameters.restart, 0
        if self.dialogue.state == "restarting":
            self.dialogue.state = "ready"
        return offset

    def _check_type(self) -> None:
        if not self.dialogue.memory.parameters.chosen:
            self.dialogue.report_once("type-missing")

    def _open(self, tree: FileTree, path: Path, offset: int) -> tuple[FileSource, bool]:
        """Open a file for reading; the flag is True if the offset is between the CR and LF of a TYPE A line end."""
        at, inside = self._place(tree, path, offset)
        return tree.open(path, at), inside

    def _create(self, tree: FileTree, path: Path, offset: int, *, fresh: bool) -> tuple[FileSink, bool]:
        """Open a file for writing, with the flag of `_open`. fresh: fail if the name exists."""
        at, inside = self._place(tree, path, offset)
        return tree.create(path, offset=at, fresh=fresh), inside

    def _place(self, tree: FileTree, path: Path, offset: int) -> tuple[int, bool]:
        """Convert REST's offset, which counts bytes of the data connection (RFC 3659 5), to an offset in the file."""
        has = self.dialogue.memory.parameters
        if not offset or has.type != "A" or has.structure != "F" or has.mode != "S":
            return offset, False
        source = tree.open(path)
        try:
            return ascii_position(read_pieces(source), offset, double_cr=self._double_cr)
        except ValueError as error:
            raise FileProblem("bad offset", str(error)) from None
        finally:
            source.close()

    @property
    def _double_cr(self) -> bool:
        return self.dialogue.options.ascii_crlf == "double"

    # The transfer.

    def _active_transfers(self) -> Counter[str]:
        """Return the number of transfers in progress in this world, by login."""
        return self.dialogue.context.world.of_service("ftp", Counter[str])

    def _begin(self, what: str, path: Path, size: int, release: Callable[[], None]) -> Transfer:
        """Register a transfer. Raises: Refused if the user is at `transfers_per_user`."""
        most, channel = self.dialogue.options.transfers_per_user, self.dialogue.memory.channel
        if most and self._active_transfers()[self._login] >= most:
            release()
            raise Refused(450, f"{self._login} has {most} transfers in progress already; wait for one to end")
        channel.used = not channel.passive
        channel.passive = False
        self.transfer = Transfer(what, path, Progress(), size)
        return self.transfer

    @property
    def _login(self) -> str:
        account = self.dialogue.memory.login.account
        return account.login if account is not None else ""

    def send(self, what: str, path: Path, source: FileSource, convert: Convert | None, over: DataConnection) -> Steps:
        """Send the content of a source."""
        transfer = self._begin(what, path, source.size, source.close)
        if self.dialogue.client_fault.truncate >= 0:
            convert = Truncating(self.dialogue.client_fault.truncate, convert)
        # Clients parse the size of the file from this text.
        size = f" ({source.size} bytes)" if convert is None and what == "retrieve" else ""
        effect = SendFile(source, over, convert, transfer.progress)
        done = yield from self._move(transfer, effect, f"opening {self._kind} data connection for {show(path)}{size}")
        return self._outcome(transfer, done)

    def _receive(
        self, what: str, path: Path, sink: FileSink, over: DataConnection, opening: str = "",
        *, offset: int = 0, inside: bool = False,
    ) -> Steps:  # fmt: skip
        """Receive a file and commit it if complete. inside: it continues between the CR and LF of a line end."""
        transfer = self._begin(what, path, -1, sink.drop)
        form = self.dialogue.memory.parameters.form
        convert = transfer.convert = receiving(*form, offset=offset, inside_line_end=inside)
        conversion = (
            Truncating(self.dialogue.client_fault.truncate, convert)
            if self.dialogue.client_fault.truncate >= 0
            else convert
        )
        effect = ReceiveFile(sink, over, conversion, transfer.progress)
        try:
            opening = opening or f"opening {self._kind} data connection for {show(path)}"
            done = yield from self._move(transfer, effect, opening)
            if convert is not None and convert.bare_line_feeds:
                self.dialogue.report("bare-lf-in-ascii")
            problem = self._problem(done)
            if not problem or self._keeps(transfer, problem):
                yield Call(sink.commit) if sink.replaces_much else sink.commit
                transfer.kept = bool(problem)
                if (mask := self.dialogue.memory.mask) != DEFAULT_MASK:
                    yield partial(self.directories.tree.set_mode, path, 0o666 & ~mask)
        except FileProblem as problem:
            self._log(transfer, done, problem.text or problem.kind)
            raise
        except GeneratorExit:  # the control connection was closed
            if transfer.kept:
                with suppress(FileProblem):
                    sink.commit()
            raise
        finally:
            sink.drop()
        if not problem:
            self.answer_markers(transfer)
        return self._outcome(transfer, done, resumed=offset > 0)

    def _problem(self, done: DataDone) -> str:
        """Return why a transfer is incomplete; empty if it is complete."""
        return "broken" if not done.problem and done.truncated and self.dialogue.options.is_strict else done.problem

    def _keeps(self, transfer: Transfer, problem: str) -> bool:
        """True if the data of a failed store are kept."""
        if transfer.convert is not None and transfer.promised:
            return True
        return (
            self.dialogue.options.partial_stores == "keep" and problem in INTERRUPTED and transfer.progress.octets > 0
        )

    def answer_markers(self, transfer: Transfer) -> None:
        """Acknowledge restart markers with 110: the data before them are on stable storage (RFC 1123 4.1.3.4)."""
        for marker in transfer.convert.take_markers() if transfer.convert is not None else ():
            transfer.promised = True
            self.dialogue.send_reply(Reply(110, f"MARK {marker.text} = {marker.offset}"))

    def _move(self, transfer: Transfer, effect: SendFile | ReceiveFile, opening: str) -> Generator[Any, Any, DataDone]:
        """Send 150 and run the transfer. Planned faults of the command act on the data and not on the replies."""
        faults = self.dialogue.take_faults()
        if self.dialogue.client_fault.coalesce:
            self.dialogue.hold_reply(Reply(150, opening))
        else:
            self.dialogue.send_reply(Reply(150, opening))
        done: DataDone = DataDone(0, 0.0, "closed", "the control connection was closed")
        login = self._login
        self.dialogue.state = "transfer"
        under_way = self._active_transfers()
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
            self.dialogue.report("no-close-notify")
        if done.problem == "foreign peer":
            self.dialogue.report("foreign-peer", done.detail.encode())
        elif done.problem == "tls":
            self.dialogue.report("tls-on-clear-data")
        return done

    @property
    def _kind(self) -> str:
        return NAMES[self.dialogue.memory.parameters.type]

    def _outcome(self, transfer: Transfer, done: DataDone, *, resumed: bool = False) -> Reply:
        """Return the final reply."""
        problem = self._problem(done)
        self._log(transfer, done, (done.detail or problem) if problem else "")
        if not problem:
            if self.dialogue.client_fault.silent:
                return NO_REPLY
            return Reply(226, "closing data connection; transfer complete")
        code, text = FAILURES.get(problem, FAILURES["broken"])
        text = f"{text}: {done.detail}" if done.detail else text
        if transfer.kept:
            text += "; the data received are kept" + ("" if resumed else ": SIZE shows how much")
        return Reply(code, text)

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
