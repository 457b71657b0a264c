"""A world's faults: matching, counting, and reproducible random decisions."""

import msgspec
import pytest

from homeport.protocol.fault_names import parse_fault_name
from homeport.protocol.faults import Plan
from homeport.protocol.session import Context
from homeport.world.faults import Faults


def planned(faults, **fields):
    return faults.add(msgspec.convert({"service": "finger", "do": {"close": {}}, **fields}, Plan))


def context(world, listener="tcp", peer="127.0.0.1", conn="c1", service="finger"):
    return Context(world, None, listener, (peer, 40000), ("127.0.0.1", 79), conn, service)


def test_a_fault_has_an_id_and_is_found_until_it_is_removed():
    faults = Faults(0)
    first, second = planned(faults), planned(faults)
    assert (first.id, second.id, len(faults)) == ("f1", "f2", 2)
    assert faults.get("f1") is first
    assert faults.remove("f1")
    assert first.removed
    assert first.spent
    assert not faults.remove("f1")
    assert [one.id for one in faults] == ["f2"]
    assert faults.clear() == 1
    assert planned(faults).id == "f3"


def test_watchers_are_called_only_for_changes():
    faults, told = Faults(0), []
    faults.on_change.append(lambda: told.append(len(faults)))
    planned(faults)
    faults.remove("f9")
    faults.clear()
    faults.clear()
    assert told == [1, 0]


@pytest.mark.parametrize(
    ("after", "times", "acted"),
    [
        (0, 1, "x...."),
        (2, 1, "..x.."),
        (0, 3, "xxx.."),
        (1, 2, ".xx.."),
        (0, 0, "xxxxx"),
        (3, 0, "...xx"),
        (9, 1, "....."),
    ],
)
def test_after_and_times_count_matches(after, times, acted):
    fault = planned(Faults(0), after=after, times=times)
    assert "".join("x" if fault.take() else "." for _ in acted) == acted
    assert fault.acted == acted.count("x")


def test_chance_depends_only_on_the_seed_and_the_fault():
    def run(seed, number):
        faults = Faults(seed)
        made = [planned(faults, probability=0.5, times=0) for _ in range(2)]
        return [made[number].take() for _ in range(50)]

    assert run(1, 0) == run(1, 0)
    assert run(1, 0) != run(2, 0)
    assert run(1, 0) != run(1, 1)


def test_each_match_has_its_own_random_sequence():
    first, again = planned(Faults(7)), planned(Faults(7))
    numbers = [first.generator().random() for _ in range(3)]
    assert numbers == [again.generator().random() for _ in range(3)]
    assert len(set(numbers)) == 3


def test_commands_are_matched_by_service_listener_peer_connection_verb_and_argument(world):
    faults = world.faults
    for match in (
        {"verb": "Query"},
        {"argument": "ALI"},
        {"verb": "query", "peer": "192.0.2.0/24"},
        {"verb": "query", "conn": "c2"},
        {"verb": "other"},
    ):
        planned(faults, match=match, times=0)
    planned(faults, match={"verb": "query"}, listener="tls")
    planned(faults, times=0)  # a fault of connections is none of commands
    assert [one.id for one in faults.at_command(context(world), "query", "alice")] == ["f1", "f2"]
    assert [one.id for one in faults.at_command(context(world, conn="c2"), "query", "bob")] == ["f1", "f4"]
    assert [one.id for one in faults.at_command(context(world, peer="192.0.2.7"), "query", "")] == ["f1", "f3"]
    assert faults.at_command(context(world, service="whois"), "query", "alice") == ()


def test_a_reply_is_a_fault_of_commands_whatever_it_matches():
    plan = msgspec.convert({"service": "smtp", "do": {"reply": {"code": 451}}}, Plan)
    assert plan.by_command


def test_client_faults_act_only_where_they_are_allowed(world):
    reset = parse_fault_name("reset")
    assert world.faults.asked_for(context(world), reset) == ()
    world.faults.by_client = True
    (fault,) = world.faults.asked_for(context(world), reset)
    assert (fault.id, fault.plan.do.kind, fault.plan.match.conn) == ("client1", "reset", "c1")
    assert len(world.faults) == 0


def test_planned_faults_are_known_without_counting():
    faults, plan = Faults(1), Plan(service="smtp", do=parse_fault_name("close"))
    seen = [faults.planned]
    first = faults.add(plan)
    seen.append(faults.planned)
    faults.remove(first.id)
    seen.append(faults.planned)
    for end in (faults.clear, faults.reset):
        faults.add(plan)
        end()
        seen.append(faults.planned)
    assert seen == [False, True, False, False, False]
