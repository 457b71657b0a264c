"""Shared by all commands: options with environment variables, the farm's client, errors with exit codes."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from homeport.cli.output import say

if TYPE_CHECKING:
    from homeport.client.client import RefusedError

WRONG_REQUEST = (400, 422)
"""HTTP statuses of a malformed request, as opposed to one that the farm's state refuses."""
WORLD = "homeport.world"
"""The key of the world's name in a command's context."""
Function = TypeVar("Function", bound=Callable[..., Any])


class Failure(click.ClickException):
    """The base of errors that end the command with a message and an exit code."""

    def show(self, file: Any = None) -> None:  # noqa: ARG002 - click's signature
        """Print one line per problem on standard error."""
        with contextlib.suppress(OSError):  # if standard error is closed, the exit code has to do
            for line in self.message.split("\n") if self.message else ():
                say(f"homeport: {line}", err=True)


class NegativeAnswer(Failure):
    """No farm, no answer, or a negative one."""

    exit_code = 1


class WrongUsage(Failure):
    """The command line or the configuration is wrong."""

    exit_code = 2


class PortTaken(Failure):
    """A port is taken."""

    exit_code = 3


def option(*names: str, **details: Any) -> Callable[[Function], Function]:
    """Declare an option that an environment variable can set too: `--ready-file` is HOMEPORT_READY_FILE."""
    long = next(name for name in names if name.startswith("--")).partition("/")[0]
    twin = f"HOMEPORT_{long.removeprefix('--').replace('-', '_').upper()}"
    return click.option(*names, envvar=twin, **details)


def remember_world(ctx: click.Context, _option: click.Parameter, name: str) -> None:
    """Store the name of the world in the context for `reach`, so that commands need not pass it on."""
    ctx.meta[WORLD] = name


def _world_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
    """Complete the names of the farm's worlds."""
    from homeport.cli.completion import world_names

    return world_names(ctx, parameter, incomplete)


def of_a_farm(function: Function) -> Function:
    """Add the options that select a running farm to a command."""
    function = option(
        "--url", default="", metavar="URL", help="The farm's control URL; http://127.0.0.1:18000 if not given."
    )(function)
    function = option(
        "--world",
        default="default",
        metavar="NAME",
        shell_complete=_world_names,
        help="One of the farm's worlds; default if not given.",
        expose_value=False,
        callback=remember_world,
    )(function)
    # A farm's own environment has its token too, so that a health check in its container needs no other.
    return click.option(
        "--token",
        envvar=["HOMEPORT_TOKEN", "HOMEPORT__CONTROL__TOKEN"],
        default="",
        metavar="TOKEN",
        help="The farm's [control] token, if it has one.",
    )(function)


def reach(url: str, token: str, *, public: bool = False) -> Any:
    """Return a client of a running farm, and of the world that `--world` names.

    public: True if the command asks only for what needs no token. Raises: WrongUsage if the URL is invalid.
    """
    from homeport.cli.running import running_token, running_url
    from homeport.client.client import DEFAULT_URL, ControlClient, NoFarmError

    world = click.get_current_context().meta.get(WORLD, "default")
    if not url:
        url = running_url() or DEFAULT_URL
        token = token or ("" if public else running_token())
    try:
        return ControlClient(url, token, world)
    except NoFarmError as error:
        raise WrongUsage(str(error)) from None


def ask_farm(ask: Callable[[], Any]) -> Any:
    """Call `ask` and return the farm's answer.

    Raises: WrongUsage if the farm rejects the request as malformed; NegativeAnswer for any other refusal, and if no
    farm answers.
    """
    from homeport.client.client import NoFarmError, RefusedError

    try:
        return ask()
    except NoFarmError as error:
        raise NegativeAnswer(str(error)) from None
    except RefusedError as error:
        raise refusal(error) from None


def refusal(error: "RefusedError") -> Failure:
    """Return the error for a farm's refusal: WrongUsage for a malformed request, otherwise NegativeAnswer."""
    return WrongUsage(str(error)) if error.status in WRONG_REQUEST else NegativeAnswer(str(error))


def seconds(text: str) -> float:
    """Parse a duration and return its seconds.

    Raises: WrongUsage if it is invalid.
    """
    from homeport.config.quantities import Duration

    try:
        return float(Duration.parse(text))
    except ValueError as error:
        raise WrongUsage(str(error)) from None
