"""The entry before and after a change, in the controls of its response (RFC 4527)."""

from homeport.protocol.ber import SEQUENCE
from homeport.services.ldap.messages import Control
from homeport.services.ldap.operation import Operation
from homeport.services.ldap.responses import write_entry
from homeport.services.ldap.selection import Selection
from homeport.world.directory.entry import Entry


def snapshot(operation: Operation, entry: Entry | None, oid: str) -> tuple[Control, ...]:
    """Return the control with an entry as it is now, if the request asks for it. oid: PRE_READ or POST_READ."""
    asked = operation.parsed.get(oid)
    if asked is None or entry is None:
        return ()
    selection = Selection(operation.dialogue.context.world.directory, asked.names, operation.bound)
    written = write_entry(entry.dn, selection.of(entry))
    return (Control(oid, value=bytes((SEQUENCE,)) + written[1:]),)  # the same without the response's tag
