"""RDAP in tests: its URLs, and its answers over HTTPS."""

from typing import Any, ClassVar

from homeport.testing.service import Listener, TlsService


class Rdap(TlsService):
    """RDAP; `address`, `host` and `port` are those of HTTPS. Clients must trust `ca_file`."""

    schemes: ClassVar = {"https": "https"}

    @property
    def https(self) -> Listener:
        """The listener for HTTPS."""
        return self.listener("https")

    @property
    def base_url(self) -> str:
        """The base URL of queries, with a slash at the end."""
        return f"{self.https.url}/rdap/"

    @property
    def bootstrap_url(self) -> str:
        """The URL below which bootstrap files are: `dns.json`, `ipv4.json`, ... (RFC 9224)."""
        return f"{self.https.url}/"

    def get(self, query: str) -> dict[str, Any]:
        """Return the answer to a query, `domain/homeport.test`, over the control API.

        Raises: FarmError for an error of RDAP.
        """
        answer: dict[str, Any] = self._api.get(f"{self.world.path}/rdap/{query}")
        return answer
