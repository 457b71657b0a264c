"""What a registry begins with, as it is configured; and all of it at one moment, as a snapshot holds it."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from homeport.world.registry.changes import Key, key_of
from homeport.world.registry.messages import Message, MessageSeed
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
