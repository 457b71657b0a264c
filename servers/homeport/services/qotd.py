"""Quote of the Day (RFC 865): one of the world's quotes, over TCP then a close, over UDP in one datagram.

A quote is one or more lines of printable ASCII, each ended by CR LF, and shorter than 512 bytes with its line ends. The
RFC only recommends this; here a configured quote that breaks it is a configuration error. An empty list of quotes,
which only the control API can make, gives an empty answer.

Input is ignored, as the RFC says, so there is no `syntax` to choose.
"""

import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from homeport.protocol.effects import Effect, Send
from homeport.protocol.ignored_input import datagram_findings, datagram_rules, stream_rules
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import AnswerAndClose, Context
from homeport.world.quotes import Order
from homeport.world.world import WorldContents

MAX_BYTES = 511
"""Limit of a quote with its line ends: "less than 512 characters" (RFC 865)."""
LINE_END = re.compile(r"\r\n|\r|\n")
NOT_PRINTING = re.compile(r"[^ -~\r\n]")
CRLF = "\r\n"


class QotdOptions(Options, frozen=True, kw_only=True):
    """[qotd]"""

    port: Port = 10017
    order: Annotated[
        Order,
        Meta(
            description="order of the quotes: sequential (one after the other), random (by [farm] seed), "
            "or day (the same for a whole UTC day of the world's clock)"
        ),
    ] = "sequential"


def normalise(text: str) -> str:
    """Return a quote with CR LF at the end of every line, and without empty lines at its end."""
    return CRLF.join(LINE_END.split(text.rstrip("\r\n"))) + CRLF


def validate_quote(text: str) -> str | None:
    """Return an error message for a configured quote; None if it is valid."""
    if found := NOT_PRINTING.search(text):
        return f"contains {found[0]!a}, which is no printable ASCII character (RFC 865): write it in ASCII"
    if not text.strip():
        return "is empty: write a quote or remove it"
    if (length := len(normalise(text))) > MAX_BYTES:
        return f"has {length} bytes with its line ends, and RFC 865 allows less than 512: shorten it"
    return None


def check(_options: QotdOptions, contents: WorldContents) -> list[str]:
    """Validate the quotes; return error messages."""
    if not contents.quotes:
        return ["there are no quotes: write one, or leave the key out for the built-in ones"]
    problems = ((number, validate_quote(text)) for number, text in enumerate(contents.quotes, 1))
    return [f"quote {number} {problem}" for number, problem in problems if problem]


def quote(context: Context) -> bytes:
    """Return the next quote, serialized. Quotes from the API, which are not validated, are cut and cleaned."""
    world = context.world
    text = world.quotes.pick(context.options.order, world.clock.now())
    if not text:
        return b""
    text = NOT_PRINTING.sub("?", normalise(text))
    if len(text) > MAX_BYTES:
        text = text[: MAX_BYTES - len(CRLF)].rstrip(CRLF) + CRLF
    return text.encode("ascii")


class Qotd(AnswerAndClose):
    """Sends a quote and closes."""

    __slots__ = ()

    def answer(self) -> bytes:
        return quote(self.context)


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Return one datagram with a quote."""
    return (Send(quote(context)), *datagram_findings(data))


SERVICE = Service(
    name="qotd",
    title="Quote of the Day",
    rfcs=("865",),
    listeners=(Listener("tcp", "tcp", 17), Listener("udp", "udp", 17)),
    options=QotdOptions,
    session=Qotd,
    datagram=datagram,
    rules=(*stream_rules("865"), *datagram_rules("865")),
    check=check,
    faults=frozenset({"answer"}),
    example="nc {host} {port} </dev/null",
)
