"""Faults by name of devices: what breaks automation that trusts prompts and settings."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Match
from homeport.services.telnet.devices.spoiling import HANG_IN_ANSWER, KICKED_OUT, PAGING_ON, SLOW_ECHO

RECIPES = (
    Recipe(
        name=PAGING_ON,
        title="Page although paging is off",
        text="The next long answer of a device stops at --More--: a library that trusts `terminal length 0` waits.",
        match=Match(verb="LINE"),
        do=Do(frame=PAGING_ON),
    ),
    Recipe(
        name=HANG_IN_ANSWER,
        title="Hang in the middle of an answer",
        text="Half of the next answer of a device comes, and no prompt: it shows the read timeout.",
        match=Match(verb="LINE"),
        do=Do(frame=HANG_IN_ANSWER),
    ),
    Recipe(
        name=SLOW_ECHO,
        title="Echo slowly",
        text="A device echoes the next line at 20 characters a second: a library must wait for the echo.",
        match=Match(verb="LINE"),
        do=Do(frame=SLOW_ECHO),
    ),
    Recipe(
        name=KICKED_OUT,
        title="End the session in configuration mode",
        text="The next line in configuration mode ends the session: what does the client say of what it had sent?",
        match=Match(verb="LINE"),
        do=Do(frame=KICKED_OUT),
    ),
)
