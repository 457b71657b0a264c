"""Durations, sizes and times."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.config.quantities import EARLIEST, LATEST, Duration, Size, parse_iso_duration, parse_moment, travel


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("5s", 5), ("10m", 600), ("2h", 7200), ("1d", 86400), ("1.5s", 1.5), (7, 7)]
)
def test_durations(text, seconds):
    assert Duration.parse(text) == seconds


@pytest.mark.parametrize(
    ("text", "size_bytes"), [("512", 512), ("64KiB", 65536), ("10MiB", 10 << 20), ("1kB", 1000), (3, 3)]
)
def test_sizes(text, size_bytes):
    assert Size.parse(text) == size_bytes


@pytest.mark.parametrize("text", ["", "five", "5 parsecs", "-1s", None, True, -1, "1e3s"])
def test_invalid_durations_are_explained(text):
    with pytest.raises(ValueError, match="duration"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["", "big", "5XiB", "-1", None, True, -1])
def test_invalid_sizes_are_explained(text):
    with pytest.raises(ValueError, match="size"):
        Size.parse(text)


@given(st.integers(0, 10**9))
def test_a_serialized_quantity_parses_to_the_same_value(number):
    assert Size.parse(str(Size(number))) == number
    assert Duration.parse(str(Duration(number))) == pytest.approx(number, rel=1e-5)


def moved(moment, distance, sign=1):
    """Return an RFC 3339 time moved by a distance, as RFC 3339."""
    return datetime.fromtimestamp(travel(parse_moment(moment, 0), distance, sign), UTC).isoformat()[:19]


@pytest.mark.parametrize(
    ("begin", "distance", "end"),
    [
        ("2026-01-31T12:00:00Z", "P1M", "2026-02-28T12:00:00"),
        ("2028-01-31T12:00:00Z", "P1M", "2028-02-29T12:00:00"),
        ("2028-02-29T00:00:00Z", "P1Y", "2029-02-28T00:00:00"),
        ("2028-02-29T00:00:00Z", "P4Y", "2032-02-29T00:00:00"),
        ("2026-11-30T23:59:59Z", "P3M", "2027-02-28T23:59:59"),
        ("2026-01-31T00:00:00Z", "P1M1DT1H", "2026-03-01T01:00:00"),
        ("2026-10-14T00:00:00Z", "P2W", "2026-10-28T00:00:00"),
        ("2026-10-14T00:00:00Z", "PT5M", "2026-10-14T00:05:00"),
        ("2026-10-14T00:00:00Z", "PT1,5H", "2026-10-14T01:30:00"),
        ("2026-10-14T00:00:00Z", "pt90m", "2026-10-14T01:30:00"),
        ("2026-10-14T00:00:00Z", "5m", "2026-10-14T00:05:00"),
        ("2026-10-14T00:00:00Z", "P0D", "2026-10-14T00:00:00"),
    ],
)
def test_years_and_months_follow_the_calendar_and_shorter_units_the_second(begin, distance, end):
    assert moved(begin, distance) == end


def test_a_month_before_the_end_of_march_is_the_end_of_february():
    assert moved("2026-03-31T00:00:00Z", "P1M", -1) == "2026-02-28T00:00:00"
    assert parse_moment("-P1M", parse_moment("2026-03-31T00:00:00Z", 0)) == parse_moment("2026-02-28T00:00:00Z", 0)


def test_moving_by_the_calendar_keeps_the_fraction_of_a_second():
    assert travel(1_792_000_000.123456, "P1M") % 1 == 1_792_000_000.123456 % 1


@pytest.mark.parametrize(
    "text", ["P", "PT", "P1", "P1H", "PT1D", "P-1D", "-P1D", "P1.5Y", "P1.5DT1H", "P1D1Y", "Pfive"]
)
def test_invalid_iso_durations_are_explained(text):
    with pytest.raises(ValueError, match=r"not an ISO 8601 duration|is not a duration"):
        travel(0.0, text)


@pytest.mark.parametrize("distance", ["P9000Y", "P999999M", "P999999999999W", "9" * 400 + "d"])
def test_times_beyond_years_1_to_9999_are_refused(distance):
    for sign in (1, -1):
        with pytest.raises(ValueError, match="is outside the years 1 to 9999"):
            travel(1_792_000_000.0, distance, sign)


@given(st.text(alphabet="PpTtYMWDHSymwdhs0123456789.,+-: Z", max_size=30))
def test_any_text_is_a_distance_or_raises_value_error(text):
    for attempt in (lambda: travel(0.0, text), lambda: parse_moment(text, 0.0)):
        try:
            found = attempt()
        except ValueError as error:
            found = str(error)
        assert repr(text) in found or repr(text[1:]) in found if isinstance(found, str) else EARLIEST <= found <= LATEST


@given(st.integers(0, 999), st.integers(0, 11), st.integers(0, 400), st.integers(0, 86399))
def test_a_serialized_iso_duration_parses_to_the_same_value(years, months, days, seconds):
    text = f"P{years}Y{months}M{days}DT{seconds}S"
    assert parse_iso_duration(text) == (12 * years + months, 86400.0 * days + seconds)
