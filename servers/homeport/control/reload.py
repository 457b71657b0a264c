"""What the API does with a changed configuration."""

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
        summary="Take a changed configuration over",
        description="Read the configuration again from the sources of the start: file, environment and flags.\n"
        "\n"
        "What can be taken over is, without touching connections that stand. If anything is wrong nothing "
        "changes, and the\n"
        "problem says what with file, line and key. Only the world `default` follows.",
        handler=reload,
        answer=Reloaded,
        problems=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
)
