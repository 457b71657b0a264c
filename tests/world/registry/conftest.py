"""A registry of one zone with a clock that a test moves."""

import msgspec
import pytest

from homeport.world.clock import Clock
from homeport.world.registry import Contact, Domain, Host, PostalInfo, Registrar, Registry, RegistryContents, Zone
from homeport.world.registry.messages import worded

NOW = 1_792_000_000.0
DAY = 86_400.0


class Little:
    """A registry with a few objects; times are days from its beginning."""

    def __init__(self, **zone):
        self.clock = Clock(lambda: NOW)
        registrars = tuple(Registrar(id=one, name=one, balance=1000.0) for one in ("ours", "theirs"))
        contents = RegistryContents(zones=(Zone(name="test", **zone),), registrars=registrars)
        self.registry = Registry(contents, self.clock)

    def put(self, name, registrar="ours", *, age=400, left=300, **fields):
        """Add a domain. age, left: days since its creation and until its expiry."""
        now = self.clock.now()
        fields = {"created": now - age * DAY, "expires": now + left * DAY, "password": "secret", **fields}
        domain = Domain(name=name, roid=self.registry.new_roid("domain"), registrar=registrar, **fields)
        self.registry.put(domain)
        return domain

    def host(self, name, registrar="ours"):
        roid = self.registry.new_roid("host")
        self.registry.put(Host(name=name, roid=roid, registrar=registrar, created=NOW, addresses=("192.0.2.1",)))

    def contact(self, id_, registrar="ours"):
        roid = self.registry.new_roid("contact")
        self.registry.put(
            Contact(id=id_, roid=roid, registrar=registrar, created=NOW, postal=PostalInfo(name=id_), password="secret")
        )

    def do(self, act, *arguments, **named):
        """Run one transaction; a string stands for the domain, host or contact of that name."""
        changes = self.registry.begin()
        first, *others = arguments
        found = changes.domain(first) or changes.host(first) or changes.contact(first)
        result = act(changes, found or first, *others, **named)
        self.registry.commit(changes)
        return result

    def go(self, days):
        """Advance the clock by days."""
        self.clock.advance(days * DAY)

    def day(self, time):
        """Return a time as days from the beginning."""
        return (time - NOW) / DAY

    def said(self, registrar):
        """Return the messages of a registrar: day and text."""
        return [(self.day(one.date), worded(one)) for one in self.registry.messages.of(registrar)]

    def states(self, name):
        """Return all current statuses of a domain."""
        domain = self.registry.domain(name)
        return {*self.registry.statuses(domain), *self.registry.rgp_statuses(domain)}

    def balance(self, registrar):
        return self.registry.registrar(registrar).balance

    def change(self, name, **fields):
        """Change fields of a domain."""
        self.registry.put(msgspec.structs.replace(self.registry.domain(name), **fields))


@pytest.fixture
def little():
    return Little()


@pytest.fixture
def make_little():
    return Little
