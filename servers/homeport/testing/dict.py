"""DICT in tests: words to plant, and the questions that clients asked."""

from datetime import timedelta
from typing import Any, ClassVar

from homeport.testing.contents import Table
from homeport.testing.records import Event, Record
from homeport.testing.service import Listener, Service, in_thread
from homeport.testing.waiting import TIMEOUT

OWN = "homeport"
LOOKUPS = ("DEFINE", "MATCH")


class Dict(Service):
    """DICT; it defines the words that you plant, and people and services of the world."""

    schemes: ClassVar = {"tcp": "dict"}

    @property
    def tcp(self) -> Listener:
        """Its listener."""
        return self.listener("tcp")

    def databases(self) -> list[Record]:
        """Return the databases: name, title, path, restricted, words."""
        return [Record(one) for one in self._api.get(f"{self.world.path}/dict/databases")["items"]]

    def words(self, database: str = OWN) -> Table:
        """Return the words of a database that can be changed: `dict.words()["octet"]["definitions"]`."""
        return Table(self.world, f"dict/databases/{database}/words", "word")

    def define(self, word: str, *definitions: str, database: str = OWN) -> Record:
        """Add a word with its definitions, or replace it: `dict.define("anchor", "A heavy hook.")`."""
        return self.words(database).put(word, definitions=list(definitions))

    def queries(self, verb: str | None = None) -> list[Event]:
        """Return the commands DEFINE and MATCH received, oldest first: verb, argument, code, conn."""
        return [event for event in self.commands(verb) if event["verb"] in LOOKUPS]

    def wait_for(
        self,
        word: str | None = None,
        *,
        verb: str = "DEFINE",
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
        **filters: Any,
    ) -> Event:
        """Return the first DEFINE, or other command, that contains a word; wait for it if needed. Earlier ones count.

        Raises: TimedOut.
        """
        return self.wait_for_event("command", text=word, verb=verb, timeout=timeout, since=since, **filters)

    async def wait_for_async(self, word: str | None = None, **options: Any) -> Event:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, word, **options)
