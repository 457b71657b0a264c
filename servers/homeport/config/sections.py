"""The configuration: every section and key with its default, its range and its description.

Defaults live here and in the services' own `Options`, so no file is needed; they conform to the standards (RFC 1123
1.2.4). `config/reading.py` reads files, environment and flags into these structs.
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
            description="addresses or names that the services listen on; loopback by default",
        ),
    ] = msgspec.field(default_factory=lambda: ["127.0.0.1", "::1"])
    services: Annotated[
        list[str], Meta(description='services to start: names, "*" for all of ours, "-name" to leave one out')
    ] = msgspec.field(default_factory=lambda: ["*"])
    well_known: Annotated[
        bool,
        Meta(
            description="every service on its IANA port (SMTP on 25), for clients that have no port setting; a port "
            "that is configured stays"
        ),
    ] = False
    reuse_port: Annotated[
        bool,
        Meta(description="share the ports with other processes that set it too (SO_REUSEPORT)"),
    ] = False
    worlds: Annotated[int, Meta(ge=1, description="maximum number of worlds at a time, the first one included")] = 1000
    data: Annotated[
        str,
        Meta(
            description="folder for state (mail, files, registry, CA); created if missing; empty: nothing is kept",
            extra={"path": "made"},
        ),
    ] = ""
    seed: Annotated[int, Meta(ge=0, description="seed of everything random; the same seed gives the same run")] = 0


class ControlOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[control]"""

    port: Annotated[Port, Meta(description="port of the control API; 0 is any free port")] = 18000
    hosts: Annotated[
        list[str],
        Meta(
            description="addresses or names that it listens on; empty: as [farm] hosts, but only loopback "
            "without a token"
        ),
    ] = msgspec.field(default_factory=list)
    names: Annotated[list[str], Meta(description="additional names accepted in Host, such as farm.example.test")] = (
        msgspec.field(default_factory=list)
    )
    token: Annotated[str, Meta(description="bearer token that requests must have; required off loopback")] = ""
    open: Annotated[
        bool,
        Meta(
            description="serve without a token although other machines can reach it, and accept any address "
            "and any name without a dot in Host"
        ),
    ] = False


class LimitOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[limits]"""

    connections: Annotated[int, Meta(ge=1, description="maximum number of connections of one listener at a time")] = (
        10_000
    )
    connections_per_peer: Annotated[
        int,
        Meta(
            ge=1,
            description="connections of one listener from one address at a time; not for `exempt` addresses",
        ),
    ] = 100
    idle: Annotated[
        Duration,
        Meta(description="idle timeout: real time without a byte in either direction; 0: none"),
    ] = Duration(0)
    session: Annotated[Duration, Meta(description="real time that a connection may last; 0: no limit")] = Duration(0)
    line: Annotated[
        Duration,
        Meta(
            description="timeout of a line from its first byte to its end, in real time, where commands are read "
            "(SMTP, FTP, Finger, Whois); the time between two lines is not limited by it; 0: none"
        ),
    ] = Duration(30)
    received: Annotated[Size, Meta(description="bytes that one connection may send; 0: no limit")] = Size(0)
    incoming: Annotated[
        Size,
        Meta(
            description="bytes of messages and of API requests that are being received, in memory, by the whole farm; "
            "more is refused for the time being; 0: unlimited"
        ),
    ] = Size(256 << 20)
    udp_guard: Annotated[
        bool,
        Meta(
            description="do not answer well-known ports, services of a farm, and datagrams that would loop or "
            "multiply in a loop"
        ),
    ] = True
    udp_answers_per_second: Annotated[
        int,
        Meta(
            ge=0,
            description="rate limit: datagrams sent to one address per second, not for `exempt` addresses; 0: none",
        ),
    ] = 100
    exempt: Annotated[list[str], Meta(description="addresses and networks exempt from the limits per peer")] = (
        msgspec.field(default_factory=lambda: ["127.0.0.0/8", "::1"])
    )

    def overridden(self, own: LimitOverrides) -> "LimitOptions":
        """Return these limits with a service's own merged over them."""
        return msgspec.structs.replace(self, **{k: v for k, v in msgspec.structs.asdict(own).items() if v is not None})


class FarmTlsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[tls]"""

    names: Annotated[
        list[str],
        Meta(description="additional names and addresses of the server certificate, `*.example.test` too"),
    ] = msgspec.field(default_factory=list)
    any_name: Annotated[
        bool,
        Meta(description="issue a certificate for any name that a client asks for (SNI), unless `certificate` is set"),
    ] = False
    certificate: Annotated[
        str,
        Meta(description="file of your own certificate (PEM), followed by its chain; empty: the CA issues one"),
    ] = ""
    key: Annotated[str, Meta(description="file of its private key (PEM, without a password)")] = ""
    client_ca: Annotated[
        str,
        Meta(description="file of authorities (PEM) whose client certificates are trusted in addition to the farm's"),
    ] = ""
    ca_export: Annotated[
        str,
        Meta(
            description="file to write a copy of the CA certificate to, for clients to read; empty: none",
            extra={"path": "written"},
        ),
    ] = ""
    name_constraints: Annotated[
        bool,
        Meta(
            description="limit a new CA to names and addresses of test systems and of this farm, so that a thief of "
            "its key gains little; existing CAs stay as they are, and `any_name` switches it off"
        ),
    ] = True
    minimum: Annotated[Literal["1.2", "1.3"], Meta(description="minimum version of TLS")] = "1.2"
    handshake: Annotated[Duration, Meta(description="timeout of a TLS handshake, in real time")] = Duration(10)


class FaultOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[faults]"""

    by_client: Annotated[
        bool,
        Meta(description="let clients request faults themselves, by names such as reset.fault.test; for test networks"),
    ] = False


class QuoteTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[quotes]]"""

    text: Annotated[str, Meta(min_length=1, description="one quote")]


class ZoneTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[dns.zone]]"""

    name: Annotated[str, Meta(min_length=1, max_length=255, description="its origin, such as shop.test")]
    records: Annotated[
        str,
        Meta(
            description="its records in the format of zone files (RFC 1035 5.1), one a line: www A 127.0.0.1; SOA and "
            "NS are added if there are none"
        ),
    ] = ""
    file: Annotated[str, Meta(description="zone file with its records, instead of `records`")] = ""
    ttl: Annotated[Duration, Meta(description="TTL of records that have none of their own")] = Duration(3600)
    dnssec: Annotated[bool, Meta(description="sign it (RFC 4035); secondaries then transfer it whole")] = False
    dnssec_algorithm: Annotated[
        Literal["", "ecdsap256sha256", "ed25519"],
        Meta(description="algorithm of its first key; empty: that of [dns]"),
    ] = ""
    denial: Annotated[
        Literal["", "nsec", "nsec3"],
        Meta(description="records by which it denies names and types, if it is signed; empty: those of [dns]"),
    ] = ""


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
    """The options of every enabled service, by name, in display order."""


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
"""The tables of the world's contents, named as the fields of `WorldContents`, whose types are their shapes."""

CONTENTS_IN_SECTIONS = {"whois": "text", "dns": "zone"}
"""Contents with the name of a service go into its section, under this key: TOML cannot have [whois] and [[whois]]."""

CONTENT_SHAPES: dict[str, Any] = {"quotes": list[QuoteTable], "dns": list[ZoneTable]}
"""The shapes of tables that differ from their fields."""
