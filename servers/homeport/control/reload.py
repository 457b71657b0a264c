"""Reload of the configuration over the API."""

from http import HTTPStatus

from homeport.config.changes import Reloaded
from homeport.config.values import ConfigError
from homeport.control.farm import Farm, FarmRefused
from homeport.control.operation import Operation, Request
from homeport.control.problems import ProblemError


def reload(farm: Farm, _request: Request) -> Reloaded:
    try:
        return farm.reload()
    except ConfigError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), problems=error.problems) from None
    except FarmRefused as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/reload",
        summary="Reload the configuration",
        description="Read the configuration again from file, environment and flags, as at the start.\n"
        "\n"
        "Changes that need no restart apply without closing connections. If anything is invalid, nothing changes, and\n"
        "the problem names file, line and key. Only the world `default` is reconfigured.",
        handler=reload,
        answer=Reloaded,
        problems=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
)
