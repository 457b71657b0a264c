"""What commands are called: in the journal, in counters, for faults and for findings."""

import sys
from functools import cache
from typing import Any, NamedTuple

from homeport.services.epp.grammar import domain, epp, host
from homeport.services.epp.grammar.declare import Element

MOST_SHOWN = 10
"""Objects of one check that the journal names."""


class Called(NamedTuple):
    """A command by its names."""

    verb: str
    """`domain:check`, `login`, `poll`, ..."""
    names: tuple[str, ...]
    """The objects that it is about; the login's client identifier; the message that is acknowledged."""
    op: str
    """Of transfer and poll; empty for others."""

    @property
    def shown(self) -> str:
        """The objects, as the journal has them."""
        names = self.names
        if len(names) > MOST_SHOWN:
            return f"{', '.join(names[:MOST_SHOWN])}, and {len(names) - MOST_SHOWN} more"
        return ", ".join(names)

    @property
    def argument(self) -> str:
        """What faults look for a part in: the kind of a transfer or poll, and all objects."""
        return " ".join((self.op, *self.names)) if self.op else " ".join(self.names)


def namespace_of(element: Element) -> str:
    """The namespace that an element belongs to."""
    kind: type[Element] = type(element)
    return _namespace_of(kind)


def namespace_about(operation: Element | None) -> str:
    """Return the namespace of the object that a command is about; empty for none."""
    about: Element | None = getattr(operation, "object", None)
    return "" if about is None else namespace_of(about)


@cache
def _namespace_of(kind: type[Element]) -> str:
    found: str = sys.modules[kind.__module__].NAMESPACE
    return found


@cache
def verb_of(kind: type[Element]) -> tuple[str, str]:
    """The verb of an object's command, and the field that names the objects."""
    prefix = kind.__module__.rpartition(".")[2]
    return f"{prefix}:{kind.__name__.lower()}", "name" if prefix in _NAMED else "id"


_NAMED = {one.NAMESPACE.split(":")[-1].partition("-")[0] for one in (domain, host)}


def called(operation: Element) -> Called:
    """The names of a command."""
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
    verb, field = verb_of(of)
    name = getattr(about, field, None)
    if type(name) is str:
        names: tuple[str, ...] = (name,)
    elif type(name) is tuple:
        names = name
    else:
        names = (getattr(name, "value", ""),)
    return Called(verb, names, operation.op if kind is epp.Transfer else "")  # type: ignore[attr-defined]


def password_of(operation: Element) -> str | None:
    """The authorization information that a command gives an object; None for none."""
    about: Any = getattr(operation, "object", None)
    given = getattr(about, "auth_info", None)
    if given is None:
        given = getattr(getattr(about, "chg", None), "auth_info", None)
    password = getattr(given, "pw", None)
    return None if password is None else str(password.value)
