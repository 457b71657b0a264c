"""The command line. A command is one function in a module here and one line in COMMANDS.

A command's module is imported when the command is named, and imports what it works with when it runs: `--help` is
there at once, and `up` loads nothing that it does not need.
"""

import os
import sys
from importlib import import_module
from typing import Any

import click

from homeport.version import __version__

COMMANDS = {
    "up": "homeport.cli.up",
    "check": "homeport.cli.configuration",
    "init": "homeport.cli.configuration",
    "personas": "homeport.cli.personas",
    "ports": "homeport.cli.listeners",
    "ready": "homeport.cli.listeners",
    "query": "homeport.cli.query",
    "journal": "homeport.cli.journal",
    "findings": "homeport.cli.journal",
    "messages": "homeport.cli.messages",
    "wait": "homeport.cli.wait",
    "transcript": "homeport.cli.transcript",
    "fault": "homeport.cli.fault",
    "clock": "homeport.cli.clock",
    "reset": "homeport.cli.reset",
    "people": "homeport.cli.people",
    "ca": "homeport.cli.ca",
    "openapi": "homeport.cli.openapi",
    "completion": "homeport.cli.completion",
    "version": "homeport.cli.version",
    "help": "homeport.cli.help",
}
"""Where each command's function is, which has the command's name; in the order of the help."""


class Commands(click.Group):
    """The commands, each found when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[name]), name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, and with the nearest name if there is none."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from homeport.config.values import nearest

            ctx.fail(f"there is no command {args[0]!r}; {nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="""\
Real protocol servers for testing network clients: one command, a dozen services and more.

`homeport up` starts the farm; the other commands talk to one that runs.
Every option has an environment twin: --ready-file is HOMEPORT_READY_FILE.
""",
)
@click.version_option(__version__, prog_name="homeport", message="%(prog)s %(version)s")
@click.pass_context
def homeport(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the console script.

    Commands flush what they print, so a full disk shows here. A reader that has gone ends the command quietly: click
    sees to that.
    """
    try:
        homeport(prog_name="homeport")
    except OSError as error:
        if error.filename is not None:  # a file of the command's, which it should have spoken for itself
            raise
        click.echo(f"homeport: cannot write to standard output: {error.strerror}", err=True)
        sys.exit(1)
    finally:
        _drop_output()


def _drop_output() -> None:
    """Drop what standard output could not write; Python would try once more when it ends, and change the exit code."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
