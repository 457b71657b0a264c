"""What extensions add to commands and answers (RFC 5730 2.7.3): a module for each namespace, a line in `MODULES`.

A module declares its `EXTENSION`: the elements of its namespace that may stand in the `<extension>` of a command, and
functions that are called where the flow of a command has a place for them:

| place | when | for example |
|---|---|---|
| `replaces` | in the place of the flow, if the client has sent the element | restore (RFC 3915), claims (RFC 8334) |
| `changes` | the object as the command leaves it, just before it is put | DS records (RFC 5910), prices (RFC 8748) |
| `shows` | the answer of the command | grace periods in info, DS records in info |

Each is told by the class of the command. It gets the `Request`; the two others a subject, too: the domain for info,
create, renew, transfer, update, delete; the answer so far (`domain.ChkData`) for check; the message
(`world.registry.Message`) for poll. `changes` and `shows` are offered whether the client has sent an element or not
(`request.extension(...)`), so that an extension can demand one.

The grammar of the namespace is the module of the same name in `grammar`. The session has checked that a client uses
what it listed at login, and leaves out of an answer what it did not list.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from homeport.services.epp.flow import EppError, Flow, Outcome, Request
from homeport.services.epp.results import Code

if TYPE_CHECKING:
    from homeport.services.epp.grammar.declare import Element

MODULES = ("rgp", "secdns")
"""In the order in which they have their say."""

Subject = TypeVar("Subject")
Replace = Callable[[Request[Any]], Outcome | None]
"""None: it is not to be replaced after all."""
Change = Callable[[Request[Any], Any], Any]
Show = Callable[[Request[Any], Any], "Element | None"]
NOTHING: Mapping[type, Any] = MappingProxyType({})


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """One namespace."""

    uri: str
    rfc: str
    belongs: Mapping[type, type] = NOTHING
    """The element that may go with a command, by the class of the command's element."""
    replaces: Mapping[type, Replace] = NOTHING
    changes: Mapping[type, Change] = NOTHING
    shows: Mapping[type, Show] = NOTHING


@cache
def all_extensions() -> tuple[Extension, ...]:
    """Every extension there is."""
    return tuple(import_module(f"{__name__}.{module}").EXTENSION for module in MODULES)


@cache
def _places() -> dict[tuple[str, type], list[tuple[Extension, Any]]]:
    found: dict[tuple[str, type], list[tuple[Extension, Any]]] = {}
    for extension in all_extensions():
        for place in ("replaces", "changes", "shows"):
            for command, function in getattr(extension, place).items():
                found.setdefault((place, command), []).append((extension, function))
    return found


def carried_out(request: Request[Any], flow: Flow) -> Outcome:
    """What comes of a command: by an extension that replaces it, else by its flow. Raises: EppError."""
    if request.extensions:
        _check_placed(request)
        for extension, function in _places().get(("replaces", type(request.command)), ()):
            if extension.belongs[type(request.command)] in request.extensions:
                outcome: Outcome | None = function(request)
                if outcome is not None:
                    return outcome
    return flow(request)


def _check_placed(request: Request[Any]) -> None:
    """Raises: EppError 2103 if an element of an extension does not belong to the command (RFC 5730 3)."""
    kind = type(request.command)
    allowed = {one.belongs.get(kind) for one in all_extensions()}
    for element in request.extensions:
        if element not in allowed:
            raise EppError(
                Code.UNIMPLEMENTED_EXTENSION,
                f"RFC 5730 2.7.3: the extension element {_called(element)} has no meaning for this command; "
                f"{_advice(kind)}",
            )


def _called(element: type) -> str:
    return f"{element.__module__.rpartition('.')[2]}:{element.__name__[:1].lower()}{element.__name__[1:]}"


def _advice(command: type) -> str:
    elements = [_called(element) for one in all_extensions() if (element := one.belongs.get(command))]
    return f"it takes {', '.join(elements)}" if elements else "it takes none"


def changed(request: Request[Any], subject: Subject) -> Subject:
    """The subject as the extensions leave it."""
    for _extension, function in _places().get(("changes", type(request.command)), ()):
        subject = function(request, subject)
    return subject


def shown(request: Request[Any], subject: Any) -> "tuple[Element, ...]":
    """What the extensions that the client listed at login say in the answer."""
    return tuple(_shown(request, subject))


def _shown(request: Request[Any], subject: Any) -> "Iterator[Element]":
    for extension, function in _places().get(("shows", type(request.command)), ()):
        if extension.uri in request.services:
            element = function(request, subject)
            if element is not None:
                yield element
