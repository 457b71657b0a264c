"""What can be chosen of SMTP."""

from typing import Annotated, Literal, get_args

from msgspec import Meta, field

from homeport.config.quantities import Duration, Size
from homeport.protocol.proxy_protocol import ProxyProtocol
from homeport.protocol.service import Port, TlsOptions

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
"""Every extension, in the order in which EHLO names them; the last three are the optional commands of RFC 5321."""
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
        Literal["smtp", "lmtp"], Meta(description="SMTP (RFC 5321), or LMTP (RFC 2033): LHLO, and a reply a recipient")
    ] = "smtp"
    proxy_protocol: ProxyProtocol = False
    host_name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="the server's name in greeting, EHLO and Received")
    ] = "mail.homeport.test"
    without: Annotated[
        list[Extension],
        Meta(description="extensions that are neither offered nor taken, to test clients"),
    ] = field(default_factory=list)
    announce: Annotated[
        list[Annotated[str, Meta(pattern=r"^[A-Za-z0-9][!-~ ]{0,400}$")]],
        Meta(description='further lines of the answer to EHLO, such as "X-EXAMPLE 1"; they mean nothing here'),
    ] = field(default_factory=list)
    any_login: Annotated[
        bool,
        Meta(
            description="take a login that is nobody's in this world, with any password, on the listener `plain`; "
            "people of the world need their own password all the same"
        ),
    ] = True
    require_tls: Annotated[list[TlsListenerName], Meta(description="listeners that take mail only under TLS")] = field(
        default_factory=list
    )
    require_auth: Annotated[
        list[ListenerName], Meta(description="listeners that take mail only from who is authenticated (RFC 6409 4.3)")
    ] = field(default_factory=lambda: ["submission"])
    clear_passwords: Annotated[
        bool,
        Meta(
            description="offer mechanisms that show the password without TLS on every listener, not on `plain` alone; "
            "RFC 4954 4 advises against it"
        ),
    ] = False
    bare_lf: Annotated[
        Literal["refuse", "accept"],
        Meta(description="what becomes of a command that ends with LF alone; never the end of a message (a finding)"),
    ] = "refuse"
    max_size: Annotated[Size, Meta(description="octets of a message; at least 64KiB (RFC 5321 4.5.3.1.7)")] = Size(
        256 << 20
    )
    max_line: Annotated[
        Size,
        Meta(description="octets of a line of a message, with its end; longer ones are refused. 1000 is the RFC's"),
    ] = Size(64 << 10)
    max_recipients: Annotated[
        int, Meta(ge=1, description="recipients of a message; RFC 5321 4.5.3.1.8 asks for at least 100")
    ] = 1000
    max_messages: Annotated[int, Meta(ge=1, description="messages of a connection (RFC 9422 MAILMAX)")] = 100_000
    max_errors: Annotated[
        int, Meta(ge=1, description="commands of a connection that may be refused before it is closed")
    ] = 100
    timeout: Annotated[
        Duration, Meta(description="real time that a client has for its next command (RFC 5321 4.5.3.2.7: 5m or more)")
    ] = Duration(300)
    data_timeout: Annotated[
        Duration, Meta(description="real time that a message may stand still on its way (RFC 5321 4.5.3.2.5)")
    ] = Duration(300)
