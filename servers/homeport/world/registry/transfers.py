"""Transfers of domains and contacts (RFC 5730 2.9.3.4), for the commands of EPP, the API, and their deadlines.

A domain carries its subordinate hosts with it. One that is transferred in auto-renew grace loses that year, and who
lost the domain is credited. authInfo is unset when a transfer is done, whoever granted it. Both sides are told what they did not do.

These check nothing but that there is a transfer: whether it is allowed is for the caller to know.
"""

from homeport.world.registry.changes import Changes
from homeport.world.registry.objects import Transferable


class NotPendingError(Exception):
    """There is no transfer to answer (2301)."""


def request(changes: Changes, one: Transferable, gaining: str, years: int = 1) -> Transferable:
    """Ask for an object: pending until somebody answers, or the deadline of its zone; at once where that is 0.

    years: that a transfer adds to a domain.
    """
    raise NotImplementedError


def approve(changes: Changes, one: Transferable, *, by_server: bool = False) -> Transferable:
    """Grant the pending transfer. Raises: NotPendingError."""
    raise NotImplementedError


def reject(changes: Changes, one: Transferable, *, by_server: bool = False) -> Transferable:
    """Refuse the pending transfer, as the sponsor or the registry. Raises: NotPendingError."""
    raise NotImplementedError


def cancel(changes: Changes, one: Transferable, *, by_server: bool = False) -> Transferable:
    """Take the request back, as who asked or the registry. Raises: NotPendingError."""
    raise NotImplementedError


def force(changes: Changes, one: Transferable, gaining: str, *, years: int = 0) -> Transferable:
    """Transfer as the registry, whether it was asked for or not; both sides are told."""
    raise NotImplementedError
