"""Faults by name that only Telnet has: each acts on the next connection, until it ends."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, FrameFault, Match

TEXTS: dict[FrameFault, tuple[str, str]] = {
    "option-storm": (
        "Negotiate everything",
        "DO and WILL of 60 options open the next connection: a client must refuse each that it does not support.",
    ),
    "option-loop": (
        "Answer every request",
        "Requests for a state in force are answered too, as dumb servers do: a client that does the same never stops.",
    ),
    "refuse-all": (
        "Refuse every option",
        "No option is offered, and none accepted: a client must fall back to a plain NVT.",
    ),
    "split-iac": (
        "Split commands",
        "Each byte of a Telnet command is a segment: a client must not take a read for a command.",
    ),
    "half-sb": (
        "Half a subnegotiation",
        "IAC SB TTYPE SEND has no IAC SE: it shows whether the client waits for ever.",
    ),
    "no-echo-off": (
        "Echo the password",
        "The password is echoed, although the server said that it echoes nothing: what does the client log?",
    ),
    "wrong-echo": (
        "Echo twice",
        "Each typed character comes back twice: a client that strips echo by length goes wrong.",
    ),
    "synch": (
        "Send a Synch",
        "IAC DM comes as urgent data before the prompt: a client must discard text up to it, and no more.",
    ),
    "commands": (
        "Send commands",
        "AYT, AO, IP, BRK, EC, EL, GA and DM come before the prompt: a client must ignore what it does not support.",
    ),
    "ayt-unanswered": (
        "Leave AYT unanswered",
        "Are You There gets no answer: it shows how the client takes that.",
    ),
    "no-timing-mark": (
        "Leave TIMING-MARK unanswered",
        "DO TIMING-MARK gets no answer: a client that flushes output must let its user restore it.",
    ),
    "send-go-ahead": (
        "Send GO AHEAD",
        "IAC GA follows each prompt: a client must not show it, nor wait for it.",
    ),
    "prompt-late": (
        "Late prompt",
        "The first output comes two seconds late: a script that sends by the clock types into nothing.",
    ),
    "prompt-garbled": (
        "Garbled prompts",
        "Control sequences stand around each prompt: a script that matches the end of a line misses it.",
    ),
    "login-hangs": (
        "Hang at login",
        "Nothing follows the password: it shows the client's timeout.",
    ),
    "logout-soon": (
        "Log out after 5 s",
        "The server closes five seconds after the connection began: what does the client lose?",
    ),
    "eight-bit": (
        "Parity bits",
        "Letters come with bit 7 set, without BINARY: a client must not take it for UTF-8.",
    ),
}
RECIPES = tuple(
    Recipe(name=word, title=title, text=text, match=Match(verb="CONNECT"), do=Do(frame=word))
    for word, (title, text) in TEXTS.items()
)
