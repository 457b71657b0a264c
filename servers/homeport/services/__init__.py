"""The catalogue of services: one line for each, its module imported when it is asked for.

Third parties add theirs through the entry-point group `homeport.services`, whose names are the services' names. Every
command knows them, and they are served where they are named: "*" is what Homeport itself brings, so that a package that
is installed opens no port by itself.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from homeport.protocol.service import Service

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "homeport.services"
"""The entry points by which other packages add services."""
MODULES = {
    "echo": "homeport.services.echo",
    "discard": "homeport.services.discard",
    "users": "homeport.services.users",
    "daytime": "homeport.services.daytime",
    "qotd": "homeport.services.qotd",
    "chargen": "homeport.services.chargen",
    "time": "homeport.services.time",
    "finger": "homeport.services.finger",
    "whois": "homeport.services.whois",
    "smtp": "homeport.services.smtp",
    "ftp": "homeport.services.ftp",
    "epp": "homeport.services.epp",
}
"""Our own services, in the order in which they are shown."""


@cache
def find_service(name: str) -> Service:
    """The declaration of a service.

    Raises: KeyError if there is no such service; TypeError if what another package gives for it is none of that name.
    """
    if name in MODULES:
        service: Service = import_module(MODULES[name]).SERVICE
        return service
    for entry in entries():
        if entry.name == name:
            loaded = entry.load()
            if not isinstance(loaded, Service) or loaded.name != name:
                raise TypeError(f"{entry.value} is no Service of the name {name!r}: mend the entry point {GROUP}")
            return loaded
    raise KeyError(name)


def entries() -> "Iterator[EntryPoint]":
    """What other packages add. Looking costs 20 ms, so it is done only for names that are not ours."""
    from importlib.metadata import entry_points

    yield from (entry for entry in entry_points(group=GROUP) if entry.name not in MODULES)


def all_services() -> list[Service]:
    """Our own services."""
    return [find_service(name) for name in MODULES]


def service_names() -> list[str]:
    """The names of our own services, and of those that other packages add; nothing is imported."""
    return [*MODULES, *sorted({entry.name for entry in entries()})]
