"""NTP (RFC 5905) and SNTP (RFC 4330): a server that tells the world's time, over UDP.

    packet.py    octets to a request, a header to octets
    answer.py    a request to its answer         server.py    the state in a world
    keys.py      MACs with shared keys           habits.py    how often clients ask
    options.py   [ntp]                           rules.py     findings
    planned.py   what faults can plan            spoiling.py  answers under faults
    recipes.py   faults by name                  transcript.py  packets as text
    nts/         Network Time Security

Left out: the client's side, so that the server synchronises with no other; symmetric and broadcast modes; control
messages (modes 6 and 7), which have been used to flood others; interleaved modes; Autokey (RFC 5906).
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Datagram
from homeport.services.ntp import nts
from homeport.services.ntp.nts import planned as nts_planned
from homeport.services.ntp.nts.rules import RULES as NTS_RULES
from homeport.services.ntp.options import NtpOptions, validate_options
from homeport.services.ntp.planned import FAULT_VERBS, FRAME_LISTENERS, FRAMES, VERBS
from homeport.services.ntp.recipes import RECIPES
from homeport.services.ntp.rules import RULES

if TYPE_CHECKING:
    from homeport.world.world import World


def load() -> None:
    """Import the modules that answer."""
    import homeport.services.ntp.answer  # noqa: F401


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Answer one datagram."""
    return _answer()(context, data)


@cache
def _answer() -> Datagram:
    """Import the modules that answer datagrams, for the first one."""
    from homeport.services.ntp.answer import datagram

    return datagram


def datagram_text(world: "World", asked: bytes, answers: Sequence[bytes]) -> str:
    """Return a request and its answers as lines."""
    from homeport.services.ntp.transcript import exchange_text

    return exchange_text(asked, answers, world.clock.now())


SERVICE = Service(
    name="ntp",
    title="NTP",
    rfcs=("5905", "4330", "7822", "8573", "8633", "8915", "9109"),
    listeners=(
        Listener("udp", "udp", 123, load=load),
        Listener("nts", "tcp", 4460, option="nts_port", tls=True, alpn=("ntske/1",), load=nts.load, only_tls13=True),
    ),
    options=NtpOptions,
    session=nts.session,
    datagram=datagram,
    transcribe=nts.transcribe,
    client_ports=frozenset((123,)),
    amplification=1,
    rules=(*RULES, *NTS_RULES),
    check=validate_options,
    faults=frozenset(("command", "frame", "offset", "stratum")),
    verbs={**VERBS, nts_planned.EXCHANGE: "optional"},
    fault_verbs=FAULT_VERBS,
    frames={**FRAMES, **nts_planned.FRAMES},
    frame_listeners={**FRAME_LISTENERS, **nts_planned.FRAME_LISTENERS},
    recipes=(*RECIPES, *nts_planned.RECIPES),
    datagram_text=datagram_text,
    example="rdate -n -p -o {port} {host}",
)
