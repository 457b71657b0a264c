"""The declaration of a service: everything that the rest of Homeport knows about a protocol.

The command line, the configuration, the control API, the documentation and the tests read it, so a protocol is one
module (or package) under `services/` that ends in `SERVICE = Service(...)`, and one line in `services/__init__.py`.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.protocol.asking import Ask
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.fault_recipes import Recipe
from homeport.protocol.rules import TLS_RULES, Rule
from homeport.protocol.session import Context, Datagram, Session
from homeport.world.event_types import EVENT_TYPES

DEFAULT_PORT_OFFSET = 10_000
"""Default ports are the IANA port plus this: below every ephemeral range, and usable without privileges."""

IDENTIFIER = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", re.ASCII)
Port = Annotated[int, Meta(ge=0, le=65535, description="port of this listener, for TCP and UDP; 0: any free port")]


class Listener(msgspec.Struct, frozen=True):
    """A listening socket (per address) that a service has in every world."""

    name: str
    transport: Literal["tcp", "udp"]
    iana_port: int
    option: str = "port"
    """Option key of its port; listeners with the same key share a port number."""
    tls: bool = False
    """True for implicit TLS: connections begin with a handshake; `Opened` comes after it."""
    switch: str = ""
    """Option key that enables the listener; empty: always enabled."""
    clear: bool = False
    """True if TLS is never started here, not even by a command."""
    tls_option: str = ""
    """Option key that, if set, serves clients with and without TLS on this one port, for protocols whose clients send
    first; empty: never."""
    own_port: int = 0
    """Default port, if the one derived from the IANA port belongs to another listener; 0: derived."""
    alpn: tuple[str, ...] = ()
    """Protocol names by which clients may ask for it in ALPN; empty: those of the service."""
    load: Callable[[], object] | None = None
    """As the service's `load`, which it replaces, for modules that only sessions of this listener need."""
    only_tls13: bool = False
    """True if its protocol forbids earlier versions of TLS, even if `[tls] minimum` allows them. The driver reports the
    rule `old-tls`, which the service declares."""

    @property
    def default_port(self) -> int:
        """Port unless configured otherwise."""
        return self.own_port or DEFAULT_PORT_OFFSET + self.iana_port

    @property
    def well_known_port(self) -> int:
        """Port that clients expect: the IANA port, or a neighbour of it if another listener of the service has that."""
        return self.default_port - DEFAULT_PORT_OFFSET if self.own_port else self.iana_port

    def takes_both(self, options: "Options") -> bool:
        """Return True if clients with and without TLS are served under these options: the first byte tells which."""
        return bool(self.tls_option) and bool(getattr(options, self.tls_option))

    def is_wanted(self, options: "Options") -> bool:
        """Return True if these options enable it."""
        return not self.switch or bool(getattr(options, self.switch))


Syntax = Literal["strict", "rfc", "lenient"]
BareLf = Annotated[
    Literal["refuse", "accept"],
    Meta(
        description='deprecated: `syntax = "lenient"` accepts lines that end with LF alone',
        extra={"deprecated": True},
    ),
]
"""Type of the deprecated option `bare_lf`."""


class LimitOverrides(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A service's own limits; keys that are not set are taken from [limits]."""

    connections: Annotated[int, Meta(ge=1)] | None = None
    connections_per_peer: Annotated[int, Meta(ge=1)] | None = None
    idle: Duration | None = None
    session: Duration | None = None
    line: Duration | None = None
    received: Size | None = None


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of every service; a service's own options extend them."""

    enabled: Annotated[bool, Meta(description="start this service")] = True
    persona: Annotated[
        str,
        Meta(description="named preset of options, which explicit keys override; `homeport personas` lists them"),
    ] = ""
    strict: Annotated[
        bool,
        Meta(
            description='deprecated: `syntax = "strict"` does the same; no effect on services without `syntax`',
            extra={"deprecated": True},
        ),
    ] = False
    dscp: Annotated[
        int,
        Meta(ge=0, le=63, description="differentiated-services code point of its sockets (RFC 2474; RFC 1123 2.4)"),
    ] = 0
    limits: Annotated[LimitOverrides, Meta(description="limits of this service alone; keys as in [limits]")] = (
        LimitOverrides()
    )


class SyntaxOptions(Options, frozen=True, kw_only=True):
    """Options of services that can take input more or less strictly."""

    syntax: Annotated[
        Syntax,
        Meta(
            description="what is accepted. rfc: the protocol as written, its size limits as the minimums that they "
            "are; lenient: also what deployed servers accept; strict: nothing that the RFC lets a server refuse. "
            "What is accepted although it is wrong is a finding"
        ),
    ] = "rfc"

    @property
    def is_strict(self) -> bool:
        """True if everything is refused that may be."""
        return self.strict or self.syntax == "strict"

    @property
    def is_lenient(self) -> bool:
        """True if the errors that deployed servers accept are accepted."""
        return self.syntax == "lenient" and not self.strict

    @property
    def accepts_bare_lf(self) -> bool:
        """True if lines that end with LF alone are accepted."""
        return self.is_lenient or (getattr(self, "bare_lf", "refuse") == "accept" and not self.is_strict)


class TlsOptions(SyntaxOptions, frozen=True, kw_only=True):
    """Options of services with TLS, implicit or after `StartTls`."""

    client_certificates: Annotated[
        Literal["no", "ask", "require"],
        Meta(description="request a client certificate in the TLS handshake; ask: any certificate is accepted"),
    ] = "no"


class Persona(msgspec.Struct, frozen=True):
    """A named preset of a service's options, chosen by its option `persona`; explicit keys override it."""

    name: str
    text: str
    """One-line description of the resulting behaviour."""
    options: dict[str, Any]
    """Values by key, as in the configuration file."""
    zones: dict[str, Any] = {}
    """Values by key of every TLD of the registry; those that a [[registry.tld]] has override them."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration of one protocol.

    Raises: ValueError for duplicate or malformed identifiers, or if a persona sets a key that the options lack.
    """

    name: str
    title: str
    rfcs: tuple[str, ...]
    listeners: tuple[Listener, ...]
    options: type[Options] = Options
    session: Callable[[Context], Session] | None = None
    load: Callable[[], object] | None = None
    """Imports the modules of sessions, in a thread, when the first client connects; None: they are imported already."""
    datagram: Datagram | None = None
    begin: Callable[[Any, Ask], None] | None = None
    """Called once for each `World` on the network that has the service: it may follow changes of the world, and send
    requests of its own."""
    client_ports: frozenset[int] = frozenset()
    """UDP source ports below 1024 that the guard answers for this service, because its clients send from them: 123 for
    NTP, 53 for DNS."""
    of_registry: bool = False
    """True if its answers come from the world's registry: input of its connections waits while that catches up with the
    clock (`world/standstill.py`)."""
    exchanges: bool = False
    """True if its datagrams begin exchanges (`OpenExchange`)."""
    amplification: int = 0
    """Amplification limit: bytes of an answer, all its datagrams together, per byte of the request; 0: none. The guard
    drops a longer answer, because a datagram with a forged source must not cause a flood. An empty request can then
    have only empty answers."""
    personas: tuple[Persona, ...] = ()
    rules: tuple[Rule, ...] = ()
    refusal: Callable[[str], bytes] = lambda _reason: b""
    """Serializes the protocol's refusal of a connection (too many connections); the argument is the reason."""
    check: Callable[[Any, Any], list[str]] = lambda _options, _contents: []
    """Validates options and the world's contents (`WorldContents`) beyond their types; returns error messages."""
    faults: frozenset[
        Literal[
            "answer",
            "capability",
            "command",
            "flood",
            "frame",
            "lost",
            "offset",
            "reply",
            "stratum",
            "tls",
            "ttl",
            "unsolicited",
        ]
    ] = frozenset()
    """Faults that its sessions support besides those of the network: `answer` (the whole answer is a text that another
    can replace), `command` (sessions call `world.faults.at_command` for each command), the kinds of
    `faults.OF_COMMANDS` (they also apply these), `lost` (they skip a command that a fault of direction `in` acts on),
    `tls` (they start TLS)."""
    silent: bool = False
    """True if its sessions send nothing, so that a fault that would act on output acts on input."""
    verbs: Mapping[str, ArgumentRule] = {}
    """Verbs that its sessions pass to `world.faults.at_command`, each with its argument rule; faults for other verbs
    are refused. Empty: not declared, so that a fault may name any verb."""
    check_reply: Callable[[Any, str | None], None] = lambda _reply, _verb: None
    """Validates a planned `faults.Reply` to a verb (None: to any). Raises FaultError for a reply that the protocol does
    not have."""
    reply_schema: Mapping[str, Mapping[str, Any] | None] = {}
    """What `check_reply` accepts: additions to the JSON schemas of a planned reply's parameters. None: it has no such
    parameter."""
    frames: Mapping[str, frozenset[str]] = {}
    """The words of the kind `frame` that its sessions apply, each with the verbs whose answers it alters; none: all."""
    frame_listeners: Mapping[str, frozenset[str]] = {}
    """The listeners whose answers such a word or kind alters, for those that do not alter the answers of all."""
    secret_verbs: frozenset[str] = frozenset()
    """Verbs whose whole argument is masked, so that no fault can match it."""
    fault_verbs: Mapping[str, frozenset[str]] = {}
    """The verbs whose answers a kind alters, for kinds that do not alter all."""
    recipes: tuple[Recipe, ...] = ()
    """Faults by name that only this service has."""
    events: tuple[str, ...] = ()
    """Types of journal events that only this service writes, in addition to those of `world.event_types`."""
    logins: Literal["", "people", "registrars"] = ""
    """Accounts that can log in: the world's people, or its registrars; empty if the service has no login."""
    asked_by_line: bool = False
    """True if `homeport query` can query it over TCP: it sends one line and reads until the close."""
    resumes: bool = True
    """True if its TLS sessions can be resumed. For long connections the tickets cost more than they save: with a client
    certificate in them, issuing tickets is a quarter of the work of a handshake."""
    own_sessions: str = ""
    """Option that, if set, limits the resumption of TLS sessions to a control connection and its data connections."""
    alpn: tuple[str, ...] = ()
    """Protocol names by which clients may ask for it in ALPN (RFC 7301); empty: its name. Names of others are refused;
    clients need not send any."""
    transcribe: Callable[[bytes], tuple[list[str], bytes]] | None = None
    """For protocols without lines: splits one side's bytes into complete messages, as text, and the remaining bytes."""
    datagram_text: Callable[[Any, bytes, Sequence[bytes]], str] | None = None
    """Shows a datagram and its answers as text, for protocols with binary messages; the first argument is the `World`.
    The journal keeps the first bytes of a long one."""
    free_ports: dict[str, Any] = {}
    """Options with ports other than those of the listeners, and their values that mean any free port."""
    other_ports: Callable[[Any], list[tuple[str, str, int, int]]] = lambda _options: []
    """Returns the TCP ports that it uses besides those of its listeners: purpose, option, first, last. Of a service
    with exchanges they are UDP ports."""
    example: str = ""
    """An example command, with the placeholders `{host}` and `{port}`: those of the first listener that is there."""
    mistaken: Callable[[str], bytes] | None = None
    """Serializes the plaintext refusal of a client that does not start TLS on a TLS port: permanent, where `refusal` is
    transient. None: as `refusal`."""

    def __post_init__(self) -> None:
        added = (*getattr(self.session, "engine_rules", ()), *(TLS_RULES if self.speaks_tls else ()))
        # After `structs.replace`, or if the service declares them itself, some are included already.
        rules = (*self.rules, *(rule for rule in added if rule not in self.rules))
        msgspec.structs.force_setattr(self, "rules", rules)
        known = {*self.options.__struct_fields__} - {"persona"}
        for persona in self.personas:
            if unknown := persona.options.keys() - known:
                raise ValueError(f"persona {persona.name!r} of {self.name} sets unknown keys: {', '.join(unknown)}")
        self._validate_names("rule", [one.id for one in self.rules])
        self._validate_names("listener", [f"{one.name}.{one.transport}" for one in self.listeners])
        self._validate_names("type of events", [*EVENT_TYPES, *self.events])

    def _validate_names(self, kind: str, names: Sequence[str]) -> None:
        """Validate identifiers: unique, and usable in a URL path.

        Raises: ValueError.
        """
        for name, times in Counter(names).items():
            if times > 1:
                raise ValueError(f"{self.name} declares the {kind} {name!r} twice: choose another name")
            if not IDENTIFIER.fullmatch(name):
                raise ValueError(
                    f"{self.name} declares the {kind} {name!r}: write a name in lower case, with digits and hyphens"
                )

    @property
    def speaks_tls(self) -> bool:
        """True if its connections can use TLS, implicit or started by a command."""
        return issubclass(self.options, TlsOptions) or any(one.tls for one in self.listeners)

    def offers_tls(self, listener: str) -> bool:
        """Return True if connections to a listener can use TLS, implicit or started by a command."""
        return self.speaks_tls and not any(one.clear for one in self.listeners if one.name == listener)

    def load_of(self, listener: str) -> Callable[[], object] | None:
        """Return the function that imports the modules of a listener's sessions; None if none is needed."""
        return next((one.load for one in self.listeners if one.name == listener and one.load), self.load)

    def alpn_names(self, listener: str) -> frozenset[bytes]:
        """Return the protocol names that a listener accepts in ALPN."""
        own = next((one.alpn for one in self.listeners if one.name == listener), ())
        return frozenset(name.encode("ascii") for name in own or self.alpn or (self.name,))

    def is_only_tls13(self, listener: str) -> bool:
        """Return True if connections to a listener must use TLS 1.3."""
        return any(one.only_tls13 for one in self.listeners if one.name == listener)

    def example_for(self, places: Mapping[str, tuple[str, int]]) -> str:
        """Return the example command with the host and port of the first listener, as declared, that is in `places`.

        places: hosts and ports by listener; not empty.
        """
        declared = (places[one.name] for one in self.listeners if one.name in places)
        host, port = next(declared, next(iter(places.values())))
        return self.example.format(host=host, port=port)

    @property
    def commands_in_datagrams(self) -> bool:
        """True if faults match the commands in its datagrams."""
        return self.datagram is not None and "command" in self.faults

    @property
    def plain_listener(self) -> str:
        """Listener for clients without TLS, with the option that enables it, if any; empty for none."""
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
        """Return the rule of that identifier.

        Raises: KeyError if the service declares no such rule.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(f"{self.name} declares no rule {rule_id!r}")
