"""The greeting (RFC 5730 2.4) and the responses (2.6): outcomes and refusals as XML."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from homeport.services.epp.extensions import all_extensions
from homeport.services.epp.flow import EppError, Outcome, Value
from homeport.services.epp.grammar import Element, Markup, Problem, contact, domain, epp, host, write, xml_of
from homeport.services.epp.naming import Called, namespace_of
from homeport.services.epp.options import EppOptions
from homeport.services.epp.results import LANGUAGES, Code, text_of

if TYPE_CHECKING:
    from homeport.world.registry import Messages

VERSION = "1.0"
OBJECTS = (domain.NAMESPACE, contact.NAMESPACE, host.NAMESPACE)
EXTENSIONS = tuple(one.uri for one in all_extensions())

MENU = epp.ServiceMenu(
    version=(VERSION,),
    lang=LANGUAGES,
    obj_uri=OBJECTS,
    svc_extension=epp.ServiceExtensions(ext_uri=EXTENSIONS),
)
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
"""Registrars see all that is kept, which is for provisioning and shown to everybody by Whois, as long as it stands."""
MOST_PROBLEMS = 8
"""Problems of one frame that are told; who has more sees them when these are gone."""
NOTHING = Markup(f'<epp:undef xmlns:epp="{epp.NAMESPACE}"/>')
"""The element to blame where nothing of the client's can be shown."""


def greeting(options: EppOptions, now: float) -> bytes:
    """The greeting. now: the world's time (svDate)."""
    return write(epp.Greeting(sv_id=options.server_id, sv_date=now, svc_menu=MENU, dcp=POLICY))


class Ids(NamedTuple):
    """The identifiers of a transaction, and the language that it is answered in."""

    client: str | None
    """clTRID, as it is echoed; None: not at all."""
    server: str
    language: str


def answer(
    outcome: Outcome, ids: Ids, queue: "epp.MessageQueue | None", extensions: tuple[Element, ...], namespace: str
) -> bytes:
    """The response to a command that is done. namespace: of its object."""
    values: tuple[epp.Value | epp.ExtValue, ...] = ()
    if outcome.values:
        values = tuple(explained(markup(value, namespace), reason) for value, reason in outcome.values)
    data = () if outcome.data is None else (outcome.data,)
    return _write((result(outcome.code, ids.language, values),), ids, queue, data, extensions)


def refusal(error: EppError, ids: Ids, queue: "epp.MessageQueue | None", blamed: Markup, namespace: str) -> bytes:
    """The response to a command that is refused. blamed: what is shown in `<value>` where the error names nothing."""
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
    """The response to a frame that is not taken: a result for each code, the first problem's first."""
    by_code: dict[Code, list[Problem]] = {}
    for problem in problems[:MOST_PROBLEMS]:
        by_code.setdefault(problem.code, []).append(problem)
    results = tuple(
        result(code, ids.language, tuple(explained(Markup(one.value or NOTHING), one.reason) for one in of_code))
        for code, of_code in by_code.items()
    )
    return _write(results, ids, None)


def result(code: Code, language: str, values: tuple["epp.Value | epp.ExtValue", ...] = ()) -> epp.Result:
    """A result with its text."""
    if not values:
        known = _PLAIN.get((code, language))
        if known is None:
            known = _PLAIN[code, language] = epp.Result(code=code, msg=message(code, language))
        return known
    return epp.Result(code=code, msg=message(code, language), values=values)


_PLAIN: dict[tuple[Code, str], epp.Result] = {}


def message(code: Code, language: str) -> epp.Message:
    """The text of a code; its language is named unless it is the default (RFC 5730 2.6)."""
    if language == LANGUAGES[0]:
        return epp.Message(value=text_of(code))
    return epp.Message(lang=language, value=text_of(code, language))


def explained(value: Markup, reason: str) -> epp.ExtValue:
    """What is wrong, and why. Reasons are for developers, in English."""
    return epp.ExtValue(value=epp.Value(content=value), reason=epp.Message(value=reason))


def markup(value: "Element | Value", namespace: str) -> Markup:
    """An element as it is shown in `<value>`. namespace: of the command's object."""
    if not isinstance(value, Value):
        return xml_of(value)
    uri = value.namespace or namespace
    prefix = uri.rpartition(":")[2].partition("-")[0] or "epp"
    return Markup(f'<{prefix}:{value.name} xmlns:{prefix}="{escape(uri)}">{escape(value.text)}</{prefix}:{value.name}>')


def blamed_of(operation: Element, called: Called) -> Markup:
    """What is shown of a command whose refusal blames nothing in particular: the object's name, or the command's."""
    about = getattr(operation, "object", None)
    if about is None:
        return Markup(f'<epp:{called.verb} xmlns:epp="{epp.NAMESPACE}"/>')
    field = "id" if called.verb.startswith("contact:") else "name"
    text = called.names[0] if called.names else ""
    return markup(Value(field, text), namespace_of(about))


def queue_of(messages: "Messages", registrar: str) -> "epp.MessageQueue | None":
    """How many messages wait, and which is first; None if none does (RFC 5730 2.6)."""
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
