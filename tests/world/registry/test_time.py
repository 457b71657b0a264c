"""Due events of domains (RFC 3915, and registries' actions at expiry), to the second, with any jumps of the clock."""

import pytest
from msgspec.structs import replace
from tests.world.registry.conftest import DAY, NOW

from homeport.world.clock import Clock
from homeport.world.registry import Domain, Registry, RegistryContents, Zone
from homeport.world.registry.graces import add_years
from homeport.world.registry.lifecycle import create, delete, renew, report, restore
from homeport.world.registry.messages import worded
from homeport.world.seed_registry import REGISTRY


def unix(text):
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("moment", "years", "then"),
    [
        ("2026-11-21T01:02:03+00:00", 1, "2027-11-21T01:02:03+00:00"),
        ("2028-02-29T12:00:00+00:00", 1, "2029-02-28T12:00:00+00:00"),
        ("2028-02-29T12:00:00+00:00", 4, "2032-02-29T12:00:00+00:00"),
        ("2026-11-21T00:00:00+00:00", -1, "2025-11-21T00:00:00+00:00"),
        ("9999-01-01T00:00:00+00:00", 5, "9999-12-31T23:59:59+00:00"),
    ],
)
def test_years_go_by_the_calendar(moment, years, then):
    assert add_years(unix(moment), years) == unix(then)


def test_a_domain_is_renewed_at_the_second_of_its_expiry_and_its_sponsor_charged(little):
    little.put("a.test", left=1)
    little.clock.advance(DAY - 1)
    assert little.states("a.test") == {"inactive"}
    little.clock.advance(1)
    assert little.registry.domain("a.test").expires == add_years(NOW + DAY, 1)
    assert little.states("a.test") == {"inactive", "autoRenewPeriod"}
    assert little.said("ours") == [(1.0, "a.test has reached its expiry and is renewed by 1 year.")]
    assert little.balance("ours") == 990
    little.clock.advance(45 * DAY - 1)
    assert "autoRenewPeriod" in little.states("a.test")
    little.clock.advance(1)
    assert "autoRenewPeriod" not in little.states("a.test")


def test_a_jump_of_years_renews_each_year_at_its_own_instant(little):
    little.put("a.test", left=1)
    little.go(3 * 365 + 10)
    assert [day for day, _words in little.said("ours")] == [
        little.day(add_years(NOW + DAY, years)) for years in range(4)
    ]
    assert little.registry.domain("a.test").expires == add_years(NOW + DAY, 4)


def test_a_transcript_of_a_life_from_expiry_to_purge(make_little):
    little = make_little(at_expiry="delete")
    little.put("a.test", left=2)
    little.put("b.test", left=1)
    little.go(100)
    assert little.said("ours") == [
        (1.0, "b.test has expired and is deleted."),
        (2.0, "a.test has expired and is deleted."),
        (31.0, "b.test can no longer be restored and will be purged."),
        (32.0, "a.test can no longer be restored and will be purged."),
        (36.0, "b.test is purged."),
        (37.0, "a.test is purged."),
    ]
    assert little.registry.domain("a.test") is None


def test_rfc_3915_a_delete_in_add_grace_undoes_the_create(little):
    new = replace(little.put("old.test"), name="new.test", roid="D9-HOMEPORT")
    little.do(lambda changes, _name: create(changes, new, 2), "new.test")
    assert little.states("new.test") == {"inactive", "addPeriod"}
    assert little.balance("ours") == 980
    little.go(4.9)
    assert little.do(delete, "new.test") is None
    assert little.registry.domain("new.test") is None
    assert little.balance("ours") == 1000


def test_rfc_3915_a_delete_after_add_grace_begins_redemption_then_pending_delete_then_nothing(little):
    little.put("a.test", statuses=("clientDeleteProhibited", "clientHold"))
    little.do(delete, "a.test")
    assert little.states("a.test") == {"inactive", "clientHold", "pendingDelete", "redemptionPeriod"}
    little.clock.advance(30 * DAY - 1)
    assert "redemptionPeriod" in little.states("a.test")
    little.clock.advance(1)
    assert little.states("a.test") == {"inactive", "clientHold", "pendingDelete"}
    little.clock.advance(5 * DAY - 1)
    assert little.registry.domain("a.test")
    little.clock.advance(1)
    assert little.registry.domain("a.test") is None
    assert little.registry.by_roid("D1001-HOMEPORT") is None


def test_rfc_3915_a_restore_with_its_report_brings_the_domain_back(little):
    little.put("a.test")
    expires = little.registry.domain("a.test").expires
    little.do(delete, "a.test")
    little.go(10)
    little.do(restore, "a.test")
    assert little.states("a.test") == {"inactive", "pendingDelete", "pendingRestore"}
    assert little.balance("ours") == 960
    little.go(6)
    little.do(report, "a.test")
    assert little.states("a.test") == {"inactive"}
    assert little.registry.domain("a.test").expires == expires
    little.go(100)
    assert little.said("ours") == []


def test_rfc_3915_without_a_report_redemption_begins_again(little):
    little.put("a.test")
    little.do(delete, "a.test")
    little.go(20)
    little.do(restore, "a.test")
    little.go(7)
    assert "redemptionPeriod" in little.states("a.test")
    little.go(100)
    assert [day for day, _words in little.said("ours")] == [27.0, 57.0, 62.0]


def test_a_domain_that_expired_in_redemption_is_renewed_when_it_is_restored(little):
    little.put("a.test", left=5)
    little.do(delete, "a.test")
    little.go(10)
    assert little.said("ours") == []
    little.do(restore, "a.test")
    little.do(report, "a.test")
    assert little.registry.domain("a.test").expires == add_years(NOW + 5 * DAY, 1)


def test_a_restore_is_done_at_once_where_no_report_is_needed(make_little):
    little = make_little(restore_report=0)
    little.put("a.test")
    little.do(delete, "a.test")
    little.do(restore, "a.test")
    assert little.states("a.test") == {"inactive"}


def test_a_delete_credits_graces_and_takes_their_years_off(little):
    little.put("a.test", left=1)
    little.do(renew, "a.test", 2)
    assert little.states("a.test") == {"inactive", "renewPeriod"}
    assert little.balance("ours") == 980
    little.do(delete, "a.test")
    assert little.balance("ours") == 1000
    assert little.registry.domain("a.test").expires == NOW + DAY


def test_graces_stand_together(little):
    little.put("a.test", left=1)
    little.go(1)
    little.do(renew, "a.test", 1)
    assert little.states("a.test") == {"inactive", "autoRenewPeriod", "renewPeriod"}
    assert little.registry.domain("a.test").expires == add_years(NOW + DAY, 2)


def test_fast_zones_have_minutes_for_days_and_own_periods_stand_above_the_preset(make_little):
    little = make_little(preset="fast", pending_delete=0.4)
    little.put("a.test")
    little.do(delete, "a.test")
    little.clock.advance(30 * 60)
    assert little.states("a.test") == {"inactive", "pendingDelete"}
    little.clock.advance(1)  # periods are in whole seconds
    assert little.registry.domain("a.test") is None


def test_without_redemption_and_pending_delete_a_delete_is_the_end(make_little):
    little = make_little(redemption=0, pending_delete=0)
    little.put("a.test")
    assert little.do(delete, "a.test") is None
    assert little.registry.domain("a.test") is None


def test_a_purge_removes_subordinate_hosts_and_reports_to_their_users(little):
    little.host("ns.a.test")
    little.put("a.test", left=1, nameservers=("ns.a.test",))
    little.put("b.test", "theirs", nameservers=("ns.a.test",))
    little.do(delete, "a.test")
    little.go(35)
    assert little.registry.host("ns.a.test") is None
    assert little.states("b.test") == {"inactive"}
    assert little.said("theirs") == [
        (35.0, "b.test has lost its name server ns.a.test: the domain above that host is purged.")
    ]


def test_a_clock_that_is_set_back_undoes_nothing(little):
    little.put("a.test", left=1)
    little.go(2)
    little.clock.set(NOW - 10 * DAY)
    assert little.registry.domain("a.test").expires == add_years(NOW + DAY, 1)
    little.go(12)
    assert len(little.said("ours")) == 1


def test_a_domain_that_expired_long_ago_is_renewed_once_into_the_future(little):
    little.put("a.test", age=4000, left=-3000)
    assert little.registry.domain("a.test").expires == add_years(NOW - 3000 * DAY, 9)
    assert little.said("ours") == [(0.0, "a.test has reached its expiry and is renewed by 9 years.")]


def test_a_jump_to_the_end_of_time_is_quick_and_the_domain_is_there_still(little):
    little.put("a.test", left=1)
    little.clock.set(unix("9999-12-31T23:59:59+00:00"))
    assert little.registry.domain("a.test").expires == unix("9999-12-31T23:59:59+00:00")
    # The first renewal reaches the last century; each of its years brings one more.
    assert len(little.registry.messages) == 102


def test_a_low_balance_is_reported_once(little):
    little.registry.put(replace(little.registry.registrar("ours"), balance=25.0, low_balance=10.0))
    little.put("a.test", left=1)
    little.go(4 * 366)
    assert [words for _day, words in little.said("ours") if "balance" in words] == ["Your balance is 5.00."]
    assert little.balance("ours") == -25


def test_a_lookup_sees_what_is_due_though_no_timer_has_fired():
    now = [NOW]
    clock = Clock(lambda: now[0])
    domain = Domain(name="a.test", roid="D1", registrar="ours", created=0, expires=60)
    registry = Registry(RegistryContents(zones=(Zone(name="test"),), domains=(domain,)), clock)
    now[0] += 61
    assert registry.domain("a.test").expires == add_years(NOW + 60, 1)
    assert registry.messages.first("ours").date == NOW + 60


def test_a_timer_runs_events_without_any_look_up(little):
    little.put("a.test", left=1)
    assert little.clock.due == [NOW + DAY]
    little.clock.advance(DAY)
    assert len(little.registry.messages) == 1
    assert little.clock.due == [add_years(NOW + DAY, 1)]


def test_time_stands_still_for_a_transaction_that_is_open(little):
    domain = little.put("a.test", left=1)
    now = [NOW]
    little.clock._real = lambda: now[0]
    changes = little.registry.begin()
    now[0] += 2 * DAY
    assert little.registry.domain("a.test").expires == domain.expires
    changes.put(replace(domain, registrant="X"))
    little.registry.commit(changes)
    assert little.registry.domain("a.test").registrant == "X"
    assert little.registry.domain("a.test").expires == add_years(domain.expires, 1)


def test_a_transaction_that_is_dropped_leaves_no_trace_and_lets_time_go_on(little):
    domain = little.put("a.test", left=1)
    now = [NOW]
    little.clock._real = lambda: now[0]
    changes = little.registry.begin()
    changes.put(replace(domain, registrant="X"))
    del changes
    now[0] += 2 * DAY
    assert little.registry.domain("a.test").registrant == ""
    assert len(little.registry.messages) == 1


def test_the_seed_lives_on_as_it_says():
    clock = Clock(lambda: NOW)
    registry = Registry(REGISTRY, clock)
    clock.advance(10 * DAY)
    told = {(one.registrar, (one.date - NOW) / DAY, worded(one)) for one in registry.messages if one.date > NOW}
    assert told >= {
        ("harbour", 1.0, "expiring-tomorrow.test has reached its expiry and is renewed by 1 year."),
        ("harbour", 3.0, "pending-delete.test is purged."),
        ("harbour", 3.0, "Transfer of arriving.test approved by the registry."),
        ("lighthouse", 4.0, "Transfer of leaving.test approved by the registry."),
        ("harbour", 5.0, "No restore report for pending-restore.test came in time; it is in redemption again."),
    }
    assert registry.host("ns.arriving.test").registrar == "harbour"
