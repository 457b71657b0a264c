"""The options of NTS, which are among those of NTP."""

from typing import Annotated, Literal

from msgspec import Meta, field

from homeport.config.quantities import Duration
from homeport.protocol.service import Port, TlsOptions

Algorithms = list[Literal["AES-SIV-CMAC-256", "AES-128-GCM-SIV"]]
MAX_COOKIES = 64


class NtsOptions(TlsOptions, frozen=True, kw_only=True):
    """Keys of [ntp] that begin with `nts_`."""

    nts_port: Port = 14460
    nts_server: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9.:-]{0,255}$",
            description="host name or address of the NTP server that key exchanges name; empty: the address that the "
            "client has connected to, which needs no name",
        ),
    ] = ""
    nts_server_port: Annotated[
        int,
        Meta(ge=0, le=65535, description="UDP port of that NTP server; 0: this world's, which `port` sets"),
    ] = 0
    nts_cookies: Annotated[
        int, Meta(ge=0, le=MAX_COOKIES, description="cookies that a key exchange gives (RFC 8915 4.1.6)")
    ] = 8
    nts_algorithms: Annotated[
        Algorithms, Meta(description="algorithms that the server has; it takes the first of the client's among them")
    ] = field(default_factory=lambda: ["AES-SIV-CMAC-256", "AES-128-GCM-SIV"])
    nts_key_life: Annotated[
        Duration,
        Meta(
            description="real time after which another key seals cookies; those of the two keys before stay valid "
            "(RFC 8915 6); 0: the key stays"
        ),
    ] = Duration(86_400)
