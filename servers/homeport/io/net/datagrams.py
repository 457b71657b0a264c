"""The driver of UDP services: datagrams to the service's function, its answers to the network.

An answer leaves from the address that was asked (RFC 1123 2.3): a socket bound to one address does so by itself, one
bound to all addresses is told by the kernel which was asked (IP_PKTINFO) and tells it which to answer from.
"""

import logging
import socket
import struct
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from homeport.config.sections import LimitOptions
from homeport.io import platform
from homeport.io.net.descriptor import ANYWHERE, Descriptor
from homeport.io.net.guard import HOPS, Guard, hops_left
from homeport.io.net.mmsg import BATCH, IPV4_NAME, IPV6_NAME, NAME, SLOT, Batch
from homeport.io.net.reactor import Reactor
from homeport.io.net.service_listener import ServiceListener
from homeport.io.net.sockets import Bound
from homeport.io.net.stream_socket import Control, SocketAddress
from homeport.io.net.turns import turns_of
from homeport.protocol.addresses import Address, address_text
from homeport.protocol.effects import Effect, Find, Log, Send
from homeport.protocol.service import Options, Service
from homeport.protocol.session import Context
from homeport.world.faults import Fault
from homeport.world.journal import DATAGRAM_KEPT, ENTRY_COST, DatagramRow
from homeport.world.world import World

if TYPE_CHECKING:
    from homeport.io.net.datagram_faults import DatagramFaults

log = logging.getLogger("homeport")

LARGEST = 65_535
BATCHES_PER_EVENT = 8
FEWEST_UNDER_FAULTS = 2
"""Datagrams that a socket under faults is given in a turn though the turn's allowance is spent."""
SENDERS_REMEMBERED = 4096
CONTROL_ROOM = 256


class Sender:
    """Somebody who sends us datagrams, and what is known of them. Kept, because they mostly send more."""

    __slots__ = ("address", "context", "exempt", "port", "recorded", "room", "second")

    def __init__(self, address: Address, context: Context, *, exempt: bool, recorded: bool) -> None:
        self.address = address
        self.port = address[1]
        self.context = context
        self.exempt = exempt
        self.recorded = recorded
        self.second = 0  # the last in which it sent
        self.room = 0  # octets that the journal still keeps of it in that second


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
        self._batch = batch
        self.descriptors: list[Port] = self.watch(bound)

    def configure(self, options: Options, limits: LimitOptions) -> None:
        """Serve by these from now on; senders are met anew."""
        super().configure(options, limits)
        self._share = int(self.world.journal.options.kept_per_sender)
        for port in self.descriptors:
            port.forget_senders()

    def watch(self, bound: Bound) -> "list[Port]":
        """Its sockets."""
        return [make_port(self, receiver, self._batch) for receiver in bound.sockets]

    def sender(self, address: Address, local: Address) -> Sender:
        """What is known of a sender."""
        context = Context(self.world, self.options, self.source.listener, address, local, service=self.service.name)
        exempt = self.exempt.covers(address[0])
        return Sender(address, context, exempt=exempt, recorded=self.world.journal.records(address[0]))

    def answer(self, sender: Sender, data: bytes, hops: int, second: int) -> DatagramRow:
        """The answers to one datagram, as the journal records it.

        hops: what was left of its TTL. second: real time in whole seconds.
        """
        if sender.second != second:
            self.renew_share(sender, second)
        guard = self.guard
        # `refuses`, written out, because nearly nobody is.
        if (sender.port in guard.refused_ports or hops < guard.fewest_hops) and (
            refusal := guard.refuses(sender.port, hops, self.service.client_ports)
        ):
            return self.drop(sender, data, refusal)
        try:
            effects = self.service.datagram(sender.context, data)  # type: ignore[misc]  # it has UDP listeners
        except Exception:
            self.counters.errors += 1
            log.exception("%s failed on a datagram; please report this", self.service.name)
            return self.drop(sender, data, "fault of the server")
        if len(effects) == 1 and type(effects[0]) is Send:
            answers: tuple[bytes | memoryview, ...] = (effects[0].data,)
            octets = len(effects[0].data)
        else:
            answers = self._sort(effects, sender)
            octets = sum(map(len, answers))
            if len(answers) > 1 and not guard.allows_several(sender.address, len(answers), second):
                return self.drop(sender, data, "storm")
        if self.amplification and guard.enabled and octets > self.amplification * len(data):
            return self.drop(sender, data, "amplification")
        if answers and not sender.exempt and not guard.allows(sender.address[0], len(answers), second):
            return self.drop(sender, data, "rate")
        size = len(data)
        if size > DATAGRAM_KEPT:
            data = data[:DATAGRAM_KEPT]
        return sender.address, data, size, answers, None, octets

    def keep(self, sender: Sender, row: DatagramRow) -> bool:
        """Whether the journal is to keep a datagram: its sender is recorded and has not had its share of the second."""
        if sender.room <= 0:
            self.counters.unrecorded += 1
            return False
        sender.room -= ENTRY_COST + len(row[1]) + row[5]
        return True

    def renew_share(self, sender: Sender, second: int) -> None:
        """A second has begun, in which the journal keeps a share of what a sender says."""
        sender.second = second
        sender.room = self._share if sender.recorded else 0

    def count_row(self, sender: Sender, row: DatagramRow) -> None:
        """Have the journal keep a datagram if it is to."""
        if self.keep(sender, row):
            self.world.journal.datagrams(self.source, (row,))

    def faults_changed(self) -> None:
        """Faults were planned or removed: datagrams that are kept back may be concerned."""
        super().faults_changed()
        if self.misbehaving is not None:
            self.misbehaving.refresh()
        elif self.faults:
            from homeport.io.net.datagram_faults import DatagramFaults  # most farms never need it

            self.misbehaving = DatagramFaults(self)

    def fault_acted_on(self, sender: Sender, fault: Fault, words: str) -> None:
        """Write into the journal what a fault did to a datagram of that sender's or its answers."""
        if sender.room > 0:
            sender.room -= ENTRY_COST
            self.fault_acted(self.source, fault, words, peer=address_text(sender.address))

    def close(self) -> None:
        """Take nothing more, and forget what faults keep back."""
        super().close()
        if self.misbehaving is not None:
            self.misbehaving.drop()

    def _sort(self, effects: Sequence[Effect], sender: Sender) -> tuple[bytes | memoryview, ...]:
        """The answers among the effects; the others are carried out."""
        answers = []
        for effect in effects:
            if type(effect) is Send:
                answers.append(effect.data)
            else:
                try:
                    self._record(effect, sender)
                except Exception as error:  # ours, and no reason to keep the answer back
                    self.internal_error(f"{effect!r:.200}", error)
        return tuple(answers)

    def drop(self, sender: Sender, data: bytes, reason: str | None) -> DatagramRow:
        """Count a datagram that gets no answer; how the journal has it."""
        self.counters.drop(reason or "")
        return sender.address, data[:DATAGRAM_KEPT], len(data), (), reason, 0

    def _record(self, effect: Effect, sender: Sender) -> None:
        if isinstance(effect, Find):
            if effect.id not in self.rules:
                self.counters.errors += 1
                self.undeclared("finding", effect.id)
                return
            peer = address_text(sender.address)
            self.world.findings.add(self.rules[effect.id], self.source, effect.data, peer, recorded=sender.room > 0)
            self.counters.findings += 1
            sender.room -= ENTRY_COST
        elif not isinstance(effect, Log):
            raise TypeError(f"a datagram service has no effect {type(effect).__name__}")
        elif sender.room > 0:
            if effect.type not in self.event_types:
                self.undeclared("type of events", effect.type)
            self.world.journal.log(self.source, effect.type, {"peer": address_text(sender.address), **effect.fields})


def make_port(listener: DatagramListener, receiver: socket.socket, batch: Batch | None) -> "Port":
    """The descriptor for a socket: in batches where the machine has them and the socket has one address."""
    if batch is None or receiver.getsockname()[0] in ANYWHERE:
        return PlainPort(listener, receiver)
    return BatchPort(listener, receiver, batch)


class Port(Descriptor):
    """A UDP socket."""

    def __init__(self, listener: DatagramListener, receiver: socket.socket) -> None:
        super().__init__(listener.reactor, receiver, listener.bound.wanted.name)
        self.listener = listener
        self.v6 = receiver.family == socket.AF_INET6
        self._senders: dict[object, Sender] = {}
        # Have the kernel tell the hops that a datagram has left, and give answers one less than they mostly have.
        platform.tell_ttl(receiver)
        if self.v6:
            receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, HOPS - 1)
        else:
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, HOPS - 1)

    def failed(self, error: Exception) -> None:
        """Count an internal error."""
        self.listener.internal_error("answering a datagram", error)

    def forget_senders(self) -> None:
        """Their options have changed."""
        self._senders.clear()

    def _meet(self, key: object, address: Address, local: Address) -> Sender:
        """Somebody new; remembered by a key of the caller's."""
        if len(self._senders) >= SENDERS_REMEMBERED:
            self._senders.clear()
        sender = self._senders[key] = self.listener.sender(address, local)
        return sender

    def answer_singly(self) -> None:
        """Answer what waits, one by one."""
        listener = self.listener
        second = int(listener.reactor.seconds())
        for number in range(BATCH):
            if listener.faults and number >= FEWEST_UNDER_FAULTS and not turns_of(listener.reactor).pay(0):
                return  # what waits is told again in the next turn
            try:
                data, controls, _flags, address = self.socket.recvmsg(LARGEST, CONTROL_ROOM)
            except OSError:  # nothing waits any more, or an error of an earlier answer is told here
                return
            listener.counters.datagrams_in += 1
            listener.counters.received += len(data)
            hops, asked, control = self._read_controls(controls)
            sender = self._senders.get((address, asked))
            if sender is None:
                sender = self._meet((address, asked), address[:2], (asked or self.local[0], self.local[1]))
            if listener.faults and listener.misbehaving is not None:
                listener.misbehaving.take(self, sender, address, data, hops, control)
                continue
            row = listener.answer(sender, data, hops, second)
            listener.counters.sent += row[5]
            listener.count_row(sender, row)
            for one in row[3]:
                left = hops_left(hops) if listener.guard.enabled else HOPS
                self.send_one(one, address, left, control)

    def _read_controls(self, controls: list[Control]) -> tuple[int, str, list[Control]]:
        """The hops left, the address that was asked, and the control message that answers from it."""
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
        """Send one answer with hops of its own."""
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


class BatchPort(Port):
    """A socket of one address, its datagrams moved in batches."""

    def __init__(self, listener: DatagramListener, receiver: socket.socket, batch: Batch) -> None:
        super().__init__(listener, receiver)
        self.batch = batch
        self.name_size = IPV6_NAME if self.v6 else IPV4_NAME
        self.fd = receiver.fileno()

    def doRead(self) -> None:  # noqa: N802
        """Answer what waits."""
        if self.listener.faults:
            self.answer_singly()
            return
        for _ in range(BATCHES_PER_EVENT):
            if self._answer_batch() < BATCH:
                return

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
        out: list[tuple[int, bytes | memoryview]] | None = None  # None while every answer is the datagram itself
        octets = i = 0
        for length, hop, key in zip(lengths, hops, batch.keys(number, self.name_size), strict=True):
            sender = senders.get(key)
            if sender is None:
                address = self._full_address(names[i * NAME : i * NAME + size])
                sender = self._meet(key, address[:2], self.local)
            begin = i * SLOT
            received = data[begin : begin + length]
            row = answer(sender, received, hop, second)
            # `keep`, written out for the flood that it is about.
            if sender.room <= 0:
                counters.unrecorded += 1
            elif listener.keep(sender, row):
                rows.append(row)
            octets += row[5]
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
        counters.sent += octets
        if rows:
            listener.world.journal.datagrams(listener.source, rows)
        return number

    def _send(self, number: int, out: list[tuple[int, bytes | memoryview]] | None) -> None:
        """Send the answers; None: every datagram goes back as it came."""
        counters = self.listener.counters
        lost = self.batch.send_back(self.fd, number) if out is None else self.batch.send(self.fd, out)
        counters.datagrams_out += (number if out is None else len(out)) - lost
        if lost:
            counters.dropped["network"] = counters.dropped.get("network", 0) + lost

    def _full_address(self, name: bytes) -> SocketAddress:
        """What the socket module takes and gives, out of the kernel's sockaddr."""
        port = int.from_bytes(name[2:4], "big")
        if not self.v6:
            return socket.inet_ntop(socket.AF_INET, name[4:8]), port
        return socket.inet_ntop(socket.AF_INET6, name[8:24]), port, 0, int.from_bytes(name[24:28], sys.byteorder)


class PlainPort(Port):
    """A socket whose datagrams are moved one by one: on all addresses, or on a machine without batches."""

    def __init__(self, listener: DatagramListener, receiver: socket.socket) -> None:
        super().__init__(listener, receiver)
        # On all addresses the kernel says with each datagram which was asked.
        if self.anywhere:
            platform.tell_destination(receiver)

    def doRead(self) -> None:  # noqa: N802
        """Answer what waits."""
        self.answer_singly()
