"""Every command in every state has the reply codes of `commands.txt`."""

import re
from pathlib import Path

import pytest
from services.ftp.conftest import Client

from homeport.services.ftp.session import Ftp

STATES = {
    "greeted": lambda _one: None,
    "named": lambda one: one.say("USER alice"),
    "inside": lambda one: one.log_in().say("PASV"),
    "guest": lambda one: one.log_in("anonymous").say("PASV"),
    "secure": lambda one: one.start_tls().log_in().say("PASV"),
    "sized": lambda one: one.start_tls().log_in().say("PBSZ 0", "PASV"),
}
ROWS = [
    line.rpartition(" : ")[::2]
    for line in Path(__file__).with_name("commands.txt").read_text().splitlines()
    if not line.startswith("#")
]
ANSWERS = {command.rstrip(): dict(zip(STATES, codes.split(), strict=True)) for command, codes in ROWS}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", ANSWERS)
def test_a_command_in_a_state(command, state):
    one = Client(login_delay=0)
    STATES[state](one)
    assert re.findall(r"^(\d{3}) ", one.say(command), re.MULTILINE) == ANSWERS[command][state].split("-")


@pytest.mark.parametrize("verb", [row.verb for row in Ftp.table])
def test_every_command_is_tried(verb):
    assert any(f"{command} ".startswith(f"{verb} ") for command in ANSWERS)
