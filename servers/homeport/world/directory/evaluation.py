"""The evaluation of search filters, in three values (RFC 4511 4.5.1.7): True, False, None for Undefined.

A filter is compiled once for a search: assertions are folded, unknown types are Undefined for every entry.
"""

from collections.abc import Callable, Container, Iterable, Mapping

from homeport.world.directory import filters
from homeport.world.directory.entry import OBJECT_CLASS, Entry
from homeport.world.directory.filters import Filter
from homeport.world.directory.matching import BY_NAME, MatchingRule, asserted, folded, is_applicable, matches_substrings
from homeport.world.directory.names import NameProblem, parse_dn
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.schema.schema import AttributeType, Schema

Test = Callable[[Entry], bool | None]
Operational = Callable[[Entry, str], Iterable[bytes]]
SpecialRule = Callable[[Entry, AttributeType | None, bytes], bool | None]
"""A matching rule that is more than the comparison of folded values, of an extensible filter."""
BIT_AND, BIT_OR = "1.2.840.113556.1.4.803", "1.2.840.113556.1.4.804"


def undefined(_entry: Entry) -> None:
    """Be Undefined for every entry."""


MAX_ASSERTED_BYTES = 32_768
"""Bytes of all values of a filter."""


def compile_filter(
    one: Filter,
    schema: Schema,
    special: Mapping[str, SpecialRule] | None = None,
    operational: Operational = lambda entry, name: entry.get(name),
    hidden: Container[str] = (),
) -> Test:
    """Return a function that evaluates a filter.

    special: further rules of extensible filters, by OID. operational: returns the values of an operational attribute.
    hidden: attributes that are Undefined, by name in lower case.
    Raises: DirectoryError for values of more than MAX_ASSERTED_BYTES, which would be folded in one turn.
    """
    if asserted_bytes(one) > MAX_ASSERTED_BYTES:
        raise DirectoryError(Code.ADMIN_LIMIT_EXCEEDED, f"values of a filter have at most {MAX_ASSERTED_BYTES:,} bytes")
    return _Compiler(schema, special or {}, operational, hidden).test(one)


def asserted_bytes(one: Filter) -> int:
    """Return the size of all values of a filter."""
    return sum(map(_value_bytes, filters.assertions_of(one)))


def _value_bytes(one: Filter) -> int:
    if isinstance(one, filters.Substrings):
        return sum(len(piece) for piece in (one.initial, *one.any, one.final) if piece is not None)
    return len(getattr(one, "value", b""))


class _Compiler:
    def __init__(
        self, schema: Schema, special: Mapping[str, SpecialRule], operational: Operational, hidden: Container[str]
    ) -> None:
        self._schema = schema
        self._special = special
        self._operational = operational
        self._hidden = hidden

    def test(self, one: Filter) -> Test:
        """Return the test of a filter."""
        match one:
            case filters.And(parts):
                return _all([self.test(part) for part in parts])
            case filters.Or(parts):
                return _any([self.test(part) for part in parts])
            case filters.Not(part):
                return _negated(self.test(part))
            case filters.Present(description):
                return self._present(description)
            case filters.Equality(description, value) | filters.Approximate(description, value):
                return self._equality(description, value)
            case filters.GreaterOrEqual(description, value):
                return self._ordering(description, value, greater=True)
            case filters.LessOrEqual(description, value):
                return self._ordering(description, value, greater=False)
            case filters.Substrings():
                return self._substrings(one)
            case filters.Extensible():
                return self._extensible(one)
        raise TypeError(f"no filter: {one!r}")

    def _split(self, description: str) -> tuple[AttributeType | None, tuple[str, ...]]:
        name, _, options = description.lower().partition(";")
        kind = self._schema.attribute(name)
        if kind is not None and kind.name.lower() in self._hidden:
            kind = None
        return kind, tuple(each for each in options.split(";") if each and each != "binary")

    def _values(self, entry: Entry, kind: AttributeType, options: tuple[str, ...] = ()) -> Iterable[bytes]:
        if kind.is_operational and (made := self._operational(entry, kind.name.lower())):
            return made
        return entry.values(self._schema, kind, options)

    def _present(self, description: str) -> Test:
        kind, options = self._split(description)
        if kind is None:
            return undefined
        names = self._schema.subtypes(kind)
        if len(names) == 1 and not options and not kind.is_operational:
            (name,) = names
            return lambda entry: (
                name in entry.attributes or (entry.has_options and any(True for _ in self._values(entry, kind)))
            )
        return lambda entry: any(True for _ in self._values(entry, kind, options))

    def _equality(self, description: str, value: bytes) -> Test:
        kind, options = self._split(description)
        rule = None if kind is None else kind.equality
        if kind is None or rule is None:
            return undefined
        if kind.name.lower() == OBJECT_CLASS and not options:
            return self._of_class(value)
        wanted = asserted(rule, value)
        if wanted is None:
            return undefined
        names = self._schema.subtypes(kind)
        if len(names) == 1 and not options and not kind.is_operational:
            return _equal_in(names[0], rule, wanted, self._schema, kind)
        return lambda entry: any(folded(rule, each) == wanted for each in self._values(entry, kind, options))

    def _of_class(self, value: bytes) -> Test:
        """Test for an object class by any of its names; an unknown one is Undefined (RFC 4517 4.2.26)."""
        one = self._schema.object_class(value.decode("utf-8", "replace").strip())
        if one is None:
            return undefined
        names = frozenset(name.lower().encode() for name in (one.oid, *one.names))
        return lambda entry: any(each.lower() in names for each in entry.get(OBJECT_CLASS))

    def _ordering(self, description: str, value: bytes, *, greater: bool) -> Test:
        kind, options = self._split(description)
        rule = None if kind is None else kind.ordering
        if kind is None or rule is None:
            return undefined
        bound = asserted(rule, value)
        if bound is None:
            return undefined

        def test(entry: Entry) -> bool:
            for each in self._values(entry, kind, options):
                held = folded(rule, each)
                if held is not None and (held >= bound if greater else held <= bound):
                    return True
            return False

        return test

    def _substrings(self, one: filters.Substrings) -> Test:
        kind, options = self._split(one.type)
        rule = None if kind is None else kind.substrings
        if kind is None or rule is None:
            return undefined
        initial, inner, final = one.initial, one.any, one.final
        return lambda entry: _or_of(
            matches_substrings(rule, each, initial, inner, final) for each in self._values(entry, kind, options)
        )

    def _extensible(self, one: filters.Extensible) -> Test:
        kind, options = self._split(one.type)
        if one.type and kind is None:
            return undefined
        if one.rule in self._special:
            rule_of_entry = self._special[one.rule]
            return lambda entry: rule_of_entry(entry, kind, one.value)
        if one.rule in (BIT_AND, BIT_OR):
            return self._bits(kind, one)
        rule = BY_NAME.get(one.rule.lower()) if one.rule else (kind.equality if kind else None)
        if rule is None or rule.kind == "substrings" or not (kind is None or is_applicable(rule, kind)):
            return undefined
        wanted = asserted(rule, one.value)
        if wanted is None:
            return undefined

        def values(entry: Entry) -> Iterable[bytes]:
            if kind is not None:
                yield from self._values(entry, kind, options)
            else:
                for name, held in entry.attributes.items():
                    each = self._schema.attribute(name.partition(";")[0])
                    if each is not None and rule in (each.equality, each.ordering):
                        yield from held
            if one.dn_attributes:
                yield from self._of_name(entry, kind)

        if rule.kind == "ordering":  # RFC 4517 4.2: true if the value is less than the assertion
            return lambda entry: any(
                held is not None and held < wanted for held in (folded(rule, each) for each in values(entry))
            )
        return lambda entry: any(folded(rule, each) == wanted for each in values(entry))

    def _of_name(self, entry: Entry, kind: AttributeType | None) -> Iterable[bytes]:
        """Yield the values of a type in the name of an entry."""
        try:
            dn = parse_dn(entry.dn)
        except NameProblem:
            return
        for rdn in dn:
            for assertion in rdn:
                each = self._schema.attribute(assertion.type)
                if kind is None or (each is not None and each.is_a(kind)):
                    yield assertion.value

    def _bits(self, kind: AttributeType | None, one: filters.Extensible) -> Test:
        """Test bits of a number, as Active Directory does."""
        if kind is None or not one.value.strip().lstrip(b"-").isdigit() or len(one.value) > 20:
            return undefined
        bits, needs_all = int(one.value), one.rule == BIT_AND

        def test(entry: Entry) -> bool:
            for each in self._values(entry, kind):
                if each.lstrip(b"-").isdigit() and len(each) <= 20:
                    common = int(each) & bits
                    if common == bits if needs_all else common:
                        return True
            return False

        return test


def _equal_in(name: str, rule: MatchingRule, wanted: bytes, schema: Schema, kind: AttributeType) -> Test:
    def test(entry: Entry) -> bool:
        held = entry.attributes.get(name)
        if held is not None:
            for each in held:
                if folded(rule, each) == wanted:
                    return True
        if not entry.has_options:
            return False
        return any(folded(rule, each) == wanted for each in entry.values(schema, kind))

    return test


def _all(tests: list[Test]) -> Test:
    def test(entry: Entry) -> bool | None:
        result: bool | None = True
        for each in tests:
            found = each(entry)
            if found is False:
                return False
            if found is None:
                result = None
        return result

    return test


def _any(tests: list[Test]) -> Test:
    def test(entry: Entry) -> bool | None:
        return _or_of(each(entry) for each in tests)

    return test


def _or_of(results: Iterable[bool | None]) -> bool | None:
    """Return True if one is True, else None if one is Undefined, else False."""
    whole: bool | None = False
    for found in results:
        if found:
            return True
        if found is None:
            whole = None
    return whole


def _negated(inner: Test) -> Test:
    def test(entry: Entry) -> bool | None:
        found = inner(entry)
        return None if found is None else not found

    return test
