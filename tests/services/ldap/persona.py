"""Connections to servers with a persona."""

from typing import Any

from conftest import NOW
from services.ldap.asker import ALICE, Asker, present, search

from homeport.services.ldap import SERVICE
from homeport.services.ldap.options import LdapOptions
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents


def options_of(persona: str, **more: Any) -> dict[str, Any]:
    """Return the options of a persona."""
    return {**SERVICE.find_persona(persona).options, **more}


def make_world(persona: str, contents: WorldContents | None = None, **more: Any) -> World:
    """Return a world whose LDAP has a persona."""
    options = {"ldap": LdapOptions(**options_of(persona, **more))}
    return World("default", contents or WorldContents(), JournalOptions(), lambda: NOW, options)


def connect(persona: str, world: World | None = None, contents: WorldContents | None = None, **more: Any) -> Asker:
    """Open a connection. more: options, and what `Asker` takes."""
    tls = more.pop("tls", None)
    world = world or make_world(persona, contents, **more)
    return Asker(world, tls=tls, **options_of(persona, **more))


def entry_of(asker: Asker, dn: str = ALICE, *names: str, chosen: bytes | None = None) -> dict[str, list[bytes]]:
    """Return the attributes of an entry, as a search of that connection finds them."""
    found = asker.ask(search(dn, 0, chosen or present("objectClass"), names))
    assert found[-1].code == 0, found[-1]
    return found[0].attributes
