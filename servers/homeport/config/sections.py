"""The configuration: every section and key with its default, its range and what it does.

Defaults live here and in the services' own `Options`, so no file is needed; they conform to the standards
(RFC 1123 1.2.4). `config/reading.py` reads files, environment and flags into these structs.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration, Size
from homeport.protocol.service import LimitOverrides, Options, Port
from homeport.world.clock import ClockOptions
from homeport.world.journal import JournalOptions
from homeport.world.world import WorldContents


class FarmOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[farm]"""

    hosts: Annotated[
        list[str],
        Meta(
            min_length=1,
            description="addresses or names that the services listen on; loopback unless you choose to be exposed",
        ),
    ] = msgspec.field(default_factory=lambda: ["127.0.0.1", "::1"])
    services: Annotated[
        list[str], Meta(description='services to start: names, "*" for all of ours, "-name" to leave one out')
    ] = msgspec.field(default_factory=lambda: ["*"])
    well_known: Annotated[
        bool,
        Meta(
            description="every service on its IANA port (SMTP on 25), for clients that take no port; a port that is "
            "configured to be another than by default stays"
        ),
    ] = False
    reuse_port: Annotated[
        bool,
        Meta(description="share the ports with other processes that do so too (SO_REUSEPORT)"),
    ] = False
    worlds: Annotated[int, Meta(ge=1, description="worlds that the farm has at a time, the first one included")] = 1000
    data: Annotated[
        str,
        Meta(
            description="folder where state is kept (mail, the CA); made if missing; empty: nothing outlasts the farm",
            extra={"path": "made"},
        ),
    ] = ""
    seed: Annotated[
        int, Meta(ge=0, description="seed of everything that goes by chance; the same seed, the same run")
    ] = 0


class ControlOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[control]"""

    port: Annotated[Port, Meta(description="port of the control API; 0 is any free port")] = 18000
    hosts: Annotated[
        list[str],
        Meta(
            description="addresses or names that it listens on; empty: as [farm] hosts, of which only loopback counts "
            "without a token"
        ),
    ] = msgspec.field(default_factory=list)
    names: Annotated[
        list[str], Meta(description="further names that requests may have in Host, such as farm.example.test")
    ] = msgspec.field(default_factory=list)
    token: Annotated[str, Meta(description="bearer token that requests must carry; needed off loopback")] = ""
    open: Annotated[
        bool,
        Meta(
            description="serve without a token although it is reachable from other machines, also under any address "
            "and any name without a dot"
        ),
    ] = False


class LimitOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[limits]"""

    connections: Annotated[int, Meta(ge=1, description="connections of one listener at a time")] = 10_000
    connections_per_peer: Annotated[
        int,
        Meta(ge=1, description="connections of one listener from one address at a time; not for `exempt` addresses"),
    ] = 100
    idle: Annotated[
        Duration, Meta(description="real time without an octet either way before a connection is closed; 0: for ever")
    ] = Duration(0)
    session: Annotated[Duration, Meta(description="real time that a connection may last; 0: for ever")] = Duration(0)
    received: Annotated[Size, Meta(description="octets that one connection may send; 0: any number")] = Size(0)
    udp_guard: Annotated[
        bool,
        Meta(
            description="give no answer to well-known ports, to services of a farm, and to datagrams that go in "
            "circles or would multiply in them"
        ),
    ] = True
    udp_answers_per_second: Annotated[
        int,
        Meta(ge=0, description="datagrams sent to one address in a second, not for `exempt` addresses; 0: any number"),
    ] = 100
    exempt: Annotated[
        list[str], Meta(description="addresses and networks that the limits for each peer do not bind")
    ] = msgspec.field(default_factory=lambda: ["127.0.0.0/8", "::1"])

    def overridden(self, own: LimitOverrides) -> "LimitOptions":
        """These limits with a service's own in their place."""
        return msgspec.structs.replace(self, **{k: v for k, v in msgspec.structs.asdict(own).items() if v is not None})


class FarmTlsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[tls]"""

    names: Annotated[
        list[str],
        Meta(description="further names and addresses that the server certificate is for, `*.example.test` too"),
    ] = msgspec.field(default_factory=list)
    any_name: Annotated[
        bool,
        Meta(description="issue a certificate for any name that a client asks for (SNI), if there is none of your own"),
    ] = False
    certificate: Annotated[
        str,
        Meta(description="file of a certificate of your own (PEM), its chain behind it; empty: the CA issues one"),
    ] = ""
    key: Annotated[str, Meta(description="file of its private key (PEM, without a password)")] = ""
    client_ca: Annotated[
        str, Meta(description="file of authorities (PEM) whose client certificates are trusted besides the farm's")
    ] = ""
    ca_export: Annotated[
        str,
        Meta(
            description="file that the CA's certificate is written to as well, for clients to read; empty: none",
            extra={"path": "written"},
        ),
    ] = ""
    minimum: Annotated[Literal["1.2", "1.3"], Meta(description="the oldest version of TLS that is spoken")] = "1.2"
    handshake: Annotated[Duration, Meta(description="real time that a TLS handshake may take")] = Duration(10)


class FaultOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[faults]"""

    by_client: Annotated[
        bool,
        Meta(description="let clients ask for faults themselves, by names such as reset.fault.test; for test networks"),
    ] = False


class QuoteTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[quotes]]"""

    text: Annotated[str, Meta(min_length=1, description="one quote")]


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole effective configuration."""

    farm: FarmOptions = FarmOptions()
    control: ControlOptions = ControlOptions()
    limits: LimitOptions = LimitOptions()
    journal: JournalOptions = JournalOptions()
    clock: ClockOptions = ClockOptions()
    tls: FarmTlsOptions = FarmTlsOptions()
    faults: FaultOptions = FaultOptions()
    contents: WorldContents = WorldContents()
    services: dict[str, Options] = {}
    """The options of every service that is started, by name, in the order they are shown."""


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "farm": FarmOptions,
    "control": ControlOptions,
    "limits": LimitOptions,
    "journal": JournalOptions,
    "clock": ClockOptions,
    "tls": FarmTlsOptions,
    "faults": FaultOptions,
}
"""The sections that are fields of `Config`; the others are services' and the world's contents."""

CONTENTS = tuple(name for name in WorldContents.__struct_fields__ if name != "seed")
"""The tables that hold the world's contents: named as the fields of `WorldContents`, whose types are their shapes."""

CONTENTS_IN_SECTIONS = {"whois": "text"}
"""Contents named as a service stand in its section, under this key: TOML has no room for [whois] beside [[whois]]."""

CONTENT_SHAPES: dict[str, Any] = {"quotes": list[QuoteTable]}
"""Where a table's shape differs from its field's."""
