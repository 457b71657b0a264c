"""RDAP (RFC 7480, RFC 9082, RFC 9083): the registry's public data and number resources as JSON, over HTTPS.

It shows the same objects as Whois and EPP, by the same clock, as ICANN's profile for gTLDs of February 2024 has them,
with redaction (RFC 9537), and has bootstrap files that name it (RFC 9224). It speaks HTTP/1.1 and HTTP/2; pages of any
origin may read its answers. The control API serves the same at `W/rdap/`.

    session.py   the connection          queries.py        queries and their answers
    objects.py   the registry's objects  number_objects.py networks, AS numbers
    jcard.py     contacts as jCards      searches.py       find what a search asks for
    redaction.py what is not shown       notices.py        conformance and notices
    bootstrap.py bootstrap files         planned.py        planned replies

Left out: log-ins (RFC 7481 3), searches for networks and AS numbers (501), sorting and paging (RFC 8977): a search
shows 100 results, and says if there are more.
"""

from typing import TYPE_CHECKING

from homeport.protocol.service import Listener, Service
from homeport.services.rdap.options import RULES, RdapOptions
from homeport.services.rdap.planned import REPLY_SCHEMA, VERBS, validate_reply

if TYPE_CHECKING:
    from homeport.protocol.session import Context, Session


def load() -> None:
    """Import what sessions need."""
    import homeport.services.rdap.session  # noqa: F401


def session(context: "Context") -> "Session":
    """Return the session of a connection."""
    from homeport.services.rdap.session import RdapSession

    return RdapSession(context)


SERVICE = Service(
    name="rdap",
    title="RDAP",
    rfcs=("7480", "7481", "8056", "8521", "8605", "9082", "9083", "9224", "9537"),
    listeners=(Listener("https", "tcp", 443, tls=True, own_port=18444, alpn=("h2", "http/1.1"), load=load),),
    options=RdapOptions,
    session=session,
    load=load,
    rules=RULES,
    faults=frozenset(("command", "reply")),
    verbs=VERBS,
    of_registry=True,
    check_reply=validate_reply,
    reply_schema=REPLY_SCHEMA,
    example="curl -k https://{host}:{port}/rdap/domain/homeport.test",
)
