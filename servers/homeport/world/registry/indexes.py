"""By what else objects are found: ROIDs, links, addresses, words. Each follows a change at the cost of what changed."""

from collections.abc import Callable, Iterable, Iterator

from homeport.world.names import canonical_address, words_of
from homeport.world.registry.objects import (
    KINDS,
    Contact,
    Domain,
    Host,
    Registrar,
    RegistryObject,
    Sponsored,
    names_of,
)

Key = tuple[str, str]


class Links:
    """Which names refer to a key, in the order in which they began to."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {}

    def change(self, name: str, before: Iterable[str], after: Iterable[str]) -> None:
        """The name refers no longer to the keys of before but to those of after."""
        old, new = set(before), dict.fromkeys(after)
        for key in old - new.keys():
            names = self._names[key]
            del names[name]
            if not names:
                del self._names[key]
        for key in new:
            if key not in old:
                self._names.setdefault(key, {})[name] = None

    def of(self, key: str) -> Iterable[str]:
        """The names that refer to it."""
        return self._names.get(key, ())

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def items(self) -> Iterator[tuple[str, set[str]]]:
        """Every key that is referred to, with the names that do."""
        return ((key, set(names)) for key, names in self._names.items())


class Indexes:
    """All indexes of one registry.

    superordinate: the domain that a host's name lies under (`Registry.superordinate_name`).
    """

    def __init__(self, superordinate: Callable[[str], str | None]) -> None:
        self._superordinate = superordinate
        self.roids: dict[str, Key] = {}
        """In lower case."""
        self.domains_of_host = Links()
        self.domains_of_contact = Links()
        """Contacts by identifier in lower case."""
        self.hosts_of_domain = Links()
        """The subordinate hosts."""
        self.hosts_of_address = Links()
        self.words: Links | None = None
        """Contacts and registrars, as `kind key`, by the words of their names; None until somebody looks for words."""

    def change(self, key: str, before: RegistryObject | None, after: RegistryObject | None) -> None:
        """An object has changed, come (before: None) or gone (after: None)."""
        kind = KINDS[type(after or before)]  # type: ignore[index]  # one of them is there
        if kind != "registrar":
            self._change_roid((kind, key), before, after)  # type: ignore[arg-type]  # all others are sponsored
        if kind == "domain":
            self._change_domain(key, before, after)  # type: ignore[arg-type]  # by its kind
        elif kind == "host":
            self._change_host(key, before, after)  # type: ignore[arg-type]  # by its kind
        elif self.words is not None:
            self.words.change(f"{kind} {key}", _words(before), _words(after))

    def _change_roid(self, key: Key, before: Sponsored | None, after: Sponsored | None) -> None:
        old, new = before.roid.lower() if before else None, after.roid.lower() if after else None
        if old == new:
            return
        if old is not None and self.roids.get(old) == key:
            del self.roids[old]
        if new is not None:
            self.roids[new] = key

    def _change_domain(self, key: str, before: Domain | None, after: Domain | None) -> None:
        old, new = before.nameservers if before else (), after.nameservers if after else ()
        if old != new:
            self.domains_of_host.change(key, map(str.lower, old), map(str.lower, new))
        if before and after and before.contacts == after.contacts and before.registrant == after.registrant:
            return
        self.domains_of_contact.change(key, _contact_keys(before), _contact_keys(after))

    def _change_host(self, key: str, before: Host | None, after: Host | None) -> None:
        if (before is None or after is None) and (domain := self._superordinate(key)):
            self.hosts_of_domain.change(key, (domain,) if before else (), (domain,) if after else ())
        old, new = before.addresses if before else (), after.addresses if after else ()
        if old != new:
            self.hosts_of_address.change(key, _addresses(old), _addresses(new))

    def with_word(self, word: str, all_named: Iterable[tuple[str, Contact | Registrar]]) -> Iterable[str]:
        """Contacts and registrars, as `kind key`, with that word in a name. all_named: they all, to begin with."""
        if self.words is None:
            self.words = Links()
            for key, one in all_named:
                self.words.change(f"{KINDS[type(one)]} {key}", (), _words(one))
        return self.words.of(word.lower())


def _contact_keys(domain: Domain | None) -> list[str]:
    return [key.lower() for _role, key in domain.contact_ids()] if domain else []


def _addresses(written: Iterable[str]) -> list[str]:
    return [canonical_address(one) or one for one in written]


def _words(one: RegistryObject | None) -> set[str]:
    return words_of(names_of(one)) if isinstance(one, Contact | Registrar) else set()
