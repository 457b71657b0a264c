"""The options of DNS."""

from ipaddress import ip_address
from typing import Annotated, Literal

from msgspec import Meta, field

from homeport.config.quantities import Duration
from homeport.protocol.service import Port, TlsOptions
from homeport.world.names import canonical_address

DEFAULT_KEY = "hmac-sha256:homeport:aG9tZXBvcnQ6IHdlbGwga25vd24sIGZvciB0ZXN0cw=="
"""A well-known key, with which updates can be tried at once."""


class DnsOptions(TlsOptions, frozen=True, kw_only=True):
    """[dns]"""

    port: Port = 10053
    tls_port: Port = 10853
    https_port: Port = 18443
    nsid: Annotated[
        str,
        Meta(
            max_length=128,
            description="name of this server, for clients that ask by NSID (RFC 5001) or for `id.server` in class CH; "
            "empty: the world's name",
        ),
    ] = ""
    recursion_available: Annotated[
        bool,
        Meta(
            description="set RA in answers to queries with RD, because many stub resolvers use no server without it. "
            "Nothing is asked elsewhere"
        ),
    ] = True
    unknown_names: Annotated[
        Literal["refuse", "nxdomain"],
        Meta(description="answer to questions about names in no zone of the world: REFUSED, or NXDOMAIN"),
    ] = "refuse"
    answer_everything: Annotated[
        str,
        Meta(
            description="address of every name that is in no zone of the world, as challenge servers have it; "
            "empty: none",
            examples=["127.0.0.1"],
        ),
    ] = ""
    child_zones: Annotated[
        bool,
        Meta(
            description="answer for registered names with a server in the world by small zones of their own: their "
            "hosts, www, mail; else the answers are referrals to those servers"
        ),
    ] = True
    addresses: Annotated[
        list[Annotated[str, Meta(max_length=64)]],
        Meta(
            description="addresses of the world's own hosts in its zones; empty: those that it listens on",
            examples=[["192.0.2.1", "2001:db8::1"]],
        ),
    ] = field(default_factory=list)
    max_udp_size: Annotated[
        int,
        Meta(
            ge=512,
            le=65_535,
            description="largest answer over UDP in bytes, if the client takes as much (RFC 6891 6.2.3); a longer one "
            "is truncated. 1232 fits every path",
        ),
    ] = 1232
    amplification: Annotated[
        int,
        Meta(
            ge=0,
            description="bytes of an answer over UDP for each byte of the query, unless the client has proved by a "
            "cookie that its address is not forged; a longer answer is truncated (RFC 5358 4). 0: no limit",
        ),
    ] = 0
    cookies: Annotated[
        Literal["off", "on", "require"],
        Meta(
            description="DNS cookies (RFC 7873): ignore them, answer with one, or answer BADCOOKIE to queries over UDP "
            "that have a cookie which is not this server's"
        ),
    ] = "on"
    any_over_udp: Annotated[
        Literal["minimal", "all"],
        Meta(description="answer to type ANY over UDP: one record set (RFC 8482 4.1), or all; over TCP always all"),
    ] = "minimal"
    keys: Annotated[
        list[Annotated[str, Meta(max_length=1024)]],
        Meta(
            description="keys of TSIG (RFC 8945), as `dig -y` takes them: algorithm:name:secret in Base64",
            examples=[[DEFAULT_KEY]],
        ),
    ] = field(default_factory=lambda: [DEFAULT_KEY])
    signed_by: Annotated[
        Literal["real", "world"],
        Meta(
            description="clock of signatures (RRSIG, TSIG): real time, because clients judge them by their own clock, "
            "or the world's"
        ),
    ] = "real"
    open_update: Annotated[
        bool, Meta(description="accept updates (RFC 2136) without TSIG; else they need a key of `keys`")
    ] = False
    transfers: Annotated[
        Literal["open", "signed", "off"],
        Meta(
            description="zone transfers (AXFR, IXFR): for all clients, only with TSIG by a key of `keys`, or not at all"
        ),
    ] = "open"
    secondaries: Annotated[
        list[Annotated[str, Meta(max_length=400)]],
        Meta(
            description="name servers that get NOTIFY (RFC 1996) after each change of a zone: address:port, and with "
            "# the name of a key that signs it",
            examples=[["127.0.0.1:5300", "[::1]:5300#homeport"]],
        ),
    ] = field(default_factory=list)
    idle_timeout: Annotated[
        Duration, Meta(description="seconds until a TCP connection without a query is closed (RFC 7766 6.2.3); 0: none")
    ] = Duration(10)
    dnssec: Annotated[
        bool, Meta(description="sign the zones (RFC 4035); clients that set DO get signatures. A zone can differ")
    ] = True
    dnssec_algorithm: Annotated[
        Literal["ecdsap256sha256", "ed25519"], Meta(description="algorithm of the keys of zones (RFC 8624)")
    ] = "ecdsap256sha256"
    denial: Annotated[
        Literal["nsec", "nsec3"],
        Meta(description="records by which signed zones deny names and types: NSEC, or NSEC3 (RFC 5155, RFC 9276)"),
    ] = "nsec"
    authentic_data: Annotated[
        bool,
        Meta(
            description="set AD in answers from signed zones, as a validating resolver does, for clients that trust "
            "their resolver: DANE in Postfix needs it"
        ),
    ] = False


def validate_options(options: DnsOptions, _contents: object) -> list[str]:
    """Return error messages for addresses, keys and secondaries that cannot be used."""
    problems = [
        f"addresses: {one!r:.80} is no IP address, such as 192.0.2.1 or 2001:db8::1"
        for one in options.addresses
        if canonical_address(one) is None
    ]
    if options.answer_everything:
        try:
            ip_address(options.answer_everything)
        except ValueError:
            problems.append(
                f"answer_everything: {options.answer_everything!r:.80} is no address: write 127.0.0.1 or ::1"
            )
    if options.keys != [DEFAULT_KEY] or options.secondaries:
        problems += _validate_peers(options)
    return problems


def _validate_peers(options: DnsOptions) -> list[str]:
    """Return error messages for keys and secondaries; most farms have none, and do not import their modules."""
    from homeport.services.dns.secondaries import BadSecondary, parse_secondary
    from homeport.services.dns.tsig import BadKey, parse_key

    problems, names = [], set()
    for text in options.keys:
        try:
            names.add(parse_key(text).name)
        except BadKey as error:
            problems.append(f"keys: {error}")
    for text in options.secondaries:
        try:
            secondary = parse_secondary(text)
        except BadSecondary as error:
            problems.append(f"secondaries: {error}")
        else:
            if secondary.key_name and secondary.key_name not in names:
                problems.append(f"secondaries: {text!r:.80} names a key that `keys` does not have")
    return problems
