"""`homeport query time` interprets the 32 bits of RFC 868."""

from datetime import UTC, datetime

import pytest

from homeport.client.query import shown
from homeport.services.time import seconds_since_1900


@pytest.mark.parametrize(
    "moment",
    [
        "1900-01-01T00:00:00Z",
        "2026-10-14T17:46:40Z",
        "2036-02-07T06:28:15Z",
        "2036-02-07T06:28:16Z",
        "2100-02-28T12:00:00Z",
        "2172-03-15T12:56:31Z",
        "2172-03-15T12:56:32Z",
        "9999-12-31T23:59:59Z",
    ],
)
@pytest.mark.parametrize("off", [-3_000_000, 0, 3_000_000])
def test_the_era_is_the_one_nearest_to_the_time_that_it_is_there(moment, off):
    then = datetime.fromisoformat(moment).timestamp()
    octets = seconds_since_1900(then)
    assert shown("time", octets, then + off) == f"{int.from_bytes(octets)} {moment}"


def test_without_a_world_it_is_the_one_nearest_to_now():
    now = datetime.now(UTC).replace(microsecond=0)
    assert shown("time", seconds_since_1900(now.timestamp())).endswith(f" {now:%Y-%m-%dT%H:%M:%SZ}")


def test_what_is_no_time_is_reported():
    assert shown("time", b"\0") == "1 byte: not a time"
    assert shown("time", b"") == "0 bytes: not a time"
