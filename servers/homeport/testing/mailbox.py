"""IMAP and POP3 in tests: the addresses to read mail from, and people's mailboxes, to be filled and looked at."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from homeport.testing.api import segment
from homeport.testing.records import Event, Record
from homeport.testing.service import Listener, TlsService, in_thread, pages
from homeport.testing.waiting import TIMEOUT
from homeport.world.mail.uid_sets import select_uids

if TYPE_CHECKING:
    from homeport.testing.world import World


class MailAccess(TlsService):
    """A service that shows people's mailboxes."""

    @property
    def starttls(self) -> Listener:
        """The listener that begins in the clear; it accepts no password without TLS, unless configured."""
        return self.listener("starttls")

    @property
    def tls(self) -> Listener:
        """The listener for implicit TLS."""
        return self.listener("tls")

    def mailbox(self, login: str = "alice", name: str = "INBOX") -> "Mailbox":
        """Return a mailbox of a person: `imap.mailbox("alice").add(message)`. Names of levels: "Work/2026"."""
        return Mailbox(self.world, login, name)

    def mailboxes(self, login: str = "alice") -> list[Record]:
        """Return the mailboxes of a person, INBOX first, and the shared one, All, last: name, messages, unseen, ..."""
        return [Record(one) for one in self._api.get(f"{self.world.path}/mailboxes/{segment(login)}")["items"]]


class Imap(MailAccess):
    """IMAP; `address`, `port` and `url` are those of the listener `starttls`."""

    schemes: ClassVar = {"starttls": "imap", "tls": "imaps"}


class Pop3(MailAccess):
    """POP3; `address`, `port` and `url` are those of the listener `starttls`."""

    schemes: ClassVar = {"starttls": "pop3", "tls": "pop3s"}


class MailboxMessage:
    """A message in a mailbox. Its content is fetched on first use."""

    def __init__(self, mailbox: "Mailbox", fields: dict[str, Any]) -> None:
        self._mailbox = mailbox
        self.uid: int = fields["uid"]
        """Its UID, as IMAP shows it."""
        self.flags: set[str] = set(fields["flags"])
        """Its flags and keywords when it was fetched: `\\Seen`."""
        self.message: str = fields["message"]
        """Identifier of the captured message, for `smtp.find`; of an added one it begins with `a`."""
        self.size: int = fields["size"]
        """Size in bytes."""
        self.subject: str = fields["subject"]
        """The subject."""
        self.sender: str = fields["from"]
        """The header From."""
        self.internal_date: str = fields["internal_date"]
        """INTERNALDATE, RFC 3339."""

    @property
    def seen(self) -> bool:
        """True if it had \\Seen when it was fetched."""
        return "\\Seen" in self.flags

    @cached_property
    def raw(self) -> bytes:
        """The message as IMAP and POP3 return it."""
        return self._mailbox.world.api.fetch(f"{self._mailbox.path}/messages/{self.uid}/raw")

    def __repr__(self) -> str:
        return f"<MailboxMessage {self.uid} {self.subject!r} {' '.join(sorted(self.flags))}>"


class Mailbox:
    """A mailbox of a person. Every method sends a request."""

    def __init__(self, world: "World", login: str, name: str) -> None:
        self.world = world
        self.login = login
        self.name = name

    def __repr__(self) -> str:
        return f"<Mailbox {self.login} {self.name!r}>"

    def __len__(self) -> int:
        return int(self.state["messages"])

    def __bool__(self) -> bool:
        return True  # also if it is empty

    @property
    def path(self) -> str:
        """Its path in the API."""
        return f"{self.world.path}/mailboxes/{segment(self.login)}/{segment(self.name)}"

    @property
    def state(self) -> Record:
        """Its numbers: messages, unseen, uid_validity, uid_next, highest_modseq, ..."""
        return Record(self.world.api.get(self.path))

    @property
    def messages(self) -> list[MailboxMessage]:
        """All messages, by UID."""
        return self.find()

    def find(self, flag: str | None = None) -> list[MailboxMessage]:
        """Return the messages with a flag, or without it: `find("-\\Seen")`."""
        return [MailboxMessage(self, one) for one in pages(self.world.api, f"{self.path}/messages", flag=flag)]

    def add(
        self, *messages: "bytes | str | Path | EmailMessage", flags: Iterable[str] = (), date: str | None = None
    ) -> list[int]:
        """Add messages, and return their UIDs: bytes, texts, .eml or mbox files, or `EmailMessage`s. date: INTERNALDATE
        in RFC 3339."""
        __tracebackhide__ = True
        uids: list[int] = []
        for one in messages:
            answer = self.world.api.add(
                f"{self.path}/messages", _content(one), flags=" ".join(flags) or None, date=date
            )
            uids += answer["uids"]
        return uids

    def create(self, special_use: str = "") -> "Mailbox":
        """Create it, unless it exists."""
        self.world.api.send("PUT", self.path, {"special_use": special_use})
        return self

    def delete(self) -> None:
        """Delete it."""
        self.world.api.send("DELETE", self.path)

    def rename(self, to: str) -> "Mailbox":
        """Give it another name; return the mailbox of that name."""
        self.world.api.send("POST", f"{self.path}/rename", {"to": to})
        return Mailbox(self.world, self.login, to)

    def renew(self) -> int:
        """Raise its UIDVALIDITY, and return it: clients must forget the UIDs that they know."""
        return int(self.world.api.send("POST", f"{self.path}/renew")["uid_validity"])

    def flag(self, uids: "int | str | Sequence[int]", *flags: str, how: str = "add") -> list[int]:
        """Add flags to messages, or with `how` "remove" or "replace"; return the UIDs of those that changed."""
        body = {"uids": _uids(uids), "flags": list(flags), "how": how}
        return list(self.world.api.send("PATCH", f"{self.path}/messages", body)["uids"])

    def move(self, uids: "int | str | Sequence[int]", to: str) -> list[int]:
        """Move messages to another mailbox of the person; return their UIDs there."""
        body = {"uids": _uids(uids), "to": to}
        return list(self.world.api.send("POST", f"{self.path}/messages/move", body)["new_uids"])

    def expunge(self, uids: "int | str | Sequence[int]" = "1:*") -> list[int]:
        """Remove messages, all by default; captured messages stay. Return their UIDs."""
        from homeport.client.http import query_of

        query = query_of({"uids": _uids(uids)})
        return list(self.world.api.send("DELETE", f"{self.path}/messages", query=query)["uids"])

    def wait_for(self, what: str, *, timeout: float | timedelta = TIMEOUT, **fields: Any) -> Event:
        """Return the first event of this mailbox of a kind; wait for it if needed. Earlier events count.

        what: "flagged", "appended", "fetched", "copied", "moved", "expunged", "renamed", ... fields: such as
        `uids="3"`, `flags="+\\Seen"`.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.world.wait_for_event(
            "mailbox", what=what, login=self.login.lower(), mailbox=self.name, timeout=timeout, **fields
        )

    def wait_for_fetch(self, uid: int | None = None, *, items: str = "", timeout: float | timedelta = TIMEOUT) -> Event:
        """Return the first event of a client that read messages of this mailbox, by FETCH or RETR; wait for it if
        needed. Earlier events count.

        uid: of a message that was among them. items: what was read of them, or a part of that: "BODY[", "RETR".

        Raises: TimedOut.
        """
        __tracebackhide__ = True

        def good(event: Event) -> bool:
            return (uid is None or bool(select_uids(event.uids, [uid]))) and items.upper() in event["items"].upper()

        return self.wait_for("fetched", timeout=timeout, accept=good)

    async def wait_for_fetch_async(self, uid: int | None = None, **options: Any) -> Event:
        """`wait_for_fetch` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_fetch, uid, **options)

    async def wait_for_async(self, what: str, **options: Any) -> Event:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, what, **options)


def _content(message: "bytes | str | Path | EmailMessage") -> bytes:
    if isinstance(message, EmailMessage):
        from email.policy import SMTP

        return message.as_bytes(policy=message.policy + SMTP)
    if isinstance(message, Path):
        return message.read_bytes()
    return message.encode() if isinstance(message, str) else message


def _uids(uids: "int | str | Sequence[int]") -> str:
    if isinstance(uids, int):
        return str(uids)
    return uids if isinstance(uids, str) else ",".join(map(str, uids))
