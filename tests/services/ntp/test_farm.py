"""NTP with real sockets: the clock of the world in three protocols, faults of the network, floods and loops."""

import os
import socket
import struct
from datetime import UTC, datetime

import msgspec
import pytest
from tests.services.ntp.conftest import request

from homeport.protocol.faults import Plan
from homeport.world.clock import ClockOptions

EPOCH = 2_208_988_800


@pytest.fixture
def farm(start_farm):
    return start_farm("ntp", "time", "daytime", clock=ClockOptions(frozen=True))


def told(farm, host="127.0.0.1"):
    """Return the Unix times that NTP, Time and Daytime tell over UDP."""
    ntp = farm.udp("ntp", request(transmit=int.from_bytes(os.urandom(8))), host=host)
    time = farm.udp("time", b"", host=host)
    line = farm.udp("daytime", b"", host=host).decode().strip()
    day = datetime.strptime(line, "%A, %B %d, %Y %H:%M:%S-UTC").replace(tzinfo=UTC)
    return (
        int.from_bytes(ntp[40:44]) - EPOCH,
        int.from_bytes(time) - EPOCH,
        int(day.timestamp()),
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_clock_moves_ntp_time_and_daytime_together(farm, host):
    moment = int(datetime(2030, 4, 5, 6, 7, 8, tzinfo=UTC).timestamp())
    farm.call(farm.world.clock.set, moment)
    assert told(farm, host) == (moment, moment, moment)
    farm.call(farm.world.clock.advance, 86_400)
    assert told(farm, host) == (moment + 86_400,) * 3
    assert told(farm, host) == (moment + 86_400,) * 3, "it is frozen"


def test_the_journal_has_request_and_answer_as_text(farm):
    told(farm)
    (event,) = [one for one in farm.events("datagram") if one["service"] == "ntp"]
    assert event["shown"].startswith("C: client, version 4")
    assert "\nS: server, version 4, stratum 1, transmit " in event["shown"]


def plan(farm, times=1, argument=None, **do):
    match = {} if argument is None else {"argument": argument}
    made = msgspec.convert({"service": "ntp", "do": do, "match": match, "times": times}, Plan)
    return farm.call(farm.world.faults.add, made)


class Asking:
    """A client's socket that is not connected."""

    def __init__(self, farm, host="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(10)
        self.socket.bind((host, 0))
        self.server = (host, farm.port("ntp", "udp"))

    def send(self, *transmits, tail=b""):
        for transmit in transmits:
            self.socket.sendto(request(transmit=transmit) + tail, self.server)

    def receive(self):
        """Return the origin of the next answer, and the address that it came from."""
        data, source = self.socket.recvfrom(1000)
        return int.from_bytes(data[24:32]), source


@pytest.fixture
def asking(farm):
    one = Asking(farm)
    yield one
    one.socket.close()


def test_an_answer_comes_from_another_port(farm, asking):
    plan(farm, frame="wrong-source")
    asking.send(1)
    origin, source = asking.receive()
    assert origin == 1
    assert source != asking.server
    asking.send(2)
    assert asking.receive() == (2, asking.server)


def test_a_dropped_answer_and_a_doubled_one(farm, asking):
    plan(farm, drop={})
    asking.send(1, 2)
    assert asking.receive()[0] == 2
    plan(farm, duplicate={})
    asking.send(3, 4)
    assert [asking.receive()[0] for _ in range(3)] == [3, 3, 4]


def test_a_fault_for_a_key_leaves_other_requests_alone(farm, asking):
    plan(farm, drop={}, argument="key 99")
    asking.send(1, tail=(99).to_bytes(4) + bytes(16))
    asking.send(2)
    assert asking.receive()[0] == 2


def test_the_answer_is_never_longer_than_the_request(farm, asking):
    """Whatever is sent, one answer of at most its size comes back."""
    sizes = {}
    for number, tail in enumerate((b"", bytes(20), struct.pack("!HH", 0x4000, 400) + bytes(396)), 1):
        asking.socket.sendto(request(transmit=number) + tail, asking.server)
        sizes[48 + len(tail)] = len(asking.socket.recv(2000))
    assert sizes == {48: 48, 68: 52, 448: 48}


def test_requests_that_are_none_get_no_answer(farm, asking):
    for data in (b"", b"\x16\x02" + bytes(10), b"\x17\x00\x03\x2a" + bytes(188), request(mode=4), request(version=0)):
        asking.socket.sendto(data, asking.server)
    asking.send(7)
    assert asking.receive()[0] == 7


def test_two_farms_pointed_at_each_other_fall_silent(start_farm):
    first, second = (start_farm("ntp", hosts=("127.0.0.1",)) for _ in range(2))
    sender = first.farm.hosts["default"].datagrams[0].bound.sockets[0]

    def counters(farm):
        found = farm.world.counters_of("ntp", "udp")
        return found.datagrams_in, found.datagrams_out

    # As if an attacker had forged the first farm's address: the second answers, and the first answers no answer.
    first.call(sender.sendto, request(), ("127.0.0.1", second.port("ntp", "udp")))
    assert first.wait_for(lambda: counters(first)[0]) == 1
    assert (first.call(counters, first), second.call(counters, second)) == ((1, 0), (1, 1))
