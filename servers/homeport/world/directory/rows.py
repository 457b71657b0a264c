"""The rows of a directory's store: what was changed over LDAP or the API, on top of the configuration."""

from typing import Any

import msgspec

from homeport.world.directory.password_policy import PasswordState
from homeport.world.directory.stamps import Stamp
from homeport.world.groups import Group
from homeport.world.people import Person


class EntryRow(msgspec.Struct, frozen=True):
    """An entry of its own; `gone`: one of the configuration that was deleted."""

    dn: str
    attributes: dict[str, tuple[bytes, ...]]
    """Those of the entry itself."""
    stamp: Stamp
    gone: bool = False


class PersonRow(msgspec.Struct, frozen=True):
    """A person that was changed, and the attributes beside it; None: removed."""

    person: Person | None
    extra: dict[str, tuple[bytes, ...]]
    stamp: Stamp


class GroupRow(msgspec.Struct, frozen=True):
    """A group that was changed; None: removed."""

    group: Group | None
    stamp: Stamp


ROW_TYPES: dict[str, Any] = {"entry": EntryRow, "person": PersonRow, "group": GroupRow, "password": PasswordState}
"""Types of rows by kind."""
