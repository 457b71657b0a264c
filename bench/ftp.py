"""Measures FTP beyond the general comparisons: `ftp.py [idle] [tls] [small]`, all of them by default.

`tls` includes pyftpdlib if PYFTPDLIB names a Python that has it (with pyOpenSSL).
"""

import ftplib
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import UP, memory, processor_seconds, running, show

SESSIONS = 500
SIZE = 64 << 20
ROUNDS = 7
FILES = 2000
PEER = """
import logging, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer
logging.basicConfig(level=logging.ERROR)
TLS_FTPHandler.authorizer = DummyAuthorizer()
TLS_FTPHandler.authorizer.add_user("alice", "alice-pass", sys.argv[1], perm="elradfmwMT")
TLS_FTPHandler.certfile = sys.argv[2]
server = FTPServer(("127.0.0.1", 0), TLS_FTPHandler)
print('{"port": %d}' % server.address[1], flush=True)
server.serve_forever()
"""


class Client(ftplib.FTP_TLS):
    """ftplib's client, which sends close_notify at the end of a store, and verifies no certificate."""

    def __init__(self, port: int) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(context=context, timeout=60)
        self.connect("127.0.0.1", port)
        self.login("alice", "alice-pass")
        self.prot_p()
        self.voidcmd("TYPE I")


@contextmanager
def served(folder: str) -> Iterator[tuple[int, int]]:
    """Homeport on a folder: its process and port."""
    with running([*UP, "--set", f"ftp.root={folder}"]) as (process, ready, _took):
        yield process.pid, ready["services"]["ftp"]["tcp"]["port"]


@contextmanager
def peer_served(folder: str, certificate: str) -> Iterator[tuple[int, int]]:
    """pyftpdlib on the same folder."""
    command = [os.environ["PYFTPDLIB"], "-c", PEER, folder, certificate]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        yield process.pid, json.loads(process.stdout.readline())["port"]
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def write_certificate(path: Path) -> None:
    """Write a certificate and its key to one file, of the same kind as ours."""
    import trustme

    leaf = trustme.CA().issue_cert("localhost")
    path.write_bytes(leaf.private_key_and_cert_chain_pem.bytes())


def download(client: Client) -> None:
    client.retrbinary("RETR big.bin", lambda _data: None, blocksize=256 << 10)


def upload(client: Client) -> None:
    piece = bytes(256 << 10)
    with client.transfercmd("STOR in.bin") as data:
        for _ in range(SIZE // len(piece)):
            data.sendall(piece)
        data.unwrap()
    client.voidresp()


def tls() -> None:
    """Measure transfers under TLS, alternating: megabytes per second, and the server's processor time for one."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        (Path(folder) / "big.bin").write_bytes(os.urandom(1 << 20) * (SIZE >> 20))
        certificate = Path(folder) / "server.pem"
        write_certificate(certificate)
        with served(folder) as ours:
            if "PYFTPDLIB" not in os.environ:
                compare({"homeport": ours})
                return
            with peer_served(folder, str(certificate)) as theirs:
                compare({"homeport": ours, "pyftpdlib": theirs})


def compare(servers: dict[str, tuple[int, int]]) -> None:
    """Compare both servers in both directions, alternating."""
    for pid, _port in servers.values():
        os.sched_setaffinity(pid, {0})
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {0})
    os.sched_setaffinity(0, {1})
    clients = {name: Client(port) for name, (_pid, port) in servers.items()}
    rows = [("under TLS", "server", "MB/s", "min - max", "server ms/MB")]
    for what, move in (("download", download), ("upload", upload)):
        rates: dict[str, list[float]] = {name: [] for name in servers}
        spent: dict[str, list[float]] = {name: [] for name in servers}
        for turn in range(ROUNDS + 1):
            for name, (pid, _port) in servers.items():
                before, began = processor_seconds(pid), time.perf_counter()
                move(clients[name])
                if turn:
                    rates[name].append(SIZE / (time.perf_counter() - began) / 1e6)
                    spent[name].append((processor_seconds(pid) - before) / SIZE * 1e9)
        for name, values in rates.items():
            middle, cost = statistics.median(values), statistics.mean(spent[name])
            rows.append((what, name, f"{middle:.0f}", f"{min(values):.0f} - {max(values):.0f}", f"{cost:.2f}"))
    for client in clients.values():
        client.quit()
    show("Transfers under TLS", rows)


def talk(control: socket.socket, said: str) -> bytes:
    control.sendall(said.encode() + b"\r\n")
    return control.recv(4096)


def log_in(port: int) -> socket.socket:
    control = socket.create_connection(("127.0.0.1", port))
    control.recv(4096)
    talk(control, "USER alice")
    assert talk(control, "PASS alice-pass").startswith(b"230")
    return control


def idle() -> None:
    """Measure memory of idle logged-in sessions, and of those that have transferred a file."""
    rows = [(f"{SESSIONS} sessions", "MiB together", "KiB each")]
    for what in ("logged in", "after a listing each"):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, served(folder) as (pid, port):
            limits = log_in(port)
            before = memory(pid)
            held = []
            for _ in range(SESSIONS):
                control = log_in(port)
                held.append(control)
                if what != "logged in":
                    list_once(control)
            grown = memory(pid) - before
            rows.append((what, f"{grown / 1024:.1f}", f"{grown / SESSIONS:.1f}"))
            for control in (limits, *held):
                control.close()
    show("Idle sessions", rows)


def list_once(control: socket.socket) -> None:
    numbers = talk(control, "PASV").decode().split("(")[1].split(")")[0].split(",")
    with socket.create_connection(("127.0.0.1", int(numbers[4]) * 256 + int(numbers[5]))) as data:
        control.sendall(b"LIST\r\n")
        while data.recv(65536):
            pass
    said = b""
    while b"226" not in said:
        said += control.recv(4096)


def small() -> None:
    """Measure server processor time for a file of 1 KiB, one session."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, served(folder) as (pid, port):
        (Path(folder) / "small.bin").write_bytes(bytes(1024))
        client = ftplib.FTP()
        client.connect("127.0.0.1", port)
        client.login("alice", "alice-pass")
        client.voidcmd("TYPE I")
        before = processor_seconds(pid)
        for _ in range(FILES):
            client.retrbinary("RETR small.bin", lambda _data: None)
        cost = (processor_seconds(pid) - before) / FILES
        client.quit()
    show("Small files", [("what", "server us"), ("1 KiB with PASV and RETR", f"{cost * 1e6:.0f}")])


MEASURES: dict[str, Callable[[], None]] = {"idle": idle, "tls": tls, "small": small}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MEASURES:
        MEASURES[chosen]()
