"""Faults by name that only DICT has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Limit, Match, Reply

RECIPES = (
    Recipe(
        name="unavailable-at-connect",
        title="Unavailable at connect",
        text="420 in place of the banner, then a close: a client should try another server, or later.",
        match=Match(verb="CONNECT"),
        do=Do(reply=Reply(code=420)),
    ),
    Recipe(
        name="cut-definition",
        title="Cut a definition",
        text="The connection closes after 100 bytes of the next answer to DEFINE: half a definition is none.",
        match=Match(verb="DEFINE"),
        do=Do(limit=Limit(100)),
    ),
    Recipe(
        name="one-too-few",
        title="Announce one definition too many",
        text="The next answer to DEFINE says one definition more than it has: a client must not wait for it for ever.",
        match=Match(verb="DEFINE"),
        do=Do(frame="wrong-count"),
    ),
)
