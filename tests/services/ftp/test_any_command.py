"""Every command in every state, with any argument: always one reply of the right form, and never an exception."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import of_day
from services.ftp.conftest import TLS, Client, make_ftp_world

from homeport.protocol.effects import Effect
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    DataDone,
    DataListening,
    DataOpened,
    Eof,
    LimitReached,
    Opened,
    Stopping,
    TimerFired,
    TlsStarted,
)
from homeport.services.ftp.session import Ftp
from homeport.world.files import FileProblem

VERBS = [row.verb for row in Ftp.table]
REPLY = re.compile(r"[1-5][0-5]\d(-(.*\r\n)*?[1-5][0-5]\d)? .*")
STATES = {
    "greeted": lambda _one: None,
    "named": lambda one: one.say("USER alice"),
    "inside": lambda one: one.log_in(),
    "guest": lambda one: one.log_in("anonymous"),
    "passive": lambda one: one.log_in().say("PASV"),
    "renaming": lambda one: one.log_in().say("RNFR note.txt"),
    "restarting": lambda one: one.log_in().say("REST 2"),
    "under TLS": lambda one: one.start_tls().log_in(),
    "odd": lambda one: one.log_in().say("TYPE E", "STRU R", "MODE B"),
}
ARGUMENTS = [
    "",
    "note.txt",
    "/pub",
    "0",
    "A",
    "P",
    "ALL",
    "127,0,0,1,200,0",
    "|1|127.0.0.1|51200|",
    "20261014174640 note.txt",
]


def last_codes(answer: str) -> list[str]:
    """The codes of all replies in an answer."""
    return [line[:3] for line in answer.split("\r\n") if re.match(r"\d{3} ", line)]


@pytest.mark.requirement("FTP-4.1.2.11-1", "FTP-4.1.2.11-2")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", VERBS)
def test_every_command_in_every_state_has_one_final_reply(verb, state):
    for argument in of_day(ARGUMENTS, VERBS.index(verb) + list(STATES).index(state), every=3):
        one = Client(login_delay=0)
        STATES[state](one)
        answer = one.say(f"{verb} {argument}".rstrip())
        codes = [code for code in last_codes(answer) if code[0] != "1"]
        assert len(codes) == 1, answer
        assert len([code for code in last_codes(answer) if code[0] == "1"]) <= 1
        assert codes[0] in ALLOWED, answer


ALLOWED = """
    200 202 211 212 213 214 215 220 221 225 226 227 230 250 257 331 332 350 421 425 426 450 451 452 500 501 502 503 504
    530 532 550 551 552 553 554 555 229 232 234 521 522 533 534 536
"""
"""RFC 959 4.2.2, then RFC 1123, 2228, 2428, 4217."""

octets = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda verb, argument: f"{verb} {argument}\r\n".encode("utf-8", "surrogatepass"),
        st.sampled_from(VERBS),
        st.sampled_from(ARGUMENTS) | st.text(max_size=30),
    ),
)
events = st.one_of(
    octets.filter(bool).map(Data),
    st.sampled_from(
        [
            Eof(), Stopping(), LimitReached("idle"), TimerFired("quiet"), TimerFired("login"), TimerFired("x"),
            TlsStarted(TLS), DataListening(0), DataListening(10200), DataOpened(("127.0.0.1", 5000)),
            DataDone(0, 0.0), DataDone(5, 1.0, "broken", "reset"), Called(None, FileProblem("missing", "x")),
            Called(None, ValueError("x")),
        ]
    ),
)  # fmt: skip


@given(told=st.lists(events, max_size=15), logged_in=st.booleans(), blocks=st.booleans())
def test_no_input_makes_a_session_raise(told, logged_in, blocks):
    one = Client(make_ftp_world(blocks=blocks))
    if logged_in:
        one.log_in()
    for event in (*told, Closed("broken: reset")):
        for effect in one.session.handle(event):
            assert isinstance(effect, Effect)
    assert not [presence for presence in one.world.presence if presence.terminal == "ftp"]


@given(data=st.binary(max_size=400))
def test_random_bytes_before_login_never_raise(data):
    one = Client(login_delay=0)
    one.send(data or b"\r\n")
    one.finish()


@given(verb=st.sampled_from(VERBS), argument=st.binary(max_size=60))
def test_any_argument_has_one_final_reply(verb, argument):
    argument = re.sub(rb"[\r\n\0\xff]", b"", argument)
    one = Client(login_delay=0).log_in()
    answer = one.send(verb.encode() + b" " + argument + b"\r\n")
    assert len([code for code in last_codes(answer) if code[0] != "1"]) == 1, answer


def test_a_second_opened_event_is_harmless():
    one = Client()
    one.session.handle(Opened())
