"""The shell of the world: its commands, messages between users, pages, and what interrupts them."""

import re

import pytest
from tests.services.telnet.keyboard import Keyboard

from homeport.services.telnet.lines import MAX_MESSAGES
from homeport.world.people import Person

EVIL = "\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202e"


@pytest.fixture
def alice(world):
    return Keyboard(world, told=()).log_in()


@pytest.fixture
def bob(world):
    return Keyboard(world, conn="c2", told=()).log_in("bob")


def clean(text):
    """True if no character of a text acts on a terminal."""
    return all(char.isprintable() or char in "\n\a" for char in text)


def test_who_lists_every_presence_with_this_terminal(alice):
    shown = alice.type("who")
    assert "tty1" in shown
    assert "pts/1" in shown
    assert "pts/1" in alice.type("who am i")
    assert "operator" not in alice.type("who am i")


def test_finger_shows_people_and_escapes_what_they_wrote(world, alice):
    world.people.put(Person(login="eve", name=f"Eve {EVIL}", plan=EVIL, project=EVIL))
    shown = alice.type("finger eve")
    assert "Login: eve" in shown
    assert "\\x1b" in shown
    assert clean(shown)
    assert "no such user" in alice.type("finger nobody")
    assert "Robert Anchor" in alice.type("finger anchor")
    assert re.search(
        r"^On since 20\d\d-\d\d-\d\d \d\d:\d\d \(UTC\) on pts/1\b", alice.type("finger alice"), re.MULTILINE
    )


def test_write_reaches_the_other_terminal_at_once(alice, bob):
    alice.type(f"write bob lunch at noon? {EVIL}")
    shown = bob.after(lambda: None)
    assert "Message from alice@telnet.homeport.test on pts/1" in shown
    assert "lunch at noon?" in shown
    assert shown.endswith("$ ")
    assert bob.refreshed == 1
    assert clean(shown)


def test_write_without_a_text_sends_each_line_until_the_end_of_input(alice, bob):
    alice.type("write bob", "one", "two")
    alice.after(alice.program.end_of_input)
    shown = bob.after(lambda: None)
    assert [line for line in shown.splitlines() if line in ("one", "two", "EOF")] == ["one", "two", "EOF"]
    assert shown.count("Message from") == 1
    assert not alice.is_closed


def test_mesg_n_refuses_messages(alice, bob):
    bob.type("mesg n")
    assert "is n" in bob.type("mesg")
    assert "messages disabled on pts/2" in alice.type("write bob hello")
    assert "not logged in" in alice.type("write carol hello")


def test_a_flood_of_messages_is_bounded(alice, bob):
    bob.holds = True  # nothing is delivered to bob
    bob._events.clear()
    for _ in range(MAX_MESSAGES):
        assert "too many" not in alice.type("write bob spam")
    assert "too many messages wait for pts/2" in alice.type("write bob spam")


def test_output_is_paged_by_the_window_only_if_the_client_has_told_it(world):
    user = Keyboard(world).log_in()
    user.height = 5
    assert user.type("help").endswith("--More--")
    assert user.raw
    assert user.type(" ").count("\n") == 4
    assert user.type("").count("\n") == 1
    assert user.type("q").endswith("$ ")
    assert not user.raw
    deaf = Keyboard(world, told=()).log_in()
    deaf.height = 5
    assert "--More--" not in deaf.type("help")


def test_stress_waits_for_the_network_and_is_interrupted(alice):
    alice.holds = True
    first = alice.type("stress")
    assert 8000 < len(first) < 10_000
    assert alice.busy
    alice.most_at_once = 0
    alice.holds = False
    alice.run(turns=20)
    assert alice.most_at_once < 10_000
    alice.holds = True
    assert alice.after(alice.program.interrupt).endswith("$ ")
    assert alice.type("stress 3").count("\n") == 3


def test_abort_output_ends_the_output_and_not_the_shell(alice):
    alice.holds = True
    alice.type("stress")
    assert alice.after(alice.program.abort_output).endswith("$ ")
    assert not alice.is_closed


def test_a_paste_of_commands_gives_turns_to_others(alice):
    alice.holds = True
    shown = alice.type(*["tty"] * 500)
    assert shown.count("/dev/pts/1") < 100
    alice.holds = False
    assert alice.after(lambda: None).count("/dev/pts/1") + shown.count("/dev/pts/1") == 500


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "nonsense: command not found"),
        ("'open", "no closing quotation"),
        ("mesg maybe", "write mesg y or mesg n"),
        ("tty x", "write tty"),
        ("stress x", "write stress"),
        ("files", "this world has no files"),
        ("mail", "No mail for alice"),
        ("write", "write to whom"),
        ("help nonsense", "there is no command"),
        (EVIL, "command not found"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(alice, line, says):
    shown = alice.type(line)
    assert says in shown
    assert clean(shown)
    assert not alice.is_closed


def test_the_environment_and_the_terminal_are_shown(world):
    user = Keyboard(world, environment={"DISPLAY": EVIL, "USER": "root"}).log_in()
    shown = user.type("env")
    assert "USER=alice" in shown
    assert "DISPLAY=\\x1b" in shown
    assert clean(shown)
    assert "rows 24; columns 80" in user.type("stty")
    assert "/dev/pts/1" in user.type("tty")


def test_the_end_of_input_logs_out(alice):
    assert alice.after(alice.program.end_of_input).endswith("logout\n")
    assert alice.is_closed


def test_an_interrupt_at_the_prompt_prompts_again(alice):
    assert alice.after(alice.program.interrupt) == "\nalice@telnet:/$ "
