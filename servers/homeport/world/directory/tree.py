"""The directory of a world: its entries by DN, and who can log in to it."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from homeport.world.directory.results import Code, DirectoryError

if TYPE_CHECKING:
    from homeport.world.world import World


class Credentials(msgspec.Struct, frozen=True):
    """What a client must know to log in as an entry."""

    dn: str
    login: str
    """Login of the person; empty for others."""
    password: str | None
    """In the clear; None: only hashes are there."""
    hashes: tuple[bytes, ...] = ()
    admin: bool = False

    def matches(self, _password: bytes) -> bool:
        """Return True if a hash is that of the password; takes long."""
        return False


class Who(Protocol):
    """Who wants to change something."""

    @property
    def dn(self) -> str: ...
    @property
    def login(self) -> str: ...
    @property
    def admin(self) -> bool: ...


class Directory:
    """The entries of one world."""

    suffix = "dc=homeport,dc=test"

    def __init__(self, world: "World") -> None:
        self._world = world

    def dn_of_login(self, login: str) -> str:
        """Return the DN of a person's entry."""
        return f"uid={login},ou=people,{self.suffix}"

    def credentials(self, name: str) -> Credentials | None:
        """Return what must be known to log in by a name, a DN mostly; None if nobody can."""
        folded = name.lower()
        for person in self._world.people:
            if person.password and folded == self.dn_of_login(person.login).lower():
                return Credentials(self.dn_of_login(person.login), person.login, person.password)
        return None

    def change_password(self, who: Who, name: str, old: bytes | None, new: bytes | None) -> Generator[Any, Any, None]:
        """Change the password of an entry; steps as an operation yields them. Raises: DirectoryError."""
        raise DirectoryError(Code.UNWILLING_TO_PERFORM, "passwords cannot be changed yet")
        yield  # a generator
