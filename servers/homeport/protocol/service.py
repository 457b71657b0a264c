"""The declaration of a service: everything that the rest of Homeport knows of a protocol.

The command line, the configuration, the control API, the documentation and the tests are driven by it, so a protocol
is one module (or package) under `services/` that ends in `SERVICE = Service(...)`, and one line in
`services/__init__.py`.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.rules import TLS_RULES, Rule
from homeport.protocol.session import Context, Datagram, Session
from homeport.world.event_types import EVENT_TYPES

DEFAULT_PORT_OFFSET = 10_000
"""Our default port is the IANA port plus this: below every ephemeral range, and no privilege is needed."""

IDENTIFIER = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", re.ASCII)
Port = Annotated[int, Meta(ge=0, le=65535, description="port of this listener, TCP and UDP alike; 0 is any free port")]


class Listener(msgspec.Struct, frozen=True):
    """One socket (per address) that a service has in every world."""

    name: str
    transport: Literal["tcp", "udp"]
    iana_port: int
    option: str = "port"
    """The key of the service's options that holds its port; two listeners with the same key share a number."""
    tls: bool = False
    """Whether connections begin with a TLS handshake (implicit TLS); `Opened` comes after it."""
    switch: str = ""
    """The key of the service's options that says whether the listener is there at all; empty: it always is."""
    clear: bool = False
    """TLS is never spoken here, not even after a command."""
    own_port: int = 0
    """The default port where the one that follows from IANA's is another listener's; 0: that one."""

    @property
    def default_port(self) -> int:
        """The port that it has unless configured otherwise."""
        return self.own_port or DEFAULT_PORT_OFFSET + self.iana_port

    @property
    def well_known_port(self) -> int:
        """The port that its clients expect: IANA's; where another listener of the service has that, the next to it."""
        return self.default_port - DEFAULT_PORT_OFFSET if self.own_port else self.iana_port

    def is_wanted(self, options: "Options") -> bool:
        """Whether these options want it."""
        return not self.switch or bool(getattr(options, self.switch))


class LimitOverrides(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A service's own limits; what is not set here is as in [limits]."""

    connections: Annotated[int, Meta(ge=1)] | None = None
    connections_per_peer: Annotated[int, Meta(ge=1)] | None = None
    idle: Duration | None = None
    session: Duration | None = None
    received: Size | None = None


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The options that every service has; a service's own options extend them."""

    enabled: Annotated[bool, Meta(description="whether this service is started")] = True
    persona: Annotated[
        str,
        Meta(description="named bundle of options, which keys that are given override; `homeport personas` lists them"),
    ] = ""
    strict: Annotated[
        bool, Meta(description="refuse whatever the RFC lets a server refuse, instead of only raising a finding")
    ] = False
    dscp: Annotated[
        int,
        Meta(ge=0, le=63, description="differentiated-services code point of its sockets (RFC 2474; RFC 1123 2.4)"),
    ] = 0
    limits: Annotated[LimitOverrides, Meta(description="limits of this service alone; keys as in [limits]")] = (
        LimitOverrides()
    )


class TlsOptions(Options, frozen=True, kw_only=True):
    """The options of services that speak TLS, from the start of a connection or after `StartTls`."""

    client_certificates: Annotated[
        Literal["no", "ask", "require"],
        Meta(description="whether clients are asked for a certificate in the TLS handshake; ask: any is taken"),
    ] = "no"


class Persona(msgspec.Struct, frozen=True):
    """A named bundle of one service's options, chosen by its option `persona`; keys that are given override it."""

    name: str
    text: str
    """What the service is like then, in one line."""
    options: dict[str, Any]
    """Plain values as in the configuration file, by key."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol, declared.

    Raises: ValueError if a persona sets a key that the options lack.
    """

    name: str
    title: str
    rfcs: tuple[str, ...]
    listeners: tuple[Listener, ...]
    options: type[Options] = Options
    session: Callable[[Context], Session] | None = None
    datagram: Datagram | None = None
    client_ports: frozenset[int] = frozenset()
    """UDP source ports that the guard answers here although it refuses them elsewhere, because this protocol's clients
    send from them: 123 for NTP, 53 for DNS."""
    amplification: int = 0
    """The most octets of an answer, all its datagrams together, for each octet of the question; 0: any number. The
    guard gives no answer that is longer, because whoever forges a source must not call forth a flood. An empty question
    then has only empty answers."""
    personas: tuple[Persona, ...] = ()
    rules: tuple[Rule, ...] = ()
    refusal: Callable[[str], bytes] = lambda _reason: b""
    """What a client hears that is turned away at the door (too many connections): the protocol's own refusal."""
    check: Callable[[Any, Any], list[str]] = lambda _options, _contents: []
    """Configuration problems of this service in words, out of its options and the world's contents (`WorldContents`):
    what a type cannot say."""
    faults: frozenset[Literal["answer", "command", "frame", "lost", "reply", "tls"]] = frozenset()
    """What its sessions lend themselves to besides the faults of the network: `answer` (they answer with a text that
    another can take the place of), `command` (they call `world.faults.at_command` for what they are asked), `reply`
    (and carry `reply` out themselves), `frame` (that, too), `lost` (they leave undone what a fault of direction `in`
    acts on), `tls` (they can begin TLS)."""
    verbs: Mapping[str, ArgumentRule] = {}
    """The verbs that its sessions call `world.faults.at_command` with, and whether each comes with an argument: faults
    for other verbs are refused. Empty: not declared, and a fault may name any verb."""
    check_reply: Callable[[Any, str | None], None] = lambda _reply, _verb: None
    """Checks a planned `faults.Reply` to a verb (None: to any). Raises FaultError for a reply that the protocol does
    not have."""
    events: tuple[str, ...] = ()
    """Types of journal events that only this service writes, besides those of `world.event_types`."""
    logins: Literal["", "people", "registrars"] = ""
    """Whose passwords it takes, if anybody can log in: those of the world's people, or of the registrars."""
    asked_by_line: bool = False
    """Whether `homeport query` may ask it over TCP: one line there, and all that comes until the close back."""
    resumes: bool = True
    """Whether its TLS sessions can be resumed. Where connections last, that is not worth the tickets: with a client
    certificate in it, making those is a fourth of a handshake."""
    transcribe: Callable[[bytes], tuple[list[str], bytes]] | None = None
    """For messages that are no lines: the messages at the beginning of what one side said, as text, and the octets
    behind them."""
    free_ports: dict[str, Any] = {}
    """Options that hold ports besides those of the listeners, with the values that mean any free port."""
    other_ports: Callable[[Any], list[tuple[str, str, int, int]]] = lambda _options: []
    """TCP ports that these options have it use besides those of its listeners: what for, the option, first, last."""
    example: str = ""
    """One thing to try, with `{host}` and `{port}` where they belong."""
    mistaken: Callable[[str], bytes] | None = None
    """What a client hears in the clear that speaks plain text where TLS begins: a permanent refusal in the protocol's
    own form. None: as `refusal`."""

    def __post_init__(self) -> None:
        if self.speaks_tls:
            own = [rule for rule in self.rules if rule not in TLS_RULES]  # a copy (`structs.replace`) has them already
            msgspec.structs.force_setattr(self, "rules", (*own, *TLS_RULES))
        known = {*self.options.__struct_fields__} - {"persona"}
        for persona in self.personas:
            if unknown := persona.options.keys() - known:
                raise ValueError(f"persona {persona.name!r} of {self.name} sets unknown keys: {', '.join(unknown)}")
        self._check_names("rule", [one.id for one in self.rules])
        self._check_names("listener", [f"{one.name}.{one.transport}" for one in self.listeners])
        self._check_names("type of events", [*EVENT_TYPES, *self.events])

    def _check_names(self, kind: str, names: Sequence[str]) -> None:
        """Check identifiers where they are declared: not each other's, and such as go into a path.

        Raises: ValueError.
        """
        for name, times in Counter(names).items():
            if times > 1:
                raise ValueError(f"{self.name} declares the {kind} {name!r} that there is already: choose another name")
            if not IDENTIFIER.fullmatch(name):
                raise ValueError(
                    f"{self.name} declares the {kind} {name!r}: write a name in lower case, with digits and hyphens"
                )

    @property
    def speaks_tls(self) -> bool:
        """Whether its connections can be under TLS, from their beginning or later."""
        return issubclass(self.options, TlsOptions) or any(one.tls for one in self.listeners)

    @property
    def plain_listener(self) -> str:
        """The listener for clients without TLS, with the option that switches it on, if one must; empty for none."""
        plain = [one for one in self.listeners if not one.tls and one.transport == "tcp"]
        if not plain:
            return ""
        best = next((one for one in plain if one.name == "plain"), plain[0])
        return f"{self.name}.{best.name}" + (f" ([{self.name}] {best.switch} = true)" if best.switch else "")

    def find_persona(self, name: str) -> Persona:
        """Return the persona of that name.

        Raises: KeyError if the service declares no such persona.
        """
        for persona in self.personas:
            if persona.name == name:
                return persona
        raise KeyError(f"{self.name} declares no persona {name!r}")

    def find_rule(self, rule_id: str) -> Rule:
        """The rule of that identifier.

        Raises: KeyError if the service declares no such rule.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(f"{self.name} declares no rule {rule_id!r}")
