"""Measures RETR of every message in a maildrop: `pop3.py PORT USER PASSWORD`, of any POP3 server on this machine.

Prints messages, bytes, and the best of five runs: seconds for the login, seconds for all RETRs, one after the other.
"""

import socket
import sys
import time

ROUNDS = 5


def measure(port: int, user: str, password: str) -> tuple[float, float, int, int]:
    """Read a maildrop; return the seconds of the login and of the messages, their number and their bytes."""
    with socket.create_connection(("127.0.0.1", port)) as client, client.makefile("rb") as answers:
        answers.readline()

        def ask(line: str) -> bytes:
            client.sendall(line.encode() + b"\r\n")
            answer = answers.readline()
            assert answer.startswith(b"+OK"), answer
            return answer

        begun = time.perf_counter()
        ask(f"USER {user}")
        ask(f"PASS {password}")
        count = int(ask("STAT").split()[1])
        logged_in = time.perf_counter()
        size = 0
        for number in range(1, count + 1):
            ask(f"RETR {number}")
            while (line := answers.readline()) != b".\r\n":
                size += len(line)
        ended = time.perf_counter()
        ask("QUIT")
    return ended - logged_in, logged_in - begun, count, size


if __name__ == "__main__":
    seconds, login, messages, octets = min(measure(int(sys.argv[1]), sys.argv[2], sys.argv[3]) for _ in range(ROUNDS))
    print(f"{messages} messages, {octets} bytes: login {login:.4f} s, RETR {seconds:.4f} s")
