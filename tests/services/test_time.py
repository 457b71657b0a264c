"""Time (RFC 868)."""

import struct
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.time import UNIX_EPOCH, seconds_since_1900

ADDRESSES = ["127.0.0.1", "::1"]
WRAP = datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (2_208_988_800, "1970-01-01T00:00:00"),
        (2_398_291_200, "1976-01-01T00:00:00"),
        (2_524_521_600, "1980-01-01T00:00:00"),
        (2_629_584_000, "1983-05-01T00:00:00"),
        (-1_297_728_000, "1858-11-17T00:00:00"),
    ],
)
def test_the_rfcs_own_examples(number, moment):
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    assert seconds_since_1900(now) == (number % 2**32).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("after", "octets"),
    [(-1, "ffffffff"), (-0.001, "ffffffff"), (0, "00000000"), (0.999, "00000000"), (1, "00000001")],
)
def test_the_number_begins_again_in_2036(talk, ask, world, after, octets):
    world.clock.freeze()
    world.clock.set(WRAP + after)
    assert talk("time", world=lambda: world).sent == bytes.fromhex(octets)
    assert ask("time", world=world) == ([bytes.fromhex(octets)], [])


def test_four_bytes_and_a_close(talk):
    outcome = talk("time")
    assert outcome.sent == (1_792_000_000 + UNIX_EPOCH).to_bytes(4, "big")
    assert outcome.closed


def test_unknown_time_closes_without_an_byte(talk):
    outcome = talk("time", unknown=True)
    assert outcome.sent == b""
    assert outcome.closed


def test_unknown_time_answers_no_datagram(ask):
    assert ask("time", b"", unknown=True) == ([], [])
    assert ask("time", b"?", unknown=True) == ([], ["datagram-content"])


def test_a_datagram_with_content_is_answered_with_a_finding(ask):
    answers, findings = ask("time", b"what time is it?")
    assert [len(answer) for answer in answers] == [4]
    assert findings == ["datagram-content"]


def test_strict_answers_only_the_empty_datagram_that_the_rfc_asks_with(ask):
    assert ask("time", b"\n", strict=True) == ([], ["datagram-content"])
    assert ask("time", bytes(600), strict=True) == ([], ["datagram-content", "datagram-too-long"])
    answers, findings = ask("time", b"", strict=True)
    assert [len(answer) for answer in answers] == [4]
    assert findings == []


@given(st.floats(min_value=-1e15, max_value=1e15))
def test_any_time_is_four_bytes_that_give_it_back_modulo_its_era(now):
    (number,) = struct.unpack("!I", seconds_since_1900(now))
    assert (number - UNIX_EPOCH - int(now // 1)) % 2**32 == 0


@pytest.mark.parametrize("host", ADDRESSES)
def test_both_families_and_both_transports_tell_the_real_time(farm, host):
    for answer in (farm.exchange("time", host=host), farm.udp("time", b"", host=host)):
        (number,) = struct.unpack("!I", answer)
        assert abs((number - UNIX_EPOCH - int(time.time())) % 2**32) in (0, 1, 2**32 - 1)


def test_a_farm_lives_through_the_end_of_the_era(farm):
    farm.call(farm.world.clock.freeze)
    farm.call(farm.world.clock.set, WRAP - 1)
    assert farm.exchange("time") == b"\xff\xff\xff\xff"
    farm.call(farm.world.clock.advance, 1)
    assert farm.exchange("time") == b"\0\0\0\0"
    assert farm.udp("time", b"") == b"\0\0\0\0"


def test_a_farm_that_does_not_know_the_time_closes_at_once(start_farm):
    farm = start_farm("time", "echo", time={"unknown": True})
    with farm.connect("time") as client:
        assert client.recv(4) == b""
