"""Rules that clients are checked against, and the rules that several services share."""

from typing import Literal

import msgspec

Level = Literal["must", "should", "advice"]


class Rule(msgspec.Struct, frozen=True):
    """A rule for clients; breaking it is a finding."""

    id: str
    """Unique within the service, such as `bare-lf`; the full identifier has the service in front."""
    level: Level
    reference: str
    """The RFC and its section, such as `RFC 1288 2.2`."""
    text: str
    """The client's error, in the past tense, without a subject."""


RESET = Rule("early-close", "advice", "RFC 9293 3.10.5", "reset the connection, so that bytes in transit are lost")
"""For services whose client closes first; sessions detect it by `is_broken`."""
UNEXPECTED_TLS = Rule(
    "unexpected-tls", "must", "RFC 8446 1", "sent a TLS ClientHello where a command of the protocol is expected"
)
"""For services that read commands; sessions detect it by `foreign.find_hello`."""
HTTP_REQUEST = Rule(
    "http-request", "must", "RFC 9112 3", "sent an HTTP request where a command of the protocol is expected"
)
"""For services that read commands; sessions detect it by `foreign.find_http`, and end."""
ENGINE_RULES = (UNEXPECTED_TLS, HTTP_REQUEST)
"""Rules that `CommandSession` and `QuerySession` check by themselves; `Service` adds them to the service's own."""
TLS_RULES = (
    Rule("certificate-refused", "advice", "RFC 8446 4.4.2.4", "refused the server's certificate"),
    Rule(
        "certificate-doubted",
        "advice",
        "RFC 8446 6.2",
        "closed without an alert as soon as it had the server's certificate, as clients that do not trust it do",
    ),
    Rule("alpn-mismatch", "must", "RFC 7301 3.2", "offered by ALPN only protocols that the service does not speak"),
    Rule("bad-server-name", "must", "RFC 6066 3", "sent a server name (SNI) that is no host name, such as an address"),
    Rule("not-tls", "must", "RFC 8446 4.1.2", "sent something else than a ClientHello on a TLS port"),
    Rule(
        "no-client-hello",
        "advice",
        "RFC 8446 4.1.2",
        "sent no ClientHello on a TLS port until the handshake timed out",
    ),
)
"""For every service with TLS; the driver reports them, and `Service` adds them to the service's own rules."""
