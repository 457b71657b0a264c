"""Floods of input cost a service neither memory nor the next client; test_host_requirements has the other rules."""

import re
import socket
from pathlib import Path

import pytest
from listed import assert_listed

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
    "gopher": (b"/people/alice\r\n", re.compile(rb".*Alice Liddell.*\r\n\.\r\n", re.DOTALL)),
    "ident": (b"10113, 9\r\n", re.compile(rb"10113, 9 : ERROR : NO-USER\r\n")),
    "smtp": (b"QUIT\r\n", re.compile(rb"220 .*221 .*\r\n", re.DOTALL)),
    "imap": (b"a LOGOUT\r\n", re.compile(rb"\* OK .*a OK .*\r\n", re.DOTALL)),
    "pop3": (b"QUIT\r\n", re.compile(rb"\+OK .*\+OK .*\r\n", re.DOTALL)),
    "ldap": (b"0\x0c\2\1\1`\7\2\1\3\4\0\x80\0" + b"0\5\2\1\2B\0", re.compile(rb"0\x0c\x02\x01\x01a.*", re.DOTALL)),
    "telnet": (b"", re.compile(rb"\xff.*login: .*", re.DOTALL)),
    "dict": (b"QUIT\r\n", re.compile(rb"220 .*221 .*\r\n", re.DOTALL)),
    "ftp": (b"QUIT\r\n", re.compile(rb"220 .*221 .*\r\n", re.DOTALL)),
    "epp": (b"", re.compile(rb"")),  # nothing before a TLS handshake
    "rdap": (b"", re.compile(rb"")),  # likewise
    "ntp": (b"", re.compile(rb"")),  # nothing before a TLS handshake
    "dns": (
        b"\0\x1b\0\1\0\0\0\1\0\0\0\0\0\0\2id\6server\0\0\x10\0\3",  # TXT of class CH
        re.compile(b"\\0.\\0\1\\x84.*", re.DOTALL),
    ),
    "syslog": (b"<13>1 - host app - - - ahoy\n", re.compile(rb"")),
}
"""A normal request to each service, and a pattern of its answer."""

OVER_TCP = {service.name for service in all_services() if service.session}
every_service = pytest.mark.parametrize("name", [service.name for service in all_services() if service.session])


def test_every_service_has_a_normal_request_here():
    assert_listed("tests/test_bad_input.py, NORMAL", {*NORMAL}, OVER_TCP)


def answers_normally(farm, name: str) -> None:
    """Assert that the service gives a new client its normal answer."""
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


@pytest.mark.linux
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
    assert farm.world.journal.size_bytes <= 1 << 20
    assert farm.call(lambda: max(event["seq"] for event in farm.world.journal.events())) == farm.world.journal.seq
    assert len(farm.udp("time", b"")) == 4
