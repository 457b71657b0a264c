"""Faults that a client asks for by a name in `fault.test`, if `[faults] by_client` is set: `reset.fault.test`.

The name is the HOSTNAME, the APP-NAME or TAG, or the MSGID of a message. It is a name of
`protocol.fault_names.parse_fault_name`, which acts on what comes after the message on its connection, or one of
`OWN_NAMES`. The message itself is received, except with `drop`.
"""

import msgspec

from homeport.protocol.effects import BeginFault, Effect, LogFault, Misbehave
from homeport.protocol.fault_names import FAULT_DOMAIN, parse_fault_name
from homeport.protocol.faults import OF_COMMANDS, Bandwidth, Do, Plain
from homeport.protocol.session import Context
from homeport.world.logs import LogFields

SUFFIX = f".{FAULT_DOMAIN}"
OWN_NAMES = ("drop", "stall")
"""`drop` loses the message; `stall` stops reading, so that the connection's buffers fill up."""
AT_ONCE = ("reset", "close")
"""Kinds that end the connection without waiting for more input."""


def find_fault(fields: LogFields) -> Do | None:
    """Return the fault that a message asks for; None if it asks for none, or for an unknown one."""
    for value in (fields.host, fields.app, fields.msgid):
        if value is not None and value.lower().endswith(SUFFIX):
            name = value.lower().removesuffix(SUFFIX)
            if name == "drop":
                return Do(drop=Plain())
            if name == "stall":
                return Do(bandwidth=Bandwidth(1))
            do = parse_fault_name(name)
            if do is not None and do.kind not in OF_COMMANDS and do.reply is msgspec.UNSET:
                return do
    return None


def loses(do: Do) -> bool:
    """Return True if the fault loses the message."""
    return do.drop is not msgspec.UNSET


def begin_fault(context: Context, do: Do) -> list[Effect]:
    """Return the effects that apply the fault. Of datagrams, each by itself, only a loss can."""
    if loses(do):
        return [LogFault(fault, "lost the message") for fault in context.world.faults.asked_for(context, do, "in")]
    if not context.conn:
        return []
    if do.kind in AT_ONCE:
        return [Misbehave(fault, ()) for fault in context.world.faults.asked_for(context, do)]
    return [BeginFault(fault) for fault in context.world.faults.asked_for(context, do, "in")]
