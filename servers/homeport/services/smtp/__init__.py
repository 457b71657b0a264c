"""SMTP (RFC 5321): a receiver that takes mail, checks how it is sent, keeps it, and never relays. LMTP (RFC 2033), too.

With SIZE, 8BITMIME, SMTPUTF8, PIPELINING, CHUNKING and BINARYMIME, DSN, STARTTLS, AUTH, ENHANCEDSTATUSCODES, LIMITS,
REQUIRETLS, MT-PRIORITY and DELIVERBY, each of which can be switched off. Submission (RFC 6409), implicit TLS (RFC 8314)
and a listener that asks for nothing (no TLS, any login) are listeners of their own.

    session.py     the session, and its four parts: identity, envelope, receiving, enquiries; each knows those before it
    dialogue.py    state, transaction, replies     lines.py        lines, secrets, groups
    identity.py    EHLO, STARTTLS, AUTH            login.py        one exchange of SASL
    envelope.py    MAIL, RCPT, RSET                paths.py        the grammar of addresses
    receiving.py   DATA, BDAT, storing             parameters.py   what extensions add to MAIL and RCPT
    enquiries.py   VRFY, EXPN                      content.py      end of data, transparency, limits
    transaction.py a message from MAIL on          header.py       what a header tells

The states of a session. RSET and EHLO lead back to `ready` wherever commands are read, QUIT and all that ends a
connection to `over`:

    start ──EHLO──► ready ──MAIL──► mail ──RCPT──► rcpt ──DATA──► data ──its end──► saving ──► ready
    ready ──STARTTLS──► tls ──► start              rcpt ──BDAT──► chunks ──LAST──► saving ──► ready
    ready ──AUTH──► auth ──► ready                 chunks ──BDAT──► chunks
    start ──► refused, if the greeting is a planned 5xx, which QUIT alone ends
    saving is passed over where messages are kept in memory

Faults match commands by verb; besides the verbs there are `CONNECT` (the greeting) and `.` (the end of a message, whose
argument is its addresses). DELIVERBY is kept by delivering before the reply. Left out: relaying, ETRN, ATRN,
NO-SOLICITING, FUTURERELEASE and the security layers of SASL.
"""

from homeport.protocol.service import Listener, Service
from homeport.sasl.rules import RULES as SASL_RULES
from homeport.services.smtp.options import SmtpOptions
from homeport.services.smtp.planned import check_reply
from homeport.services.smtp.replies import Reply
from homeport.services.smtp.rules import RULES
from homeport.services.smtp.session import Smtp


def refusal(reason: str) -> bytes:
    """What is said at the door (RFC 5321 3.8)."""
    return Reply(421, "", f"service not available: {reason}", closes=True).wire(enhanced=False)


def mistaken(reason: str) -> bytes:
    """What is said in the clear where TLS begins; permanent, so that no client tries again (RFC 5321 4.2.1)."""
    return Reply(554, "5.7.0", reason, closes=True).wire(enhanced=True)


def check(options: SmtpOptions, _contents: object) -> list[str]:
    """Limits below those that RFC 5321 4.5.3.1 asks for are possible, to test clients; nonsense is not."""
    problems = []
    if options.protocol == "lmtp" and {"PIPELINING", "ENHANCEDSTATUSCODES"} & set(options.without):
        problems.append("`without`: LMTP cannot do without PIPELINING and ENHANCEDSTATUSCODES (RFC 2033 5)")
    return problems


SERVICE = Service(
    name="smtp",
    title="SMTP",
    rfcs=("5321", "6409", "8314", "2033"),
    listeners=(
        Listener("plain", "tcp", 2525, option="plain_port", clear=True),  # not IANA's: the port that people use
        Listener("starttls", "tcp", 25),
        Listener("submission", "tcp", 587, option="submission_port"),
        Listener("tls", "tcp", 465, option="tls_port", tls=True),
    ),
    options=SmtpOptions,
    session=Smtp,
    rules=(*RULES, *SASL_RULES),
    refusal=refusal,
    mistaken=mistaken,
    check=check,
    faults=frozenset(("command", "reply", "tls")),
    verbs={row.verb: row.argument for row in Smtp.table} | {"CONNECT": "none", ".": "required"},
    check_reply=check_reply,
    logins="people",
    example="swaks --server {host}:{port} --helo client.test --from me@client.test --to alice@homeport.test",
)
