"""LDAP (RFC 4510 to 4519): the world's people, groups, hosts and registrars as a directory.

messages.py   requests from bytes           responses.py        responses to bytes
session.py    operations side by side       operation.py        one operation
dispatch.py   which function handles which  limits.py           values of a request, entries of a step
bind.py       logins                        password_policy.py  logins under a policy, and its control
search.py     search                        finding.py          what a search finds
selection.py  attributes that are returned  update.py           add, modify, modify DN, delete, compare
extended.py   StartTLS, Who am I, cancel    transactions.py     changes that are made together
root_dse.py   what the server can           secrets.py          places of passwords in messages
faulting.py   faults of an operation        client_faults.py    faults that names ask for
planned.py    planned results               spoiling.py         responses with defects
advice.py     findings about searches       texts.py            requests in the journal
transcript.py messages as text
controls/     paging, sorting, following    personas/           the ways of other servers
"""

from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Session
from homeport.sasl.rules import sasl_rules
from homeport.services.ldap.messages import Result
from homeport.services.ldap.options import LdapOptions
from homeport.services.ldap.personas.presets import PERSONAS
from homeport.services.ldap.planned import REPLY_SCHEMA, VERBS, validate_reply
from homeport.services.ldap.recipes import RECIPES
from homeport.services.ldap.responses import notice
from homeport.services.ldap.rules import RULES
from homeport.services.ldap.spoiling import FRAMES
from homeport.world.directory.results import Code


def session(context: Context) -> Session:
    """Return a session of one connection."""
    from homeport.services.ldap.session import Ldap

    return Ldap(context)


def load() -> None:
    """Import what sessions need, and parse the schema."""
    import homeport.services.ldap.session  # noqa: F401 - imported here, in a thread
    from homeport.world.directory.schema.schema import standard_schema

    standard_schema()


def refusal(reason: str) -> bytes:
    """Return the notice of disconnection to a connection that the farm does not accept."""
    return notice(Result(Code.BUSY, "", reason))


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return the messages at the beginning of one side's bytes as text, and the remaining bytes."""
    from homeport.services.ldap.transcript import transcribe as messages

    return messages(payload)


SERVICE = Service(
    name="ldap",
    title="LDAP",
    rfcs=(
        *("4510", "4511", "4512", "4513", "4514", "4515", "4516", "4517", "4518", "4519"),
        *("2696", "2849", "2891", "3062", "3296", "3876", "3909", "4370", "4522", "4525", "4526", "4527", "4528"),
        *("4529", "4530", "4532", "4533", "5805"),
    ),
    listeners=(Listener("starttls", "tcp", 389), Listener("tls", "tcp", 636, option="tls_port", tls=True)),
    options=LdapOptions,
    session=session,
    load=load,
    rules=(*RULES, *sasl_rules("RFC 4513 5.2")),
    refusal=refusal,
    transcribe=transcribe,
    faults=frozenset(("command", "reply", "frame", "tls")),
    frames=FRAMES,
    verbs=VERBS,
    check_reply=validate_reply,
    reply_schema=REPLY_SCHEMA,
    recipes=RECIPES,
    personas=PERSONAS,
    logins="people",
    example="ldapsearch -x -H ldap://{host}:{port} -b dc=homeport,dc=test uid=alice",
)
