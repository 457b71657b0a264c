"""SASL (RFC 4422), the server side: what SMTP, POP3 and IMAP call AUTH, without their framing.

    exchange = start("SCRAM-SHA-256", WorldAuthority(world), tls)
    step = exchange.begin(initial_response_or_none)
    while isinstance(step, Challenge): step = exchange.respond(answer_of_the_client(step.data))

Steps are bytes; protocols that carry them in base64 decode with `encoding.decode_line`. Every step names its findings;
`rules.RULES` declares them, and a protocol adds them to its own. Mechanisms are sans-IO and know no protocol, so their
tests are the published exchanges of the RFCs.
"""

from homeport.sasl.exchange import Authority, Challenge, Exchange, Failure, Step, Success
from homeport.sasl.mechanisms import MECHANISMS, Mechanism, offered, start

__all__ = [
    "MECHANISMS",
    "Authority",
    "Challenge",
    "Exchange",
    "Failure",
    "Mechanism",
    "Step",
    "Success",
    "offered",
    "start",
]
