"""One request and its response: what the parts that answer opcodes get, and what they return."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from homeport.protocol.effects import Effect, ReportFinding
from homeport.protocol.session import Context
from homeport.services.dns.message import SHOWN, Message
from homeport.services.dns.writer import IN
from homeport.world.zones.lookup import Owned
from homeport.world.zones.name import Name

if TYPE_CHECKING:
    from homeport.services.dns.options import DnsOptions
    from homeport.services.dns.tsig import Signature

Transport = Literal["udp", "tcp", "tls", "https"]
ENCRYPTED = frozenset(("tls", "https"))
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
YXDOMAIN, YXRRSET, NXRRSET, NOTAUTH, NOTZONE = range(6, 11)
BADVERS, BADCOOKIE = 16, 23
RCODES = {
    NOERROR: "NOERROR",
    FORMERR: "FORMERR",
    SERVFAIL: "SERVFAIL",
    NXDOMAIN: "NXDOMAIN",
    NOTIMP: "NOTIMP",
    REFUSED: "REFUSED",
    YXDOMAIN: "YXDOMAIN",
    YXRRSET: "YXRRSET",
    NXRRSET: "NXRRSET",
    NOTAUTH: "NOTAUTH",
    NOTZONE: "NOTZONE",
    BADVERS: "BADVERS",
    BADCOOKIE: "BADCOOKIE",
}
"""Mnemonics (IANA's registry)."""
OTHER, PROHIBITED, NOT_AUTHORITATIVE, NOT_SUPPORTED, INVALID_DATA = 0, 18, 20, 21, 24
"""Codes of extended errors (RFC 8914 4)."""
MAX_EXPLANATION_BYTES = 200


def rcode_text(rcode: int) -> str:
    """Return the mnemonic of a response code."""
    return RCODES.get(rcode) or f"RCODE{rcode}"


class Response(msgspec.Struct, gc=False):
    """The answer to a request, before it is written."""

    rcode: int = NOERROR
    authoritative: bool = False
    authentic: bool = False
    """True to set AD."""
    answer: list[Owned] = []
    authority: list[Owned] = []
    additional: list[Owned] = []
    class_: int = IN
    """Class of the records."""
    required: bool = False
    """True if additional data are glue, without which the answer is truncated (RFC 9471)."""
    truncated: bool = False
    """True to set TC."""
    stream: Iterator[bytes] | None = None
    """The whole answer as finished messages, for a transfer over TCP; the other fields are then those of the event."""


class Exchange:
    """A request on its way to the answer: findings about it, and the words for its client."""

    __slots__ = (
        "backdated_s",
        "commit",
        "context",
        "data",
        "effects",
        "explanations",
        "message",
        "options",
        "signature",
        "transport",
    )

    def __init__(self, context: Context, transport: Transport, data: bytes, message: Message) -> None:
        self.context = context
        self.options: DnsOptions = context.options
        self.transport = transport
        self.data = data
        """The request's octets."""
        self.message = message
        self.effects: list[Effect] = []
        """Records: findings and events."""
        self.backdated_s = 0
        """Age of the answer's signatures in seconds, under a fault."""
        self.explanations: list[tuple[int, str]] = []
        """Extended errors: code and text (RFC 8914)."""
        self.signature: Signature | None = None
        """The signature of the answer, if the request has TSIG."""
        self.commit: Callable[[], object] | None = None
        """Work that makes durable what the request has changed; its answer waits for it."""

    @property
    def key_name(self) -> Name | None:
        """The name of the key that the request is signed with; None if it is not, or not validly."""
        return None if self.signature is None else self.signature.key_name

    @property
    def over_udp(self) -> bool:
        """True if the answer is one datagram."""
        return self.transport == "udp"

    def report(self, finding: str, data: bytes = b"") -> None:
        """Report a finding. data: the input that shows it; without it, the beginning of the request."""
        self.effects.append(ReportFinding(finding, data or self.data[:SHOWN]))

    def refuse(self, rcode: int, code: int, words: str) -> Response:
        """Return an error, with words for clients that know extended errors (RFC 8914)."""
        self.explanations.append((code, words))
        return Response(rcode)
