"""Measures what syslog takes: `syslog.py [udp|tcp|journal|flood] ...`; without a name, everything.

    udp      messages over UDP at a rate that rises until some are lost: the rate, the processor time, and what was lost
    tcp      messages over one TCP connection, with counts and with line ends
    journal  the same over UDP with the journal off
    flood    memory of the farm while datagrams come faster than it can take them

Of rsyslogd and syslog-ng, those that are installed are measured beside the farm, writing to a file.
"""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

TICK = os.sysconf("SC_CLK_TCK")
RATES = (10_000, 20_000, 35_000, 50_000, 65_000, 80_000, 100_000, 120_000)
"""Messages a second."""
SECONDS = 2
TCP_MESSAGES = 300_000
MESSAGE = (
    b"<134>1 2026-10-14T17:46:40.123456Z web1.example.com shop 4711 ORDER - order 815 accepted, 3 items, 12.50 EUR"
)
RSYSLOG = """module(load="imudp") module(load="imtcp")
input(type="imudp" port="{port}") input(type="imtcp" port="{port}")
action(type="omfile" file="{folder}/out")
"""
SYSLOG_NG = """@version: 3.38
source s {{ udp(port({port})); tcp(port({port})); }};
destination d {{ file("{folder}/out"); }};
log {{ source(s); destination(d); }};
"""


class Farm:
    """A farm with syslog alone."""

    name = "homeport"

    def __init__(self, folder: Path, *settings: str) -> None:
        words = [sys.executable, "-m", "homeport", "up", "-q", "--ephemeral", "--services", "syslog"]
        words += [word for one in settings for word in ("--set", one)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=(folder / "log").open("w"))
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.control = ready["control"]
        self.port = ready["services"]["syslog"]["udp"]["port"]
        self.tcp_port = ready["services"]["syslog"]["tcp"]["port"]

    def received(self) -> int:
        """Return the number of messages received so far."""
        with urlopen(f"{self.control}/api/v1/worlds/default/syslog/messages?limit=1", timeout=60) as answer:
            return int(json.load(answer)["number"])


class Daemon:
    """Another server, which writes to a file."""

    def __init__(self, name: str, folder: Path, template: str, *command: str) -> None:
        self.name = name
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = self.tcp_port = probe.getsockname()[1]
        self.out = folder / "out"
        (folder / "conf").write_text(template.format(port=self.port, folder=folder))
        words = [word.format(folder=folder) for word in command]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)

    def received(self) -> int:
        """Return the number of messages written so far."""
        return self.out.read_bytes().count(b"\n") if self.out.exists() else 0


def processor_s(pid: int) -> float:
    """Return the processor time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / (1 << 20)


def send_at(port: int, rate: int, seconds: float) -> tuple[int, float]:
    """Send datagrams at a rate, 0 for as fast as it goes; return their number and the seconds that it took."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        begun = now = time.monotonic()
        sent = 0
        while now - begun < seconds:
            due = sent + 100 if not rate else int((now - begun) * rate)
            while sent < due:
                try:
                    client.send(MESSAGE)
                except OSError:
                    time.sleep(0.001)
                sent += 1
            if rate:
                time.sleep(0.0005)
            now = time.monotonic()
        return sent, now - begun


def settled(server: Farm | Daemon) -> int:
    """Return the number of messages once it does not rise any more."""
    before = -1
    while (now := server.received()) != before:
        before = now
        time.sleep(0.3)
    return now


def measure_udp(server: Farm | Daemon) -> None:
    """Print losses and processor time of datagrams at rising rates."""
    send_at(server.port, 1000, 1)
    for rate in RATES:
        received, used = settled(server), processor_s(server.process.pid)
        sent, took = send_at(server.port, rate, SECONDS)
        received, used = settled(server) - received, processor_s(server.process.pid) - used
        each = used / max(received, 1) * 1e6
        print(f"  {server.name:10} udp  {sent / took:9,.0f}/s sent, lost {sent - received:8,}, {each:5.1f} us each")


def measure_tcp(server: Farm | Daemon) -> None:
    """Print the rate of messages over one connection."""
    for framing, one in (("counts", b"%d %s" % (len(MESSAGE), MESSAGE)), ("lines", MESSAGE + b"\n")):
        received, used = settled(server), processor_s(server.process.pid)
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.tcp_port)) as client:
            for _ in range(TCP_MESSAGES // 1000):
                client.sendall(one * 1000)
        while server.received() - received < TCP_MESSAGES and time.monotonic() - begun < 60:
            time.sleep(0.01)
        took = time.monotonic() - begun
        received, used = settled(server) - received, processor_s(server.process.pid) - used
        lost = TCP_MESSAGES - received
        each = used / TCP_MESSAGES * 1e6
        print(f"  {server.name:10} tcp  {framing:7} {TCP_MESSAGES / took:9,.0f}/s, lost {lost}, {each:5.1f} us each")


def measure_flood(server: Farm) -> None:
    """Print the farm's memory before and after a flood."""
    before = resident_mib(server.process.pid)
    sent, took = send_at(server.port, 0, 5)
    received = settled(server)
    after = resident_mib(server.process.pid)
    print(f"  flood: {sent / took:,.0f}/s sent, {received / took:,.0f}/s taken, {before:.0f} -> {after:.0f} MiB")


def main(wanted: list[str]) -> None:
    """Run the measurements that were named."""
    folder = Path(tempfile.mkdtemp())
    servers: list[Farm | Daemon] = []
    try:
        farm = Farm(folder)
        servers.append(farm)
        rsyslogd, syslog_ng = shutil.which("rsyslogd"), shutil.which("syslog-ng")
        if rsyslogd and not {"journal", "flood"} & {*wanted}:
            place = folder / "rsyslog"
            place.mkdir()
            modules = os.environ.get("RSYSLOG_MODULES")
            more = ["-M", modules] if modules else []
            servers.append(
                Daemon("rsyslogd", place, RSYSLOG, rsyslogd, "-n", "-i", "NONE", "-f", "{folder}/conf", *more)
            )
        if syslog_ng and not {"journal", "flood"} & {*wanted}:
            place = folder / "syslog-ng"
            place.mkdir()
            words = ["-F", "--no-caps", "-f", "{folder}/conf", "-R", "{folder}/persist", "-p", "{folder}/pid"]
            servers.append(Daemon("syslog-ng", place, SYSLOG_NG, syslog_ng, *words, "-c", "{folder}/control"))
        for server in servers:
            if not wanted or "udp" in wanted:
                measure_udp(server)
            if not wanted or "tcp" in wanted:
                measure_tcp(server)
        if not wanted or "flood" in wanted:
            measure_flood(farm)
        if not wanted or "journal" in wanted:
            silent = Farm(folder, "journal.enabled=false")
            servers.append(silent)
            silent.name = "no journal"
            measure_udp(silent)
            measure_tcp(silent)
    finally:
        for server in servers:
            server.process.terminate()
            server.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
