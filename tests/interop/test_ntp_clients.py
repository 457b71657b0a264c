"""Clients of NTP: chrony, ntpsec's, OpenBSD's rdate, libraries of Python, Perl and Node. Nobody sets a clock."""

import os
import re
import subprocess
import sys

import pytest
from tests.interop.conftest import lacking

from homeport import Farm
from homeport.config.sections import ControlOptions
from homeport.protocol.faults import Do, Plan

MOMENT = 1_900_000_000
"""2030-03-17T17:46:40Z: no client can have it from this machine."""
NTPLIB = """\
import sys, ntplib
found = ntplib.NTPClient().request("127.0.0.1", version=int(sys.argv[2]), port=int(sys.argv[1]), timeout=30)
print(found.tx_time)
"""
NET_NTP = "my %answer = get_ntp_response('127.0.0.1', shift); print $answer{'Transmit Timestamp'}"
NODE = "tests/interop/ntp_sntp.js"
WRONG = re.compile(r"System clock wrong by (-?\d+\.\d+) seconds")


@pytest.fixture(scope="module")
def farm():
    """A farm with NTP alone."""
    from conftest import RunningFarm, farm_config

    running = RunningFarm(farm_config("ntp"))
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def reset(farm):
    farm.call(farm.world.reset)
    farm.call(farm.world.clock.set, MOMENT)


@pytest.fixture
def findings(farm):
    """The findings so far, without `ntp.`."""
    return lambda: {name.removeprefix("ntp.") for name in farm.call(lambda: [*farm.world.findings.counts])}


@pytest.fixture
def chrony(client, tmp_path):
    """Ask servers with chrony, which only prints the offset; return it, None for none, and chrony's log."""
    program = client("chronyd")

    def ask(*servers, seconds=20, more=()):  # seconds: until it gives up
        lines = [f"server {host} port {port} iburst maxsamples 1" for host, port in servers]
        quiet = [f"pidfile {tmp_path}/pid", "cmdport 0", "bindcmdaddress /"]
        user = ["-u", "root"] if os.geteuid() == 0 else []
        command = [program, *user, "-Q", "-x", "-U", "-d", "-t", str(seconds), *lines, *quiet, *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        log = done.stdout + done.stderr
        found = WRONG.search(log)
        return (float(found[1]) if found else None), log

    return ask


def assert_is_moment(text):
    """Assert that a client shows the world's time, which has passed on since the test began."""
    assert MOMENT <= float(text) < MOMENT + 60


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_ntplib_reads_the_time_in_each_version(run, farm, findings, version):
    if subprocess.run([sys.executable, "-c", "import ntplib"], capture_output=True, check=False).returncode:
        lacking("there is no ntplib (PYTHONPATH)")
    assert_is_moment(run(sys.executable, "-c", NTPLIB, farm.port("ntp", "udp"), version))
    assert findings() == {"transmit-is-time"}


def test_net_ntp_reads_the_time(client, run, farm, findings):
    perl = client("perl")
    if subprocess.run([perl, "-MNet::NTP", "-e", "1"], capture_output=True, check=False).returncode:
        lacking("there is no Net::NTP for Perl")
    assert_is_moment(run(perl, "-MNet::NTP", "-e", NET_NTP, farm.port("ntp", "udp")))
    assert findings() == {"transmit-is-time"}


@pytest.mark.parametrize(
    ("library", "found"),
    [
        ("sntp", {"transmit-is-time"}),
        ("ntp-client", {"zero-transmit"}),
        ("ntp-time", {"transmit-is-time", "origin-not-zero-first"}),
    ],
)
def test_libraries_of_node_read_the_time(node_with, run, farm, findings, library, found):
    assert_is_moment(run(node_with(library), NODE, library, farm.port("ntp", "udp")))
    assert findings() == found


def test_rdate_reads_the_time(client, run, farm, findings):
    shown = run(client("rdate"), "-n", "-p", "-o", farm.port("ntp", "udp"), "127.0.0.1")
    assert shown.startswith(b"Sun Mar 17 17:4")
    assert shown.endswith(b" UTC 2030\n")
    assert findings() == set()


def test_chrony_finds_the_worlds_offset(chrony, farm, findings):
    real = farm.call(farm.world.journal.real)
    offset, log = chrony(("127.0.0.1", farm.port("ntp", "udp")))
    assert offset is not None, log
    assert abs(abs(offset) - (MOMENT - real)) < 60
    assert findings() == set()


@pytest.mark.parametrize("word", ["kiss-deny", "unsynchronised", "wrong-origin", "zero-transmit"])
def test_chrony_takes_no_time_from_such_an_answer(chrony, farm, word):
    farm.call(lambda: farm.world.faults.add(Plan(service="ntp", do=Do(frame=word), times=0)))
    offset, log = chrony(("127.0.0.1", farm.port("ntp", "udp")), seconds=2)
    assert offset is None, log
    assert farm.events("fault")


@pytest.mark.loopback_network
def test_chrony_outvotes_a_falseticker_but_not_two(chrony):
    """Three servers are three worlds; each has an address of its own, by which chrony tells servers apart."""
    hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    with Farm(["ntp"], {"farm": {"hosts": hosts}}, clock="+1h") as first:
        worlds = [first, *(first.world(clock="+1h") for _ in hosts[1:])]
        servers = [(host, world.ntp.port) for host, world in zip(hosts, worlds, strict=True)]
        worlds[2].ntp.offset(600)
        offset, log = chrony(*servers, more=["minsources 2"])
        assert offset is not None, log
        assert abs(abs(offset) - 3600) < 5
        worlds[1].ntp.offset(-600)
        offset, log = chrony(*servers, seconds=3, more=["minsources 2"])
        assert offset is None, log
        assert all(world.ntp.queries() for world in worlds)


ON_PORT_123 = """\
"$@" up --well-known --host 127.0.0.77 --services ntp --clock 2030-03-17T17:46:40Z -q >ready.json &
trap 'kill $!; wait $!' EXIT
"$@" ready --wait --url "http://127.0.0.77:$CONTROL" >/dev/null
ntpdig 127.0.0.77
ntpdate -q 127.0.0.77
"""
"""ntpsec's clients take no port. Debian's busybox has no ntpd."""


def test_clients_of_ntpsec_read_the_time_from_the_well_known_port(client, in_own_network):
    client("ntpdig")
    client("ntpdate")
    shown = in_own_network(ON_PORT_123, CONTROL=str(ControlOptions().port))
    assert shown.count("2030-03-17 17:4") == 2, shown
