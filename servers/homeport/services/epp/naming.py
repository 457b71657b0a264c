"""Names of commands: in the journal, in counters, in faults and in findings."""

import sys
from functools import cache
from typing import Any, NamedTuple

from homeport.services.epp.grammar import Command, domain, epp, host
from homeport.services.epp.grammar.declare import Element
from homeport.services.epp.grammar.foreign import Foreign

MAX_SHOWN = 10
"""Objects of one check that the journal names."""


class Called(NamedTuple):
    """A command's verb and the objects it names."""

    verb: str
    """`domain:check`, `login`, `poll`, ..."""
    names: tuple[str, ...]
    """Names of the command's objects; for login the client identifier; for poll the acknowledged message."""
    op: str
    """`op` of transfer and poll; empty for other commands."""
    foreign: str = ""
    """Elements of unknown namespaces in the command, each with its URI."""

    @property
    def shown(self) -> str:
        """The objects' names as the journal shows them."""
        names = self.names
        if len(names) > MAX_SHOWN:
            return f"{', '.join(names[:MAX_SHOWN])}, and {len(names) - MAX_SHOWN} more"
        return ", ".join(names)

    @property
    def argument(self) -> str:
        """Text that a fault's `argument` is matched against: `op`, then all names."""
        return " ".join((self.op, *self.names)) if self.op else " ".join(self.names)


def namespace_of(element: Element) -> str:
    """Return the namespace that an element belongs to."""
    kind: type[Element] = type(element)
    if kind is Foreign:
        foreign: Any = element
        return str(foreign.uri)
    return _namespace_of(kind)


def namespace_about(operation: Element | None) -> str:
    """Return the namespace of a command's object; empty if it has none."""
    about: Element | None = getattr(operation, "object", None)
    return "" if about is None else namespace_of(about)


@cache
def _namespace_of(kind: type[Element]) -> str:
    found: str = sys.modules[kind.__module__].NAMESPACE
    return found


@cache
def verb_of(kind: type[Element]) -> tuple[str, str]:
    """Return the verb of an object's command, and the field that names its objects."""
    prefix = kind.__module__.rpartition(".")[2]
    return f"{prefix}:{kind.__name__.lower()}", "name" if prefix in _NAMED else "id"


_NAMED = {one.NAMESPACE.split(":")[-1].partition("-")[0] for one in (domain, host)}


def called(operation: Element) -> Called:
    """Return the verb and names of a command."""
    kind = type(operation)
    if kind is epp.Login:
        return Called("login", (operation.cl_id,), "")  # type: ignore[attr-defined]  # narrowed by kind
    if kind is epp.Logout:
        return Called("logout", (), "")
    if kind is epp.Poll:
        poll: Any = operation
        return Called("poll", (poll.msg_id,) if poll.msg_id else (), poll.op)
    about: Any = operation.object  # type: ignore[attr-defined]  # all others have one
    of: type[Element] = type(about)
    if of is Foreign:  # not named after the client's words: counters have a row for each verb
        op = operation.op if kind is epp.Transfer else ""  # type: ignore[attr-defined]
        return Called(f"foreign:{kind.__name__.lower()}", about.names, op)
    verb, field = verb_of(of)
    name = getattr(about, field, None)
    if type(name) is str:
        names: tuple[str, ...] = (name,)
    elif type(name) is tuple:
        names = name
    else:
        names = (getattr(name, "value", ""),)
    return Called(verb, names, operation.op if kind is epp.Transfer else "")  # type: ignore[attr-defined]


def foreign_in(command: Command) -> str:
    """Return the elements of unknown namespaces in a command as the journal shows them."""
    about = getattr(command.operation, "object", None)
    found = [one for one in (about, *command.extension) if type(one) is Foreign]
    return ", ".join(f"{one.tag} ({one.uri})" for one in found[:MAX_SHOWN])


def password_of(operation: Element) -> str | None:
    """Return the authorization information that a command sets on an object; None if it sets none."""
    about: Any = getattr(operation, "object", None)
    given = getattr(about, "auth_info", None)
    if given is None:
        given = getattr(getattr(about, "chg", None), "auth_info", None)
    password = getattr(given, "pw", None)
    return None if password is None else str(password.value)
