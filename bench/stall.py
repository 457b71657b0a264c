"""Latency of Echo and of /livez while a client sends hostile input: `stall.py [INPUT ...] [--seconds 3] [--list]`.

One event loop serves all connections, so input that keeps it busy delays everyone else. Each input of INPUTS runs for
some seconds in a process of its own, while two probes measure round trips. The ratio of their 99th percentile to that
of the idle farm of the same run is the figure that counts. A farm of its own serves each input, so that none leaves
work behind. It takes three processors for the farm, the client and the probes not to wait for each other.

An input is a generator function: it prepares until its first `yield`, and after that sends until its process is killed.
To add one, decorate it with `@hostile`.
"""

import argparse
import http.client
import json
import multiprocessing
import multiprocessing.process
import os
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from measure import UP, memory, running

GOAL = 5.0
"""The ratio that no input should exceed."""
FLOOR_MS = 1.0
"""Smallest idle percentile that ratios are taken of: below it a scheduler's noise would decide."""
PROBE_PAUSE_S = 0.005
API = "/api/v1/worlds/default"
HELLO = b'<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><hello/></epp>'


class Farm:
    """A running farm, as inputs and probes see it."""

    def __init__(self, ready: dict, pid: int) -> None:
        self.ready = ready
        self.pid = pid
        self.over = threading.Event()
        self.control = urllib.parse.urlsplit(ready["control"])

    def address(self, service: str, listener: str = "tcp") -> tuple[str, int]:
        """Return the address of a listener."""
        found = self.ready["services"][service][listener]
        return found["host"], found["port"]

    def connect(self, service: str, listener: str = "tcp") -> socket.socket:
        """Connect to a service."""
        return socket.create_connection(self.address(service, listener), timeout=60)

    def secure(self, service: str, listener: str) -> ssl.SSLSocket:
        """Connect to a service under TLS."""
        context = ssl.create_default_context(cafile=self.ready["ca_file"])
        return context.wrap_socket(self.connect(service, listener), server_hostname="localhost")

    def api(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send a request to the control API; return the body of its answer."""
        client = http.client.HTTPConnection(self.control.hostname or "", self.control.port, timeout=120)
        client.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = client.getresponse().read()
        client.close()
        return answer


Hostile = Callable[[Farm], Iterator[None]]
INPUTS: dict[str, tuple[str, Hostile]] = {}
"""Inputs by name: a description, and the generator."""


def hostile(function: Hostile) -> Hostile:
    """Add an input to the table, under the name of its function and with its docstring."""
    INPUTS[function.__name__.replace("_", "-")] = ((function.__doc__ or "").strip(), function)
    return function


def flood(farm: Farm, client: socket.socket, data: bytes) -> None:
    """Send data again and again while another thread reads the answers; stop when the run is over."""

    def drain() -> None:
        with suppress(OSError):
            while client.recv(1 << 18):
                pass

    threading.Thread(target=drain, daemon=True).start()
    with suppress(OSError):
        while not farm.over.is_set():
            client.sendall(data)


@hostile
def smtp_pipelined(farm: Farm) -> Iterator[None]:
    """64 KiB of pipelined SMTP commands"""
    client = farm.connect("smtp", "plain")
    client.sendall(b"EHLO client.example\r\n")
    yield
    flood(farm, client, b"NOOP\r\nVRFY alice\r\nRSET\r\n" * 2730)


@hostile
def ftp_pipelined(farm: Farm) -> Iterator[None]:
    """64 KiB of pipelined FTP commands"""
    client = farm.connect("ftp")
    client.sendall(b"USER alice\r\nPASS alice-pass\r\n")
    yield
    flood(farm, client, b"NOOP\r\nPWD\r\nFEAT\r\nSTAT\r\n" * 2730)


@hostile
def epp_pipelined(farm: Farm) -> Iterator[None]:
    """64 KiB of pipelined EPP frames"""
    client = farm.secure("epp", "tls")
    yield
    flood(farm, client, ((len(HELLO) + 4).to_bytes(4, "big") + HELLO) * 630)


@hostile
def whois_pipelined(farm: Farm) -> Iterator[None]:
    """64 KiB of queries on one Whois connection that is kept open"""
    client = farm.connect("whois")
    client.sendall(b"-k\r\n")
    yield
    flood(farm, client, b"homeport.test\r\n" * 4369)


@hostile
def connections(farm: Farm) -> Iterator[None]:
    """connections that are opened and reset as fast as possible"""
    yield
    while not farm.over.is_set():
        for client in [farm.connect("smtp", "plain") for _ in range(50)]:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()


@hostile
def tls_small_records(farm: Farm) -> Iterator[None]:
    """TLS records of one byte each"""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=farm.ready["ca_file"])
    engine = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    client = farm.connect("smtp", "tls")
    while True:
        try:
            engine.do_handshake()
            break
        except ssl.SSLWantReadError:
            client.sendall(outgoing.read())
            incoming.write(client.recv(1 << 16))
    client.sendall(outgoing.read())
    for _ in range(100):
        for byte in b"NOOP" * 20 + b"\r\n":
            engine.write(bytes((byte,)))
    records = outgoing.read()
    yield
    flood(farm, client, records)


@hostile
def datagrams(farm: Farm) -> Iterator[None]:
    """datagrams to Active Users as fast as possible"""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(farm.address("users", "udp"))
    yield
    while not farm.over.is_set():
        with suppress(OSError):
            client.send(b"")


@hostile
def slice_fault(farm: Farm) -> Iterator[None]:
    """Chargen under a `slice` fault of one byte and `corrupt`"""
    for do in ({"slice": {"size": 1}}, {"corrupt": {"rate": 0.5}}):
        plan = {"service": "chargen", "listener": "tcp", "do": do, "times": 0}
        farm.api("POST", f"{API}/faults", json.dumps(plan).encode())
    yield
    client = farm.connect("chargen")
    while not farm.over.is_set():
        client.recv(1 << 18)


def read_reply(lines: object) -> str:
    """Read the last line of an FTP reply."""
    while True:
        line = lines.readline().decode()  # type: ignore[attr-defined]
        if line[3:4] == " " or not line:
            return line


@hostile
def deflate_bomb(farm: Farm) -> Iterator[None]:
    """an FTP upload in MODE Z whose 800 kB expand to 800 MB"""
    packer = zlib.compressobj(9)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(800)) + packer.flush()
    client = farm.connect("ftp")
    lines = client.makefile("rb")
    read_reply(lines)
    for order in (b"USER alice", b"PASS alice-pass", b"TYPE I", b"MODE Z"):
        client.sendall(order + b"\r\n")
        read_reply(lines)
    yield
    while not farm.over.is_set():
        client.sendall(b"EPSV\r\n")
        port = int(read_reply(lines).rpartition("|||")[2].partition("|")[0])
        client.sendall(b"STOR bomb\r\n")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60) as data:
            data.sendall(bomb)
        read_reply(lines)
        read_reply(lines)


@hostile
def header_mail(farm: Farm) -> Iterator[None]:
    """looks at a message whose 20 MB are all header"""
    client = farm.connect("smtp", "plain")
    lines = client.makefile("rb")
    read_reply(lines)
    for order in (b"EHLO c.example", b"MAIL FROM:<a@c.example>", b"RCPT TO:<alice@homeport.test>", b"DATA"):
        client.sendall(order + b"\r\n")
        read_reply(lines)
    client.sendall((b"X-Filler: " + b"x" * 900 + b"\r\n") * 22_000 + b"\r\n.\r\n")
    read_reply(lines)
    yield
    while not farm.over.is_set():
        (message, *_rest) = json.loads(farm.api("GET", f"{API}/smtp/messages"))["items"]
        farm.api("GET", f"{API}/smtp/messages/{message['id']}")


def populate(farm: Farm, count: int) -> None:
    """Fill the journal with events."""
    client = farm.connect("ftp")
    lines = client.makefile("rb")
    read_reply(lines)
    client.sendall(b"NOOP\r\n" * count + b"QUIT\r\n")
    while lines.readline():
        pass


@hostile
def events_unread(farm: Farm) -> Iterator[None]:
    """pipelined `GET events?limit=10000` whose answers are not read"""
    populate(farm, 10_000)
    client = socket.create_connection((farm.control.hostname or "", farm.control.port or 0), timeout=60)
    request = f"GET {API}/events?limit=10000 HTTP/1.1\r\nHost: 127.0.0.1:{farm.control.port}\r\n\r\n".encode()
    yield
    client.setblocking(False)
    while not farm.over.is_set():
        with suppress(BlockingIOError):
            client.send(request * 100)
        time.sleep(0.01)


@hostile
def transcript(farm: Farm) -> Iterator[None]:
    """the transcript of a connection of 60 MB"""
    client = farm.connect("discard")
    for _ in range(60):
        client.sendall(bytes(1 << 20))
    client.close()
    found = json.loads(farm.api("GET", f"{API}/connections"))["items"]
    conn = next(one["id"] for one in found if one["service"] == "discard")
    yield
    while not farm.over.is_set():
        farm.api("GET", f"{API}/connections/{conn}/transcript")


@hostile
def stream_from_the_beginning(farm: Farm) -> Iterator[None]:
    """server-sent events of a full journal, from the beginning, again and again"""
    populate(farm, 10_000)
    yield
    while not farm.over.is_set():
        with socket.create_connection((farm.control.hostname or "", farm.control.port or 0), timeout=60) as client:
            path = f"{API}/events/stream?since=0"
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{farm.control.port}\r\n\r\n".encode())
            got = 0
            while got < 500_000 and (piece := client.recv(1 << 16)):
                got += len(piece)


@hostile
def snapshot(farm: Farm) -> Iterator[None]:
    """snapshots of the registry"""
    yield
    while not farm.over.is_set():
        farm.api("GET", f"{API}/registry/snapshot")


@hostile
def delete_all_mail(farm: Farm) -> Iterator[None]:
    """DELETE of 2,000 messages"""
    client = farm.connect("smtp", "plain")
    lines = client.makefile("rb")
    read_reply(lines)
    client.sendall(b"EHLO c.example\r\n")
    read_reply(lines)
    for _ in range(2000):
        client.sendall(b"MAIL FROM:<a@c.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n")
        for _ in range(3):
            read_reply(lines)
        client.sendall(b"Subject: x\r\n\r\n" + b"x" * 1000 + b"\r\n.\r\n")
        read_reply(lines)
    yield
    farm.api("DELETE", f"{API}/smtp/messages")


# Probes.


def probe_echo(farm: Farm, taken: list[float]) -> None:
    """Measure round trips of Echo in seconds until the run is over."""
    with farm.connect("echo") as client:
        while not farm.over.is_set():
            began = time.perf_counter()
            client.sendall(b"0123456789abcdef")
            client.recv(100)
            taken.append(time.perf_counter() - began)
            time.sleep(PROBE_PAUSE_S)


def probe_livez(farm: Farm, taken: list[float]) -> None:
    """Measure requests of /livez in seconds until the run is over."""
    client = http.client.HTTPConnection(farm.control.hostname or "", farm.control.port, timeout=120)
    while not farm.over.is_set():
        began = time.perf_counter()
        client.request("GET", "/livez")
        client.getresponse().read()
        taken.append(time.perf_counter() - began)
        time.sleep(PROBE_PAUSE_S)


def percentile(taken: list[float]) -> float:
    """Return the 99th percentile in milliseconds."""
    return statistics.quantiles(taken, n=100)[98] * 1000 if len(taken) > 1 else sum(taken) * 1000


def run(function: Hostile | None, seconds: float) -> tuple[float, float, float, int]:
    """Run one input. Return the 99th percentiles of Echo and /livez, the longest round trip (ms), and memory (MB)."""
    with tempfile.TemporaryDirectory() as folder, running([*UP, "--data", folder]) as (process, ready, _took):
        farm = Farm(ready, process.pid)
        client = None if function is None else start_client(function, farm)
        echo: list[float] = []
        livez: list[float] = []
        threads = [
            threading.Thread(target=probe_echo, args=(farm, echo)),
            threading.Thread(target=probe_livez, args=(farm, livez)),
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        used = memory(process.pid, "Rss") // 1024
        farm.over.set()
        for thread in threads:
            thread.join()
        if client is not None:
            client.kill()
            client.join()
        return percentile(echo), percentile(livez), max(*echo, *livez) * 1000, used


def start_client(function: Hostile, farm: Farm) -> multiprocessing.process.BaseProcess:
    """Start an input in a process of its own, and wait until it is prepared."""
    context = multiprocessing.get_context("fork")
    prepared = context.Event()

    def send() -> None:
        generator = function(farm)
        next(generator)
        prepared.set()
        next(generator, None)

    client = context.Process(target=send, daemon=True)
    client.start()
    while not prepared.wait(1):
        if not client.is_alive():
            raise SystemExit("the input failed while it prepared")
    return client


def main() -> int:
    """Measure inputs, print a table, and return 1 if a ratio exceeds the goal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("inputs", nargs="*", help="names of inputs; default: all")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--list", action="store_true", help="list the inputs and stop")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(f"{name:<28}{text}" for name, (text, _function) in INPUTS.items()))
        return 0
    if unknown := set(arguments.inputs) - INPUTS.keys():
        parser.error(f"unknown inputs: {', '.join(sorted(unknown))}; --list shows them")
    names = arguments.inputs or list(INPUTS)
    idle_echo, idle_livez, _longest, used = run(None, arguments.seconds)
    print(f"{'input':<28}{'echo p99':>10}{'livez p99':>11}{'longest':>10}{'ratio':>7}{'RSS':>9}")
    print(f"{'idle':<28}{idle_echo:>7.1f} ms{idle_livez:>8.1f} ms{'':>10}{'':>7}{used:>6} MB", flush=True)
    worst = 0.0
    for name in names:
        echo, livez, longest, used = run(INPUTS[name][1], arguments.seconds)
        ratio = max(echo / max(idle_echo, FLOOR_MS), livez / max(idle_livez, FLOOR_MS))
        worst = max(worst, ratio)
        row = f"{name:<28}{echo:>7.1f} ms{livez:>8.1f} ms{longest:>7.0f} ms{ratio:>7.1f}{used:>6} MB"
        print(row + ("  over the goal" if ratio > GOAL else ""), flush=True)
    return 1 if worst > GOAL else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).parents[1] / "servers"))
    sys.exit(main())
