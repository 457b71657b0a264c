"""The journal: the ordered, bounded record of everything that happens in a world, numbered by `seq`.

It is a ring bounded by bytes: when it is full, the oldest entries are dropped and counted. The bytes of a connection
are kept up to a limit, and counted in full. The configuration selects the peers to record (RFC 1123 1.2.3: "log
everything for host X"); the counters do not depend on it. Entries are rendered only when they are read, because every
read of every connection is recorded and few are ever looked at.

Bytes that a session marks as a secret (`effects.Conceal`) are masked in the turn in which they arrived.

Timestamps are real time, not the world's: in a world whose clock stands still a transcript would have no durations.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from secrets import token_hex
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from homeport.config.peers import PeerSet
from homeport.config.quantities import Size
from homeport.protocol.addresses import Address, address_text
from homeport.protocol.place import Place
from homeport.protocol.rules import Rule
from homeport.world.sent_secrets import SentSecrets

ENTRY_COST = 200
"""Bytes that an entry counts for besides its content: about what CPython uses for it."""
CHUNK_COST = 64
"""Bytes that each recorded read or write takes from its connection's share besides its content, so that a thousand
reads of one byte cannot fill the ring."""
BATCH_COST = 24 << 10
"""Bytes of a batch of entries, as they are counted: some 120 entries without content."""
DATAGRAM_KEPT = 4096
"""Maximum number of bytes kept of one datagram; its size is recorded in full."""


class Position(NamedTuple):
    """The position at which a reader of the journal continues."""

    since: int
    """The reader receives the events after this `seq`."""
    lost: int
    """Number of events after `since` that the ring has dropped."""
    reset: bool
    """True if the reader's number belongs to another epoch, so that it starts at this epoch's first event."""


DatagramRow = tuple[Address, bytes, int, Sequence[bytes | memoryview], str | None, int]
"""A datagram: sender, first bytes, size, answers, reason of a drop, bytes of the answers."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """A datagram of an exchange: one direction of it, where a `DatagramRow` is a request with its answers."""

    direction: Literal["in", "out"]
    data: bytes
    """Its first bytes."""
    size: int


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An event as it is stored. Not a tuple: the garbage collector would traverse thousands of them repeatedly."""

    time: float
    source: "Source | None"
    type: str
    content: Any
    cost: int
    place: Place | None = None
    """Place of the command that it records."""

    @property
    def data(self) -> tuple[bytes, int]:
        """The bytes kept of a read or write, and their number before the cut."""
        content = self.content
        if type(content) is Packet:
            return content.data, content.size
        return content if type(content) is tuple else (content, len(content))

    @property
    def direction(self) -> Literal["", "in", "out"]:
        """The direction of a connection's bytes, or of an exchange's datagram; empty for other events."""
        if self.type == "in":
            return "in"
        if self.type == "out":
            return "out"
        return self.content.direction if type(self.content) is Packet else ""

    def contains(self, wanted: str) -> bool:
        """Return True if its bytes, or one of its fields, contain this text, ignoring case. wanted: in lower case."""
        content = self.content
        if self.type in ("in", "out") or type(content) is Packet:
            return wanted.encode() in self.data[0].lower()
        if self.type == "datagram":
            return any(wanted.encode() in bytes(one).lower() for one in (content[1], *content[3]))
        fields = content.describe() if isinstance(content, Offence) else content
        values = fields.values() if isinstance(fields, dict) else (fields or "",)
        return any(wanted in (printable(one) if isinstance(one, bytes) else str(one)).lower() for one in values)


class JournalOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[journal]"""

    enabled: Annotated[bool, Meta(description="record events; they are counted in any case")] = True
    size: Annotated[Size, Meta(description="bytes that the journal keeps; the oldest events are dropped first")] = Size(
        16 << 20
    )
    kept_per_connection: Annotated[
        Size, Meta(description="bytes kept of each connection, both directions together; all are counted")
    ] = Size(16 << 10)
    kept_per_sender: Annotated[
        Size,
        Meta(description="bytes kept of each sender's datagrams and their answers in a second; all are counted"),
    ] = Size(1 << 20)
    record: Annotated[
        list[str], Meta(description='peers to record: "*", addresses, or networks such as "192.0.2.0/24"')
    ] = msgspec.field(default_factory=lambda: ["*"])
    secrets: Annotated[
        bool, Meta(description="keep passwords as they were sent, instead of masking them with stars")
    ] = False


class Offence(msgspec.Struct, frozen=True, gc=False):
    """The violation that a finding reports: the rule, and the offending input."""

    rule: Rule
    name: str
    """The rule's full identifier."""
    data: bytes
    peer: str
    """The client, if the source is not a connection."""
    transaction: str = ""
    """Identifier of the transaction that it belongs to; empty if it belongs to none."""
    place: Place | None = None
    """Place of the line that it is about; None: it is looked for by `data`."""
    received: int = 0
    """Bytes that the connection had received when it was reported."""

    def describe(self) -> dict[str, str]:
        """Return the fields of the finding, except those of its source."""
        rule, shown = self.rule, bytes_fields(self.data)
        fields = {
            "id": self.name,
            "level": rule.level,
            "reference": rule.reference,
            "text": rule.text,
            "bytes": shown["bytes"],
            "shown": shown["text"],
        }
        if self.transaction:
            fields["transaction"] = self.transaction
        return fields


class Source:
    """A source of events: a listener, or a connection to one."""

    __slots__ = ("kept", "listener", "recorded", "service")

    def __init__(self, service: str, listener: str, kept: int | None = None) -> None:
        self.service = service
        self.listener = listener
        self.recorded = True
        """True if its events are recorded while the journal is enabled."""
        self.kept = kept
        """Bytes kept of each of its connections; None for `kept_per_connection`."""

    def describe(self) -> dict[str, Any]:
        """Return the fields that every event of this source has."""
        return {"service": self.service, "listener": self.listener, "conn": None, "peer": None}


class Connection(Source):
    """A connection as the journal knows it: peer, byte counts, and its share of the ring."""

    __slots__ = (
        "closed",
        "exchange",
        "findings",
        "levels",
        "local",
        "number",
        "opened",
        "peer",
        "reason",
        "received",
        "recorded_bytes",
        "room",
        "secrets",
        "sent",
        "sent_secrets",
        "seq",
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
        """Bytes passed to its session."""
        self.sent = 0
        self.sent_secrets: SentSecrets | None = None
        """Secrets to mask in what it sends; None before the first."""
        self.room = room
        self.recorded = room > 0
        self.opened = opened
        """Real Unix time, as `closed` is."""
        self.closed: float | None = None
        self.reason = ""
        """Why it was closed; empty while it is open."""
        self.exchange = False
        """True if it is an exchange of datagrams."""
        self.seq = seq
        """`seq` of the event of its opening; that of the next event if it is not recorded."""
        self.findings = 0
        self.levels: dict[str, int] | None = None
        """Number of findings by level; None before the first."""
        self.recorded_bytes: tuple[int, int] | None = None
        """Bytes received and sent when its share of the journal was used up; None before."""
        self.secrets: list[tuple[int, int]] | None = None
        """Begin and end offsets of secrets in the received bytes; only if the journal keeps secrets."""

    @property
    def id(self) -> str:
        """Its identifier in events: `c1`, `c2`, ..."""
        return f"c{self.number}"

    def describe(self) -> dict[str, Any]:
        """Return the fields that every event of this source has."""
        return {
            "service": self.service,
            "listener": self.listener,
            "conn": self.id,
            "peer": address_text(self.peer),
        }


class Journal:
    """The journal of one world.

    world: its name. real: returns real Unix time; the driver provides it.
    """

    def __init__(self, world: str, real: Callable[[], float], options: JournalOptions) -> None:
        self.world = world
        self.seq = 0
        """Number of the newest event; 0 before the first."""
        self.dropped = 0
        """Number of events that the ring has dropped."""
        self.size_bytes = 0
        """Bytes that the ring holds, as entries count them."""
        self.watchers: list[Callable[[], None]] = []
        """Called after each event. They must be cheap: schedule the work for a later turn."""
        self.before_loss: Callable[[int, Entry], None] | None = None
        """Called with each entry that the ring is about to drop and its number, so that followers can take it first."""
        self.epoch = token_hex(4)
        """Identifies this run of numbers; new after a reset and at every start."""
        self.kinds: set[str] = set()
        """Types of events that were logged, declared or not."""
        self.begin = 0
        """The number before the first event of this epoch."""
        self._datagram_texts: dict[str, Callable[[bytes, Sequence[bytes]], str]] = {}
        self._entries: deque[Entry] = deque()
        self.real = real
        """Returns real Unix time."""
        self.connections = 0
        """Number of the newest connection; 0 before the first."""
        self.configure(options)

    def configure(self, options: JournalOptions) -> None:
        """Apply these options from now on; open connections keep their share."""
        self.options = options
        self._max_bytes = int(options.size)
        self._room = options.kept_per_connection if options.enabled else 0
        self._peers = PeerSet(options.record)
        self._trim()

    def records(self, host: str) -> bool:
        """Return True if events of this peer are recorded."""
        return bool(self._room) and self._peers.covers(host)

    def open(self, source: Source, peer: Address, local: Address, *, exchange: bool = False) -> Connection:
        """Log the opening of a connection and return it. exchange: True if it is one of datagrams."""
        room = self._room if source.kept is None or not self._room else source.kept
        if not self._peers.everybody and not self._peers.covers(peer[0]):
            room = 0
        now = self.real()
        self.connections += 1
        connection = Connection(source, self.connections, peer, local, room, now, self.seq + 1)
        connection.exchange = exchange
        if room:
            self._append(Entry(now, connection, "opened", None, ENTRY_COST))
        return connection

    def record_bytes(self, connection: Connection, direction: str, data: bytes | memoryview) -> None:
        """Log bytes that were received (`in`) or sent (`out`). The caller has counted them and checked `room`."""
        size = len(data)
        room = connection.room - CHUNK_COST
        if size >= room:
            connection.room = 0
            connection.recorded_bytes = (connection.received, connection.sent)
            kept = bytes(data[: max(room, 0)])
            self._append(Entry(self.real(), connection, direction, (kept, size), ENTRY_COST + len(kept)))
            return
        connection.room = room - size
        # `_append` inlined: this runs twice for every request of every connection.
        self.seq += 1
        cost = ENTRY_COST + size
        self._entries.append(
            Entry(self.real(), connection, direction, data if type(data) is bytes else bytes(data), cost)
        )
        self.size_bytes += cost
        if self.size_bytes > self._max_bytes:
            self._trim()
        if self.watchers:
            self._tell()

    def record_datagram(self, connection: Connection, direction: Literal["in", "out"], data: bytes) -> None:
        """Log a datagram of an exchange, as `record_bytes`."""
        size = len(data)
        room = connection.room - CHUNK_COST
        if size >= room:
            connection.room = 0
            connection.recorded_bytes = (connection.received, connection.sent)
            data = data[: max(room, 0)]
        else:
            connection.room = room - size
        packet = Packet(direction, data, size)
        self._append(Entry(self.real(), connection, "datagram", packet, ENTRY_COST + len(data)))

    def close(self, connection: Connection, reason: str) -> None:
        """Log the end of a connection."""
        now = connection.closed = self.real()
        connection.reason = reason
        if connection.recorded:
            self._append(Entry(now, connection, "closed", reason, ENTRY_COST))

    def conceal(self, connection: Connection, size: int, after: int) -> None:
        """Mask a secret in the received bytes with stars.

        size, after: as in `effects.Conceal`. With `[journal] secrets` only its place is noted, for transcripts.
        """
        end = connection.received - after
        begin = end - size
        if self.options.secrets:
            if connection.recorded and (connection.recorded_bytes is None or begin < connection.recorded_bytes[0]):
                connection.secrets = [*(connection.secrets or ()), (begin, end)]
            return
        # Walk back from the newest entry, with the offset at which each ends. Bytes beyond the share have no entries.
        ends = connection.received if connection.recorded_bytes is None else connection.recorded_bytes[0]
        masked = []
        for back, entry in enumerate(reversed(self._entries), 1):
            if ends <= begin or self.seq - back < connection.seq:
                break
            if entry.source is connection and entry.type == "in":
                data, length = entry.data
                ends -= length
                stars = mask(data, begin - ends, end - ends)
                masked.append((back, entry, stars if type(entry.content) is bytes else (stars, length)))
        for back, entry, content in masked:
            self._entries[-back] = Entry(entry.time, connection, "in", content, entry.cost)

    def show_datagrams(self, service: str, show: Callable[[bytes, Sequence[bytes]], str]) -> None:
        """Show a service's datagrams as text. show: returns a datagram and its answers as text."""
        self._datagram_texts[service] = show

    def datagrams(self, source: Source, rows: Sequence[DatagramRow]) -> None:
        """Log datagrams that were answered or dropped. The caller has checked that their peers are recorded."""
        now = self.real()
        self.seq += len(rows)
        entries = [Entry(now, source, "datagram", row, ENTRY_COST + len(row[1]) + row[5]) for row in rows]
        self._entries += entries
        self.size_bytes += sum([entry.cost for entry in entries])
        if self.size_bytes > self._max_bytes:
            self._trim()
        if self.watchers:
            self._tell()

    def report(self, source: Source, offence: Offence) -> int:
        """Log a finding and return its `seq`; 0 if its peer is not recorded."""
        if not self._room or not source.recorded:
            return 0
        self._append(Entry(self.real(), source, "finding", offence, ENTRY_COST + len(offence.data)))
        return self.seq

    def log(self, source: Source | None, kind: str, fields: dict[str, Any], place: Place | None = None) -> int:
        """Log any other event and return its `seq`; 0 if its peer is not recorded. place: of a command."""
        if not self._room or (source is not None and not source.recorded):
            return 0
        cost = ENTRY_COST
        for value in fields.values():
            if type(value) is str:
                cost += len(value)
        if kind not in self.kinds:
            self.kinds.add(kind)
        # `_append` inlined: this runs for every command of every connection.
        self.seq += 1
        self._entries.append(Entry(self.real(), source, kind, fields, cost, place))
        self.size_bytes += cost
        if self.size_bytes > self._max_bytes:
            self._trim()
        if self.watchers:
            self._tell()
        return self.seq

    @property
    def oldest(self) -> int:
        """Number of the oldest event kept; that of the next event if the ring is empty."""
        return self.seq - len(self._entries) + 1

    def entries(self, since: int = 0) -> Iterator[tuple[int, Entry]]:
        """Yield the entries after `since` that the ring still has, oldest first, each with its number."""
        entries = self._entries
        wanted = min(max(self.seq - since, 0), len(entries))
        # Start at the nearer end of the deque, because followers of the journal ask only for the newest entries.
        if wanted <= len(entries) // 2:
            newest: Iterable[Entry] = reversed(list(islice(reversed(entries), wanted)))
        else:
            newest = islice(entries, len(entries) - wanted, None)
        yield from enumerate(newest, self.seq - wanted + 1)

    def batches(self, since: int = 0, until: int | None = None, weight: int = 1) -> Iterator[list[tuple[int, Entry]]]:
        """Yield the entries after `since` in batches of bounded cost, as the ring has them when a batch is asked for.

        The caller can do other work between two batches: entries that the ring drops meanwhile are skipped. Batches
        with few bytes, or none, are possible; each costs at most BATCH_COST, or is a single entry.
        until: number of the last entry; None for the newest one at the time of each batch.
        weight: the caller's work on an entry, in multiples of the usual; batches are smaller by that.
        """
        while True:
            entries = self._entries
            at = max(since - self.oldest + 1, 0)
            end = len(entries) if until is None else min(until - self.oldest + 1, len(entries))
            if at >= end:
                return
            found: list[tuple[int, Entry]] = []
            cost = 0
            # Indexing is cheaper than a walk from an end: a deque finds an index by whole blocks.
            first = self.oldest
            while at < end:
                entry = entries[at]
                cost += entry.cost * weight
                if found and cost > BATCH_COST:
                    break
                found.append((first + at, entry))
                at += 1
            since = found[-1][0]
            yield found

    def batches_back(self, before: int, since: int = 0, weight: int = 1) -> Iterator[list[tuple[int, Entry]]]:
        """Yield the entries before number `before` and after `since`, newest first, in batches as `batches`."""
        while True:
            entries, first = self._entries, self.oldest
            at = min(before - first, len(entries)) - 1
            end = max(since - first + 1, 0)
            if at < end:
                return
            found: list[tuple[int, Entry]] = []
            cost = 0
            while at >= end:
                entry = entries[at]
                cost += entry.cost * weight
                if found and cost > BATCH_COST:
                    break
                found.append((first + at, entry))
                at -= 1
            before = found[-1][0]
            yield found

    def event(self, seq: int) -> dict[str, Any]:
        """Return the event of this number, rendered for the API. Raise KeyError if the ring does not have it."""
        at = seq - self.seq - 1
        if not -len(self._entries) <= at < 0:
            raise KeyError(seq)
        return self.render(seq, self._entries[at])

    def events(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """Return the events after `since` that the ring still has, oldest first, rendered for the API."""
        return (self.render(seq, entry) for seq, entry in self.entries(since))

    def render(self, seq: int, entry: Entry, max_bytes: int | None = None) -> dict[str, Any]:
        """Render an event for the API. max_bytes: as in `bytes_fields`."""
        source, kind, content = entry.source, entry.type, entry.content
        event: dict[str, Any] = {"seq": seq, "time": timestamp(entry.time), "world": self.world}
        event |= source.describe() if source else {"service": None, "listener": None, "conn": None, "peer": None}
        event["type"] = kind
        match kind:
            case "in" | "out":
                data, size = entry.data
                event |= {"size": size, **bytes_fields(data, max_bytes)}
            case "opened":
                pass
            case "closed" if isinstance(source, Connection):
                event |= {"reason": content, "received": source.received, "sent": source.sent}
            case "finding":
                event |= content.describe() | ({"peer": content.peer} if content.peer else {})
                if max_bytes is not None:
                    del event["bytes"]
            case "datagram" if type(content) is Packet:
                event |= {"direction": content.direction, "size": content.size}
                event |= {**bytes_fields(content.data, max_bytes), "dropped": None, "answers": []}
                if source is not None and (show := self._datagram_texts.get(source.service)) is not None:
                    event["shown"] = show(content.data, [])
            case "datagram":
                peer, data, size, answers, dropped, _answer_bytes = content
                event["peer"] = address_text(peer)
                event |= {"size": size, **bytes_fields(data, max_bytes), "dropped": dropped}
                event["answers"] = [
                    {"size": len(answer), **bytes_fields(bytes(answer[:DATAGRAM_KEPT]), max_bytes)}
                    for answer in answers
                ]
                if source is not None and (show := self._datagram_texts.get(source.service)) is not None:
                    event["shown"] = show(bytes(data), [bytes(answer[:DATAGRAM_KEPT]) for answer in answers])
            case _:
                event |= {key: legible(value) for key, value in content.items()}
        return event

    def clear(self) -> None:
        """Delete every event and start a new epoch. Numbers continue, so new events cannot be mistaken for old."""
        self._entries.clear()
        self.size_bytes = self.dropped = 0
        self.begin = self.seq
        self.epoch = token_hex(4)

    def position(self, since: int, epoch: str | None = None) -> Position:
        """Return the position of a reader that has received the events up to `since`; 0 for none.

        epoch: that of `since`; None if unknown. Then `since` is taken as one of another epoch if it is greater than the
        newest number, or less than the first of this epoch.
        """
        reset = epoch not in (None, self.epoch) or since > self.seq or 0 < since < self.begin
        start = self.begin if reset else max(since, self.begin)
        return Position(start, max(self.oldest - 1 - start, 0), reset)

    def _append(self, entry: Entry) -> None:
        self.seq += 1
        self._entries.append(entry)
        self.size_bytes += entry.cost
        if self.size_bytes > self._max_bytes:
            self._trim()
        if self.watchers:
            self._tell()

    def _trim(self) -> None:
        entries, size = self._entries, self.size_bytes
        while size > self._max_bytes and len(entries) > 1:
            if self.before_loss is not None:
                self.before_loss(self.oldest, entries[0])
            size -= entries.popleft().cost
            self.dropped += 1
        self.size_bytes = size

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()


def bytes_fields(data: bytes, max_bytes: int | None = None) -> dict[str, str]:
    """Return bytes as the API shows them: `bytes` in base64 and a printable `text`.

    max_bytes: the `text` alone, of its first bytes, up to this number; 0: neither. None: both, of all bytes.
    """
    if max_bytes is not None:
        return {"text": printable(data[:max_bytes])} if max_bytes else {}
    return {"bytes": msgspec.json.encode(data).decode("ascii").strip('"'), "text": printable(data)}


def legible(value: Any) -> Any:
    """Return a value of a field that JSON can have: bytes as text, and text without lone surrogates.

    They stand for bytes that are no UTF-8, such as those of names of files (PEP 383), and become `\\xNN`.
    """
    if isinstance(value, bytes):
        return bytes_fields(value)["text"]
    return valid_text(value) if isinstance(value, str) and not value.isascii() else value


def valid_text(text: str) -> str:
    """Return text that is valid UTF-8; other bytes are shown as `\\xNN`."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "backslashreplace").decode()


def printable(data: bytes) -> str:
    """Return bytes for people: printable ASCII unchanged, everything else escaped (line ends as `\\r\\n`)."""
    text = data.decode("latin-1")
    if text.isascii() and text.isprintable():
        return text
    # The codec escapes in C, but backslashes too: a character that no byte decodes to takes their place.
    text = text.replace("\\", "\ue000")
    return text.encode("unicode_escape").decode("ascii").replace("\\ue000", "\\")


def mask(data: bytes, begin: int, end: int) -> bytes:
    """Replace the bytes from `begin` to `end` with stars; offsets outside the data are allowed."""
    begin, end = max(begin, 0), min(end, len(data))
    return data[:begin] + b"*" * (end - begin) + data[end:] if begin < end else data


def timestamp(seconds: float) -> str:
    """Serialize Unix time as RFC 3339 in UTC with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
