"""A world's registry in tests: what Whois and EPP show. It takes objects as they stand, broken ones too."""

from typing import TYPE_CHECKING, Any

from homeport.testing.api import segment
from homeport.testing.contents import Table
from homeport.testing.records import Record

if TYPE_CHECKING:
    from homeport.testing.world import World


class Registry:
    """Domains, hosts, contacts and registrars, each a table by name.

    `registry.domains.put("new.test", roid="D9-NEW", registrar="harbour", created="-P1Y", expires="+1d")`
    """

    def __init__(self, world: "World") -> None:
        self.domains = Table(world, "registry/domains", "name")
        self.hosts = Table(world, "registry/hosts", "name")
        self.contacts = Table(world, "registry/contacts", "id")
        self.registrars = Table(world, "registry/registrars", "id")
        self._world = world

    def messages(self, registrar: str) -> list[Record]:
        """What waits in a registrar's poll queue, oldest first: id, date, text, key, values, about."""
        return [Record(one) for one in self._world.api.get(self._queue(registrar))["items"]]

    def tell(self, registrar: str, text: str) -> Record:
        """Put a message of your own words at the end of a registrar's poll queue."""
        return Record(self._world.api.send("POST", self._queue(registrar), {"text": text}))

    def state(self, kind: str, name: str) -> Record:
        """What follows for an object now, such as its statuses. kind: `domains`, `hosts` or `contacts`."""
        return Record(self._world.api.get(f"{self._place(kind, name)}/state"))

    def act(self, kind: str, name: str, act: str, **options: Any) -> Record:
        """Have the registry do something with an object, such as `hold`; acts and options as in the API."""
        return Record(self._world.api.send("POST", f"{self._place(kind, name)}/acts", {"act": act, **options}))

    def _place(self, kind: str, name: str) -> str:
        return f"{self._world.path}/registry/{kind}/{segment(name)}"

    def _queue(self, registrar: str) -> str:
        return f"{self._world.path}/registry/registrars/{segment(registrar)}/messages"
