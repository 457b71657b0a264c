"""Who follows the journal: each is given the events that its filter lets through, in the turn after they came.

Thousands can wait while tens of thousands of events come in a second: there is one look in a turn, over what is new,
and each event is handed only to those whose service, type and connection it has, which a table of these tells.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import product
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from homeport.config.peers import peer_matcher
from homeport.protocol.addresses import address_text
from homeport.world.event_types import EVENT_TYPES
from homeport.world.journal import Connection, Entry, Journal, Offence

Key = tuple[str | None, str | None, str | None]
"""Service, type and connection; None for any."""


class EventFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which events are meant."""

    since: Annotated[int, Meta(ge=0, description="only events after the one of this `seq`")] = 0
    epoch: (
        Annotated[
            str,
            Meta(description="the `epoch` of `since`, from an earlier answer: if it is over, the answer says `reset`"),
        ]
        | None
    ) = None
    service: Annotated[str, Meta(description="only events of this service")] | None = None
    listener: Annotated[str, Meta(description="only events of this listener: tls, smtp.tls")] | None = None
    type: Annotated[str, Meta(description=f"only events of this type: {', '.join(EVENT_TYPES)}")] | None = None
    conn: Annotated[str, Meta(description="only events of this connection, such as c3")] | None = None
    peer: Annotated[str, Meta(description="only events of this client: an address (and port), or a network")] | None = (
        None
    )
    text: (
        Annotated[
            str,
            Meta(description="only events whose octets, or a field of theirs, contain this, without regard to case"),
        ]
        | None
    ) = None
    command: Annotated[str, Meta(description="only events of this command: RCPT, domain:create, ...")] | None = None
    object: (
        Annotated[str, Meta(description="only events of commands about this: a name, an identifier, an argument")]
        | None
    ) = None
    code: (
        Annotated[str, Meta(description="only events whose result begins so: 2303, or 2 for every refusal of EPP")]
        | None
    ) = None

    def __post_init__(self) -> None:
        if self.peer is not None:
            peer_matcher(self.peer)

    @property
    def key(self) -> Key:
        """What of it a table can look up."""
        return self.service, self.type, self.conn

    def lets(self, entry: Entry) -> bool:
        """Whether it lets an event through, apart from `since`; the cheapest question first, for there are many."""
        if self.type is not None and entry.type != self.type:
            return False
        source = entry.source
        if self.service is not None and (source is None or source.service != self.service):
            return False
        if self.conn is not None and not (isinstance(source, Connection) and source.id == self.conn):
            return False
        return not self.missed_besides(entry)

    def missed(self, entry: Entry) -> int:
        """How many conditions an event does not meet, apart from `since`."""
        wanted = zip(self.key, key_of(entry), strict=True)
        return sum(one is not None and one != other for one, other in wanted) + self.missed_besides(entry)

    def missed_besides(self, entry: Entry) -> int:
        """How many of those that are not in the key."""
        number = 0
        if self.listener is not None:
            source = entry.source
            number += source is None or self.listener not in (source.listener, f"{source.service}.{source.listener}")
        if self.peer is not None:
            number += not peer_matcher(self.peer)(peer_of(entry))
        if self.text is not None:
            number += not entry.contains(self.text)
        if self.command is not None:
            number += self.command.lower() != _said(entry, "command", "verb")
        if self.object is not None:
            about = _said(entry, "object", "argument")
            number += self.object.lower() not in (about, *about.split(", "))
        if self.code is not None:
            number += not _said(entry, "code").startswith(self.code)
        return number


def _said(entry: Entry, *names: str) -> str:
    """What a command's event has under the first of these names, in lower case; empty for nothing."""
    content = entry.content
    if isinstance(content, dict):
        for name in names:
            if (said := content.get(name)) is not None:
                return str(said).lower()
    return ""


def key_of(entry: Entry) -> Key:
    """An event's service, type and connection."""
    source = entry.source
    if source is None:
        return None, entry.type, None
    return source.service, entry.type, source.id if isinstance(source, Connection) else None


def peer_of(entry: Entry) -> str:
    """Whom an event is about; empty for nobody."""
    source, content = entry.source, entry.content
    if isinstance(source, Connection):
        return address_text(source.peer)
    if entry.type == "datagram":
        return address_text(content[0])
    if isinstance(content, Offence):
        return content.peer
    return str(content.get("peer", "")) if isinstance(content, dict) else ""


class Reactor(Protocol):
    """What calls later, in seconds of real time."""

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any) -> Any: ...  # noqa: N802, A002 - Twisted's


class Follower(ABC):
    """Somebody who follows the journal."""

    filter: EventFilter
    seen: int
    """The number of the newest event that it has been given, or need not be."""

    @abstractmethod
    def follow(self, seq: int, entry: Entry) -> None:
        """An event has come that the filter lets through."""

    @abstractmethod
    def overtaken(self, since: int) -> None:
        """The ring has lost events after this one before anybody was given them."""

    @abstractmethod
    def failed(self, error: Exception) -> None:
        """`follow` raised this; it is given no more."""


class Followers:
    """The followers of one journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._by_key: dict[Key, dict[Follower, None]] = {}
        self._reactor: Reactor | None = None
        self._seen = 0
        self._looks = False  # in the next turn

    def add(self, follower: Follower, reactor: Reactor) -> None:
        """Give it the events after `follower.seen`."""
        if not self._by_key:
            self._seen = self._journal.seq
            self._reactor = reactor
            self._journal.watchers.append(self._note)
            self._journal.before_loss = self._look_before_loss
        self._by_key.setdefault(follower.filter.key, {})[follower] = None

    def remove(self, follower: Follower) -> None:
        """Give it no more; one that is not there is no error."""
        key = follower.filter.key
        if key in self._by_key:
            self._by_key[key].pop(follower, None)
            if not self._by_key[key]:
                del self._by_key[key]
            if not self._by_key:
                self._journal.watchers.remove(self._note)
                self._journal.before_loss = None

    def look(self, until: int | None = None) -> None:
        """Hand out what has come, at once. until: the number of the last event to hand out; None: the newest."""
        since, self._seen = self._seen, self._journal.seq if until is None else until
        if self._journal.oldest - 1 > since:
            for follower in [one for followers in self._by_key.values() for one in followers]:
                follower.overtaken(since)
        for seq, entry in list(self._journal.entries(since)):
            if seq > self._seen:
                break
            service, kind, conn = key_of(entry)
            for key in product({service, None}, (kind, None), {conn, None}):
                if key in self._by_key:
                    self._hand(seq, entry, list(self._by_key[key]))

    def _note(self) -> None:
        """An event has come; others may come in this turn."""
        if not self._looks and self._reactor is not None:
            self._looks = True
            self._reactor.callLater(0, self._turn)

    def _look_before_loss(self) -> None:
        """The ring is full: hand out the events that nobody was given, however many come in one turn.

        But not the newest: its session may not have said yet which of its bytes are a secret.
        """
        if self._seen < self._journal.oldest:
            self.look(max(self._seen, self._journal.seq - 1))

    def _turn(self) -> None:
        self._looks = False
        self.look()

    def _hand(self, seq: int, entry: Entry, followers: list[Follower]) -> None:
        for follower in followers:
            if seq > follower.seen:
                try:
                    if not follower.filter.missed_besides(entry):
                        follower.follow(seq, entry)
                except Exception as error:
                    self.remove(follower)
                    follower.failed(error)
