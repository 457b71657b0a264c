"""A transaction of the registry: what a command, an act of time or the API changes, all of it or nothing.

    changes = registry.begin()
    changes.put(msgspec.structs.replace(domain, updated=changes.now))
    changes.message("harbour", "domain.changed", DomainState(domain=domain), name=domain.name)
    registry.commit(changes)

Until the commit nobody but the transaction itself sees any of it. A transaction that is not committed leaves no trace.
"""

from typing import TYPE_CHECKING

import msgspec

from homeport.world.names import canonical_name
from homeport.world.registry.messages import About, Message
from homeport.world.registry.objects import (
    KINDS,
    Contact,
    Domain,
    Host,
    ObjectKind,
    PendingAction,
    Registrar,
    RegistryObject,
)

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry

Key = tuple[str, str]
"""A kind of row (that of an object, `pending`, `message`, `counter`) and what it knows the row by."""
Row = RegistryObject | PendingAction


def key_of(one: Row) -> Key:
    """What a row is known by."""
    if isinstance(one, PendingAction):
        return "pending", f"{one.kind} {one.name.lower()}"
    if isinstance(one, Domain | Host):
        return KINDS[type(one)], canonical_name(one.name) or one.name
    return KINDS[type(one)], one.id.lower()


class Changes:
    """One transaction. It is read like the registry, and shows what it has changed itself.

    now: when it happens, in whole seconds; an act of time happens when it is due.
    """

    def __init__(self, registry: "Registry", now: float) -> None:
        self.registry = registry
        self.now = now
        self.written: dict[Key, Row | None] = {}
        """What stands under each key afterwards; None: nothing."""
        self._hosts: dict[str, Row | None] = {}
        self.sent: list[Message] = []
        """The messages that it adds, their identifiers 0: they get them when it is committed."""
        self.acknowledged: list[Message] = []
        """The messages that it takes out."""

    # Reading: names in canonical form, as objects hold them

    def domain(self, name: str) -> Domain | None:
        """The domain of that canonical name."""
        key = ("domain", name)
        return self.written[key] if key in self.written else self.registry.domains.get(name)  # type: ignore[return-value]  # by its kind

    def host(self, name: str) -> Host | None:
        """The host of that canonical name."""
        key = ("host", name)
        return self.written[key] if key in self.written else self.registry.hosts.get(name)  # type: ignore[return-value]  # by its kind

    def contact(self, id: str) -> Contact | None:  # noqa: A002 - the field's name
        """The contact of that identifier, in any case."""
        key = ("contact", id.lower())
        return self.written[key] if key in self.written else self.registry.contacts.get(key[1])  # type: ignore[return-value]  # by its kind

    def registrar(self, id: str) -> Registrar | None:  # noqa: A002 - the field's name
        """The registrar of that identifier, in any case."""
        key = ("registrar", id.lower())
        return self.written[key] if key in self.written else self.registry.registrars.get(key[1])  # type: ignore[return-value]  # by its kind

    def pending(self, kind: ObjectKind, name: str) -> PendingAction | None:
        """What waits for review of an object."""
        key = ("pending", f"{kind} {name.lower()}")
        return self.written[key] if key in self.written else self.registry.pendings.get(key[1])  # type: ignore[return-value]  # by its kind

    def subordinate_hosts(self, domain: str) -> list[Host]:
        """The hosts below a domain or of its own name, in the order they came."""
        found = {host.name: host for host in self.registry.subordinate_hosts(domain)}
        for name, row in self._hosts.items():
            if self.registry.superordinate_name(name) != domain:
                continue
            if isinstance(row, Host):
                found[name] = row
            else:
                found.pop(name, None)
        return list(found.values())

    def domains_of_host(self, name: str) -> list[Domain]:
        """The domains that name a host of that canonical name as their server."""
        found = {domain.name: domain for domain in self.registry.domains_of_host(name)}
        for (kind, domain_name), row in self.written.items():
            if kind != "domain":
                continue
            if isinstance(row, Domain) and name in row.nameservers:
                found[domain_name] = row
            else:
                found.pop(domain_name, None)
        return list(found.values())

    # Writing

    def put(self, one: Row) -> None:
        """Add an object as it stands, or replace the one of the same name."""
        self._write(key_of(one), one)

    def remove(self, one: Row) -> None:
        """Take an object out. What others say of it is the caller's business."""
        self._write(key_of(one), None)

    def _write(self, key: Key, row: Row | None) -> None:
        self.written[key] = row
        if key[0] == "host":
            self._hosts[key[1]] = row

    def rename(self, host: Host, name: str) -> Host:
        """Give a host another canonical name: it keeps its ROID, and the domains that name it follow."""
        for domain in self.domains_of_host(host.name):
            servers = tuple(name if one == host.name else one for one in domain.nameservers)
            self.put(msgspec.structs.replace(domain, nameservers=servers))
        self.remove(host)
        renamed = msgspec.structs.replace(host, name=name)
        self.put(renamed)
        return renamed

    def message(self, registrar: str, text: str, about: About | None = None, **values: str) -> None:
        """Put a message at the end of a registrar's queue. text: a key of `messages.TEXTS`."""
        self.sent.append(Message(id=0, registrar=registrar, date=self.now, text=text, values=values, about=about))

    def acknowledge(self, message: Message) -> None:
        """Take a message out of its queue."""
        self.acknowledged.append(message)

    def affords(self, registrar: str, amount: float) -> bool:
        """Whether the registrar's balance is enough; a registrar without a balance affords everything."""
        one = self.registrar(registrar)
        return one is None or one.balance is None or amount <= one.balance

    def charge(self, registrar: str, amount: float) -> None:
        """Take money from a registrar's balance, below nought if need be; a negative amount is a credit.

        Told by a message when the balance falls below the registrar's `low_balance`.
        """
        one = self.registrar(registrar)
        if one is None or one.balance is None or not amount:
            return
        balance = round(one.balance - amount, 2)
        self.put(msgspec.structs.replace(one, balance=balance))
        if balance < one.low_balance <= one.balance:
            self.message(one.id, "balance.low", balance=f"{balance:.2f}")
