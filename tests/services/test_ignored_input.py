"""Common behaviour of the services that ignore their input (RFC 864 to 868)."""

import random
import socket
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeport.protocol.effects import ReportFinding
from homeport.protocol.events import Closed, Opened
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.world.presence import PresenceSeed
from homeport.world.world import WorldContents

ANSWERING = ["users", "daytime", "qotd", "time"]
SMALL = ["discard", "chargen", *ANSWERING]
IGNORING = ["users", "daytime", "qotd", "chargen"]


def make_session(name, world, **options):
    service = find_service(name)
    return service.session(Context(world, service.options(**options), "tcp", ("127.0.0.1", 1), ("127.0.0.1", 2)))


@pytest.mark.parametrize("name", ANSWERING)
def test_input_changes_nothing_but_is_found_once(talk, name):
    quiet, loud = talk(name), talk(name, b"42 users\r\n", eof=True)
    assert (loud.sent, loud.closed) == (quiet.sent, quiet.closed)
    assert loud.findings == ["input"]
    assert quiet.findings == []


@pytest.mark.parametrize("name", ANSWERING)
def test_strict_answers_all_the_same_because_the_rfc_lets_nothing_be_refused(talk, name):
    assert talk(name, b"hello", strict=True) == talk(name, b"hello")


@pytest.mark.parametrize("name", IGNORING)
def test_strict_answers_a_datagram_with_content_all_the_same(ask, name):
    assert ask(name, b"hello", strict=True) == ask(name, b"hello")
    assert len(ask(name, b"hello")[0]) == 1


@pytest.mark.parametrize("name", [*IGNORING, "time"])
def test_datagrams_with_content_and_long_ones_are_found(ask, name):
    assert ask(name, b"")[1] == []
    assert ask(name, b"\n")[1] == ["datagram-content"]
    assert ask(name, bytes(512))[1] == ["datagram-content"]
    assert ask(name, bytes(513))[1] == ["datagram-content", "datagram-too-long"]


@pytest.mark.parametrize("name", ANSWERING)
def test_a_careful_close_is_no_finding_and_a_broken_connection_is(world, name):
    for reason, found in [
        ("closed", []),
        ("closed; the peer left its side open", []),
        ("stopped", []),
        ("closed by peer", ["early-close"]),
        ("broken: Connection reset by peer", ["early-close"]),
    ]:
        session = make_session(name, world)
        session.handle(Opened())
        assert [effect.id for effect in session.handle(Closed(reason)) if isinstance(effect, ReportFinding)] == found


def test_no_answer_can_be_missed_where_none_was_sent(world):
    session = make_session("time", world, unknown=True)
    session.handle(Opened())
    assert list(session.handle(Closed("broken: Connection reset by peer"))) == []


@pytest.mark.parametrize("name", SMALL)
def test_every_finding_is_declared_once_and_names_its_rfc(name):
    rules = find_service(name).rules
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.reference.startswith("RFC ") for rule in rules)


@pytest.mark.parametrize("name", ANSWERING)
def test_a_client_that_resets_the_connection_instead_of_closing_it_is_found(farm, name):
    client = farm.connect(name)
    assert client.recv(1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    farm.wait_for(lambda: not farm.world.counters[(name, "tcp")].active)
    assert farm.call(lambda: dict(farm.world.findings.counts)) == {f"{name}.early-close": 1}


@pytest.mark.parametrize("name", ANSWERING)
def test_a_client_that_speaks_first_gets_its_whole_answer_and_a_finding(farm, name):
    with farm.connect(name) as client:
        client.sendall(b"hello?\r\n")
        answer = b""
        while part := client.recv(100):
            answer += part
        assert answer
    farm.wait_for(lambda: not farm.world.counters[(name, "tcp")].active)
    assert farm.call(lambda: dict(farm.world.findings.counts)) == {f"{name}.input": 1}


def test_half_close_gets_the_whole_of_a_long_list(start_farm):
    many = [PresenceSeed(login=f"user-{number:05}") for number in range(50_000)]
    farm = start_farm("users", contents=WorldContents(presence=many))
    assert farm.exchange("users").count(b"\r\n") == 50_000
    assert farm.call(lambda: farm.world.findings.total) == 0


@given(data=st.binary(max_size=200), name=st.sampled_from(SMALL), strict=st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_any_bytes_cut_anywhere_raise_nothing(talk, ask, name, data, strict):
    declared = {rule.id for rule in find_service(name).rules}
    assert set(talk(name, data, eof=True, strict=strict).findings) <= declared
    assert set(ask(name, data, strict=strict)[1]) <= declared


@pytest.mark.requirement("GEN-1.2.2-1")
@pytest.mark.parametrize("name", SMALL)
def test_noise_empty_connections_and_half_open_ones_leave_the_next_client_its_answer(farm, name):
    noise = random.Random(863).randbytes(65536)
    farm.connect(name).close()
    waiting = [farm.connect(name) for _ in range(10)]
    with farm.connect(name) as client:
        try:
            client.sendall(noise)
        except OSError:
            assert name in ANSWERING  # they have closed by then
    with farm.connect(name) as client:
        client.shutdown(socket.SHUT_WR)
        assert bool(client.recv(4)) == (name != "discard")
    for client in waiting:
        client.close()
    counters = farm.world.counters[(name, "tcp")]
    farm.wait_for(lambda: not counters.active)
    assert farm.call(lambda: counters.errors) == 0
