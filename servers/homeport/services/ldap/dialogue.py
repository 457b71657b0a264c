"""The dialogue of an LDAP session: who the client is, replies, planned ones too."""

from typing import Any

import msgspec

from homeport.protocol.dialogue import SHOWN, Dialogue
from homeport.protocol.effects import Log, ReportFinding
from homeport.protocol.events import Tls
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.session import Context
from homeport.sasl.exchange import Exchange
from homeport.services.ldap.messages import Result
from homeport.services.ldap.options import LdapOptions
from homeport.services.ldap.personas import behaviour_of
from homeport.services.ldap.planned import planned_result


class Bound(msgspec.Struct, frozen=True):
    """The identity of the client."""

    dn: str = ""
    """DN of its entry; empty for an anonymous client."""
    login: str = ""
    """Login of the person; empty for others."""
    admin: bool = False
    """True for an account of `[[ldap.account]]` that may change everything."""
    method: str = ""
    """`simple` or a SASL mechanism."""
    must_change: bool = False
    """True if the password had to be changed when it logged in."""


ANONYMOUS = Bound()
MAX_PAGED = 16
"""Searches in pages that wait in a session."""


class LdapDialogue(Dialogue):
    """State of one connection. The end of a session is `over`."""

    __slots__ = (
        "_cookies",
        "_presence",
        "_transactions",
        "authority",
        "behaviour",
        "bound",
        "bound_in_clear",
        "options",
        "pages",
        "reported",
        "sasl",
        "tls",
        "transaction",
    )

    counted_later = frozenset({"frame"})

    def __init__(self, context: Context) -> None:
        super().__init__(context, "open")
        self.options: LdapOptions = context.options
        self.behaviour = behaviour_of(self.options.behaviour)
        self.tls: Tls | None = None
        self.bound = ANONYMOUS
        self.bound_in_clear = False
        """True if that login's password came without TLS."""
        self.sasl: Exchange | None = None
        """The SASL exchange that goes on with the next bind."""
        self.authority: Any = None
        """The accounts that the exchange asks."""
        self.reported: set[str] = set()
        self.pages: dict[bytes, Any] = {}
        """Searches that wait for the request of the next page, by cookie."""
        self.transaction: Any = None
        """The transaction that has begun."""
        self._cookies = 0
        self._transactions = 0
        self._presence = ""

    def keep_page(self, search: Any) -> bytes:
        """Keep a search for its next page; return the cookie. The oldest of too many is dropped."""
        if len(self.pages) >= MAX_PAGED:
            del self.pages[next(iter(self.pages))]
        self._cookies += 1
        cookie = b"page-%d" % self._cookies
        self.pages[cookie] = search
        return cookie

    def next_transaction(self) -> bytes:
        """Return the identifier of a new transaction."""
        self._transactions += 1
        return b"transaction-%d" % self._transactions

    @property
    def accepts_clear(self) -> bool:
        """True if a password may be sent now."""
        return self.tls is not None or self.options.clear_passwords

    @property
    def host_name(self) -> str:
        """The server's name, for SASL."""
        return self.options.host_name

    def enter(self) -> None:
        """Make the person who has logged in present."""
        world = self.context.world
        if self.bound.login:
            self._presence = world.presence.enter(
                self.bound.login, "ldap", self.context.peer[0], world.clock.now(), conn=self.context.conn
            )

    def leave(self) -> None:
        """End the login's presence."""
        if self._presence:
            self.context.world.presence.leave(self._presence)
            self._presence = ""

    def mask(self, line: bytes) -> bytes:
        return line

    def planned(self, made: PlannedReply) -> Result:
        return planned_result(made)

    def report(self, finding: str, shown: bytes = b"") -> None:
        """Report a finding. shown: bytes that show it, without secrets."""
        self.effects.append(ReportFinding(finding, shown[:SHOWN], "", self.place()))

    def report_once(self, finding: str, shown: bytes = b"") -> None:
        """Report a finding once for the connection."""
        if finding not in self.reported:
            self.reported.add(finding)
            self.report(finding, shown)

    def log(self, verb: str, argument: str, code: str, size: int, **more: Any) -> None:
        """Journal a request and the result of its operation. size: bytes of all responses."""
        fields = {"verb": verb, "argument": argument, "code": code, **more}
        self.effects.append(Log("command", fields, self.place(size)))
