"""A world's registry in tests: the objects that Whois and EPP show. It accepts inconsistent objects, too."""

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
        """Return the messages in a registrar's poll queue, oldest first: id, date, text, key, values, about."""
        return [Record(one) for one in self._world.api.get(self._queue(registrar))["items"]]

    def tell(self, registrar: str, text: str) -> Record:
        """Add a message to the end of a registrar's poll queue."""
        return Record(self._world.api.send("POST", self._queue(registrar), {"text": text}))

    def state(self, kind: str, name: str) -> Record:
        """Return an object's derived state, such as its statuses. kind: `domains`, `hosts` or `contacts`."""
        return Record(self._world.api.get(f"{self._place(kind, name)}/state"))

    def act(self, kind: str, name: str, act: str, **options: Any) -> Record:
        """Perform a registry action on an object, such as `hold`; actions and options as in the API."""
        return Record(self._world.api.send("POST", f"{self._place(kind, name)}/acts", {"act": act, **options}))

    def _place(self, kind: str, name: str) -> str:
        return f"{self._world.path}/registry/{kind}/{segment(name)}"

    def _queue(self, registrar: str) -> str:
        return f"{self._world.path}/registry/registrars/{segment(registrar)}/messages"
