"""Counters of a listener: they count everything, including what the journal does not record (RFC 1123 1.2.3)."""

import re
from collections.abc import Mapping
from typing import Any

VERB = re.compile(r"[A-Za-z][A-Za-z0-9:-]{0,23}")
"""Syntax of a protocol's verbs, including EPP's (`domain:create`)."""
UNKNOWN_CODES = {"500", "2000"}
"""Reply codes for unknown commands (RFC 959 4.2, RFC 5321 4.2.2, RFC 5730 3)."""
MAX_COMMANDS = 256
"""Pairs of verb and code with a key of their own; clients could invent any number, so further ones count as `other`."""
OTHER = "other"


class Counters:
    """Counters of one listener since the world's last reset. Plain integers, because they are on the hot path."""

    __slots__ = (
        "active",
        "commands",
        "connections",
        "datagrams_in",
        "datagrams_out",
        "dropped",
        "errors",
        "findings",
        "limits",
        "received",
        "refused",
        "sent",
        "tls_failed",
        "unrecorded",
    )

    def __init__(self) -> None:
        self.active = 0
        self.reset()

    def reset(self) -> None:
        """Reset the counters, except `active`: open connections stay open."""
        self.connections = 0
        """Connections accepted, refused ones included."""
        self.received = 0
        """Bytes of closed connections and of datagrams; open connections count their own."""
        self.sent = 0
        self.datagrams_in = 0
        self.datagrams_out = 0
        self.unrecorded = 0
        """Datagrams that the journal did not record: their peer is not selected, or its share is used up."""
        self.refused = 0
        """Connections refused on arrival."""
        self.tls_failed = 0
        """TLS handshakes that failed."""
        self.findings = 0
        self.errors = 0
        """Internal errors: sessions that raised."""
        self.limits: dict[str, int] = {}
        """Connections closed because of a limit, by limit."""
        self.dropped: dict[str, int] = {}
        """Datagrams dropped without an answer, by reason."""
        self.commands: dict[str, int] = {}
        """Commands by verb and reply code, such as `MAIL 250`; unknown verbs are `other`."""

    def drop(self, reason: str) -> None:
        """Count a datagram that was dropped without an answer."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1

    def limit(self, name: str) -> None:
        """Count a connection that was closed because of a limit."""
        self.limits[name] = self.limits.get(name, 0) + 1

    def command(self, fields: Mapping[str, Any]) -> None:
        """Count an answered command. fields: those of its event in the journal."""
        verb, code = fields.get("verb") or fields.get("command"), fields.get("code")
        key = f"{verb} {code}"
        commands = self.commands
        if key not in commands:
            if not VERB.fullmatch(str(verb)) or str(code) in UNKNOWN_CODES:
                key = f"{OTHER} {code}"
            if key not in commands and len(commands) >= MAX_COMMANDS:
                key = f"{OTHER} {OTHER}"
        commands[key] = commands.get(key, 0) + 1

    @property
    def abnormal(self) -> int:
        """Sum of all abnormal events."""
        counted = self.refused + self.tls_failed + self.findings + self.errors
        return counted + sum(self.limits.values()) + sum(self.dropped.values())

    def snapshot(self) -> dict[str, int | dict[str, int]]:
        """Return all counters by name, with `abnormal`."""
        counted = {name: getattr(self, name) for name in self.__slots__}
        return {
            **{name: dict(value) if isinstance(value, dict) else value for name, value in counted.items()},
            "abnormal": self.abnormal,
        }
