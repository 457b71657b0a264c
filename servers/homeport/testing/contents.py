"""A world's people, presences and quotes in tests."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from homeport.testing.api import segment
from homeport.testing.errors import Refused
from homeport.testing.records import Record

if TYPE_CHECKING:
    from homeport.testing.world import World

MISSING = 404


class Table:
    """Objects of one kind, by name: `table["alice"]`, `put`, `del`, iteration over names, `in`, `len`."""

    def __init__(self, world: "World", path: str, key: str) -> None:
        self._world = world
        self._path = path
        self._key = key

    @property
    def _place(self) -> str:
        return f"{self._world.path}/{self._path}"

    def __getitem__(self, name: str) -> Record:
        try:
            return Record(self._world.api.get(f"{self._place}/{segment(name)}"))
        except Refused as error:
            raise _key_error(name, error) from None

    def __delitem__(self, name: str) -> None:
        try:
            self._world.api.send("DELETE", f"{self._place}/{segment(name)}")
        except Refused as error:
            raise _key_error(name, error) from None

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return (str(one[self._key]) for one in self.all())

    def __len__(self) -> int:
        return len(self.all())

    def all(self) -> list[Record]:
        """Return all objects."""
        return [Record(one) for one in self._world.api.get(self._place)["items"]]

    def put(self, name: str, /, **fields: Any) -> Record:
        """Add an object, or replace all its fields. fields: as in the API."""
        body = {self._key: name, **fields}
        return Record(self._world.api.send("PUT", f"{self._place}/{segment(name)}", body))

    def change(self, name: str, /, **fields: Any) -> Record:
        """Replace some fields of an object.

        Raises: KeyError if there is none of that name.
        """
        return self.put(name, **{**self[name], **fields, self._key: name})


class People(Table):
    """The people who can log in; Finger and Whois show them: `put("zoe", name="Zoe Mast", password="secret")`."""

    def __init__(self, world: "World") -> None:
        super().__init__(world, "people", "login")


class Groups(Table):
    """The groups of people, which LDAP shows: `put("pilots", members=["alice"])`."""

    def __init__(self, world: "World") -> None:
        super().__init__(world, "groups", "name")


class Presence(Table):
    """The sessions of people who are logged in; Active Users and Finger show them: `put("desk", login="zoe",
    since="-3h")`."""

    def __init__(self, world: "World") -> None:
        super().__init__(world, "presence", "id")


class Quotes:
    """The book of Quote of the Day."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def all(self) -> list[str]:
        """Return every quote, in order."""
        return list(self._world.api.get(f"{self._world.path}/quotes")["items"])

    def set(self, quotes: Sequence[str]) -> None:
        """Replace the book; the next quote is its first."""
        self._world.api.send("PUT", f"{self._world.path}/quotes", {"items": list(quotes)})


def _key_error(name: str, error: Refused) -> Exception:
    return KeyError(name) if error.status == MISSING else error
