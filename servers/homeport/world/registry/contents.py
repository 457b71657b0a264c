"""Initial contents of a registry, as configured; and a snapshot of all of it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal

import msgspec

from homeport.world.registry import lifecycle
from homeport.world.registry.applications import Application
from homeport.world.registry.changes import Changes, Key, Row, key_of
from homeport.world.registry.idn.policy import IdnTableText
from homeport.world.registry.maintenances import Maintenance, shifted_maintenance
from homeport.world.registry.marks.records import Mark, MarkAuthority
from homeport.world.registry.messages import About, Message, MessageSeed, TransferState
from homeport.world.registry.objects import (
    Contact,
    Domain,
    Host,
    PendingAction,
    Registrar,
    encode,
    shifted,
)
from homeport.world.registry.organizations import Organization, shifted_organization
from homeport.world.registry.tokens import Token, shifted_tokens
from homeport.world.registry.zones import ZONES, Zone

MAX_PACKED = 100
"""Objects of one piece of a snapshot."""
CONFIGURATION_KEYS = {
    "zones": "tld",
    "idn_tables": "idn_table",
    "registrars": "registrar",
    "contacts": "contact",
    "hosts": "host",
    "domains": "domain",
    "messages": "message",
    "maintenances": "maintenance",
    "organizations": "organization",
    "tokens": "token",
}
"""Config keys of the fields: an array of tables is written in the singular, [[registry.domain]]."""


class RegistryContents(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=CONFIGURATION_KEYS
):
    """Initial contents of a registry; times are seconds from the world's beginning."""

    zones: Sequence[Zone] = ZONES
    idn_tables: Sequence[IdnTableText] = ()
    registrars: Sequence[Registrar] = ()
    contacts: Sequence[Contact] = ()
    hosts: Sequence[Host] = ()
    domains: Sequence[Domain] = ()
    messages: Sequence[MessageSeed] = ()
    maintenances: Sequence[Maintenance] = ()
    organizations: Sequence[Organization] = ()
    tokens: Sequence[Token] = ()


def initial_rows(contents: RegistryContents, start: float) -> dict[Key, Any]:
    """Return the initial rows of a registry, with absolute times. start: the world's beginning, in Unix time."""
    rows: list[Row] = []
    for group in (contents.registrars, contents.contacts, contents.hosts, contents.domains):
        rows += [shifted(one, start) for one in group]
    rows += [shifted_maintenance(one, start) for one in contents.maintenances]
    rows += [shifted_organization(one, start) for one in contents.organizations]
    rows += shifted_tokens(contents.tokens, start)
    return {key_of(one): one for one in rows}


def initial_messages(contents: RegistryContents, changes: Changes) -> Iterator[Message]:
    """Yield the initial messages, oldest first, each about its object's initial state.

    changes: a transaction at the world's beginning.
    """
    for id_, seed in enumerate(sorted(contents.messages, key=lambda one: one.date), 1):
        about: About | None = None
        domain = changes.domain(seed.name)
        if domain is not None and domain.transfer is not None and seed.text.startswith("transfer."):
            about = TransferState(kind="domain", name=domain.name, transfer=domain.transfer)
        elif domain is not None:
            about = lifecycle.state_of(changes, domain)
        yield Message(
            id=id_,
            registrar=seed.registrar,
            date=changes.now + seed.date,
            text=seed.text,
            values={"name": seed.name, **seed.values},
            about=about,
        )


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything in a registry except its policy."""

    format: Literal["homeport-registry-1"] = "homeport-registry-1"
    registrars: list[Registrar]
    contacts: list[Contact]
    hosts: list[Host]
    domains: list[Domain]
    pendings: list[PendingAction]
    messages: list[Message]
    maintenances: list[Maintenance] = []
    applications: list[Application] = []
    marks: list[Mark] = []
    mark_signers: list[MarkAuthority] = []
    organizations: list[Organization] = []
    tokens: list[Token] = []
    last_message: int
    last_roid: int


def snapshot_rows(snapshot: bytes) -> dict[Key, Any]:
    """Return the rows of a snapshot. Raises: ValueError if it is not valid."""
    try:
        held = msgspec.msgpack.decode(snapshot, type=Snapshot)
    except msgspec.MsgspecError as error:
        raise ValueError(f"this is not a snapshot of a registry: {error}") from None
    groups: tuple[Iterable[Row], ...] = (
        *(held.registrars, held.contacts, held.hosts, held.domains, held.pendings),
        *(held.maintenances, held.applications, held.marks, held.mark_signers),
        *(held.organizations, held.tokens),
    )
    rows: dict[Key, Any] = {key_of(one): one for group in groups for one in group}
    rows |= {("message", str(one.id)): one for one in held.messages}
    return rows | {("counter", "message"): held.last_message, ("counter", "roid"): held.last_roid}


def packed(fields: dict[str, Any]) -> Iterator[bytes]:
    """Yield a map in MessagePack, its lists in pieces of some objects each."""
    yield bytes((0x80 + len(fields),))  # a map with its size, then keys and values
    for name, value in fields.items():
        if not isinstance(value, list):
            yield encode(name) + encode(value)
            continue
        yield encode(name) + b"\xdd" + len(value).to_bytes(4)  # an array with its size
        rest = iter(value)
        while piece := b"".join(encode(one) for one in islice(rest, MAX_PACKED)):
            yield piece
