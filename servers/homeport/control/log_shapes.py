"""The request and response schemas of the API's operations on log messages."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration
from homeport.control.times import validate_timeout
from homeport.protocol.rules import Level


class LogFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Conditions for log messages; a message must meet all. Case-insensitive."""

    since: Annotated[int, Meta(ge=0, description="only messages after the one of this `number`")] = 0
    severity: Annotated[
        str | None, Meta(description="its severity, or one of several: err, err,crit, 3 (0 to 7, emerg to debug)")
    ] = None
    at_least: Annotated[
        str | None, Meta(description="this severity or a more severe one: warning finds err, crit, alert and emerg too")
    ] = None
    facility: Annotated[str | None, Meta(description="its facility, or one of several: daemon, local0,local1, 16")] = (
        None
    )
    app: Annotated[str | None, Meta(description="its APP-NAME; of BSD syslog, the TAG")] = None
    host: Annotated[str | None, Meta(description="its HOSTNAME")] = None
    procid: Annotated[str | None, Meta(description="its PROCID")] = None
    msgid: Annotated[str | None, Meta(description="its MSGID")] = None
    text: Annotated[str | None, Meta(description="a part of its text")] = None
    sd: Annotated[
        str | None,
        Meta(description="its structured data has this: `SD-ID`, `SD-ID/name`, or `SD-ID/name=value`"),
    ] = None
    format: Annotated[Literal["rfc5424", "bsd", "cisco", "unknown"] | None, Meta(description="its format")] = None
    finding: Annotated[
        str | None, Meta(description="a rule that it broke, such as bom-missing; `any`: at least one; `none`: none")
    ] = None
    listener: Annotated[str | None, Meta(description="the listener that it came to: udp, tcp, tls")] = None
    conn: Annotated[str | None, Meta(description="its connection, such as c3")] = None
    peer: Annotated[str | None, Meta(description="the address that it came from, or address and port")] = None
    q: Annotated[
        str | None,
        Meta(description="conditions in the filter language: words, key:value, -key:value, severity:>=warning"),
    ] = None


class LogsQuery(LogFilter, frozen=True, kw_only=True):
    """The log messages to list."""

    order: Annotated[Literal["oldest", "newest"], Meta(description="sort order by `number`")] = "oldest"
    until: Annotated[
        int | None,
        Meta(description="only messages before the one of this `number`; continues a list with the newest first"),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=10_000, description="maximum number of messages")] = 1000


class LogWaitQuery(LogFilter, frozen=True, kw_only=True):
    """The log messages to wait for."""

    count: Annotated[int, Meta(ge=1, le=10_000, description="number of messages to wait for")] = 1
    timeout: Annotated[
        Duration,
        Meta(
            description="timeout in real time, such as 500ms or 5s, at most 24h",
            extra_json_schema={"type": "string", "default": "5s"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(5))

    def __post_init__(self) -> None:
        validate_timeout(self.timeout)


class LogSummary(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A log message in a list. A field that it does not have is null."

    id: str
    number: int
    time: str
    """Real time of its arrival."""
    listener: str
    conn: str | None
    peer: str
    format: Literal["rfc5424", "bsd", "cisco", "unknown"]
    """`bsd`: RFC 3164; `unknown`: text without a header."""
    severity: str | None
    facility: str | None
    timestamp: str | None
    """The timestamp as it was sent."""
    host: str | None
    app: str | None
    procid: str | None
    msgid: str | None
    text: str
    size: int
    findings: list[str]
    """The rules that it broke."""
    worst: Level | None
    """The level of the most severe of them."""


class LogParameter(msgspec.Struct, frozen=True):
    meaning = "A parameter of structured data."

    name: str
    value: str


class LogElement(msgspec.Struct, frozen=True):
    meaning = "An element of structured data (RFC 5424 6.3)."

    id: str
    parameters: list[LogParameter]


class LogFinding(msgspec.Struct, frozen=True):
    meaning = "A rule that a log message broke."

    id: str
    level: Level
    reference: str
    text: str


class LogDetail(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A log message with everything that is known about it. A field that it does not have is null."

    id: str
    number: int
    time: str
    world_time: str
    listener: str
    conn: str | None
    peer: str
    framing: Literal["datagram", "octet-counting", "line"]
    """`octet-counting`, or a line that ends with LF (RFC 6587)."""
    format: Literal["rfc5424", "bsd", "cisco", "unknown"]
    pri: int | None
    severity: str | None
    facility: str | None
    version: int | None
    timestamp: str | None
    moment: str | None
    """The timestamp as RFC 3339 in UTC; null if it has no year or no offset."""
    host: str | None
    app: str | None
    procid: str | None
    msgid: str | None
    structured_data: list[LogElement]
    message: str
    """The text, without BOM; bytes that are no UTF-8 are shown as `\\xNN`."""
    size: int
    bytes: str
    """The message as received, without framing, in base64."""
    text: str
    """These bytes as printable text."""
    findings: list[LogFinding]


class LogMessages(msgspec.Struct, frozen=True):
    meaning = (
        "Log messages in the requested order. `next` continues the list: pass it as `since`, or as `until` if the "
        "newest come first;\n"
        "it is null at the end."
    )

    items: list[LogSummary]
    total: int
    next: int | None = None
    number: int = 0
    """The number of the newest message of all: pass it as `since` to get only later messages."""
    dropped: int = 0
    """Messages that were dropped for newer ones."""


class AwaitedLogs(msgspec.Struct, frozen=True):
    meaning = "The matches. On timeout, `near` has the latest messages that met all conditions but one."

    messages: list[LogSummary]
    timed_out: bool
    next: int
    """Pass it as `since` to continue after these."""
    near: list[LogSummary] = []


class DeletedLogs(msgspec.Struct, frozen=True):
    meaning = "The number of deleted log messages."

    deleted: int
