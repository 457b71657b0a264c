"""Metrics: every counter, with the names and labels of Prometheus's conventions, and a bounded number of series."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from homeport.control.metrics import PROMETHEUS
from homeport.io import platform
from homeport.protocol.faults import Do, Plain, Plan
from homeport.protocol.rules import Rule
from homeport.world.counters import MAX_COMMANDS, Counters
from homeport.world.journal import Source

ECHO = {"world": "default", "service": "echo", "listener": "tcp"}


@pytest.fixture
def scrape(farm, request_of):
    """The families of a scrape, by name; every line is read by the library's own parser."""

    def read():
        reply = request_of(farm, "GET", "/metrics")
        assert (reply.status, reply.headers["content-type"]) == (200, PROMETHEUS)
        return {family.name: family for family in text_string_to_metric_families(reply.body.decode())}

    return read


def value(families, name, **labels):
    """Return the value of one series; None if it is missing."""
    samples = [one for family in families.values() for one in family.samples if one.name == name]
    return next((one.value for one in samples if one.labels == labels), None)


def test_connections_and_bytes_are_counted_including_open_connections(farm, scrape):
    farm.exchange("echo", b"hello")
    with farm.connect("echo") as client:
        client.sendall(b"abc")
        assert client.recv(3) == b"abc"
        seen = scrape()
        assert value(seen, "homeport_connections_total", **ECHO) == 2
        assert value(seen, "homeport_connections_active", **ECHO) == 1
        assert value(seen, "homeport_received_bytes_total", **ECHO) == 8
        assert value(seen, "homeport_sent_bytes_total", **ECHO) == 8


def test_datagrams_are_counted_dropped_ones_by_reason(farm, scrape):
    farm.udp("echo", b"hello")
    farm.call(farm.world.counters_of("echo", "udp").drop, "rate")
    seen, udp = scrape(), ECHO | {"listener": "udp"}
    assert value(seen, "homeport_datagrams_received_total", **udp) == 1
    assert value(seen, "homeport_datagrams_sent_total", **udp) == 1
    assert value(seen, "homeport_datagrams_dropped_total", **udp, reason="rate") == 1
    assert value(seen, "homeport_connections_total", **udp) is None
    assert value(seen, "homeport_datagrams_received_total", **ECHO) is None


def test_commands_are_counted_by_verb_and_code(farm, scrape):
    farm.exchange("finger", b"alice\r\n")
    farm.exchange("finger", b"alice\r\n")
    farm.exchange("finger", b"\r\n")
    seen = scrape()["homeport_commands"].samples
    assert {(one.labels["verb"], one.value) for one in seen} == {("user", 2), ("list", 1)}
    assert {one.labels["service"] for one in seen} == {"finger"}


def test_unknown_verbs_are_counted_together():
    counters = Counters()
    for number in range(10_000):
        counters.command({"verb": f"X{number}", "code": 250})
        counters.command({"verb": f"Y{number}", "code": 500})
        counters.command({"verb": f"two words {number}", "code": 501})
        counters.command({"verb": "domain:create", "code": 1000})
    counters.command({})
    assert len(counters.commands) <= MAX_COMMANDS + 1
    assert counters.commands["other 500"] == counters.commands["other 501"] == 10_000
    assert counters.commands["domain:create 1000"] == 10_000
    assert sum(counters.commands.values()) == 40_001


def test_findings_limits_and_refusals_are_counted(farm, scrape):
    farm.exchange("daytime", b"x")
    farm.call(farm.world.findings.add, Rule("odd", "must", "RFC 862", "was odd"), Source("echo", "tcp"), b"")
    counters = farm.world.counters_of("echo", "tcp")
    farm.call(counters.limit, "idle")
    seen = scrape()
    found = {"world": "default", "service": "daytime", "id": "daytime.input", "level": "advice"}
    assert value(seen, "homeport_findings_total", **found) == 1
    undeclared = {"world": "default", "service": "echo", "id": "echo.odd", "level": ""}
    assert value(seen, "homeport_findings_total", **undeclared) == 1
    assert value(seen, "homeport_limits_total", **ECHO, limit="idle") == 1
    assert value(seen, "homeport_refused_total", **ECHO) == 0


def test_removed_faults_stay_counted(farm, scrape):
    faults = farm.world.faults
    plan = Plan(service="echo", do=Do(close=Plain()), times=0)
    labels = {"world": "default", "service": "echo", "kind": "close"}
    for _ in range(2):
        fault = farm.call(faults.add, plan)
        assert fault.take()
        farm.call(faults.remove, fault.id)
    farm.call(faults.add, plan).take()
    seen = scrape()
    assert value(seen, "homeport_faults_total", **labels) == 3
    assert value(seen, "homeport_faults_planned", world="default") == 1
    farm.call(faults.clear)
    assert value(scrape(), "homeport_faults_total", **labels) == 3


def test_the_journal_the_build_and_the_process_are_shown(farm, scrape):
    farm.exchange("echo", b"x")
    seen = scrape()
    assert value(seen, "homeport_journal_events_total", world="default") == 4
    assert value(seen, "homeport_journal_dropped_total", world="default") == 0
    assert value(seen, "homeport_journal_bytes", world="default") > 800
    assert value(seen, "homeport_worlds") == 1
    (build,) = seen["homeport_build_info"].samples
    assert build.value == 1
    if platform.LINUX:  # where prometheus-client finds the process's own figures
        assert "process_resident_memory_bytes" in seen


def test_a_worlds_series_end_with_it(farm, scrape):
    config = farm.config
    farm.call(farm.farm.make_world, "other", config)
    assert value(scrape(), "homeport_connections_total", **ECHO | {"world": "other"}) == 0
    farm.call(farm.farm.close_world, "other", lambda: None)
    seen = scrape()
    assert value(seen, "homeport_connections_total", **ECHO | {"world": "other"}) is None
    assert value(seen, "homeport_worlds") == 1


def test_names_units_and_help_follow_prometheus_conventions(farm, request_of):
    farm.exchange("finger", b"alice\r\n")
    text = request_of(farm, "GET", "/metrics").body.decode()
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    for family in families:
        assert re.fullmatch(r"(homeport|process)_[a-z_]+", family.name)
        assert family.documentation
        assert family.type in ("counter", "gauge")
        assert not re.search(r"_(octets|ms|kib|seconds_total_bytes)$", family.name)
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# HELP")]
    assert len(names) == len(set(names)) == text.count("# TYPE")


def test_the_library_is_loaded_at_the_first_scrape():
    program = "import sys, homeport.control.api, homeport.farm.supervisor; print('prometheus_client' in sys.modules)"
    servers = str(Path(__file__).parents[2] / "servers")
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": servers}, capture_output=True, check=True)
    assert done.stdout == b"False\n"
