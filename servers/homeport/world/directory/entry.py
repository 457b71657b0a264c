"""An entry: a name and attributes with values."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from sys import intern

from homeport.world.directory.names import Dn, Folded, write_dn
from homeport.world.directory.schema.schema import AttributeType, Schema

Values = tuple[bytes, ...]
Attributes = dict[str, Values]
"""Values by attribute description, as `describe` writes it."""
OBJECT_CLASS = "objectclass"


def describe(schema: Schema, description: str) -> str:
    """Return an attribute description by which entries have their values: `cn;lang-de` for `commonName;LANG-DE`.

    The type has its first name, options are sorted, all in lower case. `binary` is no option of a stored value.
    """
    name, mark, options = description.lower().partition(";")
    kind = schema.attribute(name)
    if kind is not None:
        name = kind.name.lower()
    if not mark:
        return intern(name)  # many entries have it
    kept = sorted({one for one in options.split(";") if one and one != "binary"})
    return ";".join((name, *kept))


def described(schema: Schema, name: str) -> str:
    """Return an attribute description, kept in lower case, as the schema writes it."""
    base, mark, options = name.partition(";")
    kind = schema.attribute(base)
    return name if kind is None else f"{kind.name}{mark}{options}"


@lru_cache(256)
def shared_classes(values: Values) -> Values:
    """Return the same tuple for the same object classes: many entries have them."""
    return values


class Entry:
    """An entry. It is replaced as a whole when it changes, never altered."""

    __slots__ = ("attributes", "dn", "has_options", "key")

    def __init__(self, dn: str, key: Folded, attributes: Attributes) -> None:
        self.dn = dn
        """Its name as it was given."""
        self.key = key
        """Its name for comparison."""
        self.attributes = attributes
        self.has_options = has_options(attributes)
        """True if a description has options."""

    def __repr__(self) -> str:
        return f"<Entry {self.dn}>"

    def get(self, name: str) -> Values:
        """Return the values of a description in lower case, without those of subtypes."""
        return self.attributes.get(name, ())

    def text(self, name: str) -> str:
        """Return the first value as text; empty if there is none."""
        values = self.attributes.get(name)
        return values[0].decode("utf-8", "replace") if values else ""

    def values(self, schema: Schema, kind: AttributeType, options: Iterable[str] = ()) -> Iterator[bytes]:
        """Yield the values of a type and its subtypes that have these options, or more (RFC 4512 2.5)."""
        wanted = frozenset(options)
        for name in schema.subtypes(kind):
            if not wanted and (values := self.attributes.get(name)):
                yield from values
        if self.has_options:
            names = frozenset(schema.subtypes(kind))
            for described, values in self.attributes.items():
                name, mark, had = described.partition(";")
                if mark and name in names and wanted <= frozenset(had.split(";")):
                    yield from values

    def classes(self) -> frozenset[str]:
        """Return the names of its object classes in lower case."""
        return frozenset(value.decode("utf-8", "replace").lower() for value in self.get(OBJECT_CLASS))

    def with_attributes(self, attributes: Attributes) -> "Entry":
        """Return the entry with other attributes."""
        return Entry(self.dn, self.key, attributes)


def has_options(attributes: Iterable[str]) -> bool:
    """Return True if a description has options."""
    return any(";" in name for name in attributes)


def make_entry(schema: Schema, dn: Dn, attributes: Attributes) -> Entry:
    """Return an entry of a parsed name."""
    return Entry(write_dn(dn), schema.fold_name(dn), attributes)
