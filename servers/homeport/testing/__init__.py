"""Homeport in other projects' tests: a farm as an object, its services as objects, and pytest fixtures.

`Farm` starts a farm, in a thread or as a process, or connects to a running one; each of its worlds has the services,
the clock and the contents as attributes. Every method calls operations of the control API, so it works the same however
the farm runs. Importing this package imports nothing else; Twisted is imported when a farm is started in a thread.
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
"""The module of each name."""


def __getattr__(name: str) -> Any:
    """Import the module of a name and return its value."""
    if name not in PLACES:
        raise AttributeError(f"module 'homeport.testing' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"homeport.testing.{PLACES[name]}"), name)
