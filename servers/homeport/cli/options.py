"""What commands share: options with environment twins, a running farm to talk to, errors with their exit codes."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from homeport.client.client import RefusedError

WRONG_REQUEST = (400, 422)
"""Statuses of a request that is wrong in itself, whatever the state of the farm."""
WORLD = "homeport.world"
"""Where the name of the world stands in a command's context."""
Function = TypeVar("Function", bound=Callable[..., Any])


class Failure(click.ClickException):
    """Ends the command with a message."""

    def show(self, file: Any = None) -> None:  # noqa: ARG002 - click's signature
        """One line per problem, on standard error."""
        with contextlib.suppress(OSError):  # where standard error cannot be written to, the exit code says enough
            for line in self.message.splitlines():
                click.echo(f"homeport: {line}", err=True)


class NegativeAnswer(Failure):
    """No farm, no answer, or not the one hoped for."""

    exit_code = 1


class WrongUsage(Failure):
    """The command line or the configuration is wrong."""

    exit_code = 2


class PortTaken(Failure):
    """A port is in the way."""

    exit_code = 3


def option(*names: str, **details: Any) -> Callable[[Function], Function]:
    """An option with its environment twin: `--ready-file` is HOMEPORT_READY_FILE."""
    long = next(name for name in names if name.startswith("--")).partition("/")[0]
    twin = f"HOMEPORT_{long.removeprefix('--').replace('-', '_').upper()}"
    return click.option(*names, envvar=twin, **details)


def remember_world(ctx: click.Context, _option: click.Parameter, name: str) -> None:
    """Have `reach` know the world, so that no command needs to pass it on."""
    ctx.meta[WORLD] = name


def _world_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
    """Complete the names of the farm's worlds."""
    from homeport.cli.completion import world_names

    return world_names(ctx, parameter, incomplete)


def of_a_farm(function: Function) -> Function:
    """Give a command the options that find a running farm."""
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
    """A client of a running farm, and of the world that the command is about.

    public: the command asks only what needs no token. Raises: WrongUsage if the URL is none.
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


def asked(ask: Callable[[], Any]) -> Any:
    """Return what a farm answers.

    Raises: WrongUsage if it refuses what the command line says; NegativeAnswer for any other refusal, and if there is
    no farm.
    """
    from homeport.client.client import NoFarmError, RefusedError

    try:
        return ask()
    except NoFarmError as error:
        raise NegativeAnswer(str(error)) from None
    except RefusedError as error:
        raise refusal(error) from None


def refusal(error: "RefusedError") -> Failure:
    """Return the failure that a farm's refusal means: wrong usage for a malformed request, else a negative answer."""
    return WrongUsage(str(error)) if error.status in WRONG_REQUEST else NegativeAnswer(str(error))


def seconds(text: str) -> float:
    """A duration's seconds.

    Raises: WrongUsage if it is none.
    """
    from homeport.config.quantities import Duration

    try:
        return float(Duration.parse(text))
    except ValueError as error:
        raise WrongUsage(str(error)) from None


def echo_json(value: Any) -> None:
    """One line of JSON on standard output."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False))
