"""Changes of entries, and compare (RFC 4511 4.6 to 4.10)."""

from collections.abc import Callable, Generator

from homeport.services.ldap.controls.reading import snapshot
from homeport.services.ldap.controls.requests import (
    ASSERTION,
    MANAGE_DSA_IT,
    PERMISSIVE_MODIFY,
    POST_READ,
    PRE_READ,
    TRANSACTION,
    TREE_DELETE,
)
from homeport.services.ldap.finding import refer
from homeport.services.ldap.messages import Control, Result
from homeport.services.ldap.operation import Answer, Operation, Steps, in_turns, kept, opened
from homeport.services.ldap.password_policy import compared
from homeport.services.ldap.selection import hidden_from
from homeport.services.ldap.transactions import hold
from homeport.world.directory.changes import Outdated
from homeport.world.directory.checks import classes_of, comparable, type_of
from homeport.world.directory.directory import PASSWORD, Directory
from homeport.world.directory.entry import OBJECT_CLASS, Entry
from homeport.world.directory.evaluation import MAX_ASSERTED_BYTES, compile_filter
from homeport.world.directory.matching import asserted
from homeport.world.directory.names import NameProblem, Rdn, parse_rdn
from homeport.world.directory.results import Code, DirectoryError

Made = tuple[Entry | None, Entry | None]
"""An entry before and after a change."""
Work = Generator[None, None, Made]


def add(operation: Operation) -> Steps:
    """Answer an add request."""
    request = operation.request

    def work(directory: Directory) -> Work:
        return None, (yield from directory.changes.adding(operation.bound, request.dn, request.attributes))

    return (yield from _changed(operation, request.dn, work))


def modify(operation: Operation) -> Steps:
    """Answer a modify request."""
    request = operation.request
    permissive = PERMISSIVE_MODIFY in operation.parsed

    def work(directory: Directory) -> Work:
        who = operation.bound
        return (yield from directory.changes.modifying(who, request.dn, request.changes, permissive=permissive))

    return (yield from _changed(operation, request.dn, work))


def delete(operation: Operation) -> Steps:
    """Answer a delete request."""
    request = operation.request
    subtree = TREE_DELETE in operation.parsed

    def work(directory: Directory) -> Work:
        return (yield from directory.changes.deleting(operation.bound, request.dn, subtree=subtree)), None

    return (yield from _changed(operation, request.dn, work))


def modify_dn(operation: Operation) -> Steps:
    """Answer a modify DN request."""
    request = operation.request
    rdn = _rdn(request.new_rdn)

    def work(directory: Directory) -> Work:
        return (
            yield from directory.changes.renaming(
                operation.bound, request.dn, rdn, delete_old=request.delete_old, superior=request.new_superior
            )
        )

    return (yield from _changed(operation, request.dn, work))


def _rdn(text: str) -> Rdn:
    try:
        return parse_rdn(text)
    except NameProblem as problem:
        raise DirectoryError(Code.INVALID_DN_SYNTAX, f"{problem} (RFC 4514)") from None


def _changed(operation: Operation, name: str, work: Callable[[Directory], Work]) -> Steps:
    """Carry out a change, with the controls that all changes have; answer when it is on stable storage."""
    dialogue = operation.dialogue
    yield from opened(dialogue)
    steps = _perform(operation, name, work)
    if TRANSACTION in operation.parsed:
        return hold(operation, steps)
    controls = yield from in_turns(steps)
    yield from kept(dialogue)
    return Answer(Result(), controls=controls)


def _perform(
    operation: Operation, name: str, work: Callable[[Directory], Work]
) -> Generator[None, None, tuple[Control, ...]]:
    """Make a change in memory; return the controls of its response. Raises: DirectoryError."""
    directory = operation.dialogue.context.world.directory
    key = directory.checked_key(name)
    if MANAGE_DSA_IT not in operation.parsed:
        refer(directory, key)
    while True:
        _require_assertion(operation, directory, directory.find(key))
        try:
            before, after = yield from work(directory)
            break
        except Outdated:
            continue
    yield from directory.tree.settling()
    return (*snapshot(operation, before, PRE_READ), *snapshot(operation, after, POST_READ))


def _require_assertion(operation: Operation, directory: Directory, entry: Entry | None) -> None:
    """Require that an entry is as the client asserts (RFC 4528)."""
    assertion = operation.parsed.get(ASSERTION)
    if assertion is None or entry is None:
        return
    test = compile_filter(
        assertion.filter,
        directory.schema,
        operational=directory.operational,
        hidden=hidden_from(operation.bound),
    )
    if not test(entry):
        raise DirectoryError(Code.ASSERTION_FAILED, "the entry is not as asserted (RFC 4528)")


def compare(operation: Operation) -> Steps:
    """Answer a compare request."""
    dialogue, request = operation.dialogue, operation.request
    yield from opened(dialogue)
    directory = dialogue.context.world.directory
    key = directory.checked_key(request.dn)
    if MANAGE_DSA_IT not in operation.parsed:
        refer(directory, key)
    entry = operation.view.for_test(directory.require(key))
    _require_assertion(operation, directory, entry)
    kind = type_of(directory.schema, request.type)
    name = kind.name.lower()
    if name in hidden_from(operation.bound) and not (name == PASSWORD and operation.bound.dn == entry.dn):
        raise DirectoryError(Code.INSUFFICIENT_ACCESS_RIGHTS, "passwords are compared by bind")
    if len(request.value) > MAX_ASSERTED_BYTES:
        raise DirectoryError(Code.ADMIN_LIMIT_EXCEEDED, f"a value has at most {MAX_ASSERTED_BYTES:,} bytes to compare")
    if kind.equality is None:
        raise DirectoryError(Code.INAPPROPRIATE_MATCHING, f"{kind.name} has no equality rule")
    if asserted(kind.equality, request.value) is None:
        raise DirectoryError(Code.INVALID_ATTRIBUTE_SYNTAX, f"the value is no {kind.syntax.title}")
    held = directory.operational(entry, name) or tuple(entry.values(directory.schema, kind))
    if not held:
        raise DirectoryError(Code.NO_SUCH_ATTRIBUTE, f"the entry has no {kind.name}")
    if name == OBJECT_CLASS:
        held = (*held, *(one.name.encode() for one in classes_of(directory.schema, held)))
    same = comparable(kind, request.value) in {comparable(kind, one) for one in held}
    if name == PASSWORD:
        return (yield from compared(operation, entry.dn, right=same))
    return Result(Code.COMPARE_TRUE if same else Code.COMPARE_FALSE)
