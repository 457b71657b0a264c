"""Input that says nothing: the rules of the services that answer whoever calls, whatever they send.

RFC 864 to 867 agree: what comes over TCP is thrown away, and what a datagram holds is ignored. So nothing of it is ever
refused, and a client that sends it anyway has only a finding of advice.
"""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, Find
from homeport.protocol.rules import Rule

LONG_DATAGRAM = 512
"""Octets of data that every host takes in one datagram: 576 less the room for headers (RFC 791 3.1)."""

DATAGRAM_TOO_LONG = Rule(
    "datagram-too-long",
    "advice",
    "RFC 791 3.1",
    "sent a datagram of more than 512 octets of data, which not every host can take",
)


def stream_rules(rfc: str) -> tuple[Rule, ...]:
    """The rules of a session that is an `AnswerAndClose`.

    rfc: its number, such as `867`.
    """
    return (
        Rule("input", "advice", f"RFC {rfc}", "sent octets to a service that only answers"),
        Rule(
            "early-close",
            "advice",
            f"RFC {rfc}",
            "broke the connection, which the service closes after its answer; part of the answer may be lost",
        ),
    )


def datagram_rules(rfc: str) -> tuple[Rule, ...]:
    """The rules of a datagram service that ignores what it receives.

    rfc: its number, such as `867`.
    """
    content = Rule("datagram-content", "advice", f"RFC {rfc}", "sent a datagram with content, which is ignored")
    return (content, DATAGRAM_TOO_LONG)


def datagram_findings(data: bytes) -> Sequence[Effect]:
    """What is to be said about a datagram that might as well have been empty."""
    if not data:
        return ()
    if len(data) > LONG_DATAGRAM:
        return (Find("datagram-content", data), Find("datagram-too-long", data))
    return (Find("datagram-content", data),)
