"""No input makes a program fail: lines and keys of every kind, interrupts, ends, at any time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import make_world
from tests.nightly import examples
from tests.services.telnet.keyboard import Keyboard

WORDS = st.sampled_from(
    [
        *("who", "finger", "mail", "write bob x", "write alice", "mesg n", "cat /x", "cd ..", "stress 500", "help"),
        *(
            "show run",
            "sh ip int br",
            "conf t",
            "enable",
            "enable-pass",
            "int g0/1",
            "no ip",
            "end",
            "exit",
            "no",
            "do",
        ),
        *(
            "do",
            "do do show clock",
            "no interface",
            "interface",
            "show run | section x",
            "?",
            "show ?",
            "terminal length",
        ),
        *("reload", "connect 1", "~.", "1", "2", "YES", "\x1b", "q", " ", "", "hostname", "write mem", "| include"),
    ]
)
ACTS = st.sampled_from(["interrupt", "abort_output", "end_of_input", "window_changed", "environment_changed"])
INPUT = st.lists(WORDS.map(lambda word: ("type", word)) | st.text(max_size=30).map(lambda text: ("type", text))
                 | ACTS.map(lambda act: ("act", act)), max_size=25)  # fmt: skip


@pytest.mark.parametrize("program", ["shell", "router", "switch", "ups", "console"])
def test_nothing_that_is_typed_is_an_error(program):
    @examples(60)
    @given(INPUT, st.booleans())
    def check(steps, logs_in):
        user = Keyboard(make_world(), program=program)
        if logs_in:
            user.log_in()
        for kind, what in steps:
            if user.is_closed:
                break
            if kind == "type":
                user.type(what.replace("\n", "").replace("\r", ""))
            else:
                user.after(getattr(user.program, what))
            assert user.most_at_once <= 16 << 10
        user.hang_up()
        assert [one.conn for one in user.world.presence if one.conn] == []

    check()
