"""OpenBSD's nc, over TCP and UDP, IPv4 and IPv6."""

import subprocess

import pytest

from homeport.world.seed import QUOTES

DAYTIME = b"Wednesday, October 14, 2026 20:00:00-UTC\r\n"
PRESENT = b"alice\r\nbob\r\noperator\r\n"
QUOTE = QUOTES[0].encode() + b"\r\n"
SECONDS_SINCE_1900 = (1_792_008_000 + 2_208_988_800).to_bytes(4, "big")
PRINTING = bytes(range(32, 127))
CHARGEN = b"".join((PRINTING * 2)[n : n + 72] + b"\r\n" for n in range(95))

TCP = [
    ("echo", b"hello\r\nworld\r\n", b"hello\r\nworld\r\n"),
    ("discard", b"hello\r\n", b""),
    ("users", b"", PRESENT),
    ("daytime", b"", DAYTIME),
    ("qotd", b"", QUOTE),
    ("time", b"", SECONDS_SINCE_1900),
]
UDP = [
    ("echo", b"hello\r\n", b"hello\r\n"),
    ("users", b"?", PRESENT),
    ("daytime", b"?", DAYTIME),
    ("qotd", b"?", QUOTE),
    ("time", b"?", SECONDS_SINCE_1900),
]

pytestmark = pytest.mark.parametrize("host", ["127.0.0.1", "::1"])


@pytest.mark.parametrize(("service", "said", "answer"), TCP, ids=[service for service, *_ in TCP])
def test_nc_is_answered_over_tcp(netcat, run, still_farm, host, service, said, answer):
    assert run(netcat, "-N", host, still_farm.port(service), stdin=said) == answer


@pytest.mark.parametrize(("service", "said", "answer"), UDP, ids=[service for service, *_ in UDP])
def test_nc_is_answered_over_udp(netcat, run, still_farm, host, service, said, answer):
    # -W1 ends nc at the first datagram; -w is only how long it waits for one that never comes.
    port = still_farm.port(service, "udp")
    assert run(netcat, "-u", "-W1", "-w20", host, port, stdin=said) == answer


def test_nc_reads_chargen_for_as_long_as_it_likes(netcat, still_farm, host):
    command = [netcat, "-d", host, str(still_farm.port("chargen"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as nc:
        octets = nc.stdout.read(3 * len(CHARGEN))
        nc.kill()
    assert octets == 3 * CHARGEN


def test_nc_gets_one_datagram_of_chargen(netcat, run, still_farm, host):
    answer = run(netcat, "-u", "-W1", "-w20", host, still_farm.port("chargen", "udp"), stdin=b"?")
    assert len(answer) <= 512
    assert CHARGEN.startswith(answer)


def test_nc_gets_nothing_from_discard_over_udp(netcat, run, still_farm, host):
    assert run(netcat, "-u", "-w1", host, still_farm.port("discard", "udp"), stdin=b"hello") == b""
    counters = still_farm.call(still_farm.world.counters_of, "discard", "udp")
    assert (counters.datagrams_in, counters.datagrams_out) == (1, 0)
