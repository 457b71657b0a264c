"""What the report of a failed test says of its world."""

from homeport.config.quantities import counted
from homeport.testing.errors import FarmError
from homeport.testing.faults import Fault
from homeport.testing.unused import near
from homeport.testing.world import World

TALKS = 20
"""Transcripts that are shown, the latest."""
LINES = 200
"""Lines of a transcript that are shown: the first and the last of them."""


def sections(world: World) -> list[tuple[str, str]]:
    """Title and text of each section: findings, faults that were planned, transcripts. Never an exception."""
    try:
        made = [("findings", "\n".join(map(str, world.findings())))]
        made.append(("faults", "\n".join(fault_line(world, one) for one in [*world.faults(), *world.ended_faults])))
        talks = world.connections()
        for talk in talks[-TALKS:]:
            title = f"{talk['service']}.{talk['listener']} {talk['id']}"
            made.append((title, shortened(world.transcript(talk["id"])["text"])))
        if len(talks) > TALKS:
            made.append(("earlier connections", f"{len(talks) - TALKS} more are not shown"))
    except (FarmError, OSError) as error:
        made = [("farm", f"what happened is not known: {error}")]
    return [(f"homeport world {world_name(world)}: {title}", text) for title, text in made if text]


def fault_line(world: World, fault: Fault) -> str:
    """A fault, and what became of it."""
    line = f"{fault['id']} {fault['service']} {fault['do']}: acted {counted(fault['acted'], 'time')}"
    return line if fault["acted"] else f"{line}: {near(world, fault)}"


def shortened(text: str) -> str:
    """A long text without its middle."""
    lines = text.splitlines()
    if len(lines) <= LINES:
        return text
    half = LINES // 2
    return "\n".join([*lines[:half], f"... {len(lines) - LINES} lines ...", *lines[-half:]])


def world_name(world: World) -> str:
    """Its name, also if the farm has been stopped."""
    try:
        return world.name
    except FarmError:
        return "?"
