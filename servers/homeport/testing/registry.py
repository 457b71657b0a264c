"""A world's registry in tests: what Whois and EPP show. It takes objects as they stand, broken ones too."""

from typing import TYPE_CHECKING

from homeport.testing.contents import Table

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
