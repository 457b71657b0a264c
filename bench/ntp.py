"""Measures NTP beside Echo over UDP, in one farm: `ntp.py [ROUNDS]`.

Two clients, a process each, keep 32 requests of 48 octets under way, for two seconds a round; rounds of NTP and Echo
alternate, so that what else this machine does affects both. Prints the best and the median of the rounds in
answers a second, the answers for each second of the farm's processor time, and the ratio of NTP to Echo.
"""

import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 2.0
WINDOW = 32
CLIENTS = 2
TICK = os.sysconf("SC_CLK_TCK")
REQUEST = b"\x23" + bytes(39)


def ask(port: int) -> int:
    """Ask for some seconds; return the number of answers."""
    answered = number = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.connect(("127.0.0.1", port))
        end = time.monotonic() + SECONDS
        under_way = 0
        while time.monotonic() < end:
            while under_way < WINDOW:
                number += 1
                client.send(REQUEST + (number << 20 | 1).to_bytes(8))
                under_way += 1
            try:
                client.recv(100)
            except TimeoutError:
                under_way = 0  # lost in a full queue
                continue
            answered += 1
            under_way -= 1
    return answered


def processor_s(pid: int) -> float:
    """Return the processor time of a process, in seconds."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def measure(port: int, pid: int) -> tuple[float, float]:
    """Return answers a second, and answers for each second of the farm's processor time."""
    before = processor_s(pid)
    words = [sys.executable, __file__, "ask", str(port)]
    clients = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(CLIENTS)]
    answers = sum(int(one.communicate()[0]) for one in clients)
    return answers / SECONDS, answers / (processor_s(pid) - before)


def main() -> None:
    """Measure, and print."""
    if sys.argv[1:2] == ["ask"]:
        print(ask(int(sys.argv[2])))
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    from homeport import Farm

    with Farm(["ntp", "echo"], mode="process") as farm:
        ports = {"ntp": farm.ntp.port, "echo": farm.echo.udp.port}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                found[name].append(measure(port, farm.ready["pid"]))
    middle = {}
    for name, each in found.items():
        rates, costs = zip(*each, strict=True)
        middle[name] = statistics.median(costs)
        print(
            f"{name}: best {max(rates):,.0f} answers/s, median {statistics.median(rates):,.0f};"
            f" {middle[name]:,.0f} for each second of its processor"
        )
    print(f"ntp to echo, by processor time: {middle['ntp'] / middle['echo']:.2f}")


if __name__ == "__main__":
    main()
