"""The exchanges of one UDP listener: how many there may be, and which datagram belongs to which."""

import os
import socket
from typing import TYPE_CHECKING

from homeport.io.net.actions import COUNTED
from homeport.io.net.exchange import Exchange, Key
from homeport.io.net.guard import hops_left
from homeport.io.net.sockets import bind_exchange
from homeport.protocol.addresses import Address
from homeport.protocol.effects import Log, OpenExchange, ReportFinding
from homeport.protocol.session import Context
from homeport.world.faults import Fault
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.datagrams import DatagramListener, Sender


class Exchanges:
    """The exchanges of a listener. Without any, it costs a listener nothing."""

    def __init__(self, listener: "DatagramListener") -> None:
        self.listener = listener
        self.reactor = listener.reactor
        self.journal = listener.world.journal
        self.counters = listener.counters
        self.guard = listener.guard
        self._open: dict[Key, Exchange] = {}
        self._dallying: dict[Key, Exchange] = {}  # in the order in which they began to
        self._unproved: dict[Key, Exchange] = {}  # their peers may be forgeries; the oldest first
        self._of_peer: dict[str, int] = {}  # those that are neither done nor dallying

    def __len__(self) -> int:
        return len(self._open)

    @property
    def connections(self) -> list[Connection]:
        """The open exchanges as the journal knows them."""
        return [one.connection for one in self._open.values()]

    def request(self, effect: OpenExchange, sender: "Sender", hops: int) -> str | None:
        """Begin an exchange, or deliver the datagram to the one of its peer. Return a reason if it is dropped.

        hops: the remaining TTL or hop limit of the datagram.
        """
        key = (sender.address, sender.context.local[0])
        if (known := self._open.get(key)) is not None:
            known.request(effect.data)
            if self._open.get(key) is known:
                return None
        host = sender.address[0]
        if not self._has_room(host, exempt=sender.exempt):
            self.counters.refused += 1
            return "too many exchanges"
        if not self.may_answer(host):
            return "rate"
        bound = self._bind_or_make_room(effect, sender, hops)
        if bound is None:
            self.counters.refused += 1
            return "no free port"
        self._begin(key, bound, effect, sender)
        return None

    def may_answer(self, host: str) -> bool:
        """Return True, and count it, if the rate limit allows another datagram to an address that may be forged."""
        listener = self.listener
        return listener.exempt.covers(host) or self.guard.allows(host, 1, int(self.reactor.seconds()))

    def _begin(self, key: Key, bound: socket.socket, effect: OpenExchange, sender: "Sender") -> None:
        listener, counters, peer = self.listener, self.counters, sender.address
        local: Address = bound.getsockname()[:2]
        connection = self.journal.open(listener.source, peer, local, exchange=True)
        exchange = Exchange(self, key, bound, address_of(bound, peer), connection)
        self._open[key] = self._unproved[key] = exchange
        self._of_peer[peer[0]] = self._of_peer.get(peer[0], 0) + 1
        counters.connections += 1
        counters.active += 1
        context = Context(
            listener.world,
            listener.options,
            listener.source.listener,
            peer,
            local,
            connection.id,
            listener.service.name,
        )
        if self._faults_of(connection):
            exchange.misbehave()
        try:
            session = effect.session(context)
        except Exception as error:
            exchange.fail(error)
            return
        exchange.open(session, effect.data)

    def _bind_or_make_room(self, effect: OpenExchange, sender: "Sender", hops: int) -> socket.socket | None:
        """Make the socket of an exchange; if no port of the range is free, end one that may go. None if all stay."""
        for again in (True, False):
            try:
                return self._bind(effect, sender, hops)
            except OSError:
                if not again or not effect.first_port or not self._make_room():
                    return None
        return None

    def _bind(self, effect: OpenExchange, sender: "Sender", hops: int) -> socket.socket:
        """Make the socket of an exchange on the address that was asked. Raises: OSError."""
        host = sender.context.local[0]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        ports = (effect.first_port, effect.last_port)
        start = int.from_bytes(os.urandom(4), "big")
        bound = bind_exchange(family, host, ports, start, self.listener.options.dscp)
        left = hops_left(hops) if self.guard.enabled else 64
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, left)
        else:
            bound.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, left)
        return bound

    def send_from_elsewhere(self, data: bytes, exchange: Exchange) -> None:
        """Send a datagram to the peer of an exchange from another port of the same address."""
        local = exchange.connection.local[0]
        family = socket.AF_INET6 if ":" in local else socket.AF_INET
        try:
            with bind_exchange(family, local, (0, 0), 0, self.listener.options.dscp) as other:
                other.sendto(data, exchange.address)
        except OSError:
            self.counters.drop("network")
        else:
            self.counters.datagrams_out += 1

    # Limits.

    def _has_room(self, host: str, *, exempt: bool) -> bool:
        """Return True if another exchange of that address may begin."""
        limits = self.listener.limits
        if len(self._open) >= limits.connections and not self._make_room():
            return False
        return exempt or self._of_peer.get(host, 0) < limits.connections_per_peer

    def _make_room(self) -> bool:
        """End an exchange that is done; else the oldest whose peer has not proved its address: a flood of forged
        requests must not keep others out. Return True if one was ended.
        """
        for candidates in (self._dallying, self._unproved):
            for exchange in candidates.values():
                exchange.gone("closed; its slot was needed")
                return True
        return False

    def dallies(self, exchange: Exchange) -> None:
        """Note an exchange whose work is done."""
        if exchange.key not in self._dallying:
            self._dallying[exchange.key] = exchange
            self._uncount(exchange.key[0][0])

    def proves(self, exchange: Exchange) -> None:
        """Note that the peer of an exchange has proved its address."""
        self._unproved.pop(exchange.key, None)

    def _uncount(self, host: str) -> None:
        self._of_peer[host] -= 1
        if not self._of_peer[host]:
            del self._of_peer[host]

    def forget(self, exchange: Exchange, reason: str) -> None:
        """Forget a closed exchange, and count its bytes."""
        key, connection = exchange.key, exchange.connection
        del self._open[key]
        self._unproved.pop(key, None)
        if self._dallying.pop(key, None) is None:
            self._uncount(key[0][0])
        self.counters.active -= 1
        self.counters.received += connection.received
        self.counters.sent += connection.sent
        self.journal.close(connection, reason)

    # Faults, findings, ends.

    def _faults_of(self, connection: Connection) -> list[Fault]:
        return [one for one in self.listener.faults if one.matches(connection.peer[0], connection.id)]

    def faults_changed(self) -> None:
        """Apply a change of the planned faults to the open exchanges."""
        for exchange in list(self._open.values()):
            if exchange.faults is not None:
                exchange.faults.refresh()
            elif self._faults_of(exchange.connection):
                exchange.misbehave()

    def log(self, effect: Log, connection: Connection) -> None:
        """Write an exchange's event to the journal, and count commands."""
        if effect.type not in self.listener.event_types:
            self.listener.undeclared("type of events", effect.type)
        if effect.type in COUNTED:
            self.counters.command(effect.fields)
        self.journal.log(connection, effect.type, effect.fields, effect.place)

    def report(self, effect: ReportFinding, connection: Connection) -> None:
        """Report a finding about the peer of an exchange."""
        listener = self.listener
        rule = listener.rules.get(effect.id)
        if rule is None:
            self.counters.errors += 1
            listener.undeclared("finding", effect.id)
            return
        listener.world.findings.add(rule, connection, effect.data, transaction=effect.transaction, place=effect.place)
        self.counters.findings += 1

    def sweep(self, interval: float) -> None:
        """Enforce the timeouts of all exchanges."""
        idle, longest = float(self.listener.limits.idle), float(self.listener.limits.session)
        for exchange in list(self._open.values()):
            exchange.sweep(interval, idle, longest)

    def rescale(self, factor: float) -> None:
        """Convert idle times for another sweep interval: `factor` is the old one divided by the new one."""
        for exchange in self._open.values():
            exchange.idle.rescale(factor)

    def stop(self, reason: str) -> None:
        """End all exchanges at once."""
        for exchange in list(self._open.values()):
            exchange.stop(reason)


def address_of(bound: socket.socket, peer: Address) -> "tuple[str, int] | tuple[str, int, int, int]":
    """Return the peer's address in the notation of the socket's family."""
    if bound.family == socket.AF_INET6:
        return (*peer, 0, bound.getsockname()[3])
    return peer
