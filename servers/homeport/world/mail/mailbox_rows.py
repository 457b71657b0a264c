"""The rows in which mailboxes are stored, and the whole state of mailboxes as such rows.

Kinds of rows and their keys: `account` (login), `mailbox` (identifier), `entry` and `expunged` (identifier of the
mailbox, `/`, UID), `gone` (login, `/`, content: a delivery that the person has removed), `annotation` (login or
nothing, `/`, identifier of the mailbox or nothing, name), `counter` (name).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from homeport.world.mail.mailbox import Entry, Mailbox, MailboxRow
from homeport.world.row_store import Key


class AccountRow(msgspec.Struct, frozen=True):
    """The stored fields of an account, without its mailboxes."""

    subscriptions: list[str] = []
    retired: dict[str, int] = {}
    """The last UIDVALIDITY of names of deleted mailboxes."""
    retired_floor: int = 0
    """At least the last UIDVALIDITY of any other name."""
    taken: int = 0
    """The messages up to that serial number are delivered to INBOX, as far as they are for this person."""


TYPES: Mapping[str, Any] = {
    "account": AccountRow,
    "mailbox": MailboxRow,
    "entry": Entry,
    "expunged": int,
    "gone": int,
    "annotation": bytes,
    "counter": int,
}
"""The type of each kind of row."""


class MailboxTable:
    """A state of all mailboxes, row by row."""

    def __init__(self) -> None:
        self.accounts: dict[str, AccountRow] = {}
        self.mailboxes: dict[str, MailboxRow] = {}
        self.annotations: dict[str, bytes] = {}
        self.counters: dict[str, int] = {}
        self._plain: dict[str, dict[str, Any]] = {
            "account": self.accounts,
            "mailbox": self.mailboxes,
            "annotation": self.annotations,
            "counter": self.counters,
        }
        self._entries: dict[str, dict[int, Entry]] = {}
        self._expunged: dict[str, dict[int, int]] = {}
        self._gone: dict[str, set[str]] = {}

    def apply(self, rows: Iterable[tuple[Key, Any]]) -> None:
        """Change rows; None removes one."""
        for (kind, key), value in rows:
            match kind:
                case "entry":
                    _put(self._entries, key, value)
                case "expunged":
                    _put(self._expunged, key, value)
                case "gone":
                    login, _slash, content = key.partition("/")
                    gone = self._gone.setdefault(login, set())
                    (gone.discard if value is None else gone.add)(content)
                case _:
                    rows_of = self._plain[kind]
                    if value is None:
                        rows_of.pop(key, None)
                    else:
                        rows_of[key] = value

    def add_mailbox(self, mailbox: Mailbox) -> None:
        """Add the rows of a mailbox as it is."""
        identifier = mailbox.identifier
        self.mailboxes[identifier] = mailbox.row()
        self._entries[identifier] = {entry.uid: entry for entry in mailbox.entries}
        self._expunged[identifier] = {uid: modseq for modseq, uid in mailbox.expunged}

    def add_account(self, login: str, row: AccountRow, gone: Iterable[str]) -> None:
        """Add the rows of an account as it is, without its mailboxes."""
        self.accounts[login] = row
        self._gone[login] = {*gone}

    def restore(self, mailbox: Mailbox) -> None:
        """Bring a mailbox into the state of its rows."""
        identifier = mailbox.identifier
        expunged = ((modseq, uid) for uid, modseq in self._expunged.get(identifier, {}).items())
        mailbox.restore(self.mailboxes[identifier], self._entries.get(identifier, {}).values(), expunged)

    def gone(self, login: str) -> set[str]:
        """Return the contents of deliveries that a person has removed."""
        return self._gone.get(login, set())


def _put(rows: dict[str, dict[int, Any]], key: str, value: Any) -> None:
    identifier, _slash, uid = key.partition("/")
    of_mailbox = rows.setdefault(identifier, {})
    if value is None:
        of_mailbox.pop(int(uid), None)
    else:
        of_mailbox[int(uid)] = value
