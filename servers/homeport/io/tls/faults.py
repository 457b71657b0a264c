"""Planned faults of TLS. Each handshake is a match."""

from homeport.protocol.faults import TlsFault
from homeport.world.fault_log import log_fault
from homeport.world.journal import Connection
from homeport.world.world import World

DID: dict[TlsFault, str] = {
    "expired": "showed a certificate that expired yesterday",
    "not_yet_valid": "showed a certificate that is valid from next year on",
    "wrong_host": "showed a certificate for another host",
    "self_signed": "showed a self-signed certificate",
    "untrusted": "showed a certificate of an untrusted authority",
    "old_version": "offered TLS 1.0 and 1.1 only",
    "abort": "closed the connection in the handshake",
}


def tls_fault_for(world: World, connection: Connection) -> TlsFault | None:
    """Return the fault that acts on a new handshake, counted and journaled; None for none."""
    for fault in world.faults:
        kind = fault.plan.do.tls
        if (
            isinstance(kind, str)
            and not fault.plan.by_command
            and fault.concerns(connection.service, connection.listener)
            and fault.matches(connection.peer[0], connection.id)
            and fault.take()
        ):
            log_fault(world.journal, connection, fault, DID[kind])
            return kind
    return None
