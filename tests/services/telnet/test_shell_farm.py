"""The shell on a farm: presence that others show, files, mail, output without end."""

import re
import smtplib
import socket

import pytest
from tests.conftest import RunningFarm, farm_config

LETTER = (
    "From: bob@homeport.test\r\nTo: alice@homeport.test\r\nSubject: Tides {0}\r\n\r\nHigh water at noon. \x1b[2J\r\n"
)
COMMANDS = re.compile(rb"\xff[\xfb-\xfe].|\xff[\xf1-\xf9]", re.DOTALL)


@pytest.fixture(scope="module")
def running():
    farm = RunningFarm(farm_config("telnet", "users", "finger", "smtp", "ftp"))
    yield farm
    farm.stop()


class User:
    """A client that refuses every option, and so sees no echo."""

    def __init__(self, farm, login="alice"):
        self.socket = socket.create_connection(("127.0.0.1", farm.port("telnet")), timeout=10)
        self.buffer = b""
        self.until(b"login: ")
        self.ask(login, b"Password: ")
        self.ask(f"{login}-pass", b"$ ")

    def until(self, end):
        """Read up to the end of a prompt; return the text."""
        while not self.buffer.endswith(end):
            data = self.socket.recv(65536)
            assert data, self.buffer
            self.buffer = COMMANDS.sub(b"", self.buffer + data)
        text, self.buffer = self.buffer, b""
        return text.decode()

    def ask(self, line, end=b"$ "):
        self.socket.sendall(f"{line}\r\n".encode())
        return self.until(end)


def test_a_login_by_telnet_is_what_active_users_and_finger_show(running):
    assert b"carol" not in running.exchange("users")
    user = User(running, "carol")
    assert running.exchange("users").split() == [b"alice", b"bob", b"operator", b"carol"]
    shown = running.exchange("finger", b"carol\r\n").decode()
    assert re.search(r"On since .* on pts/1 from 127.0.0.1", shown)
    assert "pts/1" in user.ask("who am i")
    user.socket.sendall(b"exit\r\n")
    while user.socket.recv(65536):
        pass
    user.socket.close()
    running.wait_for(lambda: not running.world.presence.of("carol"))
    assert b"carol" not in running.exchange("users")


def test_a_connection_that_breaks_ends_the_presence(running):
    user = User(running, "dave")
    running.wait_for(lambda: running.world.presence.of("dave"))
    user.socket.close()
    running.wait_for(lambda: not running.world.presence.of("dave"))


def test_files_are_those_that_ftp_shows(running):
    user = User(running)
    assert "pub/" in user.ask("files /")
    name = re.search(r" (\S+\.txt)", user.ask("ls /pub"))[1]
    assert len(user.ask(f"cat /pub/{name}")) > 50
    assert "only bob may enter this home" in user.ask("ls /home/bob")
    assert "only bob may enter this home" in user.ask("cat /home/bob/x")
    assert "only bob may enter this home" in user.ask("cat ../../../home/bob/../bob/x")
    assert "is a directory" in user.ask("cat /pub")
    assert user.ask("cd /pub").endswith(":/pub$ ")
    assert "/pub" in user.ask("pwd")
    user.socket.close()


def test_mail_is_listed_read_and_deleted(running):
    with smtplib.SMTP("127.0.0.1", running.port("smtp", "plain"), "client.test") as client:
        for number in (1, 2):
            client.sendmail("bob@homeport.test", ["alice@homeport.test"], LETTER.format(number))
    user = User(running)
    shown = user.ask("mail", b"& ")
    assert ">N   1 bob@homeport.test" in shown
    assert "Tides 2" in shown
    letter = user.ask("1", b"& ")
    assert "High water at noon. \\x1b[2J" in letter
    assert user.ask("n", b"& ").count("Tides 2") == 1
    assert user.ask("delete 1", b"& ")
    assert "is deleted" in user.ask("1", b"& ")
    assert "there is no message 9" in user.ask("9", b"& ")
    assert "1 deleted, 1 left" in user.ask("quit")
    assert "Tides 2" in user.ask("mail", b"& ")
    user.ask("d", b"& ")
    user.ask("x")
    assert "1 messages" in user.ask("mail", b"& ")
    user.socket.close()


def test_endless_output_is_bounded_by_the_client_and_ends_by_ip(running):
    user = User(running, "bob")
    user.socket.sendall(b"stress\r\n")
    got = 0
    while got < 1_000_000:
        got += len(user.socket.recv(65536))
    other = User(running, "dave")
    assert "dave" in other.ask("whoami")
    user.socket.sendall(b"\xff\xf4\xff\xf2")
    tail = b""
    while not tail.endswith(b"$ "):
        tail = (tail + user.socket.recv(65536))[-100:]
    user.buffer = b""
    assert "bob" in user.ask("whoami")
    user.socket.close()
    other.socket.close()


def test_output_that_is_not_read_costs_others_nothing(running):
    stuck = [User(running, "bob") for _ in range(20)]
    for one in stuck:
        one.socket.sendall(b"stress\r\n")
    user = User(running, "carol")
    for _ in range(10):
        assert "carol" in user.ask("whoami")
    for one in (*stuck, user):
        one.socket.close()
    running.wait_for(lambda: not [one for one in running.world.presence if one.conn])


def test_a_script_gets_all_its_answers_after_a_half_close(running):
    answer = running.exchange("telnet", b"alice\r\nalice-pass\r\n" + b"whoami\r\n" * 300)
    assert answer.count(b"$ alice\r\n") == 300
    assert answer.endswith(b"logout\r\n")


def test_the_journal_masks_the_password_and_has_the_commands(running):
    running.exchange("telnet", b"dave\r\ndave-pass\r\ntty\r\n")
    commands = [event["argument"] for event in running.events("command") if event["service"] == "telnet"]
    assert "tty" in commands
    assert "dave-pass" not in str(running.events("in"))
    assert running.events("login")[-1]["code"] == "ok"
