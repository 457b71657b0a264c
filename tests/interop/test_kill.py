"""A farm with --data is killed at random moments while clients send mail: each acknowledged message is there, whole,
and only once.

HOMEPORT_TEST_KILLS sets the number of kills (5 by default); HOMEPORT_TEST_SEED repeats a run's moments and messages.
"""

import json
import mailbox
import os
import random
import re
import smtplib
import threading
import time
from urllib.request import Request, urlopen

import pytest
from tests.cli.conftest import Process
from tests.interop.conftest import KILLS

SEED = int(os.environ.get("HOMEPORT_TEST_SEED", "5321"))
SENDERS = 6
FORGOTTEN = 1000
"""Number of messages after which all are deleted, so that a long run stays fast."""
MAILBOXES = [f"{name}@homeport.test" for name in ("alice", "bob", "carol", "dave", "nobody.yet")]
TOKEN = re.compile(rb"^X-Token: (\S+)\r\n", re.MULTILINE)
STORED = re.compile(rb"stored as (m\d+)")


def content(token: str) -> bytes:
    """Return the message of a token: mostly small, some of 300 KiB, all different."""
    chance = random.Random(token)
    size = chance.choice([0, 40, 700, 5000, 5000, 20_000, 150_000])
    text = chance.randbytes(size).hex().encode()
    lines = [text[at : at + 76] for at in range(0, len(text), 76)]
    head = f"From: a@client.example\r\nX-Token: {token}\r\nSubject: {token}\r\n\r\n.\r\n"
    return head.encode() + b"".join(line + b"\r\n" for line in lines)


def recipients(token: str) -> list[str]:
    """Return the recipients of a token's message."""
    return random.Random(f"to {token}").sample(MAILBOXES, 1 + random.Random(token).randrange(3))


class Sender(threading.Thread):
    """Sends messages over one session after another until the server is gone."""

    def __init__(self, port: int, name: str, answered: threading.Semaphore) -> None:
        super().__init__(name=name)
        self.answered = answered
        self.port = port
        self.acknowledged: dict[str, str] = {}
        """Tokens by the identifier in the 250 reply."""
        self.begun: set[str] = set()
        self.surprises: list[str] = []
        self.start()

    def run(self) -> None:
        try:
            while True:
                with smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example", timeout=20) as client:
                    for _ in range(5):
                        self.send(client)
        except (smtplib.SMTPServerDisconnected, OSError):
            pass  # the farm was killed

    def send(self, client: smtplib.SMTP) -> None:
        token = f"{self.name}-{len(self.begun)}"
        self.begun.add(token)
        client.ehlo_or_helo_if_needed()
        client.mail("a@client.example")
        for recipient in recipients(token):
            client.rcpt(recipient)
        code, text = client.data(content(token))
        if code == 250 and (match := STORED.search(text)):
            self.acknowledged[token] = match[1].decode()
        elif code != -1:
            self.surprises.append(f"{code} {text!r}")
        self.answered.release()


class Kept:
    """The expected messages: every acknowledged token under its identifier; unacknowledged ones may exist."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.acknowledged: dict[str, str] = {}
        self.begun: set[str] = set()

    def add(self, senders: list[Sender]) -> None:
        for sender in senders:
            assert sender.surprises == []
            self.acknowledged |= sender.acknowledged
            self.begun |= sender.begun

    def check_messages(self, control: str) -> None:
        """Check over the API: each message once, as it was sent, under the acknowledged identifier."""
        base = f"{control}/api/v1/worlds/default/smtp/messages"
        page = json.load(urlopen(f"{base}?limit=10000"))
        assert page["next"] is None
        identifiers = [item["id"] for item in page["items"]]
        assert len(set(identifiers)) == len(identifiers)
        found = {item["subject"]: item["id"] for item in page["items"]}
        assert len(found) == len(identifiers), "a message is there twice"
        assert self.acknowledged.items() <= found.items()
        assert found.keys() <= self.begun
        for token, identifier in found.items():
            assert urlopen(f"{base}/{identifier}/raw").read() == content(token)

    def check_folders(self) -> None:
        """Check on disk: Maildirs that Python can read, only whole messages, no temporary files."""
        delivered: dict[str, list[str]] = {}
        for path in self.folder.glob("*@*"):
            box = mailbox.Maildir(path, create=False)
            for key in box.iterkeys():
                octets = box.get_bytes(key)
                token = TOKEN.search(octets)[1].decode()
                assert octets.startswith(b"Return-Path: <a@client.example>\r\nReceived: from client.example (")
                assert octets.endswith(b"\r\n" + content(token))
                delivered.setdefault(token, []).append(path.name)
            assert not list((path / "tmp").iterdir())
        assert self.acknowledged.keys() <= delivered.keys()
        for token, mailboxes in delivered.items():
            assert sorted(mailboxes) == sorted(recipients(token))
        assert len(list((self.folder / "envelopes").iterdir())) == 2 * len(delivered)
        assert not list((self.folder / "tmp").iterdir())

    def forget(self, control: str) -> None:
        """Delete all messages; the next check would find leftovers."""
        urlopen(Request(f"{control}/api/v1/worlds/default/smtp/messages", method="DELETE")).read()
        self.acknowledged.clear()
        self.begun.clear()


@pytest.fixture
def start(start_to_kill):
    """Start the farm with its mail in tmp_path."""
    return lambda: start_to_kill("smtp")


def kill_under_load(process: Process, name: str, answers: int) -> list[Sender]:
    """Let clients send until they have N acknowledgements, kill the farm, and wait for the clients."""
    port = process.ready()["services"]["smtp"]["starttls"]["port"]
    answered = threading.Semaphore(0)
    senders = [Sender(port, f"{name}-{number}", answered) for number in range(SENDERS)]
    for _ in range(answers):
        assert answered.acquire(timeout=60)
    process.kill()
    for sender in senders:
        sender.join(30)
        assert not sender.is_alive()
    return senders


@pytest.mark.timeout(900)  # dozens of farms are started one after another
def test_what_got_its_250_survives_a_kill_at_any_moment(start, tmp_path, capsys):
    chance = random.Random(SEED)
    kept = Kept(tmp_path / "mail" / "default")
    kills = acknowledged = unanswered = 0
    begin = time.monotonic()
    while kills < KILLS:
        senders = kill_under_load(start(), str(kills), chance.randint(0, 100))
        kept.add(senders)
        acknowledged += sum(len(sender.acknowledged) for sender in senders)
        unanswered += sum(len(sender.begun) - len(sender.acknowledged) for sender in senders)
        kills += 1
        if chance.random() < 0.3:  # the recovery is killed, too, at its beginning or later
            process = start()
            time.sleep(chance.uniform(0.1, 0.6))
            process.kill()
            kills += 1
        process = start()
        control = process.ready()["control"]
        kept.check_messages(control)
        kept.check_folders()
        if len(kept.begun) > FORGOTTEN:
            kept.forget(control)
            kept.check_folders()
        process.end()
    took = time.monotonic() - begin
    assert acknowledged > KILLS
    if "HOMEPORT_TEST_KILLS" in os.environ:
        with capsys.disabled():
            print(f" [{kills} kills, {took:.0f} s: {acknowledged} messages acknowledged, {unanswered} not] ", end="")
