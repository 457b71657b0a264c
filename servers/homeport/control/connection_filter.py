"""Filters of connections: the conditions of the parameters, and the filter language."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from homeport.config.peers import peer_matcher
from homeport.control.filter_language import Key, Value, parse_q
from homeport.control.times import unix_time
from homeport.protocol.addresses import address_text
from homeport.world.event_filter import LEVELS, VALUES_PER_WEIGHT, rank_of
from homeport.world.transcript import Kept


def _read_number(text: str) -> float:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a number")
    return float(text)


def _read_peer(text: str) -> float:
    peer_matcher(text)
    return 0.0


CONNECTION_KEYS = {
    **dict.fromkeys(("service", "listener", "conn", "command", "reason"), Key()),
    "peer": Key(read=_read_peer),
    "state": Key(among=("open", "closed")),
    "level": Key(read=lambda text: float(rank_of(text.lower())), ordered=True),
    **dict.fromkeys(("findings", "received", "sent", "seq"), Key(read=_read_number, ordered=True)),
}
"""Keys of the filter language for connections."""


class ConnectionConditions(Protocol):
    """The conditions of a query of connections."""

    @property
    def since(self) -> int: ...
    @property
    def before(self) -> int | None: ...
    @property
    def service(self) -> str | None: ...
    @property
    def listener(self) -> str | None: ...
    @property
    def peer(self) -> str | None: ...
    @property
    def state(self) -> str | None: ...
    @property
    def findings(self) -> bool | None: ...
    @property
    def level(self) -> str | None: ...
    @property
    def opened_since(self) -> str | None: ...
    @property
    def q(self) -> str | None: ...


def split(values: str | None) -> list[str]:
    """Return the values of a parameter, which commas separate; none if it is not given."""
    return [] if values is None else [value.strip() for value in values.split(",")]


def weight_of(q: str | None) -> int:
    """Return the work of testing a connection, in multiples of that of a filter with few values."""
    values = sum(len(term.values) for clause in parse_q(q, CONNECTION_KEYS) for term in clause)
    return 1 + values // VALUES_PER_WEIGHT


def connection_filter(query: ConnectionConditions, now: float) -> Callable[[Kept], bool]:
    """Return a predicate of connections. now: the real time. Raise ProblemError, 400, for an invalid time."""
    services, listeners = split(query.service), split(query.listener)
    is_peer = [peer_matcher(one) for one in split(query.peer)]
    earliest = unix_time(query.opened_since, now) if query.opened_since is not None else 0.0
    levels = () if query.level is None else LEVELS[rank_of(query.level) :]
    clauses = parse_q(query.q, CONNECTION_KEYS)

    def wanted(kept: Kept) -> bool:
        one = kept.connection
        return (
            one.seq > query.since
            and (query.before is None or one.seq < query.before)
            and (not services or one.service in services)
            and (not listeners or one.listener in listeners or f"{one.service}.{one.listener}" in listeners)
            and query.state in (None, state_of(kept))
            and (query.findings is None or bool(one.findings) is query.findings)
            and (not levels or any(level in (one.levels or ()) for level in levels))
            and one.opened >= earliest
            and (not is_peer or any(matches(address_text(one.peer)) for matches in is_peer))
            and all(any(term.holds(partial(judge, kept, term.key)) for term in clause) for clause in clauses)
        )

    return wanted


def state_of(kept: Kept) -> str:
    """Return the state of a connection: open, or closed."""
    return "open" if kept.connection.closed is None else "closed"


def judge(kept: Kept, key: str, value: Value) -> bool:
    """Return True if a connection matches one value of the filter language."""
    one = kept.connection
    wanted = value.text.lower()
    match key:
        case "":
            whole = (one.id, one.service, address_text(one.peer), one.reason, verbs_text(kept.verbs))
            return any(wanted in text.lower() for text in whole)
        case "listener":
            return wanted in (one.listener, f"{one.service}.{one.listener}")
        case "conn":
            return wanted == one.id
        case "command":
            return any(verb.lower() == wanted for verb, _times in kept.verbs)
        case "reason":
            return wanted in one.reason.lower()
        case "peer":
            return peer_matcher(value.text)(address_text(one.peer))
        case "state":
            return wanted == state_of(kept)
        case "level":
            return any(value.compare(rank_of(level)) for level in one.levels or ())
        case "service":
            return wanted == one.service
    return value.compare(getattr(one, key))


def verbs_text(verbs: Sequence[tuple[str, int]]) -> str:
    """Return the verbs of a connection in one line."""
    return " ".join(verb if times == 1 else f"{verb}\N{MULTIPLICATION SIGN}{times}" for verb, times in verbs)
