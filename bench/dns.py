"""Measures authoritative DNS servers on this machine beside one another, by dnsperf: `dns.py [SERVER...]`.

Each serves the same zone of 1,000 names from a free port of loopback: Homeport, and of nsd, knotd, named, dnsmasq,
twisted.names and dnslib those that are installed. Rounds alternate. Prints the best round of each: answers per second
of the server's processor time, and per second. Lost questions are shown, because they make a figure worthless.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

NAMES = 1000
ROUNDS = 5
SECONDS = 3
ZONE = "example.test"
TICK = os.sysconf("SC_CLK_TCK")
NSD = """server:
  ip-address: 127.0.0.1@{port}
  zonesdir: {folder}
  database: ""
  pidfile: {folder}/nsd.pid
  xfrdfile: {folder}/xfrd
  username: ""
  server-count: 1
  hide-version: yes
zone:
  name: example.test
  zonefile: {zone}
"""
KNOT = """server:
  listen: 127.0.0.1@{port}
  rundir: {folder}
  udp-workers: 1
  tcp-workers: 1
database:
  storage: {folder}
zone:
  - domain: example.test
    file: {zone}
"""
NAMED = """options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; pid-file none; session-keyfile none; }};
controls {{ }};
zone "example.test" {{ type primary; file "{zone}"; }};
"""
TWISTED = """zone = [SOA("example.test", mname="ns.example.test", rname="h.example.test", serial=1, refresh="1H",
  retry="1H", expire="1H", minimum="1H")] + [A(f"n{{i}}.example.test", "192.0.2.1", ttl="1H") for i in range(1000)]
"""
DNSLIB = """
import sys
from dnslib import RR, A
from dnslib.server import BaseResolver, DNSLogger, DNSServer
quiet = DNSLogger("-truncated,-error,-request,-reply,-send,-recv")
class Names(BaseResolver):
    def resolve(self, request, handler):
        reply = request.reply()
        reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A("192.0.2.1"), ttl=3600))
        return reply
DNSServer(Names(), port=int(sys.argv[1]), address="127.0.0.1", logger=quiet).start()
"""


def free_port() -> int:
    """Return a port that is free for UDP and TCP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def written(path: Path, text: str) -> Path:
    """Write a file and return its path."""
    path.write_text(text)
    return path


def start_homeport(folder: Path, _zone: Path, port: int) -> list[str]:
    """Return the command of a farm with the zone."""
    settings = [f"{key} = {port if key == 'port' else 0}" for key in ("port", "tls_port", "https_port")]
    zone = f'[[dns.zone]]\nname = "{ZONE}"\nfile = "{folder}/zone"\n'
    config = "[control]\nport = 0\n[limits]\nexempt = ['127.0.0.0/8']\n[dns]\n" + "\n".join(settings) + f"\n{zone}"
    path = written(folder / "homeport.toml", config)
    return [sys.executable, "-m", "homeport", "up", "-q", "-c", str(path), "--services", "dns"]


def with_file(template: str, *command: str) -> Callable[[Path, Path, int], list[str]]:
    """Return a function that writes a configuration and returns the command; `{}` in it is the file."""

    def start(folder: Path, zone: Path, port: int) -> list[str]:
        text = template.format(folder=folder, zone=zone, port=port) if "{port}" in template else template
        path = written(folder / f"{command[0]}.conf", text)
        return [word.format(path, port=port, folder=folder) for word in command]

    return start


def start_dnsmasq(folder: Path, _zone: Path, port: int) -> list[str]:
    """Return the command of dnsmasq, which has no zones but names."""
    hosts = written(folder / "hosts", "".join(f"192.0.2.1 n{number}.{ZONE}\n" for number in range(NAMES)))
    words = ["dnsmasq", "-d", "-C", "/dev/null", "-h", "-R", "--local-ttl=3600", f"--addn-hosts={hosts}"]
    return [*words, f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root"]


SERVERS: dict[str, Callable[[Path, Path, int], list[str]]] = {
    "homeport": start_homeport,
    "nsd": with_file(NSD, "nsd", "-d", "-c", "{}"),
    "knotd": with_file(KNOT, "knotd", "-c", "{}"),
    "named": with_file(NAMED, "named", "-g", "-n", "1", "-c", "{}"),
    "dnsmasq": start_dnsmasq,
    "twisted.names": with_file(TWISTED, sys.executable, "-m", "twisted", "dns", "-p", "{port}", "--pyzone", "{}"),
    "dnslib": with_file(DNSLIB, sys.executable, "{}", "{port}"),
}


def processor_s(pid: int) -> float:
    """Return the processor time of a process and those that it has started, in seconds."""
    processes = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        processes[int(entry.parent.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    family = {pid}
    while more := {one for one, (parent, _ticks) in processes.items() if parent in family} - family:
        family |= more
    return sum(processes[one][1] for one in family if one in processes) / TICK


def ask(port: int, questions: Path, seconds: int) -> tuple[int, int, float]:
    """Run dnsperf; return the number of answers, of lost questions, and the answers per second."""
    where = ["-s", "127.0.0.1", "-p", str(port), "-d", str(questions)]
    words = ["dnsperf", *where, "-l", str(seconds), "-c", "4", "-q", "200"]
    report = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = {key: re.search(rf"{key}:\s+([\d.]+)", report) for key in ("completed", "lost", "Queries per second")}
    done, lost, rate = (float(one[1]) if one else 0.0 for one in found.values())
    return int(done), int(lost), rate


def main(wanted: list[str]) -> None:
    """Measure the servers that were named, or all that are installed."""
    folder = Path(tempfile.mkdtemp())
    head = f"@ 3600 IN SOA ns.{ZONE}. h.{ZONE}. 1 3600 600 86400 300\n@ 3600 IN NS ns\nns 3600 IN A 192.0.2.53\n"
    names = "".join(f"n{number} 3600 IN A 192.0.2.1\n" for number in range(NAMES))
    zone = written(folder / "zone", f"$ORIGIN {ZONE}.\n{head}{names}")
    questions = written(folder / "questions", "".join(f"n{number}.{ZONE} A\n" for number in range(NAMES)))
    running = {}
    try:
        for name in wanted or SERVERS:
            place = folder / name
            place.mkdir()
            shutil.copy(zone, place / "zone")
            port = free_port()
            command = SERVERS[name](place, place / "zone", port)
            if shutil.which(command[0]) is None:
                continue
            log = (place / "log").open("w")
            running[name] = (port, subprocess.Popen(command, stdout=log, stderr=log, cwd=place))
        time.sleep(2)
        results: dict[str, list[tuple[float, float, int]]] = {name: [] for name in running}
        for number in range(ROUNDS + 1):
            for name, (port, process) in running.items():
                before = processor_s(process.pid)
                done, lost, rate = ask(port, questions, SECONDS if number else 1)
                if number:  # the first one warms up
                    results[name].append((done / max(processor_s(process.pid) - before, 1 / TICK), rate, lost))
        for name, rounds in results.items():
            per_processor, rate, lost = max(rounds)
            print(f"{name:14} {per_processor:9,.0f} a processor second, {rate:9,.0f} a second, {lost} lost")
    finally:
        for _port, process in running.values():
            process.terminate()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
