"""Findings: what clients did that an RFC forbids or advises against, counted always, the latest kept."""

from collections import deque
from collections.abc import Iterator

import msgspec

from homeport.protocol.rules import Rule
from homeport.world.journal import Connection, Journal, Offence, Source, timestamp

KEPT = 1000
"""Findings kept one by one; their counts have no bound."""
SHOWN = 64
"""Octets of the offence that a finding shows."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "One finding."

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
        self._latest: deque[tuple[Offence, Source, int, float]] = deque(maxlen=KEPT)

    def __iter__(self) -> Iterator[Finding]:
        for offence, source, seq, time in self._latest:
            who = source.describe()
            yield Finding(
                **offence.describe(),
                service=source.service,
                conn=who["conn"],
                peer=offence.peer or who["peer"],
                seq=seq,
                time=timestamp(time),
            )

    @property
    def total(self) -> int:
        """How many were raised in all."""
        return sum(self.counts.values())

    def add(self, rule: Rule, source: Source, data: bytes, peer: str = "", *, recorded: bool = True) -> None:
        """Raise a finding.

        data: the octets that show it. peer, recorded: where the source is not a connection, which knows both.
        """
        name = f"{source.service}.{rule.id}"
        offence = Offence(rule, name, data[:SHOWN], peer)
        self.counts[name] = self.counts.get(name, 0) + 1
        if isinstance(source, Connection):
            source.findings += 1
        seq = self._journal.find(source, offence) if recorded else 0
        # Described only when somebody reads it: a client can offend a hundred thousand times a second.
        self._latest.append((offence, source, seq, self._journal.real()))

    def clear(self) -> None:
        """Forget all, counts too."""
        self.counts.clear()
        self._latest.clear()
