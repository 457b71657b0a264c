"""The counters of every world in Prometheus's format, by its client library.

The library stores no values: each scrape reads them from the worlds, so a world's series end when it is closed. The
number of label values is bounded: unknown verbs, and commands beyond a maximum, are counted as `other`.
"""

import platform
from collections.abc import Iterator
from copy import copy
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from homeport.control.farm import Farm, WorldHost
from homeport.services import find_service
from homeport.version import __version__

LISTENER = ("world", "service", "listener")
Family = CounterMetricFamily | GaugeMetricFamily
MAX_SAMPLES = 64
"""Samples that are serialized in one step."""


def scrape_pieces(farm: Farm) -> Iterator[bytes]:
    """Yield the text of one scrape. A piece takes a bounded time, however many worlds and series there are."""
    process = CollectorRegistry()
    ProcessCollector(registry=process)
    yield generate_latest(process)
    hosts = list(farm.hosts.items())
    build = GaugeMetricFamily(
        "homeport_build_info", "Version of Homeport and Python; always 1", labels=("version", "python")
    )
    build.add_metric((__version__, platform.python_version()), 1)
    worlds = GaugeMetricFamily("homeport_worlds", "Worlds that are served")
    worlds.add_metric((), len(hosts))
    yield from family_pieces(build)
    yield from family_pieces(worlds)
    for families, add in ((listener_families(), add_listeners), (world_families(), add_world)):
        for name, host in hosts:
            add(families, name, host)
            yield b""
        for family in families.values():
            yield from family_pieces(family)


def family_pieces(family: Family) -> Iterator[bytes]:
    """Yield the text of a family, some samples at a time; the first piece has the description, even without samples."""
    for at in range(0, len(family.samples) or 1, MAX_SAMPLES):
        part = copy(family)
        part.samples = family.samples[at : at + MAX_SAMPLES]
        text = generate_latest(Collected(part))
        yield text if at == 0 else b"".join(line for line in text.splitlines(keepends=True) if line[:1] != b"#")


class Collected:
    """A family that is collected already, in the place of a registry."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterator[Family]:
        """Yield it."""
        yield self._family


def counter(name: str, help_text: str, *labels: str) -> tuple[str, Family]:
    """Return the name and family of counters."""
    return name, CounterMetricFamily(f"homeport_{name}", help_text, labels=labels)


def gauge(name: str, help_text: str, *labels: str) -> tuple[str, Family]:
    """Return the name and family of gauges."""
    return name, GaugeMetricFamily(f"homeport_{name}", help_text, labels=labels)


def listener_families() -> dict[str, Family]:
    """Return the metric families of listeners, by name."""
    return dict(
        (
            counter("connections", "Connections accepted, refused ones included", *LISTENER),
            gauge("connections_active", "Connections that are open", *LISTENER),
            counter("refused", "Connections refused on arrival", *LISTENER),
            counter("received_bytes", "Bytes received", *LISTENER),
            counter("sent_bytes", "Bytes sent", *LISTENER),
            counter("datagrams_received", "Datagrams received", *LISTENER),
            counter("datagrams_sent", "Datagrams sent", *LISTENER),
            counter("datagrams_dropped", "Datagrams dropped without an answer, by reason", *LISTENER, "reason"),
            counter("unrecorded", "Datagrams that the journal did not keep", *LISTENER),
            counter("commands", "Commands by verb and reply code", *LISTENER, "verb", "code"),
            counter("limits", "Connections closed because of a limit, by limit", *LISTENER, "limit"),
            counter("errors", "Internal errors: sessions that failed", *LISTENER),
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
"""Families with one value per listener: attributes of its counters."""
OF_STREAMS = {"connections", "connections_active", "refused"}
OF_DATAGRAMS = {"datagrams_received", "datagrams_sent", "unrecorded"}
BY_NAME = {"datagrams_dropped": "dropped", "limits": "limits"}
"""Families with one value per listener and name: attributes that are dictionaries."""


def add_listeners(families: dict[str, Any], world: str, host: WorldHost) -> None:
    """Add the series of a world's listeners."""
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
    """Return the metric families of worlds, by name."""
    return dict(
        (
            counter("findings", "Protocol violations of clients", "world", "service", "id", "level"),
            counter("faults", "Planned faults that acted, by kind", "world", "service", "kind"),
            gauge("faults_planned", "Faults planned", "world"),
            counter("journal_events", "Events recorded", "world"),
            counter("journal_dropped", "Events that the journal's ring has overwritten", "world"),
            gauge("journal_bytes", "Bytes that the journal holds", "world"),
        )
    )


def level_of(service: str, rule: str) -> str:
    """Return the level of a service's rule; empty if the service does not declare it."""
    try:
        return find_service(service).find_rule(rule).level
    except KeyError:
        return ""


def add_world(families: dict[str, Any], name: str, host: WorldHost) -> None:
    """Add the series of a world."""
    world = host.world
    for finding, number in world.findings.counts.items():
        service, _dot, rule = finding.partition(".")
        families["findings"].add_metric((name, service, finding, level_of(service, rule)), number)
    for (service, kind), number in world.faults.acted().items():
        families["faults"].add_metric((name, service, kind), number)
    families["faults_planned"].add_metric((name,), len(world.faults))
    families["journal_events"].add_metric((name,), world.journal.seq)
    families["journal_dropped"].add_metric((name,), world.journal.dropped)
    families["journal_bytes"].add_metric((name,), world.journal.size_bytes)
