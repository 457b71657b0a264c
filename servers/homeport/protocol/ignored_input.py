"""Rules of services that ignore their input: Daytime, Time, Quote of the Day, Active Users, Chargen.

RFC 864 to 867 agree: input over TCP is discarded, and the content of a datagram is ignored. So input is never refused;
a client that sends some gets a finding of level advice.
"""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, ReportFinding
from homeport.protocol.rules import Rule

LONG_DATAGRAM_BYTES = 512
"""Data that every host accepts in one datagram: 576 bytes less the headers (RFC 791 3.1)."""

DATAGRAM_TOO_LONG = Rule(
    "datagram-too-long",
    "advice",
    "RFC 791 3.1",
    "sent a datagram of more than 512 bytes of data, which not every host accepts",
)


def stream_rules(rfc: str) -> tuple[Rule, ...]:
    """Return the rules of an `AnswerAndClose` session.

    rfc: its number, such as `867`.
    """
    return (
        Rule("input", "advice", f"RFC {rfc}", "sent input to a service that ignores it"),
        Rule(
            "early-close",
            "advice",
            f"RFC {rfc}",
            "reset the connection, which the service closes after its answer; part of the answer may be lost",
        ),
    )


def datagram_rules(rfc: str) -> tuple[Rule, ...]:
    """Return the rules of a datagram service that ignores its input.

    rfc: its number, such as `867`.
    """
    content = Rule("datagram-content", "advice", f"RFC {rfc}", "sent a datagram with content, which is ignored")
    return (content, DATAGRAM_TOO_LONG)


def datagram_findings(data: bytes) -> Sequence[Effect]:
    """Return the findings for a datagram whose content is ignored."""
    if not data:
        return ()
    if len(data) > LONG_DATAGRAM_BYTES:
        return (ReportFinding("datagram-content", data), ReportFinding("datagram-too-long", data))
    return (ReportFinding("datagram-content", data),)
