"""The rules that clients are held to, and those that many services share."""

from typing import Literal

import msgspec

Level = Literal["must", "should", "advice"]


class Rule(msgspec.Struct, frozen=True):
    """A rule that clients are held to; breaking it is a finding."""

    id: str
    """Within the service, such as `bare-lf`; its full name has the service in front."""
    level: Level
    reference: str
    """The RFC and its section, such as `RFC 1288 2.2`."""
    text: str
    """What the client did, in the past tense."""


RESET = Rule(
    "early-close", "advice", "RFC 9293 3.10.5", "reset the connection, whereby octets that are on their way get lost"
)
"""For services that last until the client closes; their sessions know by `is_broken`."""
UNEXPECTED_TLS = Rule(
    "unexpected-tls", "must", "RFC 8446 1", "sent a TLS ClientHello where a command of the protocol is expected"
)
"""For services that take commands; their sessions know by `foreign.find_hello`."""
TLS_RULES = (
    Rule("certificate-refused", "advice", "RFC 8446 4.4.2.4", "refused the server's certificate"),
    Rule(
        "certificate-doubted",
        "advice",
        "RFC 8446 6.2",
        "left without an alert as soon as it had the server's certificate, as clients do that do not trust it",
    ),
    Rule("not-tls", "must", "RFC 8446 4.1.2", "sent something else where TLS begins with a ClientHello"),
    Rule(
        "no-client-hello",
        "advice",
        "RFC 8446 4.1.2",
        "sent nothing where TLS begins with a ClientHello, until the time for the handshake was over",
    ),
)
"""For every service that speaks TLS; the driver raises them, and `Service` adds them to the service's own rules."""
