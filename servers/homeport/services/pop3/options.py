"""The options of POP3."""

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from homeport.config.quantities import Duration
from homeport.protocol.proxy_protocol import ProxyProtocol
from homeport.protocol.service import Port, TlsOptions

Capability = Literal[
    "CAPA", "TOP", "USER", "SASL", "APOP", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UIDL", "STLS", "UTF8", "LANG"
]
CAPABILITIES: tuple[Capability, ...] = get_args(Capability)
"""Everything that `without` can withdraw."""


class Pop3Options(TlsOptions, frozen=True, kw_only=True):
    """[pop3]"""

    port: Port = 10110
    tls_port: Port = 10995
    proxy_protocol: ProxyProtocol = False
    host_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="the server's name in the greeting")
    ] = "mail.homeport.test"
    without: Annotated[
        list[Capability],
        Meta(
            description="capabilities that are neither announced nor accepted, to test clients; USER includes PASS; "
            "CAPA is the command that announces them"
        ),
    ] = field(default_factory=list)
    apop: Annotated[
        bool,
        Meta(
            description="offer APOP: the greeting ends with a timestamp, which is what announces it (RFC 1939 7). "
            "It rests on MD5, so that no client should need it"
        ),
    ] = False
    clear_passwords: Annotated[
        bool,
        Meta(
            description="accept passwords without TLS; false: USER, and mechanisms that send the password in the "
            "clear, are neither announced nor accepted before STLS (RFC 2595 2.2, RFC 8314 4.1)"
        ),
    ] = True
    login_delay: Annotated[
        Duration,
        Meta(
            description="minimum seconds between two logins of a person, by the world's clock; an earlier one is "
            "refused with [LOGIN-DELAY] (RFC 2449 6.5, 8.1.1); 0: none"
        ),
    ] = Duration(0)
    max_errors: Annotated[
        int,
        Meta(ge=1, description="commands in a row that are answered with -ERR, after which a connection is closed"),
    ] = 20
    timeout: Annotated[
        Duration, Meta(description="timeout for the next command, in real time (RFC 1939 3: 10m or more); 0: none")
    ] = Duration(600)
