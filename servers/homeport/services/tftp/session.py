"""One transfer: from its request to its end.

    Requested ── the file is opened (`Call`) ── Sender or Receiver ── the last ACK ──► closed, or dallying

Work on the disk runs in the thread pool where it may block; meanwhile nothing is received.
"""

from collections.abc import Callable, Sequence
from typing import Any

from homeport.protocol.effects import Call, Close, Effect, Log, ReportFinding, Send, SendTo
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    Event,
    LimitReached,
    Requested,
    Stopping,
    Strayed,
    TimerFired,
)
from homeport.protocol.session import Context, Session
from homeport.services.tftp.access import Rights, path_of, show
from homeport.services.tftp.client_faults import ClientFault, generated, take_client_fault
from homeport.services.tftp.link import Link
from homeport.services.tftp.netascii import ToNetascii
from homeport.services.tftp.options import TftpOptions
from homeport.services.tftp.packets import (
    ACCESS,
    ACK,
    DATA,
    DISK_FULL,
    ERROR,
    EXISTS,
    ILLEGAL,
    NOT_FOUND,
    UNDEFINED,
    UNKNOWN_TID,
    error,
    error_text,
    opcode_of,
)
from homeport.services.tftp.planned import PlannedTerms, terms_under_faults
from homeport.services.tftp.receiving import Receiver
from homeport.services.tftp.request import BadRequest, Request
from homeport.services.tftp.sending import Sender
from homeport.services.tftp.terms import agree
from homeport.services.tftp.timing import Retransmission
from homeport.world.files import FileProblem, FileProblemKind, FileSink, FileSource, Path

MAX_COUNTED = 1 << 20
"""Size up to which a file is read for the octets that it has in netascii (tsize, RFC 2349)."""
CODES: dict[FileProblemKind, int] = {
    "missing": NOT_FOUND,
    "no directory": NOT_FOUND,
    "denied": ACCESS,
    "is a directory": ACCESS,
    "bad name": ACCESS,
    "exists": EXISTS,
    "no space": DISK_FULL,
    "too large": DISK_FULL,
}
"""Error codes by problem; others are 0."""


class TftpSession(Session):
    """One exchange: one file in one direction."""

    __slots__ = (
        "_client_fault",
        "_link",
        "_options",
        "_over",
        "_packet",
        "_path",
        "_planned",
        "_request",
        "_started",
        "_then",
        "_transfer",
    )  # fmt: skip

    def __init__(self, context: Context, request: Request) -> None:
        super().__init__(context)
        self._options: TftpOptions = context.options
        self._request = request
        self._packet = b""
        self._path: Path = ()
        self._client_fault = ClientFault()
        self._planned = PlannedTerms()
        self._transfer: Sender | Receiver | None = None
        self._then: Callable[[Any, Exception | None], list[Effect]] | None = None
        self._over = False
        self._link = Link(context, request.name, context.world.journal.real)
        self._started = self._link.now()

    def __repr__(self) -> str:
        return f"<TFTP {self._request.verb} {self._request.name!r:.80}>"

    def handle(self, event: Event) -> Sequence[Effect]:
        match event:
            case Data(data):
                return self._receive(data)
            case TimerFired():
                return self._transfer.timeout() if self._transfer is not None else ()
            case Called(result, error):
                return self._called(result, error)
            case Requested(data):
                return self._requested(data)
            case Strayed(data, peer):
                return self._stray(data, peer)
            case LimitReached(limit):
                return self._abort(f"the limit of this server is reached ({limit})", limit)
            case Stopping():
                return self._abort("the server stops", "stopped")
            case Closed(reason):
                return self._closed(reason)
        return ()

    # The request.

    def _requested(self, data: bytes) -> list[Effect]:
        """Begin, or take a repeated request for what it is: the same one, or the end of this transfer."""
        if self._packet:
            if data == self._packet and not self._over:
                return []
            return [*self._log("the client began another transfer"), Close()]
        self._packet = data
        effects: list[Effect] = [ReportFinding(one, data) for one in self._request.findings]
        return [*effects, *self._begin()]

    def _begin(self) -> list[Effect]:
        name, lenient = self._request.name, self._options.is_lenient
        try:
            if self.context.world.faults.by_client:
                self._client_fault, name = take_client_fault(name)
                self._link.asked += self._client_fault.ask(self.context)
            self._path, findings = path_of(name, lenient=lenient)
        except BadRequest as bad:
            return [*map(ReportFinding, bad.findings), *self._refuse(bad.code, bad.text)]
        effects: list[Effect] = [*map(ReportFinding, findings)]
        self._link.path = show(self._path)
        planned = terms_under_faults(self.context, self._request, show(self._path), self._client_fault.word)
        self._planned = planned
        effects += planned.effects
        if planned.lost:
            self._link.stalled = True
        code = planned.code if planned.code is not None else self._client_fault.code
        if code is not None:
            return [*effects, *self._refuse(code, planned.text)]
        return [*effects, *self._run(self._open_source if self._request.reads else self._open_sink, self._opened)]

    def _run(self, work: Callable[[], Any], then: Callable[[Any, Exception | None], list[Effect]]) -> list[Effect]:
        """Run work on the disk, and continue with its result."""
        if self.context.world.files.blocks:
            self._then = then
            return [Call(work)]
        try:
            result = work()
        except FileProblem as problem:
            return then(None, problem)
        return then(result, None)

    def _open_source(self) -> tuple[FileSource, int | None]:
        """Open the file to read. Return it, and the octets that it has as it is sent; None if that is unknown."""
        rights = Rights(self.context.world, self._options)
        try:
            rights.check("read", self._path)
            source = rights.tree().open(self._path)
        except FileProblem as problem:
            if problem.kind != "missing" or not self._client_fault.name:
                raise
            source = generated()
        size: int | None = source.size
        if self._client_fault.limit is not None:
            size = min(source.size, self._client_fault.limit)
        if self._request.mode == "netascii":
            content = source.cached() if "tsize" in self._request.options and source.size <= MAX_COUNTED else None
            size = None if content is None else len(ToNetascii.feed(content))
        return source, size

    def _open_sink(self) -> tuple[FileSink, None]:
        rights = Rights(self.context.world, self._options)
        rights.check("store", self._path)
        return rights.tree().create(self._path, fresh=rights.fresh), None

    def _opened(self, result: Any, problem: Exception | None) -> list[Effect]:  # Any: what `_open_*` returned
        """Agree on the terms, and begin the transfer."""
        if isinstance(problem, FileProblem):
            return self.refuse_file(problem)
        if problem is not None:
            raise problem
        file, size = result
        findings: list[str] = []
        try:
            terms = self._planned.alter(agree(self._request, self._options, size, findings.append))
        except BadRequest as bad:
            (file.close if self._request.reads else file.drop)()
            return [*map(ReportFinding, findings), *self._refuse(bad.code, bad.text)]
        timing = Retransmission(
            terms.timeout_s or float(self._options.timeout), self._options.repetitions, fixed=bool(terms.timeout_s)
        )
        netascii = self._request.mode == "netascii"
        rollover = self._options.rollover
        if self._request.reads:
            self._transfer = Sender(
                self, self._link, file, terms, timing,
                netascii=netascii, rollover=rollover, limit=self._client_fault.limit,
            )  # fmt: skip
            begins = "DATA"
        else:
            self._transfer = Receiver(
                self, self._link, file, terms, timing,
                netascii=netascii, rollover=rollover, dally_s=float(self._options.dally),
            )  # fmt: skip
            begins = "ACK"
        code = "OACK" if terms.acknowledged else begins
        return [*map(ReportFinding, findings), self._command(code), *self._transfer.start()]

    # Packets.

    def _receive(self, packet: bytes) -> list[Effect]:
        if self._transfer is None:
            return []
        if (lost := self._link.loses(packet)) is not None:
            return lost
        if len(packet) < 4:
            return [ReportFinding("short-packet", packet)]
        return self._transfer.packet(packet)

    def unexpected(self, packet: bytes) -> list[Effect]:
        """Handle a packet that is neither DATA nor ACK of this transfer."""
        opcode = opcode_of(packet)
        if opcode == ERROR:
            return self.finish(f"the client sent {error_text(packet)}")
        finding = "unexpected-opcode" if ERROR >= opcode >= 1 or opcode == 6 else "unknown-opcode"
        effects: list[Effect] = [ReportFinding(finding, packet[:16])]
        return [*effects, *self._end(ILLEGAL, "this packet is no part of the transfer", "an illegal packet")]

    def _stray(self, packet: bytes, peer: tuple[str, int]) -> list[Effect]:
        """Refuse a packet of another transfer identifier; this one goes on (RFC 1350 4)."""
        if opcode_of(packet) == ERROR:
            return []
        same_host = peer[0] == self.context.peer[0]
        own = {DATA, ACK} if same_host and self._transfer is not None else set()
        finding = "new-port-per-packet" if opcode_of(packet) in own else "wrong-tid"
        return [ReportFinding(finding, packet[:16]), SendTo(error(UNKNOWN_TID), peer)]

    def _called(self, result: Any, problem: Exception | None) -> list[Effect]:  # Any: the result of the work
        if self._then is not None:
            then, self._then = self._then, None
            return then(result, problem)
        return self._transfer.called(result, problem) if self._transfer is not None else []

    # Ends.

    def refuse_file(self, problem: FileProblem) -> list[Effect]:
        """Send the error of a file, and end."""
        code = CODES.get(problem.kind, UNDEFINED)
        if self._transfer is None:
            return self._refuse(code, problem.text)
        return self._end(code, problem.text, problem.text)

    def give_up(self, finding: str, reason: str) -> list[Effect]:
        """End because the client does not answer. It is no finding if a fault has silenced this side."""
        if self._link.stalled:
            return self.finish("a fault silenced the server")
        return [ReportFinding(finding), *self._end(UNDEFINED, "timed out", reason)]

    def finish(self, reason: str) -> list[Effect]:
        """End an incomplete transfer."""
        return [*self._log(reason), Close()]

    def completed(self) -> list[Effect]:
        """Record that the transfer is complete."""
        return self._log("")

    def _refuse(self, code: int, text: str) -> list[Effect]:
        """Refuse the request, and end."""
        self._over = True
        packets = [] if self._link.stalled else [error(code, text)]
        return [self._command(f"ERROR {code}"), *(Send(one) for one in packets), Close()]

    def _end(self, code: int, text: str, reason: str) -> list[Effect]:
        return [*self._link.send([error(code, text)]), *self.finish(reason)]

    def _abort(self, text: str, reason: str) -> list[Effect]:
        if self._over:
            return [Close()]
        return self._end(UNDEFINED, text, reason)

    def _closed(self, reason: str) -> list[Effect]:
        effects = self._log(reason)
        if self._transfer is not None:
            self._transfer.close()
        return effects

    # Records.

    def _command(self, code: str) -> Log:
        return Log("command", {"verb": self._request.verb, "argument": self._request.argument, "code": code})

    def _log(self, reason: str) -> list[Effect]:
        """Record the end of the transfer, once."""
        if self._over or self._transfer is None:
            return []
        self._over = True
        fields = {
            "what": "retrieve" if self._request.reads else "store",
            "path": show(self._path),
            "octets": self._transfer.octets,
            "seconds": round(self._link.now() - self._started, 6),
            "complete": not reason,
            "reason": reason,
        }
        return [Log("file", fields)]
