"""Networks by range: look-ups agree with a search through all, cost the same however many there are, ranges nest."""

import random
from itertools import pairwise

import pytest

from homeport.world.numbers import Network, Numbers, NumbersContents, OverlapError, Range, parse_range
from homeport.world.numbers.index import RangeIndex
from homeport.world.seed_numbers import NUMBERS


def made_ranges(chance, bits):
    """Return ranges that nest, by cutting ranges at chance."""
    waiting, made = [(0, (1 << bits) - 1)], []
    while waiting:
        first, last = waiting.pop()
        made.append(Range("v4", first, last))
        cuts = sorted(chance.sample(range(first, last + 1), min(4, last - first + 1)))
        waiting += [(one, other - 1) for one, other in pairwise(cuts) if chance.random() < 0.7]
    return list(dict.fromkeys(made))


@pytest.mark.parametrize("seed", range(20))
def test_every_look_up_finds_what_a_search_through_all_finds(seed):
    chance = random.Random(seed)
    ranges, index = made_ranges(chance, 8), RangeIndex()
    chance.shuffle(ranges)
    for one in ranges:
        index.put(one, one)
    for one in ranges[::3]:
        index.remove(one)
    kept = [one for number, one in enumerate(ranges) if number % 3]
    assert set(index) == set(kept)
    for _ in range(300):
        first, last = sorted(chance.choices(range(256), k=2)) if chance.random() < 0.7 else [chance.randrange(256)] * 2
        wanted = Range("v4", first, last)
        above = sorted((one for one in kept if one.covers(wanted)), key=lambda one: one.last - one.first)
        below = sorted(
            (one for one in kept if wanted.covers(one) and one != wanted), key=lambda one: (one.first, -one.last)
        )
        assert index.most_specific(wanted) == (above[0] if above else None)
        assert index.less_specific(wanted, 1000) == [one for one in above if one != wanted]
        assert index.more_specific(wanted, 1000, all_levels=True) == below
        first_level = [one for one in below if not any(other != one and other.covers(one) for other in below)]
        assert index.more_specific(wanted, 1000, all_levels=False) == first_level


def test_a_range_that_shares_only_a_part_with_another_is_refused():
    index = RangeIndex()
    for text in ("10.0.0.0/8", "10.0.0.10 - 10.0.0.19", "10.0.0.12 - 10.0.0.15"):
        index.put(parse_range(text), text)
    for text in (
        "10.0.0.0 - 10.0.0.10",
        "10.0.0.19 - 10.0.0.20",
        "10.0.0.15 - 10.0.0.17",
        "9.0.0.0 - 10.0.0.12",
        "8.0.0.0-10.0.0.15",
    ):
        with pytest.raises(OverlapError, match="shares only a part with 10"):
            index.put(parse_range(text), text)
    for text in ("10.0.0.8 - 10.0.0.19", "10.0.0.16 - 10.0.0.19", "0.0.0.0/0", "10.0.0.12/31"):
        index.put(parse_range(text), text)
    assert len(index) == 7


def test_a_look_up_among_50000_networks_looks_at_one_chain_for_each_length(monkeypatch):
    index = RangeIndex()
    for number in range(50_000):
        where = Range("v4", number << 12, (number << 12) + 4095)
        index.put(where, where)
    compared = []
    covers = Range.covers
    monkeypatch.setattr(Range, "covers", lambda self, other: compared.append(self) or covers(self, other))
    assert index.most_specific(Range("v4", 77 << 12, 77 << 12)).first == 77 << 12
    assert len(index.more_specific(Range("v4", 0, 2**32 - 1), 101, all_levels=True)) == 101
    assert len(compared) <= 32


def test_a_range_is_shown_as_a_prefix_where_it_is_one():
    assert str(parse_range("192.0.2.77/24")) == "192.0.2.0/24"
    assert str(parse_range("192.0.2.0-192.0.2.255")) == "192.0.2.0/24"
    assert str(parse_range("192.0.2.1 - 192.0.2.9")) == "192.0.2.1 - 192.0.2.9"
    assert str(parse_range("192.0.2.1")) == "192.0.2.1/32"
    assert str(parse_range("2001:DB8::/32")) == "2001:db8::/32"
    assert str(parse_range("0.0.0.0/0")) == "0.0.0.0/0"
    assert str(parse_range("as 64496 - as64511")) == "AS64496 - AS64511"
    assert str(parse_range("::/0").span) == ":: - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"


def test_a_replaced_route_loses_its_old_origins():
    numbers = Numbers(NUMBERS)
    (route,) = numbers.routes.with_origin(64498)
    numbers.routes.put(type(route)(prefix=route.prefix, origins=("AS64499", "as64499")))
    assert [*numbers.routes.with_origin(64498)] == []
    assert [one.origins for one in numbers.routes.with_origin(64499)] == [("AS64499",)]


def test_times_of_the_contents_are_from_the_worlds_beginning():
    numbers = Numbers(NumbersContents(networks=[Network(range="10.0.0.0/8", name="N", created=-10.0)]), 1000.0)
    assert [one.created for one in numbers.networks] == [990.0]
