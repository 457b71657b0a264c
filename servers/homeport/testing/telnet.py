"""Telnet in tests: the address, the logins and lines to wait for, and faults of devices to plan."""

from datetime import timedelta
from typing import Any, ClassVar

from homeport.testing.records import Event
from homeport.testing.service import Listener, TlsService, in_thread
from homeport.testing.waiting import TIMEOUT


class Telnet(TlsService):
    """Telnet; `address`, `host` and `port` are those of the listener without TLS."""

    schemes: ClassVar = {"tcp": "telnet", "tls": "telnets"}

    @property
    def tcp(self) -> Listener:
        """The listener without TLS."""
        return self.listener("tcp")

    @property
    def tls(self) -> Listener:
        """The listener with TLS from the beginning."""
        return self.listener("tls")

    def logins(self) -> list[Event]:
        """Return the logins, oldest first: login, mechanism, code (`ok`, `failed`), conn."""
        return list(self.events("login"))

    def lines(self) -> list[str]:
        """Return the lines that users have typed after the login, oldest first; secrets are not among them."""
        return [event["argument"] for event in self.commands("LINE")]

    def wait_for_login(
        self, login: str | None = None, *, timeout: float | timedelta = TIMEOUT, since: int = 0
    ) -> Event:
        """Return the first successful login, of that person if one is named; wait for it if needed.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        wanted = {} if login is None else {"login": login}
        return self.wait_for_event("login", code="ok", timeout=timeout, since=since, **wanted)

    def wait_for_line(self, line: str, *, timeout: float | timedelta = TIMEOUT, since: int = 0) -> Event:
        """Return the first event of a line that a user has typed; wait for it if needed.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.wait_for_event("command", verb="LINE", argument=line, timeout=timeout, since=since)

    async def wait_for_login_async(self, login: str | None = None, **options: Any) -> Event:
        """`wait_for_login` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_login, login, **options)

    async def wait_for_line_async(self, line: str, **options: Any) -> Event:
        """`wait_for_line` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_line, line, **options)
