"""The catalogue of services: one line for each, its module imported when it is asked for.

Third parties add theirs through the entry-point group `homeport.services`, whose names are the services' names.
"""

from functools import cache
from importlib import import_module

from homeport.service import Service

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

    Raises: KeyError if there is no such service.
    """
    if name in MODULES:
        service: Service = import_module(MODULES[name]).SERVICE
        return service
    # Looking for other packages' services costs 20 ms, so it is done only for names that are not ours.
    from importlib.metadata import entry_points

    for entry in entry_points(group="homeport.services", name=name):
        loaded: Service = entry.load()
        return loaded
    raise KeyError(name)


def all_services() -> list[Service]:
    """Our own services."""
    return [find_service(name) for name in MODULES]
