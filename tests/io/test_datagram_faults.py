"""Faults on datagrams: every kind, both directions, batched or not, and no cost without faults."""

import socket
import time

import msgspec
import pytest

from homeport.io.net.guard import BREADTH
from homeport.protocol.faults import Plan


@pytest.fixture(params=[pytest.param("batches", marks=pytest.mark.linux), "one by one"])
def each_way(request, monkeypatch):
    """Run with recvmmsg, and as on a system without it."""
    if request.param == "one by one":
        monkeypatch.setattr("homeport.farm.supervisor.available", lambda: False)


pytestmark = pytest.mark.usefixtures("each_way")


@pytest.fixture
def plan():
    """Plan a fault on a running farm: `plan(farm, "echo", drop={})`."""

    def call(farm, service, times=1, after=0, direction="out", match=None, probability=1.0, **do):
        given = {
            "service": service, "listener": "udp", "times": times, "after": after, "direction": direction,
            "match": match or {}, "probability": probability, "do": do,
        }  # fmt: skip
        return farm.call(farm.world.faults.add, msgspec.convert(given, Plan))

    return call


@pytest.fixture
def client():
    """Return a UDP socket with a timeout of ten seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(10)
        made.bind(("127.0.0.1", 0))
        yield made


def say(farm, client, *datagrams, service="echo"):
    for one in datagrams:
        client.sendto(one, ("127.0.0.1", farm.port(service, "udp")))


def said(farm):
    return [event["did"] for event in farm.events("fault")]


@pytest.mark.parametrize("kind", ["drop", "hang"])
@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_datagram_is_lost_and_the_next_is_answered(farm, client, plan, kind, direction):
    fault = plan(farm, "echo", direction=direction, **{kind: {}})
    say(farm, client, b"lost", b"kept")
    assert client.recv(10) == b"kept"
    lost, kept = farm.events("datagram")
    assert (lost["text"], lost["answers"], lost["dropped"]) == ("lost", [], f"fault {fault.id}")
    assert kept["dropped"] is None
    assert said(farm) == ["dropped 4 bytes" + (" on the way in" if direction == "in" else "")]
    assert farm.call(lambda: farm.world.counters_of("echo", "udp").dropped) == {"fault": 1}
    assert fault.spent


@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_datagram_comes_twice(farm, client, plan, direction):
    plan(farm, "echo", duplicate={}, direction=direction)
    say(farm, client, b"x", b"y")
    assert [client.recv(10) for _ in range(3)] == [b"x", b"x", b"y"]


@pytest.mark.parametrize("direction", ["out", "in"])
def test_what_doubling_makes_of_a_loop_dies_out(farm, client, plan, direction):
    plan(farm, "echo", duplicate={}, direction=direction, times=0)
    farm.call(lambda: say(farm, client, *[b"x"] * 200))
    counted = farm.wait_for(
        lambda: (found := farm.world.counters_of("echo", "udp")).datagrams_in == 200 and found, timeout=20
    )
    # They may straddle the turn of a second, so there may be the breadth of the next.
    assert 0 < counted.datagrams_out <= 2 * BREADTH
    assert counted.dropped["storm"] == 200 - counted.datagrams_out // 2


def test_doublings_of_doublings_have_a_bound(farm, client, plan):
    for _ in range(30):
        plan(farm, "echo", duplicate={})
    say(farm, client, b"x", b"last")
    answers = [client.recv(10)]
    while answers[-1] != b"last":
        answers.append(client.recv(10))
    assert answers == [b"x"] * BREADTH + [b"last"]


@pytest.mark.parametrize("direction", ["out", "in"])
def test_a_datagram_comes_after_the_next(farm, client, plan, direction):
    plan(farm, "echo", reorder={}, times=0, direction=direction)
    say(farm, client, b"1", b"2", b"3", b"4")
    assert [client.recv(10) for _ in range(4)] == [b"2", b"1", b"4", b"3"]


def test_a_datagram_that_nothing_overtakes_comes_by_itself(farm, client, plan):
    plan(farm, "echo", reorder={})
    say(farm, client, b"alone")
    assert client.recv(10) == b"alone"


@pytest.mark.parametrize("service", ["echo", "users", "daytime", "qotd", "chargen", "time"])
@pytest.mark.parametrize(
    ("do", "size"), [({"truncate": {"size": 2}}, 2), ({"truncate": {"size": 0}}, 0), ({"garbage": {"bytes": 7}}, 7)]
)
def test_answers_are_cut_and_replaced(farm, client, plan, service, do, size):
    plan(farm, service, **do)
    say(farm, client, b"hello" if service == "echo" else b"", service=service)
    assert len(client.recv(65535)) == size


@pytest.mark.parametrize("service", ["users", "daytime", "qotd"])
def test_a_text_takes_the_place_of_the_answer(farm, client, plan, service):
    plan(farm, service, answer={"text": "no\r\n"})
    say(farm, client, b"", service=service)
    assert client.recv(100) == b"no\r\n"


def test_corruption_repeats_with_the_seed(start_farm, client, plan):
    runs = []
    for _ in range(2):
        farm = start_farm("echo")
        plan(farm, "echo", corrupt={"rate": 0.2}, times=0)
        answers = []
        for _ in range(5):
            say(farm, client, bytes(50))
            answers.append(client.recv(100))
        runs.append(answers)
    assert runs[0] == runs[1]
    assert 20 <= sum(sum(map(bool, answer)) for answer in runs[0]) <= 80


def test_the_service_hears_what_was_done_on_the_way_in(farm, client, plan):
    plan(farm, "echo", truncate={"size": 2}, direction="in")
    say(farm, client, b"hello")
    assert client.recv(10) == b"he"
    (event,) = farm.events("datagram")
    assert (event["text"], event["size"]) == ("hello", 5)  # the journal has what came


@pytest.mark.parametrize("direction", ["out", "in", "both"])
def test_a_datagram_comes_late(farm, client, plan, direction):
    plan(farm, "echo", latency={"ms": 60}, direction=direction)
    began = time.monotonic()
    say(farm, client, b"late")
    assert client.recv(10) == b"late"
    assert time.monotonic() - began >= (0.12 if direction == "both" else 0.06)


def test_datagrams_that_are_late_come_when_the_fault_is_removed(farm, client, plan):
    before = farm.call(lambda: len(farm.reactor.getDelayedCalls()))
    plan(farm, "echo", latency={"ms": 3_600_000}, times=0)
    say(farm, client, b"1", b"2", b"3")
    farm.wait_for(lambda: farm.world.counters_of("echo", "udp").datagrams_in == 3)
    assert farm.call(farm.world.faults.clear) == 1
    assert [client.recv(10) for _ in range(3)] == [b"1", b"2", b"3"]
    farm.call(lambda: None)  # the turn in which they were sent ends
    assert farm.call(lambda: len(farm.reactor.getDelayedCalls())) == before


def test_stopping_forgets_what_is_kept_back(start_farm, client, plan):
    farm = start_farm("echo")
    plan(farm, "echo", latency={"ms": 3_600_000}, times=2)
    plan(farm, "echo", reorder={}, after=2)
    say(farm, client, b"1", b"2", b"3")
    farm.wait_for(lambda: farm.world.counters_of("echo", "udp").datagrams_in == 3)
    farm.stop()
    assert [call for call in farm.reactor.getDelayedCalls() if call.active()] == []


def test_several_faults_act_in_the_order_in_which_they_were_planned(farm, client, plan):
    plan(farm, "echo", truncate={"size": 1})
    plan(farm, "echo", duplicate={})
    say(farm, client, b"xy")
    assert [client.recv(10) for _ in range(2)] == [b"x", b"x"]


def test_after_times_and_peer_say_which_datagrams(farm, client, plan):
    plan(farm, "echo", truncate={"size": 0}, after=1, times=2, match={"peer": "127.0.0.1"})
    answers = []
    for _ in range(4):
        say(farm, client, b"x")
        answers.append(client.recv(10))
    assert answers == [b"x", b"", b"", b"x"]
    plan(farm, "echo", truncate={"size": 0}, times=0, match={"peer": "192.0.2.0/24"})
    say(farm, client, b"x")
    assert client.recv(10) == b"x"


@pytest.mark.parametrize("hosts", [pytest.param(("0.0.0.0",), marks=pytest.mark.loopback_network), ("::1",)])
def test_late_answers_leave_from_the_address_that_was_asked(start_farm, plan, hosts):
    farm = start_farm("echo", hosts=hosts)
    plan(farm, "echo", latency={"ms": 5}, times=0)
    for host in ("127.0.0.1", "127.0.0.2") if hosts == ("0.0.0.0",) else hosts:
        assert farm.udp("echo", b"who?", host=host) == b"who?"


def test_a_farm_without_faults_takes_the_way_of_batches(farm, client, plan):
    listener = next(one for one in farm.farm.hosts["default"].datagrams if one.service.name == "echo")
    say(farm, client, b"x")
    assert client.recv(10) == b"x"
    plan(farm, "daytime", drop={}, times=0)
    assert farm.call(lambda: (listener.faults, listener.misbehaving)) == ((), None)
    plan(farm, "echo", drop={}, times=0)
    farm.call(farm.world.faults.clear)
    assert farm.call(lambda: listener.faults) == ()
    say(farm, client, b"x")
    assert client.recv(10) == b"x"
