"""The attributes of an entry that a client gets (RFC 4511 4.5.1.8)."""

from collections.abc import Iterable

from homeport.services.ldap.controls.requests import Matched
from homeport.services.ldap.dialogue import Bound
from homeport.world.directory.directory import OPERATIONAL, PASSWORD, Directory
from homeport.world.directory.entry import Entry, describe, described
from homeport.world.directory.evaluation import Test, compile_filter
from homeport.world.directory.schema.schema import Schema

SECRETS = frozenset((PASSWORD, "pwdhistory"))
OF_CERTIFICATES = frozenset(f"1.3.6.1.4.1.1466.115.121.1.{number}" for number in (8, 9, 10))
"""Syntaxes whose values are returned with `;binary` alone (RFC 4523 2)."""
ALL_USER, ALL_OPERATIONAL, NONE = "*", "+", "1.1"
Attributes = list[tuple[str, tuple[bytes, ...]]]


def hidden_from(bound: Bound) -> frozenset[str]:
    """Return the attributes that a client may neither read nor ask about, by name in lower case; it may read its own
    password."""
    return frozenset() if bound.admin else SECRETS


class Selection:
    """The attributes that were asked for, as far as this client may see them.

    asked: descriptions, `*`, `+`, `1.1`, `@class` (RFC 4529). matched: returns only these values.
    """

    def __init__(
        self,
        directory: Directory,
        asked: Iterable[str],
        bound: Bound,
        *,
        types_only: bool = False,
        matched: Matched | None = None,
    ) -> None:
        self._directory = directory
        self._schema: Schema = directory.schema
        self._types_only = types_only
        self._bound = bound
        names = tuple(asked) or (ALL_USER,)
        self._all = ALL_USER in names
        self._all_operational = ALL_OPERATIONAL in names
        self._wanted = [
            describe(self._schema, each)
            for one in names
            if one not in (ALL_USER, ALL_OPERATIONAL, NONE)
            for each in self._expanded(one)
        ]
        self._names: dict[str, str] = {}
        """As which name an attribute is returned; empty: it is not."""
        self.hidden = hidden_from(bound)
        """Attributes that no filter of this client can ask about."""
        self._made = tuple(self._operational())
        self._binary = {describe(self._schema, one) for one in names if ";binary" in one.lower()}
        self._tests = (
            None
            if matched is None
            else [compile_filter(one, self._schema, hidden=self.hidden) for one in matched.filters]
        )

    def of(self, entry: Entry) -> Attributes:
        """Return the attributes of an entry."""
        own = bool(self.hidden) and self._bound.dn == entry.dn
        shown = self._names
        found = {}
        for name, values in entry.attributes.items():
            if name not in shown:
                shown[name] = self._shown(name) if self._selects(name) else ""
            if shown[name] and (own or name not in self.hidden):
                found[name] = values
        for name in self._made:
            if values := self._directory.operational(entry, name):
                found[name] = values
                shown[name] = self._shown(name)
        if self._tests is not None:
            found = self._matching(entry, found, self._tests)
        return [(shown[name], () if self._types_only else values) for name, values in found.items()]

    def of_special(self, attributes: Iterable[tuple[str, tuple[bytes, ...]]]) -> Attributes:
        """Return those of the root DSE or the subschema."""
        chosen = []
        for name, values in attributes:
            kind = self._schema.attribute(name)
            wanted = self._all_operational if kind is not None and kind.is_operational else self._all
            if wanted or name.lower() in self._wanted:
                chosen.append((name, () if self._types_only else values))
        return chosen

    def _expanded(self, description: str) -> Iterable[str]:
        """Return the attributes of an object class for `@class`, else the description."""
        if not description.startswith("@"):
            return (description,)
        one = self._schema.object_class(description[1:])
        return () if one is None else [kind.name for kind in (*one.must, *one.may)]

    @staticmethod
    def _matching(entry: Entry, found: dict[str, tuple[bytes, ...]], tests: list[Test]) -> dict[str, tuple[bytes, ...]]:
        """Return the values that one of the tests is true of (RFC 3876 2)."""
        return {
            name: tuple(
                value for value in values if any(test(Entry(entry.dn, entry.key, {name: (value,)})) for test in tests)
            )
            for name, values in found.items()
        }

    def _selects(self, name: str) -> bool:
        """Return True if an attribute that the entry holds was asked for."""
        kind = self._schema.attribute(name.partition(";")[0])
        if kind is not None and kind.is_operational:
            if self._all_operational:
                return True
        elif self._all:
            return True
        return any(self._covers(one, name) for one in self._wanted)

    def _covers(self, wanted: str, name: str) -> bool:
        """Return True if a description covers another: the same type or a subtype, with these options or more."""
        if wanted == name:
            return True
        wanted_type, _, wanted_options = wanted.partition(";")
        held_type, _, options = name.partition(";")
        kind, held = self._schema.attribute(wanted_type), self._schema.attribute(held_type)
        if kind is None or held is None or not held.is_a(kind):
            return False
        return not wanted_options or {*wanted_options.split(";")} <= {*options.split(";")}

    def _operational(self) -> Iterable[str]:
        asked: Iterable[str] = OPERATIONAL if self._all_operational else self._wanted
        return [one for one in asked if one in OPERATIONAL and one not in self.hidden]

    def _shown(self, name: str) -> str:
        """Return a description as the schema writes it, with `;binary` if that was asked for (RFC 4522)."""
        shown = described(self._schema, name)
        kind = self._schema.attribute(name.partition(";")[0])
        if kind is not None and kind.syntax.oid in OF_CERTIFICATES:
            return f"{shown};binary"
        return f"{shown};binary" if name in self._binary else shown
