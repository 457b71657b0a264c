"""EPP in tests: where registrars log in, and what they did."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from homeport.testing.records import Event
from homeport.testing.service import Credentials, Listener, TlsService, in_thread
from homeport.testing.waiting import TIMEOUT, matches

if TYPE_CHECKING:
    from homeport.testing.contents import Table
    from homeport.testing.registry import Registry


class Epp(TlsService):
    """EPP; `address`, `port` and `url` are those of the listener `tls`. Commands are named as `domain:create`."""

    schemes: ClassVar = {"tls": "epp+tls", "tcp": "epp"}

    @property
    def tls(self) -> Listener:
        """The listener under TLS (RFC 5734)."""
        return self.listener("tls")

    @property
    def registry(self) -> "Registry":
        """The world's registry."""
        return self.world.registry

    @property
    def registrars(self) -> "Table":
        """Who can log in, by identifier."""
        return self.world.registry.registrars

    def user(self, login: str = "harbour") -> Credentials:
        """With what a registrar logs in; those of a fresh world are harbour, lighthouse and pilot, each with
        NAME-pass."""
        registrar = self.registrars[login]
        return Credentials(registrar["id"], registrar["password"], "")

    def commands(self, verb: str | None = None) -> list[Event]:
        """The commands that registrars gave, oldest first: command, object, code, reason, cl_trid, sv_trid, conn."""
        return [event for event in self.events("epp") if matches(event, {"command": verb})]

    def wait_for(
        self,
        command: str | None = None,
        object: str | None = None,  # the word of the journal
        code: int | None = None,
        *,
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
    ) -> Event:
        """The first answered command of that name, about that object, with that result code; it may have come before:
        `wait_for("domain:create", "new.test", 1000)`.

        Raises: TimedOut.
        """
        return self.wait_for_event("epp", command=command, object=object, code=code, timeout=timeout, since=since)

    async def wait_for_async(self, *args: Any, **options: Any) -> Event:
        """`wait_for` for asyncio: the loop goes on meanwhile."""
        return await in_thread(self.wait_for, *args, **options)
