"""The journal's record of faults that acted."""

from homeport.world.faults import Fault, LastAct
from homeport.world.journal import Connection, Journal, Source, printable

MAX_INSTEAD_BYTES = 200
"""Limit of what an event says that the server would have sent."""


def log_fault(journal: Journal, source: Source, fault: Fault, did: str, instead_of: str = "", **fields: str) -> None:
    """Log that a fault acted, and remember it as the fault's last act.

    did, instead_of: what it did, and what the server would have done or said without it, for people.
    """
    content = {**fields, "id": fault.id, "kind": fault.plan.do.kind, "did": did, "instead_of": instead_of}
    seq = journal.log(source, "fault", content)
    event = next(journal.entries(seq - 1), None) if seq else None
    now = journal.real() if event is None else event[1].time
    fault.last = LastAct(seq, source.id if isinstance(source, Connection) else None, now)


def shown_original(data: bytes) -> str:
    """Return the beginning of what the server would have sent, for `instead_of`."""
    return printable(data[:MAX_INSTEAD_BYTES]) + ("..." if len(data) > MAX_INSTEAD_BYTES else "")
