"""Transactions handed to a store, and due events while the store fails."""

from tests.world.registry.conftest import DAY, NOW

from homeport.world.clock import Clock
from homeport.world.registry import Domain, Registrar, Registry, RegistryContents, Zone, interventions
from homeport.world.registry.lifecycle import add_years
from homeport.world.registry.messages import worded
from homeport.world.row_store import StoreError, Ticket


class FailingStore:
    """A store in memory that fails after a number of transactions, and works again once the failure was handled."""

    waiting = False
    unsettled = None

    def __init__(self) -> None:
        self.left = -1
        self.taken = []
        self.failed = False

    def load(self, types):
        return None

    def replace(self, rows):
        self.rows = dict(rows)

    def queue(self, after, before):
        self.failed = self.failed or self.left == 0
        self.left -= 1
        if self.failed:
            raise StoreError("there is no room")
        self.taken.append((dict(after), dict(before)))
        return Ticket()

    def take_failed(self):
        self.failed = False
        return {}

    def close(self):
        pass


def begin(*names):
    """Return a registry with these domains, which expire one day apart; its clock and its store."""
    clock, store = Clock(lambda: NOW), FailingStore()
    domains = [
        Domain(name=name, roid=f"D{at}-HOMEPORT", registrar="ours", created=-400 * DAY, expires=at * DAY, password="x")
        for at, name in enumerate(names, 1)
    ]
    contents = RegistryContents(
        zones=(Zone(name="test"),), registrars=(Registrar(id="ours", name="ours"),), domains=domains
    )
    return Registry(contents, clock, store), clock, store


def renewed(registry):
    """Return the renewed domains in order."""
    return [worded(one).partition(" ")[0] for one in registry.messages.of("ours")]


def test_events_that_the_store_refused_happen_after_the_rollback_at_their_own_time():
    registry, clock, store = begin("a.test", "b.test", "c.test")
    store.left = 1
    clock.advance(10 * DAY)
    assert store.left < 0
    assert renewed(registry) == ["a.test", "b.test", "c.test"]
    assert [one.date for one in registry.messages.of("ours")] == [NOW + day * DAY for day in (1, 2, 3)]
    assert registry.domain("b.test").expires == add_years(NOW + 2 * DAY, 1)


def test_no_event_happens_before_lost_changes_are_rolled_back():
    registry, clock, store = begin("a.test")
    store.failed = True
    clock.set(NOW + DAY - 1)
    registry.catch_up()
    assert renewed(registry) == []
    clock.advance(2)
    assert renewed(registry) == ["a.test"]
    assert not store.failed


def test_the_store_gets_the_old_row_of_every_key():
    registry, _clock, store = begin("a.test")
    for number in (1, 2):
        changes = registry.begin()
        domain = registry.domain("a.test")
        new = Domain(
            name=f"new-{number}.test",
            roid=registry.new_roid("domain"),
            registrar="ours",
            created=NOW,
            expires=NOW + DAY,
        )
        changes.put(new)
        interventions.note(changes, "ours", "hello")
        registry.commit(changes)
        after, before = store.taken[-1]
        assert after.keys() == before.keys()
        assert before["domain", new.name] is None
        assert (before["counter", "message"], after["counter", "message"]) == (number - 1, number)
        assert after["counter", "roid"] == 1000 + number
        assert registry.domain("a.test") == domain
    changes = registry.begin()
    changes.acknowledge(registry.messages.first("ours"))
    registry.commit(changes)
    after, before = store.taken[-1]
    assert after == {("message", "1"): None}
    assert before["message", "1"].id == 1
