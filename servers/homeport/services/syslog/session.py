"""Syslog over TCP (RFC 6587) and TLS (RFC 5425): messages in a stream, and never an answer."""

from collections.abc import Sequence

from homeport.protocol.effects import CLOSE, Close, Effect, ReportFinding
from homeport.protocol.events import Closed, Data, Eof, Event, LimitReached, Opened, Stopping
from homeport.protocol.foreign import HELLO_SIZE, find_http, is_hello
from homeport.protocol.session import Context, Session, is_broken
from homeport.services.syslog.framing import Frame, Framer
from homeport.services.syslog.options import RECOMMENDED_MESSAGE
from homeport.services.syslog.receiving import receive
from homeport.services.syslog.rules import MUSTS

TURN_BYTES = 4096
"""Input of one turn of the reactor: some 40 messages, or 600 of the shortest."""
OLD_TLS = "TLSv1.2"
LONGEST_REQUEST_LINE = 1024
HANDSHAKE = 0x16
"""The first byte of a ClientHello: no message begins with it."""


class SyslogSession(Session):
    """One connection."""

    __slots__ = ("_begun", "_ended", "_framer", "_opening")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._framer = Framer(int(context.options.max_message), context.options.framing)
        self._opening: bytes | None = b""  # the first bytes, until they are no ClientHello
        self._begun = False  # a message has come
        self._ended = False  # later input is ignored

    @property
    def turn_bytes(self) -> int:
        return TURN_BYTES

    def handle(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        if kind is Data:
            return () if self._ended else self._receive(event.data)  # type: ignore[attr-defined]  # narrowed by kind
        if kind is Opened:
            tls = event.tls  # type: ignore[attr-defined]
            return (ReportFinding("tls-old", tls.version.encode()),) if tls and tls.version == OLD_TLS else ()
        if kind is Eof:
            effects = self._finish()
            if event.truncated:  # type: ignore[attr-defined]
                effects.append(ReportFinding("close-notify-missing"))
            return [*effects, Close()]
        if kind is Closed:
            return [*self._finish(), *((ReportFinding("early-close"),) if is_broken(event) else ())]
        return [*self._finish(), *CLOSE] if kind in (LimitReached, Stopping) else ()

    def _receive(self, data: bytes) -> Sequence[Effect]:
        if self._opening is not None:
            data = self._opening + data
            self._opening = None
            if data[0] == HANDSHAKE and self.context.listener != "tls":
                if len(data) < HELLO_SIZE:
                    self._opening = data
                    return ()
                if is_hello(data[:HELLO_SIZE]):
                    self._ended = True
                    return (ReportFinding("unexpected-tls", data), Close())
        effects: list[Effect] = []
        for frame in self._framer.feed(data):
            effects += self._take(frame)
            if self._ended:
                break
        return effects

    def _take(self, frame: Frame) -> list[Effect]:
        """Receive a message. A strict server closes after one that breaks a "must"."""
        content, rules = frame.content, list(frame.rules)
        context = self.context
        if not self._begun:
            self._begun = True
            if http := find_http(content.rstrip(b"\r\n"), LONGEST_REQUEST_LINE):
                self._ended = True  # a web page's form would follow
                return [ReportFinding("http-request", http), Close()]
        if frame.framing == "line" and context.listener == "tls" and "count-wrong" not in rules:
            rules = ["count-missing-on-tls", *(rule for rule in rules if rule != "count-missing")]
        if not content.strip(b"\r\n\0"):
            if not (rules and frame.framing == "octet-counting"):
                rules.append("message-empty")
            effects: list[Effect] = [ReportFinding(rule, content) for rule in rules]
        else:
            if frame.size > RECOMMENDED_MESSAGE:
                rules.append("too-long")
            effects = receive(context, content, frame.framing, frame.size, rules)
        if context.options.is_strict and any(type(one) is ReportFinding and one.id in MUSTS for one in effects):
            self._ended = True
            effects.append(Close())
        return effects

    def _finish(self) -> list[Effect]:
        """Take what the end of the stream has cut off."""
        if self._ended:
            return []
        opening, self._opening = self._opening, None
        effects = [effect for frame in self._framer.feed(opening or b"") for effect in self._take(frame)]
        frame = self._framer.finish()
        return effects if frame is None else effects + self._take(frame)
