"""What can be made to go wrong: the kinds of faults and how a plan for one is written.

A plan says where (service, listener, match), what (`do`, exactly one kind), on which occasions (`after`, `times`,
`probability`) and in which direction. What an occasion is follows from the plan:

- a command, if the match names a verb or an argument, or the kind is `reply`;
- a datagram, on a listener of datagrams;
- otherwise a connection, for the whole of it.

`world/faults.py` keeps a world's plans and counts their occasions; `io/` carries faults out on what sessions say, so
that every service has them. Only `reply` is carried out by the session itself, which alone can leave undone what the
command asks for.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.peers import PeerSet

Direction = Literal["out", "in", "both"]
Milliseconds = Annotated[int, Meta(ge=0, le=3_600_000)]
Count = Annotated[int, Meta(ge=1, le=1 << 40)]
TlsFault = Literal["expired", "not_yet_valid", "wrong_host", "self_signed", "untrusted", "old_version", "abort"]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of fault with its parameters."""


class Plain(Kind, frozen=True):
    """A kind without parameters: `{}`."""


class Latency(Kind, frozen=True):
    """Every piece comes later, in order."""

    ms: Milliseconds
    jitter_ms: Annotated[int, Meta(ge=0, le=3_600_000, description="added by chance, from 0 to this")] = 0


class Bandwidth(Kind, frozen=True):
    """No more octets a second than this."""

    bytes_per_s: Count


class Slice(Kind, frozen=True):
    """Pieces of so many octets at most, each a segment of its own."""

    size: Count
    delay_ms: Annotated[int, Meta(ge=0, le=3_600_000, description="between two pieces")] = 0


class Limit(Kind, frozen=True):
    """So many octets, then close."""

    bytes: Annotated[int, Meta(ge=0)]


class Refuse(Kind, frozen=True):
    """The listener is down: connections are refused by the machine itself, until the fault is removed."""

    seconds: Annotated[float, Meta(ge=0, description="how long, in real time; 0: until the fault is removed")] = 0.0


class Garbage(Kind, frozen=True):
    """Octets by chance in the place of what should be said."""

    bytes: Annotated[int, Meta(ge=1, le=1 << 20)]


class Corrupt(Kind, frozen=True):
    """Octets changed by chance."""

    rate: Annotated[float, Meta(gt=0, le=1, description="the share of octets that are changed")]


class Reply(Kind, frozen=True):
    """This reply in the place of what the command asks for, which is not done (SMTP, FTP; EPP: its result code)."""

    code: Annotated[int, Meta(ge=100, le=9999)]
    text: str = ""
    enhanced: Annotated[str, Meta(pattern=r"^([245]\.\d{1,3}\.\d{1,3})?$", description="RFC 3463, SMTP only")] = ""


class Answer(Kind, frozen=True):
    """This text in the place of the whole answer (services that answer with a text)."""

    text: str


class Truncate(Kind, frozen=True):
    """A datagram cut to so many octets."""

    size: Annotated[int, Meta(ge=0, le=65535)]


class Do(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What goes wrong: exactly one of these."""

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
    """Whom and what a fault is for; what is not named matches everything."""

    verb: Annotated[str | None, Meta(description="the command, without regard to case")] = None
    argument: Annotated[
        str | None, Meta(description="a part of the command's argument, or of the query, without regard to case")
    ] = None
    peer: Annotated[str | None, Meta(description="the client's address, or a network")] = None
    conn: Annotated[str | None, Meta(description="one connection, such as c3; acts on it at once")] = None


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A planned fault."""

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

    def __post_init__(self) -> None:
        if self.match.peer is not None:
            PeerSet([self.match.peer])

    @property
    def by_command(self) -> bool:
        """Whether its occasions are commands."""
        return self.match.verb is not None or self.match.argument is not None or self.do.kind == "reply"
