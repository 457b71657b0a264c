"""One story over the services of one world: what one of them is told, the others show."""

import ftplib
import io
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from conftest import RunningFarm, farm_config

SERVICES = ("gopher", "ftp", "tftp", "telnet", "users", "finger", "ntp", "time", "daytime")
NTP_EPOCH = 2_208_988_800
MOMENT = datetime(2030, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
def farm() -> Iterator[RunningFarm]:
    """Return a farm with the services of the story, in which TFTP may write new files."""
    running = RunningFarm(farm_config(*SERVICES, tftp={"write": "new"}))
    yield running
    running.stop()


def put_by_tftp(farm: RunningFarm, name: str, content: bytes) -> None:
    """Write a file of less than a block (RFC 1350 4): request, ACK 0, DATA 1, ACK 1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(60)
        client.sendto(b"\0\2" + name.encode() + b"\0octet\0", ("127.0.0.1", farm.port("tftp", "udp")))
        answer, transfer = client.recvfrom(1000)
        assert answer == b"\0\4\0\0", answer
        client.sendto(b"\0\3\0\1" + content, transfer)
        assert client.recv(1000) == b"\0\4\0\1"


@contextmanager
def telnet(farm: RunningFarm, login: str) -> Iterator["Terminal"]:
    """Log in by Telnet, with a client that refuses every option by silence."""
    with farm.connect("telnet") as client:
        client.settimeout(60)
        terminal = Terminal(client)
        terminal.until(b"login: ")
        terminal.say(login)
        terminal.until(b"Password: ")
        terminal.say(f"{login}-pass")
        terminal.until(b"$ ")
        yield terminal


class Terminal:
    """A terminal at a Telnet server."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.got = b""

    def until(self, wanted: bytes) -> bytes:
        """Read until a text comes; return all up to its end, without commands of Telnet."""
        while wanted not in self.got:
            piece = self.client.recv(4096)
            assert piece, f"the connection ended after {self.got!r}"
            self.got = re.sub(rb"\xff[\xfb-\xfe].", b"", self.got + piece)
        end = self.got.index(wanted) + len(wanted)
        seen, self.got = self.got[:end], self.got[end:]
        return seen

    def say(self, line: str) -> None:
        """Send a line (RFC 854)."""
        self.client.sendall(line.encode() + b"\r\n")

    def run(self, command: str) -> str:
        """Run a command of the shell; return what it prints, with its echo."""
        self.say(command)
        return self.until(b"$ ").decode()


def test_a_file_written_by_tftp_is_seen_over_ftp_and_gopher(farm):
    put_by_tftp(farm, "pub/manifest.txt", b"one barrel of pitch\n")
    with ftplib.FTP() as ftp:
        ftp.connect("127.0.0.1", farm.port("ftp"), timeout=60)
        ftp.login()
        got = io.BytesIO()
        ftp.retrbinary("RETR /pub/manifest.txt", got.write)
        ftp.quit()
    assert got.getvalue() == b"one barrel of pitch\n"
    assert b"0manifest.txt\t/files/pub/manifest.txt\t" in farm.exchange("gopher", b"/files/pub\r\n")
    assert farm.exchange("gopher", b"/files/pub/manifest.txt\r\n") == b"one barrel of pitch\r\n.\r\n"
    assert b"0manifest.txt\t" in farm.exchange("gopher", b"/search\tpitch\r\n")
    services = [event["service"] for event in farm.events("file") if event["path"].endswith("/manifest.txt")]
    assert services == ["tftp", "ftp", "gopher"]


def test_a_login_by_telnet_is_seen_in_users_finger_and_gopher_and_gone_at_its_end(farm):
    assert b"carol" not in farm.exchange("users")
    with telnet(farm, "carol"):
        assert b"carol\r\n" in farm.exchange("users")
        assert b"carol" in farm.exchange("finger", b"\r\n")
        assert b"carol        " in farm.exchange("gopher", b"/who\r\n")
        assert b"Present: on " in farm.exchange("gopher", b"/people/carol\r\n")
    farm.wait_for(lambda: [one for one in farm.world.journal.events(0) if one["type"] == "closed"
                           and one["service"] == "telnet"])  # fmt: skip
    assert b"carol" not in farm.exchange("users")
    assert b"carol" not in farm.exchange("gopher", b"/who\r\n")


def test_the_clock_is_the_same_over_ntp_time_daytime_and_telnets_date(farm):
    farm.call(farm.world.clock.freeze)
    farm.call(farm.world.clock.set, MOMENT.timestamp())
    seconds = int(MOMENT.timestamp()) + NTP_EPOCH
    answer = farm.udp("ntp", b"\x23" + bytes(47))
    assert answer is not None
    (transmitted,) = struct.unpack("!I", answer[40:44])
    assert abs(transmitted - seconds) <= 1
    assert int.from_bytes(farm.exchange("time")) == seconds % (1 << 32)
    assert b"2030" in farm.exchange("daytime")
    with telnet(farm, "bob") as terminal:
        printed = terminal.run("date")
    assert "Feb" in printed
    assert "04:05:06" in printed
    assert "2030" in printed
