"""Subtrees are moved and removed in steps, beside other operations."""

import pytest
from services.ldap.asker import BASE, abandon, add, control, delete, message, modify, read, rename, search

from homeport.protocol.events import Closed, Data, TimerFired

OLD, NEW = f"ou=old,{BASE}", f"ou=new,{BASE}"
TREE_DELETE = "1.2.840.113556.1.4.805"
COUNT = 200
NAMES = {f"cn=e{number}" for number in range(COUNT)}


@pytest.fixture
def grown(admin):
    """A connection, and a subtree of two levels."""
    assert admin.code(add(OLD, objectClass="organizationalUnit", ou="old")) == 0
    assert admin.code(add(f"ou=inner,{OLD}", objectClass="organizationalUnit", ou="inner")) == 0
    for name in sorted(NAMES):
        assert admin.code(add(f"{name},ou=inner,{OLD}", objectClass="device", cn=name.removeprefix("cn="))) == 0
    return admin


def go_on(asker):
    """Run the paused operations of a connection to their end; return the responses."""
    answers = []
    while asker.talk.timers.pop("turn", None) is not None:
        asker.holding_turns = True
        answers += read(asker.hear(TimerFired("turn")))
    asker.holding_turns = False
    return answers


def below(asker, base):
    """Return the first components of what is below a name."""
    return {name.partition(",")[0] for name in asker.entries(search(base, 3))}


def test_a_subtree_is_moved_in_steps_and_keeps_its_identifiers(grown):
    (before, _done) = grown.ask(search(f"cn=e7,ou=inner,{OLD}", 0, attributes=("entryUUID",)))
    assert grown.begin(rename(OLD, "ou=new")) == []
    (done,) = go_on(grown)
    assert done.code == 0
    assert below(grown, NEW) == NAMES | {"ou=inner"}
    assert grown.code(search(OLD, 0)) == 32
    (after, _done) = grown.ask(search(f"cn=e7,ou=inner,{NEW}", 0, attributes=("entryUUID",)))
    assert after.attributes == before.attributes


def test_who_changes_something_meanwhile_carries_the_move_on(client, grown):
    grown.begin(rename(OLD, "ou=new"))
    other = client(grown.world).login()
    assert other.code(add(f"cn=later,ou=inner,{OLD}", objectClass="device", cn="later")) == 32
    assert other.code(modify(f"cn=e7,ou=inner,{NEW}", (0, "description", ("changed",)))) == 0
    assert below(other, NEW) == NAMES | {"ou=inner"}
    (done,) = go_on(grown)
    assert done.code == 0


@pytest.mark.parametrize("end", ["abandon", "close"])
def test_a_move_goes_on_to_its_end_although_its_client_has_gone(client, grown, end):
    grown.begin(rename(OLD, "ou=new"))
    if end == "abandon":
        grown.hear(Data(message(grown.number + 1, abandon(grown.number))))
    else:
        grown.hear(Closed(None))
    other = client(grown.world)
    assert below(other, NEW) == NAMES | {"ou=inner"}
    assert other.code(search(OLD, 0)) == 32


def test_a_subtree_is_removed_in_steps(client, grown):
    grown.number += 1
    grown.holding_turns = True
    assert grown.hear(Data(message(grown.number, delete(OLD), control(TREE_DELETE, critical=True)))) == b""
    (done,) = go_on(grown)
    assert done.code == 0
    assert client(grown.world).code(search(OLD, 0)) == 32


def test_a_change_that_began_before_a_move_begins_again(client, grown):
    name = f"cn=e7,ou=inner,{OLD}"
    values = tuple(map(str, range(600)))
    other = client(grown.world).login()
    other.begin(modify(name, (0, "description", values)))
    grown.begin(rename(OLD, "ou=new"))
    (done,) = go_on(other)
    assert done.code == 32  # it has another name now
    (done,) = go_on(grown)
    assert done.code == 0
