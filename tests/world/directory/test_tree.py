"""The tree of entries and its indexes."""

import tracemalloc

import pytest
from conftest import make_world

from homeport.world.directory.directory import SUBTREE
from homeport.world.directory.entry import make_entry
from homeport.world.directory.filters import Equality
from homeport.world.directory.names import parse_dn
from homeport.world.directory.schema.schema import standard_schema
from homeport.world.directory.tree import STEP, Tree
from homeport.world.people import Person

COUNT = 3 * STEP


@pytest.fixture
def directory():
    """A directory of many people, without an index."""
    world = make_world()
    for number in range(COUNT):
        world.people.put(Person(login=f"u{number}", name=f"User Number{number}"))
    return world.directory


def searched(directory, login):
    """Begin a search by `uid`; return its steps."""
    return directory.search(directory.fold(directory.suffix), SUBTREE, Equality("uid", login.encode()))


def found(steps):
    """Run a search to its end; return the logins of what it finds."""
    return [entry.text("uid") for entry in steps if entry is not None]


def test_a_search_finds_its_entry_while_another_fills_the_index(directory):
    first = searched(directory, "u1")
    assert next(first) is None  # a step of the index; it is not full
    assert found(searched(directory, f"u{COUNT - 1}")) == [f"u{COUNT - 1}"]
    assert found(first) == ["u1"]


def test_two_searches_fill_an_index_in_turn(directory):
    searches = [searched(directory, "u2"), searched(directory, f"u{COUNT - 2}")]
    results: list[list[str]] = [[], []]
    waiting = {0, 1}
    while waiting:
        for number in sorted(waiting):
            try:
                entry = next(searches[number])
            except StopIteration:
                waiting.discard(number)
            else:
                results[number] += [] if entry is None else [entry.text("uid")]
    assert results == [["u2"], [f"u{COUNT - 2}"]]


def test_an_index_is_filled_although_the_first_search_was_abandoned(directory):
    first = searched(directory, "u1")
    assert next(first) is None
    first.close()
    assert found(searched(directory, f"u{COUNT - 1}")) == [f"u{COUNT - 1}"]


def test_an_index_has_what_was_changed_while_it_was_filled(directory):
    first = searched(directory, "new")
    assert next(first) is None
    people = directory._world.people
    people.put(Person(login="new", name="New Person"))
    people.remove(f"u{COUNT - 1}")
    people.remove("u0")  # the index has it already
    assert found(first) == ["new"]
    assert found(searched(directory, "u0")) == found(searched(directory, f"u{COUNT - 1}")) == []


def test_a_person_takes_less_than_a_kib_of_the_directory():
    world = make_world()
    for number in range(2000):
        world.people.put(
            Person(login=f"u{number}", name=f"User Number{number}", phone="+1 555 0101", password="secret")
        )
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        assert len(world.directory.tree.entries) > 2000
        assert (tracemalloc.get_traced_memory()[0] - before) / 2000 < 1024
    finally:
        tracemalloc.stop()


def tree_of(*entries):
    """Make a tree of entries; return it."""
    tree = Tree(standard_schema())
    for dn, attributes in entries:
        tree.put(make_entry(tree.schema, parse_dn(dn), attributes))
    return tree


def test_an_index_keeps_a_value_of_which_only_one_of_two_spellings_goes():
    tree = tree_of(("o=a", {"cn": (b"Quay",), "cn;lang-de": (b"quay",)}))
    list(tree.indexing("cn"))
    entry = tree.entries[tree.schema.fold_name(parse_dn("o=a"))]
    tree.put(entry.with_attributes({"cn": (b"Quay",)}))
    assert list(tree.indexed("cn", b"quay")) == [entry.key]
    tree.put(entry.with_attributes({"cn": (b"QUAY",)}))
    assert list(tree.indexed("cn", b"quay")) == [entry.key]
    tree.put(entry.with_attributes({"o": (b"a",)}))
    assert list(tree.indexed("cn", b"quay")) == []


def test_memberships_follow_both_kinds_of_groups():
    member = ("uid=a,o=a", {"uid": (b"a",)})
    tree = tree_of(member, ("cn=g,o=a", {"member": (b"UID=A, o=a",), "uniquemember": (b"uid=a,o=A", b"no name")}))
    person, group = tree.entries.values()
    assert tree.groups_of(person) == [group]
    less = group.with_attributes({"uniquemember": (b"uid=a,o=a",)})
    tree.put(less)
    assert tree.groups_of(person) == [less]
    tree.put(group.with_attributes({}))
    assert tree.groups_of(person) == []


def test_a_large_group_is_not_folded_again_for_one_member_more(monkeypatch):
    names = tuple(b"uid=u%d,o=a" % number for number in range(1000))
    tree = tree_of(("cn=g,o=a", {"member": names}))
    (group,) = tree.entries.values()
    list(tree.settling())
    folded = []
    monkeypatch.setattr(tree, "_names_in", lambda values: folded.extend(values) or iter(()))
    tree.put(group.with_attributes({"member": (*names, b"uid=new,o=a")}))
    list(tree.settling())
    assert folded == [b"uid=new,o=a"]


def test_the_values_of_one_large_entry_are_indexed_in_steps_while_it_changes():
    values = tuple(b"n%d" % number for number in range(4 * STEP))
    tree = tree_of(("o=a", {"cn": values}))
    (entry,) = tree.entries.values()
    filling = tree.indexing("cn")
    next(filling)
    tree.put(entry.with_attributes({"cn": (*values[:-1], b"other")}))
    assert len(list(filling)) >= 3
    assert [list(tree.indexed("cn", one)) for one in (b"n0", values[-2], b"other")] == [[entry.key]] * 3
    assert list(tree.indexed("cn", values[-1])) == []


def test_the_members_of_a_large_group_change_in_steps_or_when_they_are_asked_for():
    names = tuple(b"uid=u%d,o=a" % number for number in range(3 * STEP))
    last = names[-1].decode()
    tree = tree_of((last, {"uid": (b"x",)}), ("cn=g,o=a", {"member": names}))
    person, group = tree.entries.values()
    assert len(list(tree.settling())) >= 2
    assert tree.groups_of(person) == [group]
    tree.remove(group.key)
    next(tree.settling())  # and then it is abandoned
    tree.put(group.with_attributes({"member": names[:1]}))
    assert tree.groups_of(person) == []
    tree.put(group)
    assert tree.groups_of(person) == [group]
    tree.remove(group.key)
    tree.put(group.with_attributes({"member": names[-1:]}))
    assert len(list(tree.settling())) >= 2
    assert len(tree.groups_of(person)) == 1
