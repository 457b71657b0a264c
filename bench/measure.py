"""Measures performance as users see it: `measure.py [startup] [idle] [world] [journal] [faults]`, all of them by
default."""

import http.client
import json
import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
UP = [sys.executable, "-m", "homeport", "up", "--ephemeral", "-q"]
ROUNDS = 11
IDLE_CONNECTIONS = 5000
WORLDS = 100
TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], dict, float]]:
    """A process, its ready line, and the seconds from exec to it."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    line = process.stdout.readline()
    took = time.perf_counter() - began
    try:
        yield process, json.loads(line), took
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        process.stdout.close()


def memory(pid: int, kind: str = "Pss") -> int:
    """Return a process's memory in kilobytes: `Rss` or `Pss`."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1])
    raise LookupError(kind)


def processor_seconds(pid: int) -> float:
    """Return the user and system time of a process in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def show(title: str, rows: list[tuple[str, ...]]) -> None:
    print(f"\n### {title}\n")
    print("| " + " | ".join(rows[0]) + " |")
    print("|---|" + "---:|" * (len(rows[0]) - 1))
    for row in rows[1:]:
        print("| " + " | ".join(row) + " |")


def startup() -> None:
    """Measure exec to ready, alternating with the baseline."""
    commands = {
        "bare interpreter (to its exit)": [sys.executable, "-c", 'print(\'{"event": "ready"}\')'],
        "bare Twisted, 12 listeners": [sys.executable, str(HERE / "bare_twisted.py")],
        "homeport up, every service": UP,
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    resident: dict[str, int] = {}
    for turn in range(ROUNDS + 1):
        for name, command in commands.items():
            with running(command) as (process, _ready, took):
                if turn:  # the first fills the disk cache
                    times[name].append(took * 1000)
                if process.poll() is None and name not in resident and turn:
                    resident[name] = memory(process.pid, "Rss")
    base = statistics.median(times["bare Twisted, 12 listeners"])
    rows = [("process", "ready, ms", "min - max", "ratio", "resident MiB")]
    for name, values in times.items():
        middle = statistics.median(values)
        size = f"{resident[name] / 1024:.1f}" if name in resident else ""
        rows.append((name, f"{middle:.0f}", f"{min(values):.0f} - {max(values):.0f}", f"{middle / base:.2f}", size))
    show("Start-up", rows)


def idle() -> None:
    """Measure the memory of an idle connection: from the first thousand to all of them."""
    with running(UP) as (process, ready, _took):
        port = ready["services"]["echo"]["tcp"]["port"]
        marks = []
        held = []
        for number in (IDLE_CONNECTIONS // 5, IDLE_CONNECTIONS):
            while len(held) < number:
                client = socket.create_connection(("127.0.0.1", port))
                client.sendall(b"x")
                assert client.recv(1) == b"x"
                held.append(client)
            marks.append(memory(process.pid))
        each = (marks[1] - marks[0]) / (IDLE_CONNECTIONS * 4 / 5)
        for client in held:
            client.close()
    show("Idle connections", [("connections", "KiB each"), (f"{IDLE_CONNECTIONS} to Echo", f"{each:.2f}")])


def world() -> None:
    """Measure opening and closing of worlds in one process, on its own reactor."""
    from twisted.internet.protocol import Factory

    from homeport.config.reading import load
    from homeport.farm.process import settle_collector
    from homeport.farm.supervisor import Farm, FarmSockets
    from homeport.io.net.reactor import make_reactor

    config = load(ephemeral=True)
    reactor = make_reactor()
    farm = Farm(reactor, config, FarmSockets(config), os.getpid())
    made: list[float] = []
    closed: list[float] = []

    def measure() -> None:
        farm.start(Factory())
        settle_collector()
        farm.make_world("warm", config)
        farm.close_world("warm", lambda: None)
        before = memory(os.getpid())
        for number in range(WORLDS):
            began = time.perf_counter()
            farm.make_world(str(number), config)
            made.append((time.perf_counter() - began) * 1000)
        each = (memory(os.getpid()) - before) / WORLDS
        for number in range(WORLDS):
            began = time.perf_counter()
            farm.close_world(str(number), lambda: None)
            closed.append((time.perf_counter() - began) * 1000)
        rows = [
            ("a fresh world of every service", "median", "max"),
            ("made, ms", f"{statistics.median(made):.2f}", f"{max(made):.2f}"),
            ("closed, ms", f"{statistics.median(closed):.2f}", f"{max(closed):.2f}"),
            (f"memory, KiB each of {WORLDS}", f"{each:.0f}", ""),
        ]
        show("Worlds", rows)
        farm.stop(reactor.stop)

    reactor.callWhenRunning(measure)
    reactor.run(installSignalHandlers=False)


def journal() -> None:
    """Measure Echo round trips with and without recording, alternating: the server's cost of recording."""
    kinds = {"journal on": [], "journal off": ["--set", "journal.enabled=false"]}
    costs: dict[str, list[float]] = {name: [] for name in kinds}
    for _turn in range(5):
        for name, more in kinds.items():
            with running([*UP, *more]) as (process, ready, _took):
                port = ready["services"]["echo"]["tcp"]["port"]
                round_trips(port, 0.2)
                before = processor_seconds(process.pid)
                done = round_trips(port, 1.0)
                costs[name].append((processor_seconds(process.pid) - before) / done * 1e6)
    on, off = (statistics.median(values) for values in costs.values())
    rows = [
        ("echo, 50 connections", "server us a round trip"),
        ("journal off", f"{off:.2f}"),
        ("journal on, default limits", f"{on:.2f}"),
        ("added", f"{(on / off - 1) * 100:.0f} %"),
    ]
    show("Recording", rows)


def faults() -> None:
    """Measure Echo round trips without faults, with faults for other services, with one that acts, and after its
    removal."""
    kinds = {
        "none": [],
        "one for Finger": [{"service": "finger", "do": {"close": {}}, "times": 0}],
        "one for another client": [
            {"service": "echo", "do": {"close": {}}, "times": 0, "match": {"peer": "192.0.2.1"}}
        ],
        "one that acts: a limit never reached": [{"service": "echo", "do": {"limit": {"bytes": 1 << 40}}, "times": 0}],
        "the same, removed": [{"service": "echo", "do": {"limit": {"bytes": 1 << 40}}, "times": 0}],
    }
    costs: dict[str, list[float]] = {name: [] for name in kinds}
    for _turn in range(5):
        for name, plans in kinds.items():
            with running(UP) as (process, ready, _took):
                port = ready["services"]["echo"]["tcp"]["port"]
                for plan in plans:
                    ask(ready["control"], "POST", "/api/v1/worlds/default/faults", plan)
                if name.endswith("removed"):
                    round_trips(port, 0.1)
                    ask(ready["control"], "DELETE", "/api/v1/worlds/default/faults")
                round_trips(port, 0.2)
                before = processor_seconds(process.pid)
                done = round_trips(port, 1.0)
                costs[name].append((processor_seconds(process.pid) - before) / done * 1e6)
    rows = [("faults planned", "server us a round trip")]
    rows += [(name, f"{statistics.median(values):.2f}") for name, values in costs.items()]
    show("Faults", rows)


def ask(url: str, method: str, path: str, body: dict | None = None) -> None:
    """Send a request to the control API, which must succeed."""
    client = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    client.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    response = client.getresponse()
    assert response.status < 300, response.read()
    client.close()


def round_trips(port: int, seconds: float, connections: int = 50) -> int:
    """Count the round trips of 50 connections in a period: each sends 64 bytes and waits for them."""
    poll = select.epoll()
    clients = {}
    message = b"x" * 64
    for _ in range(connections):
        client = socket.create_connection(("127.0.0.1", port))
        clients[client.fileno()] = client
        poll.register(client, select.EPOLLIN)
        client.sendall(message)
    done = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for fd, _event in poll.poll(1):
            client = clients[fd]
            client.recv(64)
            client.send(message)
            done += 1
    for client in clients.values():
        client.close()
    poll.close()
    return done


MEASURES: dict[str, Callable[[], None]] = {
    "startup": startup,
    "idle": idle,
    "world": world,
    "journal": journal,
    "faults": faults,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MEASURES:
        MEASURES[chosen]()
