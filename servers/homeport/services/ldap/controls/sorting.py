"""Results in order (RFC 2891), and windows of them (virtual list views)."""

from bisect import bisect_left
from collections.abc import Generator, Iterator
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import Any

from homeport.protocol import ber
from homeport.services.ldap.controls.requests import SORT, SORTED, VLV, VLV_RESPONSE, Sort, SortKey, Vlv
from homeport.services.ldap.finding import Finder, Found, Item
from homeport.services.ldap.messages import Control
from homeport.services.ldap.operation import PAUSE, Operation, Pause
from homeport.world.directory.matching import MatchingRule, find_rule, folded
from homeport.world.directory.results import Code, DirectoryError

RUN = 200
"""Entries that are sorted in one step; sorted runs are merged while they are sent."""
Keyed = tuple[Any, Found]
KEY = itemgetter(0)
MAX_SORTED = 50_000
"""Entries that are sorted; a search with more is refused."""
LAST = (1, b"")
"""Key of an entry without the attribute: it comes last (RFC 2891 1.1)."""


class Descending:
    """A key that sorts the other way round."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __lt__(self, other: "Descending") -> bool:
        return bool(other.key < self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and other.key == self.key

    __hash__ = None  # type: ignore[assignment]  # only compared


def in_order(operation: Operation, finder: Finder) -> Generator[Pause, Any, tuple[Iterator[Item], tuple[Control, ...]]]:
    """Find everything, sort it, and return it with the controls of the response. Raises: DirectoryError."""
    order: Sort = operation.parsed[SORT]
    rules = [_rule_of(finder, key) for key in order.keys]
    critical = any(one.critical for one in operation.controls if one.oid == SORT)
    if any(rule is None for rule in rules):
        if critical:
            operation.told = (_sorted(_reason(finder, order)),)  # RFC 2891 2
            raise DirectoryError(
                Code.UNAVAILABLE_CRITICAL_EXTENSION, "a key of the order has no ordering rule, or is unknown"
            )
        return finder.items(), (_sorted(Code.INAPPROPRIATE_MATCHING),)
    runs: list[list[Keyed]] = [[]]
    others: list[Item] = []
    for item in finder.items():
        if type(item) is Found:
            runs[-1].append((_key(finder, item, order, rules), item))
            if len(runs[-1]) == RUN:
                runs[-1].sort(key=KEY)
                runs.append([])
                yield PAUSE
                if len(runs) * RUN > MAX_SORTED:
                    raise DirectoryError(Code.ADMIN_LIMIT_EXCEEDED, f"more than {MAX_SORTED} entries would be sorted")
        elif item is None:
            yield PAUSE
        else:
            others.append(item)
    runs[-1].sort(key=KEY)
    merged = merge(*runs, key=KEY)  # stable, as `sort` is
    responses = [_sorted(Code.SUCCESS)]
    if (window := operation.parsed.get(VLV)) is None:
        return chain((found for _key, found in merged), others), tuple(responses)
    held = []
    for keyed in merged:
        held.append(keyed)
        if len(held) % RUN == 0:
            yield PAUSE
    if window.value is None and not window.offset:
        operation.told = (*responses, _place(0, len(held), Code.OFFSET_RANGE_ERROR))
        raise DirectoryError(Code.OFFSET_RANGE_ERROR, "offsets begin with 1")
    chosen, response = _window(held, window, order.keys[0], rules[0])
    return chain(chosen, others), (*responses, response)


def _rule_of(finder: Finder, key: SortKey) -> MatchingRule | None:
    kind = finder.directory.schema.attribute(key.type.partition(";")[0])
    if kind is None or kind.name.lower() in finder.selection.hidden:
        return None
    if key.rule:
        return find_rule(key.rule)
    return kind.ordering or kind.equality


def _key(finder: Finder, found: Found, order: Sort, rules: list[MatchingRule | None]) -> tuple[Any, ...]:
    keys = []
    for one, rule in zip(order.keys, rules, strict=True):
        kind = finder.directory.schema.attribute(one.type.partition(";")[0])
        assert found.entry is not None and kind is not None and rule is not None  # noqa: S101, PT018 - checked above
        values = finder.directory.operational(found.entry, kind.name.lower()) or tuple(
            found.entry.values(finder.directory.schema, kind)
        )
        least = min((each for value in values if (each := folded(rule, value)) is not None), default=None)
        key: Any = LAST if least is None else (0, least)
        keys.append(Descending(key) if one.reverse else key)
    return tuple(keys)


def _window(held: list[Keyed], window: Vlv, first: SortKey, rule: MatchingRule | None) -> tuple[list[Found], Control]:
    """Return a window of a sorted list, and the control that says where it is. first, rule: of the order."""
    count = len(held)
    if window.value is not None:
        wanted = folded(rule, window.value) if rule is not None else None
        bound: Any = Descending((0, wanted)) if first.reverse else (0, wanted)
        target = count if wanted is None else bisect_left(held, bound, key=lambda keyed: keyed[0][0])
    elif not window.count or window.count == count:
        target = min(window.offset, count + 1) - 1
    else:  # the client's count is another one: the place is in proportion
        target = min(max(round((window.offset - 1) / max(window.count - 1, 1) * (count - 1)), 0), max(count - 1, 0))
    chosen = [found for _key, found in held[max(target - window.before, 0) : target + window.after + 1]]
    return chosen, _place(min(target + 1, count + 1), count, Code.SUCCESS)


def refuse_window(operation: Operation) -> None:
    """Refuse a window of a search without an order. Raises: DirectoryError."""
    operation.told = (_place(0, 0, Code.SORT_CONTROL_MISSING),)
    raise DirectoryError(Code.SORT_CONTROL_MISSING, "a window needs an order: send a sort control as well")


def _place(target: int, count: int, code: Code) -> Control:
    """Return the control that says where a window is."""
    numbers = ber.encode_integer(target) + ber.encode_integer(count)
    return Control(VLV_RESPONSE, value=ber.encode_sequence(numbers, ber.encode_integer(code, ber.ENUMERATED)))


def _reason(finder: Finder, order: Sort) -> Code:
    """Return why a search cannot have an order: an attribute that is unknown, or has no such rule."""
    names = (key.type.partition(";")[0] for key in order.keys)
    unknown = any(finder.directory.schema.attribute(name) is None for name in names)
    return Code.NO_SUCH_ATTRIBUTE if unknown else Code.INAPPROPRIATE_MATCHING


def _sorted(code: Code) -> Control:
    return Control(SORTED, value=ber.encode_sequence(ber.encode_integer(code, ber.ENUMERATED)))
