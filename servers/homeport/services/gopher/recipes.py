"""Faults by name that only Gopher has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Limit

RECIPES = (
    Recipe(
        name="no-dot",
        title="Leave out the final dot",
        text="The next menu or text ends with the close alone: many servers do so, and a client must not wait.",
        do=Do(frame="no-final-dot"),
    ),
    Recipe(
        name="dot-early",
        title="Put a dot after the first line",
        text="The next menu or text has an end in its middle: does the client show what follows?",
        do=Do(frame="early-dot"),
    ),
    Recipe(
        name="wrong-type",
        title="Wrong item types",
        text="The next menu has texts as binaries and folders as texts: a client must bear what it gets then.",
        do=Do(frame="wrong-type"),
    ),
    Recipe(
        name="wrong-length",
        title="Wrong length (Gopher+)",
        text="The next file of Gopher+ is seven bytes shorter than announced: a client must notice.",
        do=Do(frame="wrong-size"),
    ),
    Recipe(
        name="no-tabs",
        title="Menu lines without TABs",
        text="The next menu has spaces for TABs: a client must neither crash nor guess.",
        do=Do(frame="no-tabs"),
    ),
    Recipe(
        name="unreachable-host",
        title="Menu of a host that does not exist",
        text="The items of the next menu are at a host whose name does not resolve: the user needs an error.",
        do=Do(frame="unreachable-host"),
    ),
    Recipe(
        name="cut-file",
        title="Cut an answer after 1,000 bytes",
        text="The connection is reset in the next answer: a client must not take a part for the whole.",
        do=Do(limit=Limit(1000, reset=True)),
    ),
)
