"""Filters of the journal's events: conditions on their fields, each with one value or several, and negated ones."""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from homeport.config.peers import peer_matcher
from homeport.protocol.addresses import address_text
from homeport.protocol.rules import Level
from homeport.world.event_types import EVENT_TYPES
from homeport.world.journal import Connection, Entry, Offence

Condition = Callable[[Entry], bool]
Key = tuple[str | None, str | None, str | None]
"""Service, type and connection; None for any."""
INDEXED = ("service", "type", "conn")
"""Fields of `Key`."""
LEVELS: tuple[Level, ...] = ("advice", "should", "must")
"""Levels of findings, the most severe last."""
WHOLE = frozenset(("text", "object"))
"""Fields of which a filter has one value: a comma belongs to it."""
VALUES_PER_WEIGHT = 8
"""Values of a filter that cost as much as the rest of the work on an event."""


def negated(name: str) -> Any:
    """Return the field of the query parameter that leaves out what the parameter `name` selects."""
    return msgspec.field(name=f"-{name}", default=None)


Negated = Annotated[str, Meta(description="leave out the events that the parameter without `-` selects")] | None


class EventFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """A filter of events: every condition that is given must match. Where several values are given, separated by
    commas, one of them must.
    """

    since: Annotated[int, Meta(ge=0, description="only events after the one of this `seq`")] = 0
    epoch: (
        Annotated[
            str,
            Meta(description="the `epoch` of `since`, from an earlier answer; if it has ended, the answer has `reset`"),
        ]
        | None
    ) = None
    service: Annotated[str, Meta(description="only events of this service; several: smtp,ftp")] | None = None
    listener: Annotated[str, Meta(description="only events of this listener: tls, smtp.tls; or of several")] | None = (
        None
    )
    type: (
        Annotated[str, Meta(description=f"only events of this type, or of several: {', '.join(EVENT_TYPES)}")] | None
    ) = None
    conn: Annotated[str, Meta(description="only events of this connection, such as c3; or of several")] | None = None
    peer: (
        Annotated[
            str,
            Meta(description="only events of this client: an address (and port), or a network; or of several"),
        ]
        | None
    ) = None
    text: (
        Annotated[
            str,
            Meta(description="only events that contain this text in their bytes or in a field, ignoring case"),
        ]
        | None
    ) = None
    command: (
        Annotated[str, Meta(description="only events of this command: RCPT, domain:create, ...; or of several")] | None
    ) = None
    object: (
        Annotated[str, Meta(description="only events of commands with this object: a name, an identifier, an argument")]
        | None
    ) = None
    code: (
        Annotated[
            str,
            Meta(
                description="only events whose result code starts with this: 2303, or 2 for every EPP error; or several"
            ),
        ]
        | None
    ) = None
    level: (
        Annotated[
            str,
            Meta(
                description="only findings of this level or a more severe one: advice, should, must; "
                "of exactly these levels if several are given"
            ),
        ]
        | None
    ) = None
    id: Annotated[str, Meta(description="only findings of this rule: smtp.bare-lf, bare-lf; or of several")] | None = (
        None
    )
    fault: Annotated[str, Meta(description="only the acts of this planned fault, such as f1; or of several")] | None = (
        None
    )
    not_service: Negated = negated("service")
    not_listener: Negated = negated("listener")
    not_type: Negated = negated("type")
    not_conn: Negated = negated("conn")
    not_peer: Negated = negated("peer")
    not_text: Negated = negated("text")
    not_command: Negated = negated("command")
    not_object: Negated = negated("object")
    not_code: Negated = negated("code")
    not_level: Negated = negated("level")
    not_id: Negated = negated("id")
    not_fault: Negated = negated("fault")

    def __post_init__(self) -> None:
        for value in (*self.values("peer"), *self.values("not_peer")):
            peer_matcher(value)
        for value in (*self.values("level"), *self.values("not_level")):
            rank_of(value)

    def values(self, name: str) -> list[str]:
        """Return the values of a field, or of its negation (`not_type`); none if it is not given."""
        given: str | None = getattr(self, name)
        if given is None:
            return []
        if name.removeprefix("not_") in WHOLE:
            return [given]
        return [value.strip() for value in given.split(",")]

    @cached_property
    def key(self) -> Key:
        """The conditions that the table of followers is indexed by: those with one value."""
        single = [values[0] if len(values := self.values(name)) == 1 else None for name in INDEXED]
        return single[0], single[1], single[2]

    @cached_property
    def indexed(self) -> tuple[Condition, ...]:
        """The conditions that `key` stands for."""
        wanted = zip(INDEXED, self.key, strict=True)
        return tuple(condition_of(name, value) for name, value in wanted if value is not None)

    @cached_property
    def others(self) -> tuple[Condition, ...]:
        """All other conditions, apart from `since`."""
        found: list[Condition] = []
        single = dict(zip(INDEXED, self.key, strict=True))
        for name in NAMES:
            if (values := self.values(name)) and single.get(name) is None:
                found.append(at_least(values[0]) if name == "level" and len(values) == 1 else any_of(name, values))
            if values := self.values(f"not_{name}"):
                found.append(none_of([any_of(name, values)]))
        return tuple(found)

    @cached_property
    def weight(self) -> int:
        """The work of testing an event, in multiples of that of a filter with few values."""
        return 1 + sum(len(self.values(name)) for name in (*NAMES, *NOT_NAMES)) // VALUES_PER_WEIGHT

    @property
    def empty(self) -> bool:
        """True if every event matches, apart from `since`."""
        return not self.indexed and not self.others

    def matches(self, entry: Entry) -> bool:
        """Return True if an event matches, apart from `since`."""
        return all(condition(entry) for condition in self.indexed) and self.matches_others(entry)

    def matches_others(self, entry: Entry) -> bool:
        """Return True if an event matches the conditions outside the key."""
        for condition in self.others:  # noqa: SIM110 - a generator costs more than the conditions
            if not condition(entry):
                return False
        return True

    def count_mismatches(self, entry: Entry) -> int:
        """Return the number of conditions that an event does not match, apart from `since`."""
        return sum(not condition(entry) for condition in chain(self.indexed, self.others))


NAMES = tuple(name.removeprefix("not_") for name in EventFilter.__struct_fields__ if name.startswith("not_"))
"""Fields that are conditions."""
NOT_NAMES = tuple(f"not_{name}" for name in NAMES)


def rank_of(level: str) -> int:
    """Return the place of a level among LEVELS. Raises: ValueError."""
    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r}; there are {', '.join(get_args(Level))}")
    return LEVELS.index(level)


def any_of(name: str, values: Sequence[str]) -> Condition:
    """Return the condition that a field has one of these values."""
    if len(values) == 1:
        return condition_of(name, values[0])
    conditions = [condition_of(name, value) for value in values]
    return lambda entry: any(condition(entry) for condition in conditions)


def none_of(conditions: Sequence[Condition]) -> Condition:
    """Return the condition that none of these holds."""
    return lambda entry: not any(condition(entry) for condition in conditions)


def condition_of(name: str, value: str) -> Condition:
    """Return the condition that a field of an event has this value."""
    return CONDITIONS[name](value)


def _of_service(wanted: str) -> Condition:
    return lambda entry: entry.source is not None and entry.source.service == wanted


def _of_listener(wanted: str) -> Condition:
    def holds(entry: Entry) -> bool:
        source = entry.source
        return source is not None and wanted in (source.listener, f"{source.service}.{source.listener}")

    return holds


def _of_type(wanted: str) -> Condition:
    return lambda entry: entry.type == wanted


def _of_conn(wanted: str) -> Condition:
    number = int(wanted[1:]) if wanted[:1] == "c" and wanted[1:].isdecimal() else -1
    return lambda entry: isinstance(entry.source, Connection) and entry.source.number == number


def _of_peer(wanted: str) -> Condition:
    matches = peer_matcher(wanted)

    def holds(entry: Entry) -> bool:
        peer = peer_of(entry)
        return bool(peer) and matches(peer)

    return holds


def _with_text(wanted: str) -> Condition:
    lower = wanted.lower()
    return lambda entry: entry.contains(lower)


def _of_command(wanted: str) -> Condition:
    lower = wanted.lower()
    return lambda entry: _field(entry, "command", "verb") == lower


def _of_object(wanted: str) -> Condition:
    lower = wanted.lower()

    def holds(entry: Entry) -> bool:
        about = _field(entry, "object", "argument")
        return lower == about or lower in about.split(", ")

    return holds


def _with_code(wanted: str) -> Condition:
    return lambda entry: _field(entry, "code").startswith(wanted)


def _of_level(wanted: str) -> Condition:
    return lambda entry: isinstance(entry.content, Offence) and entry.content.rule.level == wanted


def at_least(level: str) -> Condition:
    """Return the condition that an event is a finding of this level, or of a more severe one."""
    rank = rank_of(level)
    return lambda entry: isinstance(entry.content, Offence) and rank_of(entry.content.rule.level) >= rank


def _of_rule(wanted: str) -> Condition:
    return lambda entry: isinstance(entry.content, Offence) and wanted in (entry.content.name, entry.content.rule.id)


def _of_fault(wanted: str) -> Condition:
    return lambda entry: entry.type == "fault" and isinstance(entry.content, dict) and entry.content.get("id") == wanted


CONDITIONS: dict[str, Callable[[str], Condition]] = {
    "service": _of_service,
    "listener": _of_listener,
    "type": _of_type,
    "conn": _of_conn,
    "peer": _of_peer,
    "text": _with_text,
    "command": _of_command,
    "object": _of_object,
    "code": _with_code,
    "level": _of_level,
    "id": _of_rule,
    "fault": _of_fault,
}


def _field(entry: Entry, *names: str) -> str:
    """Return the first of these fields that an event has, in lower case; empty for none."""
    content = entry.content
    if isinstance(content, dict):
        for name in names:
            if (value := content.get(name)) is not None:
                return str(value).lower()
    return ""


def key_of(entry: Entry) -> Key:
    """Return an event's service, type and connection."""
    source = entry.source
    if source is None:
        return None, entry.type, None
    return source.service, entry.type, source.id if isinstance(source, Connection) else None


def peer_of(entry: Entry) -> str:
    """Return the client of an event, as text; empty for none."""
    source, content = entry.source, entry.content
    if isinstance(source, Connection):
        return address_text(source.peer)
    if entry.type == "datagram":
        return address_text(content[0])
    if isinstance(content, Offence):
        return content.peer
    return str(content.get("peer", "")) if isinstance(content, dict) else ""
