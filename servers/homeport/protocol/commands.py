"""Command tables: the requirements of each verb, declared at the method that implements it.

A command protocol (SMTP, FTP) declares each command as a row of its table. Unknown verbs, missing or unexpected
arguments, wrong states and missing authentication or TLS are refused here, before the method runs; the protocol only
maps the refusals to reply codes. HELP, FEAT, EHLO and the documentation are generated from the same rows.

    class Envelope:
        @command("MAIL", "Begin a message.", syntax="FROM:<path>", states={"ready"}, reference="RFC 5321 4.1.1.2")
        def mail(self, argument: str) -> ...

    TABLE = CommandTable(Smtp, envelope=Envelope)    # commands of the session and of `session.envelope`
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any, Literal

import msgspec

ArgumentRule = Literal["none", "optional", "required"]


class Command(msgspec.Struct, frozen=True):
    """One row: a verb and its requirements."""

    verb: str
    method: str
    """Name of the method that implements it."""
    function: Callable[..., Any]
    """That method, unbound."""
    argument: ArgumentRule
    states: frozenset[str]
    """States in which it is allowed; empty for every state."""
    needs: frozenset[str]
    """Names that the session's `has` must contain, such as `login` or `tls`."""
    reference: str
    """RFC and section."""
    syntax: str
    """The argument as HELP shows it."""
    help: str
    """One-line description, which HELP shows."""
    part: str = ""
    """Attribute of the session whose object has the method; empty for the session itself."""


class ParsedCommand(msgspec.Struct, frozen=True, gc=False):
    """A command line, parsed."""

    verb: bytes
    """In upper case, as the table looks it up."""
    argument: bytes
    name: str
    """The verb as text, for faults and the journal."""
    text: str
    """The argument as text, for the method and for faults."""
    shown: str
    """The argument as the journal shows it, without secrets."""


class CommandRefused(Exception):
    """Base of the refusals of a command table; the protocol maps each to a reply code."""

    def __init__(self, verb: str, command: Command | None = None) -> None:
        super().__init__(verb)
        self.verb = verb
        self.command = command


class UnknownCommand(CommandRefused):
    """The table has no such verb."""


class UnwantedArgument(CommandRefused):
    """The verb takes no argument and was given one."""


class MissingArgument(CommandRefused):
    """The verb needs an argument and was given none."""


class WrongState(CommandRefused):
    """The verb is not allowed in the session's state."""


class LackingNeed(CommandRefused):
    """The session lacks a requirement of the verb: `need`."""

    def __init__(self, verb: str, command: Command, need: str) -> None:
        super().__init__(verb, command)
        self.need = need


def command(
    verb: str,
    help: str = "",  # noqa: A002 - as HELP shows it
    *,
    reference: str,
    argument: ArgumentRule | None = None,
    states: Collection[str] = (),
    needs: Collection[str] = (),
    syntax: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a method to implement a verb; one method may implement several.

    argument: None to derive it from `syntax`: `name` is required, `[name]` optional, an empty one none.
    """
    rule: ArgumentRule = argument or ("none" if not syntax else "optional" if syntax.startswith("[") else "required")

    def declare(method: Callable[..., Any]) -> Callable[..., Any]:
        row = Command(verb, method.__name__, method, rule, frozenset(states), frozenset(needs), reference, syntax, help)
        method.__dict__.setdefault("commands", []).append(row)
        return method

    return declare


class CommandTable:
    """The rows of a session class, its base classes and its parts, by verb; lookup is case-insensitive.

    parts: the classes of the session's parts, by attribute. Raises: ValueError if a verb is declared twice.
    """

    def __init__(self, owner: type, **parts: type) -> None:
        rows: list[Command] = [
            msgspec.structs.replace(row, part=part)
            for part, kind in {"": owner, **parts}.items()
            for one in kind.__mro__
            for item in vars(one).values()
            for row in getattr(item, "commands", ())
        ]
        self._rows = {row.verb.upper().encode("ascii"): row for row in sorted(rows, key=lambda row: row.verb)}
        if len(self._rows) != len(rows):
            raise ValueError(f"{owner.__name__} declares a verb twice")

    def __iter__(self) -> Iterator[Command]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, verb: bytes, argument: bytes, state: str, has: Collection[str] = ()) -> Command:
        """Return the row of a verb, if it may run now.

        verb, argument: as received, the argument without the space before it.
        state: the session's state. has: the requirements that the session fulfils.

        Raises: UnknownCommand, WrongState, LackingNeed, UnwantedArgument, MissingArgument, checked in this order.
        """
        row: Command | None = self._rows.get(verb.upper())
        if row is None:
            raise UnknownCommand(verb.decode("ascii", "backslashreplace"))
        if row.states and state not in row.states:
            raise WrongState(row.verb, row)
        if row.needs and not row.needs.issubset(has):
            raise LackingNeed(row.verb, row, min(row.needs.difference(has)))
        if argument and row.argument == "none":
            raise UnwantedArgument(row.verb, row)
        if not argument and row.argument == "required":
            raise MissingArgument(row.verb, row)
        return row
