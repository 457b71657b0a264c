"""Durations and sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.quantities import Duration, Size


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("5s", 5), ("10m", 600), ("2h", 7200), ("1d", 86400), ("1.5s", 1.5), (7, 7)]
)
def test_durations(text, seconds):
    assert Duration.parse(text) == seconds


@pytest.mark.parametrize(
    ("text", "octets"), [("512", 512), ("64KiB", 65536), ("10MiB", 10 << 20), ("1kB", 1000), (3, 3)]
)
def test_sizes(text, octets):
    assert Size.parse(text) == octets


@pytest.mark.parametrize("text", ["", "five", "5 parsecs", "-1s", None, True, -1, "1e3s"])
def test_what_is_no_duration_is_refused_in_words(text):
    with pytest.raises(ValueError, match="duration"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["", "big", "5XiB", "-1", None, True, -1])
def test_what_is_no_size_is_refused_in_words(text):
    with pytest.raises(ValueError, match="size"):
        Size.parse(text)


@given(st.integers(0, 10**9))
def test_a_written_quantity_reads_the_same(number):
    assert Size.parse(str(Size(number))) == number
    assert Duration.parse(str(Duration(number))) == pytest.approx(number, rel=1e-5)
