"""Findings: what clients did that an RFC forbids or advises against, counted always, the latest kept."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec

from homeport.service import Rule
from homeport.world.journal import Journal, Source, octets_fields, timestamp

KEPT = 1000
"""Findings kept one by one; their counts have no bound."""
SHOWN = 64
"""Octets of the offence that a finding shows."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding."""

    id: str
    level: str
    reference: str
    text: str
    bytes: str
    """What shows it, in base64."""
    shown: str
    """The same, for people."""
    service: str
    conn: str | None
    peer: str | None
    seq: int
    """The journal's event of it; 0 if the peer is not recorded."""
    time: str


class Findings:
    """One world's findings."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.counts: dict[str, int] = {}
        """How often each was raised, by full identifier."""
        self._latest: deque[Finding] = deque(maxlen=KEPT)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._latest)

    @property
    def total(self) -> int:
        """How many were raised in all."""
        return sum(self.counts.values())

    def add(
        self, service: str, rule: Rule, source: Source, data: bytes, peer: str | None = None, *, recorded: bool = True
    ) -> None:
        """Raise a finding; the peer, and whether it is recorded, are given where the source is not a connection."""
        name = f"{service}.{rule.id}"
        self.counts[name] = self.counts.get(name, 0) + 1
        who: dict[str, Any] = source.describe()
        if peer is not None:
            who["peer"] = peer
        shown = octets_fields(data[:SHOWN])
        fields = {
            "id": name,
            "level": rule.level,
            "reference": rule.reference,
            "text": rule.text,
            "bytes": shown["bytes"],
            "shown": shown["text"],
        }
        seq = self._journal.log(source, "finding", {**who, **fields}) if recorded else 0
        time = timestamp(self._journal.real())
        self._latest.append(Finding(**fields, service=service, conn=who["conn"], peer=who["peer"], seq=seq, time=time))

    def clear(self) -> None:
        """Forget all, counts too."""
        self.counts.clear()
        self._latest.clear()
