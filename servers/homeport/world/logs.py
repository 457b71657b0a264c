"""The log messages that a world has received: a bounded collection, with the fields that could be read of each.

It is bounded by number and by bytes: the oldest are dropped, and counted. Messages are numbered in the order of their
arrival; numbers are not used again, not even after a reset.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import msgspec

from homeport.protocol.addresses import Address

SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
"""Names by number (RFC 5424 6.2.1), as syslog(3) and configuration files have them."""
FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "security", "console", "solaris-cron"),
    *(f"local{number}" for number in range(8)),
)
MESSAGE_COST = 800
"""Bytes that a message counts for besides its content: about what CPython uses for it and its fields."""

Element = tuple[str, tuple[tuple[str, str], ...]]
"""An element of structured data: its SD-ID, and pairs of name and value, in order (RFC 5424 6.3)."""


class LogFields(msgspec.Struct, frozen=True, gc=False):
    """The fields that could be read of a message. One that it does not have is None."""

    format: str
    """`rfc5424`, `bsd` (RFC 3164), `cisco`, or `unknown` for text without a header."""
    pri: int | None = None
    """PRI, 0 to 191."""
    version: int | None = None
    timestamp: str | None = None
    """The timestamp as it was sent."""
    host: str | None = None
    app: str | None = None
    """APP-NAME; of BSD syslog, the TAG; of Cisco, the facility in `%FACILITY-SEVERITY-MNEMONIC`."""
    procid: str | None = None
    msgid: str | None = None
    elements: tuple[Element, ...] = ()
    text: str = ""
    """The text, without BOM. Bytes that are no UTF-8 are shown as `\\xNN`."""

    @property
    def severity(self) -> str | None:
        """The name of its severity."""
        return None if self.pri is None else SEVERITIES[self.pri & 7]

    @property
    def facility(self) -> str | None:
        """The name of its facility."""
        return None if self.pri is None else FACILITIES[self.pri >> 3]


class LogMessage(msgspec.Struct, frozen=True, gc=False):
    """A log message as received."""

    number: int
    time: float
    """Real Unix time of its arrival."""
    world_time: float
    """Time of the world at its arrival."""
    listener: str
    conn: str
    """Identifier of its connection; empty for a datagram."""
    peer: Address
    framing: str
    """`datagram`, `octet-counting` or `line`."""
    raw: bytes
    """The message byte for byte, without its framing; cut to the configured maximum."""
    size: int
    """Bytes of the whole message."""
    fields: LogFields
    findings: tuple[str, ...] = ()
    """Identifiers of the rules that it broke, without the service's name."""

    @property
    def id(self) -> str:
        """Its identifier: `l1`, `l2`, ..."""
        return f"l{self.number}"

    @property
    def cost(self) -> int:
        """Bytes that it counts for."""
        return MESSAGE_COST + 3 * len(self.raw)


class Logs:
    """The log messages of one world, oldest first."""

    def __init__(self) -> None:
        self.number = 0
        """Number of the newest message; 0 before the first."""
        self.dropped = 0
        """Messages that were dropped for newer ones."""
        self.size_bytes = 0
        """Bytes that it holds, as messages count them."""
        self.on_message: list[Callable[[LogMessage], None]] = []
        """Called with each new message. They must be cheap: schedule the work for a later turn."""
        self._messages: deque[LogMessage] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, message: LogMessage, max_messages: int, max_bytes: int) -> None:
        """Add a message whose number is `number` + 1, and drop the oldest above these limits; the newest stays."""
        self.number = message.number
        messages = self._messages
        messages.append(message)
        # `cost` inlined: this runs for every message.
        self.size_bytes += MESSAGE_COST + 3 * len(message.raw)
        while (self.size_bytes > max_bytes or len(messages) > max_messages) and len(messages) > 1:
            self.size_bytes -= messages.popleft().cost
            self.dropped += 1
        for notify in self.on_message:
            notify(message)

    def get(self, identifier: str) -> LogMessage | None:
        """Return the message with that identifier, or None."""
        if not identifier.startswith("l") or not identifier[1:].isdecimal() or not identifier.isascii():
            return None
        number = int(identifier[1:])
        at = bisect_right(self._messages, number - 1, key=_number)
        if at < len(self._messages) and (found := self._messages[at]).number == number and found.id == identifier:
            return found
        return None

    def messages(self, since: int = 0) -> list[LogMessage]:
        """Return the messages after that number, oldest first."""
        begin = bisect_right(self._messages, since, key=_number) if since else 0
        wanted = len(self._messages) - begin
        return [*islice(reversed(self._messages), wanted)][::-1]

    def latest(self, number: int) -> list[LogMessage]:
        """Return the latest messages, at most that many, oldest first."""
        return [*islice(reversed(self._messages), number)][::-1]

    def remove(self, messages: Iterable[LogMessage]) -> int:
        """Delete messages. Return how many there were."""
        numbers = {one.number for one in messages}
        before = len(self._messages)
        self._messages = deque(one for one in self._messages if one.number not in numbers)
        self.size_bytes = sum(one.cost for one in self._messages)
        return before - len(self._messages)

    def reset(self) -> None:
        """Delete all messages. Numbers continue, so that no reader mistakes a new message for an old one."""
        self._messages.clear()
        self.size_bytes = self.dropped = 0


def _number(message: LogMessage) -> int:
    return message.number


def describe(message: LogMessage) -> dict[str, Any]:
    """Return the fields of a journal event of type `syslog`; those that the message does not have are left out."""
    fields = message.fields
    described: dict[str, Any] = {"id": f"l{message.number}", "size": message.size, "format": fields.format}
    if fields.pri is not None:
        described["severity"] = SEVERITIES[fields.pri & 7]
        described["facility"] = FACILITIES[fields.pri >> 3]
    if fields.host is not None:
        described["host"] = fields.host
    if fields.app is not None:
        described["app"] = fields.app
    if fields.procid is not None:
        described["procid"] = fields.procid
    if fields.msgid is not None:
        described["msgid"] = fields.msgid
    described["framing"] = message.framing
    described["message"] = fields.text
    return described
