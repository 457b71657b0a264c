"""EPP (RFC 5730 to 5734): a registry's interface for registrars, with grace periods (RFC 3915) and DNSSEC (RFC 5910).

Domains, hosts and contacts with all their commands, transfers and poll messages, on the registry of the world, which
Whois shows; what time does to objects follows the world's clock, by the policy of each top-level domain. Registrars are
those of the registry: their passwords, certificates, balances and numbers of sessions.

    start ──greeting──► greeted ──login──► logged-in ──logout──► over
    greeted, logged-in ──a failed login too many, octets that are no frame──► over
    greeted ──login with newPW──► saving ──► logged-in      logged-in ──a change──► saving ──► logged-in
    saving is passed over where the registry is kept in memory; hello is answered in every state (RFC 5730 2.3)

    session.py   one connection, on the engine        grammar/      XML, declared: frames to structs and back
    dialogue.py  answers, and what is not kept yet    flows/        a function for each command
    login.py     who it is, and what it may use       extensions/   RFC 3915, RFC 5910
    framing.py   octets to frames                     responses.py  outcomes as XML; the greeting
    faulting.py  planned faults                       rules.py      findings; usage_checks.py: over many commands

Left out: the protocol extension of RFC 5730 2.7.1, and extensions other than these two.
"""

from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Session
from homeport.services.epp.faulting import VERBS, check_reply
from homeport.services.epp.framing import transcribe
from homeport.services.epp.options import EppOptions
from homeport.services.epp.rules import RULES


def session(context: Context) -> Session:
    """A session of EPP; what it needs, XML above all, is imported for the first."""
    from homeport.services.epp.session import Epp

    return Epp(context)


SERVICE = Service(
    name="epp",
    title="EPP",
    rfcs=("5730", "5731", "5732", "5733", "5734", "3915", "5910"),
    listeners=(
        Listener("tls", "tcp", 700, tls=True),
        Listener("tcp", "tcp", 700, option="plain_port", switch="plain", clear=True, own_port=10701),
    ),
    options=EppOptions,
    logins="registrars",
    session=session,
    rules=RULES,
    transcribe=transcribe,
    resumes=False,
    faults=frozenset(("command", "reply", "frame", "lost", "tls")),
    verbs=VERBS,
    check_reply=check_reply,
    example="sleep 1 | openssl s_client -quiet -no_ign_eof -connect {host}:{port}",
)
