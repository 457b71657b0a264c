"""The driver of UDP services: passes datagrams to the service's function and sends its answers.

An answer leaves from the address that the request was sent to (RFC 1123 2.3). A socket bound to one address does so by
itself; one bound to all addresses reads the destination from the kernel (IP_PKTINFO) and passes it back as the source.
"""

import logging
import socket
import struct
import sys
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from homeport.config.sections import LimitOptions
from homeport.io import platform
from homeport.io.net.descriptor import ANYWHERE, Descriptor
from homeport.io.net.exchanges import Exchanges
from homeport.io.net.guard import HOPS, Guard, hops_left
from homeport.io.net.mmsg import BATCH, IPV4_NAME, IPV6_NAME, NAME, SLOT, Batch
from homeport.io.net.reactor import Reactor
from homeport.io.net.service_listener import ServiceListener
from homeport.io.net.sockets import Bound
from homeport.io.net.stream_socket import Control, SocketAddress
from homeport.io.net.turns import turns_of
from homeport.io.net.worker_calls import call_off_reactor
from homeport.protocol.addresses import Address, address_text
from homeport.protocol.effects import (
    AnswerLater,
    Effect,
    Log,
    LogFault,
    Misbehave,
    OpenExchange,
    ReportFinding,
    Send,
    SendAfter,
)
from homeport.protocol.service import Options, Service
from homeport.protocol.session import Context
from homeport.world.faults import Fault
from homeport.world.journal import DATAGRAM_KEPT, ENTRY_COST, Connection, DatagramRow
from homeport.world.world import World

if TYPE_CHECKING:
    from homeport.io.net.datagram_faults import DatagramFaults

log = logging.getLogger("homeport")

LARGEST = 65_535
FEWEST_UNDER_FAULTS = 2
"""Datagrams that a socket under faults processes in a turn though the turn's allowance is spent."""
SENDERS_REMEMBERED = 4096
CONTROL_ROOM = 256
MAX_HELD = 1000
"""Datagrams of a listener that wait for the registry; others are dropped, as any network may do."""
RELEASED_PER_TURN = 32
OPENED_PER_TURN = 8
"""Exchanges that may begin in a turn of the reactor: each takes a socket, an object and a file."""
MULTICAST, MULTICAST_V4 = 0xFF, 224
"""First byte of the multicast addresses of IPv6; the lowest of IPv4's, above which there is only broadcast."""
TAKEN = "taken by an exchange"
"""Mark of a row of the journal that is left out, because the exchange records the datagram."""


class Sender:
    """The cached context and settings of one source address, because a sender mostly sends again."""

    __slots__ = ("address", "context", "exempt", "port", "recorded", "room", "second")

    def __init__(self, address: Address, context: Context, *, exempt: bool, recorded: bool) -> None:
        self.address = address
        self.port = address[1]
        self.context = context
        self.exempt = exempt
        self.recorded = recorded
        self.second = 0  # the last second in which it sent
        self.room = 0  # bytes that the journal still keeps of it in that second


class DatagramListener(ServiceListener):
    """One UDP listener of a service in a world, on all its addresses."""

    def __init__(
        self,
        reactor: Reactor,
        world: World,
        service: Service,
        options: Options,
        limits: LimitOptions,
        bound: Bound,
        guard: Guard,
        batch: Batch | None,
    ) -> None:
        super().__init__(reactor, world, service, options, limits, bound)
        self.guard = guard
        self.amplification = service.amplification
        self.misbehaving: DatagramFaults | None = None  # made with the first fault
        self._asked: list[Fault] = []  # faults that the service wants on the answers to the current datagram
        self._held: deque[tuple[Sender, bytes]] = deque()  # datagrams that wait for the registry
        self.exchanges = Exchanges(self) if service.exchanges else None
        """Its exchanges; None for services without them."""
        self._batch = batch
        if service.datagram_text is not None:
            world.journal.show_datagrams(service.name, partial(service.datagram_text, world))
        self.load = service.load_of(bound.wanted.listener)
        """Imports the service's modules; None if they are imported."""
        self._loading = False
        self.descriptors: list[Port] = self.watch(bound)

    def configure(self, options: Options, limits: LimitOptions) -> None:
        """Apply new options and limits; cached senders are dropped."""
        super().configure(options, limits)
        self._share = int(self.world.journal.options.kept_per_sender)
        for port in self.descriptors:
            port.forget_senders()

    def watch(self, bound: Bound) -> "list[Port]":
        """Return the descriptors of its sockets."""
        return [make_port(self, receiver, self._batch) for receiver in bound.sockets]

    def begin_loading(self) -> None:
        """Import the modules in the thread pool, for the first datagram; all wait in the sockets meanwhile."""
        for port in self.descriptors:
            self.reactor.removeReader(port)
        if self.load is not None and not self._loading:
            self._loading = True
            call_off_reactor(self.reactor, self.load, self._loaded)

    def _loaded(self, _result: object, _error: Exception | None) -> None:
        """Serve. An error of the import is raised again by the first datagram."""
        self.load = None
        for port in self.descriptors:
            port.resume()

    def sender(self, address: Address, local: Address) -> Sender:
        """Make the cache entry of a sender."""
        context = Context(self.world, self.options, self.source.listener, address, local, service=self.service.name)
        exempt = self.exempt.covers(address[0])
        return Sender(address, context, exempt=exempt, recorded=self.world.journal.records(address[0]))

    def answer(self, sender: Sender, data: bytes, hops: int, second: int) -> DatagramRow:
        """Call the service with one datagram. Return the journal's row, with the answers.

        hops: the remaining TTL or hop limit. second: real time in whole seconds.
        """
        if sender.second != second:
            self.renew_share(sender, second)
        guard = self.guard
        # The first test of `refuses`, inlined: it is nearly always False.
        if (sender.port in guard.refused_ports or hops < guard.fewest_hops) and (
            refusal := guard.refuses(sender.port, hops, self.service.client_ports)
        ):
            return self.drop(sender, data, refusal)
        try:
            effects = self.service.datagram(sender.context, data)  # type: ignore[misc]  # it has UDP listeners
        except Exception:
            self.counters.errors += 1
            log.exception("%s failed on a datagram; please report this", self.service.name)
            return self.drop(sender, data, "internal error")
        if len(effects) == 1 and type(effects[0]) is Send:
            answers: tuple[bytes | memoryview, ...] = (effects[0].data,)
            answer_size = len(effects[0].data)
        elif effects and type(effects[-1]) is OpenExchange:
            return self._open_exchange(effects, sender, data, hops)
        else:
            answers = self._sort(effects, sender)
            answer_size = sum(map(len, answers))
            if len(answers) > 1 and not guard.allows_several(sender.address, len(answers), second):
                return self.drop(sender, data, "storm")
        if self.amplification and guard.enabled and answer_size > self.amplification * len(data):
            return self.drop(sender, data, "amplification")
        if answers and not sender.exempt and not guard.allows(sender.address[0], len(answers), second):
            return self.drop(sender, data, "rate")
        size = len(data)
        if size > DATAGRAM_KEPT:
            data = data[:DATAGRAM_KEPT]
        return sender.address, data, size, answers, None, answer_size

    @property
    def may_misbehave(self) -> bool:
        """True if faults can act on a datagram that comes now."""
        return bool(self.faults) or (self.world.faults.possible and self.service.commands_in_datagrams)

    def misbehavior(self) -> "DatagramFaults":
        """Return what applies faults to datagrams, made on first use."""
        if self.misbehaving is None:
            from homeport.io.net.datagram_faults import DatagramFaults  # most farms never need it

            self.misbehaving = DatagramFaults(self)
        return self.misbehaving

    def take_asked(self) -> Sequence[Fault]:
        """Return the faults by which the service had its answers to the last datagram altered, and forget them."""
        asked, self._asked = self._asked, []
        return asked

    def keep(self, sender: Sender, row: DatagramRow) -> bool:
        """Return True if the journal keeps the row: the sender is recorded and has not used up its share."""
        if sender.room <= 0:
            self.counters.unrecorded += 1
            return False
        if row[4] is TAKEN:
            return False
        sender.room -= ENTRY_COST + len(row[1]) + row[5]
        return True

    def renew_share(self, sender: Sender, second: int) -> None:
        """Renew a sender's share of the journal at the beginning of a second."""
        sender.second = second
        sender.room = self._share if sender.recorded else 0

    def count_row(self, sender: Sender, row: DatagramRow) -> None:
        """Write a row to the journal, if the sender's share allows it."""
        if self.keep(sender, row):
            self.world.journal.datagrams(self.source, (row,))

    def faults_changed(self) -> None:
        """Apply a change of the planned faults, also to datagrams that are held back."""
        super().faults_changed()
        if self.misbehaving is not None:
            self.misbehaving.refresh()
        if self.exchanges is not None:
            self.exchanges.faults_changed()

    def fault_acted_on(self, sender: Sender, fault: Fault, words: str, instead_of: str = "") -> None:
        """Journal the action of a fault on a datagram of that sender or on its answers."""
        if sender.room > 0:
            sender.room -= ENTRY_COST
            self.fault_acted(self.source, fault, words, instead_of, peer=address_text(sender.address))

    def close(self) -> None:
        """Close the sockets, and discard the datagrams that faults hold back."""
        super().close()
        if self.misbehaving is not None:
            self.misbehaving.drop()

    def ignore_broadcast(self, address: Address, data: bytes) -> None:
        """Drop a datagram that was sent to a broadcast address: an answer could come from many hosts at once.

        RFC 1123 4.2.3.5 says so of TFTP.
        """
        sender = self.sender(address, self.descriptors[0].local)
        self.renew_share(sender, 0)
        if "broadcast" in self.rules:
            self._record(ReportFinding("broadcast", data), sender)
        self.count_row(sender, self.drop(sender, data, "broadcast"))

    def _open_exchange(self, effects: Sequence[Effect], sender: Sender, data: bytes, hops: int) -> DatagramRow:
        """Begin an exchange, after the other effects. Return the journal's row."""
        self._sort(effects[:-1], sender)
        assert self.exchanges is not None  # noqa: S101 - the service declares them
        reason = self.exchanges.request(effects[-1], sender, hops)  # type: ignore[arg-type]  # checked by the caller
        if reason is None:
            return sender.address, b"", 0, (), TAKEN, 0
        row = self.drop(sender, data, reason)
        refusal = self.service.refusal("busy")  # short: the source may be forged
        if not refusal or reason == "rate" or len(refusal) > len(data):
            return row
        return (*row[:3], (refusal,), row[4], len(refusal))

    @property
    def connections(self) -> list[Connection]:
        """The open exchanges."""
        return [] if self.exchanges is None else self.exchanges.connections

    def drop_connections(self, reason: str) -> None:
        """End all exchanges."""
        if self.exchanges is not None:
            self.exchanges.stop(reason)

    def _sort(self, effects: Sequence[Effect], sender: Sender) -> tuple[bytes | memoryview, ...]:
        """Return the answers among the effects, and execute the others."""
        answers = []
        for effect in effects:
            if type(effect) is Send:
                answers.append(effect.data)
            elif type(effect) is Misbehave:
                self._asked.append(effect.fault)
                answers += self._sort(effect.effects, sender)
            elif type(effect) is not Log or sender.room > 0:
                try:
                    self._record(effect, sender)
                except Exception as error:  # an internal error: the answer is sent all the same
                    self.internal_error(f"{effect!r:.200}", error)
        return tuple(answers)

    def drop(self, sender: Sender, data: bytes, reason: str | None) -> DatagramRow:
        """Count a datagram that gets no answer. Return the journal's row."""
        self.counters.drop(reason or "")
        return sender.address, data[:DATAGRAM_KEPT], len(data), (), reason, 0

    def _record(self, effect: Effect, sender: Sender) -> None:
        if isinstance(effect, ReportFinding):
            if effect.id not in self.rules:
                self.counters.errors += 1
                self.undeclared("finding", effect.id)
                return
            peer = address_text(sender.address)
            self.world.findings.add(
                self.rules[effect.id],
                self.source,
                effect.data,
                peer,
                recorded=sender.room > 0,
                transaction=effect.transaction,
            )
            self.counters.findings += 1
            sender.room -= ENTRY_COST
        elif isinstance(effect, LogFault):
            self.fault_acted_on(sender, effect.fault, effect.did, effect.instead_of)
        elif isinstance(effect, SendAfter):
            self._send_after(effect, sender)
        elif isinstance(effect, AnswerLater):
            self._hold(sender, effect.data)
        elif not isinstance(effect, Log):
            raise TypeError(f"datagram services do not support the effect {type(effect).__name__}")
        elif sender.room > 0:
            if effect.type not in self.event_types:
                self.undeclared("type of events", effect.type)
            self.world.journal.log(self.source, effect.type, {"peer": address_text(sender.address), **effect.fields})

    def _hold(self, sender: Sender, data: bytes) -> None:
        """Keep a datagram until the registry has caught up with the clock."""
        if len(self._held) >= MAX_HELD:
            self.counters.drop("standstill")
            return
        self._held.append((sender, data))
        if len(self._held) == 1:
            self.world.standstill.wait(self._release)

    def _release(self) -> None:
        """Answer some of the datagrams that were kept."""
        some = [self._held.popleft() for _ in range(min(len(self._held), RELEASED_PER_TURN))]
        if self._held:
            self.reactor.callLater(0, self._release)
        for sender, data in some:
            try:
                answers = self._sort(self.service.datagram(sender.context, data), sender)  # type: ignore[misc]
            except Exception as error:
                self.internal_error("answering a datagram", error)
                continue
            for one in answers:
                self._send_later(sender, one)

    def _send_later(self, sender: Sender, data: bytes | memoryview) -> None:
        """Send an answer outside of the turn of its request, from the address that was asked."""
        if not self.guard.allows(sender.address[0], 1, int(self.reactor.seconds())):
            return
        local = sender.context.local
        for port in self.descriptors:
            if port.answers_from(local):
                port.send_from(local[0], data, sender.address)
                self.counters.sent += len(data)
                return

    def _send_after(self, effect: SendAfter, sender: Sender) -> None:
        """Send the answer of an effect when its work has ended."""

        def over(_result: Any, error: Exception | None) -> None:
            try:
                data = effect.answer(error)
            except Exception as failed:
                self.internal_error("finishing an answer", failed)
                return
            if data is not None:
                self._send_later(sender, data)

        call_off_reactor(self.reactor, effect.work, over)


def make_port(listener: DatagramListener, receiver: socket.socket, batch: Batch | None) -> "Port":
    """Return the descriptor for a socket: batched if the system supports it and the socket has one address."""
    if batch is None or listener.service.exchanges or receiver.getsockname()[0] in ANYWHERE:
        return PlainPort(listener, receiver)
    return BatchPort(listener, receiver, batch)


class Port(Descriptor):
    """A UDP socket."""

    def __init__(self, listener: DatagramListener, receiver: socket.socket) -> None:
        super().__init__(listener.reactor, receiver, listener.bound.wanted.name)
        self.listener = listener
        self.v6 = receiver.family == socket.AF_INET6
        self._senders: dict[object, Sender] = {}
        # Have the kernel report the TTL of each datagram, and give answers the TTL that fits most requests.
        platform.tell_ttl(receiver)
        if self.v6:
            receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, HOPS - 1)
        else:
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, HOPS - 1)

    def failed(self, error: Exception) -> None:
        """Count an internal error."""
        self.listener.internal_error("answering a datagram", error)

    def forget_senders(self) -> None:
        """Drop the cache of senders: their options have changed."""
        self._senders.clear()

    def _meet(self, key: object, address: Address, local: Address) -> Sender:
        """Cache a new sender under the caller's key."""
        if len(self._senders) >= SENDERS_REMEMBERED:
            self._senders.clear()
        sender = self._senders[key] = self.listener.sender(address, local)
        return sender

    def answers_from(self, local: Address) -> bool:
        """Return True if datagrams to an address of this machine are received here."""
        is_v6 = ":" in local[0]
        return self.v6 == is_v6 and self.local[1] == local[1] and (self.anywhere or self.local[0] == local[0])

    def send_from(self, host: str, data: bytes | memoryview, address: Address) -> None:
        """Send a datagram outside of the turn of its request. host: the address from which it is sent."""
        control: list[Control] = []
        if self.anywhere and self.v6:
            control = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, socket.inet_pton(socket.AF_INET6, host) + bytes(4))]
        elif self.anywhere:
            packed = bytes(4) + socket.inet_pton(socket.AF_INET, host) + bytes(4)
            control = [(socket.IPPROTO_IP, platform.IP_PKTINFO, packed)]
        self.send_one(data, address, HOPS - 1, control)

    def answer_singly(self) -> None:
        """Answer waiting datagrams one by one."""
        listener = self.listener
        second = int(listener.reactor.seconds())
        misbehavior = listener.misbehavior() if listener.may_misbehave else None
        for number in range(BATCH if listener.exchanges is None else OPENED_PER_TURN):
            if misbehavior is not None and number >= FEWEST_UNDER_FAULTS and not turns_of(listener.reactor).pay(0):
                return  # the reactor reports the rest in the next turn
            try:
                data, controls, _flags, address = self.socket.recvmsg(LARGEST, CONTROL_ROOM)
            except OSError:  # nothing waits any more, or this is the error of an earlier answer
                return
            listener.counters.datagrams_in += 1
            listener.counters.received += len(data)
            hops, asked, control = self._read_controls(controls)
            if self.anywhere and is_broadcast(controls):
                listener.ignore_broadcast(address[:2], data)
                continue
            sender = self._senders.get((address, asked))
            if sender is None:
                sender = self._meet((address, asked), address[:2], (asked or self.local[0], self.local[1]))
            if misbehavior is not None:
                misbehavior.take(self, sender, address, data, hops, control)
                continue
            row = listener.answer(sender, data, hops, second)
            listener.counters.sent += row[5]
            listener.count_row(sender, row)
            for one in row[3]:
                left = hops_left(hops) if listener.guard.enabled else HOPS
                self.send_one(one, address, left, control)

    def _read_controls(self, controls: list[Control]) -> tuple[int, str, list[Control]]:
        """Return the remaining hops, the destination address, and the control message to answer from it."""
        hops, asked = HOPS, ""
        control: list[Control] = []
        for level, kind, value in controls:
            if (level, kind) in platform.TTL_MESSAGES:
                hops = platform.ttl_of(value)
            elif (level, kind) == (socket.IPPROTO_IP, platform.IP_PKTINFO):
                # struct in_pktinfo: interface, our address, the header's destination. No interface: routing decides.
                asked = socket.inet_ntop(socket.AF_INET, value[8:12])
                control = [(level, kind, bytes(4) + value[8:12] + bytes(4))]
            elif (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
                asked = socket.inet_ntop(socket.AF_INET6, value[:16])
                control = [(level, kind, value)]
        return hops, asked, control

    def send_one(self, answer: bytes | memoryview, address: SocketAddress, hops: int, control: list[Control]) -> None:
        """Send one answer with the given number of hops."""
        if self.v6:
            control = [*control, (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("i", hops))]
        elif platform.TTL_BY_MESSAGE:
            control = [*control, (socket.IPPROTO_IP, socket.IP_TTL, struct.pack("i", hops))]
        else:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
        try:
            self.socket.sendmsg([answer], control, 0, address)
        except OSError:
            self.listener.counters.drop("network")
        else:
            self.listener.counters.datagrams_out += 1

    def send_from_elsewhere(self, answer: bytes, address: SocketAddress, local: str) -> None:
        """Send one answer from another port of the address that was asked. local: that address."""
        host = self.local[0] if self.local[0] not in ANYWHERE else local
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as other:
            try:
                other.bind((host, 0, *self.socket.getsockname()[2:]))
                other.sendto(answer, address)
            except OSError:
                self.listener.counters.drop("network")
            else:
                self.listener.counters.datagrams_out += 1


def is_broadcast(controls: list[Control]) -> bool:
    """Return True if a datagram was sent to a broadcast or multicast address, by the control messages of the kernel."""
    for level, kind, value in controls:
        if (level, kind) == (socket.IPPROTO_IP, platform.IP_PKTINFO):
            # struct in_pktinfo: our own address (ipi_spec_dst) differs from the header's destination (ipi_addr). macOS
            # leaves the former empty: there a subnet's broadcast address is not told from ours, and an answer from such
            # an address fails.
            own, asked = value[4:8], value[8:12]
            return own != asked if any(own) else asked[0] >= MULTICAST_V4
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return value[0] == MULTICAST
    return False


class BatchPort(Port):
    """A socket of one address, with batched system calls."""

    def __init__(self, listener: DatagramListener, receiver: socket.socket, batch: Batch) -> None:
        super().__init__(listener, receiver)
        self.batch = batch
        self.name_size = IPV6_NAME if self.v6 else IPV4_NAME
        self.fd = receiver.fileno()

    def doRead(self) -> None:  # noqa: N802
        """Answer waiting datagrams."""
        if self.listener.load is not None:
            self.listener.begin_loading()
            return
        if self.listener.may_misbehave:
            self.answer_singly()
            return
        self._answer_batch()  # one per turn: other sockets are served between two batches

    def _answer_batch(self) -> int:
        batch, listener = self.batch, self.listener
        lengths, hops = batch.receive(self.fd, self.name_size)
        number = len(lengths)
        if not number:
            return 0
        counters, senders, size = listener.counters, self._senders, self.name_size
        counters.datagrams_in += number
        counters.received += sum(lengths)
        second = int(listener.reactor.seconds())
        data, names, answer, guarded = batch.data, batch.names, listener.answer, listener.guard.enabled
        rows: list[DatagramRow] = []
        out: list[tuple[int, bytes | memoryview]] | None = None  # None as long as every answer is the datagram itself
        answer_size = i = 0
        for length, hop, key in zip(lengths, hops, batch.keys(number, self.name_size), strict=True):
            sender = senders.get(key)
            if sender is None:
                address = self._full_address(names[i * NAME : i * NAME + size])
                sender = self._meet(key, address[:2], self.local)
            begin = i * SLOT
            received = data[begin : begin + length]
            row = answer(sender, received, hop, second)
            # The first test of `keep`, inlined for floods.
            if sender.room <= 0:
                counters.unrecorded += 1
            elif listener.keep(sender, row):
                rows.append(row)
            answer_size += row[5]
            answers = row[3]
            if out is not None or hop < HOPS or len(answers) != 1 or answers[0] is not received:
                if out is None:
                    out = [(n, data[n * SLOT : n * SLOT + lengths[n]]) for n in range(i)]
                for one in answers:
                    if hop < HOPS and guarded:
                        self.send_one(one, self._full_address(names[i * NAME : i * NAME + size]), hops_left(hop), [])
                    else:
                        out.append((i, one))
            i += 1  # noqa: SIM113 - enumerate makes a tuple for each
        self._send(number, out)
        counters.sent += answer_size
        if rows:
            listener.world.journal.datagrams(listener.source, rows)
        return number

    def _send(self, number: int, out: list[tuple[int, bytes | memoryview]] | None) -> None:
        """Send the answers; None: send every datagram back unchanged."""
        counters = self.listener.counters
        lost = self.batch.send_back(self.fd, number) if out is None else self.batch.send(self.fd, out)
        counters.datagrams_out += (number if out is None else len(out)) - lost
        if lost:
            counters.dropped["network"] = counters.dropped.get("network", 0) + lost

    def _full_address(self, name: bytes) -> SocketAddress:
        """Convert the kernel's sockaddr to an address of the socket module."""
        port = int.from_bytes(name[2:4], "big")
        if not self.v6:
            return socket.inet_ntop(socket.AF_INET, name[4:8]), port
        return socket.inet_ntop(socket.AF_INET6, name[8:24]), port, 0, int.from_bytes(name[24:28], sys.byteorder)


class PlainPort(Port):
    """A socket without batched system calls: on all addresses, or on a system without them."""

    def __init__(self, listener: DatagramListener, receiver: socket.socket) -> None:
        super().__init__(listener, receiver)
        # On all addresses the kernel must report the destination of each datagram.
        if self.anywhere:
            platform.tell_destination(receiver)

    def doRead(self) -> None:  # noqa: N802
        """Answer waiting datagrams."""
        if self.listener.load is not None:
            self.listener.begin_loading()
        else:
            self.answer_singly()
