"""Planned faults of TLS: which acts on a handshake, and what it does to it. An occasion of one is a handshake."""

from homeport.protocol.faults import TlsFault
from homeport.world.journal import Connection
from homeport.world.world import World

DID: dict[TlsFault, str] = {
    "expired": "showed a certificate that expired yesterday",
    "not_yet_valid": "showed a certificate that is valid from next year on",
    "wrong_host": "showed a certificate for another host",
    "self_signed": "showed a self-signed certificate",
    "untrusted": "showed a certificate of an authority that nobody trusts",
    "old_version": "offered TLS 1.0 and 1.1 alone",
    "abort": "closed the connection in the handshake",
}


def tls_fault_for(world: World, connection: Connection) -> TlsFault | None:
    """The fault of the handshake that begins; it is counted and in the journal."""
    for fault in world.faults:
        kind = fault.plan.do.tls
        if (
            isinstance(kind, str)
            and not fault.plan.by_command
            and fault.concerns(connection.service, connection.listener)
            and fault.matches(connection.peer[0], connection.id)
            and fault.take()
        ):
            world.journal.log(connection, "fault", {"id": fault.id, "kind": "tls", "did": DID[kind]})
            return kind
    return None
