"""The API operations on a world's log messages, which syslog receives."""

from collections.abc import Callable, Generator
from functools import cache
from http import HTTPStatus
from typing import Any

from homeport.control.downloads import OCTETS, download
from homeport.control.farm import Farm
from homeport.control.json_pieces import batched, list_pieces, serialize
from homeport.control.log_search import LogWait, matching
from homeport.control.log_shapes import (
    AwaitedLogs,
    DeletedLogs,
    LogDetail,
    LogElement,
    LogFilter,
    LogFinding,
    LogMessages,
    LogParameter,
    LogsQuery,
    LogSummary,
    LogWaitQuery,
)
from homeport.control.operation import WORLD, Document, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Body, Steps
from homeport.control.times import shown_time
from homeport.protocol.addresses import address_text
from homeport.protocol.rules import Level, Rule
from homeport.services import find_service
from homeport.world.journal import bytes_fields, timestamp
from homeport.world.logs import LogMessage
from homeport.world.world import World

MESSAGES = f"{WORLD}/syslog/messages"
MESSAGE = f"{MESSAGES}/{{message}}"
STEP_SHOWN = 24
"""Messages that are serialized in one step."""
LEVELS: tuple[Level, ...] = ("advice", "should", "must")
"""Levels of findings, the most severe last."""


@cache
def rules() -> dict[str, Rule]:
    """Return the rules of syslog, by identifier."""
    return {rule.id: rule for rule in find_service("syslog").rules}


def summarize(message: LogMessage) -> LogSummary:
    """Return a message as a list shows it."""
    fields = message.fields
    levels = {rules()[one].level for one in message.findings}
    return LogSummary(
        id=message.id,
        number=message.number,
        time=timestamp(message.time),
        listener=message.listener,
        conn=message.conn or None,
        peer=address_text(message.peer),
        format=fields.format,  # type: ignore[arg-type]  # one of these words
        severity=fields.severity,
        facility=fields.facility,
        timestamp=fields.timestamp,
        host=fields.host,
        app=fields.app,
        procid=fields.procid,
        msgid=fields.msgid,
        text=fields.text,
        size=message.size,
        findings=[*message.findings],
        worst=max(levels, key=LEVELS.index, default=None),
    )


def show(message: LogMessage) -> LogDetail:
    """Return everything about a message."""
    from homeport.services.syslog.timestamps import moment

    fields, octets = message.fields, bytes_fields(message.raw)
    meant = moment(fields.timestamp)
    return LogDetail(
        id=message.id,
        number=message.number,
        time=timestamp(message.time),
        world_time=shown_time(message.world_time),
        listener=message.listener,
        conn=message.conn or None,
        peer=address_text(message.peer),
        framing=message.framing,  # type: ignore[arg-type]  # one of these words
        format=fields.format,  # type: ignore[arg-type]
        pri=fields.pri,
        severity=fields.severity,
        facility=fields.facility,
        version=fields.version,
        timestamp=fields.timestamp,
        moment=None if meant is None else shown_time(meant.timestamp()),
        host=fields.host,
        app=fields.app,
        procid=fields.procid,
        msgid=fields.msgid,
        structured_data=[
            LogElement(name, [LogParameter(key, value) for key, value in parameters])
            for name, parameters in fields.elements
        ],
        message=fields.text,
        size=message.size,
        bytes=octets["bytes"],
        text=octets["text"],
        findings=[
            LogFinding(rule.id, rule.level, rule.reference, rule.text)
            for rule in map(rules().get, message.findings)
            if rule
        ],
    )


def log_messages(farm: Farm, request: Request) -> Steps:
    world, query = world_of(farm, request).world, request.query

    def answer(found: list[LogMessage]) -> Body:
        if query.until is not None:
            found = [one for one in found if one.number < query.until]
        shown = (found if query.order == "oldest" else found[::-1])[: query.limit]
        more = shown[-1].number if len(shown) < len(found) else None
        pieces = ([serialize(summarize(one)) for one in some] for some in batched(shown, STEP_SHOWN))
        rest = {"total": len(found), "next": more, "number": world.logs.number, "dropped": world.logs.dropped}
        return Body(farm, list_pieces("items", pieces, lambda: rest))

    return Steps(farm, _then(world, query, answer))


def wait_for_log_messages(farm: Farm, request: Request) -> LogWait:
    world, query = world_of(farm, request).world, request.query

    def answer(found: list[LogMessage], near: list[LogMessage] | None) -> AwaitedLogs:
        timed_out = near is not None
        following = max(query.since, world.logs.number) if timed_out else found[-1].number
        return AwaitedLogs(
            [summarize(one) for one in found], timed_out, following, [summarize(one) for one in near or ()]
        )

    return LogWait(farm, world, query, query.count, query.timeout, answer)


def log_message(farm: Farm, request: Request) -> LogDetail:
    return show(_find(world_of(farm, request).world, request))


def log_message_raw(farm: Farm, request: Request) -> Document:
    message = _find(world_of(farm, request).world, request)
    return download(message.raw, OCTETS, f"{message.id}.log")


def delete_log_messages(farm: Farm, request: Request) -> Steps:
    world = world_of(farm, request).world
    return Steps(farm, _then(world, request.query, lambda found: DeletedLogs(world.logs.remove(found))))


def _then(world: World, wanted: LogFilter, answer: Callable[[list[LogMessage]], Any]) -> Generator[None, None, Any]:
    """Search in steps; return the answer for what was found."""
    return answer((yield from matching(world.logs, wanted)))


def _find(world: World, request: Request) -> LogMessage:
    identifier = request.parameters["message"]
    found = next(iter(world.logs.latest(1)), None) if identifier == "latest" else world.logs.get(identifier)
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"log message {identifier!r} does not exist, or was dropped")
    return found


OPERATIONS = (
    Operation(
        method="GET",
        path=MESSAGES,
        summary="List the log messages that syslog has received",
        description="The log messages that meet all conditions.",
        handler=log_messages,
        cli="homeport syslog",
        python="homeport.syslog.messages",
        query=LogsQuery,
        answer=LogMessages,
    ),
    Operation(
        method="GET",
        path=f"{MESSAGES}/wait",
        summary="Wait for log messages; those already received count",
        description="The log messages that match, once there are enough; those already received count.",
        handler=wait_for_log_messages,
        cli="homeport wait syslog --app {app}",
        python="homeport.syslog.wait_for(app={app})",
        problems=(HTTPStatus.GONE,),
        query=LogWaitQuery,
        answer=AwaitedLogs,
    ),
    Operation(
        method="GET",
        path=MESSAGE,
        summary="Get a log message",
        description="One log message, with all that could be read of it and the rules that it broke; `latest` is the "
        "newest.",
        handler=log_message,
        answer=LogDetail,
    ),
    Operation(
        method="GET",
        path=f"{MESSAGE}/raw",
        summary="Get a log message as received",
        description="One log message, byte for byte as received, without its framing.",
        handler=log_message_raw,
        cli="homeport syslog --raw {message}",
        answer=str,
        media_type=OCTETS,
    ),
    Operation(
        method="DELETE",
        path=MESSAGES,
        summary="Delete log messages: those that match, or all",
        description="Delete the log messages that meet all conditions; without conditions, all.",
        handler=delete_log_messages,
        cli="homeport syslog --delete",
        python="homeport.syslog.clear()",
        query=LogFilter,
        answer=DeletedLogs,
    ),
)
