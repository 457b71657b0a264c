"""Syslog in tests: the addresses to log to, and the messages received."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from homeport.config.quantities import counted
from homeport.testing.errors import FarmError, NotFound, TimedOut
from homeport.testing.records import Record
from homeport.testing.service import Listener, TlsService, in_thread, pages
from homeport.testing.waiting import TIMEOUT, not_seen, seconds

QUIET = 0.2
"""Default time in seconds for which `expect_none` listens."""


class LogMessage(Record):
    """A log message: severity, facility, host, app, procid, msgid, text, timestamp, findings, ...; None for a field
    that it does not have."""

    _syslog: "Syslog"

    @classmethod
    def of(cls, syslog: "Syslog", summary: dict[str, Any]) -> "LogMessage":
        """Return the message of an item of a list."""
        made = cls(summary)
        object.__setattr__(made, "_syslog", syslog)
        return made

    def _detail(self) -> dict[str, Any]:
        found: dict[str, Any] = self._syslog.world.api.get(f"{self._syslog.messages_path}/{self['id']}")
        return found

    @property
    def structured_data(self) -> Mapping[str, Mapping[str, str]]:
        """Its structured data: values by SD-ID and name. (Sends a request.)"""
        return {
            element["id"]: {one["name"]: one["value"] for one in element["parameters"]}
            for element in self._detail()["structured_data"]
        }

    @property
    def raw(self) -> bytes:
        """The message byte for byte, without framing. (Sends a request.)"""
        from base64 import b64decode

        return b64decode(self._detail()["bytes"])

    @property
    def framing(self) -> str:
        """`datagram`, `octet-counting` or `line`. (Sends a request.)"""
        return str(self._detail()["framing"])

    def __str__(self) -> str:
        return _brief(self)


class Syslog(TlsService):
    """Syslog; `address`, `host` and `port` are those of UDP. The port of TCP is the same, unless it was not free.

    Conditions of messages: `severity` ("err", "err,crit"), `at_least` ("warning"), `facility`, `app`, `host`, `procid`,
    `msgid`, `text` (a part of it), `sd` ("SD-ID/name=value"), `format`, `finding`, `listener`, `conn`, `peer`, and
    `since` (a message, or its number).
    """

    schemes: ClassVar = {"udp": "udp", "tcp": "tcp", "tls": "tls"}

    @property
    def tcp(self) -> Listener:
        """The listener for TCP."""
        return self.listener("tcp")

    @property
    def tls(self) -> Listener:
        """The listener for TLS."""
        return self.listener("tls")

    @property
    def messages_path(self) -> str:
        """The path of the messages in the API."""
        return f"{self.world.path}/syslog/messages"

    def messages(self, **conditions: Any) -> list[LogMessage]:
        """Return the messages that match every condition, oldest first; all without conditions."""
        return [LogMessage.of(self, one) for one in pages(self._api, self.messages_path, **_conditions(conditions))]

    @property
    def latest(self) -> LogMessage:
        """The newest message. (Sends a request.)

        Raises: NotFound if there is none.
        """
        __tracebackhide__ = True
        items = self._api.get(self.messages_path, order="newest", limit=1)["items"]
        if not items:
            raise NotFound("no log message has arrived")
        return LogMessage.of(self, items[0])

    def wait_for(self, *, timeout: float | timedelta = TIMEOUT, **conditions: Any) -> LogMessage:
        """Return the first message that matches the conditions; wait for it if needed. Earlier messages count.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.wait_for_all(1, timeout=timeout, **conditions)[0]

    def wait_for_all(self, count: int, *, timeout: float | timedelta = TIMEOUT, **conditions: Any) -> list[LogMessage]:
        """Return the first N messages that match; wait for them if needed.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        answer = self._wait(count, timeout, conditions)
        if answer["timed_out"]:
            what = counted(count, "log message") + _with(conditions)
            raise TimedOut(not_seen(what, timeout, len(answer["messages"]), answer["near"], _brief))
        return [LogMessage.of(self, one) for one in answer["messages"]]

    def expect_none(self, *, timeout: float | timedelta = QUIET, **conditions: Any) -> None:
        """Assert that no message matches the conditions, and that none arrives within the timeout.

        Raises: AssertionError that shows the message.
        """
        __tracebackhide__ = True
        answer = self._wait(1, timeout, conditions)
        if answer["messages"]:
            raise AssertionError(f"a log message{_with(conditions)} has arrived: {_brief(answer['messages'][0])}")

    async def wait_for_async(self, **conditions: Any) -> LogMessage:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, **conditions)

    def delete(self, **conditions: Any) -> int:
        """Delete the messages that match every condition, and return their number.

        Raises: FarmError without a condition: `clear` deletes all.
        """
        __tracebackhide__ = True
        if not conditions:
            raise FarmError("delete needs a condition, such as app='shop'; clear() deletes all messages")
        query = urlencode({name: value for name, value in _conditions(conditions).items() if value is not None})
        return int(self._api.send("DELETE", self.messages_path, query=query)["deleted"])

    def clear(self) -> None:
        """Delete all messages."""
        self._api.send("DELETE", self.messages_path)

    def _wait(self, count: int, timeout: float | timedelta, conditions: dict[str, Any]) -> dict[str, Any]:
        __tracebackhide__ = True
        left = seconds(timeout)
        found: dict[str, Any] = self._api.get(
            f"{self.messages_path}/wait",
            patience=left,
            count=count,
            timeout=f"{left:.3f}s",
            **_conditions(conditions),
        )
        return found


def _conditions(given: dict[str, Any]) -> dict[str, Any]:
    named = dict(given)
    since = named.pop("since", 0)
    return named | {"since": since["number"] if isinstance(since, LogMessage) else since}


def _with(conditions: dict[str, Any]) -> str:
    shown = ", ".join(f"{name}={value!r}" for name, value in conditions.items() if name != "since")
    return f" with {shown}" if shown else ""


def _brief(summary: dict[str, Any]) -> str:
    level = f"{summary['facility']}.{summary['severity']}" if summary["severity"] else "no PRI"
    return f"{summary['id']} {level} {summary['host'] or '-'} {summary['app'] or '-'}: {summary['text']!r}"
