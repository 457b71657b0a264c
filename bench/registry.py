"""Measures work on a whole registry: `registry.py [jump] [lists] [rename] [purge] [start]`, all of them by default.

Each runs in a farm of its own, on this program's reactor, and shows how long the turns of the reactor were meanwhile:
by the processor time of its thread, which other programs do not disturb. The requests come from other processes.
"""

import gc
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import show
from msgspec.structs import replace

from homeport.config.reading import load
from homeport.farm.control import control_factory
from homeport.farm.process import settle_collector
from homeport.farm.supervisor import Farm, FarmSockets
from homeport.io.net.reactor import make_reactor
from homeport.world.registry import Contact, Domain, Host, PostalInfo
from homeport.world.seed_registry import YEAR

MANY = int(os.environ.get("DOMAINS", "100_000"))
MOST = int(os.environ.get("MOST_DOMAINS", "1_000_000"))
LONG_MS = 5.0
PIECE = 1000
HOST = "ns1.shared.test"
Rows = list[tuple[str, ...]]


class Turns:
    """The poller of a reactor, which notes how long the turns between two polls were."""

    def __init__(self, poller: Any) -> None:
        self._poller = poller
        self._begun = time.thread_time()
        self.taken: list[float] = []

    def poll(self, *arguments: Any) -> Any:
        self.taken.append((time.thread_time() - self._begun) * 1000)
        ready = self._poller.poll(*arguments)
        self._begun = time.thread_time()
        return ready

    def __getattr__(self, name: str) -> Any:
        return getattr(self._poller, name)

    def row(self, what: str, took: float) -> tuple[str, ...]:
        """Return the row of some work, and forget them."""
        taken, self.taken = self.taken, []
        long = sum(1 for one in taken if one > LONG_MS)
        return (what, f"{took:.2f}", f"{sum(taken) / 1000:.2f}", f"{max(taken):.1f}", str(long), f"{len(taken):,}")


HEAD = ("work", "s", "processor s", "longest turn, ms", "turns over 5 ms", "turns")


def in_farm(work: Callable[[Farm, Turns, Callable[..., Any]], None], *, data: str = "") -> None:
    """Run work in a thread beside a farm. It gets the farm, its turns, and a function that runs on the reactor."""
    config = load(ephemeral=True)
    if data:
        config = replace(config, farm=replace(config.farm, data=data))
    reactor: Any = make_reactor()
    farm = Farm(reactor, config, FarmSockets(config), os.getpid())
    turns = reactor._poller = Turns(reactor._poller)  # noqa: SLF001 - to measure it
    failure: list[BaseException] = []

    def on_reactor(function: Callable[..., Any], *arguments: Any) -> Any:
        done, result = threading.Event(), []

        def run() -> None:
            result.append(function(*arguments))
            done.set()

        reactor.callFromThread(run)
        done.wait()
        return result[0]

    def beside() -> None:
        try:
            ask(farm, "GET", "clock")  # the first request makes the API's tables
            work(farm, turns, on_reactor)
        except BaseException as error:
            failure.append(error)
        reactor.callFromThread(farm.stop, reactor.stop)

    def begin() -> None:
        farm.start(control_factory(farm))
        settle_collector()
        threading.Thread(target=beside).start()

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    if failure:
        raise failure[0]


def fill(farm: Farm, on_reactor: Callable[..., Any], count: int, *, hosts: tuple[str, ...] = ()) -> None:
    """Add domains, in a second of a day each ten of them, and let the collector settle as after a start."""
    registry = farm.hosts["default"].world.registry
    now = on_reactor(registry.now)

    def put(first: int) -> None:
        changes = registry.begin()
        for number in range(first, min(first + PIECE, count)):
            changes.put(domain(number, now, hosts))
        registry.commit(changes)

    for first in range(0, count, PIECE):
        on_reactor(put, first)
    on_reactor(settle)
    on_reactor(int)  # so that the turn before has been noted


def settle() -> None:
    """Have the collector ignore what exists now, as after a start."""
    gc.collect()
    gc.freeze()


def domain(number: int, now: float, hosts: tuple[str, ...] = ()) -> Domain:
    """Return a domain of the bench."""
    return Domain(
        name=f"many-{number:07}.test",
        roid=f"D{number + 1_000_000}-BENCH",
        registrar="harbour",
        registrant="HM-1",
        nameservers=hosts,
        created=now - YEAR,
        expires=now + 86_400.0 + number // 10,
        password="many-auth",
    )


def ask(farm: Farm, method: str, path: str, body: str = "") -> str:
    """Send a request to the API from another process; return its status and the size of its answer."""
    url = f"http://127.0.0.1:{farm.control.port}/api/v1/worlds/default/{path}"
    more = ["-d", body, "-H", "Content-Type: application/json"] if body else []
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", "-X", method, *more, url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def timed(farm: Farm, turns: Turns, what: str, *request: str) -> tuple[str, ...]:
    """Send a request, and return the row of its turns."""
    turns.taken = []
    began = time.perf_counter()
    answer = ask(farm, *request)
    return turns.row(f"{what}: {answer}", time.perf_counter() - began)


def jump() -> None:
    """Advance the clock over the expiry of many domains, one year and then three."""
    rows: Rows = [HEAD]

    def work(farm: Farm, turns: Turns, on_reactor: Callable[..., Any]) -> None:
        fill(farm, on_reactor, MANY)
        for span in ("P1Y", "P3Y"):
            rows.append(timed(farm, turns, f"advance {span}", "POST", "clock", f'{{"advance": "{span}"}}'))

    in_farm(work)
    show(f"Jumps of the clock over {MANY:,} domains, each renewed every year", rows)


def lists() -> None:
    """List many domains, whole, by pages, and by filters."""
    rows: Rows = [HEAD]

    def work(farm: Farm, turns: Turns, on_reactor: Callable[..., Any]) -> None:
        fill(farm, on_reactor, MANY)
        for path in (
            "registry/domains",
            "registry/domains?limit=100",
            f"registry/domains?limit=100&offset={MANY - 200}",
            "registry/domains?name=00077&limit=100",
            "registry/domains?status=inactive&order=desc&limit=10",
            "registry/domains/many-0000007.tost",
            "rdap/domains?name=many-00*7*",
            "registry/snapshot",
        ):
            rows.append(timed(farm, turns, path, "GET", path))

    in_farm(work)
    show(f"Lists of {MANY:,} domains: status and bytes of the answer", rows)


def shared_hosts(farm: Farm, on_reactor: Callable[..., Any]) -> None:
    """Add many domains that share a host below a domain of theirs."""
    registry = farm.hosts["default"].world.registry

    def put() -> None:
        now = registry.now()
        registry.put(replace(domain(MANY, now), name="shared.test"))
        registry.put(Host(name=HOST, roid="H1000000-BENCH", registrar="harbour", created=now, addresses=("192.0.2.7",)))

    on_reactor(put)
    fill(farm, on_reactor, MANY, hosts=(HOST,))


def rename() -> None:
    """Rename a host that many domains name as their server, over EPP."""
    rows: Rows = [HEAD]

    def work(farm: Farm, turns: Turns, on_reactor: Callable[..., Any]) -> None:
        shared_hosts(farm, on_reactor)
        port = farm.describe("default")["services"]["epp"]["tls"]["port"]
        context = multiprocessing.get_context("fork")
        took, ready, go = context.Value("d"), context.Event(), context.Event()
        client = context.Process(target=rename_by_epp, args=(port, took, ready, go))
        client.start()
        ready.wait()
        on_reactor(int)
        turns.taken = []
        go.set()
        client.join()
        rows.append(turns.row("rename", took.value))

    in_farm(work)
    show(f"A host of {MANY:,} domains is renamed", rows)


def rename_by_epp(port: int, took: Any, ready: Any, go: Any) -> None:
    """Rename the host when the measure begins."""
    from epp_client import Client, of

    client = Client(port)
    other = '<x:name>ns8.shared.test</x:name><x:addr ip="v4">192.0.2.8</x:addr>'
    assert client.ask(of("host", "create", other)) == b"1000"  # the first of each kind imports its code
    change = "<x:name>ns8.shared.test</x:name><x:chg><x:name>ns9.shared.test</x:name></x:chg>"
    assert client.ask(of("host", "update", change)) == b"1000"
    ready.set()
    go.wait()
    began = time.perf_counter()
    change = f"<x:name>{HOST}</x:name><x:chg><x:name>ns2.shared.test</x:name></x:chg>"
    assert client.ask(of("host", "update", change)) == b"1000"
    took.value = time.perf_counter() - began


def purge() -> None:
    """Purge a domain whose host is a server of many domains: each loses it, and its sponsor gets a message."""
    rows: Rows = [HEAD]

    def work(farm: Farm, turns: Turns, on_reactor: Callable[..., Any]) -> None:
        shared_hosts(farm, on_reactor)
        registry = farm.hosts["default"].world.registry

        def prepare() -> None:
            now = registry.now()
            registry.put(replace(registry.domain("shared.test"), deleted=now, purging=now, expires=now + 9 * YEAR))

        on_reactor(prepare)
        rows.append(timed(farm, turns, "advance P6D", "POST", "clock", '{"advance": "P6D"}'))

    in_farm(work)
    show(f"A domain whose host is a server of {MANY:,} domains is purged", rows)


def start() -> None:
    """Start with a registry of a million domains on disk."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DISK")) as folder:
        write_registry(Path(folder))
        took = multiprocessing.Array("d", 4)
        process = multiprocessing.get_context("fork").Process(target=start_from, args=(folder, took))
        process.start()
        process.join()
    processor, real, resident, longest = took
    rows: Rows = [
        ("figure", "value"),
        ("processor time until ready, s", f"{processor:.1f}"),
        ("time until ready, s", f"{real:.1f}"),
        ("resident then, MiB", f"{resident:.0f}"),
        ("longest turn in the first second, ms", f"{longest:.1f}"),
    ]
    show(f"Start with {MOST:,} domains on disk", rows)


def write_registry(folder: Path) -> None:
    """Write a registry of many domains, contacts and hosts."""
    from homeport.disk.registry_store import open_registry
    from homeport.world.seed_registry import REGISTRARS

    store, now = open_registry(folder / "registry" / "default"), float(int(time.time()))
    rows: dict[Any, Any] = {("registrar", one.id): one for one in REGISTRARS}
    for number in range(MOST // 100):
        contact = f"M-{number}"
        rows["contact", contact.lower()] = Contact(
            id=contact, roid=f"C{number + 1_000_000}-BENCH", registrar="harbour", created=now, postal=PostalInfo()
        )
    rows["host", HOST] = Host(name=HOST, roid="H1000000-BENCH", registrar="harbour", created=now)
    for number in range(MOST):
        one = domain(number, now, (HOST,))
        rows["domain", one.name] = replace(one, registrant=f"M-{number // 100}", expires=one.expires + 90 * 86_400)
    rows["counter", "message"], rows["counter", "roid"] = 0, 2_000_000
    store.replace(rows)
    store.close()


def start_from(folder: str, took: Any) -> None:
    """Start a farm in this process, and measure it."""
    gc.disable()
    began, before = time.perf_counter(), time.process_time()

    def work(_farm: Farm, turns: Turns, _on_reactor: Callable[..., Any]) -> None:
        took[0], took[1] = time.process_time() - before, time.perf_counter() - began
        took[2] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        turns.taken = []
        time.sleep(1)
        took[3] = max(turns.taken)

    in_farm(work, data=folder)


MEASURES: dict[str, Callable[[], None]] = {
    "jump": jump,
    "lists": lists,
    "rename": rename,
    "purge": purge,
    "start": start,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MEASURES:
        MEASURES[chosen]()
