"""Command tables: what a verb demands, declared beside the method that carries it out.

A protocol of commands (SMTP, FTP) declares each as a row of its table. Unknown verbs, arguments too many or too few,
wrong states and lacking authentication or TLS are refused here, before the method runs; the protocol only gives the
refusals their reply codes. HELP, FEAT, EHLO and the documentation are read off the same rows.

    class Envelope:
        @command("MAIL", "Begin a message.", syntax="FROM:<path>", states={"ready"}, reference="RFC 5321 4.1.1.2")
        def mail(self, argument: str) -> ...

    TABLE = CommandTable(Smtp, envelope=Envelope)    # commands of the session, and of its part `session.envelope`
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any, Literal

import msgspec

ArgumentRule = Literal["none", "optional", "required"]


class Command(msgspec.Struct, frozen=True):
    """One row: a verb and all that must hold before it runs."""

    verb: str
    method: str
    """The name of the method that carries it out."""
    function: Callable[..., Any]
    """That method, not bound."""
    argument: ArgumentRule
    states: frozenset[str]
    """The states that it may be given in; empty for every state."""
    needs: frozenset[str]
    """What the session must have besides, such as `login` or `tls`."""
    reference: str
    """The RFC and its section."""
    syntax: str
    """The argument as HELP shows it."""
    help: str
    """One line for people, which HELP shows."""
    part: str = ""
    """The attribute of the session that has the method; empty for the session itself."""


class Spoken(msgspec.Struct, frozen=True, gc=False):
    """A command, taken apart."""

    verb: bytes
    """As the table finds it: in capitals."""
    argument: bytes
    name: str
    """The verb as text: what faults match, and the journal shows."""
    text: str
    """The argument as its method takes it, and faults match it."""
    shown: str
    """The argument as the journal shows it."""


class CommandRefused(Exception):
    """A command that the table does not let through; the protocol gives it a reply code."""

    def __init__(self, verb: str, command: Command | None = None) -> None:
        super().__init__(verb)
        self.verb = verb
        self.command = command


class UnknownCommand(CommandRefused):
    """No such verb."""


class UnwantedArgument(CommandRefused):
    """The verb takes no argument and was given one."""


class MissingArgument(CommandRefused):
    """The verb needs an argument and was given none."""


class WrongState(CommandRefused):
    """The verb is out of sequence."""


class LackingNeed(CommandRefused):
    """The session lacks something that the verb needs; `need` says what."""

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
    """Declare the method to be what carries out a verb; one method may carry out several.

    argument: None: as `syntax` says: `name` is required, `[name]` optional, an empty one is none.
    """
    rule: ArgumentRule = argument or ("none" if not syntax else "optional" if syntax.startswith("[") else "required")

    def declare(method: Callable[..., Any]) -> Callable[..., Any]:
        row = Command(verb, method.__name__, method, rule, frozenset(states), frozenset(needs), reference, syntax, help)
        method.__dict__.setdefault("commands", []).append(row)
        return method

    return declare


class CommandTable:
    """The rows of a session's class and of those that it builds on, found by verb without regard to case.

    parts: the classes of the session's parts whose commands belong to it, by the attributes that have them.
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
        """The row of a verb that may run now.

        verb, argument: as received, the argument without the blank before it.
        state: the session's state. has: what the session has of what commands need.

        Raises: UnknownCommand, WrongState, LackingNeed, UnwantedArgument, MissingArgument, tried in this order.
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
