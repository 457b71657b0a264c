"""Data connections: what `ListenData`, `SendFile`, `ReceiveFile` and `CloseData` ask for (RFC 959 3.2, RFC 2577, 4217).

A session has one at a time. It is waited for on a port that is lent (`io/data/passive_ports.py`), or made to the
client; `io/data/transfer.py` does the rest. When the data connection is there already and the file is small, all is
done and told in the turn that asked for it.
"""

import _socket
import logging
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from homeport.io.data.passive_ports import PassivePort
from homeport.io.data.transfer import SMALL, Transfer, record
from homeport.io.net.gateway import default_gateways
from homeport.protocol.addresses import Address
from homeport.protocol.effects import ListenData, ReceiveFile, SendFile
from homeport.protocol.events import DataDone, DataListening, DataOpened, Event
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener
    from homeport.world.faults import Fault

log = logging.getLogger("homeport")


class ControlConnection(Protocol):
    """The connection that data connections stand beside, as they know it."""

    @property
    def fd(self) -> int: ...
    @property
    def listener(self) -> "StreamListener": ...
    @property
    def connection(self) -> Connection: ...
    def logPrefix(self) -> str: ...  # noqa: N802 - Twisted's name
    def tell(self, event: Event) -> None: ...
    def push(self) -> None: ...
    def touch(self) -> None: ...


class DataDriver:
    """The data connection of one control connection, and the port that it is waited for on."""

    __slots__ = ("_anybody", "_early", "_family", "_last", "_ours", "_port", "stream", "transfer")

    def __init__(self, stream: ControlConnection) -> None:
        self.stream = stream
        self.transfer: Transfer | None = None
        self._port: PassivePort | None = None
        self._last = 0  # the number of the port that was waited on last
        self._anybody = False
        self._early: tuple[_socket.socket, Address] | None = None  # who has come before the transfer was asked for
        stream.listener.passive_ports.enter()
        # The control connection's own name, which a proxy in front of it may have hidden from the journal.
        probe = _socket.socket(fileno=stream.fd)
        try:
            self._family = probe.family
            self._ours = probe.getsockname()
        finally:
            probe.detach()

    def listen(self, effect: ListenData) -> None:
        """Wait for a data connection."""
        self.close()
        self._anybody = effect.anybody
        ports = self.stream.listener.passive_ports
        try:
            self._port = ports.lend(
                self._family, self._ours, effect.first_port, effect.last_port, self._arrived, self._last
            )
        except OSError as error:
            log.error("no port for a data connection on %s: %s", self._ours[0], error.strerror)  # noqa: TRY400 - no trace
        # Each PASV has a port of its own (RFC 1123 4.1.2.6).
        self._last = self._port.number if self._port else 0
        self.stream.tell(DataListening(self._last, self.stream.connection.peer[0] in default_gateways()))

    def begin(self, effect: SendFile | ReceiveFile, faults: Sequence["Fault"] = ()) -> None:
        """Carry out a transfer. faults: that act on it, in the order they were planned."""
        if self.transfer is not None:
            self.transfer.finish("aborted", "another transfer was begun")
        if self._port is not None:
            self._port.take()  # of whom the reactor has not told yet
        if self._early is not None and not faults and isinstance(effect, SendFile) and self._sent_at_once(effect):
            return
        self.transfer = transfer = Transfer(self, effect, faults)
        if (to := effect.over.connect_to) is not None:
            self._let_go()
            transfer.connect(self._family, self._ours, to)
        elif self._early is not None:
            self._hand_over()
        elif self._port is None:
            transfer.finish("no connection", "no port was waited on")
        else:
            transfer.wait()

    def _sent_at_once(self, effect: SendFile) -> bool:
        """Send a small file as it is, if the network takes all of it; False: what is left is for a transfer.

        Without all that a transfer may come to need, a file of 1 KiB costs the server a tenth less.
        """
        assert self._early is not None  # noqa: S101 - the caller has looked
        (accepted, peer), over, source = self._early, effect.over, effect.source
        plain = effect.convert is None and not over.tls and not over.bandwidth and not source.blocks
        if not plain or not 0 < source.size <= SMALL or source.fileno() < 0 or self._is_stranger(peer):
            return False
        if effect.progress is None:  # a transfer could not know what is left
            return False
        began = time.monotonic()
        try:
            at = os.lseek(source.fileno(), 0, os.SEEK_CUR)
            sent = os.sendfile(accepted.fileno(), source.fileno(), at, source.size)
        except OSError:
            return False  # it will fail the transfer too, which can tell
        effect.progress.octets = sent
        if sent < source.size:
            return False
        self._early = None
        accepted.close()
        source.close()
        done = DataDone(sent, time.monotonic() - began)
        record(self.stream, "out", peer, done)
        self.stream.tell(DataOpened(peer))
        self.stream.tell(done)
        return True

    def close(self) -> None:
        """Close everything; a transfer under way is told to have been aborted."""
        self._let_go()
        if self.transfer is not None:
            self.transfer.finish("aborted", "the transfer was aborted")

    def drop(self) -> None:
        """The control connection is gone, and everything with it; nothing is told any more."""
        self.close()
        self.stream.listener.passive_ports.leave()

    def over(self, transfer: Transfer) -> None:
        """A transfer has ended, and with it what was waited for."""
        if self.transfer is transfer:
            self.transfer = None
            if not transfer.started:
                self._let_go()

    def _arrived(self, accepted: _socket.socket, peer: Address) -> None:
        """A data connection has come."""
        self._early = (accepted, peer)
        self._give_back()
        if self.transfer is not None and not self.transfer.started:
            self._hand_over()

    def _hand_over(self) -> None:
        """The transfer has its connection, unless it is a stranger's (RFC 2577 4)."""
        transfer = self.transfer
        assert transfer is not None  # noqa: S101 - the callers have looked
        assert self._early is not None  # noqa: S101
        (accepted, peer), self._early = self._early, None
        if self._is_stranger(peer):
            accepted.close()
            transfer.finish("foreign peer", f"{peer[0]} connected, which is not the client")
        else:
            transfer.connected(accepted, peer)

    def _is_stranger(self, peer: Address) -> bool:
        return not self._anybody and peer[0] != self.stream.connection.peer[0]

    def _let_go(self) -> None:
        self._give_back()
        if self._early is not None:
            self._early[0].close()
            self._early = None

    def _give_back(self) -> None:
        if self._port is not None:
            self.stream.listener.passive_ports.give_back(self._port)
            self._port = None
