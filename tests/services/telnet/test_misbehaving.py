"""Planned misbehaviour of the Telnet engine, and its transcripts."""

import pytest
from conftest import make_world
from services.telnet.engine import OPENING, Connection, Parrot

from homeport.protocol.events import TimerFired
from homeport.protocol.faults import Do, Match, Plan
from homeport.protocol.telnet import OPTIONS
from homeport.services.telnet.spoiling import WORDS
from homeport.services.telnet.transcribing import transcribe


def under(word, program=Parrot, **options):
    """Return a connection on which a fault acts."""
    world = make_world()
    fault = world.faults.add(Plan(service="telnet", match=Match(verb="CONNECT"), do=Do(frame=word)))
    one = Connection(program, world, **options)
    assert fault.acted == 1
    return one


def test_a_storm_is_do_and_will_of_every_option():
    sent = under("option-storm").opening
    assert all(bytes((255, verb, option)) in sent for verb in (0xFB, 0xFD) for option in OPTIONS)


def test_a_dumb_server_answers_each_request():
    one = under("option-loop")
    one.say(b"\xff\xfd\x03")
    assert one.say(b"\xff\xfd\x03") == b"\xff\xfb\x03"
    assert one.say(b"\xff\xfd\x03") == b"\xff\xfb\x03"


def test_everything_is_refused():
    one = under("refuse-all")
    assert one.opening == b"> "
    assert one.say(b"\xff\xfd\x03\xff\xfb\x1f") == b"\xff\xfc\x03\xff\xfe\x1f"


@pytest.mark.parametrize(
    ("word", "begin"),
    [
        ("half-sb", b"\xff\xfa\x18\x01"),
        ("synch", b"\xff\xf2"),
        ("commands", b"\xff\xf1\xff\xf6\xff\xf5\xff\xf4\xff\xf3\xff\xf7\xff\xf8\xff\xf9\xff\xf2"),
    ],
)
def test_commands_come_before_the_opening(word, begin):
    assert under(word).opening == begin + OPENING + b"> "


def test_go_ahead_follows_each_prompt():
    one = under("send-go-ahead")
    assert one.opening.endswith(b"> \xff\xf9")
    assert one.say(b"\xff\xfd\x03hi\r\n").endswith(b"> \xff\xf9")


def test_ayt_and_timing_marks_stay_unanswered():
    assert under("ayt-unanswered").say(b"\xff\xf6") == b""
    assert under("no-timing-mark").say(b"\xff\xfd\x06") == b""


def test_echo_is_wrong():
    assert under("wrong-echo").say(b"\xff\xfd\x01a") == b"aa"
    from services.telnet.engine import Listener

    one = under("no-echo-off", Listener)
    one.say(b"\xff\xfd\x01password\r\n")
    assert one.say(b"s3cret\r\n") == b"s3cret\r\n"


def test_the_first_output_is_late():
    one = under("prompt-late")
    assert b">" not in one.opening
    assert "telnet-late" in one.talk.timers
    assert one.on(TimerFired("telnet-late")).endswith(b"> ")


def test_prompts_are_garbled_and_letters_have_bit_7():
    assert b"\x1b[K\r\0> \x1b[6n" in under("prompt-garbled").opening
    assert under("eight-bit").say(b"hi\r\n") == b"\xe8\xe9\r\n> "


def test_a_login_hangs_and_a_session_is_logged_out():
    from services.telnet.engine import Listener

    one = under("login-hangs", Listener)
    one.say(b"password\r\n")
    one.say(b"s3cret\r\nmore\r\n")
    assert one.heard == ["password"]
    other = under("logout-soon")
    other.on(TimerFired("telnet-logout"))
    assert other.talk.closed


@pytest.mark.parametrize("word", WORDS)
def test_a_client_asks_by_name_where_it_may(word):
    world = make_world()
    one = Connection(Parrot, world)
    assert one.session.terminal.ask_for_fault(word) == ""
    assert not one.session.dialogue.misbehaves
    world.faults.by_client = True
    assert one.session.terminal.ask_for_fault(word) == ""
    assert word in one.session.dialogue.misbehaves
    assert "did you mean" in one.session.terminal.ask_for_fault(word + "x")


def test_transcripts_name_commands():
    data = b"\xff\xfd\x1f\xff\xfa\x1f\0\x50\0\x18\xff\xf0hi\xff\xff\r\nlogin: \xff\xf6\xff"
    assert transcribe(data) == (
        ["<IAC DO NAWS>", "<IAC SB NAWS 80x24 IAC SE>", "hi\\xff", "login: \\", "<IAC AYT>"],
        b"\xff",
    )
