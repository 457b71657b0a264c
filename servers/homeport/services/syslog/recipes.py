"""Faults by name that only syslog has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Bandwidth, Do, Limit, Plain

RECIPES = (
    Recipe(
        name="stop-reading",
        title="Stop reading",
        text="The next connection is accepted, but not read: once the buffers are full, does the application block?",
        do=Do(bandwidth=Bandwidth(1)),
        direction="in",
    ),
    Recipe(
        name="restart",
        title="Collector restarts",
        text="Every connection is reset after 10,000 bytes, until the fault is removed: which messages are lost?",
        do=Do(limit=Limit(10_000, reset=True)),
        times=0,
        direction="in",
    ),
    Recipe(
        name="lose-messages",
        title="Take messages and lose them",
        text="The next connection is read, but nothing of it arrives: the client cannot know.",
        do=Do(hang=Plain()),
        direction="in",
    ),
)
