"""Shared by the tests of IMAP clients: the mail of a farm, filled and inspected without IMAP."""

import smtplib
import ssl
from collections.abc import Iterable

import msgspec
from tests.interop.smtp_post import LETTER

from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import Plan
from homeport.services.imap import SERVICE
from homeport.world.faults import Fault

MULTIPART = (
    b"From: Bob <bob@homeport.test>\r\nTo: alice@homeport.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Wed, 14 Oct 2026 20:00:00 +0000\r\nMessage-ID: <parts@homeport.test>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"hello\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nYSxi\r\n--b--\r\n"
)
"""A message with an encoded subject, a text, and an attachment `a.csv` of `a,b`."""


class ImapMail:
    """The mailboxes of a farm with IMAP and SMTP; alice's password is alice-pass."""

    def __init__(self, farm) -> None:
        self.farm = farm
        self.ca = farm.farm.certificates.ca_file
        self.starttls, self.tls = farm.port("imap", "starttls"), farm.port("imap", "tls")

    def context(self) -> ssl.SSLContext:
        """Return settings of TLS that trust the farm."""
        return ssl.create_default_context(cafile=self.ca)

    def deliver(self, *messages: bytes) -> None:
        """Deliver messages to alice by SMTP; a letter by default."""
        with smtplib.SMTP("127.0.0.1", self.farm.port("smtp", "starttls"), "client.example", timeout=20) as client:
            for message in messages or (LETTER,):
                client.sendmail("bob@homeport.test", ["alice@homeport.test"], message)

    def add(self, name: str, messages: Iterable[bytes], flags: Iterable[str] = ()) -> None:
        """Append messages to a mailbox of alice's."""

        def append() -> None:
            account = self.farm.world.mailboxes.account("alice")
            for message in messages:
                body = account.begin(len(message))
                body.write(message)
                account.append(account.find(name), body, flags)

        self.farm.call(append)

    def plan(self, verb: str | None = None, times: int = 1, **do: object) -> Fault:
        """Plan a fault, as the API does."""
        match = {} if verb is None else {"verb": verb}
        plan = msgspec.convert({"service": "imap", "match": match, "do": do, "times": times}, Plan)
        validate_plan(plan, {"imap": SERVICE})
        return self.farm.call(self.farm.world.faults.add, plan)

    def change(self, name: str, uids: Iterable[int], flags: Iterable[str]) -> None:
        """Add flags to messages of a mailbox of alice's."""
        account = self.farm.world.mailboxes.account("alice")
        self.farm.call(account.store, self._mailbox(name), uids, "add", flags)

    def expunge(self, name: str, uids: Iterable[int]) -> None:
        """Remove messages from a mailbox of alice's."""
        self.farm.call(self.farm.world.mailboxes.account("alice").expunge, self._mailbox(name), uids)

    def flags(self, name: str = "INBOX") -> list[set[str]]:
        """Return the flags of each message of a mailbox of alice's."""
        return self.farm.call(lambda: [set(entry.flags) for entry in self._mailbox(name).entries])

    def bodies(self, name: str = "INBOX") -> list[bytes]:
        """Return each message of a mailbox of alice's."""

        def read() -> list[bytes]:
            mailbox = self._mailbox(name)
            return [self.farm.world.mailboxes.read(mailbox, entry) for entry in mailbox.entries]

        return self.farm.call(read)

    def names(self) -> list[str]:
        """Return the names of alice's mailboxes that she did not have at first."""
        first = {"INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"}
        names = self.farm.call(lambda: self.farm.world.mailboxes.account("alice").names())
        return [name for name in names if name not in first]

    def logins(self) -> list[tuple[str, str]]:
        """Return mechanism and outcome of each authentication over IMAP."""
        return [(one["mechanism"], one["code"]) for one in self.farm.events("login")]

    def commands(self, verb: str) -> int:
        """Return the number of commands with this name."""
        return sum(one["verb"] == verb for one in self.farm.events("command"))

    def findings(self) -> set[str]:
        """Return the findings of IMAP, once every connection is closed."""
        opened = len(self.farm.events("opened"))
        self.farm.wait_for(lambda: self._closed() >= opened)
        counts = self.farm.call(lambda: dict(self.farm.world.findings.counts))
        return {name.removeprefix("imap.") for name in counts if name.startswith("imap.")}

    def _closed(self) -> int:
        return sum(event["type"] == "closed" for event in self.farm.world.journal.events(0))

    def _mailbox(self, name: str):
        return self.farm.world.mailboxes.account("alice").find(name)
