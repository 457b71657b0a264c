"""rgp-poll: a message says when the report of a restore is due."""

import pytest
from msgspec.structs import replace
from services.epp.caller import OBJECTS, Caller
from services.epp.desk import DAY
from services.epp.registrars import Clerk, create, make_desk

from homeport.services.epp.grammar import domain, epp, rgp, rgp_poll
from homeport.world.registry import ZONES

POLL = epp.Poll(op="req")


@pytest.fixture
def desk():
    return make_desk(tuple(replace(zone, restore_message=True) for zone in ZONES))


@pytest.fixture
def restoring(desk, harbour):
    """Return a registrar that has requested a restore."""
    harbour.does(create("boat.test"))
    desk.clock.advance(10 * DAY)
    harbour.does(domain.Delete(name="boat.test"))
    request = rgp.Update(restore=rgp.Restore(op="request"))
    harbour.does(domain.Update(name="boat.test", chg=domain.Chg()), request)
    return harbour


def test_a_restore_request_is_followed_by_a_message_that_says_when_the_report_is_due(desk, restoring):
    desk.services |= {rgp_poll.NAMESPACE}
    outcome = restoring.does(POLL)
    now = desk.clock.now()
    assert outcome.data == rgp_poll.PollData(
        name="boat.test", rgp_status=rgp.Status(s="pendingRestore"), req_date=now, report_due_date=now + 7 * DAY
    )
    assert restoring.messages() == ["domain.restore-requested"]


def test_a_client_that_does_not_list_it_gets_the_domain(restoring):
    assert isinstance(restoring.does(POLL).data, domain.InfData)


def test_without_the_policy_there_is_no_message():
    harbour = Clerk(make_desk(), "harbour")
    harbour.does(create("boat.test"))
    harbour.desk.clock.advance(10 * DAY)
    harbour.does(domain.Delete(name="boat.test"))
    harbour.does(domain.Update(name="boat.test", chg=domain.Chg()), rgp.Update(restore=rgp.Restore(op="request")))
    assert harbour.messages() == []


def test_it_is_announced_by_its_name():
    caller = Caller(services=("rgp-poll",))
    assert rgp_poll.NAMESPACE in caller.greeting.svc_menu.obj_uri
    assert caller.login(objects=(*OBJECTS, rgp_poll.NAMESPACE)).code == 1000
