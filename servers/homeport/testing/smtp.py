"""SMTP in tests: where to send mail to, and what came."""

from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from homeport.config.quantities import counted
from homeport.testing.errors import FarmError, NotFound, TimedOut
from homeport.testing.message import Message
from homeport.testing.service import Listener, TlsService, in_thread, pages
from homeport.testing.waiting import TIMEOUT, not_seen, seconds

RENAMED = {"from_": "from"}
"""A word of Python's."""


class Smtp(TlsService):
    """SMTP; `address`, `port` and `url` are those of the listener `plain`, which takes mail from any client: without
    STARTTLS, and with any login or none."""

    schemes: ClassVar = {"plain": "smtp", "starttls": "smtp", "submission": "smtp", "tls": "smtps"}

    @property
    def starttls(self) -> Listener:
        """The listener that offers STARTTLS and takes mail without AUTH, as between servers."""
        return self.listener("starttls")

    @property
    def submission(self) -> Listener:
        """The listener that takes mail after AUTH only (STARTTLS)."""
        return self.listener("submission")

    @property
    def tls(self) -> Listener:
        """The listener under TLS from the first octet."""
        return self.listener("tls")

    @property
    def messages_path(self) -> str:
        """Of the messages in the API."""
        return f"{self.world.path}/smtp/messages"

    @property
    def messages(self) -> list[Message]:
        """All that came, oldest first. (Asks the farm.)"""
        return self.find()

    @property
    def latest(self) -> Message:
        """The newest that came. (Asks the farm.)

        Raises: NotFound if none came.
        """
        __tracebackhide__ = True
        items = self._api.get(self.messages_path, order="newest", limit=1)["items"]
        if not items:
            raise NotFound("no message came")
        return Message(self, items[0])

    def find(self, *, newest_first: bool = False, **conditions: Any) -> list[Message]:
        """Those that came and meet every condition, oldest first: `to`, `from_` (address, local part or @domain),
        `subject`, `text`, `header` ("Name: a part of its value"), `since` (a message, or its number)."""
        found = [Message(self, one) for one in pages(self._api, self.messages_path, **_conditions(conditions))]
        return found[::-1] if newest_first else found

    def wait_for(self, *, timeout: float | timedelta = TIMEOUT, **conditions: Any) -> Message:
        """The first message that meets the conditions of `find`, which may have come before.

        Raises: TimedOut.
        """
        return self.wait_for_all(1, timeout=timeout, **conditions)[0]

    def wait_for_all(self, count: int, *, timeout: float | timedelta = TIMEOUT, **conditions: Any) -> list[Message]:
        """So many messages.

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
            assert message.raw is not None  # noqa: S101 - read now, so that looking at it asks nobody
        return found

    async def wait_for_async(self, **conditions: Any) -> Message:
        """`wait_for` for asyncio: the loop goes on meanwhile."""
        return await in_thread(self.wait_for, **conditions)

    async def wait_for_all_async(self, count: int, **conditions: Any) -> list[Message]:
        """`wait_for_all` for asyncio."""
        return await in_thread(self.wait_for_all, count, **conditions)

    def delete(self, **conditions: Any) -> int:
        """Forget the messages that meet every condition of `find`; how many there were.

        Raises: FarmError without a condition: `clear` forgets all.
        """
        __tracebackhide__ = True
        if not conditions:
            raise FarmError("delete needs a condition, such as to='bob@example.org'; clear() forgets all messages")
        query = urlencode({name: value for name, value in _conditions(conditions).items() if value is not None})
        return int(self._api.send("DELETE", self.messages_path, query=query)["deleted"])

    def clear(self) -> None:
        """Forget all messages."""
        self._api.send("DELETE", self.messages_path)


def _conditions(given: dict[str, Any]) -> dict[str, Any]:
    named = {RENAMED.get(name, name): value for name, value in given.items()}
    since = named.pop("since", 0)
    return named | {"since": since.number if isinstance(since, Message) else since}


def _brief(summary: dict[str, Any]) -> str:
    envelope = summary["envelope"]
    return f"{summary['id']} from {envelope['from']} to {', '.join(envelope['to'])}: {summary['subject']!r}"
