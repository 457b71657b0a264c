"""The life of a domain as its registrar sees it: renew, delete, restore, and due events in between."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace
from services.epp.desk import DAY, NOW
from services.epp.registrars import Clerk, auth, create, make_desk, servers, statuses, update

from homeport.services.epp.grammar import contact, domain, host, rgp
from homeport.services.epp.grammar.declare import Markup
from homeport.world.registry import Zone

EXPIRES = date(2027, 10, 14)
"""Expiry of boat.test: one year ahead."""
TEXT = rgp.ReportText(content=Markup("Registrant error."))
REPORT = rgp.Report(
    pre_data=rgp.ReportData(content=Markup("before")),
    post_data=rgp.ReportData(content=Markup("after")),
    del_time=NOW,
    res_time=NOW,
    res_reason=TEXT,
    statement=(TEXT, TEXT),
)
EMPTY = update("boat.test", chg=domain.Chg())


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def renew(name="boat.test", at=EXPIRES, years=None, unit="y"):
    period = None if years is None else domain.Period(unit=unit, value=years)
    return domain.Renew(name=name, cur_exp_date=at, period=period)


def delete(name="boat.test"):
    return domain.Delete(name=name)


def restore(op="request", report=None):
    return rgp.Update(restore=rgp.Restore(op=op, report=report))


@pytest.fixture(autouse=True)
def boat(harbour):
    """Register boat.test for harbour, for a year from now, with servers."""
    harbour.does(create("boat.test", ns=domain.Ns(host_obj=("ns1.outside.net",))))


@pytest.fixture
def old(desk, harbour):
    """Return the desk ten days later, when no grace period is left."""
    desk.clock.advance(10 * DAY)
    assert harbour.rgp("boat.test") == []


# renew


def test_rfc_5731_3_2_3_renew_adds_the_period_to_the_expiry(harbour):
    outcome = harbour.does(renew(years=2))
    assert outcome.data == domain.RenData(name="boat.test", ex_date=moment("2029-10-14T17:46:40"))
    assert harbour.info("boat.test").ex_date == moment("2029-10-14T17:46:40")
    assert harbour.rgp("boat.test") == ["addPeriod", "renewPeriod"]  # RFC 3915 3.1: several may apply


def test_rfc_5731_3_2_3_renew_adds_a_year_when_no_period_is_given(harbour):
    assert harbour.does(renew()).data.ex_date == moment("2028-10-14T17:46:40")


@pytest.mark.parametrize("given", [date(2027, 10, 13), date(2027, 10, 15), date(2026, 10, 14), date(2028, 10, 14)])
def test_rfc_5731_3_2_3_the_current_expiry_must_be_known(harbour, given):
    error = harbour.refused(renew(at=given))
    assert (error.code, error.value.name, error.value.text) == (2004, "curExpDate", given.isoformat())
    assert "2027-10-14" in error.reason


def test_rfc_5731_3_2_3_the_same_renewal_is_not_done_twice(harbour):
    assert harbour.code(renew()) == 1000
    assert harbour.refused(renew()).code == 2004


def test_rfc_5731_3_2_3_the_date_of_the_expiry_is_that_in_utc(desk, harbour):
    desk.clock.set(moment("2028-01-01T23:59:59"))
    harbour.does(create("late.test"))
    assert harbour.code(renew("late.test", date(2029, 1, 1))) == 1000


def test_ten_years_count_from_now_to_the_second_and_not_by_calendar_years(desk, harbour):
    """RST epp-18: no renewal to more than ten years ahead."""
    assert harbour.refused(renew(years=10)).code == 2004
    assert harbour.code(renew(years=9)) == 1000
    desk.clock.advance(365 * DAY - 1)  # a second before a year has passed
    at = date(2036, 10, 14)
    assert harbour.refused(renew(at=at, years=1)).code == 2105
    assert harbour.refused(renew(at=at)).code == 2105
    desk.clock.advance(1)
    assert harbour.code(renew(at=at, years=1)) == 1000


@pytest.mark.parametrize(("years", "unit", "code"), [(11, "y", 2004), (18, "m", 2306), (12, "m", 1000), (0, "y", 2004)])
def test_rfc_5731_2_5_the_period_of_a_renewal(harbour, years, unit, code):
    assert harbour.code(renew(years=years, unit=unit)) == code


def test_rfc_5731_2_5_february_29_renews_to_february_28(desk, harbour):
    desk.clock.set(moment("2028-02-29T12:00:00"))
    harbour.does(create("leap.test"))
    assert harbour.does(renew("leap.test", date(2029, 2, 28))).data.ex_date == moment("2030-02-28T12:00:00")


def test_rfc_5731_3_2_3_only_the_sponsor_renews(lighthouse):
    assert lighthouse.refused(renew()).code == 2201
    assert lighthouse.refused(renew("ship.test")).code == 2303


def test_rfc_5731_2_3_nothing_is_renewed_while_it_is_deleted_or_in_transfer(desk, harbour, lighthouse, old):
    lighthouse.does(domain.Transfer(name="boat.test", auth_info=auth()), op="request")
    assert harbour.refused(renew()).code == 2304
    lighthouse.does(domain.Transfer(name="boat.test"), op="cancel")
    harbour.does(delete())
    assert harbour.refused(renew()).code == 2304


def test_an_expired_domain_is_auto_renewed_and_can_be_renewed_further(desk, harbour):
    desk.clock.set(moment("2027-10-14T17:46:39"))
    assert harbour.rgp("boat.test") == []
    desk.clock.advance(1)
    assert harbour.rgp("boat.test") == ["autoRenewPeriod"]
    assert harbour.messages() == ["domain.renewed"]
    assert harbour.does(renew(at=date(2028, 10, 14))).data.ex_date == moment("2029-10-14T17:46:40")
    assert harbour.rgp("boat.test") == ["autoRenewPeriod", "renewPeriod"]


def test_rfc_5730_3_a_renewal_that_cannot_be_paid_is_refused_with_2104(registry, harbour):
    registry.put(replace(registry.registrar("harbour"), balance=15.0))
    assert harbour.refused(renew(years=2)).code == 2104
    assert harbour.code(renew(years=1)) == 1000
    assert registry.registrar("harbour").balance == 5.0


# delete


def test_rfc_3915_3_1_in_add_grace_a_delete_is_final_at_once(desk, harbour):
    desk.clock.advance(5 * DAY - 1)
    outcome = harbour.does(delete())
    assert (outcome.code, outcome.data) == (1000, None)
    assert harbour.code(domain.Info(name=domain.InfoName(value="boat.test"))) == 2303
    assert harbour.code(create("boat.test")) == 1000


def test_rfc_3915_2_later_a_delete_leads_into_redemption(desk, harbour):
    desk.clock.advance(5 * DAY)
    outcome = harbour.does(delete())
    assert (outcome.code, outcome.data) == (1001, None)
    assert harbour.statuses("boat.test") == ["pendingDelete"]
    assert harbour.rgp("boat.test") == ["redemptionPeriod"]
    assert not harbour.does(domain.Check(name=("boat.test",))).data.cd[0].name.avail


def test_rfc_5731_2_3_a_domain_in_pending_delete_accepts_no_other_command(harbour, lighthouse, old):
    harbour.does(delete())
    request = domain.Transfer(name="boat.test", auth_info=auth())
    assert harbour.refused(delete()).code == 2304
    assert harbour.refused(update("boat.test", add=statuses("clientHold"))).code == 2304
    assert harbour.refused(update("boat.test", rem=servers("ns1.outside.net"))).code == 2304
    assert lighthouse.refused(request, op="request").code == 2304


def test_rfc_5731_3_2_2_only_the_sponsor_deletes(lighthouse):
    assert lighthouse.refused(delete()).code == 2201
    assert lighthouse.refused(delete("ship.test")).code == 2303


def test_rfc_5731_3_2_2_a_domain_with_subordinate_hosts_stays(harbour, lighthouse):
    for number in range(1, 3):
        harbour.does(host.Create(name=f"ns{number}.boat.test", addr=(host.Address(value="192.0.2.1"),)))
    lighthouse.does(create("ship.test", ns=domain.Ns(host_obj=("ns1.boat.test",))))
    error = harbour.refused(delete())
    assert error.code == 2305
    assert "ns1.boat.test, ns2.boat.test" in error.reason
    lighthouse.does(update("ship.test", rem=servers("ns1.boat.test")))
    for number in range(1, 3):
        harbour.does(host.Delete(name=f"ns{number}.boat.test"))
    assert harbour.code(delete()) == 1000


def test_rst_epp_21_after_a_delete_hosts_and_contacts_can_be_deleted(harbour):
    harbour.does(update("boat.test", chg=domain.Chg(registrant="sh8011")))
    assert harbour.code(contact.Delete(id="sh8011")) == 2305
    assert harbour.code(host.Delete(name="ns1.outside.net")) == 2305
    harbour.does(delete())
    assert harbour.code(contact.Delete(id="sh8011")) == 1000
    assert harbour.code(host.Delete(name="ns1.outside.net")) == 1000


def test_rfc_3915_2_redemption_ends_in_pending_delete_and_purge_to_the_second(desk, harbour, old):
    harbour.does(delete())
    desk.clock.advance(30 * DAY - 1)
    assert harbour.rgp("boat.test") == ["redemptionPeriod"]
    desk.clock.advance(1)
    assert harbour.rgp("boat.test") == ["pendingDelete"]
    assert harbour.refused(EMPTY, restore()).code == 2304
    desk.clock.advance(5 * DAY - 1)
    assert harbour.statuses("boat.test") == ["pendingDelete"]
    desk.clock.advance(1)
    assert harbour.code(domain.Info(name=domain.InfoName(value="boat.test"))) == 2303
    assert harbour.does(domain.Check(name=("boat.test",))).data.cd[0].name.avail


def test_rfc_5731_3_3_a_delete_that_was_pending_gets_its_outcome_with_its_own_transaction(desk, harbour, old):
    harbour.does(delete())
    command = f"SV-{desk.count}"
    desk.clock.advance(35 * DAY)
    about = [one.about for one in desk.registry.messages.of("harbour") if one.values.get("operation") == "delete"]
    assert [(one.name, one.approved, one.sv_trid, one.date) for one in about] == [
        ("boat.test", True, command, NOW + 45 * DAY)
    ]


def test_a_delete_that_is_done_or_undone_gets_no_outcome_later(desk, harbour, old):
    harbour.does(delete())
    harbour.does(EMPTY, restore())
    harbour.does(EMPTY, restore("report", REPORT))
    harbour.does(create("ship.test"))
    harbour.does(delete("ship.test"))
    desk.clock.advance(60 * DAY)
    assert not [one for one in desk.registry.messages.of("harbour") if one.values.get("operation") == "delete"]


# restore


@pytest.mark.parametrize("element", ["add", "rem", "chg"])
def test_rfc_3915_4_2_5_a_restore_is_requested_then_reported(desk, harbour, old, element):
    harbour.does(delete())
    command = update("boat.test", **{element: domain.Chg() if element == "chg" else domain.AddRem()})
    outcome = harbour.does(command, restore())
    assert outcome.code == 1000
    assert outcome.extensions == (rgp.UpData(rgp_status=(rgp.Status(s="pendingRestore"),)),)
    assert harbour.statuses("boat.test") == ["pendingDelete"]
    assert harbour.rgp("boat.test") == ["pendingRestore"]
    desk.clock.advance(7 * DAY - 1)
    outcome = harbour.does(command, restore("report", REPORT))
    assert (outcome.code, outcome.extensions) == (1000, ())
    assert harbour.statuses("boat.test") == ["ok"]
    assert harbour.rgp("boat.test") == []


def test_rfc_3915_2_without_a_report_in_time_redemption_goes_on(desk, harbour, old):
    harbour.does(delete())
    desk.clock.advance(DAY)
    harbour.does(EMPTY, restore())
    desk.clock.advance(7 * DAY)
    assert harbour.rgp("boat.test") == ["redemptionPeriod"]
    assert harbour.messages() == ["domain.restore-missed"]
    assert harbour.refused(EMPTY, restore("report", REPORT)).code == 2304
    assert harbour.code(EMPTY, restore()) == 1000  # again


def test_rfc_3915_2_a_domain_is_restored_only_in_redemption_and_once(harbour, old):
    assert harbour.refused(EMPTY, restore()).code == 2304
    assert harbour.refused(EMPTY, restore("report", REPORT)).code == 2304
    harbour.does(delete())
    assert harbour.refused(EMPTY, restore("report", REPORT)).code == 2304
    harbour.does(EMPTY, restore())
    assert harbour.refused(EMPTY, restore()).code == 2304


def test_rfc_3915_4_2_5_a_restore_comes_with_an_empty_element_and_changes_nothing_else(harbour, old):
    harbour.does(delete())
    assert harbour.refused(update("boat.test"), restore()).code == 2003
    for command in (
        update("boat.test", add=statuses("clientHold")),
        update("boat.test", chg=domain.Chg(registrant="sh8011")),
        update("boat.test", rem=servers("ns1.outside.net"), chg=domain.Chg()),
    ):
        assert harbour.refused(command, restore()).code == 2306


def test_only_the_sponsor_restores(harbour, lighthouse, old):
    harbour.does(delete())
    assert lighthouse.refused(EMPTY, restore()).code == 2201


def test_a_restore_is_charged_and_refused_without_balance(registry, harbour, old):
    harbour.does(delete())
    registry.put(replace(registry.registrar("harbour"), balance=39.0))
    assert harbour.refused(EMPTY, restore()).code == 2104
    registry.put(replace(registry.registrar("harbour"), balance=41.0))
    assert harbour.code(EMPTY, restore()) == 1000
    assert registry.registrar("harbour").balance == 1.0


def test_a_zone_that_wants_no_report_restores_at_once():
    desk = make_desk([Zone(name="test", add=0, restore_report=0)])
    harbour = Clerk(desk, "harbour")
    harbour.does(create("boat.test"))
    harbour.does(delete())
    outcome = harbour.does(EMPTY, restore())
    assert (outcome.code, outcome.extensions) == (1000, ())
    assert harbour.statuses("boat.test") == ["inactive"]


def test_the_whole_life_in_one_jump_of_years():
    desk = make_desk([Zone(name="test", at_expiry="delete")])
    harbour = Clerk(desk, "harbour")
    harbour.does(create("boat.test", 2))
    desk.clock.advance(5 * 365 * DAY)
    assert harbour.code(domain.Info(name=domain.InfoName(value="boat.test"))) == 2303
    dated = [(message.text, message.date - NOW) for message in desk.registry.messages.of("harbour")]
    assert [text for text, _date in dated] == ["domain.expired", "domain.redemption-ended", "domain.purged"]
    assert [date - dated[0][1] for _text, date in dated] == [0, 30 * DAY, 35 * DAY]


def test_the_fast_preset_has_minutes_for_days(desk, harbour):
    contacts = tuple(domain.ContactRef(type=role, value="sh8011") for role in ("admin", "tech"))
    fields = {"registrant": "sh8011", "contact": contacts}
    harbour.does(create("boat.lab.test", **fields))
    desk.clock.advance(299)
    assert harbour.rgp("boat.lab.test") == ["addPeriod"]
    desk.clock.advance(1)
    assert harbour.rgp("boat.lab.test") == []
    harbour.does(delete("boat.lab.test"))
    desk.clock.advance(1800)
    assert harbour.rgp("boat.lab.test") == ["pendingDelete"]
    desk.clock.advance(300)
    assert harbour.code(create("boat.lab.test", **fields)) == 1000
