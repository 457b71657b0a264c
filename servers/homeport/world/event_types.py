"""The types of the journal's events, with the fields that each has besides those of every event.

Services of other packages declare types of their own in `Service.events`.
"""

from typing import NamedTuple

EVERY = ("seq", "time", "world", "service", "listener", "conn", "peer", "type")
"""The fields of every event."""


class EventType(NamedTuple):
    """A type of event."""

    meaning: str
    fields: tuple[str, ...]


EVENT_TYPES = {
    "opened": EventType("a connection was opened", ()),
    "closed": EventType("it was closed", ("reason", "received", "sent")),
    "in": EventType("bytes that a client sent", ("size", "bytes", "text")),
    "out": EventType("bytes that a service sent", ("size", "bytes", "text")),
    "datagram": EventType("a datagram and its answers", ("size", "bytes", "text", "dropped", "answers")),
    "tls": EventType("a TLS handshake", ("version", "cipher", "server_name", "certificate", "resumed", "error")),
    "command": EventType("a command and its reply code", ("verb", "argument", "code")),
    "login": EventType("an attempt to log in", ("login", "mechanism", "code")),
    "message": EventType("a mail message was stored", ("id", "number", "from", "to", "size", "subject")),
    "file": EventType(
        "a file was stored, retrieved or removed",
        ("what", "path", "octets", "seconds", "complete", "reason", "kept"),
    ),
    "data": EventType(
        "a data connection of FTP ended", ("direction", "octets", "seconds", "data_peer", "problem", "detail")
    ),
    "epp": EventType("a command of EPP", ("command", "object", "op", "code", "reason", "cl_trid", "sv_trid")),
    "finding": EventType("a client broke a rule", ("id", "level", "reference", "text", "bytes", "shown")),
    "fault": EventType("a planned fault acted", ("id", "kind", "did")),
    "clock": EventType("the world's clock was moved", ("what", "from", "to")),
    "world": EventType("the world was changed over the API", ("what", "thing", "name", "kept")),
}
"""By name, in the order in which they are described."""
