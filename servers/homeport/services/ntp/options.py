"""The options of NTP."""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from homeport.config.quantities import Duration
from homeport.protocol.service import Port, TlsOptions
from homeport.services.ntp.packet import MAX_STRATUM, UNSYNCHRONISED

Algorithm = Literal["MD5", "SHA1", "AES-CMAC"]
SHORT = 65_535
"""Largest number of seconds in the short format (RFC 5905 6)."""
AES_KEY_BYTES = 16
MAX_PLAIN_SECRET = 20
"""Secrets up to this many characters are text, longer ones are hexadecimal, as in files ntp.keys."""


class KeyOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """[[ntp.key]]: a key that the server shares with clients (RFC 5905 7.3, RFC 8573)."""

    id: Annotated[int, Meta(ge=1, le=0xFFFF_FFFF, description="number of the key")]
    type: Annotated[Algorithm, Meta(description="algorithm of the MAC")] = "AES-CMAC"
    secret: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=512,
            description="the key: text, or `HEX:` and hexadecimal digits, as in files ntp.keys; AES-CMAC needs 16 octets",
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


class NtpOptions(TlsOptions, frozen=True, kw_only=True):
    """[ntp]"""

    port: Port = 10123
    nts_port: Port = 14460
    stratum: Annotated[
        int, Meta(ge=1, le=MAX_STRATUM, description="distance from a reference clock; 16: unsynchronised")
    ] = 1
    leap: Annotated[
        int,
        Meta(
            ge=-1,
            le=UNSYNCHRONISED,
            description="leap indicator: 0 to 3; -1: as the world's clock announces leap seconds",
        ),
    ] = -1
    precision: Annotated[
        int, Meta(ge=-32, le=0, description="precision of the clock, as a logarithm to the base of 2 of seconds")
    ] = -20
    poll: Annotated[
        int, Meta(ge=-1, le=17, description="poll interval in answers, as such a logarithm; -1: the request's")
    ] = -1
    root_delay: Annotated[
        Duration, Meta(le=SHORT, description="round-trip time to the reference clock, in seconds")
    ] = Duration(0)
    root_dispersion: Annotated[
        Duration, Meta(le=SHORT, description="largest error against the reference clock, in seconds")
    ] = Duration(0.0001)
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
            description="requests of one address that come faster than this on the average are answered by the "
            "kiss-o'-death RATE (RFC 5905 7.4); 0: none is"
        ),
    ] = Duration(0)
    burst: Annotated[
        int, Meta(ge=1, le=1000, description="requests that may come at once before `min_interval` is demanded")
    ] = 8
    deny: Annotated[
        list[Annotated[str, Meta(max_length=64)]],
        Meta(
            description="addresses and networks that are answered by the kiss-o'-death DENY", examples=[["192.0.2.0/24"]]
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
