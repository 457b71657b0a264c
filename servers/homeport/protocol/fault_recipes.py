"""Recipes: faults by name that are ready to plan, of the kinds that every service supports.

A service declares recipes of its own (`Service.recipes`).
"""

import msgspec

from homeport.protocol.faults import (
    Bandwidth,
    Corrupt,
    Direction,
    Do,
    Latency,
    Match,
    Plain,
    Plan,
    Refuse,
    Slice,
)

ONE_IN_THREE = 0.33


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """A fault with a name, without the service that it is planned for; the other fields are those of `Plan`."""

    name: str
    """Unique in a service: it is part of addresses and command lines."""
    title: str
    """What happens, in a few words: an imperative."""
    text: str
    """What the client sees, or what it shows about the client: one sentence."""
    do: Do
    match: Match = Match()
    after: int = 0
    times: int = 1
    probability: float = 1.0
    direction: Direction = "out"

    def plan(self, service: str) -> Plan:
        """Return the plan for a service."""
        fields = {name: getattr(self, name) for name in ("do", "match", "after", "times", "probability", "direction")}
        return Plan(service=service, **fields)


TLS_RECIPES = (
    Recipe(
        name="certificate-expired",
        title="Certificate expired yesterday",
        text="The next handshake shows a certificate that expired: a client that goes on does not check it.",
        do=Do(tls="expired"),
    ),
    Recipe(
        name="certificate-wrong-host",
        title="Wrong host in the certificate",
        text="The next handshake shows a certificate for another host: a client that goes on does not compare names.",
        do=Do(tls="wrong_host"),
    ),
)
STREAM_RECIPES = (
    Recipe(
        name="silent",
        title="Accept and never answer",
        text="The next connection stays open without a byte: it shows the client's timeout.",
        do=Do(hang=Plain()),
    ),
    Recipe(
        name="refuse",
        title="Refuse for 10 s",
        text="The operating system refuses connections for ten seconds: it shows how the client tries again.",
        do=Do(refuse=Refuse(seconds=10)),
    ),
    Recipe(
        name="modem",
        title="Slow as a modem",
        text="Every connection gets 3,500 bytes a second, until the fault is removed.",
        do=Do(bandwidth=Bandwidth(3500)),
        times=0,
    ),
    Recipe(
        name="one-byte-segments",
        title="One-byte segments",
        text="The next connection gets every byte in a segment of its own: a client must not take a read for a line.",
        do=Do(slice=Slice(1)),
    ),
    Recipe(
        name="jitter",
        title="250 ms with jitter",
        text="Every answer comes 250 to 350 ms late, until the fault is removed.",
        do=Do(latency=Latency(250, 100)),
        times=0,
    ),
    Recipe(
        name="corrupt",
        title="Corrupt 1 in 1,000 bytes",
        text="Every connection gets some random bytes, until the fault is removed.",
        do=Do(corrupt=Corrupt(0.001)),
        times=0,
    ),
)
DATAGRAM_RECIPES = (
    Recipe(
        name="lose-datagrams",
        title="Lose one datagram in three",
        text="By the farm's seed: it shows whether the client asks again.",
        do=Do(drop=Plain()),
        times=0,
        probability=ONE_IN_THREE,
    ),
    Recipe(
        name="double-datagrams",
        title="Double one datagram in three",
        text="By the farm's seed: the second answer must not be taken for that to the next question.",
        do=Do(duplicate=Plain()),
        times=0,
        probability=ONE_IN_THREE,
    ),
    Recipe(
        name="swap-datagrams",
        title="Swap one datagram in three",
        text="By the farm's seed, with the one after it: answers come in another order than questions.",
        do=Do(reorder=Plain()),
        times=0,
        probability=ONE_IN_THREE,
    ),
)
GENERAL_RECIPES = (*TLS_RECIPES, *STREAM_RECIPES, *DATAGRAM_RECIPES)
"""Recipes for every service that supports their kind."""
