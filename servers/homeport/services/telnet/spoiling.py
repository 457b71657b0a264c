"""Planned misbehaviour of the server: words of the fault `frame`, which last for the rest of a connection."""

from typing import Final

from homeport.protocol.faults import Do, FrameFault, Plan, Slice
from homeport.protocol.telnet import (
    AO,
    AYT,
    BRK,
    DM,
    DO,
    DONT,
    EC,
    EL,
    GA,
    IAC,
    IP,
    NOP,
    OPTIONS,
    SB,
    TERMINAL_TYPE,
    WILL,
    WONT,
    negotiation,
)
from homeport.world.faults import Fault

WORDS: Final[tuple[FrameFault, ...]] = (
    "option-storm",
    "option-loop",
    "refuse-all",
    "split-iac",
    "half-sb",
    "no-echo-off",
    "wrong-echo",
    "synch",
    "commands",
    "ayt-unanswered",
    "no-timing-mark",
    "send-go-ahead",
    "prompt-late",
    "prompt-garbled",
    "login-hangs",
    "logout-soon",
    "eight-bit",
)
FRAMES: dict[str, frozenset[str]] = {word: frozenset({"CONNECT"}) for word in WORDS}
"""The words, with the verb whose match they count."""
PROMPT_DELAY_S = 2.0
LOGOUT_S = 5.0
SLICE_MS = 20

STORM = b"".join(negotiation(verb, option) for option in sorted(OPTIONS) for verb in (DO, WILL))
ALL_COMMANDS = b"".join(bytes((IAC, code)) for code in (NOP, AYT, AO, IP, BRK, EC, EL, GA, DM))
"""Commands that a user Telnet must take from a server, and ignore what it does not support (RFC 1123 3.2.3)."""
HALF_SB = bytes((IAC, SB, TERMINAL_TYPE, 1))
DUMB_ANSWERS = {DO: WILL, DONT: WONT, WILL: DO, WONT: DONT}
"""Answers of a server that answers everything and remembers nothing."""
GARBLED_BEGIN, GARBLED_END = "\x1b[0m\x1b[?7h\x1b[K\r", "\x1b[6n\x1b[m"


def slices(fault: Fault) -> Fault:
    """Return the fault that sends output in pieces of one byte, on behalf of `split-iac`."""
    plan = Plan(service=fault.plan.service, do=Do(slice=Slice(1, SLICE_MS)))
    return Fault(fault.id, plan, fault.id)


def garble(text: str) -> str:
    """Return text with control sequences around the prompt: what follows its last line end."""
    head, end, prompt = text.rpartition("\n")
    return f"{head}{end}{GARBLED_BEGIN}{prompt}{GARBLED_END}" if prompt else text


def set_high_bits(data: bytes) -> bytes:
    """Return data with bit 7 of each letter set, as parity does."""
    return bytes(byte | 0x80 if 0x41 <= byte < 0x7F else byte for byte in data)
