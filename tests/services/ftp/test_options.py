"""Validation of the options of FTP."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.config.quantities import Duration
from homeport.services.ftp.options import FtpOptions, parse_ports, validate_options


def test_the_defaults_are_fine():
    assert validate_options(FtpOptions(), None) == []


@pytest.mark.parametrize("ports", ["", "x", "10-", "0-5", "5-1", "1-65536", "70000", "1,2", "-5"])
def test_an_invalid_range_of_ports_is_refused(ports):
    [problem] = validate_options(FtpOptions(passive_ports=ports), None)
    assert problem.startswith("`passive_ports`: ")


def test_ranges_of_ports():
    assert parse_ports("10200-10249") == (10200, 10249)
    assert parse_ports("10200") == (10200, 10200)
    assert parse_ports("0") == (0, 0)


def test_other_invalid_options_are_refused():
    assert "neither an IPv4 address" in validate_options(FtpOptions(masquerade="::1"), None)[0]
    assert "data_timeout" in validate_options(FtpOptions(data_timeout=Duration(0)), None)[0]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"172.16.0.0/12": "selbst"}, "'selbst' is neither an IPv4 address, such as 192.0.2.1, nor 'self'"),
        ({"*": "::1"}, "'::1' is neither an IPv4 address"),
        ({"*": ""}, "'' is neither an IPv4 address"),
        ({"2001:db8::/32": "self"}, "'2001:db8::/32' is not an IPv4 network, such as 172.16.0.0/12"),
        (
            {"gatway": "self"},
            "'gatway' is not an IPv4 network, such as 172.16.0.0/12, not an IPv4 address, and neither '*' nor",
        ),
        ({"172.16.0.1/12": "self"}, "'172.16.0.1/12' has host bits set: write '172.16.0.0/12'"),
    ],
)
def test_an_invalid_address_table_is_refused_with_a_reason(table, problem):
    (found,) = validate_options(FtpOptions(masquerade=table), None)
    assert found.startswith(f"`masquerade`: {problem}")


@given(text=st.text(max_size=20) | st.from_regex(r"\d{1,6}(-\d{1,6})?", fullmatch=True))
def test_any_text_is_a_range_or_refused(text):
    with suppress(ValueError):
        first, last = parse_ports(text)
        assert (first, last) == (0, 0) or 1 <= first <= last <= 65535
