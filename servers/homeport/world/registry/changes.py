"""A transaction of the registry: the changes of a command, a due event or an API call, all of them or none.

    changes = registry.begin()
    changes.put(msgspec.structs.replace(domain, updated=changes.now))
    changes.message("harbour", "domain.changed", DomainState(domain=domain), name=domain.name)
    registry.commit(changes)

Until the commit only the transaction itself shows its changes. A transaction that is dropped instead leaves no trace.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from homeport.world.names import canonical_name
from homeport.world.registry.applications import Application
from homeport.world.registry.maintenances import Maintenance
from homeport.world.registry.marks.records import Mark, MarkAuthority
from homeport.world.registry.messages import About, BalanceState, Message
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
from homeport.world.registry.organizations import Organization
from homeport.world.registry.registry_acts import RegistryAct, act_for
from homeport.world.registry.tokens import Token

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry

Key = tuple[str, str]
"""Kind of a row (an object's, `pending`, `message`, `counter`) and its key within the kind."""
Record = Maintenance | Organization | Application | Mark | MarkAuthority | Token
"""Rows that are not in the indexes."""
Row = RegistryObject | PendingAction | Record
ROW_TYPES: dict[str, Any] = {
    "registrar": Registrar,
    "contact": Contact,
    "host": Host,
    "domain": Domain,
    "pending": PendingAction,
    "maintenance": Maintenance,
    "application": Application,
    "mark": Mark,
    "mark_signer": MarkAuthority,
    "organization": Organization,
    "token": Token,
    "message": Message,
    "counter": int,
}
"""Types of a store's rows, by kind."""
RECORDS: dict[type, str] = {
    Maintenance: "maintenance",
    Organization: "organization",
    Application: "application",
    Mark: "mark",
    MarkAuthority: "mark_signer",
    Token: "token",
}
"""Kinds of records."""


def key_of(one: Row) -> Key:
    """Return the key of a row."""
    if isinstance(one, PendingAction):
        return "pending", f"{one.kind} {one.name.lower()}"
    if isinstance(one, Record):
        return RECORDS[type(one)], one.id if isinstance(one, Application) else one.id.lower()
    if isinstance(one, Domain | Host):
        return KINDS[type(one)], canonical_name(one.name) or one.name
    return KINDS[type(one)], one.id.lower()


class Changes:
    """One transaction. It can be read like the registry, and shows its own changes.

    now: its time in whole seconds; a due event happens at its due time.
    """

    __slots__ = ("__weakref__", "_hosts", "acknowledged", "act", "now", "registry", "renamed", "sent", "written")

    def __init__(self, registry: "Registry", now: float) -> None:
        self.registry = registry
        self.now = now
        self.written: dict[Key, Row | None] = {}
        """The rows after the transaction, by key; None: deleted."""
        self._hosts: dict[str, Row | None] = {}
        self.sent: list[Message] = []
        """Messages to add; their identifiers are 0 until the commit assigns them."""
        self.acknowledged: list[Message] = []
        """Messages to remove."""
        self.renamed: tuple[str, str] | None = None
        """Old and new name of a host whose many domains follow in steps (`renaming.py`)."""
        self.act: RegistryAct | None = None
        """Act of the registry that its messages describe (RFC 8590); None: as their keys say."""

    # Reading: names in canonical form, as objects hold them

    def domain(self, name: str) -> Domain | None:
        """Return the domain of that canonical name, or None."""
        key = ("domain", name)
        return self.written[key] if key in self.written else self.registry.domains.get(name)  # type: ignore[return-value]  # by its kind

    def host(self, name: str) -> Host | None:
        """Return the host of that canonical name, or None."""
        key = ("host", name)
        return self.written[key] if key in self.written else self.registry.hosts.get(name)  # type: ignore[return-value]  # by its kind

    def contact(self, id: str) -> Contact | None:  # noqa: A002 - the field's name
        """Return the contact of that identifier, in any case, or None."""
        key = ("contact", id.lower())
        return self.written[key] if key in self.written else self.registry.contacts.get(key[1])  # type: ignore[return-value]  # by its kind

    def registrar(self, id: str) -> Registrar | None:  # noqa: A002 - the field's name
        """Return the registrar of that identifier, in any case, or None."""
        key = ("registrar", id.lower())
        return self.written[key] if key in self.written else self.registry.registrars.get(key[1])  # type: ignore[return-value]  # by its kind

    def pending(self, kind: ObjectKind, name: str) -> PendingAction | None:
        """Return the action that waits for review of an object, or None."""
        key = ("pending", f"{kind} {name.lower()}")
        return self.written[key] if key in self.written else self.registry.pendings.get(key[1])  # type: ignore[return-value]  # by its kind

    def subordinate_hosts(self, domain: str) -> list[Host]:
        """Return the hosts below a domain or of its own name, in the order they came."""
        kept = self.registry.subordinate_hosts(domain)
        if not self._hosts:
            return kept
        found = {host.name: host for host in kept}
        for name, row in self._hosts.items():
            if self.registry.superordinate_name(name) != domain:
                continue
            if isinstance(row, Host):
                found[name] = row
            else:
                found.pop(name, None)
        return list(found.values())

    def domains_of_host(self, name: str) -> list[Domain]:
        """Return the domains that name a host of that canonical name as their server."""
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
        """Add an object unchanged, or replace the one of the same name."""
        if type(one) is Domain and one.name in self.registry.domains:
            self.written["domain", one.name] = one  # a key is a canonical name
        else:
            self._write(key_of(one), one)

    def remove(self, one: Row) -> None:
        """Delete an object. References of other objects to it are the caller's to change."""
        self._write(key_of(one), None)

    def _write(self, key: Key, row: Row | None) -> None:
        self.written[key] = row
        if key[0] == "host":
            self._hosts[key[1]] = row

    def rename(self, host: Host, name: str) -> Host:
        """Give a host another canonical name: it keeps its ROID, and domains that name it follow."""
        if self.registry.renames_in_steps(host.name):
            self.renamed = host.name, name
        for domain in () if self.renamed else self.domains_of_host(host.name):
            servers = tuple(name if one == host.name else one for one in domain.nameservers)
            self.put(msgspec.structs.replace(domain, nameservers=servers))
        self.remove(host)
        renamed = msgspec.structs.replace(host, name=name)
        self.put(renamed)
        return renamed

    def message(self, registrar: str, text: str, about: About | None = None, **values: str) -> None:
        """Append a message to a registrar's queue. text: a key of `messages.TEXTS`."""
        self.sent.append(
            Message(
                id=0,
                registrar=registrar,
                date=self.now,
                text=text,
                values=values,
                about=about,
                act=act_for(self.act, text),
            )
        )

    def acknowledge(self, message: Message) -> None:
        """Remove a message from its queue."""
        self.acknowledged.append(message)

    def affords(self, registrar: str, amount: float) -> bool:
        """True if the registrar's balance and credit limit are sufficient; without a balance there is no limit."""
        one = self.registrar(registrar)
        return one is None or one.balance is None or not amount or amount <= round(one.balance + one.credit_limit, 2)

    def charge(self, registrar: str, amount: float) -> None:
        """Charge a registrar's balance, which may become negative; a negative amount is a credit.

        The registrar gets a message when the balance falls below its `low_balance`.
        """
        one = self.registrar(registrar)
        if one is None or one.balance is None or not amount:
            return
        balance = round(one.balance - amount, 2)
        self.put(msgspec.structs.replace(one, balance=balance))
        if balance < one.low_balance <= one.balance:
            about = BalanceState(
                registrar=one.name, balance=balance, credit_limit=one.credit_limit, threshold=one.low_balance
            )
            self.message(one.id, "balance.low", about, balance=f"{balance:.2f}")
