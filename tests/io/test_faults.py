"""Faults on connections: every kind on every service, both directions; counting, scope, reproducibility, removal."""

import socket
import struct
import threading
import time
from itertools import pairwise

import msgspec
import pytest
from conftest import RunningFarm, farm_config, read_all

from homeport.config.sections import FaultOptions
from homeport.io.net.fault_stages import ENTRY_BYTES, MAX_HELD_BYTES, MAX_IN_FLIGHT_BYTES
from homeport.io.net.turns import ALLOWANCE
from homeport.protocol.effects import AskHost, Log, Misbehave, Send
from homeport.protocol.faults import Plan
from homeport.services.chargen import BLOCK
from homeport.world.world import WorldContents

QUESTIONS = {
    "echo": b"hello, world",
    "users": b"",
    "daytime": b"",
    "qotd": b"",
    "chargen": b"",
    "time": b"",
    "finger": b"alice\r\n",
    "whois": b"example.com\r\n",
}
"""The request of a client for an answer; Discard gives none."""
TEXTS = ["users", "daytime", "qotd", "finger", "whois"]
SOME = 60
"""Bytes that are compared: Chargen is endless."""


@pytest.fixture
def plan():
    """Plan a fault on a running farm: `plan(farm, "echo", latency={"ms": 50}, times=0)`."""

    def call(farm, service, match=None, after=0, times=1, probability=1.0, direction="out", listener=None, **do):
        given = {
            "service": service, "match": match or {}, "after": after, "times": times, "probability": probability,
            "direction": direction, "listener": listener, "do": do,
        }  # fmt: skip
        return farm.call(farm.world.faults.add, msgspec.convert(given, Plan))

    return call


@pytest.fixture
def quiet(start_farm):
    """Return a farm with a frozen clock and one quote, so that equal requests have equal answers."""
    farm = start_farm(contents=WorldContents(quotes=("One quote, and no other.",)))
    farm.call(farm.world.clock.freeze)
    return farm


def ask(farm, service, octets=None):
    """Return the answer to the usual request: its first bytes, or all."""
    with farm.connect(service) as client:
        client.sendall(QUESTIONS.get(service, b"x"))
        if service != "chargen":
            client.shutdown(socket.SHUT_WR)
        if octets is None:
            return read_all(client)
        return client.makefile("rb").read(octets)


def faults_shown(farm, fault, number=1):
    """Wait for that many journal events of a fault, and return their texts."""

    def look():
        found = [one for one in farm.world.journal.events() if one["type"] == "fault" and one["id"] == fault.id]
        return found if len(found) >= number else None

    return farm.wait_for(look)


def stream_of(farm, service):
    """Return the driver of a service's only connection."""

    def look():
        (listener,) = (one for one in farm.farm.hosts["default"].streams if one.service.name == service)
        return next(iter(listener.streams.values()), None)

    return farm.wait_for(look)


def connections_end(farm, service):
    farm.wait_for(lambda: not farm.world.counters_of(service, "tcp").active)


def timers(farm):
    """Return the timers of a farm without connections: its sweeper's and its clock's."""
    farm.call(lambda: None)  # a turn that faults have worked in ends
    return farm.call(lambda: len(farm.reactor.getDelayedCalls()))


@pytest.mark.parametrize("service", QUESTIONS)
@pytest.mark.parametrize(
    ("do", "words"),
    [
        ({"latency": {"ms": 60}}, "delayed {n} bytes by 60 ms"),
        ({"bandwidth": {"bytes_per_s": 1000}}, "slowed"),
        ({"slice": {"size": 3}}, "cut {n} bytes into pieces of 3"),
        ({"slice": {"size": 20, "delay_ms": 20}}, "cut {n} bytes into pieces of 20"),
    ],
)
def test_what_only_slows_changes_no_byte(quiet, plan, service, do, words):
    clean = ask(quiet, service, SOME)
    fault = plan(quiet, service, **do)
    began = time.monotonic()
    answer = ask(quiet, service, SOME)
    took = time.monotonic() - began
    assert answer == clean
    (event,) = faults_shown(quiet, fault)
    assert event["did"].startswith(words.split("{")[0])
    assert (event["kind"], event["service"], event["listener"]) == (fault.plan.do.kind, service, "tcp")
    if fault.plan.do.kind == "latency":
        assert took >= 0.06
    if fault.plan.do.kind == "bandwidth":
        assert took >= len(answer) / 1000 - 0.02
    assert (fault.seen, fault.acted, fault.spent) == (1, 1, True)


@pytest.mark.parametrize("service", QUESTIONS)
def test_a_limit_ends_the_answer(quiet, plan, service):
    clean = ask(quiet, service, 3)
    fault = plan(quiet, service, limit={"bytes": 3}, times=2)
    with quiet.connect(service) as client:
        client.sendall(QUESTIONS[service])
        answer = read_all(client)
    assert answer == clean
    (event,) = faults_shown(quiet, fault)
    assert event["did"] == "closed the connection after 3 bytes"


@pytest.mark.parametrize("service", QUESTIONS)
def test_a_limit_may_end_in_a_reset(farm, plan, service):
    fault = plan(farm, service, limit={"bytes": 3, "reset": True})
    with pytest.raises(ConnectionResetError), farm.connect(service) as client:
        client.sendall(QUESTIONS[service])
        read_all(client)
    (event,) = faults_shown(farm, fault)
    assert event["did"] == "reset the connection after 3 bytes"


@pytest.mark.parametrize("service", [*QUESTIONS, "discard"])
def test_close_closes_at_once_and_says_nothing(farm, plan, service):
    fault = plan(farm, service, close={})
    with farm.connect(service) as client:
        assert read_all(client) == b""
    (event,) = faults_shown(farm, fault)
    assert event["did"] == "closed the connection"
    connections_end(farm, service)


@pytest.mark.parametrize("service", [*QUESTIONS, "discard"])
def test_reset_resets_at_once(farm, plan, service):
    plan(farm, service, reset={})
    with pytest.raises(ConnectionResetError), farm.connect(service) as client:
        client.recv(1)
    closed = farm.wait_for(lambda: [e for e in farm.world.journal.events() if e["type"] == "closed"])
    assert (closed[0]["reason"], closed[0]["sent"]) == ("reset by a fault", 0)
    assert farm.events("finding") == []


@pytest.mark.parametrize("service", [*QUESTIONS, "discard"])
@pytest.mark.parametrize("direction", ["out", "in"])
def test_hang_says_nothing_until_it_is_removed_and_the_connection_stands(farm, plan, service, direction):
    fault = plan(farm, service, hang={}, direction=direction)
    with farm.connect(service) as client:
        client.sendall(QUESTIONS.get(service, b"x"))
        faults_shown(farm, fault)
        speaks_first = direction == "in" and QUESTIONS.get(service) == b""
        if not speaks_first:
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                client.recv(1)
        assert farm.call(farm.world.faults.clear) == 1
        client.settimeout(10)
        client.shutdown(socket.SHUT_WR)
        if service != "chargen":
            read_all(client)  # it ends, although what was said meanwhile is lost
    connections_end(farm, service)


@pytest.mark.parametrize("service", QUESTIONS)
def test_garbage_takes_the_place_of_what_is_said_next(farm, start_farm, plan, service):
    clean = ask(farm, service, SOME)
    answers = []
    for one in (farm, start_farm(service)):
        plan(one, service, garbage={"bytes": 10})
        if service == "chargen":
            answers.append(ask(one, service, 10))
        else:
            answers.append(ask(one, service))
    assert len(answers[0]) == 10
    assert answers[0] != clean[:10]
    assert answers[0] == answers[1]  # the same seed, the same run


def test_after_garbage_everything_is_as_it_was(farm, plan):
    plan(farm, "echo", garbage={"bytes": 10})
    with farm.connect("echo") as client:
        client.sendall(b"first")
        assert client.makefile("rb").read(10) != b"first"
        client.sendall(b"second")
        assert client.recv(10) == b"second"


@pytest.mark.parametrize("service", QUESTIONS)
def test_corrupt_changes_bytes_and_no_lengths(quiet, plan, service):
    clean = ask(quiet, service, SOME)
    fault = plan(quiet, service, corrupt={"rate": 1})
    answer = ask(quiet, service, SOME)
    assert len(answer) == len(clean)
    assert all(a != b for a, b in zip(answer, clean, strict=True))
    assert faults_shown(quiet, fault)[0]["did"].startswith("changed")


def test_corruption_is_the_same_for_every_segmentation(start_farm, plan):
    answers = []
    for size in (1, 7, 1000):
        farm = start_farm("echo")
        plan(farm, "echo", corrupt={"rate": 0.05})
        with farm.connect("echo") as client:
            reader = client.makefile("rb")
            answer = b""
            for at in range(0, 1000, size):
                piece = bytes(1000)[at : at + size]
                client.sendall(piece)
                answer += reader.read(len(piece))
        answers.append(answer)
    assert answers[0] == answers[1] == answers[2]
    assert 20 <= sum(map(bool, answers[0])) <= 90


@pytest.mark.parametrize("service", TEXTS)
def test_answer_takes_the_place_of_the_whole_answer(farm, plan, service):
    fault = plan(farm, service, answer={"text": "Größe\r\n"})
    assert ask(farm, service) == "Größe\r\n".encode()
    assert faults_shown(farm, fault)[0]["did"].endswith("bytes of the answer by a text of 9")


# The way in.


@pytest.mark.parametrize(
    "do", [{"latency": {"ms": 50}}, {"bandwidth": {"bytes_per_s": 300}}, {"slice": {"size": 2, "delay_ms": 5}}]
)
@pytest.mark.parametrize("service", ["echo", "finger", "whois"])
def test_what_the_client_says_can_be_slow_to_arrive(quiet, plan, service, do):
    clean = ask(quiet, service)
    fault = plan(quiet, service, direction="in", **do)
    assert ask(quiet, service) == clean
    assert faults_shown(quiet, fault)[0]["did"].endswith("on the way in")


def test_a_limit_on_the_way_in_lets_so_much_be_heard_and_closes(farm, plan):
    plan(farm, "echo", limit={"bytes": 5}, direction="in")
    with farm.connect("echo") as client:
        client.sendall(b"hello, world")
        assert read_all(client) == b"hello"


@pytest.mark.parametrize(("do", "error"), [({"close": {}}, None), ({"reset": {}}, ConnectionResetError)])
@pytest.mark.parametrize("service", ["echo", "discard", "finger", "whois"])
def test_close_and_reset_on_the_way_in_wait_for_the_first_bytes(farm, plan, service, do, error):
    fault = plan(farm, service, direction="in", **do)
    with farm.connect(service) as client:
        farm.wait_for(lambda: farm.world.counters_of(service, "tcp").active)
        assert farm.call(lambda: fault.acted) == 1
        assert farm.events("fault") == []
        client.sendall(b"x")
        if error is None:
            assert read_all(client) == b""
        else:
            with pytest.raises(error):
                client.recv(1)


def test_the_service_hears_garbage_and_corruption(farm, plan):
    plan(farm, "echo", garbage={"bytes": 4}, direction="in")
    plan(farm, "echo", corrupt={"rate": 1}, direction="in", after=1)
    assert len(first := ask(farm, "echo")) == 4
    second = ask(farm, "echo")
    assert len(second) == len(QUESTIONS["echo"])
    assert second != QUESTIONS["echo"]
    # The journal has what the service heard, and what it said.
    shown = [event["text"] for event in farm.events("in")]
    assert len(shown) == 2
    assert [event["bytes"] for event in farm.events("in")] == [event["bytes"] for event in farm.events("out")]
    assert first


def test_both_is_both(farm, plan):
    fault = plan(farm, "echo", latency={"ms": 40}, direction="both")
    began = time.monotonic()
    assert ask(farm, "echo") == QUESTIONS["echo"]
    assert time.monotonic() - began >= 0.08
    assert [event["did"] for event in faults_shown(farm, fault, 2)] == [
        "delayed 12 bytes by 40 ms on the way in",
        "delayed 12 bytes by 40 ms",
    ]
    assert fault.acted == 1


# Which occasions.


def test_after_and_times_count_connections(farm, plan):
    fault = plan(farm, "daytime", close={}, after=1, times=2)
    assert [bool(ask(farm, "daytime")) for _ in range(5)] == [True, False, False, True, True]
    assert (fault.seen, fault.acted) == (3, 2)


def test_probability_repeats_with_the_seed(start_farm, plan):
    runs = []
    for _ in range(2):
        farm = start_farm("daytime")
        plan(farm, "daytime", close={}, times=0, probability=0.5)
        runs.append([bool(ask(farm, "daytime")) for _ in range(20)])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 2


def test_jitter_repeats_with_the_seed_whoever_connects_meanwhile(start_farm, plan):
    runs = []
    for _ in range(2):
        farm = start_farm("echo")
        fault = plan(farm, "echo", latency={"ms": 0, "jitter_ms": 20}, times=0)
        for _ in range(3):
            ask(farm, "echo")
        runs.append([event["did"] for event in faults_shown(farm, fault, 3)])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) > 1


@pytest.mark.loopback_network
def test_a_fault_is_for_its_service_its_listener_and_its_peer_only(farm, plan):
    plan(farm, "daytime", close={}, times=0)
    plan(farm, "echo", close={}, times=0, listener="udp")
    plan(farm, "finger", close={}, times=0, match={"peer": "127.0.0.2"})
    assert ask(farm, "time")
    assert ask(farm, "echo") == QUESTIONS["echo"]
    assert ask(farm, "finger")
    with socket.create_connection(("127.0.0.1", farm.port("finger")), 10, source_address=("127.0.0.2", 0)) as client:
        assert read_all(client) == b""


def test_a_fault_of_one_connection_acts_on_it_at_once(farm, plan):
    with farm.connect("echo") as first, farm.connect("echo") as second:
        for client in (first, second):
            client.sendall(b"x")
            assert client.recv(1) == b"x"
        plan(farm, "echo", match={"conn": "c1"}, close={})
        assert read_all(first) == b""
        second.sendall(b"still here")
        assert second.recv(100) == b"still here"


def test_a_fault_for_ever_acts_on_connections_that_stand_and_one_for_once_does_not(farm, plan):
    with farm.connect("echo") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        once = plan(farm, "echo", reset={})
        assert farm.call(lambda: once.seen) == 0
        plan(farm, "echo", garbage={"bytes": 3}, times=0)
        client.sendall(b"hello")
        assert client.recv(100) != b"hello"


def test_several_faults_act_in_the_order_in_which_they_were_planned(start_farm, plan):
    farm = start_farm("echo")
    plan(farm, "echo", limit={"bytes": 4})
    plan(farm, "echo", garbage={"bytes": 9})
    assert len(ask(farm, "echo")) == 9  # four bytes are let through, and garbage takes their place
    other = start_farm("echo")
    plan(other, "echo", garbage={"bytes": 9})
    plan(other, "echo", limit={"bytes": 4})
    assert len(ask(other, "echo")) == 4


# Commands.


def test_a_fault_of_a_query_is_for_queries_that_match(farm, plan):
    plan(farm, "finger", match={"verb": "QUERY", "argument": "LIC"}, answer={"text": "nobody\r\n"}, times=0)
    with farm.connect("finger") as client:
        client.sendall(b"bob\r\n")
        assert b"nobody" not in read_all(client)
    assert ask(farm, "finger") == b"nobody\r\n"


@pytest.mark.parametrize("service", ["finger", "whois"])
@pytest.mark.parametrize(
    "do",
    [{"latency": {"ms": 30}}, {"slice": {"size": 5}}, {"bandwidth": {"bytes_per_s": 20_000}}, {"corrupt": {"rate": 1}},
     {"garbage": {"bytes": 5}}, {"limit": {"bytes": 5}}, {"close": {}}, {"reset": {}}, {"hang": {}},
     {"answer": {"text": "x"}}],
)  # fmt: skip
def test_every_kind_acts_on_the_answer_to_a_query(farm, plan, service, do):
    clean = ask(farm, service)
    fault = plan(farm, service, match={"verb": "query"}, **do)
    kind = fault.plan.do.kind
    if kind == "reset":
        with pytest.raises(OSError):
            ask(farm, service)
        assert faults_shown(farm, fault)
        return
    if kind == "hang":
        with farm.connect(service) as client:
            client.sendall(QUESTIONS[service])
            faults_shown(farm, fault)
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                client.recv(1)
        return
    answer = ask(farm, service)
    assert faults_shown(farm, fault)
    size = {"garbage": 5, "limit": 5, "close": 0, "answer": 1}.get(kind, len(clean))
    assert len(answer) == size
    if kind in ("latency", "slice", "bandwidth"):
        assert answer == clean


def test_what_follows_a_delayed_answer_waits_after_it(start_farm, plan):
    farm = start_farm("whois", whois={"layout": "ripe"})
    questions = b"-k homeport.test\r\n-k nothing.invalid\r\n-k ns1.homeport.test\r\n"
    clean = farm.exchange("whois", questions)
    fault = plan(farm, "whois", match={"argument": "-k homeport.test"}, latency={"ms": 40})
    with farm.connect("whois") as client:
        client.sendall(questions)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == clean
    assert len(faults_shown(farm, fault)) == 1
    assert 0 < clean.find(b"homeport.test") < clean.find(b"%ERROR:101") < clean.rfind(b"ns1.homeport.test")


def test_effects_under_a_fault_and_those_after_keep_their_order(obedient, greet, plan):
    farm = obedient()
    client, reader = greet(farm)
    fault = plan(farm, "obedient", match={"verb": "never"}, latency={"ms": 60})

    def act():
        (stream,) = farm.farm.hosts["default"].streams[0].streams.values()
        stream.perform(
            (Send(b"1"), Misbehave(fault, (Send(b"2"), Log("farewell", {"reason": "logged at once"}))), Send(b"3"))
        )
        stream.perform((Send(b"4"),))
        return [event["type"] for event in farm.world.journal.events()], stream.faults is not None

    kinds, has_line = farm.call(act)
    assert "farewell" in kinds
    assert has_line
    assert reader.read(4) == b"1234"
    farm.wait_for(lambda: next(iter(farm.farm.hosts["default"].streams[0].streams.values())).faults is None)
    client.sendall(b"bye\r\n")
    assert reader.read() == b"bye\r\n"


def test_a_fault_around_what_is_no_speech_harms_nobody(obedient, greet, plan):
    farm = obedient()
    _client, reader = greet(farm)
    fault = plan(farm, "obedient", match={"verb": "never"}, latency={"ms": 1})
    ask_host = AskHost("127.0.0.1", 1, b"x", 10)

    def act():
        (stream,) = farm.farm.hosts["default"].streams[0].streams.values()
        stream.perform((Misbehave(fault, (ask_host,)), Send(b"said\r\n")))
        return stream.asking is not None

    assert farm.call(act)
    assert reader.readline() == b"said\r\n"


def test_a_text_takes_the_place_of_an_answer_in_many_pieces_once(obedient, greet, plan):
    farm = obedient()
    client, reader = greet(farm)
    fault = plan(farm, "finger", match={"verb": "never"}, answer={"text": "busy"})

    def act():
        (stream,) = farm.farm.hosts["default"].streams[0].streams.values()
        stream.perform((Misbehave(fault, (Send(b"1"), Send(b"2"), Send(b"3"))), Send(b" and on\r\n")))

    farm.call(act)
    assert reader.readline() == b"busy and on\r\n"
    client.sendall(b"bye\r\n")
    assert reader.readline() == b"bye\r\n"


def test_a_fault_that_is_removed_while_another_host_is_asked_does_not_act_on_its_answer(start_farm, plan):
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(10)
        farm = start_farm("finger", finger={"forward_to": [f"127.0.0.1:{other.getsockname()[1]}"]})
        fault = plan(farm, "finger", match={"verb": "query"}, answer={"text": "busy"})
        with farm.connect("finger") as client:
            client.sendall(b"alice@127.0.0.1\r\n")
            asked, _peer = other.accept()
            with asked:
                assert asked.recv(100) == b"alice\r\n"
                assert farm.call(farm.world.faults.remove, fault.id)
                asked.sendall(b"real\r\n")
            assert read_all(client) == b"real\r\n"


# Removing.


def test_what_was_held_back_comes_out_in_order_when_the_fault_is_removed(farm, plan):
    fault = plan(farm, "echo", latency={"ms": 3_600_000}, times=0)
    with farm.connect("echo") as client:
        for number in range(5):
            client.sendall(b"%d" % number)
            heard = stream_of(farm, "echo").connection
            farm.wait_for(lambda number=number, heard=heard: heard.received > number)
        assert farm.call(farm.world.faults.remove, fault.id)
        assert client.makefile("rb").read(5) == b"01234"
        stream = stream_of(farm, "echo")
        assert farm.call(lambda: stream.faults) is None  # the very path of a connection that never had a fault
        client.sendall(b"fast")
        assert client.recv(10) == b"fast"


def test_full_speed_is_back_when_a_bandwidth_is_removed(farm, plan):
    plan(farm, "echo", bandwidth={"bytes_per_s": 10}, times=0, direction="both")
    with farm.connect("echo") as client:
        client.sendall(b"x" * 10_000)
        farm.wait_for(lambda: farm.world.faults.get("f1").acted)
        assert farm.call(farm.world.faults.clear) == 1
        assert client.makefile("rb").read(10_000) == b"x" * 10_000


def test_a_close_that_was_held_back_closes_when_the_fault_is_removed(farm, plan):
    fault = plan(farm, "daytime", latency={"ms": 3_600_000})
    with farm.connect("daytime") as client:
        faults_shown(farm, fault)
        farm.call(farm.world.faults.clear)
        assert read_all(client)


# Nothing is left.


@pytest.mark.parametrize(
    "do",
    [{"latency": {"ms": 3_600_000}}, {"bandwidth": {"bytes_per_s": 1}}, {"slice": {"size": 1, "delay_ms": 60_000}}],
)
@pytest.mark.parametrize("direction", ["in", "both"])
def test_timers_go_with_the_connection(farm, plan, do, direction):
    before = timers(farm)
    plan(farm, "echo", times=0, direction=direction, **do)
    client = farm.connect("echo")
    client.sendall(b"hello" * 10)
    farm.wait_for(lambda: any(event["type"] == "fault" for event in farm.world.journal.events()))
    assert timers(farm) > before
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    connections_end(farm, "echo")
    assert timers(farm) == before


def test_a_client_that_hangs_and_then_is_gone_is_noticed(farm, plan):
    before = timers(farm)
    fault = plan(farm, "echo", hang={})
    client = farm.connect("echo")
    faults_shown(farm, fault)
    client.shutdown(socket.SHUT_WR)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    connections_end(farm, "echo")
    assert timers(farm) == before


def test_the_idle_limit_ends_what_hangs(start_farm, plan):
    farm = start_farm("echo", limits={"idle": 0.2})
    plan(farm, "echo", hang={})
    with farm.connect("echo") as client:
        assert read_all(client) == b""
    assert farm.call(lambda: farm.world.counters_of("echo", "tcp").limits) == {"idle": 1}


@pytest.mark.parametrize("direction", ["in", "out"])
def test_who_goes_on_speaking_under_a_fault_is_not_idle(start_farm, plan, direction):
    farm = start_farm("echo", "users", limits={"idle": 3600.0})
    plan(farm, "echo", hang={}, direction=direction)
    (listener,) = (one for one in farm.farm.hosts["default"].streams if one.service.name == "echo")
    with farm.connect("echo") as client:
        stream_of(farm, "echo")
        for _ in range(3):
            farm.call(listener.sweep, 3000.0)
            client.sendall(b"x")
            farm.exchange("users")  # when this is answered, what came before it was read
        assert farm.call(lambda: listener.counters.limits) == {}
        farm.call(listener.sweep, 3000.0)
        farm.call(listener.sweep, 3000.0)
        assert farm.call(lambda: listener.counters.limits) == {"idle": 1}
        assert read_all(client) == b""


def test_stopping_drops_what_is_held_back_and_leaves_no_timer(start_farm, plan):
    farm = start_farm()
    for service in ("echo", "daytime", "chargen"):
        plan(farm, service, latency={"ms": 3_600_000}, times=0, direction="both")
    plan(farm, "finger", hang={})
    clients = [farm.connect(service) for service in ("echo", "daytime", "chargen", "finger")]
    clients[0].sendall(b"x")
    farm.wait_for(lambda: sum(event["type"] == "fault" for event in farm.world.journal.events()) >= 4)
    began = time.monotonic()
    farm.stop()
    assert time.monotonic() - began < 1
    assert [call for call in farm.reactor.getDelayedCalls() if call.active()] == []
    for client in clients:
        client.close()


def test_a_flood_under_a_delay_is_not_read_without_end(farm, plan):
    plan(farm, "echo", latency={"ms": 3_600_000})
    with farm.connect("echo") as client:
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            for _ in range(2000):
                client.sendall(bytes(65536))
        stream = stream_of(farm, "echo")
        assert farm.call(lambda: stream.connection.received) < MAX_IN_FLIGHT_BYTES + (1 << 20)


@pytest.mark.parametrize("do", [{"slice": {"size": 1}}, {"corrupt": {"rate": 0.5}}])
def test_a_source_without_end_is_not_asked_for_more_than_its_client_takes(farm, plan, do):
    plan(farm, "chargen", **do)
    with farm.connect("chargen") as client:
        stream = stream_of(farm, "chargen")
        for _ in range(200):  # turns, in which the client reads nothing
            farm.call(lambda: None)
            held = farm.call(lambda: sum(stage.held for stage in stream.faults.said.stages))
            assert held <= MAX_HELD_BYTES + len(BLOCK) + ENTRY_BYTES
            assert farm.call(lambda: len(stream.unsent)) <= 1
        assert client.recv(1)


@pytest.mark.parametrize("do", [{"slice": {"size": 1}}, {"corrupt": {"rate": 0.5}}])
def test_a_fault_of_one_world_leaves_another_its_turns(farm, plan, do):
    plan(farm, "chargen", times=0, **do)
    with farm.connect("chargen") as client:
        client.recv(1)
        stream = stream_of(farm, "chargen")
        moved: list[int] = []
        over = threading.Event()

        def look() -> None:
            """Observe once per turn of the reactor, as another client would be served."""
            moved.append(stream.connection.sent)
            if len(moved) < 100:
                farm.farm.reactor.callLater(0, look)
            else:
                over.set()

        farm.call(look)
        while not over.is_set():
            client.recv(65536)
        assert moved[0] < moved[-1]
        assert max(later - sooner for sooner, later in pairwise(moved)) <= 3 * ALLOWANCE


def test_a_source_without_end_pauses_while_it_hangs(farm, plan):
    plan(farm, "chargen", hang={})
    with farm.connect("chargen") as client:
        farm.wait_for(lambda: any(event["type"] == "fault" for event in farm.world.journal.events()))
        stream = stream_of(farm, "chargen")
        assert farm.call(lambda: stream.writing) is False
        farm.call(farm.world.faults.clear)
        assert client.makefile("rb").read(100)


def test_without_faults_a_connection_has_none(farm):
    with farm.connect("echo") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        stream = stream_of(farm, "echo")
        assert farm.call(lambda: stream.faults) is None
        plan_of_another = msgspec.convert({"service": "daytime", "do": {"close": {}}}, Plan)
        farm.call(farm.world.faults.add, plan_of_another)
        assert farm.call(lambda: stream.listener.faults) == ()


# Refusing.


def test_refuse_gives_connection_refused_and_the_port_comes_back(farm, plan):
    port = farm.port("echo")
    fault = plan(farm, "echo", refuse={})
    with pytest.raises(ConnectionRefusedError):
        farm.connect("echo")
    assert farm.udp("echo", b"x", timeout=0.05) is None
    farm.call(farm.world.faults.remove, fault.id)
    assert farm.port("echo") == port
    assert ask(farm, "echo") == QUESTIONS["echo"]
    assert farm.udp("echo", b"x") == b"x"
    assert {event["did"] for event in faults_shown(farm, fault, 4)} == {
        "took the listener down",
        "brought the listener up again",
    }


def test_refuse_ends_by_itself_after_its_time(farm, plan):
    fault = plan(farm, "echo", refuse={"seconds": 0.1}, listener="tcp")
    with pytest.raises(ConnectionRefusedError):
        farm.connect("echo")
    assert len(faults_shown(farm, fault, 2)) == 2
    farm.connect("echo").close()
    assert fault.spent


def test_a_listener_that_two_faults_refuse_is_back_when_both_are_gone(farm, plan):
    first, second = plan(farm, "time", refuse={}), plan(farm, "time", refuse={"seconds": 60})
    farm.call(farm.world.faults.remove, first.id)
    with pytest.raises(ConnectionRefusedError):
        farm.connect("time")
    farm.call(farm.world.faults.remove, second.id)
    assert ask(farm, "time")


# Clients.


@pytest.fixture
def lenient():
    """Return a farm whose clients may ask for faults."""
    farm = RunningFarm(msgspec.structs.replace(farm_config("finger", "whois"), faults=FaultOptions(by_client=True)))
    yield farm
    farm.stop()


@pytest.mark.parametrize("service", ["finger", "whois"])
@pytest.mark.parametrize(
    ("name", "size"), [("close.fault.test", 0), ("close-after-7.fault.test", 7), ("garbage-9@fault.test", 9)]
)
def test_a_client_asks_for_a_fault_by_a_name(lenient, service, name, size):
    with lenient.connect(service) as client:
        client.sendall(f"{name}\r\n".encode())
        assert len(read_all(client)) == size
    (event,) = lenient.events("fault")
    assert event["id"] == "client1"


@pytest.mark.parametrize("service", ["finger", "whois"])
def test_a_client_asks_for_a_reset(lenient, service):
    with lenient.connect(service) as client, pytest.raises(ConnectionResetError):
        client.sendall(b"reset.fault.test\r\n")
        client.recv(1)


def test_clients_may_not_ask_unless_they_may(farm):
    with farm.connect("finger") as client:
        client.sendall(b"reset.fault.test\r\n")
        assert read_all(client)
    assert farm.events("fault") == []
