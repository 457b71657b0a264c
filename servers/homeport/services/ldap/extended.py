"""Extended operations (RFC 4511 4.12): StartTLS, Who am I, changes of passwords, and cancel."""

from collections.abc import Callable

from homeport.protocol import ber
from homeport.protocol.effects import ConcealSent, StartTls
from homeport.services.ldap.messages import Result
from homeport.services.ldap.operation import Answer, Cancel, Operation, Steps, kept, opened
from homeport.services.ldap.password_policy import PolicyLogin, matches
from homeport.services.ldap.responses import write_extended_result
from homeport.services.ldap.transactions import END_TRANSACTION, START_TRANSACTION, end_transaction, start_transaction
from homeport.world.directory.results import Code, DirectoryError

START_TLS = "1.3.6.1.4.1.1466.20037"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
PASSWORD_MODIFY = "1.3.6.1.4.1.4203.1.11.1"  # noqa: S105 - an OID
CANCEL = "1.3.6.1.1.8"
MADE_PASSWORD_BYTES = 9


def extended(operation: Operation) -> Answer | Result | Steps:
    """Answer an extended request. Raises: DirectoryError for an unknown one."""
    handler = OPERATIONS.get(operation.request.oid)
    if handler is None:
        text = f"the extended operation {operation.request.oid[:60]!r} is not supported"
        raise DirectoryError(Code.PROTOCOL_ERROR, text, finding="unknown-operation")
    return handler(operation)


def start_tls(operation: Operation) -> Steps:
    """Start TLS (RFC 4511 4.14)."""
    dialogue = operation.dialogue
    if dialogue.tls is not None:
        raise DirectoryError(Code.OPERATIONS_ERROR, "TLS is on already (RFC 4511 4.14.1)", finding="starttls-twice")
    if operation.request.value is not None:
        raise DirectoryError(Code.PROTOCOL_ERROR, "StartTLS has no value (RFC 4511 4.14.1)")
    result = Result()
    operation.send(write_extended_result(result, START_TLS))
    yield StartTls()
    return Answer(result, is_sent=True)


def who_am_i(operation: Operation) -> Answer:
    """Answer with the authorization identity (RFC 4532)."""
    result = Result()
    identity = operation.dialogue.behaviour.identity(operation)
    return Answer(result, write_extended_result(result, "", identity.encode()))


def password_modify(operation: Operation) -> Steps:
    """Change a password (RFC 3062)."""
    dialogue = operation.dialogue
    dn, old, new = _password_fields(operation.request.value)
    if not operation.bound.dn:
        raise DirectoryError(Code.STRONGER_AUTH_REQUIRED, "log in before you change a password (RFC 3062 2)")
    made = None
    if new is None:
        made = new = dialogue.context.world.random.randbytes(MADE_PASSWORD_BYTES).hex().encode()
    yield from opened(dialogue)
    directory = dialogue.context.world.directory
    target = dn or operation.bound.dn
    if old is not None:
        credentials = directory.credentials(target)
        login = PolicyLogin(operation, target)
        login.require_unlocked()
        if credentials is None or not (yield from matches(credentials, old)):
            yield from login.failed()
            raise DirectoryError(Code.INVALID_CREDENTIALS, "the old password is wrong")
    directory.changes.change_password(operation.bound, target, new, proved=old is not None)
    yield from kept(dialogue)
    result = Result()
    value = None
    if made is not None:
        dialogue.effect(ConcealSent(made, bytes((0x80, len(made)))))
        value = ber.encode_sequence(ber.encode(0x80, made))
    return Answer(result, write_extended_result(result, "", value))


def cancel(operation: Operation) -> Steps:
    """End another operation, which answers as well (RFC 3909)."""
    try:
        (tag, content), *_later = ber.fields_of(operation.request.value or b"")
        number = ber.integer_in(content, 0, len(content))
    except ValueError as error:  # BerError, or no field
        raise DirectoryError(Code.PROTOCOL_ERROR, f"the value of a cancel request: {error}") from None
    if tag != ber.INTEGER:
        raise DirectoryError(Code.PROTOCOL_ERROR, "a cancel request has a message identifier (RFC 3909 2.1)")
    if not (yield Cancel(number)):
        # RFC 3909 2.2: those that cannot be abandoned are over when the next request is read.
        raise DirectoryError(Code.NO_SUCH_OPERATION, "there is no such operation, or it is over")
    return Result()


def _password_fields(value: bytes | None) -> tuple[str, bytes | None, bytes | None]:
    """Return the user, the old and the new password of a request. Raises: DirectoryError."""
    if value is None:
        return "", None, None
    try:
        fields = ber.tagged_fields(value, (0x80, 0x81, 0x82))
        return fields.get(0x80, b"").decode(), fields.get(0x81), fields.get(0x82)
    except (ber.BerError, UnicodeDecodeError) as error:
        raise DirectoryError(Code.PROTOCOL_ERROR, f"the value of a password modify request: {error}") from None


OPERATIONS: dict[str, Callable[[Operation], Answer | Result | Steps]] = {
    START_TLS: start_tls,
    WHO_AM_I: who_am_i,
    PASSWORD_MODIFY: password_modify,
    CANCEL: cancel,
    START_TRANSACTION: start_transaction,
    END_TRANSACTION: end_transaction,
}
"""Extended operations by OID; the root DSE lists them."""
