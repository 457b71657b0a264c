"""Checks of an entry against its schema (RFC 4512 2.4, 2.5; RFC 4511 4.6, 4.7)."""

from collections.abc import Iterable, Iterator

from homeport.world.directory.entry import OBJECT_CLASS, Attributes, Values
from homeport.world.directory.matching import folded
from homeport.world.directory.names import Dn, NameProblem, Rdn, parse_dn
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.schema.schema import EXTENSIBLE, AttributeType, ObjectClass, Schema
from homeport.world.directory.secret_attributes import is_secret

MAX_VALUE_BYTES = 1 << 20
VALUES_STEP = 256
"""Values that a step of a change checks, or compares."""


def checked_dn(text: str) -> Dn:
    """Parse a distinguished name. Raises: DirectoryError."""
    try:
        return parse_dn(text)
    except NameProblem as problem:
        raise DirectoryError(Code.INVALID_DN_SYNTAX, f"{problem} (RFC 4514)") from None


def type_of(schema: Schema, description: str) -> AttributeType:
    """Return the type of an attribute description. Raises: DirectoryError if the schema lacks it."""
    kind = schema.attribute(description.partition(";")[0])
    if kind is None:
        text = f"there is no attribute type {description[:60]!r} in the schema"
        raise DirectoryError(Code.UNDEFINED_ATTRIBUTE_TYPE, text, finding="attribute-unknown")
    return kind


def check_values(kind: AttributeType, values: Iterable[bytes]) -> None:
    """Check as `checking`, in one step."""
    for _step in checking(kind, values):
        pass


def checking(kind: AttributeType, values: Iterable[bytes]) -> Iterator[None]:
    """Check in steps that values have their type's syntax, and that none is there twice. Raises: DirectoryError."""
    seen = set()
    for number, value in enumerate(values):
        if number and number % VALUES_STEP == 0:
            yield
        if not kind.syntax.validate(value):
            text = f"{kind.name}: a value is no {kind.syntax.title} (RFC 4517)"
            raise DirectoryError(Code.INVALID_ATTRIBUTE_SYNTAX, text)
        key = comparable(kind, value)
        if key in seen:
            raise DirectoryError(Code.ATTRIBUTE_OR_VALUE_EXISTS, f"{kind.name}: a value is there twice")
        seen.add(key)


def comparable(kind: AttributeType, value: bytes) -> bytes:
    """Return a value as equality compares it; the value itself where there is no rule."""
    if kind.equality is None:
        return value
    found = folded(kind.equality, value)
    return value if found is None else found


def check_naming(kind: AttributeType, value: bytes) -> None:
    """Check a value of an entry's name. Raises: DirectoryError, for a password too: names are public."""
    if is_secret(kind.name):
        raise DirectoryError(Code.NAMING_VIOLATION, "an entry is not named by its password")
    check_values(kind, (value,))


def with_naming(schema: Schema, rdn: Rdn, attributes: Attributes) -> Attributes:
    """Return the attributes of a new entry with those of its name, which a client need not send (RFC 4511 4.7).

    Raises: DirectoryError.
    """
    made = dict(attributes)
    for one in rdn:
        kind = type_of(schema, one.type)
        name = kind.name.lower()
        check_naming(kind, one.value)
        held = made.get(name, ())
        if comparable(kind, one.value) in {comparable(kind, value) for value in held}:
            continue
        if held and kind.is_single:
            text = f"{kind.name} has one value at most, and the entry's name has another one"
            raise DirectoryError(Code.NAMING_VIOLATION, text)
        made[name] = (*held, one.value)
    return made


def check_entry(schema: Schema, attributes: Attributes) -> None:
    """Check a whole entry against the schema. Raises: DirectoryError."""
    classes = classes_of(schema, attributes.get(OBJECT_CLASS, ()))
    allowed: set[AttributeType] = set()
    for one in classes:
        for needed in one.must:
            if not any(name.partition(";")[0] in schema.subtypes(needed) for name in attributes):
                text = f"the object class {one.name} needs the attribute {needed.name}"
                raise DirectoryError(Code.OBJECT_CLASS_VIOLATION, text)
        allowed |= one.must | one.may
    is_extensible = any(one.name.lower() == EXTENSIBLE for one in classes)
    for name, values in attributes.items():
        kind = type_of(schema, name)
        if kind.is_single and len(values) > 1:
            raise DirectoryError(Code.CONSTRAINT_VIOLATION, f"{kind.name} has one value at most")
        if not (is_extensible or kind.is_operational or any(kind.is_a(one) for one in allowed)):
            text = f"no object class of the entry has the attribute {kind.name}"
            raise DirectoryError(Code.OBJECT_CLASS_VIOLATION, text)


def classes_of(schema: Schema, names: Values) -> list[ObjectClass]:
    """Return the object classes of these names with all their superclasses. Raises: DirectoryError."""
    if not names:
        raise DirectoryError(Code.OBJECT_CLASS_VIOLATION, "an entry has the attribute objectClass")
    found: dict[ObjectClass, None] = {}
    for name in names:
        one = schema.object_class(name.decode("utf-8", "replace"))
        if one is None:
            text = f"there is no object class {name[:60].decode('utf-8', 'replace')!r} in the schema"
            raise DirectoryError(Code.INVALID_ATTRIBUTE_SYNTAX, text)
        found |= dict.fromkeys(one.line())
    structural_of(list(found))
    return list(found)


def with_superclasses(schema: Schema, attributes: Attributes) -> Attributes:
    """Return attributes with the superclasses of the object classes, which are implied (RFC 4512 3.3).

    Raises: DirectoryError.
    """
    names = attributes.get(OBJECT_CLASS, ())
    given = {schema.object_class(name.decode("utf-8", "replace")) for name in names}
    implied = tuple(one.name.encode() for one in classes_of(schema, names) if one not in given)
    return {**attributes, OBJECT_CLASS: (*names, *implied)} if implied else attributes


def structural_of(classes: list[ObjectClass]) -> ObjectClass:
    """Return the most subordinate structural class. Raises: DirectoryError if there is none, or two chains."""
    structural = [one for one in classes if one.kind == "STRUCTURAL"]
    if not structural:
        raise DirectoryError(Code.OBJECT_CLASS_VIOLATION, "an entry has a structural object class (RFC 4512 2.4.2)")
    lowest = max(structural, key=lambda one: len(one.line()))
    line = lowest.line()
    if other := next((one for one in structural if one not in line), None):
        text = f"{lowest.name} and {other.name} are structural object classes of different chains (RFC 4512 2.4.2)"
        raise DirectoryError(Code.OBJECT_CLASS_VIOLATION, text)
    return lowest


def keep_naming(schema: Schema, dn: str, attributes: Attributes) -> None:
    """Require that attributes have the values of the entry's name (RFC 4511 4.6). Raises: DirectoryError."""
    for one in checked_dn(dn)[0]:
        kind = type_of(schema, one.type)
        held = {comparable(kind, value) for value in attributes.get(kind.name.lower(), ())}
        if comparable(kind, one.value) not in held:
            text = "a value of the entry's name cannot be removed: rename it"
            raise DirectoryError(Code.NOT_ALLOWED_ON_RDN, text)


def keep_structure(schema: Schema, before: Values, after: Values) -> None:
    """Require that the structural object class stays (RFC 4512 2.4.2). Raises: DirectoryError.

    before, after: object classes.
    """
    if before != after and structural_of(classes_of(schema, before)) is not structural_of(classes_of(schema, after)):
        text = "the structural object class of an entry stays"
        raise DirectoryError(Code.OBJECT_CLASS_MODS_PROHIBITED, text)
