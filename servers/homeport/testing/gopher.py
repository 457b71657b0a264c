"""Gopher in tests: its URL, the selectors that clients have sent, and the menus that they get."""

from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from homeport.testing.records import Event
from homeport.testing.service import TlsService
from homeport.testing.text import Query
from homeport.testing.waiting import TIMEOUT


class Gopher(Query, TlsService):
    """Gopher; it shows the world's files, people and quotes."""

    schemes: ClassVar = {"tcp": "gopher"}

    def url_of(self, selector: str = "", kind: str = "1", *, tls: bool = False) -> str:
        """Return the URL of an item (RFC 4266 2.1). kind: its type. tls: for clients with TLS (`[gopher] tls`)."""
        return f"gopher{'s' * tls}://{self.address}/{kind}{quote(selector)}"

    def selectors(self) -> list[str]:
        """Return the selectors received, oldest first; of a search with a TAB and its terms."""
        return self.queries()

    def wait_for(
        self,
        query: str | None = None,
        *,
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
        **filters: Any,
    ) -> Event:
        """Return the first request for a selector; wait for it if needed. Earlier ones count.

        query: the whole selector, such as "/files"; of a search as in `selectors`. filters: other fields of the event,
        such as code="none".

        Raises: TimedOut.
        """
        if query is not None:
            filters["argument"] = query
        return self.wait_for_event("command", timeout=timeout, since=since, **filters)
