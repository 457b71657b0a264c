"""Frames that trickle in have a timeout, and checks of many objects a limit."""

import pytest
from services.epp.caller import Caller, envelope, logged_in

from homeport.protocol.effects import CancelTimer, SetTimer
from homeport.protocol.events import Data, TimerFired
from homeport.services.epp.framing import frame

HELLO = frame(envelope("<hello/>"))


def timers(caller, data):
    """Return the timers that the session sets and cancels for some input."""
    effects = caller.session.handle(Data(data))
    caller.do(effects)
    return [
        (effect.name, effect.seconds) if isinstance(effect, SetTimer) else (effect.name,)
        for effect in effects
        if isinstance(effect, SetTimer | CancelTimer)
    ]


@pytest.mark.parametrize("size", [1, 3, 4, 5, len(HELLO) - 1])
def test_a_frame_that_does_not_end_in_30_seconds_is_closed_without_a_word_and_found(size):
    caller = Caller()
    assert timers(caller, HELLO[:size]) == [("frame", 30.0)]
    assert timers(caller, HELLO[size:-1]) == []  # more bytes do not prolong it
    caller.tell(TimerFired("frame"))
    assert caller.closed
    assert caller.octets == b""
    assert caller.findings == ["truncated-frame"]
    assert caller.logs[-1][1]["reason"] == "a frame did not end within 30 s ([epp] frame_timeout)"


def test_each_frame_has_its_own_time():
    caller = Caller()
    assert timers(caller, HELLO[:10]) == [("frame", 30.0)]
    assert timers(caller, HELLO[10:] + HELLO[:10]) == [("frame", 30.0)]
    assert timers(caller, HELLO[10:]) == [("frame",)]
    caller.tell(TimerFired("frame"))  # was under way when it was cancelled
    assert not caller.closed
    assert caller.findings == []


def test_whole_frames_set_no_timer_and_silence_between_frames_is_allowed():
    caller = Caller()
    assert timers(caller, HELLO) == []
    assert timers(caller, HELLO * 3) == []


def test_the_time_of_a_frame_can_be_chosen_and_switched_off():
    from homeport.config.quantities import Duration

    assert timers(Caller(frame_timeout=Duration(5)), HELLO[:10]) == [("frame", 5.0)]
    assert timers(Caller(frame_timeout=Duration(0)), HELLO[:10]) == []


@pytest.mark.parametrize("kind", ["domain", "host", "contact"])
def test_a_check_has_at_most_256_objects(kind):
    caller = logged_in()
    name = "id" if kind == "contact" else "name"

    def code(number):
        listed = "".join(f"<{kind}:{name}>boat-{one}.test</{kind}:{name}>"[:999] for one in range(number))
        return caller.ask(
            f'<check><{kind}:check xmlns:{kind}="urn:ietf:params:xml:ns:{kind}-1.0">{listed}</{kind}:check></check>'
        )

    assert code(256).code == 1000
    answer = code(257)
    assert answer.code == 2306
    assert answer.reasons == ["RFC 5730 3: one check has at most 256 objects here ([epp] max_checks)"]
