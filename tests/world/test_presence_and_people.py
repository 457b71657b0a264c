"""People, presences and quotes of a world."""

from random import Random

import pytest

from homeport.world.people import People, Person
from homeport.world.presence import PresenceList
from homeport.world.quotes import Quotes

ALICE = Person(login="alice", name="Alice Liddell")
ANCHORS = [Person(login="bob", name="Robert Anchor"), Person(login="carol", name="Carol Q. Anchor")]


def test_people_are_found_by_login_ignoring_case():
    assert People([ALICE]).get("ALICE") is ALICE
    assert People([ALICE]).get("liddell") is None


def test_people_are_found_by_a_whole_word_of_their_name():
    people = People([ALICE, *ANCHORS])
    assert people.named("anchor") == ANCHORS
    assert people.named("Q") == [ANCHORS[1]]
    assert people.named("anch") == []


def test_two_people_cannot_share_a_login():
    with pytest.raises(ValueError, match="Alice"):
        People([ALICE, Person(login="Alice", name="Another")])


def test_a_person_can_be_replaced_and_removed():
    people = People([ALICE])
    people.put(Person(login="ALICE", name="Alice Hargreaves"))
    assert [person.name for person in people] == ["Alice Hargreaves"]
    assert people.remove("alice")
    assert not people.remove("alice")


def test_a_presence_lasts_from_enter_to_leave():
    presence = PresenceList()
    first = presence.enter("alice", "ftp", "192.0.2.7", since=100)
    second = presence.enter("alice", "smtp", "", since=200, active=150)
    assert [one.terminal for one in presence.of("Alice")] == ["ftp", "smtp"]
    presence.touch(first, 300)
    assert next(iter(presence)).active == 300
    assert presence.leave(first)
    assert not presence.leave(first)
    assert [one.id for one in presence] == [second]


def test_the_default_world_has_three_presences(world):
    assert [(one.login, one.terminal) for one in world.presence] == [
        ("alice", "tty1"),
        ("bob", "pts/0"),
        ("operator", "console"),
    ]
    alice = next(iter(world.presence))
    assert (world.clock.now() - alice.since, world.clock.now() - alice.active) == (3 * 3600, 240)


def test_quotes_come_in_turn():
    quotes = Quotes(["a", "b"], Random(0))
    assert [quotes.pick("sequential", 0) for _ in range(3)] == ["a", "b", "a"]


def test_quotes_of_the_day_last_a_day_of_the_worlds_clock():
    quotes = Quotes(["a", "b", "c"], Random(0))
    day = 86_400
    assert {quotes.pick("day", 5 * day + at) for at in (0, 1, day - 1)} == {"c"}
    assert quotes.pick("day", 6 * day) == "a"


def test_quotes_by_chance_repeat_with_the_seed():
    def run(seed):
        quotes = Quotes("abcdefgh", Random(seed))
        return [quotes.pick("random", 0) for _ in range(20)]

    assert run(1) == run(1) != run(2)


def test_without_quotes_the_quote_is_empty():
    assert Quotes([], Random(0)).pick("random", 0) == ""
