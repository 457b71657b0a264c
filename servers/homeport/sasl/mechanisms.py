"""The mechanisms, in order of preference; a new one is a class and a line in MECHANISMS.

A mechanism's module is imported when a client first selects it, because some import libraries that a farm without
logins never needs.
"""

from collections.abc import Callable, Collection
from importlib import import_module

import msgspec

from homeport.protocol.events import Tls
from homeport.sasl.exchange import Authority, Exchange


class Mechanism(msgspec.Struct, frozen=True):
    """One mechanism, as protocols see it."""

    name: str
    place: str
    """Module of this package, and class."""
    clear: bool = False
    """True if it sends a password or token in the clear, so that a protocol should offer it over TLS only."""
    makes_sense: Callable[[Tls | None, Authority], bool] = lambda _tls, _authority: True
    """Return True if it can succeed on this connection."""

    def exchange(self) -> type[Exchange]:
        """Import its class."""
        module, _, name = self.place.partition(":")
        found: type[Exchange] = getattr(import_module(f"homeport.sasl.{module}"), name)
        return found


MECHANISMS: dict[str, Mechanism] = {
    mechanism.name: mechanism
    for mechanism in (
        Mechanism("SCRAM-SHA-256-PLUS", "scram:Scram", makes_sense=lambda tls, _authority: bool(tls and tls.bindings)),
        Mechanism("SCRAM-SHA-256", "scram:Scram"),
        Mechanism("EXTERNAL", "external:External", makes_sense=lambda tls, _authority: bool(tls and tls.verified)),
        Mechanism(
            "OAUTHBEARER", "oauth:OAuthBearer", clear=True, makes_sense=lambda _tls, authority: authority.has_tokens()
        ),
        Mechanism("XOAUTH2", "oauth:XOAuth2", clear=True, makes_sense=lambda _tls, authority: authority.has_tokens()),
        Mechanism("CRAM-MD5", "cram_md5:CramMd5"),
        Mechanism("PLAIN", "plain:Plain", clear=True),
        Mechanism("LOGIN", "login:Login", clear=True),
    )
}
"""By name, in order of preference."""


def offered(tls: Tls | None, authority: Authority) -> list[str]:
    """Return the names of the mechanisms that can succeed on this connection, by preference.

    Those that send a password in the clear are included without TLS too: the protocol has the policy, and
    `Mechanism.clear`.
    """
    return [name for name, mechanism in MECHANISMS.items() if mechanism.makes_sense(tls, authority)]


def start(
    name: str,
    authority: Authority,
    tls: Tls | None,
    *,
    advertised: Collection[str] | None = None,
    final_challenge: bool = False,
) -> Exchange:
    """Start an exchange by the name of a mechanism, in any case.

    advertised: the names that the client was shown, if not those of `offered`.
    final_challenge: True if the protocol cannot carry data with success (SMTP, POP3 and IMAP cannot): the data is sent
    as one more challenge, which the client answers with an empty response (RFC 4422 3.6).

    Raises: KeyError for an unknown mechanism.
    """
    mechanism = MECHANISMS[name.upper()]
    shown = offered(tls, authority) if advertised is None else advertised
    return mechanism.exchange()(mechanism.name, authority, tls, shown, final_challenge=final_challenge)
