"""Name servers of other authors as secondaries of a farm: BIND, NSD, Knot, each configured in a folder of its own."""

import os
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.tsigkeyring
import dns.zone

KEY = "hmac-sha256:homeport:aG9tZXBvcnQ6IHdlbGwga25vd24sIGZvciB0ZXN0cw=="
"""The key that a farm has by default, as `dig -y` takes it."""
SECRET = KEY.rpartition(":")[2]
RING = dns.tsigkeyring.from_text({"homeport.": ("hmac-sha256", SECRET)})
TRIES, PAUSE_S = 600, 0.05
NAMED = """
key homeport {{ algorithm hmac-sha256; secret "{secret}"; }};
options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;
  dnssec-validation no; pid-file none; session-keyfile none; empty-zones-enable no; notify no;
  allow-transfer {{ any; }}; max-records-per-type 0; max-types-per-name 0; }};
controls {{ }};
zone "{zone}" {{ type secondary; primaries {{ 127.0.0.1 port {primary} key homeport; }}; file "its.zone"; }};
"""
NSD = """
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  cookie-secret-file: ""
  server-count: 1
  verbosity: 2
remote-control:
  control-enable: no
key:
  name: homeport
  algorithm: hmac-sha256
  secret: "{secret}"
zone:
  name: {zone}
  zonefile: its.zone
  allow-notify: 127.0.0.1 homeport
  request-xfr: 127.0.0.1@{primary} homeport
  provide-xfr: 127.0.0.1 NOKEY
"""
KNOT = """
server:
  rundir: {folder}
  listen: 127.0.0.1@{port}
database:
  storage: {folder}
log:
  - target: stderr
    any: debug
key:
  - id: homeport
    algorithm: hmac-sha256
    secret: {secret}
remote:
  - id: farm
    address: 127.0.0.1@{primary}
    key: homeport
acl:
  - id: notified
    address: 127.0.0.1
    key: homeport
    action: notify
  - id: asked
    address: 127.0.0.1
    action: transfer
template:
  - id: default
    storage: {folder}
zone:
  - domain: {zone}
    master: farm
    acl: [notified, asked]
"""
KINDS = {
    "named": (NAMED, ("-g", "-c")),
    "nsd": (NSD, ("-d", "-c")),
    "knotd": (KNOT, ("-c",)),
}
"""Configuration and arguments by command."""


def free_port() -> int:
    """Return a port that is free for UDP and TCP at present."""
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        stream.bind(("127.0.0.1", 0))
        port: int = stream.getsockname()[1]
        datagram.bind(("127.0.0.1", port))
        return port


class Secondary:
    """One server that has been started."""

    def __init__(self, path: str, kind: str, folder: Path, port: int, primary: int, zone: str) -> None:
        text, arguments = KINDS[kind]
        folder.mkdir()
        file = folder / "its.conf"
        file.write_text(text.format(folder=folder, port=port, primary=primary, secret=SECRET, zone=zone))
        self.port = port
        self.zone = zone
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([path, *arguments, file], stdout=log, stderr=log, cwd=folder)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()
        self.process.wait()

    @property
    def serial(self) -> int:
        """The serial number of its zone; 0 without one."""
        query = dns.message.make_query(self.zone, "SOA")
        with suppress(OSError, dns.exception.DNSException):
            answer = dns.query.udp(query, "127.0.0.1", timeout=1, port=self.port).answer
            return int(answer[0][0].serial) if answer else 0
        return 0

    def wait_for(self, serial: int) -> None:
        """Wait until it has this serial number: it transfers and loads zones in its own time."""
        until(lambda: self.serial == serial, lambda: self.log.read_text(errors="replace"))

    def records(self) -> set[str]:
        """Return all its records as text, by a transfer out of it."""
        return records_of(self.port, self.zone)


def until(condition: Callable[[], object], explain: Callable[[], str]) -> None:
    """Wait for another program, for half a minute at most."""
    for _ in range(TRIES):
        if condition():
            return
        time.sleep(PAUSE_S)
    raise AssertionError(explain())


def records_of(port: int, zone: str, **more: object) -> set[str]:
    """Transfer a zone. Return its records as text."""
    found = dns.zone.Zone(zone)
    query = dns.message.make_query(zone, "AXFR")
    if more:
        query.use_tsig(RING)
    dns.query.inbound_xfr("127.0.0.1", found, query, port=port, timeout=20)
    return {f"{name} {one.ttl} {one.rdtype.name} {data}" for name, one in found.iterate_rdatasets() for data in one}


def environment() -> dict[str, str]:
    """Return the environment of a client."""
    return {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
