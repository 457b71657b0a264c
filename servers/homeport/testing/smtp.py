"""SMTP in tests: the addresses to send mail to, and the messages received."""

from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from homeport.config.quantities import counted
from homeport.testing.errors import FarmError, NotFound, TimedOut
from homeport.testing.message import Message
from homeport.testing.service import Listener, TlsService, in_thread, pages
from homeport.testing.waiting import TIMEOUT, not_seen, seconds

RENAMED = {"from_": "from"}
"""Keywords of Python that are parameters of the API."""


class Smtp(TlsService):
    """SMTP; `address`, `port` and `url` are those of the listener `plain`, which accepts mail from any client: without
    STARTTLS, and with any login or none."""

    schemes: ClassVar = {"plain": "smtp", "starttls": "smtp", "submission": "smtp", "tls": "smtps"}

    @property
    def starttls(self) -> Listener:
        """The listener that offers STARTTLS and accepts mail without AUTH, as between servers."""
        return self.listener("starttls")

    @property
    def submission(self) -> Listener:
        """The listener that accepts mail after AUTH only (STARTTLS)."""
        return self.listener("submission")

    @property
    def tls(self) -> Listener:
        """The listener for implicit TLS."""
        return self.listener("tls")

    @property
    def messages_path(self) -> str:
        """The path of the messages in the API."""
        return f"{self.world.path}/smtp/messages"

    @property
    def messages(self) -> list[Message]:
        """All messages, oldest first. (Sends a request.)"""
        return self.find()

    @property
    def latest(self) -> Message:
        """The newest message. (Sends a request.)

        Raises: NotFound if there is none.
        """
        __tracebackhide__ = True
        return self.find_latest()

    def find(self, *, newest_first: bool = False, **conditions: Any) -> list[Message]:
        """Return the messages that match every condition, oldest first: `to`, `from_`, `cc`, `bcc` (address, local
        part, @domain, or a part of a name), `mailbox`, `subject`, `text`, `header` ("Name: a part of its value"), `has`
        ("attachment", "html", "text", "link", "finding", "unread"), `larger`, `smaller`, `after`, `before`, `since` (a
        message, or its number), and `q`, a filter such as "from:bob -has:attachment size:>10KiB"."""
        found = [Message(self, one) for one in pages(self._api, self.messages_path, **_conditions(conditions))]
        return found[::-1] if newest_first else found

    def find_latest(self, **conditions: Any) -> Message:
        """Return the newest message that matches every condition of `find`.

        Raises: NotFound if there is none.
        """
        __tracebackhide__ = True
        wanted = _conditions(conditions)
        items = self._api.get(self.messages_path, order="newest", limit=1, **wanted)["items"]
        if not items:
            shown = ", ".join(f"{name}={value!r}" for name, value in conditions.items())
            raise NotFound(f"no message with {shown} has arrived" if shown else "no message has arrived")
        return Message(self, items[0])

    def wait_for(self, *, timeout: float | timedelta = TIMEOUT, **conditions: Any) -> Message:
        """Return the first message that matches the conditions of `find`; wait for it if needed. Earlier messages
        count.

        Raises: TimedOut.
        """
        return self.wait_for_all(1, timeout=timeout, **conditions)[0]

    def wait_for_all(self, count: int, *, timeout: float | timedelta = TIMEOUT, **conditions: Any) -> list[Message]:
        """Return the first N messages that match; wait for them if needed.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        left = seconds(timeout)
        wanted = _conditions(conditions)
        answer = self._api.get(
            f"{self.messages_path}/wait", patience=left, count=count, timeout=f"{left:.3f}s", **wanted
        )
        if answer["timed_out"]:
            shown = ", ".join(f"{name}={value!r}" for name, value in wanted.items() if name != "since")
            what = counted(count, "message") + (f" with {shown}" if shown else "")
            raise TimedOut(not_seen(what, timeout, len(answer["messages"]), answer["near"], _brief))
        found = [Message(self, one) for one in answer["messages"]]
        for message in found:
            assert message.raw is not None  # noqa: S101 - fetched now, so that later accesses send no request
        return found

    async def wait_for_async(self, **conditions: Any) -> Message:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, **conditions)

    async def wait_for_all_async(self, count: int, **conditions: Any) -> list[Message]:
        """`wait_for_all` for asyncio."""
        return await in_thread(self.wait_for_all, count, **conditions)

    def delete(self, **conditions: Any) -> int:
        """Delete the messages that match every condition of `find`, and return their number.

        Raises: FarmError without a condition: `clear` deletes all.
        """
        __tracebackhide__ = True
        if not conditions:
            raise FarmError("delete needs a condition, such as to='bob@example.org'; clear() deletes all messages")
        query = urlencode({name: value for name, value in _conditions(conditions).items() if value is not None})
        return int(self._api.send("DELETE", self.messages_path, query=query)["deleted"])

    def clear(self) -> None:
        """Delete all messages."""
        self._api.send("DELETE", self.messages_path)


def _conditions(given: dict[str, Any]) -> dict[str, Any]:
    named = {RENAMED.get(name, name): value for name, value in given.items()}
    since = named.pop("since", 0)
    return named | {"since": since.number if isinstance(since, Message) else since}


def _brief(summary: dict[str, Any]) -> str:
    envelope = summary["envelope"]
    return f"{summary['id']} from {envelope['from']} to {', '.join(envelope['to'])}: {summary['subject']!r}"
