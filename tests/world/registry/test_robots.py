"""Robots that play registrars: by policy, by an object's name, at their exact times; reviews by trigger names."""

import pytest
from msgspec.structs import replace

from homeport.world.registry import Robot, reviews, transfers, trigger_names

HOUR = 1 / 24


@pytest.fixture
def robots(make_little):
    """Return a registry, and a function that has a robot play a registrar."""
    little = make_little()

    def play(registrar, **robot):
        one = little.registry.registrar(registrar)
        little.registry.put(replace(one, robot=Robot(**robot) if robot else None))
        return little

    little.play = play
    return little


def status(little, name):
    one = little.registry.domain(name) or little.registry.contact(name)
    return one.transfer and one.transfer.status


def test_a_robot_approves_after_its_delay_to_the_second(robots):
    robots.play("theirs", answers="approve", after=3600.0)
    robots.put("boat.test", "theirs")
    robots.do(transfers.request, "boat.test", "ours")
    robots.clock.advance(3599.0)
    assert status(robots, "boat.test") == "pending"
    robots.clock.advance(1.0)
    assert status(robots, "boat.test") == "clientApproved"
    assert robots.registry.domain("boat.test").registrar == "ours"
    assert (pytest.approx(HOUR), "Transfer of boat.test approved.") in robots.said("ours")


def test_a_robot_without_a_delay_answers_at_once(robots):
    robots.play("theirs", answers="reject")
    robots.put("boat.test", "theirs")
    robots.do(transfers.request, "boat.test", "ours")
    robots.registry.catch_up()
    assert status(robots, "boat.test") == "clientRejected"
    assert robots.registry.domain("boat.test").registrar == "theirs"


def test_a_robot_answers_for_contacts_too(robots):
    robots.play("theirs", answers="approve")
    robots.contact("AL-1", "theirs")
    robots.do(transfers.request, "AL-1", "ours")
    assert robots.registry.contact("AL-1").registrar == "ours"


def test_a_robot_that_ignores_leaves_it_to_the_deadline(robots):
    robots.play("theirs", answers="ignore")
    robots.put("boat.test", "theirs")
    robots.do(transfers.request, "boat.test", "ours")
    robots.go(4.9)
    assert status(robots, "boat.test") == "pending"
    robots.go(0.2)
    assert status(robots, "boat.test") == "serverApproved"


def test_a_robot_takes_its_own_request_back(robots):
    robots.play("theirs", cancels=True, after=60.0)
    robots.put("boat.test", "ours")
    robots.do(transfers.request, "boat.test", "theirs")
    robots.go(1)
    assert status(robots, "boat.test") == "clientCancelled"
    assert [text for _day, text in robots.said("ours")] == [
        "Transfer of boat.test requested by theirs.",
        "Transfer of boat.test cancelled.",
    ]


def test_a_robot_requests_domains_of_others_that_it_wants_each_once(robots):
    robots.play("theirs", wants=("boat*.test",), after=3600.0)
    robots.put("boat-1.test", "ours", age=0)
    robots.put("ship.test", "ours", age=0)
    robots.put("boat-2.test", "theirs", age=0)
    robots.go(HOUR)
    assert [status(robots, one) for one in ("boat-1.test", "ship.test", "boat-2.test")] == ["pending", None, None]
    robots.do(transfers.reject, "boat-1.test")
    robots.go(30)
    assert status(robots, "boat-1.test") == "clientRejected"


def test_a_robot_waits_until_a_transfer_is_allowed(robots):
    robots.play("theirs", wants=("*",))
    robots.put("boat.test", "ours", statuses=("clientTransferProhibited",))
    robots.go(1)
    assert status(robots, "boat.test") is None
    robots.change("boat.test", statuses=())
    robots.registry.catch_up()
    assert status(robots, "boat.test") == "pending"
    assert robots.day(robots.registry.domain("boat.test").transfer.requested) == 1


def test_a_robot_waits_until_a_zone_no_longer_locks_a_new_domain(make_little):
    little = make_little(transfer_lock=10 * 86_400.0)
    little.registry.put(replace(little.registry.registrar("theirs"), robot=Robot(wants=("*",))))
    little.put("boat.test", "ours", age=0)
    little.go(9)
    assert status(little, "boat.test") is None
    little.go(1)
    assert status(little, "boat.test") == "pending"


def test_a_robot_requests_no_year_beyond_the_limit(robots):
    robots.play("theirs", wants=("*",))
    robots.put("boat.test", "ours", left=3600)
    robots.registry.catch_up()
    assert robots.registry.domain("boat.test").transfer.years == 0


def test_a_robot_set_later_acts_on_existing_objects(robots):
    robots.put("boat.test", "theirs")
    robots.do(transfers.request, "boat.test", "ours")
    robots.go(1)
    robots.play("theirs", answers="approve")
    robots.registry.catch_up()
    transfer = robots.registry.domain("boat.test").transfer
    assert (transfer.status, robots.day(transfer.acted)) == ("clientApproved", 1)


def test_a_robot_that_is_taken_away_does_no_more(robots):
    robots.play("theirs", answers="approve", after=3600.0)
    robots.put("boat.test", "theirs")
    robots.do(transfers.request, "boat.test", "ours")
    robots.play("theirs")
    robots.go(1)
    assert status(robots, "boat.test") == "pending"


def test_a_name_answers_for_its_sponsor_without_a_robot(robots):
    for name in ("robot-approve.test", "robot-reject-2.test", "robot-approve-after-2h.test"):
        robots.put(name, "theirs")
        robots.do(transfers.request, name, "ours")
    robots.registry.catch_up()
    assert status(robots, "robot-approve.test") == "clientApproved"
    assert status(robots, "robot-reject-2.test") == "clientRejected"
    assert status(robots, "robot-approve-after-2h.test") == "pending"
    robots.go(2 * HOUR)
    assert status(robots, "robot-approve-after-2h.test") == "clientApproved"


def test_a_name_that_ignores_outweighs_the_robot(robots):
    robots.play("theirs", answers="approve")
    robots.put("robot-ignore.test", "theirs")
    robots.do(transfers.request, "robot-ignore.test", "ours")
    robots.go(4)
    assert status(robots, "robot-ignore.test") == "pending"


def test_a_name_has_a_robot_request_it_and_take_the_request_back(robots):
    robots.play("theirs", answers="ignore")
    robots.put("robot-request.test", "ours", age=0)
    robots.put("robot-cancel-after-1h.test", "ours", age=0)
    robots.registry.catch_up()
    assert status(robots, "robot-request.test") == "pending"
    robots.go(HOUR)
    assert status(robots, "robot-cancel-after-1h.test") == "pending"
    robots.go(HOUR)
    assert status(robots, "robot-cancel-after-1h.test") == "clientCancelled"
    assert status(robots, "robot-request.test") == "pending"


def test_without_a_robot_no_domain_is_requested(robots):
    robots.put("robot-request.test", "ours", age=0)
    robots.go(1)
    assert status(robots, "robot-request.test") is None


def test_one_jump_of_the_clock_is_as_good_as_many(make_little):
    def history(steps):
        little = make_little()
        little.registry.put(replace(little.registry.registrar("theirs"), robot=Robot(wants=("b*",), after=7200.0)))
        little.put("boat.test", "ours", age=0)
        little.put("robot-cancel-after-3d.test", "ours", age=0)
        for days in steps:
            little.go(days)
        return little.said("ours"), little.said("theirs"), [little.registry.domain(n) for n in ("boat.test",)]

    assert history([30.0]) == history([0.0625, 0.9375, 1.0, 8.0, 20.0])


def test_a_robot_goes_on_over_a_snapshot(make_little):
    before, after = make_little(), make_little()
    before.registry.put(replace(before.registry.registrar("theirs"), robot=Robot(answers="reject", after=3600.0)))
    before.put("boat.test", "theirs")
    before.do(transfers.request, "boat.test", "ours")
    after.go(2)
    after.registry.restore(before.registry.snapshot())
    transfer = after.registry.domain("boat.test").transfer
    assert (transfer.status, after.day(transfer.acted)) == ("clientRejected", HOUR)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("robot-approve.test", ("approve", 0.0)),
        ("robot-reject-after-30s.test", ("reject", 30.0)),
        ("robot-request-after-2d-my-own.test", ("request", 172_800.0)),
        ("robot-approves.test", None),
        ("robot-wait.test", None),
        ("review-approve.test", None),
        ("my-robot-approve.test", None),
        ("ns.robot-approve.test", None),
    ],
)
def test_trigger_names_of_robots(little, name, meant):
    assert trigger_names.robot_of(little.put(name)) == meant


@pytest.mark.parametrize(
    ("name", "at_once", "later"),
    [
        ("review-approve.test", "", ""),
        ("review-reject.test", None, None),
        ("review-approve-after-1d-x.test", "create", ""),
        ("review-reject-after-1d.test", "create", None),
        ("review-wait.test", "create", "create"),
    ],
)
def test_a_trigger_name_makes_its_create_wait_and_sets_the_outcome(little, name, at_once, later):
    def pending():
        found = little.registry.domain(name)
        return found and found.pending

    little.put(name, age=0)
    assert little.do(reviews.needs_review, name)
    little.do(reviews.submit, name, "create", "ours", cl_trid="T-1", sv_trid="S-1")
    assert pending() == at_once
    little.go(1)
    assert pending() == later
    told = [message.about.approved for message in little.registry.messages.of("ours")]
    assert told == ([] if later == "create" else [later == ""])
