"""Shared by the tests of POP3 clients: INBOX of alice with messages that reveal changes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.interop.smtp_post import LETTER

from homeport.world.world import World

ONE_LINE = b"Subject: one line\r\n\r\nx\r\n"
LATIN = b"Subject: =?iso-8859-1?q?gr=FCn?=\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ngr\xfcn\r\n"
LONG = b"Subject: long\r\n\r\n" + b".a line that begins with a dot\r\nand one that does not\r\n" * 10_000
LETTERS = (LETTER, ONE_LINE, LATIN, LONG)


class Maildrop:
    """INBOX of alice on a farm with POP3 alone."""

    def __init__(self, farm: Any) -> None:
        self.farm = farm
        self.port, self.tls = (farm.port("pop3", one) for one in ("starttls", "tls"))
        self.ca = farm.farm.certificates.ca_file
        self.has(*LETTERS)

    def has(self, *letters: bytes) -> None:
        """Append messages."""
        self._call(lambda world: _append(world, letters))

    def left(self) -> int:
        """Return the number of messages."""
        return self._call(lambda world: len(world.mailboxes.account("alice").inbox))

    def uids(self) -> list[str]:
        """Return the unique identifiers."""

        def look(world: World) -> list[str]:
            inbox = world.mailboxes.account("alice").inbox
            return [f"{inbox.uid_validity}.{entry.uid}" for entry in inbox.entries]

        return self._call(look)

    def findings(self) -> set[str]:
        """Return the findings, once every connection is closed."""
        opened = len(self.farm.events("opened"))
        self.farm.wait_for(
            lambda: sum(event["type"] == "closed" for event in self.farm.world.journal.events(0)) >= opened
        )
        return {name.removeprefix("pop3.") for name in self._call(lambda world: dict(world.findings.counts))}

    def commands(self) -> list[str]:
        """Return the commands that were sent, with their replies."""
        return [f"{one['verb']} {one['argument']}".rstrip() + f": {one['code']}" for one in self.farm.events("command")]

    def _call(self, function: Callable[[World], Any]) -> Any:
        return self.farm.call(lambda: function(self.farm.world))


def _append(world: World, letters: tuple[bytes, ...]) -> None:
    account = world.mailboxes.account("alice")
    for one in letters:
        draft = account.begin(len(one))
        draft.write(one)
        account.append(account.inbox, draft)


def with_lf(letter: bytes) -> bytes:
    """Return a message with the line ends that Unix programs write."""
    return letter.replace(b"\r\n", b"\n")


def in_maildir(folder: Path) -> list[bytes]:
    """Return the messages in a Maildir."""
    return sorted(file.read_bytes() for file in folder.glob("new/*"))
