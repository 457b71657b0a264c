"""Homeport in other projects' tests: a farm as an object, its services as objects, and the fixtures of pytest.

`Farm` starts a farm, in a thread or as a process, or takes a running one; each of its worlds has the services, the
clock and the contents as attributes. All that they do goes over the operations of the control API, so it is the same
however the farm runs. Importing this imports nothing, and Twisted is imported when a farm is started in a thread.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeport.testing.errors import FarmError as FarmError
    from homeport.testing.errors import FarmGone as FarmGone
    from homeport.testing.errors import NotFound as NotFound
    from homeport.testing.errors import Refused as Refused
    from homeport.testing.errors import TimedOut as TimedOut
    from homeport.testing.errors import UnusedFaultWarning as UnusedFaultWarning
    from homeport.testing.farm import Farm as Farm
    from homeport.testing.message import Message as Message
    from homeport.testing.world import World as World

PLACES = {
    "Farm": "farm",
    "World": "world",
    "Message": "message",
    "FarmError": "errors",
    "FarmGone": "errors",
    "NotFound": "errors",
    "Refused": "errors",
    "TimedOut": "errors",
    "UnusedFaultWarning": "errors",
}
"""In which module each name is."""


def __getattr__(name: str) -> Any:
    """The name, whose module is imported now."""
    if name not in PLACES:
        raise AttributeError(f"module 'homeport.testing' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"homeport.testing.{PLACES[name]}"), name)
