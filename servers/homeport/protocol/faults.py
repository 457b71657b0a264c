"""What can be made to go wrong: the kinds of faults, how a plan for one is written, and what can suffer which.

A plan says where (service, listener, match), what (`do`, exactly one kind), on which occasions (`after`, `times`,
`probability`) and in which direction. What an occasion is follows from the plan:

- a command, if the match names a verb or an argument, or the kind is `reply`;
- a datagram, on a listener of datagrams;
- otherwise a connection, for the whole of it.

`world/faults.py` keeps a world's plans and counts their occasions; `io/net/faults.py` and `io/net/datagram_faults.py`
carry faults out on what is said and heard, so that every service has them. Only `reply` is carried out by the session
itself, which alone can leave undone what the command asks for.

A client can ask for a fault by a name, where `[faults] by_client` is set: `parse_fault_name` is the grammar of these
names for all protocols.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.config.peers import PeerSet
from homeport.config.values import closest

Direction = Literal["out", "in", "both"]
Milliseconds = Annotated[int, Meta(ge=0, le=3_600_000, description="milliseconds")]
Count = Annotated[int, Meta(ge=1, le=1 << 40)]
TlsFault = Literal["expired", "not_yet_valid", "wrong_host", "self_signed", "untrusted", "old_version", "abort"]
FrameFault = Literal[
    "half",
    "length-without-header",
    "length-too-long",
    "little-endian",
    "not-well-formed",
    "wrong-cltrid",
    "no-cltrid",
]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of fault with its parameters."""


class Plain(Kind, frozen=True):
    meaning = "A kind without parameters: `{}`."


class Latency(Kind, frozen=True):
    meaning = "Every piece comes later, in order."

    ms: Milliseconds
    jitter_ms: Annotated[int, Meta(ge=0, le=3_600_000, description="milliseconds added by chance, from 0 to this")] = 0


class Bandwidth(Kind, frozen=True):
    meaning = "No more octets a second than this."

    bytes_per_s: Annotated[Count, Meta(description="octets a second")]


class Slice(Kind, frozen=True):
    meaning = "Pieces of so many octets at most, each a segment of its own."

    size: Annotated[Count, Meta(description="octets of a piece")]
    delay_ms: Annotated[int, Meta(ge=0, le=3_600_000, description="milliseconds between two pieces")] = 0


class Limit(Kind, frozen=True):
    meaning = "So many octets of the connection, or of the answer to a command, then close."

    bytes: Annotated[int, Meta(ge=0, description="octets that pass")]
    reset: Annotated[bool, Meta(description="reset the connection then, instead of closing it")] = False


class Refuse(Kind, frozen=True):
    meaning = "The listener is down: connections are refused by the machine itself, until the fault is removed."

    seconds: Annotated[float, Meta(ge=0, description="seconds of real time; 0: until the fault is removed")] = 0.0


class Garbage(Kind, frozen=True):
    meaning = "Octets by chance in the place of what should be said next; then everything is as it was."

    bytes: Annotated[int, Meta(ge=1, le=1 << 20, description="octets of garbage")]


class Corrupt(Kind, frozen=True):
    meaning = "Octets changed by chance."

    rate: Annotated[float, Meta(gt=0, le=1, description="the share of octets that are changed")]


class Reply(Kind, frozen=True):
    meaning = (
        "This reply in the place of what the command asks for, which is not done (SMTP, FTP; EPP: its result code)."
    )

    code: Annotated[int, Meta(ge=100, le=9999, description="reply code, or EPP's result code")]
    text: Annotated[str, Meta(description="text of the reply; empty: a text of ours")] = ""
    enhanced: Annotated[
        str,
        Meta(
            pattern=r"^([245]\.\d{1,3}\.\d{1,3})?$",
            description="enhanced status code such as 4.7.1 (RFC 3463), SMTP only",
        ),
    ] = ""


class Answer(Kind, frozen=True):
    meaning = "This text in the place of the whole answer (services that answer with a text)."

    text: Annotated[str, Meta(description="the whole answer")]


class Truncate(Kind, frozen=True):
    meaning = "A datagram cut to so many octets."

    size: Annotated[int, Meta(ge=0, le=65535, description="octets that are left of it")]


class Do(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    meaning = "What goes wrong: exactly one of these."

    latency: Latency | msgspec.UnsetType = msgspec.UNSET
    bandwidth: Bandwidth | msgspec.UnsetType = msgspec.UNSET
    slice: Slice | msgspec.UnsetType = msgspec.UNSET
    limit: Limit | msgspec.UnsetType = msgspec.UNSET
    close: Annotated[Plain | msgspec.UnsetType, Meta(description="close at once")] = msgspec.UNSET
    reset: Annotated[Plain | msgspec.UnsetType, Meta(description="reset the connection (RST)")] = msgspec.UNSET
    hang: Annotated[Plain | msgspec.UnsetType, Meta(description="accept and never answer")] = msgspec.UNSET
    refuse: Refuse | msgspec.UnsetType = msgspec.UNSET
    garbage: Garbage | msgspec.UnsetType = msgspec.UNSET
    corrupt: Corrupt | msgspec.UnsetType = msgspec.UNSET
    reply: Reply | msgspec.UnsetType = msgspec.UNSET
    answer: Answer | msgspec.UnsetType = msgspec.UNSET
    tls: Annotated[TlsFault | msgspec.UnsetType, Meta(description="what is wrong in the TLS handshake")] = msgspec.UNSET
    frame: Annotated[
        FrameFault | msgspec.UnsetType, Meta(description="what is wrong with the frame that answers a command (EPP)")
    ] = msgspec.UNSET
    drop: Annotated[Plain | msgspec.UnsetType, Meta(description="a datagram is lost")] = msgspec.UNSET
    duplicate: Annotated[Plain | msgspec.UnsetType, Meta(description="a datagram comes twice")] = msgspec.UNSET
    reorder: Annotated[Plain | msgspec.UnsetType, Meta(description="a datagram comes after the next one")] = (
        msgspec.UNSET
    )
    truncate: Truncate | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        named = [name for name in self.__struct_fields__ if getattr(self, name) is not msgspec.UNSET]
        if len(named) != 1:
            raise ValueError(f'`do` names exactly one kind of fault, such as {{"close": {{}}}}; this names {named}')

    @property
    def kind(self) -> str:
        """The name of the kind."""
        return next(name for name in self.__struct_fields__ if getattr(self, name) is not msgspec.UNSET)


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    meaning = "Whom and what a fault is for; what is not named matches everything."

    verb: Annotated[str | None, Meta(description="the command, without regard to case")] = None
    argument: Annotated[
        str | None, Meta(description="a part of the command's argument, or of the query, without regard to case")
    ] = None
    peer: Annotated[str | None, Meta(description="the client's address, or a network")] = None
    conn: Annotated[str | None, Meta(description="one connection, such as c3; acts on it at once")] = None

    def __post_init__(self) -> None:
        if self.peer is not None:
            try:
                PeerSet([self.peer])
            except ValueError as error:
                raise ValueError(f"peer: {error}; write an address, or a network such as 192.0.2.0/24") from None


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A planned fault."

    service: str
    listener: Annotated[str | None, Meta(description="one listener of the service, such as tcp; all if not named")] = (
        None
    )
    match: Match = Match()
    do: Do
    after: Annotated[int, Meta(ge=0, description="occasions that pass before it acts")] = 0
    times: Annotated[int, Meta(ge=0, description="occasions that it acts on; 0: for ever")] = 1
    probability: Annotated[float, Meta(gt=0, le=1, description="by the farm's seed, so it repeats")] = 1.0
    direction: Annotated[Direction, Meta(description="what the server says (out), hears (in), or both")] = "out"
    optional: Annotated[bool, Meta(description="a test does not fail if this fault never acts")] = False

    @property
    def by_command(self) -> bool:
        """Whether its occasions are commands."""
        return self.match.verb is not None or self.match.argument is not None or self.do.kind in OF_COMMANDS


class FaultError(ValueError):
    """A plan that makes no sense where it is planned. field: the one that is wrong. nearest: what was likely meant."""

    def __init__(self, field: str, words: str, nearest: str = "") -> None:
        super().__init__(f"{field}: {words}")
        self.field = field
        self.nearest = nearest


OF_COMMANDS = ("reply", "frame")
"""Kinds that only commands can suffer."""
LOSING = ("close", "reset", "hang")
"""Kinds by which a command is lost before it is carried out, where a service has that (`direction` in)."""
OUT_ONLY = ("answer", "reply", "frame", "refuse", "tls")
"""Kinds that are about what the server says, and have no other direction."""
FAULT_DOMAIN = "fault.test"
"""The domain whose names are faults, where clients may ask for them."""
FAULT_NAME = re.compile(
    r"(?P<plain>hang|reset|close)"
    r"|(?P<after>reset|close)-after-(?P<octets>\d{1,12})"
    r"|(?P<kind>latency|slow|slice|garbage)-(?P<number>\d{1,12})"
    r"|frame-(?P<frame>[a-z-]{4,32})"
    r"|corrupt-(?P<rate>\d(?:\.\d{1,6})?)"
    r"|(?:reply|result)-(?P<code>\d{3,4})(?:-(?P<enhanced>[245]\.\d{1,3}\.\d{1,3}))?",
    re.ASCII | re.IGNORECASE,
)
NUMBER = re.compile(r"-?[0-9].*", re.ASCII)
"""What follows the kind in a name."""
FAULT_NAMES = (
    "hang",
    "reset",
    "close",
    "reset-after-1000",
    "close-after-1000",
    "latency-500",
    "slow-1000",
    "slice-3",
    "garbage-100",
    "corrupt-0.1",
    "reply-451-4.7.1",
    "result-2400",
    "frame-half",
)
"""An example of each form of name."""
NUMBERED: dict[str, tuple[str, Callable[[int], Any]]] = {
    "latency": ("latency", lambda ms: {"ms": ms}),
    "slow": ("bandwidth", lambda rate: {"bytes_per_s": rate}),
    "slice": ("slice", lambda size: {"size": size}),
    "garbage": ("garbage", lambda octets: {"bytes": octets}),
}
"""Names with a number: the kind that they stand for, and its parameters."""


def parse_fault_name(name: str) -> Do | None:
    """The fault that a client asks for by a name; None if it is none, or its numbers are out of range.

    `hang`, `reset`, `close`, `reset-after-1000`, `close-after-1000` (octets), `latency-500` (ms), `slow-1000` (octets a
    second), `slice-3`, `garbage-100` (octets), `corrupt-0.1` (a share), `reply-451-4.7.1`, `reply-550`, `result-2400`,
    `frame-half` (any of FrameFault).
    """
    match = FAULT_NAME.fullmatch(name)
    if match is None:
        return None
    parameters: Any
    if plain := match["plain"]:
        kind, parameters = plain.lower(), {}
    elif after := match["after"]:
        kind, parameters = "limit", {"bytes": int(match["octets"]), "reset": after.lower() == "reset"}
    elif numbered := match["kind"]:
        kind, make = NUMBERED[numbered.lower()]
        parameters = make(int(match["number"]))
    elif rate := match["rate"]:
        kind, parameters = "corrupt", {"rate": float(rate)}
    elif frame := match["frame"]:
        kind, parameters = "frame", frame.lower()
    else:
        kind, parameters = "reply", {"code": int(match["code"]), "enhanced": match["enhanced"] or ""}
    try:
        return msgspec.convert({kind: parameters}, Do)
    except msgspec.ValidationError:
        return None


def find_fault_name(words: Sequence[str]) -> Do | None:
    """The first fault among words that are names in the domain: `reset.fault.test`, `hang@fault.test`."""
    return next((do for name in _names_in_domain(words) if (do := parse_fault_name(name))), None)


def explain_fault_name(words: Sequence[str]) -> str:
    """Return what is wrong with the first name in the domain that is no fault; empty if there is none."""
    for name in _names_in_domain(words):
        if parse_fault_name(name) is None:
            return f"there is no fault {name[:40]!r}; {nearest_fault_name(name)}"
    return ""


def nearest_fault_name(name: str, others: Sequence[str] = ()) -> str:
    """Return the name of a fault that was likely meant, or all of them. others: those of one service."""
    known = {NUMBER.sub("", one): one for one in (*FAULT_NAMES, *others)}
    near = closest(NUMBER.sub("", name), known)
    return f"did you mean {known[near]!r}?" if near else f"there are {', '.join(known.values())}"


def _names_in_domain(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        lower = word.lower().removesuffix(".")
        for mark in (".", "@"):
            name = lower.removesuffix(mark + FAULT_DOMAIN)
            if name != lower:
                yield name
