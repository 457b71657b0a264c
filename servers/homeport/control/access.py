"""Access checks of the control API: Host, Origin, Sec-Fetch-Site and the token, before any operation runs.

A web page can make its visitor's browser send requests to loopback. Two headers distinguish these from the user's own
requests: after DNS rebinding, Host holds the attacker's name; from a page of another site, Origin holds that site.
"""

from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import urlsplit

from homeport.config.checks import is_loopback
from homeport.config.sections import Config
from homeport.control.problems import ProblemError
from homeport.protocol.addresses import ANYWHERE, is_address


class Access:
    """The access rules of the control listener. addresses: the addresses that it is bound to."""

    def __init__(self, config: Config, addresses: list[str]) -> None:
        self._token = config.control.token
        self._open = config.control.open
        self._anywhere = not ANYWHERE.keys().isdisjoint(addresses)
        self._names = {*addresses, *config.farm.hosts, *config.control.hosts, *config.control.names}

    def check(self, host: str | None, origin: str | None, authorization: str | None, *, public: bool) -> None:
        """Raise ProblemError, 401 or 403, if the request must not be answered. public: no token is needed."""
        trusted = self._knows_token(authorization)
        if not trusted and not self._names_us(host):
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"Host {host or '(none)'} is not a name of this farm: use an address that the control API listens on, "
                "or add the name to [control] names",
            )
        # A page that this farm served has the same origin as its request.
        if origin is not None and origin.lower() != f"http://{(host or '').lower()}":
            raise ProblemError(HTTPStatus.FORBIDDEN, f"requests from pages of {origin} are not answered")
        if self._token and not trusted and not public:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "this farm requires its token: send Authorization: Bearer TOKEN (command line: HOMEPORT_TOKEN)",
                {"WWW-Authenticate": "Bearer"},
            )

    @staticmethod
    def check_site(fetch_site: str | None) -> None:
        """Raise ProblemError, 403, if a page of another site sent the request. Browsers say so even without Origin.

        fetch_site: the header Sec-Fetch-Site (Fetch Metadata); empty if the browser only followed a link.
        """
        if fetch_site in ("cross-site", "same-site"):
            raise ProblemError(HTTPStatus.FORBIDDEN, "requests from pages of other origins are not answered")

    def _knows_token(self, authorization: str | None) -> bool:
        scheme, _space, token = (authorization or "").partition(" ")
        # RFC 9110 11.1: the scheme's name is case-insensitive.
        matches = compare_digest(token.strip().encode(), self._token.encode())
        return bool(self._token) and scheme.lower() == "bearer" and matches

    def _names_us(self, host: str | None) -> bool:
        try:
            name = urlsplit(f"//{host or ''}").hostname
        except ValueError:
            return False
        if not name:
            return False
        if is_loopback(name) or name in self._names:
            return True
        # DNS rebinding needs a name in the public DNS. So addresses are safe, and so are names of a single label, which
        # machines and containers of one network use for each other.
        return (self._anywhere and is_address(name)) or (self._open and (is_address(name) or "." not in name))
