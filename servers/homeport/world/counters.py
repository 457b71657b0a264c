"""Counters of a listener: everything is counted, whether or not it is recorded (RFC 1123 1.2.3)."""


class Counters:
    """What one listener has seen since its world began. Plain integers, because they are counted on the hot path."""

    __slots__ = (
        "active",
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
        self.findings = 0
        self.errors = 0
        """Faults of ours: sessions that raised."""
        self.limits: dict[str, int] = {}
        """Connections closed over a limit, by limit."""
        self.dropped: dict[str, int] = {}
        """Datagrams that got no answer, by reason."""

    def drop(self, reason: str) -> None:
        """A datagram got no answer."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1

    def limit(self, name: str) -> None:
        """A connection passed a limit."""
        self.limits[name] = self.limits.get(name, 0) + 1

    @property
    def abnormal(self) -> int:
        """All abnormalities together."""
        return self.refused + self.findings + self.errors + sum(self.limits.values()) + sum(self.dropped.values())

    def snapshot(self) -> dict[str, int | dict[str, int]]:
        """All counters by name, with `abnormal`, their sum of abnormalities."""
        counted = {name: getattr(self, name) for name in self.__slots__}
        return {
            **{name: dict(value) if isinstance(value, dict) else value for name, value in counted.items()},
            "abnormal": self.abnormal,
        }
