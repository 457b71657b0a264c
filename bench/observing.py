"""Measures the cost and latency of observing: `observing.py [wait] [waiters] [stream] [transcript]`, ..."""

import http.client
import json
import os
import socket
import statistics
import sys
import time
from collections.abc import Callable
from random import Random

from measure import UP, processor_seconds, running, show

W = "/api/v1/worlds/default"
RECORD_ALL = [*UP, "--set", "journal.kept_per_sender=1GiB"]


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=30)


def get(port: int, path: str) -> bytes:
    client = connect(port)
    client.request("GET", path)
    body = client.getresponse().read()
    client.close()
    return body


def control_port(ready: dict) -> int:
    return int(ready["control"].rpartition(":")[2])


def waiting(port: int, number: int, query: str) -> list[socket.socket]:
    """Open N waiting requests."""
    clients = []
    for _ in range(number):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(f"GET {W}/events/wait?timeout=10m&{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        clients.append(client)
    get(port, "/livez")
    return clients


def wait() -> None:
    """Measure the time from a datagram to the answer of the wait for it, alone and among other waits."""
    rows = [("waits for something else", "answered after, ms (median)", "99 %")]
    for others in (0, 1000):
        with running(UP) as (_process, ready, _took):
            port = control_port(ready)
            clients = waiting(port, others, "service=echo&type=login")
            knock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            knock.connect(("127.0.0.1", ready["services"]["echo"]["udp"]["port"]))
            client = connect(port)
            took = []
            for number in range(300):
                client.request("GET", f"{W}/events/wait?type=datagram&text=k{number}.&timeout=10s&since={number}")
                get(port, "/livez")  # it waits now
                began = time.perf_counter()
                knock.send(b"k%d." % number)
                client.getresponse().read()
                took.append((time.perf_counter() - began) * 1000)
            for one in clients:
                one.close()
        rows.append((str(others), f"{statistics.median(took):.2f}", f"{statistics.quantiles(took, n=100)[98]:.2f}"))
    show("Waits", rows)


def waiters() -> None:
    """Measure the server time of an event while thousands of requests wait: 10,000 datagrams in a second."""
    rows = [("waits", "server us a datagram")]
    for number in (0, 1, 1000, 5000):
        with running(RECORD_ALL) as (process, ready, _took):
            clients = waiting(control_port(ready), number, "service=echo&type=login")
            knock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            knock.connect(("127.0.0.1", ready["services"]["echo"]["udp"]["port"]))
            before, began = processor_seconds(process.pid), time.perf_counter()
            for sent in range(30_000):
                knock.send(b"knock")
                while (ahead := sent / 10_000 - (time.perf_counter() - began)) > 0.001:
                    time.sleep(ahead)
            cost = (processor_seconds(process.pid) - before) / 30_000 * 1e6
            rows.append((str(number), f"{cost:.1f}"))
            for one in clients:
                one.close()
    show("Events among waits", rows)


def stream() -> None:
    """Measure the events per second of one stream reader, and the latency of a single event."""
    with running([*RECORD_ALL, "--set", "journal.size=256MiB"]) as (_process, ready, _took):
        port = control_port(ready)
        knock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        knock.connect(("127.0.0.1", ready["services"]["echo"]["udp"]["port"]))
        knock.settimeout(5)
        number = 20_000
        for _ in range(number):
            knock.send(b"knock")
            knock.recv(99)
        client = connect(port)
        client.request("GET", f"{W}/events/stream")
        response = client.getresponse()
        began = time.perf_counter()
        seen = 0
        while seen < number:
            seen += response.readline().startswith(b"data:")
        rate = number / (time.perf_counter() - began)
        took = []
        for _ in range(300):
            began = time.perf_counter()
            knock.send(b"knock")
            while not response.readline().startswith(b"data:"):
                pass
            took.append((time.perf_counter() - began) * 1000)
        client.close()
    rows = [("server-sent events", ""), ("events/s to one reader", f"{rate:,.0f}")]
    show("Stream", [*rows, ("one event after, ms (median)", f"{statistics.median(took):.2f}")])


def transcript() -> None:
    """Measure time and size of a transcript of 16 KiB, with a full journal."""
    rows = [("transcript of 16 KiB", "ms (median)", "octets")]
    with running(RECORD_ALL) as (_process, ready, _took):
        port = control_port(ready)
        echo = ready["services"]["echo"]
        knock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        knock.connect(("127.0.0.1", echo["udp"]["port"]))
        knock.settimeout(5)
        for _ in range(50_000):
            knock.send(b"knock")
            knock.recv(99)
        said = bytes(Random(0).choices(b"abcdefghijklmnopqrstuvwxyz ", k=7900)) + b"\r\n"
        with socket.create_connection(("127.0.0.1", echo["tcp"]["port"])) as client:
            client.sendall(said)
            left = len(said)
            while left:
                left -= len(client.recv(left))
        (one,) = json.loads(get(port, f"{W}/connections"))["items"]
        for form in ("text", "json", "pcapng"):
            took = []
            for _ in range(20):
                began = time.perf_counter()
                size = len(get(port, f"{W}/connections/{one['id']}/transcript?format={form}"))
                took.append((time.perf_counter() - began) * 1000)
            rows.append((f"{form} ({one['kept']})", f"{statistics.median(took):.1f}", str(size)))
    show("Transcripts", rows)


def scrape() -> None:
    """Measure a scrape, the first of which imports the library."""
    with running(UP) as (_process, ready, _took):
        port = control_port(ready)
        get(port, "/livez")
        took = []
        for _ in range(20):
            began = time.perf_counter()
            size = len(get(port, "/metrics"))
            took.append((time.perf_counter() - began) * 1000)
    rows = [("scrape of one world", ""), ("the first, ms", f"{took[0]:.0f}")]
    show("Metrics", [*rows, ("later, ms (median)", f"{statistics.median(took[1:]):.1f}"), ("octets", str(size))])


MEASURES: dict[str, Callable[[], None]] = {
    "wait": wait,
    "waiters": waiters,
    "stream": stream,
    "transcript": transcript,
    "scrape": scrape,
}

if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    for chosen in sys.argv[1:] or MEASURES:
        MEASURES[chosen]()
