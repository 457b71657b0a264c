"""Transfers (RFC 5730 2.9.3.4), pending reviews (RFC 5731 3.3), and the registry's own actions."""

import pytest
from msgspec.structs import replace
from tests.world.registry.conftest import DAY, NOW

from homeport.world.registry import Domain
from homeport.world.registry.graces import add_years
from homeport.world.registry.interventions import change_statuses, delete_domain, note
from homeport.world.registry.lifecycle import create, delete
from homeport.world.registry.messages import ActionResult, TransferState
from homeport.world.registry.reviews import NothingToReviewError, submit
from homeport.world.registry.reviews import approve as approve_review
from homeport.world.registry.reviews import reject as reject_review
from homeport.world.registry.transfers import NotPendingError, approve, cancel, force, reject, request


def test_a_request_is_pending_and_the_sponsor_gets_a_message_with_the_facts(little):
    little.put("a.test")
    little.do(request, "a.test", "theirs")
    domain = little.registry.domain("a.test")
    assert little.states("a.test") == {"inactive", "pendingTransfer"}
    assert (domain.registrar, domain.transfer.actor) == ("ours", "ours")
    assert little.day(domain.transfer.acted) == 5
    assert domain.transfer.expires == add_years(domain.expires, 1)
    assert little.said("ours") == [(0.0, "Transfer of a.test requested by theirs.")]
    assert little.registry.messages.first("ours").about == TransferState(
        kind="domain", name="a.test", transfer=domain.transfer
    )


def test_an_approved_transfer_carries_hosts_resets_the_password_and_has_a_grace(little):
    little.host("ns.a.test")
    little.put("a.test", nameservers=("ns.a.test",))
    expires = little.registry.domain("a.test").expires
    little.do(request, "a.test", "theirs", 2)
    little.go(1)
    little.do(approve, "a.test")
    domain, host = little.registry.domain("a.test"), little.registry.host("ns.a.test")
    assert (domain.registrar, domain.password, domain.transferred) == ("theirs", None, NOW + DAY)
    assert (host.registrar, host.transferred) == ("theirs", NOW + DAY)
    assert domain.expires == domain.transfer.expires == add_years(expires, 2)
    assert (domain.transfer.status, domain.transfer.acted) == ("clientApproved", NOW + DAY)
    assert little.states("a.test") == {"ok", "transferPeriod"}
    assert little.said("theirs") == [(1.0, "Transfer of a.test approved.")]
    assert (little.balance("ours"), little.balance("theirs")) == (1000, 980)


@pytest.mark.parametrize(
    ("answer", "status", "told", "words", "actor"),
    [
        (reject, "clientRejected", "theirs", "Transfer of a.test rejected.", "ours"),
        (cancel, "clientCancelled", "ours", "Transfer of a.test cancelled.", "theirs"),
    ],
)
def test_a_rejected_or_cancelled_transfer_changes_nothing_else(little, answer, status, told, words, actor):
    before = little.put("a.test")
    little.do(request, "a.test", "theirs")
    little.do(answer, "a.test")
    domain = little.registry.domain("a.test")
    assert (domain.transfer.status, domain.transfer.actor, domain.transfer.expires) == (status, actor, None)
    assert replace(domain, transfer=None) == before
    assert little.said(told)[-1] == (0.0, words)
    little.go(30)
    assert little.registry.domain("a.test").registrar == "ours"
    with pytest.raises(NotPendingError):
        little.do(answer, "a.test")


@pytest.mark.parametrize(("outcome", "sponsor"), [("approve", "theirs"), ("reject", "ours")])
def test_the_deadline_decides_to_the_second_and_both_sides_get_messages(make_little, outcome, sponsor):
    little = make_little(transfer_outcome=outcome)
    little.put("a.test")
    little.do(request, "a.test", "theirs")
    little.clock.advance(5 * DAY - 1)
    assert "pendingTransfer" in little.states("a.test")
    little.clock.advance(1)
    assert little.registry.domain("a.test").registrar == sponsor
    assert [day for day, _words in little.said("ours")] == [0.0, 5.0]
    assert [day for day, _words in little.said("theirs")] == [5.0]


def test_a_transfer_in_auto_renew_grace_cancels_that_year_and_credits_the_loser(little):
    little.put("a.test", left=1)
    little.go(10)
    assert little.balance("ours") == 990
    little.do(request, "a.test", "theirs")
    little.do(approve, "a.test")
    assert little.registry.domain("a.test").expires == add_years(NOW + DAY, 1)
    assert (little.balance("ours"), little.balance("theirs")) == (1000, 990)
    assert little.states("a.test") == {"inactive", "transferPeriod"}


def test_a_transfer_pays_for_no_more_than_ten_years_ahead(little):
    little.put("a.test", left=365 * 9.8)
    little.do(request, "a.test", "theirs")
    little.do(approve, "a.test")
    assert little.registry.domain("a.test").expires == add_years(NOW, 10)


def test_a_domain_in_transfer_is_not_deleted_at_expiry_but_when_the_transfer_ends(make_little):
    little = make_little(at_expiry="delete")
    little.put("a.test", left=1)
    little.do(request, "a.test", "theirs")
    little.go(2)
    assert little.states("a.test") == {"inactive", "pendingTransfer"}
    little.do(reject, "a.test")
    assert little.states("a.test") == {"inactive", "pendingDelete", "redemptionPeriod"}


def test_a_domain_that_expires_while_its_transfer_is_pending_is_renewed_and_that_year_cancelled(little):
    little.put("a.test", left=2)
    little.do(request, "a.test", "theirs")
    little.go(10)
    domain = little.registry.domain("a.test")
    assert (domain.registrar, domain.expires) == ("theirs", add_years(NOW + 2 * DAY, 1))


def test_a_contact_is_transferred_too(little):
    little.contact("C-1")
    little.do(request, "C-1", "theirs")
    assert little.registry.statuses(little.registry.contact("C-1")) == ("pendingTransfer",)
    little.go(5)
    contact = little.registry.contact("C-1")
    assert (contact.registrar, contact.password) == ("theirs", None)
    assert little.said("ours")[-1] == (5.0, "Transfer of C-1 approved by the registry.")


def test_a_forced_transfer_ends_the_one_that_was_pending(little):
    little.put("a.test")
    little.do(request, "a.test", "theirs")
    little.do(force, "a.test", "ours")
    assert little.registry.domain("a.test").transfer.status == "serverApproved"
    assert [words for _day, words in little.said("theirs")] == ["Transfer of a.test cancelled by the registry."]


def test_a_transfer_without_deadline_is_granted_at_once(make_little):
    little = make_little(transfer_deadline=0)
    little.put("a.test")
    little.do(request, "a.test", "theirs")
    assert little.registry.domain("a.test").registrar == "theirs"


def test_a_lock_holds_after_a_create_and_after_a_transfer(make_little):
    little = make_little(transfer_lock=60 * DAY)
    fresh, old = little.put("fresh.test", age=1), little.put("old.test")
    assert little.registry.transfer_locked(fresh)
    assert not little.registry.transfer_locked(old)
    assert little.registry.transfer_locked(replace(old, transferred=NOW - DAY))


# Reviews


def created(changes, name):
    domain = Domain(name=name, roid="D9-HOMEPORT", registrar="ours", created=0, expires=0)
    domain = create(changes, domain, 1)
    return submit(changes, domain, "create", "ours", cl_trid="ABC-1", sv_trid="SV-1")


def test_a_pending_create_shows_its_status_and_its_outcome_has_its_identifiers(little):
    little.do(created, "a.test")
    assert little.states("a.test") == {"inactive", "pendingCreate", "addPeriod"}
    little.go(1)
    little.do(approve_review, "a.test")
    assert little.states("a.test") == {"inactive", "addPeriod"}
    assert little.registry.messages.first("ours").about == ActionResult(
        kind="domain",
        name="a.test",
        operation="create",
        approved=True,
        cl_trid="ABC-1",
        sv_trid="SV-1",
        date=NOW + DAY,
    )
    with pytest.raises(NothingToReviewError):
        little.do(approve_review, "a.test")


def test_a_rejected_create_leaves_nothing_and_costs_nothing(little):
    little.do(created, "a.test")
    assert little.do(reject_review, "a.test") is None
    assert little.registry.domain("a.test") is None
    assert little.balance("ours") == 1000
    assert little.said("ours") == [(0.0, "The pending create of a.test is rejected.")]
    assert little.registry.pendings == {}


def test_the_registry_decides_by_itself_when_its_zone_says(make_little):
    little = make_little(review=60.0, review_outcome="reject")
    little.do(created, "a.test")
    little.clock.advance(60)
    assert little.registry.domain("a.test") is None
    assert little.said("ours") == [(60 / DAY, "The pending create of a.test is rejected.")]


def test_a_pending_update_takes_effect_later_and_keeps_other_changes(little):
    domain = little.put("a.test", left=1)
    little.do(submit, "a.test", "update", "ours", proposed=replace(domain, registrant="C-1"))
    assert little.registry.domain("a.test").registrant == ""
    assert "pendingUpdate" in little.states("a.test")
    little.go(2)
    little.do(approve_review, "a.test")
    after = little.registry.domain("a.test")
    assert (after.registrant, after.expires) == ("C-1", add_years(NOW + DAY, 1))
    assert after.updated == NOW + 2 * DAY


def test_a_delete_and_a_renewal_that_wait_are_done_when_they_are_approved(little):
    little.put("a.test")
    little.put("b.test", left=1)
    little.do(submit, "a.test", "delete", "ours")
    little.do(submit, "b.test", "renew", "ours", years=2)
    assert little.states("b.test") == {"inactive", "pendingRenew"}
    little.do(approve_review, "a.test")
    little.do(approve_review, "b.test")
    assert "redemptionPeriod" in little.states("a.test")
    assert little.registry.domain("b.test").expires == add_years(NOW + DAY, 2)


def test_a_seeded_pending_object_can_be_decided_too(little):
    little.put("a.test", pending="create")
    little.go(1000)
    assert little.states("a.test") == {"inactive", "pendingCreate"}
    little.do(approve_review, "a.test")
    assert little.registry.messages.first("ours").about.sv_trid == "SEED-D1001-HOMEPORT"


# The registry's own actions


def test_a_hold_by_the_registry_is_reported_with_the_state(little):
    little.put("a.test")
    little.do(change_statuses, "a.test", add=["serverHold"], remove=["clientHold"])
    assert "serverHold" in little.states("a.test")
    assert little.said("ours") == [(0.0, "a.test is changed by the registry: +serverHold, -clientHold.")]
    assert little.registry.messages.first("ours").about.domain == little.registry.domain("a.test")


def test_a_domain_the_registry_deletes_is_in_redemption_or_gone_with_its_hosts(little):
    little.put("a.test")
    little.put("b.test")
    little.host("ns.b.test")
    little.do(delete_domain, "a.test")
    little.do(delete_domain, "b.test", at_once=True)
    assert "redemptionPeriod" in little.states("a.test")
    assert little.registry.domain("b.test") is little.registry.host("ns.b.test") is None
    assert [words for _day, words in little.said("ours")] == [
        "a.test is deleted by the registry.",
        "b.test is deleted by the registry.",
    ]


def test_a_delete_cancels_the_transfer_that_is_pending(little):
    little.put("a.test")
    little.do(request, "a.test", "theirs")
    little.do(delete, "a.test")
    assert little.states("a.test") == {"inactive", "pendingDelete", "redemptionPeriod"}
    assert [words for _day, words in little.said("theirs")] == ["Transfer of a.test cancelled by the registry."]


def test_a_note_is_a_message_of_its_own_words(little):
    little.do(note, "ours", "Maintenance tonight.")
    assert little.said("ours") == [(0.0, "Maintenance tonight.")]
