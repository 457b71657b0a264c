"""The catalogue of services: one line for each; its module is imported on demand.

Other packages add services through the entry-point group `homeport.services`; the entry point's name is the service's.
Every command knows them, but they are served only where they are named: "*" stands for Homeport's own services, so that
installing a package opens no port.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from homeport.protocol.service import Service

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "homeport.services"
"""Entry-point group of services in other packages."""
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
    "rdap": "homeport.services.rdap",
    "smtp": "homeport.services.smtp",
    "imap": "homeport.services.imap",
    "pop3": "homeport.services.pop3",
    "ftp": "homeport.services.ftp",
    "epp": "homeport.services.epp",
    "dns": "homeport.services.dns",
    "ldap": "homeport.services.ldap",
    "telnet": "homeport.services.telnet",
    "tftp": "homeport.services.tftp",
    "ntp": "homeport.services.ntp",
    "syslog": "homeport.services.syslog",
    "ident": "homeport.services.ident",
    "gopher": "homeport.services.gopher",
    "dict": "homeport.services.dict",
}
"""Modules of Homeport's own services, in display order."""


@cache
def find_service(name: str) -> Service:
    """Return the declaration of a service.

    Raises: KeyError for an unknown service; TypeError if an entry point is no `Service` of that name.
    """
    if name in MODULES:
        service: Service = import_module(MODULES[name]).SERVICE
        return service
    for entry in entries():
        if entry.name == name:
            loaded = entry.load()
            if not isinstance(loaded, Service) or loaded.name != name:
                raise TypeError(
                    f"{entry.value} is no Service named {name!r}: correct the entry point in the group {GROUP}"
                )
            return loaded
    raise KeyError(name)


def entries() -> "Iterator[EntryPoint]":
    """Yield the entry points of other packages. The lookup takes 20 ms, so it is done for unknown names only."""
    from importlib.metadata import entry_points

    yield from (entry for entry in entry_points(group=GROUP) if entry.name not in MODULES)


def all_services() -> list[Service]:
    """Return the declarations of Homeport's own services."""
    return [find_service(name) for name in MODULES]


def service_names() -> list[str]:
    """Return the names of all services, those of other packages last; nothing is imported."""
    return [*MODULES, *sorted({entry.name for entry in entries()})]
