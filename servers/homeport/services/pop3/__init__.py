"""POP3 (RFC 1939, STD 53): reading INBOX of a person, message by message.

CAPA (RFC 2449), STLS (RFC 2595), AUTH (RFC 5034), APOP as an option, response codes (RFC 2449, RFC 3206), UTF8 and LANG
(RFC 6856). The unique identifiers of UIDL are UIDVALIDITY and UID as IMAP has them.

    session.py    the session: lines, refusals, QUIT        login.py      CAPA, STLS, USER, PASS, APOP, AUTH
    maildrop.py   the commands of the TRANSACTION state     content.py    dot-stuffing, TOP
    dialogue.py   state, replies, errors                    replies.py    statuses, response codes, planned replies
    lines.py      what a command looks like, next to secrets   spoiling.py  answers with planned defects
    client_faults.py    faults that user names ask for

The state machine. QUIT leads from each state to the end, from `transaction` by way of the UPDATE state, the only one
that deletes messages:

    authorization ──PASS, APOP, AUTH──► transaction ──QUIT──► (update)
    authorization ──STLS──► tls ──► authorization
"""

from homeport.protocol.service import Listener, Service
from homeport.sasl.rules import sasl_rules
from homeport.services.pop3.options import Pop3Options
from homeport.services.pop3.recipes import RECIPES
from homeport.services.pop3.replies import error, validate_reply
from homeport.services.pop3.rules import RULES
from homeport.services.pop3.session import Pop3
from homeport.services.pop3.spoiling import FRAMES


def refusal(reason: str) -> bytes:
    """Return the greeting of a connection that the farm does not accept."""
    return error(f"service not available: {reason}", "SYS/TEMP", closes=True).wire


def mistaken(reason: str) -> bytes:
    """Return the plain-text reply to a client that does not start TLS on a TLS port."""
    return error(reason, "SYS/PERM", closes=True).wire


def validate_options(options: Pop3Options, _contents: object) -> list[str]:
    """Return the problems of a configuration, one sentence each."""
    if options.apop and "APOP" in options.without:
        return ["`without`: APOP is named here, but apop is true: remove one of them"]
    if {"USER", "SASL"} <= {*options.without} and not options.apop:
        return ["`without`: with USER and SASL named here, no client can log in: remove one, or set apop = true"]
    return []


SERVICE = Service(
    name="pop3",
    title="POP3",
    rfcs=("1939", "2449", "2595", "5034", "3206", "6856", "8314"),
    listeners=(Listener("starttls", "tcp", 110), Listener("tls", "tcp", 995, option="tls_port", tls=True)),
    options=Pop3Options,
    session=Pop3,
    rules=(*RULES, *sasl_rules("RFC 5034 4")),
    refusal=refusal,
    mistaken=mistaken,
    check=validate_options,
    faults=frozenset(("command", "reply", "frame", "tls")),
    verbs={row.verb: row.argument for row in Pop3.table} | {"CONNECT": "none"},
    check_reply=validate_reply,
    reply_schema={
        **dict.fromkeys(("code", "enhanced", "rcode", "ede")),
        "status": {"enum": ["+OK", "-ERR"], "examples": ["-ERR"]},
        "response_code": {"examples": ["IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "AUTH"]},
    },
    frames=FRAMES,
    recipes=RECIPES,
    logins="people",
    example="curl --user alice:alice-pass pop3://{host}:{port}/",
)
