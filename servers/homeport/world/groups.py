"""The groups of a world: people, and other groups, under one name."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

GroupName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._ -]{1,64}$", description="its name, unique ignoring case")]
MAX_MEMBERS = 100_000


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A group of people and of other groups."

    name: GroupName
    description: Annotated[str, Meta(max_length=1000, description="what it is for")] = ""
    members: Annotated[tuple[str, ...], Meta(max_length=MAX_MEMBERS, description="logins of people")] = ()
    groups: Annotated[tuple[str, ...], Meta(max_length=1000, description="names of groups that belong to it")] = ()
    others: Annotated[
        tuple[str, ...], Meta(max_length=MAX_MEMBERS, description="members that are neither, by their DNs in LDAP")
    ] = ()
    gid: Annotated[int, Meta(ge=0, le=2**31 - 1, description="its number for POSIX; 0: given by the world")] = 0


class Groups:
    """All groups of a world, by name ignoring case, in the order in which they were added."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self._groups: dict[str, Group] = {}
        self.on_change: list[Callable[[str], None]] = []
        """Called with the name in lower case after a group was added, replaced or removed."""
        for group in groups:
            name = group.name.lower()
            if name in self._groups:
                raise ValueError(f"two groups have the name {group.name!r}")
            self._groups[name] = group

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

    def __len__(self) -> int:
        return len(self._groups)

    def get(self, name: str) -> Group | None:
        """Return the group of this name, or None."""
        return self._groups.get(name.lower())

    def put(self, group: Group) -> None:
        """Add a group, or replace the one of the same name."""
        self._groups[group.name.lower()] = group
        self._tell(group.name)

    def remove(self, name: str) -> bool:
        """Remove a group; return False if there was none of this name."""
        removed = self._groups.pop(name.lower(), None) is not None
        if removed:
            self._tell(name)
        return removed

    def _tell(self, name: str) -> None:
        for notify in list(self.on_change):
            notify(name.lower())
