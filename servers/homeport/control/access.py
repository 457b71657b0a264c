"""Who may ask: the checks of Host, Origin and token that come before any operation.

A page in somebody's browser can send requests to loopback; Host and Origin tell them from the person's own
(DNS rebinding carries a foreign name in Host, a page of another site its own in Origin).
"""

from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import urlsplit

from homeport.config.checks import is_loopback
from homeport.config.sections import Config
from homeport.control.problems import ProblemError
from homeport.protocol.addresses import ANYWHERE, is_address


class Access:
    """The rules of one control listener. addresses: those it is bound to."""

    def __init__(self, config: Config, addresses: list[str]) -> None:
        self._token = config.control.token
        self._open = config.control.open
        self._anywhere = not ANYWHERE.keys().isdisjoint(addresses)
        self._names = {*addresses, *config.farm.hosts, *config.control.hosts, *config.control.names}

    def check(self, host: str | None, origin: str | None, authorization: str | None, *, public: bool) -> None:
        """Raises: ProblemError if the request may not be answered. public: no token is needed."""
        trusted = self._knows_token(authorization)
        if not trusted and not self._names_us(host):
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"Host {host or '(none)'} is no name of this farm: use an address that the control API listens on, "
                "or add the name to [control] names",
            )
        # A page that this farm served has the same host and port as its request.
        if origin is not None and origin.lower() != f"http://{(host or '').lower()}":
            raise ProblemError(HTTPStatus.FORBIDDEN, f"requests from pages of {origin} are not answered")
        if self._token and not trusted and not public:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "this farm wants its token: send Authorization: Bearer TOKEN (the command line takes HOMEPORT_TOKEN)",
                {"WWW-Authenticate": "Bearer"},
            )

    @staticmethod
    def check_site(fetch_site: str | None) -> None:
        """Raises: ProblemError if a page of another site asks; browsers tell so also where they send no Origin.

        fetch_site: Sec-Fetch-Site (Fetch Metadata), where the browser does not just follow a link to us.
        """
        if fetch_site in ("cross-site", "same-site"):
            raise ProblemError(HTTPStatus.FORBIDDEN, "requests from pages of other origins are not answered")

    def _knows_token(self, authorization: str | None) -> bool:
        scheme, _space, token = (authorization or "").partition(" ")
        # RFC 9110 11.1: the scheme's name is case-insensitive.
        right = compare_digest(token.strip().encode(), self._token.encode())
        return bool(self._token) and scheme.lower() == "bearer" and right

    def _names_us(self, host: str | None) -> bool:
        try:
            name = urlsplit(f"//{host or ''}").hostname
        except ValueError:
            return False
        if not name:
            return False
        if is_loopback(name) or name in self._names:
            return True
        # A page can rebind only a name that it has in the DNS: no address, and none of a single label, such as those
        # that machines and containers of one network call each other by.
        return (self._anywhere and is_address(name)) or (self._open and (is_address(name) or "." not in name))
