"""SMTP (RFC 5321) and LMTP (RFC 2033): a receiver that accepts, checks and stores mail, and never relays it.

It implements SIZE, 8BITMIME, SMTPUTF8, PIPELINING, CHUNKING and BINARYMIME, DSN, STARTTLS, AUTH, ENHANCEDSTATUSCODES,
LIMITS, REQUIRETLS, MT-PRIORITY and DELIVERBY; each can be switched off. Submission (RFC 6409), implicit TLS (RFC 8314)
and a listener that requires neither TLS nor a known login have ports of their own.

    session.py     the session and its four parts: identity, envelope, receiving, enquiries; each uses those before it
    dialogue.py    state, transaction, replies     lines.py        lines, secrets, pipelining
    identity.py    EHLO, STARTTLS, AUTH            login.py        one SASL exchange
    envelope.py    MAIL, RCPT, RSET                paths.py        address grammar
    receiving.py   DATA, BDAT, storing             parameters.py   parameters of MAIL and RCPT
    enquiries.py   VRFY, EXPN                      content.py      end of data, dot-stuffing, limits
    transaction.py one message, from MAIL on       header.py       checks of the header
    forgiving.py   paths that only deployed servers accept (`syntax = "lenient"`)

The state machine of a session. Wherever commands are read, RSET and EHLO lead back to `ready`; QUIT and everything else
that ends a connection lead to `over`:

    start ──EHLO──► ready ──MAIL──► mail ──RCPT──► rcpt ──DATA──► data ──its end──► saving ──► ready
    ready ──STARTTLS──► tls ──► start              rcpt ──BDAT──► chunks ──LAST──► saving ──► ready
    ready ──AUTH──► auth ──► ready                 chunks ──BDAT──► chunks
    start ──► refused, if a fault plans a 5xx greeting: only QUIT is accepted then
    `saving` is skipped if messages are kept in memory

Faults match commands by verb. Two verbs stand for what is no command: `CONNECT` for the greeting, `.` for the end of a
message, whose argument is its addresses. DELIVERBY needs no timer, because delivery happens before the reply. Not
implemented: relaying, ETRN, ATRN, NO-SOLICITING, FUTURERELEASE and the security layers of SASL.
"""

from homeport.protocol.service import Listener, Service
from homeport.sasl.rules import sasl_rules
from homeport.services.smtp.options import SmtpOptions
from homeport.services.smtp.planned import validate_reply
from homeport.services.smtp.recipes import RECIPES
from homeport.services.smtp.replies import Reply
from homeport.services.smtp.rules import RULES
from homeport.services.smtp.session import Smtp


def refusal(reason: str) -> bytes:
    """Return the reply to a connection that the farm does not accept (RFC 5321 3.8)."""
    return Reply(421, "", f"service not available: {reason}", closes=True).wire(enhanced=False)


def mistaken(reason: str) -> bytes:
    """Return the plain-text reply to a client that does not start TLS on a TLS port.

    The code is permanent, so that the client does not retry (RFC 5321 4.2.1).
    """
    return Reply(554, "5.7.0", reason, closes=True).wire(enhanced=True)


def validate_options(options: SmtpOptions, _contents: object) -> list[str]:
    """Return the problems of a configuration, one sentence each.

    Limits below those of RFC 5321 4.5.3.1 are allowed, to test clients.
    """
    problems = []
    if options.protocol == "lmtp" and {"PIPELINING", "ENHANCEDSTATUSCODES"} & set(options.without):
        problems.append("`without`: LMTP cannot do without PIPELINING and ENHANCEDSTATUSCODES (RFC 2033 5)")
    return problems


SERVICE = Service(
    name="smtp",
    title="SMTP",
    rfcs=("5321", "6409", "8314", "2033"),
    listeners=(
        Listener("plain", "tcp", 2525, option="plain_port", clear=True),  # not assigned by IANA, but in wide use
        Listener("starttls", "tcp", 25),
        Listener("submission", "tcp", 587, option="submission_port"),
        Listener("tls", "tcp", 465, option="tls_port", tls=True),
    ),
    options=SmtpOptions,
    session=Smtp,
    alpn=("smtp", "lmtp"),
    rules=(*RULES, *sasl_rules("RFC 4954 4")),
    refusal=refusal,
    mistaken=mistaken,
    check=validate_options,
    faults=frozenset(("command", "reply", "tls")),
    verbs={row.verb: row.argument for row in Smtp.table} | {"CONNECT": "none", ".": "required"},
    check_reply=validate_reply,
    reply_schema={
        "code": {"minimum": 200, "maximum": 559, "examples": [451]},
        "enhanced": {"examples": ["4.7.1"]},
        **dict.fromkeys(("status", "response_code", "rcode", "ede")),
    },
    recipes=RECIPES,
    logins="people",
    example="swaks --server {host}:{port} --helo client.test --from me@client.test --to alice@homeport.test",
)
