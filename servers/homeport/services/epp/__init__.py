"""EPP (RFC 5730 to 5734): the protocol between registrars and registry, with the extensions that registries use.

Domains, hosts and contacts with all their commands, transfers and poll messages, on the world's registry, which
Whois and RDAP show. Objects expire, are purged and so on by the world's clock and their TLD's policy. Registrars are
the registry's: their passwords, certificates, balances and session limits. The state machine of a session:

    start ──greeting──► greeted ──login──► logged-in ──logout──► over
    greeted, logged-in ──too many failed logins, bytes that are no frame──► over
    greeted ──login with newPW──► saving ──► logged-in      logged-in ──a change──► saving ──► logged-in
    "saving" is skipped where the registry is kept in memory only; hello is answered in every state (RFC 5730 2.3)

    session.py   one connection, on the engine        grammar/      XML, declared: frames to structs and back
    dialogue.py  answers, and what is not kept yet    flows/        a function for each command
    login.py     who it is, and what it may use       extensions/   a module for each extension
    framing.py   bytes to frames                      responses.py  outcomes as XML; the greeting
    faulting.py  planned faults                       rules.py      findings; usage_checks.py: over many commands
    offers.py    what the greeting announces          canned.py     elements for extensions that we do not have
    installed.py extensions of other packages         personas.py   ways in which registries differ

Left out: the protocol extension of RFC 5730 2.7.1.
"""

from collections.abc import Iterator, Mapping

from homeport.config.values import closest
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Session
from homeport.services.epp.faulting import FRAMES, REPLY_SCHEMA, VERBS, validate_reply
from homeport.services.epp.framing import transcribe
from homeport.services.epp.options import EppOptions
from homeport.services.epp.personas import PERSONAS
from homeport.services.epp.recipes import RECIPES
from homeport.services.epp.rules import RULES
from homeport.world.canned_answers import parse


def load() -> None:
    """Import the modules of sessions: above all the XML parser."""
    import homeport.services.epp.session  # noqa: F401
    from homeport.services.epp import flows

    flows.load()


def session(context: Context) -> Session:
    """Return a new EPP session."""
    from homeport.services.epp.session import Epp

    return Epp(context)


def validate_options(options: EppOptions, _contents: object) -> list[str]:
    """Return what is wrong with options, one sentence each."""
    problems = [*_validate_answers(options.answers)]
    if options.services or options.extensions:
        from homeport.services.epp.offers import problems_of  # and with it the grammar

        problems += problems_of(options.services, options.extensions)
    return problems


def _validate_answers(answers: Mapping[str, str]) -> Iterator[str]:
    for command, text in answers.items():
        if command not in VERBS:
            near = closest(command, VERBS)
            yield f"answers: {command!r} is no command" + (f"; did you mean {near!r}?" if near else "")
        try:
            parse(text)
        except ValueError as error:
            yield f"answers: {command}: {error}"


SERVICE = Service(
    name="epp",
    title="EPP",
    rfcs=("5730", "5731", "5732", "5733", "5734", "3915", "5910", "8334", "8495", "8748", "9167"),
    listeners=(
        Listener("tls", "tcp", 700, tls=True),
        Listener("tcp", "tcp", 700, option="plain_port", switch="plain", clear=True, own_port=10701),
    ),
    options=EppOptions,
    logins="registrars",
    session=session,
    of_registry=True,
    load=load,
    rules=RULES,
    transcribe=transcribe,
    personas=PERSONAS,
    check=validate_options,
    resumes=False,
    faults=frozenset(("command", "reply", "frame", "lost", "tls")),
    verbs=VERBS,
    check_reply=validate_reply,
    reply_schema=REPLY_SCHEMA,
    frames=FRAMES,
    recipes=RECIPES,
    example="sleep 1 | openssl s_client -quiet -no_ign_eof -connect {host}:{port}",
)
