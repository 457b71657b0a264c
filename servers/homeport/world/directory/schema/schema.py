"""A schema: attribute types and object classes by name, with what they inherit."""

from collections.abc import Iterable
from functools import cache, lru_cache
from sys import intern

import msgspec

from homeport.world.directory.matching import MatchingRule, Unmatchable, find_rule, fold_text
from homeport.world.directory.names import Dn, Folded, Rdn, fold_dn, fold_rdn
from homeport.world.directory.schema.definitions import (
    AttributeDefinition,
    ClassDefinition,
    DefinitionProblem,
    read_attribute,
    read_class,
)
from homeport.world.directory.schema.standard import ATTRIBUTES, CLASSES, SYNTAX_ARC
from homeport.world.directory.schema.syntaxes import SYNTAXES, Syntax

EXTENSIBLE = "extensibleobject"
TOP = "top"


class AttributeType(msgspec.Struct, frozen=True, eq=False):
    """An attribute type, with what it inherits."""

    oid: str
    name: str
    """Its first name; its OID if it has none."""
    names: tuple[str, ...]
    sup: "AttributeType | None"
    syntax: Syntax
    equality: MatchingRule | None
    ordering: MatchingRule | None
    substrings: MatchingRule | None
    is_single: bool
    is_fixed: bool
    usage: str
    text: str

    @property
    def is_operational(self) -> bool:
        """True if a search returns it only when it is asked for."""
        return self.usage != "userApplications"

    def is_a(self, other: "AttributeType") -> bool:
        """Return True if it is the other type, or a subtype of it."""
        one: AttributeType | None = self
        while one is not None:
            if one is other:
                return True
            one = one.sup
        return False


class ObjectClass(msgspec.Struct, frozen=True, eq=False):
    """An object class, with what it inherits."""

    oid: str
    name: str
    names: tuple[str, ...]
    sups: tuple["ObjectClass", ...]
    kind: str
    must: frozenset[AttributeType]
    may: frozenset[AttributeType]
    text: str

    def line(self) -> set["ObjectClass"]:
        """Return it and all its superclasses."""
        found = {self}
        for sup in self.sups:
            found |= sup.line()
        return found


class Schema:
    """The attribute types and object classes of a directory.

    attributes, classes: definitions (RFC 4512 4.1), those that others refer to first. Raises: DefinitionProblem.
    """

    def __init__(self, attributes: Iterable[str], classes: Iterable[str]) -> None:
        self.attributes: dict[str, AttributeType] = {}
        """By each name in lower case, and by OID."""
        self.classes: dict[str, ObjectClass] = {}
        """Likewise."""
        self._subtypes: dict[AttributeType, tuple[str, ...]] = {}
        for text in attributes:
            self._add_attribute(read_attribute(text))
        for text in classes:
            self._add_class(read_class(text))

    def attribute(self, name: str) -> AttributeType | None:
        """Return the attribute type of a name or OID, without options; None if it is unknown."""
        return self.attributes.get(name.lower())

    def subtypes(self, kind: AttributeType) -> tuple[str, ...]:
        """Return the names in lower case of a type and all its subtypes, by which entries have their attributes."""
        found = self._subtypes.get(kind)
        if found is None:
            every = dict.fromkeys(one for one in self.attributes.values() if one.is_a(kind))
            found = self._subtypes[kind] = tuple(one.name.lower() for one in every)
        return found

    def object_class(self, name: str) -> ObjectClass | None:
        """Return the object class of a name or OID; None if it is unknown."""
        return self.classes.get(name.lower())

    def fold(self, name: str, value: bytes) -> tuple[str, bytes]:
        """Return an assertion of a name as it is compared. See `names.Fold`."""
        kind = self.attribute(name)
        rule = None if kind is None else kind.equality
        try:
            folded = fold_text(value) if rule is None else rule.fold(value)
        except Unmatchable:
            folded = value
        return intern(name.lower() if kind is None else kind.name.lower()), folded

    def fold_name(self, dn: Dn) -> Folded:
        """Return a distinguished name as it is compared."""
        return fold_dn(dn, self.fold)

    def fold_rdn(self, rdn: Rdn) -> tuple[tuple[str, bytes], ...]:
        """Return a relative name as it is compared."""
        return fold_rdn(rdn, self.fold)

    def attribute_texts(self) -> list[str]:
        """Return the definitions of the attribute types, each once."""
        return list(dict.fromkeys(one.text for one in self.attributes.values()))

    def class_texts(self) -> list[str]:
        """Return the definitions of the object classes, each once."""
        return list(dict.fromkeys(one.text for one in self.classes.values()))

    def _add_attribute(self, read: AttributeDefinition) -> None:
        sup = None
        if read.sup and (sup := self.attribute(read.sup)) is None:
            raise DefinitionProblem(f"{read.oid}: there is no attribute type {read.sup!r}")
        syntax = SYNTAXES.get(read.syntax) if read.syntax else (sup.syntax if sup else None)
        if syntax is None:
            raise DefinitionProblem(f"{read.oid}: there is no syntax {read.syntax or 'and no SUP'!r}")
        made = AttributeType(
            oid=read.oid,
            name=read.names[0] if read.names else read.oid,
            names=read.names,
            sup=sup,
            syntax=syntax,
            equality=_rule(read.oid, read.equality) or (sup.equality if sup else None),
            ordering=_rule(read.oid, read.ordering) or (sup.ordering if sup else None),
            substrings=_rule(read.oid, read.substrings) or (sup.substrings if sup else None),
            is_single=read.is_single,
            is_fixed=read.is_fixed,
            usage=read.usage,
            text=read.text,
        )
        for name in (read.oid, *read.names):
            self.attributes[name.lower()] = made

    def _add_class(self, read: ClassDefinition) -> None:
        sups = tuple(self._named_class(read.oid, name) for name in read.sups)
        must = frozenset(self._named_attribute(read.oid, name) for name in read.must)
        may = frozenset(self._named_attribute(read.oid, name) for name in read.may)
        for sup in sups:
            must |= sup.must
            may |= sup.may
        made = ObjectClass(
            oid=read.oid,
            name=read.names[0] if read.names else read.oid,
            names=read.names,
            sups=sups,
            kind=read.kind,
            must=must,
            may=may - must,
            text=read.text,
        )
        for name in (read.oid, *read.names):
            self.classes[name.lower()] = made

    def _named_attribute(self, oid: str, name: str) -> AttributeType:
        found = self.attribute(name)
        if found is None:
            raise DefinitionProblem(f"{oid}: there is no attribute type {name!r}")
        return found

    def _named_class(self, oid: str, name: str) -> ObjectClass:
        found = self.object_class(name)
        if found is None:
            raise DefinitionProblem(f"{oid}: there is no object class {name!r}")
        return found


def _rule(oid: str, name: str) -> MatchingRule | None:
    if not name:
        return None
    rule = find_rule(name)
    if rule is None:
        raise DefinitionProblem(f"{oid}: there is no matching rule {name!r}")
    return rule


def _lines(text: str) -> list[str]:
    return [line.replace("~", SYNTAX_ARC) for line in text.strip().split("\n")]


def ordered(lines: Iterable[str]) -> list[str]:
    """Return definitions with `distinguishedName` and `name`, which others inherit from, first."""
    first = ("2.5.4.49 ", "2.5.4.41 ", "2.5.4.16 ")
    return sorted(lines, key=lambda line: not line.startswith(first))


@cache
def standard_schema() -> Schema:
    """Return the standard schema; made once for all worlds."""
    return Schema(ordered(_lines(ATTRIBUTES)), _lines(CLASSES))


@lru_cache(16)
def extended_schema(attributes: tuple[str, ...], classes: tuple[str, ...]) -> Schema:
    """Return the standard schema with definitions of one's own. Raises: DefinitionProblem."""
    if not attributes and not classes:
        return standard_schema()
    return Schema([*ordered(_lines(ATTRIBUTES)), *attributes], [*_lines(CLASSES), *classes])
