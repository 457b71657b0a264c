"""Canned elements in answers: `[epp] answers` and those set over the API (`world/canned_answers.py`)."""

from collections.abc import Mapping

import msgspec

from homeport.services.epp.flow import Outcome
from homeport.services.epp.grammar import Markup
from homeport.services.epp.grammar.foreign import Foreign
from homeport.services.epp.naming import Called
from homeport.world.canned_answers import CannedAnswers, parse
from homeport.world.world import World


def with_canned(
    outcome: Outcome, called: Called, world: World, configured: Mapping[str, str], services: frozenset[str]
) -> Outcome:
    """Return the outcome with what is added to answers to its command. services: namespaces of the login.

    The answer to a foreign object's command has it in `<resData>`, any other in `<extension>`.
    """
    texts = world.of_service(CannedAnswers.SERVICE, CannedAnswers).texts
    if not texts and not configured:
        return outcome
    text = texts.get(called.verb) or configured.get(called.verb)
    if not text:
        return outcome
    name = called.names[0] if called.names else ""
    shown = tuple(Foreign(uri=one.uri, prefix="", local="", content=Markup(one.about(name))) for one in parse(text))
    if not called.verb.startswith("foreign:"):
        return msgspec.structs.replace(outcome, extensions=(*outcome.extensions, *shown))
    if data := [one for one in shown if one.uri in services]:
        whole = Markup("".join(one.content for one in data))
        return msgspec.structs.replace(outcome, data=msgspec.structs.replace(data[0], content=whole))
    return outcome
