"""Extensions of commands and answers (RFC 5730 2.7.3): a module for each namespace, a line in `namespaces.TABLE`.

A module declares its `EXTENSION`: the elements of its namespace that may stand in the `<extension>` of a command, and
functions that are called at fixed places of a command's flow:

| place | when | for example |
|---|---|---|
| `wraps` | around all of it, whether the client has sent the element or not | the product (namestoreExt) |
| `replaces` | instead of the flow, if the client has sent the element | restore (RFC 3915), claims (RFC 8334) |
| `changes` | the object as the command leaves it, just before it is put | DS records (RFC 5910), prices (RFC 8748) |
| `shows` | the answer of the command | grace periods in info, DS records in info |

Each is looked up by the class of the command. It gets the `Request`; the two others a subject, too: the domain for
info, create, renew, transfer, update, delete; the contact or host for info, create, update; the answer so far
(`domain.ChkData`) for check; the message (`world.registry.Message`) for poll. `changes` and `shows` are offered
whether the client has sent an element or not (`request.extension(...)`), so that an extension can demand one.

The grammar of the namespace is the module of the same name in `grammar`. The session has checked that a client uses
what it listed at login, and leaves out of an answer what it did not list, or puts it where RFC 9038 says
(`services/epp/unhandled.py`). Extensions that the greeting does not
announce (`offers.py`) are not imported, and nothing of theirs is called.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from homeport.services.epp.flow import EppError, Flow, Outcome, Request
from homeport.services.epp.grammar.namespaces import BY_URI, Namespace, qualified_name
from homeport.services.epp.offers import offer_of
from homeport.services.epp.results import Code
from homeport.services.epp.unhandled import URI as UNHANDLED

if TYPE_CHECKING:
    from homeport.services.epp.grammar.declare import Element

Subject = TypeVar("Subject")
Replace = Callable[[Request[Any]], Outcome | None]
"""Replacement of a flow; returns None if the flow is to run after all."""
Change = Callable[[Request[Any], Any], Any]
Show = Callable[[Request[Any], Any], "Element | None"]
Wrap = Callable[[Request[Any], Flow], Outcome]
NOTHING: Mapping[type, Any] = MappingProxyType({})


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """An extension: one namespace."""

    uri: str
    rfc: str
    belongs: Mapping[type, type] = NOTHING
    """Elements that may go with a command, by the class of the command's element."""
    wraps: Mapping[type, Wrap] = NOTHING
    replaces: Mapping[type, Replace] = NOTHING
    changes: Mapping[type, Change] = NOTHING
    shows: Mapping[type, Show] = NOTHING


def extension_of(namespace: Namespace) -> Extension | None:
    """Return the extension of a namespace; None if it has no behaviour."""
    if namespace.kind != "extension" or not namespace.behaviour:
        return None
    name = namespace.name
    extension: Extension = import_module(name if namespace.installed else f"{__name__}.{name}").EXTENSION
    return extension


def all_extensions() -> Iterator[Extension]:
    """Yield all extensions that we have, in the order in which they are called."""
    yield from filter(None, map(extension_of, BY_URI.values()))


@cache
def extensions_served(services: tuple[str, ...], extensions: tuple[str, ...]) -> tuple[Extension, ...]:
    """Return the extensions that the greeting announces. services, extensions: as configured in [epp]."""
    known = (BY_URI[uri] for uri in offer_of(services, extensions).extensions if uri in BY_URI)
    return tuple(filter(None, map(extension_of, known)))


@cache
def _places(
    services: tuple[str, ...], extensions: tuple[str, ...]
) -> dict[tuple[str, type], list[tuple[Extension, Any]]]:
    found: dict[tuple[str, type], list[tuple[Extension, Any]]] = {}
    for extension in extensions_served(services, extensions):
        for place in ("wraps", "replaces", "changes", "shows"):
            for command, function in getattr(extension, place).items():
                found.setdefault((place, command), []).append((extension, function))
    return found


def _at(place: str, request: Request[Any]) -> list[tuple[Extension, Any]] | tuple[()]:
    """Return the functions of a place for a request."""
    options = request.options
    return _places(options.services, options.extensions).get((place, type(request.command)), ())


def run_flow(request: Request[Any], flow: Flow) -> Outcome:
    """Carry out a command by an extension that replaces its flow, else by its flow. Raises: EppError."""
    if request.extensions:
        _check_placed(request)
    if not (wraps := _at("wraps", request)):
        return _run_flow(request, flow)
    carry_out: Flow = partial(_run_flow, flow=flow)
    for _extension, function in wraps:
        carry_out = partial(function, flow=carry_out)
    return carry_out(request)


def _run_flow(request: Request[Any], flow: Flow) -> Outcome:
    if request.extensions:
        for extension, function in _at("replaces", request):
            if extension.belongs[type(request.command)] in request.extensions:
                outcome: Outcome | None = function(request)
                if outcome is not None:
                    return outcome
    return flow(request)


def _check_placed(request: Request[Any]) -> None:
    """Raise EppError 2103 if an extension element does not belong to the command (RFC 5730 3), 2306 if one stands
    twice: to carry out one of them alone would ignore a price or a key without a word.
    """
    if request.repeated is not None:
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 5730 2.7.3: {qualified_name(request.repeated)} stands twice in extension; a command has it once",
        )
    kind, options = type(request.command), request.options
    served = extensions_served(options.services, options.extensions)
    allowed = {one.belongs.get(kind) for one in served}
    for element in request.extensions:
        if element not in allowed:
            raise EppError(
                Code.UNIMPLEMENTED_EXTENSION,
                f"RFC 5730 2.7.3: the extension element {qualified_name(element)} has no meaning for this "
                f"command; {_advice(kind, served)}",
            )


def _advice(command: type, served: tuple[Extension, ...]) -> str:
    elements = [qualified_name(element) for one in served if (element := one.belongs.get(command))]
    return f"it takes {', '.join(elements)}" if elements else "it takes none"


def changed(request: Request[Any], subject: Subject) -> Subject:
    """Return the subject after the extensions' changes."""
    for _extension, function in _at("changes", request):
        subject = function(request, subject)
    return subject


def shown(request: Request[Any], subject: Any) -> "tuple[Element, ...]":
    """Return the elements that extensions add to the answer: those listed at login, or all for a client that takes
    the others apart (RFC 9038).
    """
    return tuple(_shown(request, subject))


def _shown(request: Request[Any], subject: Any) -> "Iterator[Element]":
    for extension, function in _at("shows", request):
        if extension.uri in request.services or UNHANDLED in request.services:
            element = function(request, subject)
            if element is not None:
                yield element
