"""Habits of clients: findings that many queries show, once for each client."""

import struct

import dns.message
import pytest
from conftest import LOCAL, NOW, PEER, Talk
from dns_zone import put_example_zone

from homeport.protocol.events import Closed, Data, Eof, Opened
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.dns import datagrams
from homeport.services.dns.habits import CONNECTIONS, MAX_CLIENTS, MAX_QUERIES, Habits
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents

IDS = (0x1F03, 0xA001, 0x0102, 0xCC3B, 0x7777, 0x2E2E, 0x9B01, 0x4444)


class Resolver:
    """A client with a clock of its own."""

    def __init__(self):
        self.now = NOW
        self.world = World("default", WorldContents(), JournalOptions(), lambda: self.now)
        put_example_zone(self.world)
        self.service = find_service("dns")
        self.options = self.service.options()
        self.port = 1024
        self.findings = []

    def context(self, listener="udp"):
        return Context(self.world, self.options, listener, (PEER[0], self.port), LOCAL, service="dns")

    def ask(self, name="www", kind="A", *, number, port=None, **query):
        """Ask over UDP; by default with EDNS and from a new port."""
        self.port = self.port + 1 if port is None else port
        query.setdefault("use_edns", 0)
        wire = dns.message.make_query(f"{name}.example.test", kind, id=number, flags=0, **query).to_wire()
        talk = Talk(self.service)
        talk.do(datagrams.datagram(self.context(), wire))
        self.findings += talk.findings

    def ask_over_tcp(self, *kinds, name="www"):
        session = self.service.session(self.context("tcp"))
        wires = [dns.message.make_query(f"{name}.example.test", kind, flags=0).to_wire() for kind in kinds]
        talk = Talk(self.service)
        for event in (
            Opened(),
            *(Data(struct.pack("!H", len(wire)) + wire) for wire in wires),
            Eof(),
            Closed("closed"),
        ):
            talk.do(session.handle(event))
        self.findings += talk.findings


@pytest.fixture
def resolver():
    return Resolver()


def test_a_careful_resolver_has_no_findings(resolver):
    for number in IDS * 5:
        resolver.ask(f"n{resolver.port}", number=number)
        resolver.now += 0.1
    resolver.ask("huge", "TXT", number=9)
    resolver.ask_over_tcp("TXT", "TXT", name="huge")
    resolver.ask("huge", "TXT", number=77)
    assert resolver.findings == []


def test_no_edns_once(resolver):
    resolver.ask(number=9, use_edns=-1)
    resolver.ask("mx1", number=977, use_edns=-1)
    assert resolver.findings == ["no-edns"]


def test_a_truncated_answer_and_the_same_question_over_udp(resolver):
    resolver.ask("huge", "TXT", number=9)
    resolver.now += 2
    resolver.ask("huge", "TXT", number=7777)
    assert resolver.findings == ["no-tcp-retry"]


def test_a_retry_within_half_a_second(resolver):
    resolver.ask(number=9, port=5000)
    resolver.now += 0.2
    resolver.ask(number=9, port=5000)
    assert resolver.findings == ["retry-too-fast"]


def test_a_datagram_that_the_network_doubled_is_no_retry(resolver):
    resolver.ask(number=9, port=5000)
    resolver.ask(number=9, port=5000)
    assert resolver.findings == []


def test_an_answered_question_may_be_asked_again_at_once(resolver):
    resolver.ask(number=9)
    resolver.now += 0.1
    resolver.ask(number=789)
    assert resolver.findings == []


@pytest.mark.parametrize(
    ("gaps", "findings"), [((5, 5, 5), ["no-backoff"]), ((5, 10, 20), []), ((1, 2, 4, 8), []), ((5, 5), [])]
)
def test_retries_whose_intervals_do_not_grow(resolver, gaps, findings):
    resolver.ask(number=9, port=5000)
    for gap in gaps:
        resolver.now += gap
        resolver.ask(number=9, port=5000)
    assert resolver.findings == findings


def test_ids_in_sequence_and_ids_alike(resolver):
    for number in range(0xFFFE, 0x10002):
        resolver.ask(f"n{number}", number=number & 0xFFFF)
    assert resolver.findings == ["predictable-id"]
    for name in "abcd":
        resolver.ask(name, number=42)
    assert resolver.findings == ["predictable-id", "same-id"]


def test_one_source_port_for_all(resolver):
    for number in range(16):
        resolver.ask(f"n{number}", number=number * 977, port=5353)
    assert resolver.findings == ["fixed-source-port"]


def test_type_ANY_over_udp(resolver):
    resolver.ask(kind="ANY", number=9)
    assert resolver.findings == ["any-query"]


def test_recursion_that_is_not_offered(client):
    assert client(recursion_available=False).ask("www", flags=dns.flags.RD).findings == ["rd-to-authoritative"]
    assert client().ask("www", flags=dns.flags.RD).findings == []


def test_a_connection_for_each_query(resolver):
    for _ in range(CONNECTIONS - 1):
        resolver.ask_over_tcp("A")
    assert resolver.findings == []
    resolver.ask_over_tcp("A")
    assert resolver.findings == ["tcp-one-query"]


def test_connections_with_several_queries_and_rare_ones_are_fine(resolver):
    for _ in range(2 * CONNECTIONS):
        resolver.ask_over_tcp("A", "MX")
        resolver.ask_over_tcp("A")
        resolver.now += 4
    assert resolver.findings == []


def test_what_is_remembered_is_bounded():
    habits = Habits()
    for number in range(MAX_CLIENTS + 10):
        habits.datagram(f"host{number}", 1, b"\0\0" + bytes(10), 0.0, answered=True, truncated=False)
    assert len(habits._clients) <= MAX_CLIENTS
    for number in range(MAX_QUERIES + 10):
        data = number.to_bytes(2) + bytes(10) + number.to_bytes(2)
        habits.datagram("host", number, data, 0.0, answered=True, truncated=False)
    assert len(habits.of("host").queries) <= MAX_QUERIES
