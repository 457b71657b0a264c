"""Answers to changes of the registry, of mailboxes and of zones, delayed until the change is durable on disk."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from homeport.control.farm import Farm
from homeport.control.operation import PendingAnswer
from homeport.control.problems import ProblemError
from homeport.world.row_store import StoreError, Ticket
from homeport.world.world import World

Made = TypeVar("Made")
NOT_DURABLE = HTTPStatus.INSUFFICIENT_STORAGE
"""The status (507) that an operation which uses these functions lists among its problems."""


def attempt(work: Callable[[], Made]) -> Made:
    """Return the result of a change. Raises: ProblemError, 507, if it cannot be stored."""
    try:
        return work()
    except StoreError as error:
        raise ProblemError(NOT_DURABLE, str(error)) from None


def when_durable(farm: Farm, world: World, ticket: Ticket | None, answer: Any) -> Any:
    """Return the answer once a transaction of the registry is durable; a problem if it could not be stored.

    ticket: returned by `Registry.commit`; None if nothing has to be stored.
    """
    store = world.registry_store
    if ticket is None or store is None:
        return answer
    return when_flushed(
        farm, lambda: store.flush(ticket), world.registry.rollback_failed, "registry changes rolled back", answer
    )


def when_zones_stored(farm: Farm, world: World, answer: Any) -> Any:
    """Return the answer once the latest change of zones is durable; a problem if it could not be stored."""
    kept = world.zones.kept
    ticket = kept.unsettled
    if ticket is None:
        return answer
    return when_flushed(
        farm, lambda: kept.flush(ticket), world.zones.rollback_failed, "changes of zones rolled back", answer
    )


def when_directory_stored(farm: Farm, world: World, answer: Any) -> Any:
    """Return the answer once the latest change of the directory is durable; a problem if it could not be stored."""
    changes = world.directory.changes
    ticket = changes.unsettled
    if ticket is None:
        return answer
    return when_flushed(
        farm, lambda: changes.flush(ticket), changes.rollback_failed, "changes of the directory rolled back", answer
    )


def when_flushed(
    farm: Farm, flush: Callable[[], None], rollback: Callable[[], None], problem: str, answer: Any
) -> PendingAnswer:
    """Return an answer that is given after a flush in the thread pool, or after its failure was rolled back."""
    later = PendingAnswer()

    def done(_result: object, error: Exception | None) -> None:
        if isinstance(error, StoreError):
            rollback()
            error = ProblemError(NOT_DURABLE, f"{problem}: {error}")
        later.answer(error or answer)

    farm.call_off(flush, done)
    return later
