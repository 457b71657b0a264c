"""Transfer of domains: who may request and answer it, what moves with it, and its deadline."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from services.epp.desk import DAY, NOW
from services.epp.registrars import Clerk, auth, create, make_desk, statuses, update

from homeport.services.epp.grammar import domain, host
from homeport.world.registry import Zone

YEAR_ON = datetime(2028, 10, 14, 17, 46, 40, tzinfo=UTC).timestamp()


def transfer(auth_info=None, years=None, name="boat.test"):
    period = None if years is None else domain.Period(unit="y", value=years)
    return domain.Transfer(name=name, period=period, auth_info=auth_info)


def request(years=None, name="boat.test"):
    return transfer(auth(), years, name)


@pytest.fixture(autouse=True)
def boat(harbour):
    """Register boat.test for harbour, for a year from now."""
    harbour.does(create("boat.test", ns=domain.Ns(host_obj=("ns1.outside.net",))))


@pytest.fixture
def asked(lighthouse):
    """Let lighthouse request boat.test."""
    lighthouse.does(request(), op="request")


def test_rfc_5731_3_2_4_a_request_is_pending_until_it_is_answered(harbour, lighthouse):
    outcome = lighthouse.does(request(), op="request")
    assert outcome.code == 1001
    assert outcome.data == domain.TrnData(
        name="boat.test",
        tr_status="pending",
        re_id="lighthouse",
        re_date=NOW,
        ac_id="harbour",
        ac_date=NOW + 5 * DAY,
        ex_date=YEAR_ON,
    )
    assert harbour.statuses("boat.test") == ["pendingTransfer"]
    assert (harbour.messages(), lighthouse.messages()) == (["transfer.requested"], [])


def test_rfc_5731_3_2_4_the_sponsor_approves_and_the_domain_moves(desk, harbour, lighthouse, asked):
    desk.clock.advance(60)
    outcome = harbour.does(transfer(), op="approve")
    assert outcome.code == 1000
    assert outcome.data == domain.TrnData(
        name="boat.test",
        tr_status="clientApproved",
        re_id="lighthouse",
        re_date=NOW,
        ac_id="harbour",
        ac_date=NOW + 60,
        ex_date=YEAR_ON,
    )
    data = lighthouse.info("boat.test")
    assert (data.cl_id, data.cr_id, data.tr_date, data.ex_date) == ("lighthouse", "harbour", NOW + 60, YEAR_ON)
    assert data.auth_info is None  # RFC 9154 4.4: unset
    assert lighthouse.statuses("boat.test") == ["ok"]
    assert lighthouse.rgp("boat.test") == ["transferPeriod"]
    assert lighthouse.messages() == ["transfer.approved"]


def test_rfc_5731_3_2_4_a_rejected_transfer_changes_nothing(harbour, lighthouse, asked):
    outcome = harbour.does(transfer(), op="reject")
    assert (outcome.code, outcome.data.tr_status, outcome.data.ac_id) == (1000, "clientRejected", "harbour")
    data = harbour.info("boat.test")
    assert (data.cl_id, data.auth_info, data.tr_date) == ("harbour", auth(), None)
    assert harbour.statuses("boat.test") == ["ok"]
    assert lighthouse.messages() == ["transfer.rejected"]


def test_rfc_5731_3_2_4_the_requesting_registrar_cancels(harbour, lighthouse, asked):
    outcome = lighthouse.does(transfer(), op="cancel")
    assert (outcome.code, outcome.data.tr_status, outcome.data.ac_id) == (1000, "clientCancelled", "lighthouse")
    assert harbour.statuses("boat.test") == ["ok"]
    assert harbour.messages() == ["transfer.requested", "transfer.cancelled"]


def test_rfc_5730_2_9_3_4_each_op_is_for_one_side_only(harbour, lighthouse, pilot, asked):
    for op, wrong in (("approve", lighthouse), ("reject", lighthouse), ("cancel", harbour), ("cancel", pilot)):
        assert wrong.refused(transfer(), op=op).code == 2201
    assert pilot.refused(transfer(), op="approve").code == 2201


@pytest.mark.parametrize("op", ["approve", "reject", "cancel"])
def test_rfc_5730_3_without_a_pending_transfer_there_is_nothing_to_answer(harbour, lighthouse, op):
    assert harbour.refused(transfer(), op=op).code == 2301
    lighthouse.does(request(), op="request")
    harbour.does(transfer(), op="reject")
    assert harbour.refused(transfer(), op=op).code == 2301


def test_rfc_5730_3_a_second_request_is_answered_2300(lighthouse, pilot, asked):
    assert pilot.refused(request(), op="request").code == 2300
    assert lighthouse.refused(request(), op="request").code == 2300


def test_rfc_5731_3_2_4_a_request_needs_the_right_authinfo(registry, harbour, lighthouse):
    assert lighthouse.refused(transfer(), op="request").code == 2003
    assert lighthouse.refused(transfer(auth("wrong")), op="request").code == 2202
    registry.put(replace(registry.contact("sh8011"), password="registrant!"))
    harbour.does(update("boat.test", chg=domain.Chg(registrant="sh8011")))
    assert lighthouse.code(transfer(auth("registrant!", "C1-HOMEPORT")), op="request") == 1001


def test_a_wrong_authinfo_spoils_an_answer_too(harbour, lighthouse, asked):
    assert harbour.refused(transfer(auth("wrong")), op="approve").code == 2202
    assert harbour.code(transfer(auth()), op="approve") == 1000


def test_rfc_5730_3_the_sponsor_cannot_request_its_own_domain(harbour):
    assert harbour.refused(request(), op="request").code == 2106


def test_rfc_5730_3_an_unknown_domain_is_not_transferred(lighthouse):
    for op in ("request", "query", "approve", "reject", "cancel"):
        assert lighthouse.refused(transfer(auth(), name="ship.test"), op=op).code == 2303


@pytest.mark.parametrize(("years", "expires"), [(1, 2028), (3, 2030), (9, 2036)])
def test_rfc_5731_3_2_4_a_period_is_added(harbour, lighthouse, years, expires):
    lighthouse.does(request(years), op="request")
    harbour.does(transfer(), op="approve")
    assert datetime.fromtimestamp(lighthouse.info("boat.test").ex_date, UTC).year == expires


@pytest.mark.parametrize("years", [10, 11])
def test_rst_epp_19_a_transfer_to_more_than_ten_years_ahead_is_refused(lighthouse, years):
    assert lighthouse.refused(request(years), op="request").code == 2004


def test_a_transfer_without_period_gives_way_to_the_ten_years(harbour, lighthouse):
    harbour.does(create("full.test", 10))
    before = harbour.info("full.test").ex_date
    outcome = lighthouse.does(request(name="full.test"), op="request")
    assert (outcome.code, outcome.data.ex_date) == (1001, None)  # RFC 5731 3.2.4: exDate only if it changes
    harbour.does(transfer(name="full.test"), op="approve")
    assert lighthouse.info("full.test").ex_date == before


def test_rfc_5731_2_3_a_domain_in_transfer_takes_no_other_command(harbour, asked):
    assert harbour.refused(update("boat.test", add=statuses("clientHold"))).code == 2304
    assert harbour.refused(update("boat.test", add=statuses("clientTransferProhibited"))).code == 2304
    assert harbour.refused(domain.Delete(name="boat.test")).code == 2304


def test_rfc_5731_3_1_3_a_query_shows_the_latest_transfer(harbour, lighthouse, pilot):
    assert harbour.refused(transfer(), op="query").code == 2301
    lighthouse.does(request(), op="request")
    told = harbour.does(transfer(), op="query").data
    assert told == lighthouse.does(transfer(), op="query").data == pilot.does(transfer(auth()), op="query").data
    assert (told.tr_status, told.ac_date) == ("pending", NOW + 5 * DAY)
    assert pilot.refused(transfer(), op="query").code == 2201
    assert pilot.refused(transfer(auth("wrong")), op="query").code == 2202
    harbour.does(transfer(), op="approve")
    for clerk in (harbour, lighthouse):
        assert clerk.does(transfer(), op="query").data.tr_status == "clientApproved"


def test_rfc_5731_3_2_4_subordinate_hosts_go_along(harbour, lighthouse, asked):
    lighthouse.does(transfer(), op="cancel")
    for number in range(1, 3):
        harbour.does(host.Create(name=f"ns{number}.boat.test", addr=(host.Address(value="192.0.2.1"),)))
    lighthouse.does(request(), op="request")
    harbour.does(transfer(), op="approve")
    assert lighthouse.info("boat.test").host == ("ns1.boat.test", "ns2.boat.test")
    for number in range(1, 3):
        data = lighthouse.does(host.Info(name=f"ns{number}.boat.test")).data
        assert (data.cl_id, data.cr_id, data.tr_date) == ("lighthouse", "harbour", NOW)
    assert harbour.code(host.Delete(name="ns1.boat.test")) == 2201
    assert lighthouse.code(host.Delete(name="ns1.boat.test")) == 1000


@pytest.mark.parametrize(
    ("outcome", "status", "sponsor"),
    [("approve", "serverApproved", "lighthouse"), ("reject", "serverCancelled", "harbour")],
)
def test_at_the_deadline_the_registry_decides(outcome, status, sponsor):
    desk = make_desk([Zone(name="test", transfer_outcome=outcome)])
    harbour, lighthouse = Clerk(desk, "harbour"), Clerk(desk, "lighthouse")
    harbour.does(create("boat.test"))
    lighthouse.does(request(), op="request")
    desk.clock.advance(5 * DAY - 1)
    assert harbour.statuses("boat.test") == ["inactive", "pendingTransfer"]
    desk.clock.advance(1)
    data = harbour.does(transfer(), op="query").data
    assert (data.tr_status, data.ac_date) == (status, NOW + 5 * DAY)
    assert harbour.info("boat.test").cl_id == sponsor
    assert len(harbour.messages()) == 2
    assert len(lighthouse.messages()) == 1


def test_a_deadline_of_zero_transfers_at_once():
    desk = make_desk([Zone(name="test", transfer_deadline=0)])
    harbour, lighthouse = Clerk(desk, "harbour"), Clerk(desk, "lighthouse")
    harbour.does(create("boat.test"))
    outcome = lighthouse.does(request(), op="request")
    assert (outcome.code, outcome.data.tr_status) == (1000, "serverApproved")
    assert lighthouse.info("boat.test").cl_id == "lighthouse"


def test_a_lock_after_create_and_transfer_makes_it_not_eligible():
    desk = make_desk([Zone(name="test", transfer_lock=60 * DAY)])
    harbour, lighthouse, pilot = (Clerk(desk, name) for name in ("harbour", "lighthouse", "pilot"))
    harbour.does(create("boat.test"))
    desk.clock.advance(60 * DAY - 1)
    assert lighthouse.refused(request(), op="request").code == 2106
    desk.clock.advance(1)
    lighthouse.does(request(), op="request")
    harbour.does(transfer(), op="approve")
    new = domain.Chg(auth_info=domain.AuthInfoChg(pw=auth("next!").pw))
    lighthouse.does(update("boat.test", chg=new))
    assert pilot.refused(transfer(auth("next!")), op="request").code == 2106


def test_in_auto_renew_grace_the_year_of_the_registry_does_not_count(desk, harbour, lighthouse):
    desk.clock.set(datetime(2027, 10, 20, tzinfo=UTC).timestamp())
    assert harbour.rgp("boat.test") == ["autoRenewPeriod"]
    lighthouse.does(request(), op="request")
    harbour.does(transfer(), op="approve")
    assert lighthouse.info("boat.test").ex_date == YEAR_ON


def test_in_auto_renew_grace_that_year_does_not_count_against_the_ten(desk, lighthouse):
    desk.clock.set(datetime(2027, 10, 14, 17, 46, 40, tzinfo=UTC).timestamp())
    assert lighthouse.refused(request(11), op="request").code == 2004
    assert lighthouse.code(request(10), op="request") == 1001


def test_a_transfer_needs_a_sufficient_balance(registry, lighthouse):
    registry.put(replace(registry.registrar("lighthouse"), balance=5.0))
    assert lighthouse.refused(request(), op="request").code == 2104


def test_a_transfer_needs_accreditation(registry, lighthouse):
    registry.put(replace(registry.registrar("lighthouse"), zones=("example",)))
    assert lighthouse.refused(request(), op="request").code == 2201
