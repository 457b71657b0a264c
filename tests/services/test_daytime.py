"""Daytime (RFC 867)."""

import locale
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.daytime import FORMATS, DaytimeOptions, daytime
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents

ADDRESSES = ["127.0.0.1", "::1"]
LINE = re.compile(rb"[ -~]+\r\n|\n[ -~]+\n")
LINES = {
    "rfc867": b"Wednesday, October 14, 2026 17:46:40-UTC\r\n",
    "smtp": b"14 OCT 26 17:46:40 UTC\r\n",
    "iso8601": b"2026-10-14T17:46:40+00:00\r\n",
    "inetutils": b"Wed Oct 14 17:46:40 2026\r\n",
    "xinetd": b"14 OCT 2026 17:46:40 UTC\r\n",
    "nist": b"\n61327 26-10-14 17:46:40 50 0 0 0.0 UTC(NIST) * \n",
}
IN_LISBON = {
    "rfc867": b"Wednesday, October 14, 2026 18:46:40-WEST\r\n",
    "smtp": b"14 OCT 26 18:46:40 WEST\r\n",
    "iso8601": b"2026-10-14T18:46:40+01:00\r\n",
    "inetutils": b"Wed Oct 14 18:46:40 2026\r\n",
    "xinetd": b"14 OCT 2026 18:46:40 WEST\r\n",
    "nist": b"\n61327 26-10-14 17:46:40 50 0 0 0.0 UTC(NIST) * \n",
}
PST = timezone(timedelta(hours=-8), "PST")


def test_one_line_and_a_close(talk):
    outcome = talk("daytime")
    assert outcome.sent == LINES["rfc867"]
    assert outcome.closed


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_the_same_over_tcp_and_udp(talk, ask, name):
    assert talk("daytime", format=name).sent == LINES[name]
    assert ask("daytime", format=name) == ([LINES[name]], [])


@pytest.mark.parametrize("name", FORMATS)
def test_a_zone_shifts_the_time_and_lends_its_name(ask, name):
    assert ask("daytime", format=name, zone="Europe/Lisbon") == ([IN_LISBON[name]], [])


def test_the_examples_of_the_rfc_come_out_as_printed():
    assert FORMATS["rfc867"](datetime(1982, 2, 22, 17, 37, 43, tzinfo=PST)).replace("Monday", "Tuesday") == (
        "Tuesday, February 22, 1982 17:37:43-PST"  # the RFC errs: that day was a Monday
    )
    assert FORMATS["smtp"](datetime(1982, 2, 2, 7, 59, 1, tzinfo=PST)) == "02 FEB 82 07:59:01 PST"


def test_a_day_of_one_digit_has_a_space_before_it_in_ctimes_format():
    assert FORMATS["inetutils"](datetime(2026, 3, 1, tzinfo=UTC)) == "Sun Mar  1 00:00:00 2026"


def test_names_are_english_in_every_locale(ask):
    before = locale.setlocale(locale.LC_ALL)
    other = next((name for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8", "C") if set_locale(name)), None)
    try:
        assert other
        assert ask("daytime") == ([LINES["rfc867"]], [])
    finally:
        locale.setlocale(locale.LC_ALL, before)


def set_locale(name):
    try:
        return locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return None


def test_time_is_the_worlds(ask, world):
    world.clock.freeze()
    world.clock.set(datetime(1989, 10, 1, 12, tzinfo=UTC).timestamp())
    assert ask("daytime", world=world) == ([b"Sunday, October 1, 1989 12:00:00-UTC\r\n"], [])
    world.clock.advance(1)
    assert ask("daytime", world=world) == ([b"Sunday, October 1, 1989 12:00:01-UTC\r\n"], [])


@pytest.mark.parametrize("zone", ["Europe/Lisboa", "", "/etc/passwd", "../x", "Europe", "UTC\0", "x" * 5000])
def test_an_unknown_zone_is_a_configuration_error(zone):
    service = find_service("daytime")
    (problem,) = service.check(service.options(zone=zone), WorldContents())
    assert problem.startswith("zone: unknown time zone")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Lisbon", "America/Los_Angeles", "Asia/Kathmandu"])
def test_a_known_zone_is_fine(zone):
    service = find_service("daytime")
    assert service.check(service.options(zone=zone), WorldContents()) == []


@given(
    now=st.floats(allow_nan=False, allow_infinity=False),
    name=st.sampled_from(list(FORMATS)),
    zone=st.sampled_from(["UTC", "Europe/Lisbon", "America/Los_Angeles", "Pacific/Kiritimati"]),
)
def test_any_time_of_the_world_is_one_line_of_printing_ascii(now, name, zone):
    world = World("default", WorldContents(presence=()), JournalOptions(), lambda: now)
    options = DaytimeOptions(format=name, zone=zone)
    sent = daytime(Context(world, options, "tcp", ("127.0.0.1", 1), ("127.0.0.1", 2)))
    assert LINE.fullmatch(sent)
    assert len(sent) < 64


@pytest.mark.parametrize("host", ADDRESSES)
def test_both_families_and_both_transports_are_served(farm, host):
    farm.call(farm.world.clock.freeze)
    farm.call(farm.world.clock.set, 1_792_000_000.0)
    assert farm.exchange("daytime", host=host) == LINES["rfc867"]
    assert farm.udp("daytime", b"", host=host) == LINES["rfc867"]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ((2026, 1, 1), 0),
        ((2026, 2, 28), 0),
        ((2026, 3, 1), 58),
        ((2026, 3, 7), 52),
        ((2026, 3, 8), 51),
        ((2026, 3, 9), 50),
        ((2026, 7, 4), 50),
        ((2026, 10, 31), 50),
        ((2026, 11, 1), 1),
        ((2026, 11, 2), 0),
        ((2025, 11, 1), 2),
        ((2006, 4, 1), 52),
        ((2006, 10, 1), 29),
        ((2006, 10, 30), 0),
        ((1982, 7, 1), 0),
        ((9999, 12, 31), 0),
        ((1, 1, 1), 0),
    ],
)
def test_nists_code_tells_of_daylight_saving_time_in_the_usa(day, code):
    line = FORMATS["nist"](datetime(*day, 12, tzinfo=UTC))
    assert line.split()[3] == f"{code:02}"


def test_nists_line_reads_as_its_documentation_has_it():
    assert FORMATS["nist"](datetime(1990, 12, 27, 20, 37, 35, tzinfo=UTC)) == (
        "48252 90-12-27 20:37:35 00 0 0 0.0 UTC(NIST) *"
    )
    assert FORMATS["nist"](datetime(1982, 2, 22, 17, 37, 43, tzinfo=PST)).startswith("45023 82-02-23 01:37:43 ")
