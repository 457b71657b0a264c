"""The journal: the ordered record of everything that happened in a world, bounded, numbered by `seq`.

A ring bounded by octets: when it is full the oldest goes and is counted. Octets of a connection are counted in full
and kept up to a limit. Which peers are recorded can be chosen (RFC 1123 1.2.3: "log everything for host X"); what is
counted is counted whether or not it is recorded. Entries are described only when somebody reads them, because recording
happens for every read of every connection and reading hardly ever.

Octets that a session calls a secret (`effects.Conceal`) are overwritten in what is kept, in the turn that brought them.

Stamps are real time, never the world's: a transcript of a world whose clock stands still would say nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from secrets import token_hex
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from homeport.config.peers import PeerSet
from homeport.config.quantities import Size
from homeport.protocol.addresses import Address, address_text
from homeport.protocol.rules import Rule

ENTRY_COST = 200
"""Octets that an entry is counted with besides its content: about what CPython uses for it."""
OCTETS_COST = 64
"""What each recorded read or write takes from its connection's share besides its octets, so that a thousand reads of
one octet cannot fill the ring."""
DATAGRAM_KEPT = 4096
"""Octets kept of one datagram; its size is recorded in full."""


class Position(NamedTuple):
    """Where a reader of the journal goes on."""

    since: int
    """It is given the events after this one."""
    lost: int
    """Events after that which the ring has lost."""
    reset: bool
    """Whether the reader's number is of another epoch, so that it begins anew."""


DatagramRow = tuple[Address, bytes, int, Sequence[bytes | memoryview], str | None, int]
"""A datagram: sender, its first octets, size, the answers, why it got none, octets of the answers."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An event as it is kept. Not a tuple: the garbage collector would visit thousands of them again and again."""

    time: float
    source: "Source | None"
    type: str
    content: Any
    cost: int

    @property
    def octets(self) -> tuple[bytes, int]:
        """Of a read or a write: the octets kept, and how many there were."""
        content = self.content
        return content if type(content) is tuple else (content, len(content))

    def contains(self, text: str) -> bool:
        """Whether what it says has that text in it: its octets, or one of its fields, without regard to case."""
        wanted, content = text.lower(), self.content
        if self.type in ("in", "out"):
            return wanted.encode() in self.octets[0].lower()
        if self.type == "datagram":
            return any(wanted.encode() in bytes(one).lower() for one in (content[1], *content[3]))
        fields = content.describe() if isinstance(content, Offence) else content
        said = fields.values() if isinstance(fields, dict) else (fields or "",)
        return any(wanted in (printable(one) if isinstance(one, bytes) else str(one)).lower() for one in said)


class JournalOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[journal]"""

    enabled: Annotated[bool, Meta(description="whether events are recorded; they are counted in any case")] = True
    size: Annotated[Size, Meta(description="octets that the journal keeps; the oldest events go first")] = Size(
        16 << 20
    )
    kept_per_connection: Annotated[
        Size, Meta(description="octets kept of what one connection says, both ways together; all are counted")
    ] = Size(16 << 10)
    kept_per_sender: Annotated[
        Size,
        Meta(description="octets kept of the datagrams of one sender in a second, their answers too; all are counted"),
    ] = Size(1 << 20)
    record: Annotated[
        list[str], Meta(description='peers that are recorded: "*", addresses, or networks such as "192.0.2.0/24"')
    ] = msgspec.field(default_factory=lambda: ["*"])
    secrets: Annotated[bool, Meta(description="keep passwords as they were sent, instead of stars in their place")] = (
        False
    )


class Offence(msgspec.Struct, frozen=True, gc=False):
    """What a finding says: the rule that was broken, and the octets that show it."""

    rule: Rule
    name: str
    """The rule's full identifier."""
    data: bytes
    peer: str
    """Who, if the source is not a connection."""

    def describe(self) -> dict[str, str]:
        """The fields of the finding that are not about where it comes from."""
        rule, shown = self.rule, octets_fields(self.data)
        return {
            "id": self.name,
            "level": rule.level,
            "reference": rule.reference,
            "text": rule.text,
            "bytes": shown["bytes"],
            "shown": shown["text"],
        }


class Source:
    """What events come from: a listener, or a connection to one."""

    __slots__ = ("kept", "listener", "recorded", "service")

    def __init__(self, service: str, listener: str, kept: int | None = None) -> None:
        self.service = service
        self.listener = listener
        self.recorded = True
        """Whether what comes from here is recorded, if anything is."""
        self.kept = kept
        """Octets kept of each of its connections; None: as many as of all others."""

    def describe(self) -> dict[str, Any]:
        """The fields that every event from here has."""
        return {"service": self.service, "listener": self.listener, "conn": None, "peer": None}


class Connection(Source):
    """One connection, as the journal knows it: who, and how much was said."""

    __slots__ = (
        "closed",
        "findings",
        "local",
        "number",
        "opened",
        "peer",
        "reason",
        "received",
        "room",
        "secrets",
        "sent",
        "seq",
        "told",
    )

    def __init__(
        self, source: Source, number: int, peer: Address, local: Address, room: int, opened: float, seq: int
    ) -> None:
        self.service = source.service
        self.listener = source.listener
        self.number = number
        self.peer = peer
        self.local = local
        self.received = 0
        """Octets that its session has been given."""
        self.sent = 0
        self.room = room
        self.recorded = room > 0
        self.opened = opened
        """Real Unix time, as `closed` is."""
        self.closed: float | None = None
        self.reason = ""
        """Why it is closed."""
        self.seq = seq
        """The number of the event of its opening, which is the next one's if it is not recorded."""
        self.findings = 0
        self.told: tuple[int, int] | None = None
        """What was received and sent when its share of the journal was over; None before that."""
        self.secrets: list[tuple[int, int]] | None = None
        """Where secrets begin and end in what was received; only where the journal keeps them."""

    @property
    def id(self) -> str:
        """How events name it: `c1`, `c2`, ..."""
        return f"c{self.number}"

    def describe(self) -> dict[str, Any]:
        """The fields that every event from here has."""
        return {
            "service": self.service,
            "listener": self.listener,
            "conn": self.id,
            "peer": address_text(self.peer),
        }


class Journal:
    """One world's journal.

    world: the world's name. real: real Unix time, from the driver.
    """

    def __init__(self, world: str, real: Callable[[], float], options: JournalOptions) -> None:
        self.world = world
        self.seq = 0
        """The number of the newest event; 0 before the first."""
        self.dropped = 0
        """Events that the ring has lost."""
        self.octets = 0
        self.watchers: list[Callable[[], None]] = []
        """Told after each event, however fast they come: take note and come back later."""
        self.before_loss: Callable[[], None] | None = None
        """Called before the ring loses events, so that whoever waits for them can take them."""
        self.epoch = token_hex(4)
        """Identifies this run of numbers: another one after a reset, and in every farm."""
        self.begin = 0
        """The number before the first of this epoch."""
        self._entries: deque[Entry] = deque()
        self.real = real
        """Real Unix time."""
        self.connections = 0
        """The number of the newest connection; 0 before the first."""
        self.configure(options)

    def configure(self, options: JournalOptions) -> None:
        """Record by these options from now on; connections that stand keep the room that they have."""
        self.options = options
        self._size = int(options.size)
        self._room = options.kept_per_connection if options.enabled else 0
        self._peers = PeerSet(options.record)
        self._trim()

    def records(self, host: str) -> bool:
        """Whether events of that peer are recorded."""
        return bool(self._room) and self._peers.covers(host)

    def open(self, source: Source, peer: Address, local: Address) -> Connection:
        """A connection begins."""
        room = self._room if source.kept is None or not self._room else source.kept
        if not self._peers.everybody and not self._peers.covers(peer[0]):
            room = 0
        now = self.real()
        self.connections += 1
        connection = Connection(source, self.connections, peer, local, room, now, self.seq + 1)
        if room:
            self._append(Entry(now, connection, "opened", None, ENTRY_COST))
        return connection

    def octets_moved(self, connection: Connection, direction: str, data: bytes | memoryview) -> None:
        """Octets came `in` or went `out`. The caller has counted them and asked whether there is room."""
        size = len(data)
        room = connection.room - OCTETS_COST
        if size >= room:
            connection.room = 0
            connection.told = (connection.received, connection.sent)
            kept = bytes(data[: max(room, 0)])
            self._append(Entry(self.real(), connection, direction, (kept, size), ENTRY_COST + len(kept)))
            return
        connection.room = room - size
        # What `_append` does, written out: this runs twice for every request of every connection.
        self.seq += 1
        cost = ENTRY_COST + size
        self._entries.append(
            Entry(self.real(), connection, direction, data if type(data) is bytes else bytes(data), cost)
        )
        self.octets += cost
        if self.octets > self._size:
            self._trim()
        if self.watchers:
            self._tell()

    def close(self, connection: Connection, reason: str) -> None:
        """A connection has ended."""
        now = connection.closed = self.real()
        connection.reason = reason
        if connection.recorded:
            self._append(Entry(now, connection, "closed", reason, ENTRY_COST))

    def conceal(self, connection: Connection, size: int, after: int) -> None:
        """Octets that have been received are a secret: put stars in their place, wherever they are kept.

        size, after: as in `effects.Conceal`. With `[journal] secrets` they stay, and only their place is noted.
        """
        end = connection.received - after
        begin = end - size
        if self.options.secrets:
            if connection.recorded and (connection.told is None or begin < connection.told[0]):
                connection.secrets = [*(connection.secrets or ()), (begin, end)]
            return
        # From the newest entry back: where each ends in all that was received. Beyond its share it has no entries.
        ends = connection.received if connection.told is None else connection.told[0]
        masked = []
        for back, entry in enumerate(reversed(self._entries), 1):
            if ends <= begin or self.seq - back < connection.seq:
                break
            if entry.source is connection and entry.type == "in":
                data, length = entry.octets
                ends -= length
                stars = mask(data, begin - ends, end - ends)
                masked.append((back, entry, stars if type(entry.content) is bytes else (stars, length)))
        for back, entry, content in masked:
            self._entries[-back] = Entry(entry.time, connection, "in", content, entry.cost)

    def datagrams(self, source: Source, rows: Sequence[DatagramRow]) -> None:
        """Datagrams came and were answered or dropped; the caller has asked whether their peers are recorded."""
        now = self.real()
        self.seq += len(rows)
        entries = [Entry(now, source, "datagram", row, ENTRY_COST + len(row[1]) + row[5]) for row in rows]
        self._entries += entries
        self.octets += sum([entry.cost for entry in entries])
        if self.octets > self._size:
            self._trim()
        if self.watchers:
            self._tell()

    def find(self, source: Source, offence: Offence) -> int:
        """A finding; its `seq`, or 0 if its peer is not recorded."""
        if not self._room or not source.recorded:
            return 0
        self._append(Entry(self.real(), source, "finding", offence, ENTRY_COST + len(offence.data)))
        return self.seq

    def log(self, source: Source | None, kind: str, fields: dict[str, Any]) -> int:
        """Any other event, with its fields; its `seq`, or 0 if its peer is not recorded."""
        if not self._room or (source is not None and not source.recorded):
            return 0
        cost = ENTRY_COST
        for value in fields.values():
            if type(value) is str:
                cost += len(value)
        # What `_append` does, written out: this runs for every command of every connection.
        self.seq += 1
        self._entries.append(Entry(self.real(), source, kind, fields, cost))
        self.octets += cost
        if self.octets > self._size:
            self._trim()
        if self.watchers:
            self._tell()
        return self.seq

    @property
    def oldest(self) -> int:
        """The number of the oldest event that is kept; of the next one if none is."""
        return self.seq - len(self._entries) + 1

    def entries(self, since: int = 0) -> Iterator[tuple[int, Entry]]:
        """The events after `since` that are still kept, oldest first, as they are kept, each with its number."""
        entries = self._entries
        wanted = min(max(self.seq - since, 0), len(entries))
        # A ring is walked from its nearer end, because whoever follows the journal asks only for the newest.
        if wanted <= len(entries) // 2:
            newest: Iterable[Entry] = reversed(list(islice(reversed(entries), wanted)))
        else:
            newest = islice(entries, len(entries) - wanted, None)
        yield from enumerate(newest, self.seq - wanted + 1)

    def event(self, seq: int) -> dict[str, Any]:
        """The event of that number, as the API shows it.

        Raises: KeyError if it is not kept.
        """
        at = seq - self.seq - 1
        if not -len(self._entries) <= at < 0:
            raise KeyError(seq)
        return self.render(seq, self._entries[at])

    def events(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """The events after `since` that are still kept, oldest first, as the API shows them."""
        return (self.render(seq, entry) for seq, entry in self.entries(since))

    def render(self, seq: int, entry: Entry) -> dict[str, Any]:
        """An event as the API shows it."""
        source, kind, content = entry.source, entry.type, entry.content
        event: dict[str, Any] = {"seq": seq, "time": timestamp(entry.time), "world": self.world}
        event |= source.describe() if source else {"service": None, "listener": None, "conn": None, "peer": None}
        event["type"] = kind
        match kind:
            case "in" | "out":
                data, size = entry.octets
                event |= {"size": size, **octets_fields(data)}
            case "opened":
                pass
            case "closed" if isinstance(source, Connection):
                event |= {"reason": content, "received": source.received, "sent": source.sent}
            case "finding":
                event |= content.describe() | ({"peer": content.peer} if content.peer else {})
            case "datagram":
                peer, data, size, answers, dropped, _octets = content
                event["peer"] = address_text(peer)
                event |= {"size": size, **octets_fields(data), "dropped": dropped}
                event["answers"] = [
                    {"size": len(answer), **octets_fields(bytes(answer[:DATAGRAM_KEPT]))} for answer in answers
                ]
            case _:
                event |= {
                    key: octets_fields(value)["text"] if isinstance(value, bytes) else value
                    for key, value in content.items()
                }
        return event

    def clear(self) -> None:
        """Forget every event and begin another epoch; numbers go on, so that no reader mistakes new for old."""
        self._entries.clear()
        self.octets = self.dropped = 0
        self.begin = self.seq
        self.epoch = token_hex(4)

    def position(self, since: int, epoch: str | None = None) -> Position:
        """Return where a reader goes on that has had the events up to `since`; 0 for none.

        epoch: of `since`; None if the reader does not say. Without it, a number is known to be of another epoch if it
        is newer than the newest event, or older than the epoch.
        """
        reset = epoch not in (None, self.epoch) or since > self.seq or 0 < since < self.begin
        start = self.begin if reset else max(since, self.begin)
        return Position(start, max(self.oldest - 1 - start, 0), reset)

    def _append(self, entry: Entry) -> None:
        self.seq += 1
        self._entries.append(entry)
        self.octets += entry.cost
        if self.octets > self._size:
            self._trim()
        if self.watchers:
            self._tell()

    def _trim(self) -> None:
        if self.before_loss is not None:
            self.before_loss()
        entries, octets = self._entries, self.octets
        while octets > self._size and len(entries) > 1:
            octets -= entries.popleft().cost
            self.dropped += 1
        self.octets = octets

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()


def octets_fields(data: bytes) -> dict[str, str]:
    """Octets as the API shows them: `bytes` in base64 beside a printable `text`."""
    return {"bytes": msgspec.json.encode(data).decode("ascii").strip('"'), "text": printable(data)}


def printable(data: bytes) -> str:
    """Octets for people: ASCII as it is, line ends as `\\r\\n`, everything else escaped."""
    text = data.decode("ascii", "backslashreplace")
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def mask(data: bytes, begin: int, end: int) -> bytes:
    """Octets with stars from one place to another, as far as these lie within them."""
    begin, end = max(begin, 0), min(end, len(data))
    return data[:begin] + b"*" * (end - begin) + data[end:] if begin < end else data


def timestamp(seconds: float) -> str:
    """Unix time as RFC 3339 in UTC with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
