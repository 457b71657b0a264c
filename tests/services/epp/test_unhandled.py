"""Unhandled namespaces (RFC 9038): what a login did not list goes into extValue, or is left out."""

import pytest
from conftest import make_world
from epp_reference import frames
from services.epp.caller import EXTENSIONS, OBJECTS, Caller, create, info
from services.epp.desk import DAY

from homeport.services.epp.grammar import change_poll, contact, domain, read, rgp
from homeport.services.epp.unhandled import URI


@pytest.fixture
def world():
    return make_world()


def logged_in_with(world, *exts, objects=OBJECTS, who="lighthouse"):
    caller = Caller(world)
    assert caller.login(who, objects=objects, exts=exts).code == 1000
    return caller


def polled(caller, wanted):
    """Return the answer to poll that has a message with these words."""
    for _ in range(30):
        answer = caller.ask('<poll op="req"/>')
        if answer.code != 1301 or wanted in answer.response.msg_q.msg.content:
            return answer
        caller.ask(f'<poll op="ack" msgID="{answer.waiting[1]}"/>')
    raise AssertionError("no such message")


def test_rfc_9038_4_data_of_an_extension_not_in_the_login_are_in_ext_value_with_its_reason(world):
    answer = logged_in_with(world, URI).ask(info(deleted(world)))
    assert answer.code == 1000
    assert answer.reasons == [f"{rgp.NAMESPACE} not in login services"]
    (shown,) = answer.blamed
    assert shown.startswith(f'<rgp:infData xmlns:rgp="{rgp.NAMESPACE}">')
    assert answer.response.extension == ()
    assert answer.data.name == deleted(world)


def deleted(world):
    """Return a domain in a grace period."""
    return next(one.name for one in world.registry.domains.values() if world.registry.rgp_statuses(one))


def test_a_client_that_lists_both_gets_the_data_in_their_place(world):
    answer = logged_in_with(world, URI, *EXTENSIONS).ask(info(deleted(world)))
    assert (answer.reasons, len(answer.response.extension)) == ([], 1)


def test_a_client_that_does_not_list_it_gets_neither(world):
    answer = logged_in_with(world).ask(info(deleted(world)))
    assert (answer.reasons, answer.response.extension) == ([], ())


def test_rfc_9038_5_a_message_loses_neither_its_object_nor_its_extensions(world):
    world.clock.advance(400 * DAY)
    caller = logged_in_with(world, URI, objects=(contact.NAMESPACE,))
    answer = polled(caller, "renewed by")
    assert answer.code == 1301
    assert answer.reasons[0] == f"{domain.NAMESPACE} not in login services"
    assert f"{change_poll.NAMESPACE} not in login services" in answer.reasons
    assert answer.blamed[0].startswith("<domain:infData ")
    assert "changePoll:changeData" in answer.blamed[-1]
    assert (answer.data, answer.response.extension) == (None, ())
    assert answer.response.msg_q.count


def test_without_it_a_message_about_an_object_not_listed_shows_its_text_alone(world):
    world.clock.advance(400 * DAY)
    answer = polled(logged_in_with(world, objects=(contact.NAMESPACE,)), "renewed by")
    assert (answer.code, answer.reasons, answer.data, answer.response.extension) == (1301, [], None, ())


def test_the_outcome_of_a_review_may_be_unhandled_and_names_its_transaction(world):
    caller = logged_in_with(world, who="harbour")
    assert caller.ask(create("review-approve-after-1h.test")).code == 1001
    world.clock.advance(DAY)
    answer = polled(logged_in_with(world, URI, objects=(contact.NAMESPACE,), who="harbour"), "review-approve")
    (shown,) = answer.blamed
    assert shown.startswith("<domain:panData ")
    assert ">T-" in shown


@pytest.mark.parametrize("name", [name for name in frames() if "9038" in name])
def test_the_rfcs_own_answers_are_read(name):
    response = read(frames()[name])
    reasons = [value.reason.value for value in response.result[0].values]
    assert all(reason.endswith(" not in login services") for reason in reasons)
    assert reasons
