"""Character Generator (RFC 864)."""

import socket
import struct

import pytest
from conftest import LOCAL, PEER, make_world

from homeport.protocol.effects import Close, Pull, Send, SetTimer, StopPull
from homeport.protocol.events import Data, Eof, LimitReached, Opened, Stopping, TimerFired, Writable
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.chargen import BLOCK, ROUND
from homeport.world.world import WorldContents

FIRST = rb""" !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefg"""
SECOND = rb"""!"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefgh"""
LAST = rb"""~ !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdef"""
ADDRESSES = ["127.0.0.1", "::1"]


def read_exactly(client, size):
    parts = []
    while size:
        part = client.recv(min(size, 1 << 20))
        assert part, "closed too early"
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def make_session(world):
    service = find_service("chargen")
    return service.session(Context(world, service.options(), "tcp", ("127.0.0.1", 40000), ("127.0.0.1", 10019)))


def test_a_round_is_95_lines_of_72_characters_each_shifted_by_one():
    lines = ROUND.split(b"\r\n")
    assert lines.pop() == b""
    assert (lines[0], lines[1], lines[94]) == (FIRST, SECOND, LAST)
    assert len(lines) == 95
    assert {len(line) for line in lines} == {72}
    for line, following in zip(lines, [*lines[1:], lines[0]], strict=True):
        assert following[:-1] == line[1:]


def test_a_block_is_whole_rounds_so_that_blocks_follow_each_other_without_a_seam():
    assert len(ROUND) == 7030
    assert len(BLOCK) % len(ROUND) == 0
    assert bytes(BLOCK[-len(ROUND) :]) == ROUND


def test_a_block_is_sent_whenever_the_network_takes_more(world):
    session = make_session(world)
    assert session.handle(Opened()) == (Pull(),)
    for _ in range(3):
        (effect,) = session.handle(Writable())
        assert isinstance(effect, Send)
        assert effect.data is BLOCK, "nothing is copied"


def test_half_close_does_not_end_the_stream(world):
    session = make_session(world)
    session.handle(Opened())
    assert list(session.handle(Eof())) == []
    assert session.handle(Writable())


@pytest.mark.parametrize("event", [LimitReached("idle"), Stopping()])
def test_a_limit_and_the_end_of_the_world_end_it(world, event):
    assert make_session(world).handle(event) == (Close(),)


def test_input_is_thrown_away_without_a_finding(talk):
    outcome = talk("chargen", b"q\r\n")
    assert (outcome.sent, outcome.findings, outcome.closed, outcome.pulling) == (b"", [], False, True)


@pytest.mark.parametrize("host", ADDRESSES)
def test_lines_come_in_order_on_both_families(farm, host):
    with farm.connect("chargen", host) as client:
        assert read_exactly(client, 148) == FIRST + b"\r\n" + SECOND + b"\r\n"


@pytest.mark.requirement("GEN-1.2.2-2")
def test_a_client_that_stops_reading_stops_the_flow_and_misses_nothing_of_it(farm):
    with farm.connect("chargen") as client:
        assert read_exactly(client, 148) == FIRST + b"\r\n" + SECOND + b"\r\n"
        for _ in range(100):
            assert farm.exchange("echo", b"others are served meanwhile") == b"others are served meanwhile"
        (listener,) = [one for one in farm.farm.hosts["default"].streams if one.service.name == "chargen"]
        (sent,) = farm.call(lambda: [stream.connection.sent for stream in listener.streams.values()])
        assert sent < 64 << 20
        stream = ROUND * (sent // len(ROUND) + 2)
        assert read_exactly(client, sent) == stream[148 : 148 + sent]


def test_a_client_that_shut_its_side_goes_on_reading(farm):
    with farm.connect("chargen") as client:
        client.shutdown(socket.SHUT_WR)
        assert read_exactly(client, len(ROUND) * 1000) == ROUND * 1000


def test_the_rude_abort_is_no_error(farm):
    client = farm.connect("chargen")
    read_exactly(client, 10)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    counters = farm.world.counters[("chargen", "tcp")]
    farm.wait_for(lambda: not counters.active)
    assert farm.call(lambda: (counters.errors, counters.findings)) == (0, 0)
    with farm.connect("chargen") as client:
        assert read_exactly(client, 72) == FIRST


def test_a_datagram_is_answered_with_one_of_up_to_512_bytes_out_of_the_ring(ask, world):
    lengths = set()
    for _ in range(2000):
        (answer,), findings = ask("chargen", b"", world=world)
        assert ROUND.startswith(answer)
        assert findings == []
        lengths.add(len(answer))
    assert (min(lengths), max(lengths)) == (0, 512)


def test_lengths_are_at_random_and_the_same_for_the_same_seed(start_farm):
    def a_hundred(seed):
        farm = start_farm("chargen", contents=WorldContents(seed=seed))
        return [farm.udp("chargen", b"") for _ in range(100)]

    answers = a_hundred(7)
    assert len({len(answer) for answer in answers}) > 50
    assert max(map(len, answers)) <= 512
    assert a_hundred(7) == answers
    assert a_hundred(8) != answers


@pytest.mark.parametrize("host", ADDRESSES)
def test_datagrams_are_answered_on_both_families(farm, host):
    assert ROUND.startswith(farm.udp("chargen", b"", host=host))


def test_what_a_datagram_holds_is_ignored_with_a_finding(ask):
    (answer,), findings = ask("chargen", b"x" * 513)
    assert ROUND.startswith(answer)
    assert findings == ["datagram-content", "datagram-too-long"]


# A rate.


def paced(rate):
    """Return a session at that rate."""
    service = find_service("chargen")
    return service.session(Context(make_world(), service.options(rate=rate), "tcp", PEER, LOCAL))


@pytest.mark.parametrize(("rate", "interval", "lines"), [(1, 1.0, 1), (10, 0.1, 1), (50, 0.1, 5), (30_000, 0.1, 3000)])
def test_a_rate_sends_that_many_lines_per_second(rate, interval, lines):
    session = paced(rate)
    assert session.handle(Opened()) == (Pull(), SetTimer("tick", interval))
    said = b""
    for _ in range(200):
        send, stop = session.handle(Writable())
        assert (len(send.data), stop) == (74 * lines, StopPull())
        said += bytes(send.data)
        assert session.handle(TimerFired("tick")) == (Pull(), SetTimer("tick", interval))
    assert said == (ROUND * (len(said) // len(ROUND) + 1))[: len(said)], "the ring goes on where it stopped"


def test_a_client_that_does_not_read_gets_nothing_more():
    session = paced(100)
    session.handle(Opened())
    session.handle(Writable())
    assert all(Send not in map(type, session.handle(TimerFired("tick"))) for _ in range(100))


def test_the_rate_holds_on_the_network(start_farm):
    farm = start_farm("chargen", chargen={"rate": 100})
    with farm.connect("chargen") as client:
        said = b""
        while len(said) < 3 * 740:
            said += client.recv(1 << 16)
    assert said == ROUND[: len(said)]
    assert len(said) % 740 == 0, "ten lines at a time"


def test_a_half_close_does_not_end_a_stream_with_a_rate():
    session = paced(10)
    session.handle(Opened())
    assert session.handle(Eof()) == ()
    assert session.handle(Data(b"x")) == ()
