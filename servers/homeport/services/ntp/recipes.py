"""Faults by name that only NTP has."""

from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.faults import Do, Latency, Offset

RECIPES = (
    Recipe(
        name="falseticker",
        title="One hour ahead",
        text="Every answer is an hour ahead, until the fault is removed: a client with three servers must outvote it.",
        do=Do(offset=Offset(3_600_000)),
        times=0,
    ),
    Recipe(
        name="drift",
        title="Drift of 500 ppm",
        text="The time gains half a millisecond each second: the most that clients are made for (RFC 5905 11.3).",
        do=Do(offset=Offset(0, 500)),
        times=0,
    ),
    Recipe(
        name="step",
        title="Step of 10 s after three answers",
        text="The fourth answer and all after it are 10 s ahead: a client must doubt it before it follows.",
        do=Do(offset=Offset(10_000)),
        after=3,
        times=0,
    ),
    Recipe(
        name="asymmetry",
        title="Answers on a slow path",
        text="Answers take 400 ms, requests nothing: clients err by half of it, and must show that as dispersion.",
        do=Do(latency=Latency(400)),
        times=0,
    ),
    Recipe(
        name="unsynchronised",
        title="Unsynchronised",
        text="The server does not know the time, until the fault is removed: a client must not take it.",
        do=Do(frame="unsynchronised"),
        times=0,
    ),
    Recipe(
        name="rate",
        title="Kiss-o'-death RATE",
        text="The next answer asks for fewer requests: a client must poll less often, and not set its clock by it.",
        do=Do(frame="kiss-rate"),
    ),
    Recipe(
        name="deny",
        title="Kiss-o'-death DENY",
        text="Every answer refuses service, until the fault is removed: a client must stop asking.",
        do=Do(frame="kiss-deny"),
        times=0,
    ),
    Recipe(
        name="forged-origin",
        title="Wrong origin",
        text="The next answer is to another request: a client must ignore it, and go on waiting.",
        do=Do(frame="wrong-origin"),
    ),
    Recipe(
        name="replayed",
        title="Replay",
        text="The answer to an earlier request comes again: a client must ignore it.",
        do=Do(frame="replay"),
    ),
    Recipe(
        name="zero-transmit",
        title="Transmit timestamp of zero",
        text="The next answer has no time: a client that takes it is in 1900, or in 2036.",
        do=Do(frame="zero-transmit"),
    ),
    Recipe(
        name="next-era",
        title="The next era",
        text="Every answer is from the first day after 2036-02-07T06:28:16Z, where the seconds begin at 0 again.",
        do=Do(frame="next-era"),
        times=0,
    ),
)
