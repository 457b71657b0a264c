"""The log: one line per event on standard error, as text or JSON."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from homeport.farm.log_limiter import LogLimiter
from homeport.visible import visible_json, visible_line, visible_text

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes that every record has; others are fields of the event."""


class TextFormatter(logging.Formatter):
    """`17:04:05 warning: message`."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        text = f"{time} {record.levelname.lower()}: {visible_line(record.getMessage())}"
        return f"{text}\n{visible_text(self.formatException(record.exc_info))}" if record.exc_info else text


class JsonFormatter(logging.Formatter):
    """One flat JSON object per line: `ts`, `level`, `message`, and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return visible_json(msgspec.json.encode(line, enc_hook=str).decode())


def configure(form: str, level: int) -> None:
    """Configure logging to standard error. form: `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    handler.addFilter(LogLimiter())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def capture_twisted_errors() -> None:
    """Route Twisted's errors to our log and drop its other messages."""
    from twisted.logger import LogLevel, formatEvent, globalLogBeginner

    def observe(event: Any) -> None:
        if event.get("log_level", LogLevel.info) >= LogLevel.error:
            failure = event.get("log_failure")
            exception = (failure.type, failure.value, failure.getTracebackObject()) if failure else None
            logging.getLogger("homeport.twisted").error("%s", formatEvent(event), exc_info=exception)

    globalLogBeginner.beginLoggingTo(
        [observe],  # type: ignore[list-item]  # any function of an event is an ILogObserver
        redirectStandardIO=False,
        discardBuffer=True,
    )
