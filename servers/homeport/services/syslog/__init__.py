"""Syslog: receives messages over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425), and never answers.

    options.py   [syslog]                    rules.py       findings
    session.py   TCP and TLS                 framing.py     a stream to messages (RFC 6587)
    datagrams.py UDP                         receiving.py   a message into the world
    parsing.py   a message to its fields     notes.py       the rules that it breaks
    rfc5424.py   RFC 5424                    bsd.py         BSD syslog (RFC 3164), Cisco
    timestamps.py                            structured_data.py
    recipes.py   faults by name              client_faults.py  names in fault.test

Both formats are read on every listener, and so are the variants that are deployed. A message is never refused: what
cannot be read stays text, and what is wrong is a finding. The messages are the world's (`homeport.world.logs`). Not
implemented: relaying, RELP (RFC 3195 and librelp), signed messages (RFC 5848), DTLS (RFC 6012).
"""

from collections.abc import Sequence
from functools import cache

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Datagram, Session
from homeport.services.syslog.options import SyslogOptions
from homeport.services.syslog.recipes import RECIPES
from homeport.services.syslog.rules import RULES


def load() -> None:
    """Import the modules that read messages."""
    import homeport.services.syslog.datagrams
    import homeport.services.syslog.session  # noqa: F401


def session(context: Context) -> Session:
    """Return a new session."""
    from homeport.services.syslog.session import SyslogSession

    return SyslogSession(context)


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Take one datagram."""
    return _take()(context, data)


@cache
def _take() -> Datagram:
    """Import the modules that read datagrams, for the first one."""
    from homeport.services.syslog.datagrams import datagram

    return datagram


SERVICE = Service(
    name="syslog",
    title="Syslog",
    rfcs=("5424", "3164", "5425", "5426", "6587", "9662"),
    listeners=(
        Listener("udp", "udp", 514),
        Listener("tcp", "tcp", 514),
        Listener("tls", "tcp", 6514, option="tls_port", tls=True),
    ),
    options=SyslogOptions,
    session=session,
    load=load,
    datagram=datagram,
    client_ports=frozenset((514,)),
    silent=True,
    rules=RULES,
    recipes=RECIPES,
    example="logger --server {host} --port {port} --udp --rfc5424 'the tide is in'",
)
