"""The types of events in the journal, each with the fields that it adds to the common ones.

Services of other packages declare their own types in `Service.events`.
"""

from typing import NamedTuple

EVERY = ("seq", "time", "world", "service", "listener", "conn", "peer", "type")
"""The fields that every event has."""


class EventType(NamedTuple):
    """A type of event."""

    meaning: str
    fields: tuple[str, ...]


EVENT_TYPES = {
    "opened": EventType("a connection was opened", ()),
    "closed": EventType("a connection was closed", ("reason", "received", "sent")),
    "in": EventType("a client sent bytes", ("size", "bytes", "text")),
    "out": EventType("a service sent bytes", ("size", "bytes", "text")),
    "datagram": EventType(
        "a datagram was received, and answered or dropped; or (`conn`) one of an exchange was received or sent, "
        "`direction`: `in`, `out`; `shown`: all of it as text, if the protocol has binary messages",
        ("direction", "size", "bytes", "text", "dropped", "answers", "shown"),
    ),
    "tls": EventType("a TLS handshake ended", ("version", "cipher", "server_name", "certificate", "resumed", "error")),
    "command": EventType("a command was answered", ("verb", "argument", "code")),
    "login": EventType("a client tried to log in", ("login", "mechanism", "code", "user_agent")),
    "password": EventType(
        "a password policy of LDAP acted; `what`: locked, expired, grace (let in once more; `left`: how often "
        "again), expiring (in `seconds`), must-change, refused (`error`: as the response control says)",
        ("what", "dn", "login", "error", "left", "seconds", "failures"),
    ),
    "message": EventType("a mail message was stored", ("id", "number", "from", "to", "size", "subject")),
    "syslog": EventType(
        "a log message was received; `format`: rfc5424, bsd, cisco or unknown; `framing`: datagram, octet-counting or "
        "line",
        ("id", "size", "format", "severity", "facility", "host", "app", "procid", "msgid", "framing", "message"),
    ),
    "mailbox": EventType(
        "a mailbox was changed or read, by a session (`conn`) or over the API (no `conn`); `what`: appended, copied, "
        "moved, expunged, flagged, fetched, created, deleted, renamed, renewed; `flags`: `+` added, `-` removed, else "
        "replaced; `items`: what was fetched, such as `BODY[]`, `RETR`",
        ("what", "login", "mailbox", "uids", "flags", "to", "old", "items"),
    ),
    "file": EventType(
        "a file was stored or retrieved, a directory was listed, or the tree was changed; `what`: `store`, `append`, "
        "`retrieve`, `list`, `delete` (also of a directory), `rename`, `mkdir`, `chmod`, `touch`",
        ("what", "path", "to", "octets", "seconds", "complete", "reason", "kept", "mode", "modified"),
    ),
    "data": EventType(
        "an FTP data connection was closed", ("direction", "octets", "seconds", "data_peer", "problem", "detail")
    ),
    "epp": EventType(
        "an EPP command was answered", ("command", "object", "op", "code", "reason", "cl_trid", "sv_trid")
    ),
    "finding": EventType(
        "a client broke a rule of the protocol",
        ("id", "level", "reference", "text", "bytes", "shown", "transaction", "at", "command_seq"),
    ),
    "fault": EventType(
        "a planned fault acted; `instead_of`: what the server would have done or said without it; `reply_seq`: the "
        "next `out` event of its connection",
        ("id", "kind", "did", "instead_of", "reply_seq"),
    ),
    "query": EventType(
        "a DNS query was answered; `transport`: `udp`, `tcp` or `tls`", ("name", "qtype", "rcode", "transport")
    ),
    "update": EventType(
        "a DNS zone was updated, or not (RFC 2136); `key`: that of TSIG",
        ("zone", "rcode", "records", "prerequisites", "serial", "key", "transport"),
    ),
    "transfer": EventType(
        "a DNS zone was transferred; `style`: `whole`, `incremental`, `up-to-date`, `retry-over-tcp`",
        ("zone", "qtype", "style", "serial", "key", "transport"),
    ),
    "notify": EventType(
        "a NOTIFY for a DNS zone was received (`direction`: `in`), or sent (`out`) and answered or not (`outcome`)",
        ("direction", "zone", "qtype", "serial", "to", "outcome", "attempts", "transport"),
    ),
    "registry": EventType(
        "time changed an object of the registry; `world_time` is the time of the world",
        ("what", "kind", "object", "text", "world_time"),
    ),
    "clock": EventType("the world's clock was moved", ("what", "from", "to")),
    "world": EventType("the world was changed over the API", ("what", "thing", "name", "kept")),
}
"""All types by name, in the order of the documentation."""
