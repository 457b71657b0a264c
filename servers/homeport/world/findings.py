"""Findings: violations of an RFC's rules by clients. All are counted, by rule and client; the latest are kept."""

from collections import deque
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.protocol.place import Place
from homeport.protocol.rules import Rule
from homeport.world.journal import Connection, Journal, Offence, Source, timestamp

MAX_KEPT = 1000
"""Number of the latest findings that are kept; the counts are complete."""
MAX_SHOWN_BYTES = 64
"""Bytes of the offending input that a finding shows."""
MAX_CLIENTS = 50
"""Clients that are counted by their address for each rule; further ones count as OTHERS."""
OTHERS = "others"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "One finding."

    id: str
    level: str
    reference: str
    text: str
    bytes: Annotated[str, Meta(description="start of the offending input, in base64")]
    shown: Annotated[str, Meta(description="the same as printable text")]
    service: str
    conn: str | None
    peer: str | None
    seq: Annotated[int, Meta(description="`seq` of its event in the journal; 0 if the peer is not recorded")]
    time: str
    transaction: Annotated[
        str | None, Meta(description="the message that it is about: its `envelope.transaction`; null for the session")
    ] = None


class Reported(msgspec.Struct, frozen=True, gc=False):
    """One finding as it is kept."""

    offence: Offence
    source: Source
    seq: int
    time: float

    def render(self) -> Finding:
        """Render it for the API."""
        who = self.source.describe()
        return Finding(
            **self.offence.describe(),
            service=self.source.service,
            conn=who["conn"],
            peer=self.offence.peer or who["peer"],
            seq=self.seq,
            time=timestamp(self.time),
        )


class RuleRecord:
    """The findings of one rule: first and newest, and their number by client."""

    __slots__ = ("clients", "first", "newest")

    def __init__(self, first: Reported) -> None:
        self.first = first.time
        """Real Unix time."""
        self.newest = first
        self.clients: dict[str, int] = {}
        """Number of findings by the client's address."""

    def add(self, one: Reported, host: str) -> None:
        """Take account of a finding."""
        self.newest = one
        clients = self.clients
        if host not in clients and len(clients) >= MAX_CLIENTS:
            host = OTHERS
        clients[host] = clients.get(host, 0) + 1


class Findings:
    """The findings of one world."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.counts: dict[str, int] = {}
        """Number of times that each was reported, by full identifier."""
        self.by_rule: dict[str, RuleRecord] = {}
        """What is known of each rule that was broken, by full identifier."""
        self._latest: deque[Reported] = deque(maxlen=MAX_KEPT)

    def __iter__(self) -> Iterator[Finding]:
        return (one.render() for one in self.latest)

    @property
    def latest(self) -> tuple[Reported, ...]:
        """The latest findings, oldest first. A copy: lists are read in several turns, and findings come meanwhile."""
        return tuple(self._latest)

    @property
    def levels(self) -> dict[str, int]:
        """Number of findings by level."""
        return self.levels_of(None)

    def levels_of(self, service: str | None) -> dict[str, int]:
        """Return the number of findings about clients of a service, or of all, by level."""
        found: dict[str, int] = {}
        for name, record in self.by_rule.items():
            if service in (None, record.newest.source.service):
                level = record.newest.offence.rule.level
                found[level] = found.get(level, 0) + self.counts[name]
        return found

    @property
    def total(self) -> int:
        """Number of findings reported in total."""
        return sum(self.counts.values())

    def add(
        self,
        rule: Rule,
        source: Source,
        data: bytes,
        peer: str = "",
        *,
        recorded: bool = True,
        transaction: str = "",
        place: Place | None = None,
    ) -> None:
        """Report a finding.

        data: the offending input. transaction: the one that it belongs to, if any. place: as in `ReportFinding`.
        peer, recorded: only for sources without a connection, which knows both.
        """
        name = f"{source.service}.{rule.id}"
        received = source.received if isinstance(source, Connection) else 0
        offence = Offence(rule, name, data[:MAX_SHOWN_BYTES], peer, transaction, place, received)
        self.counts[name] = self.counts.get(name, 0) + 1
        if isinstance(source, Connection):
            source.findings += 1
            if source.levels is None:
                source.levels = {}
            source.levels[rule.level] = source.levels.get(rule.level, 0) + 1
        seq = self._journal.report(source, offence) if recorded else 0
        # Rendered only when it is read: a client can cause a hundred thousand findings a second.
        one = Reported(offence, source, seq, self._journal.real())
        self._latest.append(one)
        record = self.by_rule.get(name)
        if record is None:
            record = self.by_rule[name] = RuleRecord(one)
        record.add(one, source.peer[0] if isinstance(source, Connection) else peer.rpartition(":")[0].strip("[]"))

    def clear(self) -> None:
        """Delete all findings and counts."""
        self.counts.clear()
        self.by_rule.clear()
        self._latest.clear()
