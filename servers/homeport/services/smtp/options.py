"""The options of SMTP."""

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from homeport.config.quantities import Duration, Size
from homeport.protocol.proxy_protocol import ProxyProtocol
from homeport.protocol.service import BareLf, Port, TlsOptions

Extension = Literal[
    "PIPELINING",
    "SIZE",
    "8BITMIME",
    "SMTPUTF8",
    "ENHANCEDSTATUSCODES",
    "CHUNKING",
    "BINARYMIME",
    "DSN",
    "STARTTLS",
    "AUTH",
    "LIMITS",
    "REQUIRETLS",
    "MT-PRIORITY",
    "DELIVERBY",
    "VRFY",
    "EXPN",
    "HELP",
]
EXTENSIONS: tuple[Extension, ...] = get_args(Extension)
"""All extensions, in the order of EHLO; the last three are the optional commands of RFC 5321."""
ListenerName = Literal["plain", "starttls", "submission", "tls"]
TlsListenerName = Literal["starttls", "submission", "tls"]
PLAIN: ListenerName = "plain"
"""The listener without TLS, which offers AUTH in the clear."""


class SmtpOptions(TlsOptions, frozen=True, kw_only=True):
    """[smtp]"""

    plain_port: Port = 12525
    port: Port = 10025
    submission_port: Port = 10587
    tls_port: Port = 10465
    protocol: Annotated[
        Literal["smtp", "lmtp"],
        Meta(description="SMTP (RFC 5321), or LMTP (RFC 2033): LHLO, and one reply per recipient"),
    ] = "smtp"
    proxy_protocol: ProxyProtocol = False
    host_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="the server's name in the greeting, EHLO and Received")
    ] = "mail.homeport.test"
    without: Annotated[
        list[Extension],
        Meta(description="extensions that are neither offered nor accepted, to test clients"),
    ] = field(default_factory=list)
    announce: Annotated[
        list[Annotated[str, Meta(pattern=r"^[A-Za-z0-9][!-~ ]{0,400}$")]],
        Meta(description='additional lines in the reply to EHLO, such as "X-EXAMPLE 1"; they have no effect'),
    ] = field(default_factory=list)
    any_login: Annotated[
        bool,
        Meta(
            description="accept any unknown login, with any password, on the listener `plain`; "
            "people of the world still need their own password"
        ),
    ] = True
    require_tls: Annotated[list[TlsListenerName], Meta(description="listeners that accept mail only over TLS")] = field(
        default_factory=list
    )
    require_auth: Annotated[
        list[ListenerName],
        Meta(description="listeners that accept mail only from authenticated clients (RFC 6409 4.3)"),
    ] = field(default_factory=lambda: ["submission"])
    clear_passwords: Annotated[
        bool,
        Meta(
            description="offer mechanisms that send the password in the clear without TLS on every listener, "
            "not only on `plain`; RFC 4954 4 advises against it"
        ),
    ] = False
    bare_lf: BareLf = "refuse"
    max_size: Annotated[
        Size, Meta(description="maximum bytes of a message; RFC 5321 4.5.3.1.7 asks for at least 64KiB")
    ] = Size(256 << 20)
    max_line: Annotated[
        Size,
        Meta(description="maximum bytes of a line of a message, with its end; 1000 is the RFC's limit"),
    ] = Size(64 << 10)
    max_recipients: Annotated[
        int, Meta(ge=1, description="maximum recipients of a message; RFC 5321 4.5.3.1.8 asks for at least 100")
    ] = 1000
    max_messages: Annotated[int, Meta(ge=1, description="maximum messages of a connection (RFC 9422 MAILMAX)")] = (
        100_000
    )
    max_errors: Annotated[
        int,
        Meta(
            ge=1,
            description="refused commands after which a connection is closed, so that a web page or a scanner is not "
            "obeyed for long; a delivered message resets the count, and 550 to 554 do not count",
        ),
    ] = 9
    timeout: Annotated[
        Duration, Meta(description="timeout for the next command, in real time (RFC 5321 4.5.3.2.7: 5m or more)")
    ] = Duration(300)
    min_data_rate: Annotated[
        Size,
        Meta(
            description="minimum bytes per second of a message, on average over 5 minutes of real time; a slower "
            "client is disconnected with 421; 0: any rate"
        ),
    ] = Size(100)
    data_timeout: Annotated[
        Duration, Meta(description="timeout for the next data of a message, in real time (RFC 5321 4.5.3.2.5)")
    ] = Duration(300)
