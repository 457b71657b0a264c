"""Flows: one function for each command of each object, dispatched by the class of its element.

A module here belongs to one object (`contact.py`, `domain.py`, ...) and registers its functions by the decorator
`homeport.services.epp.flow.flow`; nothing else registers it.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules


@cache
def load() -> None:
    """Import every module of this package, so that its functions are registered."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
