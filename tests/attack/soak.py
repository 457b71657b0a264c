"""Mixed load on every service of one farm, and what the farm becomes of it: memory, descriptors, threads, latency.

    python tests/attack/soak.py --seconds 600      (or: make soak SECONDS=600)

Each client repeats what clients do, and cleans up after itself, so that a farm which keeps nothing it need not keep
stays as it is. The farm is judged by growth: the medians of the last quarter against those of the second one
(the first warms up). Latency is printed for people and not judged, because the machine decides it. Exits 1 if a client
met an error or something grew.
"""

import argparse
import json
import os
import smtplib
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from ftplib import FTP
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from homeport.testing import Farm

SAMPLE_SECONDS = 0.25
JOURNAL = "2MiB"
"""Small enough to be full, and so of its final size, soon."""
MAX_GROWTH_BYTES = 16 << 20
MAX_GROWTH = 0.10
"""Of memory, beside MAX_GROWTH_BYTES: the larger of the two counts."""
MAX_DESCRIPTORS = 30
"""More than a farm had before: a client may open several."""
MAX_THREADS = 2


class Sample(NamedTuple):
    """The farm at one moment."""

    rss_bytes: int
    descriptors: int
    threads: int


def sample(pid: int) -> Sample:
    """Look at a process."""
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    return Sample(
        int(status["VmRSS"].split()[0]) << 10,
        len(list(Path(f"/proc/{pid}/fd").iterdir())),
        int(status["Threads"]),
    )


def echo(farm: Farm) -> None:
    """Twenty round trips on one connection."""
    with socket.create_connection(farm.echo.address, timeout=30) as client:
        for number in range(20):
            client.sendall(b"%05d" % number * 100)
            left = 500
            while left:
                left -= len(client.recv(left))


def datagrams(farm: Farm) -> None:
    """Ask the small services over UDP; lost datagrams are no error."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        for service in (farm.daytime, farm.time, farm.qotd):
            client.sendto(b"", service.udp.address)
            with suppress(TimeoutError):
                client.recv(2000)


def queries(farm: Farm) -> None:
    """Finger and Whois."""
    for service, question in ((farm.finger, b"alice\r\n"), (farm.whois, b"homeport.test\r\n")):
        with socket.create_connection(service.address, timeout=30) as client:
            client.sendall(question)
            while client.recv(65536):
                pass


def mail(farm: Farm) -> None:
    """Deliver five messages over TLS and in the clear, and delete them."""
    with smtplib.SMTP(*farm.smtp.starttls.address, timeout=30) as client:
        client.starttls(context=farm.ssl_context())
        for number in range(5):
            text = f"Subject: soak {number}\r\n\r\n" + "line\r\n" * 500
            client.sendmail("soak@client.test", ["bob@example.org"], text)
    farm.smtp.delete(to="bob@example.org")


def files(farm: Farm) -> None:
    """Store, list, fetch and delete a file."""
    name = f"soak-{threading.get_ident()}"
    with FTP(timeout=30) as client:
        client.connect(*farm.ftp.address)
        client.login("alice", "alice-pass")
        client.storbinary(f"STOR {name}", BytesIO(os.urandom(200_000)))
        client.nlst()
        client.retrbinary(f"RETR {name}", lambda _part: None)
        client.delete(name)


def frame(xml: str) -> bytes:
    """A data unit of EPP."""
    data = f'<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0">{xml}</epp>'.encode()
    return (len(data) + 4).to_bytes(4) + data


def registry(farm: Farm) -> None:
    """Log in, check a domain ten times, and log out."""
    login = farm.epp.user()
    checked = "urn:ietf:params:xml:ns:domain-1.0"
    orders = [
        f"<command><login><clID>{login.login}</clID><pw>{login.password}</pw><options><version>1.0</version>"
        f"<lang>en</lang></options><svcs><objURI>{checked}</objURI></svcs></login></command>",
        *[
            f'<command><check><domain:check xmlns:domain="{checked}"><domain:name>soak{number}.test</domain:name>'
            "</domain:check></check></command>"
            for number in range(10)
        ],
        "<command><logout/></command>",
    ]
    with (
        socket.create_connection(farm.epp.address, timeout=30) as plain,
        farm.ssl_context().wrap_socket(plain, server_hostname="localhost") as client,
        client.makefile("rb") as answers,
    ):
        for order in ["", *orders]:
            if order:
                client.sendall(frame(order))
            answer = answers.read(int.from_bytes(answers.read(4)) - 4)
            if order and b'code="1' not in answer:
                raise ValueError(answer.decode())


def observer(farm: Farm) -> None:
    """Look at everything over the API, as a person and a test do."""
    for path in ("events", "findings", "connections", "smtp/messages", "people"):
        farm.api.get(f"{farm.path}/{path}", **({"limit": 100} if path in ("events", "connections") else {}))
    farm.api.fetch("/metrics")
    farm.api.get("/readyz")
    farm.transcript(farm.connections()[-1]["id"])


def worlds(farm: Farm) -> None:
    """Make a world, use it, and close it."""
    with farm.world(["finger"]) as world, socket.create_connection(world.finger.address, timeout=30) as client:
        client.sendall(b"bob\r\n")
        client.recv(1000)


LOAD: dict[str, Callable[[Farm], None]] = {
    "echo": echo,
    "datagrams": datagrams,
    "queries": queries,
    "mail": mail,
    "files": files,
    "registry": registry,
    "observer": observer,
    "worlds": worlds,
}


class Client(threading.Thread):
    """Does one kind of work until it is told to stop; counts what succeeded and keeps the errors."""

    def __init__(self, name: str, work: Callable[[Farm], None], farm: Farm, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._farm, self._stop_event = work, farm, stop
        self.done = 0
        self.errors: list[str] = []
        self.start()

    def run(self) -> None:
        """Work; a pause between two rounds leaves some of the processor to the others."""
        while not self._stop_event.wait(0.01):
            try:
                self._work(self._farm)
                self.done += 1
            except Exception as error:
                self.errors.append(f"{self.name}: {type(error).__name__}: {error}")


def round_trip(farm: Farm) -> float:
    """Seconds of one exchange with Echo on a connection of its own."""
    begun = time.monotonic()
    with socket.create_connection(farm.echo.address, timeout=30) as client:
        client.sendall(b"x")
        client.recv(1)
    return time.monotonic() - begun


def growth(name: str, early: float, late: float, allowed: float) -> str:
    """Print how a figure has grown; return the complaint if it is more than allowed."""
    unit = 1 << 20 if name == "rss" else 1
    print(f"{name:<12} {early / unit:10.1f} -> {late / unit:10.1f}   (at most +{allowed / unit:.1f})")
    return f"{name} grew from {early / unit:.1f} to {late / unit:.1f}" if late - early > allowed else ""


def judge(samples: list[Sample], latencies: list[float], clients: list[Client]) -> list[str]:
    """Print the figures, and return what is wrong."""
    quarter = max(len(samples) // 4, 1)
    early, late = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
    complaints = [error for client in clients for error in client.errors]
    complaints += [f"{client.name} did nothing" for client in clients if not client.done]
    medians = [
        (statistics.median(column), statistics.median(other))
        for column, other in zip(zip(*early, strict=True), zip(*late, strict=True), strict=True)
    ]
    (rss, rss_late), (descriptors, descriptors_late), (threads, threads_late) = medians
    complaints.append(growth("rss", rss, rss_late, max(MAX_GROWTH_BYTES, rss * MAX_GROWTH)))
    complaints.append(growth("descriptors", descriptors, descriptors_late, MAX_DESCRIPTORS))
    complaints.append(growth("threads", threads, threads_late, MAX_THREADS))
    for name, some in (("early", latencies[: len(latencies) // 2]), ("late", latencies[len(latencies) // 2 :])):
        ordered = sorted(some) or [0.0]
        p99 = ordered[int(len(ordered) * 0.99)] if len(ordered) > 1 else ordered[0]
        print(f"echo {name:<7} p50 {statistics.median(ordered) * 1e3:8.2f} ms   p99 {p99 * 1e3:8.2f} ms")
    print("rounds       " + ", ".join(f"{client.name} {client.done}" for client in clients))
    return [complaint for complaint in complaints if complaint]


def soak(seconds: float) -> list[str]:
    """Load a farm for so long; return what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        config = {"farm": {"data": folder}, "journal": {"size": JOURNAL}}
        with Farm(config=config, mode="process") as farm:
            pid = json.loads(json.dumps(farm.ready))["pid"]
            stop = threading.Event()
            clients = [Client(name, work, farm, stop) for name, work in LOAD.items()]
            samples, latencies = [], []
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(SAMPLE_SECONDS)
                samples.append(sample(pid))
                latencies.append(round_trip(farm))
            stop.set()
            for client in clients:
                client.join(60)
            return judge(samples, latencies, clients)


def main() -> None:
    """Read the command line, and exit with 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600)
    complaints = soak(parser.parse_args().seconds)
    for complaint in dict.fromkeys(complaints):
        print(f"WRONG: {complaint}", file=sys.stderr)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
