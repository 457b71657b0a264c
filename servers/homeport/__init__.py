"""Homeport: a self-hosted farm of real protocol servers that network clients are tested against."""

from typing import TYPE_CHECKING, Any

from homeport.version import __version__ as __version__

if TYPE_CHECKING:
    from homeport.testing.farm import Farm as Farm


def __getattr__(name: str) -> Any:
    """Import `Farm` on first use of `from homeport import Farm`: every other module imports this package first."""
    if name != "Farm":
        raise AttributeError(f"module 'homeport' has no attribute {name!r}")
    from homeport.testing.farm import Farm

    return Farm
