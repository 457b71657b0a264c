"""Measures a mailbox of 10,000 messages over IMAP: `mailbox.py PORT USER PASSWORD`, of any IMAP server on this machine.

Fills the mailbox `Bench` if it is not there. Prints the best of five runs of each: login, SELECT and the headers of the
last 100 messages; flags of 1,000 messages; searches by flag, by subject and in texts.
"""

import socket
import sys
import time

ROUNDS = 5
MESSAGES = 10_000
MESSAGE = (
    b"Date: Wed, 14 Oct 2026 17:46:40 +0000\r\nFrom: Alice <a@client.test>\r\nTo: b@client.test\r\n"
    b"Subject: message %d\r\nMessage-ID: <%d@client.test>\r\n\r\n"
) + b"Fifty bytes of a text that a client never reads...\r\n" * 100
COMMANDS = {
    "flags of 1,000 set and removed": (
        b"STORE 1:1000 +FLAGS.SILENT (\\Flagged)",
        b"STORE 1:1000 -FLAGS.SILENT (\\Flagged)",
    ),
    "flags of 10,000 fetched": (b"FETCH 1:* (UID FLAGS)",),
    "search by flag": (b"SEARCH UNFLAGGED",),
    "search by subject": (b"SEARCH SUBJECT 777",),
    "search in 1,000 texts": (b"SEARCH 1:1000 BODY nothing",),
}


class Client:
    """A connection that is logged in."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        self._answers.readline()
        self.ask(b"LOGIN %s %s" % (user.encode(), password.encode()))

    def ask(self, command: bytes, tail: bytes = b"") -> bytes:
        """Send a command, read to its end, and return the last line."""
        self._socket.sendall(b"a " + command + tail + b"\r\n")
        while not (line := self._answers.readline()).startswith(b"a "):
            if line.endswith(b"}\r\n"):
                self._answers.read(int(line[line.rindex(b"{") + 1 : -3]))
        return line

    def close(self) -> None:
        """Close the connection."""
        self._answers.close()
        self._socket.close()


def fill(client: Client) -> None:
    """Fill the mailbox, unless it is there."""
    if client.ask(b"CREATE Bench").startswith(b"a OK"):
        for number in range(MESSAGES):
            content = MESSAGE % (number, number)
            answer = client.ask(b"APPEND Bench {%d+}\r\n" % len(content), content)
            assert answer.startswith(b"a OK"), answer


def measure(port: int, user: str, password: str) -> dict[str, float]:
    """Return the milliseconds of each measure."""
    took = {}
    begun = time.perf_counter()
    client = Client(port, user, password)
    client.ask(b"SELECT Bench")
    client.ask(b"FETCH %d:* BODY.PEEK[HEADER]" % (MESSAGES - 99))
    took["login, SELECT, 100 headers"] = time.perf_counter() - begun
    for name, commands in COMMANDS.items():
        begun = time.perf_counter()
        for command in commands:
            answer = client.ask(command)
            assert answer.startswith(b"a OK"), answer
        took[name] = time.perf_counter() - begun
    client.close()
    return {name: seconds * 1000 for name, seconds in took.items()}


if __name__ == "__main__":
    where = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    first = Client(*where)
    fill(first)
    first.close()
    rounds = [measure(*where) for _ in range(ROUNDS)]
    for name in rounds[0]:
        print(f"{name}: {min(one[name] for one in rounds):.1f} ms")
