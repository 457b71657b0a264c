"""The table of the shell's commands."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from homeport.services.telnet.script import Steps

if TYPE_CHECKING:
    from homeport.services.telnet.shell.session import Shell

Run = Callable[["Shell", Sequence[str]], Steps]
"""Runs a command, with the words after its name. Raises: Refused."""


class Refused(Exception):
    """A command cannot do what it was asked for; the message is for the user."""


class Command(msgspec.Struct, frozen=True):
    """A command of the shell."""

    name: str
    syntax: str
    """Its arguments, as `help` shows them."""
    text: str
    """Its effect: an imperative."""
    run: Run
    most: int = 0
    """Maximum number of arguments; -1: any number."""


TABLE: dict[str, Command] = {}
"""All commands by name; `session.py` imports the modules that fill it."""


def command(name: str, syntax: str, text: str, most: int = 0) -> Callable[[Run], Run]:
    """Add the decorated function to the table."""

    def add(run: Run) -> Run:
        TABLE[name] = Command(name, syntax, text, run, most)
        return run

    return add
