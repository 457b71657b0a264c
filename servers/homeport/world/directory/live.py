"""Entries that are made when they are asked for, because they follow from other state: the registry's."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from homeport.world.directory.entry import Attributes

if TYPE_CHECKING:
    from homeport.world.world import World

Made = tuple[str, Attributes]
"""The RDN of an entry as text, and its attributes."""


class Live:
    """A container whose children are made from the world. They cannot be changed here."""

    def __init__(self, find: Callable[[str], Made | None], every: Callable[[], Iterator[Made]]) -> None:
        self.find = find
        """Returns the child of a `cn`, or None."""
        self.every = every
        """Yields all children."""


def hosts(world: "World") -> Live:
    """Return the hosts of the registry as devices with addresses."""

    def made(name: str, addresses: tuple[str, ...]) -> Made:
        attributes: Attributes = {
            "objectclass": (b"top", b"device", b"ipHost"),
            "cn": (name.encode(),),
            "iphostnumber": tuple(address.encode() for address in addresses) or (b"0.0.0.0",),
        }
        return f"cn={name}", attributes

    def find(name: str) -> Made | None:
        host = world.registry.host(name)
        return None if host is None else made(host.name, tuple(host.addresses))

    def every() -> Iterator[Made]:
        return (made(host.name, tuple(host.addresses)) for host in list(world.registry.hosts.values()))

    return Live(find, every)


def registrars(world: "World") -> Live:
    """Return the registrars of the registry as organizations."""

    def made(identifier: str, name: str) -> Made:
        attributes: Attributes = {
            "objectclass": (b"top", b"organizationalRole"),
            "cn": (identifier.encode(),),
            "description": (name.encode(),),
        }
        return f"cn={identifier}", attributes

    def find(name: str) -> Made | None:
        registrar = world.registry.registrars.get(name.lower())
        return None if registrar is None else made(registrar.id, registrar.name)

    def every() -> Iterator[Made]:
        return (made(one.id, one.name) for one in list(world.registry.registrars.values()))

    return Live(find, every)
