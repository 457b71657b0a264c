"""DNS (STD 13): an authoritative server of the world's zones, over UDP, TCP, TLS and HTTPS.

    message.py   octets to a request         writer.py      an answer's sections to octets
    answering.py a request to its answer     querying.py    opcode QUERY
    edns.py      sizes, cookies, NSID, ...   exchange.py    a request, its response and findings
    datagrams.py UDP                         session.py     TCP and TLS; framing.py: two octets of length
    options.py   [dns]                       rules.py       findings
    planned.py   what faults can plan        spoiling.py    requests under faults
    defects.py   defects of answers          client_faults.py  names in fault.test
    recipes.py   faults by name              cache.py       answers that were built before
    transfer.py  AXFR, IXFR                  updating.py    opcode UPDATE
    notify.py    opcode NOTIFY               notifying.py   NOTIFY to secondaries.py
    tsig.py      signatures by TSIG          authentication.py  of requests
    doh/         HTTPS

Zones and their records are the world's (`homeport.world.zones`), signatures too.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from homeport.protocol.asking import Ask
from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Datagram, Session
from homeport.services.dns.options import DnsOptions, validate_options
from homeport.services.dns.planned import FAULT_VERBS, FRAME_LISTENERS, FRAMES, REPLY_SCHEMA, Verbs, validate_reply
from homeport.services.dns.recipes import RECIPES
from homeport.services.dns.rules import RULES

if TYPE_CHECKING:
    from homeport.services.dns.notifying import Notifier
    from homeport.world.world import World
    from homeport.world.zones.name import Name


def load() -> None:
    """Import the modules that answer, and make signatures."""
    import homeport.services.dns.datagrams
    import homeport.services.dns.session  # noqa: F401
    from homeport.world.zones import signing

    signing.load()


def session(context: Context) -> Session:
    """Return a new session."""
    if context.listener == "https":
        return https_session(context)
    from homeport.services.dns.session import DnsSession

    return DnsSession(context)


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return the messages at the beginning of one side's bytes as text, and the remaining bytes."""
    from homeport.services.dns.transcript import transcribe as messages

    return messages(payload)


def load_https() -> None:
    """Import the modules of sessions over HTTPS."""
    import homeport.services.dns.doh.session  # noqa: F401
    from homeport.world.zones import signing

    signing.load()


def https_session(context: Context) -> Session:
    """Return a new session of DNS over HTTPS. Its modules are large: most farms never need them."""
    from homeport.services.dns.doh.answering import answer
    from homeport.services.dns.doh.session import HttpSession

    return HttpSession(context, answer)


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Answer one datagram."""
    return _answer()(context, data)


@cache
def _answer() -> Datagram:
    """Import the modules that answer datagrams, for the first one."""
    from homeport.services.dns.datagrams import datagram

    return datagram


def begin(world: "World", ask: Ask) -> None:
    """Have secondaries notified of changes of zones."""
    notifiers: list[Notifier] = []

    def changed(origin: "Name") -> None:
        if not notifiers:
            if not world.options["dns"].secondaries:
                return
            from homeport.services.dns.notifying import Notifier

            notifiers.append(Notifier(world, ask))
        notifiers[0].changed(origin)

    world.zones.on_change.append(changed)


SERVICE = Service(
    name="dns",
    of_registry=True,
    title="DNS",
    rfcs=(
        "1034",
        "1035",
        "1995",
        "1996",
        "2136",
        "2181",
        "2308",
        "3597",
        "4034",
        "4035",
        "4343",
        "4592",
        "5155",
        "5936",
        "6891",
        "7766",
        "7858",
        "7873",
        "8482",
        "8484",
        "8914",
        "8945",
    ),
    listeners=(
        Listener("udp", "udp", 53),
        Listener("tcp", "tcp", 53),
        Listener("tls", "tcp", 853, option="tls_port", tls=True, alpn=("dot",)),
        Listener(
            "https", "tcp", 443, option="https_port", tls=True, own_port=18443, alpn=("h2", "http/1.1"), load=load_https
        ),
    ),
    options=DnsOptions,
    session=session,
    load=load,
    datagram=datagram,
    begin=begin,
    client_ports=frozenset((53,)),
    rules=RULES,
    transcribe=transcribe,
    check=validate_options,
    faults=frozenset(("command", "reply", "frame", "ttl")),
    verbs=Verbs(),
    check_reply=validate_reply,
    reply_schema=REPLY_SCHEMA,
    frames=FRAMES,
    frame_listeners=FRAME_LISTENERS,
    fault_verbs=FAULT_VERBS,
    recipes=RECIPES,
    example="dig @{host} -p {port} homeport.test SOA",
)
