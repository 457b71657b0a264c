"""What the API has changed in the registry is answered when it is on the disk, where there is one."""

from http import HTTPStatus
from typing import Any

from homeport.control.farm import Farm
from homeport.control.operation import Later
from homeport.control.problems import ProblemError
from homeport.world.registry.store import StoreError, Ticket
from homeport.world.world import World

NOT_KEPT = HTTPStatus.INSUFFICIENT_STORAGE
"""What an operation that uses `when_kept` names among its problems."""


def when_kept(farm: Farm, world: World, ticket: Ticket | None, answer: Any) -> Any:
    """The answer, once a transaction of the registry is durable; a problem if it could not be kept.

    ticket: what `Registry.commit` gave for it.
    """
    store = world.registry_store
    if ticket is None or store is None:
        return answer
    later = Later()

    def done(_result: object, error: Exception | None) -> None:
        if isinstance(error, StoreError):
            world.registry.take_back_lost()
            error = ProblemError(NOT_KEPT, f"nothing is changed: {error}")
        later.answer(error or answer)

    farm.call_off(lambda: store.flush(ticket), done)
    return later
