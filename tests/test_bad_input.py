"""Whatever comes in, on every service: no crash, no wedged neighbour, no memory without bound."""

import random
import re
import socket
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from tests.conftest import read_all

from homeport.services import all_services

NORMAL = {
    "echo": (b"hello", re.compile(rb"hello")),
    "discard": (b"hello", re.compile(rb"")),
    "users": (b"", re.compile(rb"alice\r\nbob\r\noperator\r\n")),
    "daytime": (b"", re.compile(rb"[ -~]+\r\n")),
    "qotd": (b"", re.compile(rb"([ -~]+\r\n)+")),
    "chargen": (b"", re.compile(rb' !"#[ -~]+\r\n!"#.*', re.DOTALL)),
    "time": (b"", re.compile(rb"....", re.DOTALL)),
    "finger": (b"alice\r\n", re.compile(rb".*Alice Liddell.*\r\n", re.DOTALL)),
    "whois": (b"homeport.test\r\n", re.compile(rb".*homeport\.test.*\r\n", re.DOTALL | re.IGNORECASE)),
}
"""A normal request to each service, and what its answer looks like."""

every_service = pytest.mark.parametrize("name", [service.name for service in all_services()])


def answers_normally(farm, name: str) -> None:
    """The service gives a new client its normal answer."""
    request, answer = NORMAL[name]
    if name == "chargen":
        with farm.connect(name) as client:
            assert answer.fullmatch(client.recv(1000))
        return
    assert answer.fullmatch(farm.exchange(name, request))


def resident_kilobytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise LookupError("VmRSS")


def drain(client: socket.socket) -> None:
    """Read to the end, however it comes."""
    with suppress(OSError):
        read_all(client)


@pytest.mark.requirement("GEN-1.2.2-1")
@every_service
def test_noise_half_lines_resets_and_half_open_sessions_leave_the_next_client_its_answer(farm, name):
    noise = random.Random(name).randbytes(65536)
    half_open = [farm.connect(name) for _ in range(10)]
    with farm.connect(name) as client:
        try:
            client.sendall(noise)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused and cut off in the middle of it
        if name != "chargen":
            drain(client)
    farm.connect(name).close()
    with farm.connect(name) as client:
        client.sendall(b"half a li")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    answers_normally(farm, name)
    for client in half_open:
        client.close()
    farm.wait_for(lambda: farm.world.counters_of(name, "tcp").active == 0)
    assert farm.call(lambda: farm.world.counters_of(name, "tcp").errors) == 0


@pytest.mark.requirement("GEN-1.2.2-2")
@every_service
def test_a_mebibyte_without_a_line_end_costs_no_memory_and_no_neighbour(farm, name):
    answers_normally(farm, name)
    before = resident_kilobytes()
    with farm.connect(name) as client:
        client.settimeout(1)
        try:
            for _ in range(16):
                client.sendall(b"x" * 65536)
                if name == "echo":
                    client.recv(65536)
        except OSError:
            pass  # refused, or not read from any more
        answers_normally(farm, name)
    assert resident_kilobytes() - before < 16_000


@pytest.mark.requirement("GEN-1.2.2-5")
@pytest.mark.parametrize("name", [s.name for s in all_services() if s.name not in ("echo", "discard", "time")])
def test_all_that_is_sent_ends_its_lines_with_crlf_and_has_no_control_characters(farm, name):
    request, _answer = NORMAL[name]
    if name == "chargen":
        with farm.connect(name) as client:
            text = client.recv(7400)[:7400]
            text = text[: text.rindex(b"\n") + 1]
    else:
        text = farm.exchange(name, request)
    for line in text.split(b"\r\n"):
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
        assert len(line) <= 512
    assert text.endswith(b"\r\n")


@pytest.mark.requirement("GEN-1.2.2-3", "GEN-1.2.2-4", "GEN-1.2.3-1", "GEN-1.2.3-2")
def test_a_strange_event_is_recorded_with_time_service_peer_reason_and_its_first_octets(farm):
    with farm.connect("daytime") as client:
        client.sendall(b"\x00\x09\xff\xff" + b"x" * 1000)
        read_all(client)
        peer = client.getsockname()
    (event,) = farm.wait_for(lambda: [e for e in farm.world.journal.events() if e["type"] == "finding"])
    assert event["time"].endswith("Z")
    assert (event["service"], event["peer"]) == ("daytime", f"127.0.0.1:{peer[1]}")
    assert (event["id"], event["reference"]) == ("daytime.input", "RFC 867")
    assert event["shown"].startswith("\\x00\\t\\xff\\xff")
    assert len(event["shown"]) < 200


@pytest.mark.requirement("GEN-1.2.3-3", "GEN-1.2.3-4", "GEN-1.2.3-6")
def test_a_hundred_thousand_strange_datagrams_leave_the_journal_in_its_bounds_and_are_all_counted(start_farm):
    farm = start_farm("time", journal={"size": 1 << 20})
    counters = farm.world.counters_of("time", "udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(("127.0.0.1", farm.port("time")))
        for _ in range(1000):
            for _ in range(100):
                client.send(b"\xff\xff")
            for _ in range(100):
                assert len(client.recv(10)) == 4
    assert farm.call(lambda: counters.findings) == 100_000
    assert farm.world.findings.counts == {"time.datagram-content": 100_000}
    assert farm.world.journal.octets <= 1 << 20
    assert farm.call(lambda: max(event["seq"] for event in farm.world.journal.events())) == farm.world.journal.seq
    assert len(farm.udp("time", b"")) == 4
