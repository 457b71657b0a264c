"""The sections about a failed test's world in pytest's report."""

from homeport.config.quantities import counted
from homeport.testing.errors import FarmError
from homeport.testing.faults import Fault
from homeport.testing.unused import near
from homeport.testing.world import World
from homeport.visible import visible_text

MAX_TRANSCRIPTS = 20
"""Maximum number of transcripts shown; the latest."""
MAX_LINES = 200
"""Maximum number of lines shown of a transcript: the first and the last."""


def sections(world: World) -> list[tuple[str, str]]:
    """Return title and text of each section: findings, planned faults, transcripts. It never raises."""
    try:
        found = [("findings", "\n".join(map(str, world.findings())))]
        found.append(("faults", "\n".join(fault_line(world, one) for one in [*world.faults(), *world.ended_faults])))
        connections = world.connections()
        for connection in connections[-MAX_TRANSCRIPTS:]:
            title = f"{connection['service']}.{connection['listener']} {connection['id']}"
            found.append((title, shortened(world.transcript(connection["id"])["text"])))
        if len(connections) > MAX_TRANSCRIPTS:
            found.append(("earlier connections", f"{len(connections) - MAX_TRANSCRIPTS} more not shown"))
    except (FarmError, OSError) as error:
        found = [("farm", f"the farm does not answer: {error}")]
    return [(f"homeport world {world_name(world)}: {title}", visible_text(text)) for title, text in found if text]


def fault_line(world: World, fault: Fault) -> str:
    """Format a fault and its effect."""
    line = f"{fault['id']} {fault['service']} {fault['do']}: acted {counted(fault['acted'], 'time')}"
    return line if fault["acted"] else f"{line}: {near(world, fault)}"


def shortened(text: str) -> str:
    """Return a long text with its middle left out."""
    lines = text.splitlines()
    if len(lines) <= MAX_LINES:
        return text
    half = MAX_LINES // 2
    return "\n".join([*lines[:half], f"... {len(lines) - MAX_LINES} lines ...", *lines[-half:]])


def world_name(world: World) -> str:
    """Return the world's name, also if the farm has been stopped."""
    try:
        return world.name
    except FarmError:
        return "?"
