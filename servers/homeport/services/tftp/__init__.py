"""TFTP (STD 33): files over UDP, read and written, with options (RFC 2347, 2348, 2349, 7440); RFC 1123 4.2.

    requests.py  the port for requests     request.py   RRQ and WRQ, parsed
    session.py   one transfer              terms.py     what options agree on
    sending.py   DATA, for clients that read   receiving.py  ... that write
    timing.py    when to send again        netascii.py  lines of text
    access.py    who may do what           packets.py   the packets
    options.py   [tftp]                    rules.py     findings
    link.py      packets under faults      planned.py   faults on requests
    client_faults.py  `/fault/NAME/PATH`   recipes.py   faults by name
    transcript.py  packets as text

Each transfer is an exchange with a port of its own (`protocol.effects.OpenExchange`). The files are the world's, which
FTP serves too. Not implemented: mode mail, multicast (RFC 2090), and the options of RFC 2349's drafts.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from homeport.protocol.effects import Effect
from homeport.protocol.service import Listener, Service
from homeport.protocol.session import Context, Datagram
from homeport.services.tftp.options import TftpOptions, other_ports, validate_options
from homeport.services.tftp.planned import FRAMES, REPLY_SCHEMA, VERBS, validate_reply
from homeport.services.tftp.recipes import RECIPES
from homeport.services.tftp.rules import RULES

if TYPE_CHECKING:
    from homeport.world.world import World


def load() -> None:
    """Import the modules of transfers."""
    import homeport.services.tftp.requests  # noqa: F401


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Answer one datagram to the port for requests."""
    return _answer()(context, data)


@cache
def _answer() -> Datagram:
    from homeport.services.tftp.requests import datagram

    return datagram


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return a packet as text."""
    from homeport.services.tftp.transcript import transcribe as packet

    return packet(payload)


def datagram_text(_world: "World", packet: bytes, answers: Sequence[bytes]) -> str:
    """Return a packet, and those that answered it, as text."""
    from homeport.services.tftp.transcript import text_of

    return " -> ".join(map(text_of, (packet, *answers)))


def refusal(reason: str) -> bytes:
    """Return the refusal of a request for which there is no room."""
    from homeport.services.tftp.packets import UNDEFINED, error

    return error(UNDEFINED, reason)


SERVICE = Service(
    name="tftp",
    title="TFTP",
    rfcs=("1350", "2347", "2348", "2349", "7440"),
    listeners=(Listener("udp", "udp", 69),),
    options=TftpOptions,
    datagram=datagram,
    exchanges=True,
    load=load,
    rules=RULES,
    refusal=refusal,
    check=validate_options,
    faults=frozenset({"command", "frame", "lost", "reply"}),
    verbs=VERBS,
    check_reply=validate_reply,
    reply_schema=REPLY_SCHEMA,
    frames=FRAMES,
    recipes=RECIPES,
    transcribe=transcribe,
    datagram_text=datagram_text,
    free_ports={"transfer_ports": "0"},
    other_ports=other_ports,
    example="curl -s tftp://{host}:{port}/pub/tides.txt",
)
