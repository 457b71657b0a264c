"""Measures IMAP: `imap.py [push] [idle]`."""

import smtplib
import socket
import statistics
import sys
import time
from typing import Any

from measure import UP, memory, running, show

OPEN = [*UP, "--set", "imap.clear_passwords=true", "--set", "limits.connections=5000"]
MESSAGE = "Date: Wed, 14 Oct 2026 17:46:40 +0000\r\nFrom: a@client.test\r\nMessage-ID: <1@client.test>\r\n\r\nhello\r\n"
MESSAGES = 300
SESSIONS = 1000


class Idler:
    """A client that idles in INBOX."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", ready["services"]["imap"]["starttls"]["port"]))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read_to(b"\r\n")
        self.socket.sendall(b"a LOGIN alice alice-pass\r\nb SELECT INBOX\r\nc IDLE\r\n")
        self._read_to(b"+ idling\r\n")

    def _read_to(self, end: bytes) -> None:
        got = b""
        while not got.endswith(end):
            got += self.socket.recv(4096)

    def wait(self) -> None:
        """Wait until something is pushed."""
        self.socket.recv(4096)


def push() -> None:
    """Measure the time from SMTP's 250 to the EXISTS that an idle client gets, alone and with others that idle too."""
    rows = [("idle clients", "pushed after SMTP's 250, ms (median)", "99 %")]
    for others in (0, 100):
        with running(OPEN) as (_process, ready, _took):
            idlers = [Idler(ready) for _ in range(others + 1)]
            took = []
            with smtplib.SMTP("127.0.0.1", ready["services"]["smtp"]["plain"]["port"], "client.test") as smtp:
                smtp.ehlo()
                for _ in range(MESSAGES):
                    smtp.mail("a@client.test")
                    smtp.rcpt("alice@homeport.test")
                    smtp.data(MESSAGE)
                    began = time.perf_counter()
                    for idler in idlers:
                        idler.wait()
                    took.append((time.perf_counter() - began) * 1000)
            took.sort()
            rows.append((f"{others + 1}", f"{statistics.median(took):.2f}", f"{took[len(took) * 99 // 100]:.2f}"))
    show("Push to IDLE", rows)


def idle() -> None:
    """Measure the memory of sessions that idle in a mailbox, with their beginnings in the journal and without."""
    rows = [(f"{SESSIONS} sessions that idle", "KiB each")]
    for what, more in (("recorded", []), ("not recorded", ["--set", "journal.enabled=false"])):
        with running([*OPEN, *more]) as (process, ready, _took):
            first = Idler(ready)
            before = memory(process.pid)
            held = [Idler(ready) for _ in range(SESSIONS)]
            grown = memory(process.pid) - before
            rows.append((what, f"{grown / SESSIONS:.1f}"))
            for one in (first, *held):
                one.socket.close()
    show("Idle sessions", rows)


MEASURES = {"push": push, "idle": idle}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASURES:
        MEASURES[name]()
