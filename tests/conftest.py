"""Shared fixtures: a world with a frozen clock, sessions fed in every segmentation, and farms with real sockets."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import simulated as simulated
from hypothesis import HealthCheck, settings
from nightly import split_offsets

from homeport.config.sections import Config, ControlOptions, FarmOptions, FarmTlsOptions, LimitOptions
from homeport.io import platform
from homeport.protocol.effects import (
    CancelTimer,
    Close,
    Conceal,
    Effect,
    Log,
    Misbehave,
    Pull,
    ReportFinding,
    Send,
    SendAfter,
    SendUrgent,
    SetTimer,
    StartCompression,
    StartTls,
    StopTls,
    Unwatch,
    Watch,
)
from homeport.protocol.events import Data, Eof, Event, Opened
from homeport.protocol.service import Options, Service
from homeport.protocol.session import Context
from homeport.services import all_services, find_service
from homeport.world.clock import ClockOptions
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents

pytest_plugins = ["conformance"]
# On a busy machine an example takes any time; what a test costs is bounded by the number of its examples.
settings.register_profile("homeport", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("homeport")

# A shell starts background jobs with SIGINT ignored, and what ignores a signal hands that down to the processes it
# starts. A handler is not handed down: they begin with the default.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that this system does not support."""
    if item.get_closest_marker("linux") and not platform.LINUX:
        pytest.skip("it is about what only Linux has")
    if item.get_closest_marker("loopback_network") and not has_second_loopback():
        pytest.skip("this machine has no address 127.0.0.2 (macOS: ifconfig lo0 alias 127.0.0.2)")


def has_second_loopback() -> bool:
    """Return True if 127.0.0.2 is an address of this system, as all of 127.0.0.0/8 are on Linux."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            return False
    return True


NOW = 1_792_000_000.0
"""The real time of every world under test: 2026-10-14T17:46:40Z."""
PEER = ("127.0.0.1", 40000)
LOCAL = ("127.0.0.1", 10000)


IN_REACTOR = Path(__file__).parent / "in_reactor"
"""Tests that run under pytest-twisted, in processes of their own; all others run without it."""


def runs_here(path: Path, config: pytest.Config) -> bool:
    """Return True if this process runs the tests of a file."""
    return (IN_REACTOR in path.parents) == config.pluginmanager.hasplugin("pytest_twisted")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore files that another process runs."""
    return True if collection_path.is_file() and not runs_here(collection_path, config) else None


WAITING = ("test_nmap.py", "test_ftp_nmap.py")
"""Files whose tests wait for minutes, mostly: they are the first, so that other processes have work meanwhile."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests named on the command line that another process runs, and begin with those that wait."""
    items.sort(key=lambda item: item.path.name not in WAITING)
    others = [item for item in items if not runs_here(item.path, config)]
    if others:
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)


def make_world(contents: WorldContents | None = None, now: float = NOW) -> World:
    """Return a world whose real time is frozen."""
    return World("default", contents or WorldContents(), JournalOptions(), lambda: now)


@pytest.fixture
def world() -> World:
    """Return a new default world whose real time is frozen at NOW."""
    return make_world()


@dataclass
class Talk:
    """The effects of a session, with shortcuts for what tests look at.

    service: declares the rules; a finding that it does not declare fails the test. None: a session of a test's own, for
    which nothing is declared.
    """

    service: Service | None = None
    sent: bytes = b""
    closed: bool = False
    findings: list[str] = field(default_factory=list)
    shown: dict[str, bytes] = field(default_factory=dict, compare=False)  # how much depends on how the input is cut
    logs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    pulling: bool = False
    timers: dict[str, float] = field(default_factory=dict)
    watching: set[str] = field(default_factory=set)
    starting_tls: bool = False
    compressed: bool = False
    tls_ends: int = 0
    concealed: int = field(default=0, compare=False)  # a CR whose LF comes in a later read counts too
    conceals: list[tuple[int, int]] = field(default_factory=list, compare=False)

    def do(self, effects: Sequence[Effect]) -> None:  # noqa: C901 - a row for each effect
        """Execute effects as the driver does."""
        for effect in effects:
            match effect:
                case Send(data):
                    if not self.closed:
                        self.sent += bytes(data)
                case SendUrgent(data):
                    self.sent += data
                case Close():
                    self.closed = True
                case ReportFinding(finding, data):
                    assert_declared(self.service, finding)
                    self.findings.append(finding)
                    self.shown.setdefault(finding, data)
                case Log(kind, fields):
                    self.logs.append((kind, fields))
                case Pull():
                    self.pulling = True
                case SetTimer(name, seconds):
                    self.timers[name] = seconds
                case CancelTimer(name):
                    self.timers.pop(name, None)
                case Watch(topic):
                    self.watching.add(topic)
                case Unwatch(topic):
                    self.watching.discard(topic)
                case StartTls():
                    self.starting_tls = True
                case StartCompression():
                    self.compressed = True
                case StopTls():
                    self.tls_ends += 1
                case Conceal(size, after):
                    self.concealed += size
                    self.conceals.append((size, after))
                case Misbehave(_fault, effects):
                    self.do(effects)


def assert_declared(service: Service | None, finding: str) -> None:
    """Fail unless the service declares a rule of that identifier."""
    assert service is None or finding in {rule.id for rule in service.rules}, (
        f"{service.name} declares no rule {finding!r}"
    )


def cuts(data: bytes) -> list[list[bytes]]:
    """Return the data whole, byte by byte, and split in two at a sample of offsets and at each CR LF."""
    ways = [[data]] if data else [[]]
    if len(data) > 1:
        ways.append([data[i : i + 1] for i in range(len(data))])
        ways += [[data[:at], data[at:]] for at in split_offsets(data)]
    return ways


def talk_once(service: Service, options: Options, world: World, events: Sequence[Event]) -> Talk:
    """Feed one session these events."""
    assert service.session is not None
    session = service.session(Context(world, options, service.listeners[0].name, PEER, LOCAL))
    talk = Talk(service)
    for event in events:
        talk.do(session.handle(event))
    return talk


@pytest.fixture
def talk() -> Callable[..., Talk]:
    """Feed a service's session in every segmentation and assert the same outcome: `talk("finger", b"alice\\r\\n",
    eof=True)`.

    options: fields of the service's options. world: a function that makes a fresh world for each way.
    """

    def run(
        name: str, data: bytes = b"", *, eof: bool = False, world: Callable[[], World] = make_world, **options: Any
    ) -> Talk:
        service = find_service(name)
        outcomes = []
        for way in cuts(data):
            events = [Opened(), *(Data(piece) for piece in way), *([Eof()] if eof else [])]
            outcomes.append((way, talk_once(service, service.options(**options), world(), events)))
        first = outcomes[0][1]
        for way, outcome in outcomes[1:]:
            assert outcome == first, f"cut as {way} it went otherwise"
        return first

    return run


@pytest.fixture
def ask() -> Callable[..., tuple[list[bytes], list[str]]]:
    """Send one datagram to a service; return its answers and findings."""

    def run(
        name: str, data: bytes = b"", *, world: World | None = None, **options: Any
    ) -> tuple[list[bytes], list[str]]:
        service = find_service(name)
        assert service.datagram is not None
        context = Context(world or make_world(), service.options(**options), "udp", PEER, LOCAL)
        talk = Talk(service)
        answers = []
        for effect in service.datagram(context, data):
            if isinstance(effect, Send):
                answers.append(bytes(effect.data))
            elif isinstance(effect, SendAfter):
                error = None
                try:
                    effect.work()
                except Exception as raised:
                    error = raised
                if (later := effect.answer(error)) is not None:
                    answers.append(later)
            else:
                talk.do((effect,))
        return answers, talk.findings

    return run


class RunningFarm:
    """A farm on a private reactor in a thread, on free ports; clients are ordinary blocking sockets."""

    def __init__(self, config: Config) -> None:
        from homeport.farm.control import control_factory
        from homeport.farm.supervisor import Farm, FarmSockets
        from homeport.io.net.reactor import make_reactor

        self.config = config
        sockets = FarmSockets(config)
        self.reactor = make_reactor()
        self.farm = Farm(self.reactor, config, sockets, os.getpid())
        self.farm.load = lambda: self.config
        self._started: Future[None] = Future()
        self.reactor.callWhenRunning(self._start, control_factory(self.farm))
        self._thread = threading.Thread(target=self.reactor.run, kwargs={"installSignalHandlers": False}, daemon=True)
        self._thread.start()
        self._started.result(10)

    def _start(self, factory: Any) -> None:
        try:
            self.farm.start(factory)
            self._started.set_result(None)
        except BaseException as error:
            self._started.set_exception(error)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function on the reactor's thread and return its result."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(function(*args))
            except BaseException as error:
                done.set_exception(error)

        self.reactor.callFromThread(run)
        return done.result(10)

    def stop(self) -> None:
        """Stop the farm and its reactor, and close everything."""
        from homeport.io.net.reactor import close_reactor

        if self._thread.is_alive():
            self.reactor.callFromThread(self.farm.stop, self.reactor.stop)
            self._thread.join(10)
            assert not self._thread.is_alive()
            close_reactor(self.reactor)

    def wait_for(self, condition: Callable[[], Any], timeout: float = 10) -> Any:
        """Wait for a condition, evaluated on the reactor's thread after every journal event. Return its value."""
        done: Future[Any] = Future()

        def look() -> None:
            if not done.done() and (found := condition()):
                done.set_result(found)

        def begin() -> None:
            self.world.journal.watchers.append(look)
            look()

        self.call(begin)
        try:
            return done.result(timeout)
        finally:
            self.call(self.world.journal.watchers.remove, look)

    def events(self, kind: str, since: int = 0) -> list[dict[str, Any]]:
        """Return the journal's events of a type."""
        return self.call(lambda: [event for event in self.world.journal.events(since) if event["type"] == kind])

    @property
    def world(self) -> World:
        """Return the default world."""
        return self.farm.hosts["default"].world

    def port(self, service: str, listener: str | None = None, world: str = "default") -> int:
        """Return the port of a service."""
        listeners = self.farm.describe(world)["services"][service]
        return int(listeners[listener or next(iter(listeners))]["port"])

    def connect(self, service: str, host: str = "127.0.0.1", world: str = "default") -> socket.socket:
        """Connect to a service, with a timeout of ten seconds."""
        over_tcp = {one.name for one in find_service(service).listeners if one.transport == "tcp"}
        listener = next((one for one in self.farm.describe(world)["services"][service] if one in over_tcp), None)
        return socket.create_connection((host, self.port(service, listener, world)), timeout=10)

    def exchange(self, service: str, data: bytes = b"", *, host: str = "127.0.0.1") -> bytes:
        """Send, half-close, and read to the end."""
        with self.connect(service, host) as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return read_all(client)

    def udp(self, service: str, data: bytes, *, host: str = "127.0.0.1", timeout: float = 5) -> bytes | None:
        """Send one datagram; return the answer, or None after a timeout."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.settimeout(timeout)
            platform.size_datagram_buffers(client)  # macOS sends 9216 bytes at most unless asked
            client.bind((host, 0))
            client.sendto(data, (host, self.port(service, "udp")))
            try:
                answer, origin = client.recvfrom(65535)
            except TimeoutError:
                return None
            assert origin[:2] == (host, self.port(service, "udp"))
            return answer


def read_all(client: socket.socket) -> bytes:
    """Read up to the end of the stream."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def farm_config(
    *services: str,
    limits: dict[str, Any] | None = None,
    journal: dict[str, Any] | None = None,
    control: dict[str, Any] | None = None,
    hosts: Sequence[str] = ("127.0.0.1", "::1"),
    contents: WorldContents | None = None,
    tls: dict[str, Any] | None = None,
    data: Path | str = "",
    clock: ClockOptions | None = None,
    **options: dict[str, Any],
) -> Config:
    """Return a configuration on free ports: the named services (default: all of Homeport's), options by service."""
    names = services or [service.name for service in all_services()]
    chosen = {}
    for name in names:
        service = find_service(name)
        free = {listener.option: 0 for listener in service.listeners} | service.free_ports
        chosen[name] = service.options(**free | options.get(name, {}))
    return Config(
        farm=FarmOptions(hosts=list(hosts), data=str(data)),
        control=ControlOptions(port=0, **control or {}),
        limits=LimitOptions(**limits or {}),
        journal=JournalOptions(**journal or {}),
        clock=clock or ClockOptions(),
        contents=contents or WorldContents(),
        tls=FarmTlsOptions(**tls or {}),
        services=chosen,
    )


@pytest.fixture
def start_farm() -> Iterator[Callable[..., RunningFarm]]:
    """Return a function that starts a farm with `farm_config`'s arguments; it is stopped when the test ends."""
    farms: list[RunningFarm] = []

    def start(*services: str, **options: Any) -> RunningFarm:
        farms.append(RunningFarm(farm_config(*services, **options)))
        return farms[-1]

    yield start
    for farm in farms:
        farm.stop()


@pytest.fixture
def farm(start_farm: Callable[..., RunningFarm]) -> RunningFarm:
    """Return a farm with every service."""
    return start_farm()


@pytest.fixture(scope="session")
def homeport_command() -> list[str]:
    """Return the command that starts Homeport as a process of its own."""
    return [sys.executable, "-m", "homeport"]
