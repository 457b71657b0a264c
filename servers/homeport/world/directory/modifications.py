"""The attributes that add and modify requests make of an entry (RFC 4511 4.6, 4.7; RFC 4525).

Attributes may have many values. These are generators therefore, which yield after some values each; they read nothing
that another change could alter.
"""

from collections.abc import Generator, Iterable

from homeport.world.directory.change_requests import ADD, DELETE, REPLACE, Modification
from homeport.world.directory.checks import (
    VALUES_STEP,
    check_naming,
    checking,
    comparable,
    type_of,
    with_superclasses,
)
from homeport.world.directory.entry import OBJECT_CLASS, Attributes, Values, describe, shared_classes
from homeport.world.directory.names import Rdn
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.schema.schema import AttributeType, Schema

MAX_DIGITS = 400


def checked(schema: Schema, given: Iterable[tuple[str, Values]]) -> Generator[None, None, Attributes]:
    """Return attributes that were given for a new entry, by descriptions. Raises: DirectoryError."""
    attributes: Attributes = {}
    for description, values in given:
        kind = _changeable(schema, description)
        name = describe(schema, description)
        if not values:
            raise DirectoryError(Code.PROTOCOL_ERROR, f"{kind.name} has no value (RFC 4511 4.7)")
        if name in attributes:
            text = f"{kind.name} is there twice (RFC 4511 4.1.7)"
            raise DirectoryError(Code.ATTRIBUTE_OR_VALUE_EXISTS, text)
        yield from checking(kind, values)
        attributes[name] = shared_classes(values) if name == OBJECT_CLASS else values
    return attributes


def modify(
    schema: Schema, attributes: Attributes, one: Modification, *, permissive: bool
) -> Generator[None, None, None]:
    """Apply one modification to attributes. Raises: DirectoryError."""
    kind, name = _changeable(schema, one.type), describe(schema, one.type)
    held = attributes.get(name, ())
    values = (yield from _permitted(kind, held, one)) if permissive else one.values
    if permissive and one.values and not values and one.operation in (ADD, DELETE):
        return
    if one.operation in (ADD, REPLACE):
        yield from checking(kind, values)
    match one.operation:
        case 0:
            made = yield from _added(kind, held, values)
        case 1:
            made = yield from _without(kind, held, values)
            _keep_superclasses(schema, name, held, made)
        case 2:
            made = values
        case 3:
            made = _incremented(kind, held, one.values)
        case number:
            raise DirectoryError(Code.PROTOCOL_ERROR, f"{number} is no operation of a modification (RFC 4511 4.6)")
    if made:
        attributes[name] = made
    else:
        attributes.pop(name, None)


def _changeable(schema: Schema, description: str) -> AttributeType:
    kind = type_of(schema, description)
    if kind.is_fixed:
        raise DirectoryError(Code.CONSTRAINT_VIOLATION, f"{kind.name} is made by the server")
    return kind


def _comparables(kind: AttributeType, values: Values) -> Generator[None, None, list[bytes]]:
    """Return values as equality compares them, in the same order."""
    found: list[bytes] = []
    for begin in range(0, len(values), VALUES_STEP):
        if begin:
            yield
        found += [comparable(kind, value) for value in values[begin : begin + VALUES_STEP]]
    return found


def _permitted(kind: AttributeType, held: Values, one: Modification) -> Generator[None, None, Values]:
    """Return the values of a permissive modification that change something."""
    if one.operation not in (ADD, DELETE):
        return one.values
    there = frozenset((yield from _comparables(kind, held)))
    wanted = yield from _comparables(kind, one.values)
    pairs = zip(one.values, wanted, strict=True)
    return tuple(value for value, key in pairs if (key in there) == (one.operation == DELETE))


def _added(kind: AttributeType, held: Values, values: Values) -> Generator[None, None, Values]:
    if not values:
        raise DirectoryError(Code.PROTOCOL_ERROR, f"{kind.name}: nothing is added (RFC 4511 4.6)")
    added = frozenset((yield from _comparables(kind, values)))
    if not added.isdisjoint((yield from _comparables(kind, held))):
        raise DirectoryError(Code.ATTRIBUTE_OR_VALUE_EXISTS, f"{kind.name} has that value already")
    return (*held, *values)


def _without(kind: AttributeType, held: Values, values: Values) -> Generator[None, None, Values]:
    if not held:
        raise DirectoryError(Code.NO_SUCH_ATTRIBUTE, f"the entry has no {kind.name}")
    if not values:
        return ()
    if kind.equality is None:
        text = f"{kind.name} has no equality rule: delete all its values, or replace them"
        raise DirectoryError(Code.INAPPROPRIATE_MATCHING, text)
    unwanted = frozenset((yield from _comparables(kind, values)))
    there = yield from _comparables(kind, held)
    if not unwanted <= frozenset(there):
        raise DirectoryError(Code.NO_SUCH_ATTRIBUTE, f"{kind.name} has no such value")
    return tuple(value for value, key in zip(held, there, strict=True) if key not in unwanted)


def _keep_superclasses(schema: Schema, name: str, before: Values, after: Values) -> None:
    """Require that no superclass of a remaining object class is deleted (RFC 4512 3.3)."""
    if name == OBJECT_CLASS and after:
        implied = with_superclasses(schema, {OBJECT_CLASS: after})[OBJECT_CLASS]
        if {value.lower() for value in before} & {value.lower() for value in implied[len(after) :]}:
            text = "a superclass of another object class of the entry cannot be deleted (RFC 4512 3.3)"
            raise DirectoryError(Code.OBJECT_CLASS_MODS_PROHIBITED, text)


def _incremented(kind: AttributeType, held: Values, values: Values) -> Values:
    """Add a number to every value (RFC 4525)."""
    numbers = (*values, *held)
    if len(values) != 1:
        raise DirectoryError(Code.PROTOCOL_ERROR, f"{kind.name}: an increment has one value (RFC 4525 2)")
    if not held:
        raise DirectoryError(Code.NO_SUCH_ATTRIBUTE, f"the entry has no {kind.name}")
    if not all(len(one) < MAX_DIGITS and one.removeprefix(b"-").isdigit() for one in numbers):
        raise DirectoryError(Code.CONSTRAINT_VIOLATION, f"{kind.name} is no number")
    return tuple(str(int(one) + int(values[0])).encode() for one in held)


def renamed(schema: Schema, held_before: Attributes, old: Rdn, new: Rdn, *, delete_old: bool) -> Attributes:
    """Return the attributes of an entry with the values of its new name. Raises: DirectoryError."""
    attributes = dict(held_before)
    kept = {(describe(schema, one.type), one.value) for one in new}
    for one in old if delete_old else ():
        name, kind = describe(schema, one.type), type_of(schema, one.type)
        if (name, one.value) in kept:
            continue
        left = tuple(each for each in attributes.get(name, ()) if comparable(kind, each) != comparable(kind, one.value))
        if left:
            attributes[name] = left
        else:
            attributes.pop(name, None)
    for one in new:
        name, kind = describe(schema, one.type), type_of(schema, one.type)
        check_naming(kind, one.value)
        held = attributes.get(name, ())
        if comparable(kind, one.value) not in {comparable(kind, each) for each in held}:
            attributes[name] = (*held, one.value)
    return attributes
