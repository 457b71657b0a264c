"""LDAP in tests: the URL and base to search, logins and searches to wait for, results to plan."""

from datetime import timedelta
from typing import Any, ClassVar

from homeport.testing.api import segment
from homeport.testing.records import Event, Record
from homeport.testing.service import Listener, TlsService, in_thread
from homeport.testing.waiting import TIMEOUT


class Ldap(TlsService):
    """LDAP; `address`, `host` and `port` are those of the listener with StartTLS."""

    schemes: ClassVar = {"starttls": "ldap", "tls": "ldaps"}

    @property
    def starttls(self) -> Listener:
        """The listener without TLS from the beginning."""
        return self.listener("starttls")

    @property
    def tls(self) -> Listener:
        """The listener with TLS from the beginning."""
        return self.listener("tls")

    @property
    def base(self) -> str:
        """The DN below which people and groups are. (Sends a request.)"""
        return str(self._api.get(f"{self.world.path}/directory")["base"])

    def dn(self, login: str) -> str:
        """Return the DN of a person: `uid=alice,ou=people,dc=homeport,dc=test`."""
        return f"uid={login},ou=people,{self.base}"

    def entries(self, filter: str = "(objectClass=*)", base: str = "", scope: str = "sub") -> list[Record]:
        """Return entries as the administrator sees them, secrets included: `dn`, `attributes` (name to list of values).

        filter: as RFC 4515 has it. base: a DN; empty for that of the directory. scope: base, one, sub or subordinates.
        """
        __tracebackhide__ = True
        asked: dict[str, Any] = {"filter": filter, "scope": scope, "base": base}
        found: list[Record] = []
        offset: int | None = 0
        while offset is not None:
            answer = self._api.get(f"{self.world.path}/directory/entries", offset=offset, **asked)
            found += map(Record, answer["items"])
            offset = answer["next"]
        return found

    def ldif(self) -> str:
        """Return the directory as LDIF."""
        return self._api.fetch(f"{self.world.path}/directory/ldif").decode()

    def add_ldif(self, text: str) -> Record:
        """Carry out the records of an LDIF; return how many were `added`, `modified`, `deleted`, `renamed`.

        Raises: Refused for the first one that fails; those before it stay.
        """
        __tracebackhide__ = True
        return Record(self._api.add(f"{self.world.path}/directory/ldif", text.encode()))

    # Passwords

    def password_policy(self) -> Record:
        """Return the password policy, as `[directory.password_policy]` has it. Raises: Refused if there is none."""
        return Record(self._api.get(f"{self.world.path}/directory/password-policy"))

    def set_password_policy(self, **options: Any) -> Record:
        """Set the password policy: `set_password_policy(max_age="90d", max_failure=3)`; the rest is off."""
        __tracebackhide__ = True
        return Record(self._api.send("PUT", f"{self.world.path}/directory/password-policy", options))

    def remove_password_policy(self) -> None:
        """Remove the password policy. Raises: Refused if there is none."""
        __tracebackhide__ = True
        self._api.send("DELETE", f"{self.world.path}/directory/password-policy")

    def password_state(self, login: str) -> Record:
        """Return the state of a person's password for LDAP: `locked`, `expired`, `must_change`, `expires`, `failures`,
        `grace_left` and so on."""
        __tracebackhide__ = True
        return Record(self._api.get(self._state_path(login)))

    def lock(self, login: str) -> Record:
        """Lock an account: no password logs in until `unlock`. Return the state."""
        return self._change_state(login, locked=True)

    def unlock(self, login: str) -> Record:
        """Unlock an account, and forget wrong passwords. Return the state."""
        return self._change_state(login, locked=False)

    def expire_password(self, login: str) -> Record:
        """Make a password too old; grace logins are left, if the policy has any. Return the state."""
        return self._change_state(login, expired=True)

    def renew_password(self, login: str) -> Record:
        """Make a password new, so that it is not expired. Return the state."""
        return self._change_state(login, expired=False)

    def require_new_password(self, login: str) -> Record:
        """Require that a person changes the password before anything else. Return the state."""
        return self._change_state(login, must_change=True)

    def _change_state(self, login: str, **fields: bool) -> Record:
        __tracebackhide__ = True
        return Record(self._api.send("PATCH", self._state_path(login), fields))

    def _state_path(self, login: str) -> str:
        return f"{self.world.path}/people/{segment(login)}/password-state"

    def searches(self) -> list[Event]:
        """Return the searches, oldest first: argument (base, scope, filter), code, conn."""
        return self.commands("search")

    def logins(self) -> list[Event]:
        """Return the logins, oldest first: login, mechanism, code (`success`, `invalidCredentials`), conn."""
        return list(self.events("login"))

    def wait_for_login(
        self, login: str | None = None, *, timeout: float | timedelta = TIMEOUT, since: int = 0
    ) -> Event:
        """Return the first successful login, of that person or DN if one is named; wait for it if needed.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        wanted = {} if login is None else {"login": login}
        return self.wait_for_event("login", code="success", timeout=timeout, since=since, **wanted)

    def wait_for(self, verb: str, *, timeout: float | timedelta = TIMEOUT, since: int = 0, **filters: Any) -> Event:
        """Return the first request of a kind (`search`, `add`, `modify`, ...); wait for it if needed.

        filters: fields of the event that must be equal, such as code="noSuchObject".

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.wait_for_event("command", verb=verb, timeout=timeout, since=since, **filters)

    async def wait_for_login_async(self, login: str | None = None, **options: Any) -> Event:
        """`wait_for_login` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_login, login, **options)

    async def wait_for_async(self, verb: str, **options: Any) -> Event:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, verb, **options)
