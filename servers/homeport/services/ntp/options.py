"""The options of NTP."""

from ipaddress import AddressValueError, IPv4Address
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from homeport.config.peers import PeerSet
from homeport.config.quantities import Duration
from homeport.protocol.service import Port
from homeport.services.ntp.nts.options import NtsOptions
from homeport.services.ntp.packet import MAX_STRATUM

Algorithm = Literal["MD5", "SHA1", "AES-CMAC"]
MAX_SHORT_S = 65_535
"""Largest number of seconds in the short format (RFC 5905 6)."""
AES_KEY_BYTES = 16
MAX_IDENTIFIER_BYTES = 4


class KeyOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[ntp.key]]: a key that the server shares with clients (RFC 5905 7.3, RFC 8573)."""

    id: Annotated[int, Meta(ge=1, le=0xFFFF_FFFF, description="number of the key")]
    type: Annotated[Algorithm, Meta(description="algorithm of the MAC")] = "AES-CMAC"
    secret: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=512,
            description="the key: text, or `HEX:` and hexadecimal digits; AES-CMAC needs 16 octets",
        ),
    ]
    fault: Annotated[
        str,
        Meta(
            max_length=40,
            description="fault that requests with this key ask for, if `[faults] by_client` is on, such as kiss-rate "
            "or offset-500",
        ),
    ] = ""

    @property
    def octets(self) -> bytes:
        """The key's octets. Raises: ValueError."""
        if self.secret.upper().startswith("HEX:"):
            return bytes.fromhex(self.secret[4:])
        return self.secret.removeprefix("ASCII:").encode()


DEFAULT_KEYS = (
    KeyOptions(id=1, type="AES-CMAC", secret="HEX:686f6d65706f72742d77656c6c2d6b6e"),  # noqa: S106 - well known
    KeyOptions(id=2, type="SHA1", secret="homeport-sha1"),  # noqa: S106
    KeyOptions(id=3, type="MD5", secret="homeport-md5"),  # noqa: S106
)
"""Well-known keys, with which authentication can be tried at once."""


class NtpOptions(NtsOptions, frozen=True, kw_only=True):
    """[ntp]"""

    port: Port = 10123
    stratum: Annotated[
        int, Meta(ge=1, le=MAX_STRATUM, description="distance from a reference clock; 16: unsynchronised")
    ] = 1
    leap: Annotated[
        Literal["clock", "none", "insert", "delete", "unknown"],
        Meta(description="leap indicator: what the world's clock announces, or always this; unknown: unsynchronised"),
    ] = "clock"
    precision: Annotated[
        int, Meta(ge=-32, le=0, description="precision of the clock, as a logarithm to the base of 2 of seconds")
    ] = -20
    poll: Annotated[
        int, Meta(ge=-1, le=17, description="poll interval in answers, as such a logarithm; -1: the request's")
    ] = -1
    root_delay: Annotated[Duration, Meta(description="round-trip time to the reference clock, in seconds")] = Duration(
        0
    )
    root_dispersion: Annotated[Duration, Meta(description="largest error against the reference clock, in seconds")] = (
        Duration(0.0001)
    )
    reference_id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=15,
            description="source of the time: up to four ASCII characters for stratum 1 (RFC 5905 figure 12), the IPv4 "
            "address of a server for others",
        ),
    ] = "HOME"
    reference_age: Annotated[
        Duration, Meta(description="seconds since the clock was last set, which the reference timestamp shows at most")
    ] = Duration(16)
    min_interval: Annotated[
        Duration,
        Meta(
            description="seconds between requests of one address on the average; faster ones are answered by the "
            "kiss-o'-death RATE (RFC 5905 7.4); 0: none are"
        ),
    ] = Duration(0)
    burst: Annotated[
        int, Meta(ge=1, le=1000, description="requests that may come at once before `min_interval` is demanded")
    ] = 8
    deny: Annotated[
        list[Annotated[str, Meta(max_length=64)]],
        Meta(
            description="addresses and networks that are answered by the kiss-o'-death DENY",
            examples=[["192.0.2.0/24"]],
        ),
    ] = field(default_factory=list)
    restrict: Annotated[
        list[Annotated[str, Meta(max_length=64)]],
        Meta(description="addresses and networks that are answered by the kiss-o'-death RSTR"),
    ] = field(default_factory=list)
    key: Annotated[
        list[KeyOptions],
        Meta(description="keys that the server shares with clients, each below [[ntp.key]] in a file of one's own"),
    ] = field(default_factory=lambda: list(DEFAULT_KEYS))


def reference_octets(identifier: str) -> bytes:
    """Return the four octets of a reference id: an IPv4 address, or up to four ASCII characters. Raises: ValueError."""
    try:
        return IPv4Address(identifier).packed
    except AddressValueError:
        octets = identifier.encode("ascii")
    if len(octets) > MAX_IDENTIFIER_BYTES:
        raise ValueError("it is longer than four characters, and no IPv4 address")
    return octets.ljust(MAX_IDENTIFIER_BYTES, b"\0")


def validate_options(options: NtpOptions, _contents: object) -> list[str]:
    """Return error messages for keys, addresses and times that cannot be used."""
    problems = [
        f"{name}: the field holds {MAX_SHORT_S} s at most"
        for name in ("root_delay", "root_dispersion")
        if float(getattr(options, name)) > MAX_SHORT_S
    ]
    try:
        reference_octets(options.reference_id)
    except ValueError:
        problems.append(f"reference_id: {options.reference_id!r}: write up to four ASCII characters, or 192.0.2.1")
    for name in ("deny", "restrict"):
        try:
            PeerSet(getattr(options, name))
        except ValueError as error:
            problems.append(f"{name}: {error}; write addresses, or networks such as 192.0.2.0/24")
    return problems + _validate_keys(options.key)


def _validate_keys(keys: list[KeyOptions]) -> list[str]:
    problems, ids = [], set()
    for one in keys:
        try:
            size = len(one.octets)
        except ValueError:
            problems.append(f"key {one.id}: `HEX:` is followed by pairs of hexadecimal digits")
            continue
        if one.type == "AES-CMAC" and size != AES_KEY_BYTES:  # RFC 8573 3
            problems.append(f"key {one.id}: a key of AES-CMAC has {AES_KEY_BYTES} octets, this one has {size}")
        if one.id in ids:
            problems.append(f"key {one.id}: there are two keys with this id")
        ids.add(one.id)
        if one.fault:
            problems += _validate_fault(one)
    return problems


def _validate_fault(key: KeyOptions) -> list[str]:
    from homeport.protocol.fault_names import nearest_fault_name  # most farms have no such key
    from homeport.services.ntp.planned import OWN_NAMES, parse_fault

    if parse_fault(key.fault) is not None:
        return []
    return [f"key {key.id}: there is no fault {key.fault!r}; {nearest_fault_name(key.fault, OWN_NAMES)}"]
