"""The query of operations on events: the filter, with the filter language in `q`."""

from functools import cached_property
from typing import Annotated

from msgspec import Meta

from homeport.config.peers import peer_matcher
from homeport.control.filter_language import Clause, Key, Term, Value, parse_q
from homeport.world.event_filter import (
    VALUES_PER_WEIGHT,
    Condition,
    EventFilter,
    condition_of,
    rank_of,
)
from homeport.world.journal import Offence


def _read_peer(text: str) -> float:
    """Validate a client. Raises: ValueError."""
    peer_matcher(text)
    return 0.0


KEYS = {
    **dict.fromkeys(("service", "listener", "type", "conn", "command", "object", "code", "id", "fault", "text"), Key()),
    "peer": Key(read=_read_peer),
    "level": Key(read=lambda text: float(rank_of(text.lower())), ordered=True),
}
"""Keys of the filter language for events. A word is searched for in the whole event."""


class EventQuery(EventFilter, frozen=True, kw_only=True):
    """A filter of events with `q`."""

    q: (
        Annotated[
            str,
            Meta(
                description="filter language: words, `key:value`, `key:a,b`, `-key:value`, `a OR b`; "
                f"keys: {', '.join(KEYS)}; `level:>=should`"
            ),
        ]
        | None
    ) = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._clauses  # noqa: B018 - raises for a malformed filter

    @cached_property
    def _clauses(self) -> tuple[Clause, ...]:
        return parse_q(self.q, KEYS)

    @cached_property
    def others(self) -> tuple[Condition, ...]:
        return (*super().others, *map(clause_condition, self._clauses))

    @cached_property
    def weight(self) -> int:
        values = sum(len(term.values) for clause in self._clauses for term in clause)
        return super().weight + values // VALUES_PER_WEIGHT


def clause_condition(clause: Clause) -> Condition:
    """Return the condition that one term of a clause holds."""
    if len(clause) == 1:
        return _term_condition(clause[0])
    conditions = [_term_condition(term) for term in clause]
    return lambda entry: any(condition(entry) for condition in conditions)


def _term_condition(term: Term) -> Condition:
    conditions = [_value_condition(term.key, value) for value in term.values]
    negated = term.negated
    return lambda entry: any(condition(entry) for condition in conditions) is not negated


def _value_condition(key: str, value: Value) -> Condition:
    if key == "level":
        return lambda entry: isinstance(entry.content, Offence) and value.compare(rank_of(entry.content.rule.level))
    return condition_of(key or "text", value.text)
