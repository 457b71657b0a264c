"""Transactions (RFC 5805): changes that a client sends one after another, and that are made together or not at all.

A connection has one transaction at a time. Its changes are answered at once and made at its end, in one turn of the
reactor; hence MAX_CHANGES.
"""

from collections.abc import Generator

import msgspec

from homeport.protocol import ber
from homeport.services.ldap.controls.requests import TRANSACTION
from homeport.services.ldap.dialogue import LdapDialogue
from homeport.services.ldap.messages import Control, Result
from homeport.services.ldap.operation import Answer, Operation, Steps, in_turns, kept
from homeport.services.ldap.responses import write_control, write_extended_result, write_message
from homeport.world.directory.changes import finished
from homeport.world.directory.results import Code, DirectoryError

START_TRANSACTION = "1.3.6.1.1.21.1"
END_TRANSACTION = "1.3.6.1.1.21.3"
ABORTED = "1.3.6.1.1.21.4"
"""Name of the unsolicited notification that a transaction is no more (RFC 5805 2.4)."""
MAX_CHANGES = 32
"""Changes of a transaction."""


Work = Generator[None, None, tuple[Control, ...]]


class Transaction(msgspec.Struct):
    """A transaction that has begun. work: the steps of each change, which return the controls of its response."""

    identifier: bytes
    work: list[tuple[int, Work]] = []


def start_transaction(operation: Operation) -> Answer:
    """Begin a transaction (RFC 5805 2.1)."""
    dialogue = operation.dialogue
    if operation.request.value is not None:
        raise DirectoryError(Code.PROTOCOL_ERROR, "the request that starts a transaction has no value (RFC 5805 2.1)")
    if dialogue.transaction is not None:
        raise DirectoryError(Code.BUSY, "a connection has one transaction at a time: end the other one first")
    dialogue.transaction = Transaction(dialogue.next_transaction())
    result = Result()
    return Answer(result, write_extended_result(result, "", dialogue.transaction.identifier))


def hold(operation: Operation, work: Work) -> Result:
    """Keep a change for the end of its transaction (RFC 5805 2.2)."""
    transaction = _named(operation.dialogue, operation.parsed[TRANSACTION].identifier)
    if len(transaction.work) >= MAX_CHANGES:
        raise DirectoryError(Code.ADMIN_LIMIT_EXCEEDED, f"a transaction has at most {MAX_CHANGES} changes")
    transaction.work.append((operation.id, work))
    return Result()


def end_transaction(operation: Operation) -> Steps:
    """Make the changes of a transaction, or forget them (RFC 5805 2.3)."""
    dialogue = operation.dialogue
    identifier, commits = _fields(operation.request.value)
    transaction = _named(dialogue, identifier)
    dialogue.transaction = None
    changes = dialogue.context.world.directory.changes
    yield from in_turns(changes.settling())  # no change of another client may be among these
    done: list[bytes] = []
    failed = 0
    try:
        with changes.atomic():
            for number, work in transaction.work if commits else ():
                failed = number
                if controls := finished(work):
                    listed = ber.encode_sequence(*map(write_control, controls))
                    done.append(ber.encode_sequence(ber.encode_integer(number), listed))
    except DirectoryError as error:
        result = Result(error.code, error.matched, error.text, error.referrals)
        value = ber.encode_sequence(ber.encode_integer(failed))
        return Answer(result, write_extended_result(result, "", value))
    yield from kept(dialogue)
    result = Result()
    listed_all = ber.encode_sequence(ber.encode_sequence(*done)) if done else None
    return Answer(result, write_extended_result(result, "", listed_all))


def abort(dialogue: LdapDialogue) -> None:
    """Forget the transaction of a connection, and notify the client (RFC 5805 2.4 and 3.4)."""
    transaction, dialogue.transaction = dialogue.transaction, None
    result = Result(Code.OTHER, "", "the transaction has ended: a bind follows it")
    dialogue.say(write_message(0, write_extended_result(result, ABORTED, transaction.identifier)))


def _named(dialogue: LdapDialogue, identifier: bytes) -> Transaction:
    """Return the transaction of an identifier. Raises: DirectoryError."""
    transaction: Transaction | None = dialogue.transaction
    if transaction is None or transaction.identifier != identifier:
        text = "there is no such transaction on this connection, or it has ended (RFC 5805 2.1)"
        raise DirectoryError(Code.UNWILLING_TO_PERFORM, text, finding="unknown-transaction")
    return transaction


def _fields(value: bytes | None) -> tuple[bytes, bool]:
    """Return identifier and flag of a request that ends a transaction. Raises: DirectoryError."""
    commits = True
    try:
        fields = ber.fields_of(value or b"")
        if fields[0][0] == ber.BOOLEAN:
            commits = ber.boolean_in(fields[0][1], 0, len(fields[0][1]))
            del fields[0]
        tag, identifier = fields[0]
    except (ValueError, IndexError) as error:
        raise DirectoryError(Code.PROTOCOL_ERROR, f"the value of an end of transaction: {error}") from None
    if tag != ber.OCTET_STRING:
        raise DirectoryError(Code.PROTOCOL_ERROR, "the end of a transaction names it (RFC 5805 2.3)")
    return identifier, commits
