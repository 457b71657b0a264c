"""Measures EPP: `epp.py [commands] [durable] [registrars] [size] [jump] [handshakes]`, all of them by default."""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from epp_client import STEPS, Client, command, domain_create, of
from measure import UP, ask, memory, processor_seconds, running, show

ROUNDS = 7
COMMANDS = 3000
SESSIONS = 20
DURABLE = 200
REGISTRARS = 200
MANY = 100_000
FEW = 100
STEP = 200
STEP_ROUNDS = 3
SECONDS = 1
TEN = "".join(f"<x:name>f{n}.test</x:name>" for n in range(10))
READY = dict[str, Any]


@contextmanager
def farm(*more: str) -> Iterator[tuple[int, int, READY]]:
    """Homeport on processor 0, this program on processor 1: its process, the port of EPP, its ready line."""
    with running([*UP, *more]) as (process, ready, _took):
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {0})
        os.sched_setaffinity(0, {1})
        yield process.pid, ready["services"]["epp"]["tls"]["port"], ready


def reactor_seconds(pid: int) -> float:
    """Return the processor time of the reactor's thread, to the microsecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def commands() -> None:
    """Measure commands per second over one connection with pipelining, one core."""
    made = iter(range(1, 1_000_000))
    makers: dict[str, tuple[str, Callable[[], bytes]]] = {
        "check": ("6,000", lambda: of("domain", "check", f"<x:name>free{next(made)}.test</x:name>")),
        "check of ten names": ("", lambda: of("domain", "check", TEN)),
        "info": ("4,000", lambda: of("domain", "info", '<x:name hosts="all">homeport.test</x:name>')),
        "create": ("2,500", lambda: domain_create(next(made))),
    }
    rows = [("over one connection", "a second", "min - max", "server us", "without the journal", "goal")]
    rates: dict[tuple[str, bool], list[float]] = {}
    costs: dict[tuple[str, bool], list[float]] = {}
    for recorded in (True, False):
        with farm(*([] if recorded else ["--set", "journal.enabled=false"])) as (pid, port, _ready):
            client = Client(port)
            for name, (_goal, make) in makers.items():
                client.pipelined([make() for _ in range(COMMANDS)])
                for _turn in range(ROUNDS):
                    frames = [make() for _ in range(COMMANDS)]
                    before, began = processor_seconds(pid), time.perf_counter()
                    client.pipelined(frames)
                    rates.setdefault((name, recorded), []).append(COMMANDS / (time.perf_counter() - began))
                    costs.setdefault((name, recorded), []).append((processor_seconds(pid) - before) / COMMANDS * 1e6)
            client.close()
    for name, (goal, _make) in makers.items():
        values = rates[name, True]
        on, off = (statistics.median(costs[name, recorded]) for recorded in (True, False))
        spread = f"{min(values):.0f} - {max(values):.0f}"
        rows.append((name, f"{statistics.median(values):.0f}", spread, f"{on:.0f}", f"{off:.0f}", goal))
    show("Commands", rows)


def durable() -> None:
    """Measure creates per second of sessions that wait for each answer, with a registry on disk; without one for
    comparison."""
    rows = [(f"creates of {SESSIONS} sessions, one by one", "a second", "p50 ms", "p99 ms", "server us")]
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DISK")) as folder:
        for what, more in (("on disk", ["--data", folder]), ("in memory", [])):
            with farm(*more) as (pid, port, _ready), ThreadPoolExecutor(SESSIONS) as pool:
                clients = [Client(port) for _ in range(SESSIONS)]

                def create(which: int, clients: list[Client] = clients, what: str = what) -> list[float]:
                    took = []
                    for number in range(DURABLE):
                        frame, began = domain_create(which * DURABLE + number, what[:2]), time.perf_counter()
                        assert clients[which].ask(frame) == b"1000"
                        took.append(time.perf_counter() - began)
                    return took

                before, began = processor_seconds(pid), time.perf_counter()
                took = sorted(one for each in pool.map(create, range(SESSIONS)) for one in each)
                rate = len(took) / (time.perf_counter() - began)
                cost = (processor_seconds(pid) - before) / len(took) * 1e6
                p50, p99 = took[len(took) // 2] * 1e3, took[len(took) * 99 // 100] * 1e3
                rows.append((what, f"{rate:.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{cost:.0f}"))
                for client in clients:
                    client.close()
    show("Durable creates", rows)


def registrars() -> None:
    """Measure many registrars at once, each logged in: memory of each, and the time until all have an answer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "homeport.toml"
        path.write_text(
            "".join(
                f'[[registry.registrar]]\nid = "bench-{n}"\nname = "Bench {n}"\npassword = "bench-{n}-pass"\n'
                for n in range(REGISTRARS + 1)
            )
        )
        with farm("--config", str(path)) as (pid, port, _ready):
            clients = [Client(port, f"bench-{REGISTRARS}")]
            before, began = memory(pid), time.perf_counter()
            clients += [Client(port, f"bench-{n}") for n in range(REGISTRARS)]
            joined = time.perf_counter() - began
            grown = memory(pid) - before
            question = of("domain", "check", "<x:name>free.test</x:name>")
            began = time.perf_counter()
            for client in clients:
                client.send(question)
            assert {client.code() for client in clients} == {b"1000"}
            answered = time.perf_counter() - began
            for client in clients:
                client.close()
    show(
        "Registrars at once",
        [
            (f"{REGISTRARS} registrars", "figure"),
            ("connected and logged in, one after the other, ms each", f"{joined / REGISTRARS * 1e3:.1f}"),
            ("memory of an idle session, KiB", f"{grown / REGISTRARS:.0f}"),
            ("a check of each at once: all answered after, ms", f"{answered * 1e3:.0f}"),
        ],
    )


def size() -> None:
    """Measure the server time of every command in a registry of few domains and of many."""
    costs: dict[int, dict[str, float]] = {}
    with farm() as (pid, port, _ready):
        clients = {name: Client(port, name) for name in ("harbour", "lighthouse")}
        warm(clients["harbour"])
        begun = 0
        for number in (FEW, MANY):
            before, began = memory(pid), time.perf_counter()
            clients["harbour"].pipelined([domain_create(n, "seed") for n in range(begun, number)])
            took, grown = time.perf_counter() - began, memory(pid) - before
            costs[number] = walk(pid, clients, number)
            begun = number
    rows = [("server us a command", f"{FEW} domains", f"{MANY:,}", "ratio")]
    for what, small in costs[FEW].items():
        large = costs[MANY][what]
        rows.append((what, f"{small:.0f}", f"{large:.0f}", f"{large / small:.2f}"))
    show(f"Many domains: made in {took:.0f} s, {grown / 1024:.0f} MiB", rows)


def warm(client: Client) -> None:
    """Fill the journal and run all code once."""
    client.pipelined([of("domain", "check", f"<x:name>free{n}.test</x:name>") for n in range(40_000)])


def walk(pid: int, clients: dict[str, Client], first: int) -> dict[str, float]:
    """Return the minimum server time of each step, in microseconds; the objects' numbers begin with `first`."""
    costs: dict[str, float] = {}
    for turn in range(STEP_ROUNDS):
        numbers = range(first + turn * STEP, first + (turn + 1) * STEP)
        for what, who, make, code in STEPS:
            frames = [make(n) for n in numbers]
            before = reactor_seconds(pid)
            clients[who].pipelined(frames, code)
            note(costs, what, (reactor_seconds(pid) - before) / STEP * 1e6)
        acknowledge(pid, clients, costs)
    return costs


def note(costs: dict[str, float], what: str, cost: float) -> None:
    costs[what] = min(cost, costs.get(what, cost))


def acknowledge(pid: int, clients: dict[str, Client], costs: dict[str, float]) -> None:
    """Empty both queues; one message at a time, because each answer names the next."""
    for client in clients.values():
        asked = told = 0
        before = reactor_seconds(pid)
        while True:
            client.send(command('<poll op="req"/>'))
            answer = client.hear()
            if b'code="1300"' in answer:
                break
            message = answer.split(b'id="', 1)[1].split(b'"', 1)[0].decode()
            assert client.ask(command(f'<poll op="ack" msgID="{message}"/>')) == b"1000"
            asked, told = asked + 1, told + 1
        if told >= STEP:
            note(costs, "poll and its acknowledgement, not pipelined", (reactor_seconds(pid) - before) / told * 1e6)


def jump() -> None:
    """Measure a clock change over the expiry of many domains: its time, and how long other clients wait meanwhile."""
    with farm() as (_pid, port, ready):
        client = Client(port)
        client.pipelined([domain_create(n, "seed") for n in range(MANY)])
        began = time.perf_counter()
        ask(ready["control"], "POST", "/api/v1/worlds/default/clock", {"advance": "P3Y"})
        took = time.perf_counter() - began
        client.close()
    show("Time", [("what", "s"), (f"`advance` over the expiry of {MANY:,} domains", f"{took:.1f}")])


def handshakes() -> None:
    """Measure full handshakes with client certificates, ours and those of `openssl s_server` alternating, by `openssl
    s_time`."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_certificates(Path(folder))
        files = [f"tls.{key}={paths[key]}" for key in ("certificate", "key", "client_ca")]
        with farm(*[word for file in files for word in ("--set", file)]) as (pid, port, _ready), peer(paths) as theirs:
            rows = [("handshakes", "server", "a second", "min - max", "server us")]
            for version in ("1.3", "1.2"):
                rates: dict[str, list[float]] = {}
                costs: dict[str, list[float]] = {}
                for turn in range(ROUNDS + 1):
                    for name, (pid_, port_) in {"homeport": (pid, port), "openssl s_server": theirs}.items():
                        before = processor_seconds(pid_)
                        rate = shake_hands(port_, version, paths)
                        if turn:
                            rates.setdefault(name, []).append(rate)
                            costs.setdefault(name, []).append((processor_seconds(pid_) - before) / rate / SECONDS * 1e6)
                for name, values in rates.items():
                    middle, cost = statistics.median(values), statistics.median(costs[name])
                    spread = f"{min(values):.0f} - {max(values):.0f}"
                    rows.append((f"TLS {version}", name, f"{middle:.0f}", spread, f"{cost:.0f}"))
    show("Handshakes with client certificates", rows)


def write_certificates(folder: Path) -> dict[str, str]:
    """Write files of an authority, and of a server and a client that it certifies."""
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "client_ca")
    for leaf, certificate, key in (
        (authority.issue_cert("localhost"), "certificate", "key"),
        (authority.issue_cert("bench@homeport.test"), "client_certificate", "client_key"),
    ):
        leaf.cert_chain_pems[0].write_to_path(folder / certificate)
        leaf.private_key_pem.write_to_path(folder / key)
    return {path.name: str(path) for path in folder.iterdir()}


@contextmanager
def peer(paths: dict[str, str]) -> Iterator[tuple[int, int]]:
    """OpenSSL's own server, which requires a client certificate: its process and port, on processor 0."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-Verify", "3", "-verify_return_error"]
    command += ["-cert", paths["certificate"], "-key", paths["key"], "-CAfile", paths["client_ca"]]
    command += ["-no_ticket", "-no_cache", "-num_tickets", "0"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet)
    os.sched_setaffinity(process.pid, {0})
    try:
        time.sleep(0.5)
        yield process.pid, port
    finally:
        process.terminate()
        process.communicate()


def shake_hands(port: int, version: str, paths: dict[str, str]) -> float:
    """Return the handshakes per second of sequential connections."""
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", str(SECONDS)]
    command += [f"-tls{version.replace('.', '_')}", "-CAfile", paths["client_ca"]]
    command += ["-cert", paths["client_certificate"], "-key", paths["client_key"]]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    found = re.search(r"(\d+) connections in (\d+) real seconds", said)
    assert found is not None, said
    return int(found[1]) / SECONDS


MEASURES: dict[str, Callable[[], None]] = {
    "commands": commands,
    "durable": durable,
    "registrars": registrars,
    "size": size,
    "jump": jump,
    "handshakes": handshakes,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MEASURES:
        MEASURES[chosen]()
