"""The command line. A command is one function in a module here and one line in COMMANDS.

A command's module is imported when the command is named, and imports its own dependencies when it runs: so `--help`
prints at once, and `up` loads only what it needs.
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
    "mailbox": "homeport.cli.mailbox",
    "syslog": "homeport.cli.logs",
    "dns": "homeport.cli.dns",
    "files": "homeport.cli.files",
    "wait": "homeport.cli.wait",
    "transcript": "homeport.cli.transcript",
    "fault": "homeport.cli.fault",
    "clock": "homeport.cli.clock",
    "registry": "homeport.cli.registry",
    "ote": "homeport.cli.ote",
    "selfcheck": "homeport.cli.selfcheck",
    "people": "homeport.cli.people",
    "groups": "homeport.cli.groups",
    "ldif": "homeport.cli.ldif",
    "presence": "homeport.cli.presence",
    "service": "homeport.cli.service",
    "world": "homeport.cli.world",
    "reset": "homeport.cli.reset",
    "ca": "homeport.cli.ca",
    "openapi": "homeport.cli.openapi",
    "completion": "homeport.cli.completion",
    "version": "homeport.cli.version",
    "help": "homeport.cli.help",
}
"""The module of each command's function, which has the command's name; in the order of the help."""


class Commands(click.Group):
    """The group of commands; each is imported on lookup."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[name]), name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Resolve a command as click does; the error for an unknown one suggests the nearest name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from homeport.config.values import nearest

            ctx.fail(f"unknown command {args[0]!r}; {nearest(args[0], COMMANDS)}")
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

    Output is flushed here, so that a full disk is reported. If the reader of a pipe has gone, click ends the command
    silently.
    """
    try:
        homeport(prog_name="homeport")
    except OSError as error:
        if error.filename is not None:  # the error belongs to a file that the command itself should have reported
            raise
        click.echo(f"homeport: cannot write to standard output: {error.strerror}", err=True)
        sys.exit(1)
    finally:
        _drop_output()


def _drop_output() -> None:
    """Discard buffered standard output; otherwise Python would write it again at exit and change the exit code."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
