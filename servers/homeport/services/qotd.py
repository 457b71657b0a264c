"""Quote of the Day (RFC 865): one quote out of the world's book, over TCP then a close, over UDP in one datagram.

A quote is one line or several of printing ASCII, each ended by CR LF, and shorter than 512 octets so written. The RFC
only recommends this; we hold our own book to it, and one that breaks it is a configuration error. An empty book,
which only the control API can make, gives an empty answer.

What a client sends is ignored, as the RFC says, so `strict` changes nothing.
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

LONGEST = 511
"""Octets of a quote, its line ends included: "less than 512 characters"."""
LINE_END = re.compile(r"\r\n|\r|\n")
NOT_PRINTING = re.compile(r"[^ -~\r\n]")
CRLF = "\r\n"


class QotdOptions(Options, frozen=True, kw_only=True):
    """[qotd]"""

    port: Port = 10017
    order: Annotated[
        Order,
        Meta(
            description="how the next quote is chosen: sequential (one after the other), random (by [farm] seed), "
            "or day (the same for a whole day, UTC, of the world's clock)"
        ),
    ] = "sequential"


def normalise(text: str) -> str:
    """The quote with CR LF at the end of every line, the last one too, and none that are empty at its end."""
    return CRLF.join(LINE_END.split(text.rstrip("\r\n"))) + CRLF


def check_quote(text: str) -> str | None:
    """What is wrong with a quote of the configuration, in words; None if nothing is."""
    if found := NOT_PRINTING.search(text):
        return f"has {found[0]!a}, which is no printing ASCII character (RFC 865): write it in ASCII"
    if not text.strip():
        return "is empty: write a quote or take it out"
    if (length := len(normalise(text))) > LONGEST:
        return f"is {length} octets long with its line ends, RFC 865 has less than 512: shorten it"
    return None


def check(_options: QotdOptions, contents: WorldContents) -> list[str]:
    """What is wrong with the book of quotes."""
    if not contents.quotes:
        return ["there are no quotes: write one, or leave the key out for the built-in ones"]
    problems = ((number, check_quote(text)) for number, text in enumerate(contents.quotes, 1))
    return [f"quote {number} {problem}" for number, problem in problems if problem]


def quote(context: Context) -> bytes:
    """The next quote as it is sent. Quotes that came past the configuration are made to fit."""
    world = context.world
    text = world.quotes.pick(context.options.order, world.clock.now())
    if not text:
        return b""
    text = NOT_PRINTING.sub("?", normalise(text))
    if len(text) > LONGEST:
        text = text[: LONGEST - len(CRLF)].rstrip(CRLF) + CRLF
    return text.encode("ascii")


class Qotd(AnswerAndClose):
    """Sends a quote and closes."""

    __slots__ = ()

    def answer(self) -> bytes:
        return quote(self.context)


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """One datagram with a quote."""
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
