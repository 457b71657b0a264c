"""Transactions, look-ups and links, snapshots, policy."""

import pytest
from msgspec.structs import replace
from tests.world.registry.conftest import DAY, NOW

from homeport.world.clock import Clock
from homeport.world.registry import DomainContact, HostAttribute, Registry, RegistryContents, Zone
from homeport.world.registry.zones import ZONES


@pytest.fixture
def zoned():
    return Registry(RegistryContents(zones=ZONES), Clock(lambda: NOW))


@pytest.mark.parametrize(
    ("name", "zone", "above"),
    [
        ("a.test", "test", "a.test"),
        ("ns.deep.a.test", "test", "a.test"),
        ("a.lab.test", "lab.test", "a.lab.test"),
        ("ns.a.lab.test", "lab.test", "a.lab.test"),
        ("lab.test", "test", "lab.test"),
        ("a.example", "example", "a.example"),
        ("test", None, None),
        ("a.elsewhere", None, None),
        ("atest", None, None),
    ],
)
def test_the_longest_zone_has_a_name_and_the_label_below_it_is_the_domain(zoned, name, zone, above):
    found = zoned.zone_of(name)
    assert (found and found.name) == zone
    assert zoned.superordinate_name(name) == above


def test_roids_are_never_given_twice_not_even_after_their_object_is_gone(little):
    first = little.put("a.test").roid
    little.registry.remove(little.registry.domain("a.test"))
    assert first == "D1001-HOMEPORT"
    assert little.registry.new_roid("contact") == "C1002-HOMEPORT"


def test_a_transaction_is_invisible_to_others_before_its_commit(little):
    domain = little.put("a.test")
    changes = little.registry.begin()
    changes.put(replace(domain, registrant="C-1"))
    changes.remove(little.put("b.test"))
    changes.message("ours", "note", note="x")
    assert changes.domain("a.test").registrant == "C-1"
    assert changes.domain("b.test") is None
    assert little.registry.domain("a.test").registrant == ""
    assert little.registry.messages.count("ours") == 0
    little.registry.commit(changes)
    assert little.registry.domain("a.test").registrant == "C-1"
    assert little.registry.domain("b.test") is None
    assert little.registry.messages.count("ours") == 1


def test_rfc_5732_3_2_5_a_renamed_host_keeps_its_links_and_its_roid(little):
    little.host("ns.a.test")
    little.put("a.test", nameservers=("ns.b.test", "ns.a.test"))
    roid = little.registry.host("ns.a.test").roid
    changes = little.registry.begin()
    changes.rename(changes.host("ns.a.test"), "ns.elsewhere.example")
    little.registry.commit(changes)
    assert little.registry.host("ns.a.test") is None
    assert little.registry.domain("a.test").nameservers == ("ns.b.test", "ns.elsewhere.example")
    assert little.registry.by_roid(roid).name == "ns.elsewhere.example"
    assert little.registry.subordinate_hosts("a.test") == []
    assert [one.name for one in little.registry.domains_of_host("ns.elsewhere.example")] == ["a.test"]


def test_an_object_that_a_domain_names_is_linked(little):
    little.host("ns.a.test")
    little.contact("C-1")
    assert little.registry.statuses(little.registry.host("ns.a.test")) == ("ok",)
    little.put("a.test", nameservers=("ns.a.test",), contacts=(DomainContact("admin", "c-1"),))
    assert little.registry.statuses(little.registry.host("ns.a.test")) == ("linked", "ok")
    assert little.registry.statuses(little.registry.contact("C-1")) == ("linked", "ok")
    little.registry.remove(little.registry.domain("a.test"))
    assert little.registry.statuses(little.registry.contact("C-1")) == ("ok",)


def test_host_attributes_make_a_domain_active(little):
    domain = little.put("a.test", attributes=(HostAttribute(name="ns.a.test", addresses=("192.0.2.1",)),))
    assert little.registry.statuses(domain) == ("ok",)
    assert domain.server_names == ("ns.a.test",)


def test_messages_are_first_in_first_out_and_gone_when_they_are_acknowledged(little):
    for text in ("one", "two"):
        changes = little.registry.begin()
        changes.message("ours", "note", note=text)
        little.registry.commit(changes)
    messages = little.registry.messages
    first = messages.first("OURS")
    assert (first.id, first.values["note"], messages.count("ours")) == (1, "one", 2)
    changes = little.registry.begin()
    changes.acknowledge(first)
    little.registry.commit(changes)
    assert (messages.first("ours").id, messages.count("ours"), messages.get(1)) == (2, 1, None)
    assert messages.first("theirs") is None


def test_a_charge_needs_a_balance_and_a_credit_gives_it_back(little):
    changes = little.registry.begin()
    assert changes.affords("ours", 1000)
    assert not changes.affords("ours", 1000.01)
    changes.charge("ours", 999)
    assert not changes.affords("ours", 2)
    changes.charge("ours", -999)
    little.registry.commit(changes)
    assert little.balance("ours") == 1000


def test_a_snapshot_restores_everything_elsewhere_and_time_goes_on_there(little, make_little):
    little.put("a.test", left=1)
    snapshot = little.registry.snapshot()
    little.registry.remove(little.registry.domain("a.test"))
    other = make_little()
    for each in (little, other):
        each.registry.restore(snapshot)
        each.go(2)
        assert len(each.said("ours")) == 1
    assert list(little.registry.objects()) == list(other.registry.objects())
    assert little.registry.new_roid("host") == "H1002-HOMEPORT"


@pytest.mark.parametrize("data", [b"", b"\xc1", b"{}", b"\x80"])
def test_an_invalid_snapshot_changes_nothing(little, data):
    domain = little.put("a.test")
    with pytest.raises(ValueError, match="not a snapshot"):
        little.registry.restore(data)
    assert little.registry.domain("a.test") is domain


def test_a_registry_that_is_closed_has_no_timer_and_one_that_watches_has_one(little):
    little.put("a.test", left=1)
    little.registry.close()
    assert little.clock.due == []
    little.registry.watch()
    assert little.clock.due == [NOW + DAY]


def test_an_unread_registry_is_not_made_but_has_its_timer():
    contents = RegistryContents(zones=(Zone(name="test"),), domains=())
    clock = Clock(lambda: NOW)
    registry = Registry(contents, clock)
    assert "domains" not in vars(registry)
    assert registry.domains == {}
    with pytest.raises(AttributeError):
        registry.nothing  # noqa: B018 - that it raises is the point


def test_updates_without_end_leave_no_heap_without_end(little):
    little.put("a.test", left=300)
    for day in range(5000):
        little.change("a.test", expires=NOW + (300 + day) * DAY)
    assert len(little.registry._schedule) < 1100
