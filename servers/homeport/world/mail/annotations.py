"""Annotations of mailboxes and of the server (RFC 5464): values by names such as `/private/comment`.

`/private/...` is one person's. `/shared/...` of a mailbox is its owner's; of the server, and of the shared mailbox, it
is common to all people, and has limits of its own.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from homeport.world.mail.mailbox import Mailbox
from homeport.world.mail.mailbox_problem import MailboxProblem

if TYPE_CHECKING:
    from homeport.world.mail.mailbox_changes import Change

MAX_VALUE_BYTES = 32 << 10
MAX_ANNOTATIONS = 1000
"""Annotations of one person."""
MAX_BYTES = 1 << 20
"""Bytes of one person's annotations, with their names."""
SHARED = "/shared/"
ACCESS = "/acl/"
"""Beginning of the names of rights, each before an identifier: the access control list (RFC 4314) is stored so."""
Place = tuple[str, str]
"""Login of the person whom it counts for, or nothing if it is common; identifier of the mailbox, or nothing."""
Key = tuple[str, str, str]
"""A place, and the name of an annotation."""


class Annotations:
    """All annotations of a world."""

    def __init__(self) -> None:
        self._places: dict[Place, dict[str, bytes]] = {}
        self._numbers: dict[str, int] = {}  # by login
        self._sizes: dict[str, int] = {}

    def read(self, login: str, mailbox: Mailbox | None) -> Mapping[str, bytes]:
        """Return the annotations of a mailbox as a person sees them. mailbox: None for the server."""
        mine = self._places.get(_place(login, mailbox, ""), {})
        common = self._places.get(_place(login, mailbox, SHARED), {})
        return mine if mine is common else {**mine, **common}

    def write(
        self, change: "Change", login: str, mailbox: Mailbox | None, values: Iterable[tuple[str, bytes | None]]
    ) -> None:
        """Set annotations; None removes one. `check` comes first."""
        for name, value in values:
            self._set(change, (*_place(login, mailbox, name), name), value)

    def check(self, login: str, mailbox: Mailbox | None, values: Iterable[tuple[str, bytes | None]]) -> None:
        """Check that annotations can be set. Raises: MailboxProblem."""
        numbers: dict[str, int] = {}
        sizes: dict[str, int] = {}
        for name, value in values:
            if value is not None and len(value) > MAX_VALUE_BYTES:
                raise MailboxProblem("annotation-size", f"an annotation has at most {MAX_VALUE_BYTES} bytes")
            place = _place(login, mailbox, name)
            before = self._places.get(place, {}).get(name)
            payer = place[0]
            numbers[payer] = numbers.get(payer, 0) + (value is not None) - (before is not None)
            sizes[payer] = sizes.get(payer, 0) + _size(name, value) - _size(name, before)
        for payer, more in numbers.items():
            if more > 0 and self._numbers.get(payer, 0) + more > MAX_ANNOTATIONS:
                raise MailboxProblem("annotations", f"a person has at most {MAX_ANNOTATIONS} annotations: remove some")
        for payer, more in sizes.items():
            if more > 0 and self._sizes.get(payer, 0) + more > MAX_BYTES:
                raise MailboxProblem("annotations", f"a person's annotations have at most {MAX_BYTES} bytes together")

    def copy(self, change: "Change", source: Mailbox, target: Mailbox, begin: str = "/") -> None:
        """Copy the annotations of a person's mailbox whose names begin like that, if there is room for them."""
        stored = self._places.get((source.owner, source.identifier), {})
        values = [(name, value) for name, value in stored.items() if name.startswith(begin)]
        try:
            self.check(source.owner, target, values)
        except MailboxProblem:
            return
        self.write(change, source.owner, target, values)

    def remove(self, change: "Change", mailbox: Mailbox) -> None:
        """Remove the annotations of a person's mailbox."""
        for name in [*self._places.get((mailbox.owner, mailbox.identifier), ())]:
            self._set(change, (mailbox.owner, mailbox.identifier, name), None)

    def rows(self) -> dict[str, bytes]:
        """Return all as rows of a store."""
        return {
            f"{login}/{identifier}{name}": value
            for (login, identifier), values in self._places.items()
            for name, value in values.items()
        }

    def load(self, rows: Mapping[str, bytes]) -> None:
        """Return to a stored state."""
        self.clear()
        for key, value in rows.items():
            login, identifier, name = key.split("/", 2)
            self._put((login, identifier, f"/{name}"), value)

    def clear(self) -> None:
        """Remove all."""
        self._places.clear()
        self._numbers.clear()
        self._sizes.clear()

    def _set(self, change: "Change", key: Key, value: bytes | None) -> None:
        before = self._put(key, value)
        if value != before:
            login, identifier, name = key
            change.put("annotation", f"{login}/{identifier}{name}", value, before)

    def _put(self, key: Key, value: bytes | None) -> bytes | None:
        """Set one in memory; return its value until now."""
        login, identifier, name = key
        values = self._places.setdefault((login, identifier), {})
        before = values.pop(name, None)
        if value is not None:
            values[name] = value
        if not values:
            del self._places[login, identifier]
        self._numbers[login] = self._numbers.get(login, 0) + (value is not None) - (before is not None)
        self._sizes[login] = self._sizes.get(login, 0) + _size(name, value) - _size(name, before)
        return before


def _place(login: str, mailbox: Mailbox | None, name: str) -> Place:
    if mailbox is None:
        return ("" if name.startswith(SHARED) else login), ""
    return (mailbox.owner if name.startswith(SHARED) else login), mailbox.identifier


def _size(name: str, value: bytes | None) -> int:
    return 0 if value is None else len(name) + len(value)
