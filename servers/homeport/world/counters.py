"""Counters of a listener: everything is counted, whether or not it is recorded (RFC 1123 1.2.3)."""

import re
from collections.abc import Mapping
from typing import Any

VERB = re.compile(r"[A-Za-z][A-Za-z0-9:-]{0,23}")
"""What can be a verb of a protocol; EPP's are `domain:create`."""
UNKNOWN_CODES = {"500", "2000"}
"""Codes that say that there is no such command (RFC 959 4.2, RFC 5321 4.2.2, RFC 5730 3)."""
MOST_COMMANDS = 256
"""Pairs of verb and code that are counted by name; what clients make up is counted together."""
OTHER = "other"


class Counters:
    """What one listener has seen since its world began. Plain integers, because they are counted on the hot path."""

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
        """Count from nought again; connections that stand are still active."""
        self.connections = 0
        """Connections accepted, refused ones included."""
        self.received = 0
        """Octets of connections that have ended and of datagrams; live connections count their own."""
        self.sent = 0
        self.datagrams_in = 0
        self.datagrams_out = 0
        self.unrecorded = 0
        """Datagrams that the journal did not keep: of peers not chosen, or over their sender's share."""
        self.refused = 0
        """Connections turned away at the door."""
        self.tls_failed = 0
        """TLS handshakes that failed."""
        self.findings = 0
        self.errors = 0
        """Faults of ours: sessions that raised."""
        self.limits: dict[str, int] = {}
        """Connections closed over a limit, by limit."""
        self.dropped: dict[str, int] = {}
        """Datagrams that got no answer, by reason."""
        self.commands: dict[str, int] = {}
        """Commands by verb and reply code, as in `MAIL 250`; a verb that is none is `other`."""

    def drop(self, reason: str) -> None:
        """A datagram got no answer."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1

    def limit(self, name: str) -> None:
        """A connection passed a limit."""
        self.limits[name] = self.limits.get(name, 0) + 1

    def command(self, fields: Mapping[str, Any]) -> None:
        """A command was answered; its fields are those of the journal."""
        verb, code = fields.get("verb") or fields.get("command"), fields.get("code")
        key = f"{verb} {code}"
        commands = self.commands
        if key not in commands:
            if not VERB.fullmatch(str(verb)) or str(code) in UNKNOWN_CODES:
                key = f"{OTHER} {code}"
            if key not in commands and len(commands) >= MOST_COMMANDS:
                key = f"{OTHER} {OTHER}"
        commands[key] = commands.get(key, 0) + 1

    @property
    def abnormal(self) -> int:
        """All abnormalities together."""
        counted = self.refused + self.tls_failed + self.findings + self.errors
        return counted + sum(self.limits.values()) + sum(self.dropped.values())

    def snapshot(self) -> dict[str, int | dict[str, int]]:
        """All counters by name, with `abnormal`, their sum of abnormalities."""
        counted = {name: getattr(self, name) for name in self.__slots__}
        return {
            **{name: dict(value) if isinstance(value, dict) else value for name, value in counted.items()},
            "abnormal": self.abnormal,
        }
