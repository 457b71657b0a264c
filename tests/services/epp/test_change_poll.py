"""Changes that the registry made by itself (RFC 8590), in poll messages."""

import pytest
from services.epp.caller import Caller, check, info
from services.epp.desk import DAY
from services.epp.registrars import create

from homeport.services.epp.extensions import all_extensions
from homeport.services.epp.grammar import change_poll, domain, epp, rgp
from homeport.world.registry import interventions, transfers
from homeport.world.registry.registry_acts import OF_TIME, Case, RegistryAct

POLL = epp.Poll(op="req")


@pytest.fixture(autouse=True)
def _listed(desk):
    desk.services |= {change_poll.NAMESPACE}


def change_in(outcome):
    """Return the change that an answer to poll shows, or None."""
    found = [one for one in outcome.extensions if isinstance(one, change_poll.ChangeData)]
    assert len(found) <= 1
    return found[0] if found else None


def drained(clerk):
    """Return what all messages of a registrar say: operation, part, state, reason."""
    told = []
    while (outcome := clerk.does(POLL)).code == 1301:
        change = change_in(outcome)
        told.append(change and (change.operation.value, change.operation.op, change.state, change.reason.value))
        clerk.does(epp.Poll(op="ack", msg_id=outcome.queue.id))
    return told


def test_rfc_8590_3_1_2_what_time_does_to_a_domain_is_told_with_operation_state_and_reason(desk, harbour):
    harbour.does(create("boat.test"))
    desk.clock.advance(366 * DAY)
    outcome = harbour.does(POLL)
    change = change_in(outcome)
    assert (change.operation.value, change.state, change.who) == ("autoRenew", "after", "Registry")
    assert change.date == outcome.queue.q_date
    assert outcome.data.ex_date > change.date + 364 * DAY


def test_the_whole_end_of_a_domain_is_told_act_by_act(desk, harbour):
    desk.clock.advance(10 * DAY)
    harbour.does(create("boat.test"))
    desk.clock.advance(10 * DAY)
    harbour.does(domain.Delete(name="boat.test"))
    desk.clock.advance(40 * DAY)
    assert drained(harbour) == [
        ("custom", "pendingDelete", "after", "Past its redemption period"),
        None,  # the outcome of the delete that the client asked for (panData)
        ("autoPurge", None, "before", "Past its pendingDelete period"),
    ]


def test_a_domain_that_is_removed_at_its_expiry_is_shown_as_it_was_before(desk, harbour):
    zone = desk.registry.zones["test"]
    from msgspec.structs import replace

    harbour.does(create("boat.test"))
    desk.registry.put_zone(replace(zone, at_expiry="delete", redemption=0, pending_delete=0))
    desk.clock.advance(366 * DAY)
    assert drained(harbour) == [("autoDelete", "purge", "before", "Past its expiry")]


def test_a_transfer_that_the_registry_decides_is_told_to_both_sides_and_one_that_a_client_asks_for_is_not(
    desk, harbour, lighthouse
):
    harbour.does(create("boat.test"))
    lighthouse.does(
        domain.Transfer(name="boat.test", auth_info=domain.AuthInfo(pw=change_password("2fooBAR"))), op="request"
    )
    assert change_in(harbour.does(POLL)) is None
    desk.clock.advance(6 * DAY)
    harbour.does(epp.Poll(op="ack", msg_id=harbour.does(POLL).queue.id))
    for clerk in (harbour, lighthouse):
        change = change_in(clerk.does(POLL))
        assert (change.operation.value, change.operation.op) == ("transfer", "approve")


def change_password(text):
    from homeport.services.epp.grammar.eppcom import Password

    return Password(value=text)


def test_an_order_of_the_registry_is_told_by_whom_and_why_and_for_which_case(desk, harbour):
    harbour.does(create("boat.test"))
    changes = desk.registry.begin()
    changes.act = RegistryAct(
        operation="update", who="URS Admin", reason="URS Lock", case=Case(id="urs123", type="urs")
    )
    interventions.change_statuses(changes, changes.domain("boat.test"), ("serverUpdateProhibited",))
    desk.registry.commit(changes)
    change = change_in(harbour.does(POLL))
    assert change.case_id == change_poll.CaseId(type="urs", value="urs123")
    assert (change.who, change.reason.value, change.state) == ("URS Admin", "URS Lock", "after")


def test_a_delete_of_the_registry_does_not_call_the_end_of_a_transfer_a_delete(desk, harbour, lighthouse):
    desk.clock.advance(DAY)
    harbour.does(create("boat.test"))
    desk.clock.advance(10 * DAY)
    changes = desk.registry.begin()
    one = transfers.request(changes, changes.domain("boat.test"), "lighthouse")
    changes.act = RegistryAct(operation="delete", reason="Court order")
    interventions.delete_domain(changes, one)
    desk.registry.commit(changes)
    (cancelled,) = [change_in(lighthouse.does(POLL))]
    assert (cancelled.operation.value, cancelled.operation.op, cancelled.reason) == ("transfer", "cancel", None)
    assert [one.act and one.act.operation for one in desk.registry.messages.of("harbour")] == [None, None, "delete"]


def test_a_client_that_does_not_list_it_gets_no_change(desk, harbour):
    harbour.does(create("boat.test"))
    desk.clock.advance(366 * DAY)
    desk.services -= {change_poll.NAMESPACE}
    assert change_in(harbour.does(POLL)) is None


def test_reasons_fit_the_schema():
    assert all(len(act.reason) <= 32 for act in OF_TIME.values())


def test_a_message_about_a_clients_own_doing_and_a_note_have_no_change(desk, harbour):
    changes = desk.registry.begin()
    changes.act = RegistryAct(operation="update")
    interventions.note(changes, "harbour", "closed on Sunday")
    desk.registry.commit(changes)
    outcome = harbour.does(POLL)
    assert (outcome.data, outcome.extensions) == (None, ())


def test_rfc_9038_each_extension_of_messages_is_announced_by_its_own_uri():
    assert {one.uri for one in all_extensions() if epp.Poll in one.shows} >= {rgp.NAMESPACE, change_poll.NAMESPACE}


def test_over_the_wire_a_change_follows_the_object():
    caller = Caller()
    assert caller.login("lighthouse", exts=(change_poll.NAMESPACE,)).code == 1000
    caller.world.clock.advance(400 * DAY)
    caller.ask(check("a.test"))
    caller.ask(info("homeport.test"))
    for _ in range(10):
        answer = caller.ask('<poll op="req"/>')
        if any(isinstance(one, change_poll.ChangeData) for one in answer.response.extension):
            break
        caller.ask(f'<poll op="ack" msgID="{answer.waiting[1]}"/>')
    assert answer.response.extension[0].sv_trid == f"hp-act-{answer.waiting[1]}"
