"""chrony against NTS: it sets nothing, and says what it would set; and what its NTS refuses."""

import os
import re
import subprocess

import pytest

from homeport.protocol.faults import Do, Plan

FOUND = re.compile(r"System clock wrong by (-?\d+\.\d+) seconds")


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    """A farm whose clock is an hour ahead, with the certificate of its authority in a file."""
    from urllib.request import urlopen

    from conftest import RunningFarm, farm_config

    running = RunningFarm(farm_config("ntp"))
    running.authority = tmp_path_factory.mktemp("ca") / "ca.pem"
    with urlopen(f"{running.farm.describe('default')['control']}/api/v1/ca.pem") as answer:
        running.authority.write_bytes(answer.read())
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def reset(farm):
    farm.call(farm.world.reset)
    farm.call(farm.world.clock.set, farm.call(farm.world.journal.real) + 3600)


@pytest.fixture
def chrony(client, farm, tmp_path):
    """Ask with chrony; return the offset that it has found, None for none, and its log."""
    program = client("chronyd")

    def ask(*, trusts=True, seconds=20, sources="iburst maxsamples 1"):
        nts, ntp = farm.port("ntp", "nts"), farm.port("ntp", "udp")
        server = f"server 127.0.0.1 nts ntsport {nts} port {ntp} {sources}"
        trust = [f"ntstrustedcerts {farm.authority}"] if trusts else []
        quiet = [f"pidfile {tmp_path}/pid", "cmdport 0", "bindcmdaddress /"]
        command = [program, "-Q", "-x", "-U", "-d", "-t", str(seconds), server, *trust, *quiet]
        if os.geteuid() == 0:
            command[1:1] = ["-u", "root"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        log = done.stdout + done.stderr
        found = FOUND.search(log)
        return (float(found[1]) if found else None), log

    return ask


def plan(farm, word):
    farm.call(lambda: farm.world.faults.add(Plan(service="ntp", do=Do(frame=word), times=0)))


def test_chrony_takes_the_worlds_time_under_a_certificate_of_real_time(chrony, farm):
    offset, log = chrony()
    assert offset is not None, log
    assert abs(abs(offset) - 3600) < 5
    assert farm.events("command")[0]["code"] == "AES-SIV-CMAC-256"
    assert not [one for one in farm.call(lambda: [*farm.world.findings.counts]) if one.startswith("ntp.nts-")]


def test_chrony_refuses_an_authority_that_it_does_not_know(chrony, farm):
    offset, log = chrony(trusts=False, seconds=3)
    assert offset is None
    assert "certificate" in log
    assert farm.events("datagram") == []


@pytest.mark.parametrize("word", ["unprotected", "wrong-unique-id", "wrong-authenticator", "nts-nak"])
def test_chrony_takes_no_time_of_a_refusal_or_of_an_answer_that_is_not_authentic(chrony, farm, word):
    plan(farm, word)
    offset, log = chrony(seconds=5)
    assert offset is None, log
    assert farm.events("fault")


@pytest.mark.parametrize("word", ["no-cookies", "critical-record", "internal-error", "no-end", "other-algorithm"])
def test_chrony_refuses_a_bad_key_exchange_and_asks_no_time(chrony, farm, word):
    plan(farm, word)
    offset, _log = chrony(seconds=3)
    assert offset is None
    assert farm.events("datagram") == []
    assert farm.events("fault")
