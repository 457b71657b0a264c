"""Answers to changes of mailboxes, delayed until the change is durable on disk, and the problems of changes."""

from http import HTTPStatus
from typing import Any

from homeport.control.durable import NOT_DURABLE, when_flushed
from homeport.control.farm import Farm
from homeport.control.problems import ProblemError
from homeport.world.mail.mailbox_problem import Code, MailboxProblem
from homeport.world.world import World

STATUS: dict[Code, HTTPStatus] = {
    "missing": HTTPStatus.NOT_FOUND,
    "cannot": HTTPStatus.BAD_REQUEST,
    "no-room": NOT_DURABLE,
}
"""Status by problem; 409 for all others."""


def problem_of(problem: MailboxProblem) -> ProblemError:
    """Return a problem of a mailbox as the API answers it."""
    return ProblemError(STATUS.get(problem.code, HTTPStatus.CONFLICT), str(problem))


def when_stored(farm: Farm, world: World, answer: Any) -> Any:
    """Return the answer once the latest change of mailboxes is durable; a problem if it could not be stored."""
    ticket = world.mailboxes.unsettled
    if ticket is None:
        return answer
    boxes = world.mailboxes
    return when_flushed(
        farm, lambda: boxes.flush(ticket), boxes.rollback_failed, "changes of mailboxes rolled back", answer
    )
