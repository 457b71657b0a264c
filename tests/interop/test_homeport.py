"""`homeport query` and `homeport ready`, against a farm in a child process."""

import json
import os
import signal
import subprocess

import pytest

ANSWERS = {
    "echo": (["hello"], "hello"),
    "users": ([], "operator"),
    "daytime": ([], "2036"),
    "time": ([], "2036"),
    "qotd": ([], " "),
    "chargen": ([], "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "finger": (["alice"], "Alice Liddell"),
    "whois": (["homeport.test"], "homeport.test"),
}
UDP = ["echo", "users", "daytime", "time", "qotd"]


@pytest.fixture(scope="module")
def ready(homeport_command):
    """The ready line of a farm in a child process."""
    command = [*homeport_command, "up", "--ephemeral", "--quiet", "--clock", "2036-01-01T00:00:00Z"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as farm:
        try:
            yield json.loads(farm.stdout.readline())
        finally:
            farm.send_signal(signal.SIGTERM)
            assert farm.wait(5) == 0


@pytest.fixture
def ports(ready):
    """Its services."""
    return ready["services"]


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(["servers", os.environ.get("PYTHONPATH", "")])}


def query(homeport_command, bound, service, *arguments):
    target = f"{service}://{bound['host']}:{bound['port']}"
    command = [*homeport_command, "query", *arguments[:-1], target, *arguments[-1]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("service", ANSWERS)
def test_query_prints_the_answer(homeport_command, ports, service):
    words, shown = ANSWERS[service]
    assert shown in query(homeport_command, ports[service]["tcp"], service, words)


@pytest.mark.requirement("GEN-2.2-5")  # the catalogue of services is not imported by a query
@pytest.mark.parametrize("service", UDP)
def test_query_prints_the_answer_over_udp(homeport_command, ports, service):
    words, shown = ANSWERS[service]
    assert shown in query(homeport_command, ports[service]["udp"], service, "--udp", words)


def test_query_shows_the_octets_both_ways(homeport_command, ports):
    shown = query(homeport_command, ports["finger"]["tcp"], "finger", "-v", ["alice"])
    assert "C: alice\\r\\n" in shown
    assert "S: " in shown
