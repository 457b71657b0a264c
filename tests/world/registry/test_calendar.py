"""The calendar: due events of domains on any day of the year, not only on 14 October."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from tests.world.registry.conftest import DAY, NOW, Little

from homeport.world.clock import Clock
from homeport.world.registry import Registry
from homeport.world.registry.lifecycle import add_years, create, delete, renew
from homeport.world.registry.messages import worded
from homeport.world.seed_registry import REGISTRY

DAYS = [
    "2026-11-29T21:39:54",
    "2027-01-28T00:00:00",
    "2027-01-29T12:00:00",
    "2027-01-30T23:59:59",
    "2027-01-31T00:00:00",
    "2027-02-28T23:59:59",
    "2027-03-01T00:00:00",
    "2027-03-29T02:30:00",
    "2027-03-31T12:00:00",
    "2027-04-30T12:00:00",
    "2027-12-31T23:59:59",
    "2028-01-01T00:00:00",
    "2028-02-28T12:00:00",
    "2028-03-01T00:00:00",
    "2028-12-29T12:00:00",
    "2100-02-28T12:00:00",
]
"""Days that exist in every year."""
LEAP_DAYS = ["2028-02-29T00:00:00", "2028-02-29T23:59:59", "2096-02-29T12:00:00"]


def unix(text):
    """Return the Unix time of a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def on(text, years):
    """Return the same day and time `years` years later, or 28 February where a year has no 29th."""
    year = int(text[:4]) + years
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return unix(f"{year}{text[4:]}" if is_leap or text[4:10] != "-02-29" else f"{year}-02-28{text[10:]}")


@pytest.fixture
def at():
    """Return a function that makes a registry on a day: `at("2027-01-29T12:00:00")`."""

    def make(text, **zone):
        little = Little(**zone)
        little.clock.set(unix(text))
        return little

    return make


def register(little, name, years):
    """Register a domain now and return it."""
    new = replace(little.put("template.test"), name=name, roid=little.registry.new_roid("domain"))
    little.do(lambda changes, _name: create(changes, new, years), name)
    return little.registry.domain(name)


@pytest.mark.parametrize("years", [-4, -1, 0, 1, 2, 3, 4, 10])
@pytest.mark.parametrize("day", DAYS + LEAP_DAYS)
def test_a_year_on_is_the_same_day_and_time(day, years):
    assert add_years(unix(day), years) == on(day, years)


@pytest.mark.parametrize("years", [1, 2, 10])
@pytest.mark.parametrize("day", DAYS + LEAP_DAYS)
def test_a_domain_expires_on_the_day_on_which_it_was_registered(at, day, years):
    little = at(day)
    assert register(little, "a.test", years).expires == on(day, years)
    little.do(renew, "a.test", 1)
    assert little.registry.domain("a.test").expires == add_years(on(day, years), 1)


@pytest.mark.parametrize("day", DAYS + LEAP_DAYS)
def test_a_domain_is_renewed_at_the_second_of_its_expiry(at, day):
    little = at(day)
    register(little, "a.test", 1)
    little.clock.set(on(day, 1) - 1)
    assert little.states("a.test") == {"inactive"}
    little.clock.set(on(day, 1))
    assert little.states("a.test") == {"inactive", "autoRenewPeriod"}
    assert little.registry.domain("a.test").expires == add_years(on(day, 1), 1)


@pytest.mark.parametrize("day", DAYS)
def test_years_that_pass_at_once_renew_each_year_on_its_day(at, day):
    little = at(day)
    register(little, "a.test", 1)
    little.clock.set(on(day, 5))
    renewals = [one.date for one in little.registry.messages.of("ours") if worded(one).startswith("a.test has")]
    assert renewals == [on(day, years) for years in range(1, 6)]


@pytest.mark.parametrize("day", DAYS + LEAP_DAYS)
def test_a_deleted_domain_is_purged_after_thirty_days_and_five(at, day):
    little = at(day, at_expiry="delete")
    little.put("a.test")
    little.do(delete, "a.test")
    assert little.states("a.test") == {"inactive", "pendingDelete", "redemptionPeriod"}
    little.clock.set(unix(day) + 35 * DAY - 1)
    assert little.states("a.test") == {"inactive", "pendingDelete"}
    little.clock.set(unix(day) + 35 * DAY)
    assert little.registry.domain("a.test") is None


def seeded(now):
    """Return the initial state of the default world's registry: statuses of all domains, and messages."""
    registry = Registry(REGISTRY, Clock(lambda: now))
    return (
        {
            name: (set(registry.statuses(one)), set(registry.rgp_statuses(one)), one.expires - now)
            for name, one in registry.domains.items()
            if registry.domain(name)
        },
        [(one.registrar, one.text) for one in registry.messages],
    )


@pytest.mark.parametrize("day", DAYS + LEAP_DAYS)
def test_the_default_registry_is_the_same_on_any_day(day):
    assert seeded(unix(day)) == seeded(NOW)
