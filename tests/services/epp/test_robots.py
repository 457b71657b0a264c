"""Sessions: names that trigger a review or a robot; API changes that affect logged-in registrars."""

import pytest
from conftest import make_world
from msgspec.structs import replace
from services.epp.caller import about, create, info, logged_in
from services.epp.caller import check as check_names

from homeport.world.registry import Robot

ACK = '<poll op="ack" msgID="{}"/>'
AUTH = "<domain:authInfo><domain:pw>{}</domain:pw></domain:authInfo>"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def harbour(world):
    caller = logged_in("harbour", world)
    drain(caller)
    return caller


def drain(caller):
    """Return all messages and acknowledge them."""
    found = []
    while (answer := caller.ask('<poll op="req"/>')).code == 1301:
        found.append(answer)
        caller.ask(ACK.format(answer.waiting[1]))
    return found


def request(name, password):
    inside = f"<domain:name>{name}</domain:name>{AUTH.format(password)}"
    return about("transfer", "domain", inside, op="request")


def test_rfc_5731_3_3_a_create_approved_later_is_reported_with_its_own_transaction(harbour, world):
    asked = harbour.ask(create("review-approve-after-1h.test"), "MINE-1")
    assert asked.code == 1001
    assert "pendingCreate" in [one.s for one in harbour.ask(info("review-approve-after-1h.test")).data.status]
    world.clock.advance(3600)
    (told,) = drain(harbour)
    assert told.data.name.pa_result is True
    assert told.data.pa_trid.cl_trid == "MINE-1"
    assert told.data.pa_trid.sv_trid == asked.sv_trid
    assert harbour.ask(info("review-approve-after-1h.test")).data.status[0].s == "inactive"


def test_rfc_5731_3_3_a_create_that_is_rejected_leaves_nothing(harbour):
    assert harbour.ask(create("review-reject-2.test")).code == 1001
    (told,) = drain(harbour)
    assert told.data.name.pa_result is False
    assert harbour.ask(info("review-reject-2.test")).code == 2303
    assert harbour.ask(check_names("review-reject-2.test")).code == 1000


def test_rfc_5733_3_3_contacts_and_rfc_5732_3_3_hosts_have_trigger_names_too(harbour):
    postal = (
        "<contact:postalInfo type='int'><contact:name>A</contact:name><contact:addr><contact:city>B</contact:city>"
        "<contact:cc>GB</contact:cc></contact:addr></contact:postalInfo><contact:email>a@b.test</contact:email>"
        "<contact:authInfo><contact:pw>Tide.42-Rock</contact:pw></contact:authInfo>"
    )
    assert harbour.ask(about("create", "contact", f"<contact:id>review-reject</contact:id>{postal}")).code == 1001
    assert harbour.ask(about("create", "host", "<host:name>review-approve.outside.net</host:name>")).code == 1001
    contact, host = sorted(drain(harbour), key=lambda one: type(one.data).__module__)
    assert (contact.data.id.pa_result, host.data.name.pa_result) == (False, True)


def test_a_request_for_a_robots_domain_is_answered_at_once_and_reported(harbour):
    assert harbour.ask(request("robot-approve.test", "robot-approve-auth")).code in (1000, 1001)
    (told,) = drain(harbour)
    assert (told.data.tr_status, told.data.ac_id) == ("clientApproved", "pilot")
    assert harbour.ask(info("robot-approve.test")).data.cl_id == "harbour"


def test_one_registrar_alone_can_be_the_losing_side(harbour, world):
    assert harbour.ask(create("robot-request-after-1h.test")).code == 1000
    assert drain(harbour) == []
    world.clock.advance(3600)
    (told,) = drain(harbour)
    assert (told.data.tr_status, told.data.re_id, told.data.ac_id) == ("pending", "pilot", "harbour")
    answer = about("transfer", "domain", "<domain:name>robot-request-after-1h.test</domain:name>", op="reject")
    assert harbour.ask(answer).code == 1000
    assert harbour.ask(info("robot-request-after-1h.test")).data.cl_id == "harbour"


def test_a_robot_that_cancels_its_request_causes_two_messages(harbour, world):
    harbour.ask(create("robot-cancel-after-1m.test"))
    world.clock.advance(600)
    assert [one.data.tr_status for one in drain(harbour)] == ["pending", "clientCancelled"]


def test_a_registrar_played_by_a_robot_can_log_in_too(world, harbour):
    registry = world.registry
    registry.put(replace(registry.registrar("lighthouse"), robot=Robot(answers="reject")))
    lighthouse = logged_in("lighthouse", world)
    assert harbour.ask(request("beacon.test", "beacon-auth")).code in (1000, 1001)
    answer = about("transfer", "domain", "<domain:name>beacon.test</domain:name>", op="approve")
    assert lighthouse.ask(answer).code == 2301
    assert drain(harbour)[0].data.tr_status == "clientRejected"


def test_a_session_goes_on_over_a_restored_registry(world, harbour):
    before = world.registry.snapshot()
    assert harbour.ask(create("boat.test")).code == 1000
    world.registry.restore(before)
    assert harbour.ask(info("boat.test")).code == 2303
    assert harbour.ask(create("boat.test")).code == 1000
