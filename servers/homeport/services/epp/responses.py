"""Serialize the greeting (RFC 5730 2.4) and responses (2.6): outcomes and refusals as XML."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from homeport.services.epp.flow import EppError, Outcome, Value
from homeport.services.epp.grammar import Element, Markup, Offer, Problem, epp, write, xml_of
from homeport.services.epp.grammar.namespaces import BY_URI
from homeport.services.epp.naming import Called, namespace_of
from homeport.services.epp.offers import offer_of
from homeport.services.epp.options import EppOptions
from homeport.services.epp.results import LANGUAGES, Code, text_of

if TYPE_CHECKING:
    from homeport.world.registry import Messages

VERSION = "1.0"
POLICY = epp.DataPolicy(
    access="all",
    statement=(
        epp.Statement(
            purpose=epp.Purpose(admin=True, prov=True),
            recipient=epp.Recipient(ours=(epp.Ours(),), public=True),
            retention="stated",
        ),
    ),
)
"""Data collection policy: all registrars have access; data serve provisioning, are public, and do not expire."""
MAX_PROBLEMS = 8
"""Maximum number of problems reported for one frame; the client sees the others when these are solved."""
NOTHING = Markup(f'<epp:undef xmlns:epp="{epp.NAMESPACE}"/>')
"""Element shown in `<value>` where no element of the client's frame can be shown."""


def greeting(options: EppOptions, now: float) -> bytes:
    """Return the greeting as XML. now: the world's time in seconds (svDate)."""
    menu = _menu(offer_of(options.services, options.extensions))
    return write(epp.Greeting(sv_id=options.server_id, sv_date=now, svc_menu=menu, dcp=POLICY))


@cache
def _menu(offer: Offer) -> epp.ServiceMenu:
    extensions = epp.ServiceExtensions(ext_uri=offer.extensions) if offer.extensions else None
    return epp.ServiceMenu(version=(VERSION,), lang=LANGUAGES, obj_uri=offer.objects, svc_extension=extensions)


class Ids(NamedTuple):
    """Transaction identifiers and language of one answer."""

    client: str | None
    """clTRID to echo; None: leave it out."""
    server: str
    language: str


def answer(
    outcome: Outcome, ids: Ids, queue: "epp.MessageQueue | None", extensions: tuple[Element, ...], namespace: str
) -> bytes:
    """Return the response to a command that succeeded. namespace: of its object."""
    values: tuple[epp.Value | epp.ExtValue, ...] = ()
    if outcome.values:
        values = tuple(explained(markup(value, namespace), reason) for value, reason in outcome.values)
    data = () if outcome.data is None else (outcome.data,)
    return _write((result(outcome.code, ids.language, values),), ids, queue, data, extensions)


def refusal(error: EppError, ids: Ids, queue: "epp.MessageQueue | None", blamed: Markup, namespace: str) -> bytes:
    """Return the response to a refused command. blamed: shown in `<value>` where the error names no element."""
    results = []
    for one in (error, *error.also):
        values: tuple[epp.ExtValue, ...] = ()
        if one.reason:
            shown = blamed if one.value is None else markup(one.value, namespace)
            values = (explained(shown, one.reason),)
        results.append(result(one.code, ids.language, values))
    data = () if error.data is None else (error.data,)
    return _write(tuple(results), ids, queue, data, error.extensions)


def objection(problems: Sequence[Problem], ids: Ids) -> bytes:
    """Return the response to an invalid frame: one result per code, the first problem's first."""
    by_code: dict[Code, list[Problem]] = {}
    for problem in problems[:MAX_PROBLEMS]:
        by_code.setdefault(problem.code, []).append(problem)
    results = tuple(
        result(code, ids.language, tuple(explained(Markup(one.value or NOTHING), one.reason) for one in of_code))
        for code, of_code in by_code.items()
    )
    return _write(results, ids, None)


def result(code: Code, language: str, values: tuple["epp.Value | epp.ExtValue", ...] = ()) -> epp.Result:
    """Return a result with its text."""
    if not values:
        known = _PLAIN.get((code, language))
        if known is None:
            known = _PLAIN[code, language] = epp.Result(code=code, msg=message(code, language))
        return known
    return epp.Result(code=code, msg=message(code, language), values=values)


_PLAIN: dict[tuple[Code, str], epp.Result] = {}


def message(code: Code, language: str) -> epp.Message:
    """Return the text of a code; its language is marked unless it is the default (RFC 5730 2.6)."""
    if language == LANGUAGES[0]:
        return epp.Message(value=text_of(code))
    return epp.Message(lang=language, value=text_of(code, language))


def explained(value: Markup, reason: str) -> epp.ExtValue:
    """Return the element to blame with the reason. Reasons are for developers, in English."""
    return epp.ExtValue(value=epp.Value(content=value), reason=epp.Message(value=reason))


def markup(value: "Element | Value", namespace: str) -> Markup:
    """Return an element as shown in `<value>`. namespace: of the command's object."""
    if not isinstance(value, Value):
        return xml_of(value)
    uri = value.namespace or namespace
    known = BY_URI.get(uri)
    prefix = (known.prefix if known is not None else "") or "epp"
    return Markup(f'<{prefix}:{value.name} xmlns:{prefix}="{escape(uri)}">{escape(value.text)}</{prefix}:{value.name}>')


def blamed_of(operation: Element, called: Called) -> Markup:
    """Return the default `<value>` of a refusal: the object's name, else the command's element."""
    about = getattr(operation, "object", None)
    if about is None:
        return Markup(f'<epp:{called.verb} xmlns:epp="{epp.NAMESPACE}"/>')
    field = "id" if called.verb.startswith("contact:") else "name"
    text = called.names[0] if called.names else ""
    return markup(Value(field, text), namespace_of(about))


def queue_of(messages: "Messages", registrar: str) -> "epp.MessageQueue | None":
    """Return `<msgQ>`: number of messages and first identifier (RFC 5730 2.6); None for an empty queue."""
    first = messages.first(registrar)
    if first is None:
        return None
    return epp.MessageQueue(count=messages.count(registrar), id=str(first.id))


def _write(
    results: tuple[epp.Result, ...],
    ids: Ids,
    queue: "epp.MessageQueue | None",
    data: tuple[Element, ...] = (),
    extensions: Iterable[Element] = (),
) -> bytes:
    return write(
        epp.Response(
            result=results,
            msg_q=queue,
            res_data=data,
            extension=tuple(extensions),
            tr_id=epp.TransactionIds(cl_trid=ids.client, sv_trid=ids.server),
        )
    )
