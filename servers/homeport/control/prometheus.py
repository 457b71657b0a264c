"""The counters of every world as Prometheus reads them, by its client library.

The library keeps no numbers of ours: at each scrape they are read off the worlds, so a world's series go when it goes.
Labels have few values: verbs that are none are counted as `other`, and commands over a number too.
"""

import platform
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from homeport.control.farm import Farm, WorldHost
from homeport.control.journal import level_of
from homeport.version import __version__

LISTENER = ("world", "service", "listener")
Family = CounterMetricFamily | GaugeMetricFamily


def scrape(farm: Farm) -> bytes:
    """The text of one scrape."""
    registry = CollectorRegistry()
    registry.register(FarmCollector(farm))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class FarmCollector(Collector):
    """Reads the counters of a farm."""

    def __init__(self, farm: Farm) -> None:
        self._farm = farm

    def collect(self) -> Iterator[Family]:
        """All families, those without a series too."""
        hosts = list(self._farm.hosts.items())
        build = GaugeMetricFamily("homeport_build_info", "What runs; always 1", labels=("version", "python"))
        build.add_metric((__version__, platform.python_version()), 1)
        worlds = GaugeMetricFamily("homeport_worlds", "Worlds that are served")
        worlds.add_metric((), len(hosts))
        yield from (build, worlds)
        for families, add in ((listener_families(), add_listeners), (world_families(), add_world)):
            for name, host in hosts:
                add(families, name, host)
            yield from families.values()


def counter(name: str, help_text: str, *labels: str) -> tuple[str, Family]:
    """A family of counters, by its name."""
    return name, CounterMetricFamily(f"homeport_{name}", help_text, labels=labels)


def gauge(name: str, help_text: str, *labels: str) -> tuple[str, Family]:
    """A family of gauges, by its name."""
    return name, GaugeMetricFamily(f"homeport_{name}", help_text, labels=labels)


def listener_families() -> dict[str, Family]:
    """What is counted for each listener."""
    return dict(
        (
            counter("connections", "Connections accepted, refused ones included", *LISTENER),
            gauge("connections_active", "Connections that stand", *LISTENER),
            counter("refused", "Connections turned away at the door", *LISTENER),
            counter("received_bytes", "Octets received", *LISTENER),
            counter("sent_bytes", "Octets sent", *LISTENER),
            counter("datagrams_received", "Datagrams received", *LISTENER),
            counter("datagrams_sent", "Datagrams sent", *LISTENER),
            counter("datagrams_dropped", "Datagrams that got no answer, by reason", *LISTENER, "reason"),
            counter("unrecorded", "Datagrams that the journal did not keep", *LISTENER),
            counter("commands", "Commands by verb and reply code", *LISTENER, "verb", "code"),
            counter("limits", "Connections closed over a limit, by limit", *LISTENER, "limit"),
            counter("errors", "Faults of ours: sessions that failed", *LISTENER),
        )
    )


PLAIN = {
    "connections": "connections",
    "connections_active": "active",
    "refused": "refused",
    "datagrams_received": "datagrams_in",
    "datagrams_sent": "datagrams_out",
    "unrecorded": "unrecorded",
    "errors": "errors",
}
"""Families that are one counter of a listener."""
OF_STREAMS = {"connections", "connections_active", "refused"}
OF_DATAGRAMS = {"datagrams_received", "datagrams_sent", "unrecorded"}
BY_NAME = {"datagrams_dropped": "dropped", "limits": "limits"}
"""Families that are several, by name."""


def add_listeners(families: dict[str, Any], world: str, host: WorldHost) -> None:
    """The series of a world's listeners."""
    live: dict[tuple[str, str], tuple[int, int]] = {}
    for one in host.live:
        received, sent = live.get((one.service, one.listener), (0, 0))
        live[one.service, one.listener] = received + one.received, sent + one.sent
    transports = {(one.service.name, one.bound.wanted.listener): one.bound.wanted.transport for one in host.listeners}
    for (service, listener), counters in host.world.counters.items():
        other = OF_STREAMS if transports.get((service, listener)) == "udp" else OF_DATAGRAMS
        labels = (world, service, listener)
        received, sent = live.get((service, listener), (0, 0))
        families["received_bytes"].add_metric(labels, counters.received + received)
        families["sent_bytes"].add_metric(labels, counters.sent + sent)
        for family, name in PLAIN.items():
            if family not in other:
                families[family].add_metric(labels, getattr(counters, name))
        for family, name in BY_NAME.items():
            for what, number in getattr(counters, name).items():
                families[family].add_metric((*labels, what), number)
        for command, number in counters.commands.items():
            families["commands"].add_metric((*labels, *command.split(" ", 1)), number)


def world_families() -> dict[str, Family]:
    """What is counted for each world."""
    return dict(
        (
            counter("findings", "What clients did against their RFC", "world", "service", "id", "level"),
            counter("faults", "Planned faults that acted, by kind", "world", "service", "kind"),
            gauge("faults_planned", "Faults that are planned", "world"),
            counter("journal_events", "Events recorded", "world"),
            counter("journal_dropped", "Events that the journal's ring has lost", "world"),
            gauge("journal_bytes", "Octets that the journal holds", "world"),
        )
    )


def add_world(families: dict[str, Any], name: str, host: WorldHost) -> None:
    """The series of a world."""
    world = host.world
    for finding, number in world.findings.counts.items():
        service, _dot, rule = finding.partition(".")
        families["findings"].add_metric((name, service, finding, level_of(service, rule)), number)
    for (service, kind), number in world.faults.acted().items():
        families["faults"].add_metric((name, service, kind), number)
    families["faults_planned"].add_metric((name,), len(world.faults))
    families["journal_events"].add_metric((name,), world.journal.seq)
    families["journal_dropped"].add_metric((name,), world.journal.dropped)
    families["journal_bytes"].add_metric((name,), world.journal.octets)
