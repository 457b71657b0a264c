"""Changes of entries, and compare (RFC 4511 4.6 to 4.10)."""

from homeport.services.ldap.messages import Result
from homeport.services.ldap.operation import Operation, Steps, kept, opened
from homeport.world.directory.checks import checked_dn, comparable, type_of
from homeport.world.directory.directory import PASSWORD, require
from homeport.world.directory.entry import OBJECT_CLASS
from homeport.world.directory.matching import folded
from homeport.world.directory.names import NameProblem, parse_rdn
from homeport.world.directory.results import Code, DirectoryError


def add(operation: Operation) -> Steps:
    """Answer an add request."""
    dialogue, request = operation.dialogue, operation.request
    yield from opened(dialogue)
    dialogue.context.world.directory.changes.add(dialogue.bound, request.dn, request.attributes)
    yield from kept(dialogue)
    return Result()


def modify(operation: Operation) -> Steps:
    """Answer a modify request."""
    dialogue, request = operation.dialogue, operation.request
    yield from opened(dialogue)
    dialogue.context.world.directory.changes.modify(dialogue.bound, request.dn, request.changes)
    yield from kept(dialogue)
    return Result()


def delete(operation: Operation) -> Steps:
    """Answer a delete request."""
    dialogue, request = operation.dialogue, operation.request
    yield from opened(dialogue)
    dialogue.context.world.directory.changes.delete(dialogue.bound, request.dn)
    yield from kept(dialogue)
    return Result()


def modify_dn(operation: Operation) -> Steps:
    """Answer a modify DN request."""
    dialogue, request = operation.dialogue, operation.request
    yield from opened(dialogue)
    try:
        rdn = parse_rdn(request.new_rdn)
    except NameProblem as problem:
        raise DirectoryError(Code.INVALID_DN_SYNTAX, f"{problem} (RFC 4514)") from None
    dialogue.context.world.directory.changes.rename(
        dialogue.bound, request.dn, rdn, delete_old=request.delete_old, superior=request.new_superior
    )
    yield from kept(dialogue)
    return Result()


def compare(operation: Operation) -> Steps:
    """Answer a compare request."""
    dialogue, request = operation.dialogue, operation.request
    yield from opened(dialogue)
    directory = dialogue.context.world.directory
    key = directory.schema.fold_name(checked_dn(request.dn))
    entry = require(directory.find(key), directory, key)
    kind = type_of(directory.schema, request.type)
    name = kind.name.lower()
    if name == PASSWORD and not (dialogue.bound.admin or dialogue.bound.dn == entry.dn):
        raise DirectoryError(Code.INSUFFICIENT_ACCESS_RIGHTS, "passwords are compared by bind")
    if kind.equality is None:
        raise DirectoryError(Code.INAPPROPRIATE_MATCHING, f"{kind.name} has no equality rule")
    if folded(kind.equality, request.value) is None:
        raise DirectoryError(Code.INVALID_ATTRIBUTE_SYNTAX, f"the value is no {kind.syntax.title}")
    held = directory.operational(entry, name) or tuple(entry.values(directory.schema, kind))
    if not held:
        raise DirectoryError(Code.NO_SUCH_ATTRIBUTE, f"the entry has no {kind.name}")
    values = held if name != OBJECT_CLASS else (*held, *_superclasses(directory.schema, held))
    wanted = comparable(kind, request.value)
    return Result(Code.COMPARE_TRUE if wanted in {comparable(kind, one) for one in values} else Code.COMPARE_FALSE)


def _superclasses(schema: object, held: tuple[bytes, ...]) -> tuple[bytes, ...]:
    from homeport.world.directory.checks import classes_of

    return tuple(one.name.encode() for one in classes_of(schema, held))  # type: ignore[arg-type]  # a Schema
