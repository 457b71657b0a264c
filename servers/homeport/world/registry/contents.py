"""What a registry begins with, as it is configured; and all of it at one moment, as a snapshot holds it."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from homeport.world.registry import lifecycle
from homeport.world.registry.changes import Changes, Key, key_of
from homeport.world.registry.messages import About, Message, MessageSeed, TransferState
from homeport.world.registry.objects import (
    Contact,
    Domain,
    Host,
    PendingAction,
    Registrar,
    RegistryObject,
    shifted,
)
from homeport.world.registry.zones import ZONES, Zone

CONFIGURATION_KEYS = {
    "zones": "tld",
    "registrars": "registrar",
    "contacts": "contact",
    "hosts": "host",
    "domains": "domain",
    "messages": "message",
}
"""An array of tables is written with the singular: [[registry.domain]]."""


class RegistryContents(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=CONFIGURATION_KEYS
):
    """What a registry begins with; times are seconds from the world's beginning."""

    zones: Sequence[Zone] = ZONES
    registrars: Sequence[Registrar] = ()
    contacts: Sequence[Contact] = ()
    hosts: Sequence[Host] = ()
    domains: Sequence[Domain] = ()
    messages: Sequence[MessageSeed] = ()


def begun(contents: RegistryContents, start: float) -> dict[Key, Any]:
    """What a registry begins with, its times counted from the world's beginning."""
    rows: list[RegistryObject] = [*contents.registrars]
    for group in (contents.contacts, contents.hosts, contents.domains):
        rows += [shifted(one, start) for one in group]
    return {key_of(one): one for one in rows}


def waiting(contents: RegistryContents, changes: Changes) -> Iterator[Message]:
    """The messages that wait from the beginning, oldest first, each about its object as that stands.

    changes: a transaction of the world's beginning.
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
    """All of a registry but its policy."""

    format: Literal["homeport-registry-1"] = "homeport-registry-1"
    registrars: list[Registrar]
    contacts: list[Contact]
    hosts: list[Host]
    domains: list[Domain]
    pendings: list[PendingAction]
    messages: list[Message]
    last_message: int
    last_roid: int
