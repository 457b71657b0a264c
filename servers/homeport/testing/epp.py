"""EPP in tests: the address, the registrars' logins, and the commands received."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from homeport.testing.api import segment
from homeport.testing.records import Event, Record
from homeport.testing.service import Credentials, Listener, TlsService, in_thread
from homeport.testing.waiting import TIMEOUT, matches

if TYPE_CHECKING:
    from homeport.testing.contents import Table
    from homeport.testing.registry import Registry


class Epp(TlsService):
    """EPP; `address`, `port` and `url` are those of the listener `tls`. Commands have names such as `domain:create`."""

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
        """The registrars who can log in, by identifier."""
        return self.world.registry.registrars

    def user(self, login: str = "harbour") -> Credentials:
        """Return a registrar's login; a fresh world has harbour, lighthouse and pilot, each with the password
        NAME-pass."""
        registrar = self.registrars[login]
        return Credentials(registrar["id"], registrar["password"], "")

    def ote(self, registrar: str = "harbour") -> Record:
        """Return a registrar's operational test (OT&E): registrar, passed, done, wrong, open, total, steps."""
        return Record(self._api.get(f"{self.world.path}/registry/ote/{segment(registrar)}"))

    def commands(self, verb: str | None = None) -> list[Event]:
        """Return the commands received, oldest first: command, object, code, reason, cl_trid, sv_trid, conn."""
        return [event for event in self.events("epp") if matches(event, {"command": verb})]

    def wait_for(
        self,
        command: str | None = None,
        object: str | None = None,  # the journal's name for it
        code: int | None = None,
        *,
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
    ) -> Event:
        """Return the first answered command of that name, on that object, with that result code; wait for it if needed:
        `wait_for("domain:create", "new.test", 1000)`. Earlier commands count.

        Raises: TimedOut.
        """
        return self.wait_for_event("epp", command=command, object=object, code=code, timeout=timeout, since=since)

    async def wait_for_async(self, *args: Any, **options: Any) -> Event:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, *args, **options)
