"""The rate limit of repeated log messages."""

import logging

import pytest

from homeport.farm.log_limiter import MAX_KINDS, MAX_PER_WINDOW, WINDOW_S, LogLimiter


@pytest.fixture
def logged():
    """Return a function that passes a record through a limiter and returns its text, or None; it has the time `now`."""
    limiter = LogLimiter(lambda: log.now)

    def log(template, *args, level=logging.WARNING, error=None):
        info = (type(error), error, None) if error else None
        record = logging.LogRecord("homeport", level, __file__, 1, template, args, info)
        return record.getMessage() if limiter.filter(record) else None

    log.now = 1000.0
    log.limiter = limiter
    return log


def test_a_flood_of_one_kind_is_cut_off_and_says_so(logged):
    texts = [logged("%s: no descriptor", f"echo.{number}") for number in range(100)]
    assert [text is not None for text in texts] == [True] * MAX_PER_WINDOW + [False] * (100 - MAX_PER_WINDOW)
    assert texts[0] == "echo.0: no descriptor"
    assert texts[MAX_PER_WINDOW - 1] == "echo.9: no descriptor (further messages of this kind are left out for 60 s)"


def test_the_next_window_says_how_many_were_left_out(logged):
    for _ in range(15):
        logged("%s: no descriptor", "echo.tcp")
    logged.now += WINDOW_S
    assert logged("%s: no descriptor", "echo.tcp") == "echo.tcp: no descriptor (5 messages of this kind were left out)"
    assert logged("%s: no descriptor", "echo.tcp") == "echo.tcp: no descriptor"


def test_a_flood_hides_no_other_kind(logged):
    for _ in range(100):
        logged("%s failed", "a", error=OSError())
    assert logged("%s failed", "a", error=ValueError()) == "a failed"
    assert logged("%s failed", "a", level=logging.ERROR, error=OSError()) == "a failed"
    assert logged("something else") == "something else"


def test_information_is_not_limited(logged):
    assert all(logged("serving %s", "echo", level=logging.INFO) for _ in range(100))


def test_what_it_remembers_is_bounded(logged):
    for number in range(3 * MAX_KINDS):
        logged(f"kind {number}")
    assert len(logged.limiter._windows) <= MAX_KINDS
