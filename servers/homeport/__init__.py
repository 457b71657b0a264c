"""Homeport: a self-hosted farm of real protocol servers that network clients are tested against."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeport.testing.farm import Farm as Farm

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`from homeport import Farm`, which imports it only then: this module is the way to every other."""
    if name != "Farm":
        raise AttributeError(f"module 'homeport' has no attribute {name!r}")
    from homeport.testing.farm import Farm

    return Farm
