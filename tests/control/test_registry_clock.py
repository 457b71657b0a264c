"""A long jump of the clock over a registry runs a bounded number of events in each turn of the reactor."""

import threading

import pytest
from msgspec.structs import replace

from homeport.control import slices
from homeport.control.clock import Jump
from homeport.world.clock import MAX_FIRED, Clock, ClockOptions
from homeport.world.registry import Registry
from homeport.world.registry.timeline import MAX_EVENTS
from homeport.world.seed_registry import DAY, REGISTRY, YEAR

CLOCK = "/clock"
MANY = 200


def registry_of(*, same_second):
    clock = Clock(lambda: 1.8e9)
    registry = Registry(replace(REGISTRY, messages=(), domains=()), clock)
    domain = replace(REGISTRY.domains[0], contacts=(), nameservers=(), created=0.0, registrar="pilot")
    for number in range(MANY):
        expires = clock.now() + YEAR + (0 if same_second else number)
        registry.put(replace(domain, name=f"many-{number:03}.test", roid=f"D{number}-MANY", expires=expires))
    return clock, registry


@pytest.mark.parametrize("same_second", [True, False])
def test_a_jump_in_steps_runs_a_bounded_number_of_events_in_each(same_second):
    clock, registry = registry_of(same_second=same_second)
    before, seen, most = registry.messages.last_id, [], 0
    for _step in clock.set_in_steps(clock.now() + YEAR + DAY):
        seen.append(clock.now())
        most = max(most, registry.messages.last_id - before)
        before = registry.messages.last_id
    assert registry.messages.last_id == MANY
    assert most <= MAX_FIRED * MAX_EVENTS
    assert len(seen) >= MANY // (MAX_FIRED * MAX_EVENTS)
    assert seen == sorted(seen)


@pytest.mark.parametrize("same_second", [True, False])
def test_a_jump_in_steps_ends_where_a_jump_at_once_ends(same_second):
    clock, registry = registry_of(same_second=same_second)
    other_clock, other = registry_of(same_second=same_second)
    for _step in clock.set_in_steps(clock.now() + 3 * YEAR):
        registry.domain("many-007.test")  # a look-up meanwhile runs what is due then
    other_clock.set(other_clock.now() + 3 * YEAR)
    assert clock.now() == other_clock.now()
    assert [*registry.domains.values()] == [*other.domains.values()]
    assert sorted((one.date, one.values["name"]) for one in registry.messages) == sorted(
        (one.date, one.values["name"]) for one in other.messages
    )


def test_events_of_one_second_come_in_bounded_groups_in_real_time_too():
    clock, registry = registry_of(same_second=True)
    clock.freeze()
    clock._frozen = clock.now() + YEAR + 1  # the hour has come without a jump
    before = registry.messages.last_id
    clock.fire()
    assert 0 < registry.messages.last_id - before <= MAX_FIRED * MAX_EVENTS
    assert clock.seconds_to_next() == 0.0  # the driver calls again at once


def test_a_reset_ends_a_jump():
    clock, _registry = registry_of(same_second=False)
    steps = clock.set_in_steps(clock.now() + 100 * YEAR)
    next(steps)
    clock.begin(ClockOptions())
    assert list(steps) == []
    assert (clock.now(), clock.jumping) == (1.8e9, False)


@pytest.fixture
def turns(monkeypatch):
    """Return a list that has one item for each turn of the reactor in which slices are done."""
    taken = []
    real = slices.Slices._turn

    def turn(self):
        taken.append(self)
        real(self)

    monkeypatch.setattr(slices.Slices, "_turn", turn)
    return taken


@pytest.fixture
def acts_of_turns(farm, monkeypatch):
    """Return a list of the numbers of acts that each turn of the reactor has done."""
    done = []
    real = slices.Slices._turn

    def turn(self):
        before = farm.world.acts.total
        real(self)
        done.append(farm.world.acts.total - before)

    monkeypatch.setattr(slices.Slices, "_turn", turn)
    return done


def test_the_api_advances_a_clock_over_many_events_in_turns(api, farm, acts_of_turns):
    before = api("GET", CLOCK)["now"]
    moved = api("POST", CLOCK, {"advance": "P30Y", "freeze": True})
    assert moved["fired"] > 100
    assert moved["acts"] > 100
    assert 0 < max(acts_of_turns) <= MAX_EVENTS * slices.MAX_STEPS
    assert int(moved["now"][:4]) == int(before[:4]) + 30
    assert api("GET", CLOCK)["frozen"] is True


def test_changes_of_several_clients_at_once_follow_each_other(api, farm, request_of, turns):
    api("POST", CLOCK, {"freeze": True})
    before = int(api("GET", CLOCK)["now"][:4])
    answers = []
    advance = lambda: answers.append(api("POST", CLOCK, {"advance": "P10Y"})["now"])  # noqa: E731 - one line of three
    clients = [threading.Thread(target=advance) for _ in range(3)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert sorted(int(one[:4]) - before for one in answers) == [10, 20, 30]


def test_a_jump_is_completed_though_its_client_has_gone():
    clock, registry = registry_of(same_second=False)
    goal = clock.now() + 2 * YEAR
    farm = Turns()
    jump = Jump(farm, clock.set_in_steps(goal))
    jump.then(lambda _answer: None)
    jump.drop()
    farm.run()
    assert clock.now() == goal
    assert registry.messages.last_id >= MANY


class Turns:
    """A farm whose reactor does one turn after the other."""

    def __init__(self):
        self.reactor = self
        self.calls = []

    def callLater(self, _delay, function):
        self.calls.append(function)

    def run(self):
        while self.calls:
            self.calls.pop(0)()
