"""Events as the API shows them: as the journal renders them, findings with their place, and faults with their reply."""

from typing import Any

from homeport.world.journal import Entry, Journal
from homeport.world.places import place_of_finding, reply_after


def render_event(journal: Journal, seq: int, entry: Entry, max_bytes: int | None = None) -> dict[str, Any]:
    """Render an event for the API. max_bytes: as in `Journal.render`."""
    event = journal.render(seq, entry, max_bytes)
    if entry.type == "finding":
        event["at"], event["command_seq"] = place_of_finding(journal, seq, entry.source, entry.content)
    elif entry.type == "fault":
        event["reply_seq"] = reply_after(journal, seq, entry.source)
    return event
