"""The work of one request is bounded: by the number of its values, and by steps."""

import pytest
from conftest import make_world
from services.ldap.asker import (
    ALICE,
    BASE,
    abandon,
    add,
    bind,
    control,
    equals,
    message,
    modify,
    octets,
    read,
    search,
)

from homeport.protocol.ber import encode_boolean, encode_integer, encode_sequence
from homeport.protocol.effects import Compute
from homeport.protocol.events import Data, TimerFired
from homeport.services.ldap.limits import MAX_VALUES, STEP_PARTS, step_of
from homeport.world.directory.directory import SUBTREE
from homeport.world.directory.filters import Equality, Or
from homeport.world.directory.tree import STEP
from homeport.world.people import Person

ASSERTION = "1.3.6.1.1.12"
SORT, VLV = "1.2.840.113556.1.4.473", "2.16.840.1.113730.3.4.9"
PEOPLE = f"ou=people,{BASE}"
CROWD = encode_sequence(octets("uid"), encode_sequence(octets("u", 0x80)), tag=0xA4)
"""Filter of the logins that begin with u."""
ADMIN_LIMIT_EXCEEDED = 11
SSHA = "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0"
"""Hash of `secret`."""


def any_of(count, kind="description"):
    """Write a filter of N parts."""
    return encode_sequence(*(equals(kind, f"x{number}") for number in range(count)), tag=0xA1)


def turns_of(client, request):
    """Send a request; return the number of turns of the reactor until it is answered, and its last response."""
    client.number += 1
    client.holding_turns = True
    answers = read(client.hear(Data(message(client.number, request))))
    turns = 1
    while client.talk.timers.pop("turn", None) is not None:
        answers += read(client.hear(TimerFired("turn")))
        turns += 1
    return turns, answers[-1]


@pytest.mark.parametrize(
    "request_of",
    [
        lambda: search(BASE, 2, any_of(MAX_VALUES // 3 + 1)),
        lambda: add(f"cn=many,{BASE}", cn="many", objectClass="device", description=tuple(map(str, range(MAX_VALUES)))),
        lambda: modify(ALICE, (0, "description", tuple(map(str, range(MAX_VALUES))))),
    ],
    ids=["search", "add", "modify"],
)
def test_a_request_with_too_many_values_exceeds_a_limit_and_the_next_one_is_answered(admin, request_of):
    (done,) = admin.ask(request_of())
    assert (done.id, done.code) == (admin.number, ADMIN_LIMIT_EXCEEDED)
    assert f"{MAX_VALUES:,} values" in done.text
    assert admin.entries(search(ALICE, 0)) == [ALICE]


def test_a_control_with_too_many_values_exceeds_the_limit(admin):
    asserted = control(ASSERTION, any_of(MAX_VALUES // 3 + 1), critical=True)
    assert admin.code(search(ALICE, 0), asserted) == ADMIN_LIMIT_EXCEEDED


def test_the_largest_request_is_answered(admin):
    values = tuple(map(str, range(MAX_VALUES - 30)))
    assert admin.code(modify(ALICE, (0, "description", values))) == 0
    found = admin.entries(search(ALICE, 0, any_of(MAX_VALUES // 3 - 10), ("cn",)))
    assert found == []


def test_a_request_with_too_many_values_is_concealed_for_it_may_have_a_password(client):
    asker = client()
    request = modify(ALICE, (2, "userPassword", ("geheim",) * (MAX_VALUES + 1)))
    asker.ask(request)
    assert asker.talk.concealed >= len(request)


def test_a_message_with_too_many_values_that_is_no_request_ends_the_session(client):
    asker = client()
    asker.hear(Data(encode_sequence(*(b"\x04\x00" for _ in range(MAX_VALUES + 10)))))
    assert asker.talk.closed


def test_a_step_looks_at_fewer_entries_the_more_parts_a_filter_has():
    parts = tuple(Equality("cn", b"%d" % number) for number in range(1000))
    assert step_of(parts[0]) == STEP
    assert step_of(Or(parts[:20])) * 21 <= STEP_PARTS
    assert step_of(Or(parts)) * 1001 <= STEP_PARTS
    assert step_of(Or((Or(parts), Or(parts), Or(parts)))) == 1


def test_a_search_with_many_parts_takes_many_turns(client):
    world = make_world()
    for number in range(STEP):
        world.people.put(Person(login=f"u{number}", name=f"User Number{number}"))
    asker = client(world)
    few, _done = turns_of(asker, search(BASE, SUBTREE, any_of(2), ("uid",)))
    many, done = turns_of(asker, search(BASE, SUBTREE, any_of(STEP_PARTS // 4), ("uid",)))
    assert done.code == 0
    assert few < 5
    assert many > STEP // 4


def test_a_change_of_many_values_takes_steps(admin):
    values = tuple(map(str, range(2000)))
    turns, done = turns_of(admin, add(f"cn=many,{BASE}", objectClass="device", cn="many", description=values))
    assert (done.code, turns > 5) == (0, True)
    turns, done = turns_of(admin, modify(f"cn=many,{BASE}", (0, "description", ("one more",))))
    assert (done.code, turns > 5) == (0, True)


def test_a_change_begins_again_if_the_entry_was_changed_between_its_steps(client, admin):
    name = f"cn=many,{BASE}"
    values = tuple(map(str, range(1000)))
    assert admin.code(add(name, objectClass="device", cn="many", description=values)) == 0
    admin.begin(modify(name, (0, "description", ("first",)), (0, "description", ("second",))))
    other = client(admin.world).login()
    assert other.code(modify(name, (0, "description", ("third",)))) == 0
    done = read(admin.hear(TimerFired("turn")))[-1]
    assert done.code == 0
    (found, _done) = other.ask(search(name, 0))
    assert set(found.attributes["description"]) == {*(one.encode() for one in values), b"first", b"second", b"third"}


def test_an_abandoned_change_of_many_values_changes_nothing(client, admin):
    name = f"cn=many,{BASE}"
    values = tuple(map(str, range(1000)))
    assert admin.code(add(name, objectClass="device", cn="many", description=values)) == 0
    admin.begin(modify(name, (0, "description", ("first",))))
    admin.hear(Data(message(admin.number + 1, abandon(admin.number))))
    (found, _done) = client(admin.world).ask(search(name, 0))
    assert len(found.attributes["description"]) == 1000


def test_a_hash_is_computed_off_the_reactor_and_another_client_is_served_meanwhile(client):
    world = make_world()
    world.people.put(Person(login="hashed", name="Hashed", password=SSHA))
    one, other = client(world, holding=True), client(world)
    one.number += 1
    assert one.hear(Data(message(1, bind(f"uid=hashed,ou=people,{BASE}", "secret")))) == b""
    assert type(one.call) is Compute
    assert other.entries(search(ALICE, 0)) == [ALICE]
    before = len(one.talk.sent)
    one.release()
    (done,) = read(one.talk.sent[before:])
    assert (done.tag, done.code) == (0x61, 0)


def sorted_by(kind, *, reverse=False):
    """Write a sort control."""
    key = encode_sequence(octets(kind), *([encode_boolean(value=True, tag=0x81)] if reverse else []))
    return control(SORT, encode_sequence(key))


def from_value(value, before, after):
    """Write a control of a window that begins at a value."""
    return control(VLV, encode_sequence(encode_integer(before), encode_integer(after), octets(value, 0x81)))


@pytest.fixture
def crowd():
    """A world of 700 people in no order."""
    world = make_world()
    numbers = [(number * 257) % 700 for number in range(700)]
    for number in numbers:
        world.people.put(Person(login=f"u{number:03}", name=f"User Number{number:03}"))
    return world


@pytest.mark.parametrize("reverse", [False, True])
def test_entries_are_sorted_in_steps(client, crowd, reverse):
    asker = client(crowd)
    *answers, _done = asker.ask(search(PEOPLE, 1, CROWD, ("uid",)), sorted_by("cn", reverse=reverse))
    found = [one.attributes["uid"][0] for one in answers]
    assert found == [b"u%03d" % number for number in (range(699, -1, -1) if reverse else range(700))]
    asker.number += 1
    asker.holding_turns = True
    assert asker.hear(Data(message(asker.number, search(PEOPLE, 1, CROWD), sorted_by("cn")))) == b""  # a step


@pytest.mark.parametrize(
    ("reverse", "value", "first"),
    [(False, "User Number350", 350), (False, "User Number3495", 350), (False, "", 0), (True, "User Number350", 350)],
)
def test_a_window_begins_at_a_value(client, crowd, reverse, value, first):
    controls = sorted_by("cn", reverse=reverse), from_value(value, 0, 1)
    *found, _done = client(crowd).ask(search(PEOPLE, 1, CROWD, ("uid",)), *controls)
    second = first - 1 if reverse else first + 1
    assert [one.attributes["uid"] for one in found] == [[b"u%03d" % first], [b"u%03d" % second]]
