"""Bind: anonymous, simple and SASL (RFC 4513 5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import msgspec

from homeport.protocol.effects import Log
from homeport.sasl import MECHANISMS, Challenge, Failure, Success, offered, start
from homeport.sasl.authority import WorldAuthority
from homeport.sasl.choosing import choose_authority
from homeport.sasl.exchange import Exchange, Step
from homeport.services.ldap.advice import advise_bind
from homeport.services.ldap.dialogue import ANONYMOUS, Bound, LdapDialogue
from homeport.services.ldap.messages import Control, Result
from homeport.services.ldap.operation import Answer, Operation, Steps, opened, protocol_error
from homeport.services.ldap.password_policy import PolicyLogin, matches
from homeport.services.ldap.responses import write_bind_result
from homeport.services.ldap.transactions import abort
from homeport.world.directory.password_policy import PolicyError, Verdict
from homeport.world.directory.results import Code, DirectoryError

VERSION = 3
SUPPORTED = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "EXTERNAL", "CRAM-MD5", "PLAIN")
"""SASL mechanisms for LDAP; LOGIN and the OAuth mechanisms are for mail."""
WRONG = "wrong name or password"


def bind(operation: Operation) -> Answer | Steps:
    """Answer a bind request; until it succeeds, the client is anonymous (RFC 4511 4.2.1)."""
    dialogue, request = operation.dialogue, operation.request
    before, dialogue.bound = dialogue.bound, ANONYMOUS
    if dialogue.transaction is not None:
        abort(dialogue)
    if before.login or before.dn:
        dialogue.leave()
    if request.version != VERSION:
        dialogue.sasl = None
        dialogue.report("v2-bind")
        raise protocol_error(f"LDAP version {request.version}; only version 3 is spoken here (RFC 4511 4.2)")
    if request.mechanism:
        return _sasl(operation)
    dialogue.sasl = None  # RFC 4513 5.2.1.2: a bind of another kind ends the exchange
    return _simple(operation)


def mechanisms(dialogue: LdapDialogue) -> list[str]:
    """Return the names of the SASL mechanisms that can be used now, for the root DSE."""
    authority = choose_authority(dialogue.context.world, dialogue.host_name)
    shown = [name for name in offered(dialogue.tls, authority) if name in SUPPORTED]
    return [name for name in shown if dialogue.accepts_clear or not MECHANISMS[name].clear]


def _simple(operation: Operation) -> Answer | Steps:
    dialogue, request = operation.dialogue, operation.request
    name, password = request.name, request.credentials or b""
    if not password:
        if name:  # RFC 4513 5.1.2
            dialogue.report("unauthenticated-bind", name.encode())
            if not dialogue.options.unauthenticated:
                text = "a name without a password is no login (RFC 4513 5.1.2)"
                raise DirectoryError(Code.UNWILLING_TO_PERFORM, text)
        return _answer(Result())
    advise_bind(operation)
    _require_tls(dialogue, "a simple bind")
    return _check(operation, name, password)


def _require_tls(dialogue: LdapDialogue, what: str) -> None:
    if dialogue.tls is None:
        dialogue.report("bind-in-clear", what.encode())
        if not dialogue.options.clear_passwords:
            text = f"{what} sends the password in the clear: send StartTLS first, or use the listener ldap.tls"
            raise DirectoryError(Code.CONFIDENTIALITY_REQUIRED, text)


def _check(operation: Operation, name: str, password: bytes) -> Steps:
    """Compare a password, off the reactor if it must be hashed."""
    dialogue = operation.dialogue
    yield from opened(dialogue)
    with _logged(dialogue, name, "simple"):
        name = yield from dialogue.behaviour.account(operation, name)
        credentials = dialogue.context.world.directory.credentials(name)
        login = PolicyLogin(operation, name)
        login.require_unlocked()
        right = False
        if credentials is not None:
            right = yield from matches(credentials, password)
            login.require_unlocked()  # other connections may have tried, too, while this one hashed
        if not right or credentials is None:
            yield from login.failed()
            raise DirectoryError(Code.INVALID_CREDENTIALS, WRONG)
        dialogue.behaviour.admit(operation, credentials.dn)
        verdict = login.succeeded()
        _require_kept(dialogue, verdict)
    bound = Bound(credentials.dn, credentials.login, admin=credentials.admin, method="simple")
    return _enter(dialogue, bound, login, verdict)


def _require_kept(dialogue: LdapDialogue, verdict: Verdict | None) -> None:
    """Refuse a login whose password must be changed, where such a login is refused. Raises: DirectoryError."""
    must_change = verdict is not None and verdict.error is PolicyError.CHANGE_AFTER_RESET
    if must_change and dialogue.behaviour.refuses_reset_passwords:
        raise dialogue.behaviour.refused_login("must-change")


@contextmanager
def _logged(dialogue: LdapDialogue, name: str, mechanism: str) -> Iterator[None]:
    """Journal a login that is refused."""
    try:
        yield
    except DirectoryError as error:
        _log(dialogue, name, mechanism, error.code)
        raise


def _sasl(operation: Operation) -> Steps:
    dialogue, request = operation.dialogue, operation.request
    name = request.mechanism.upper()
    shown = mechanisms(dialogue)
    exchange, dialogue.sasl = dialogue.sasl, None
    if exchange is not None and exchange.name == name:
        return _stepped(operation, exchange, exchange.respond(request.credentials or b""))
    if name not in shown:
        if name == "EXTERNAL":
            dialogue.report("sasl-external-without-certificate")
            text = "EXTERNAL needs TLS with a client certificate that the farm's authority has issued"
            raise DirectoryError(Code.INAPPROPRIATE_AUTHENTICATION, text)
        if name in SUPPORTED and MECHANISMS[name].clear:
            _require_tls(dialogue, name)
        dialogue.report("mechanism-not-listed", name.encode())
        text = f"unknown mechanism; the root DSE lists {', '.join(shown) or 'none'}"
        raise DirectoryError(Code.AUTH_METHOD_NOT_SUPPORTED, text)
    if MECHANISMS[name].clear:
        _require_tls(dialogue, name)
    authority = dialogue.authority = choose_authority(dialogue.context.world, dialogue.host_name)
    exchange = start(name, authority, dialogue.tls, advertised=shown)
    exchange.find_authorized = partial(_login_of, dialogue)
    return _stepped(operation, exchange, exchange.begin(request.credentials))


def _login_of(dialogue: LdapDialogue, authorization: str) -> str | None:
    """Return the login of an authorization identity, `dn:` or `u:` (RFC 4513 5.2.1.8); None for an unknown one."""
    kind, _, name = authorization.partition(":")
    world = dialogue.context.world
    if kind == "dn":
        what, name = world.directory.kind_of_dn(name)
        person = world.people.get(name) if what == "person" else None
    else:
        person = world.people.get(name) if kind == "u" else None
    return None if person is None else person.login


def _stepped(operation: Operation, exchange: Exchange, step: Step) -> Steps:
    """Answer a step of a SASL exchange."""
    dialogue = operation.dialogue
    for finding in step.findings:
        dialogue.report(finding)
    if isinstance(step, Challenge):
        dialogue.sasl = exchange
        return _answer(Result(Code.SASL_BIND_IN_PROGRESS), step.data)
    yield from opened(dialogue)
    directory = dialogue.context.world.directory
    if isinstance(step, Success):
        if (planned := _asked_in_name(operation)) is not None:
            return _answer(planned)
        return _authenticated(operation, exchange, step)
    assert isinstance(step, Failure)  # noqa: S101 - the third kind of step
    authority = exchange.authority
    with _logged(dialogue, "", exchange.name):
        if step.kind == "credentials" and isinstance(authority, WorldAuthority) and authority.asked_for:
            login = PolicyLogin(operation, directory.dn_of_login(authority.asked_for))
            login.require_unlocked()
            yield from login.failed()
        raise DirectoryError(Code.PROTOCOL_ERROR if step.kind == "malformed" else Code.INVALID_CREDENTIALS, step.reason)


def _asked_in_name(operation: Operation) -> Result | None:
    """Collect the fault that a SASL name asks for, `alice+NAME`; return the result that replaces that of the bind."""
    asked_name = getattr(operation.dialogue.authority, "asked", "")
    if not asked_name:
        return None
    from homeport.services.ldap.client_faults import asked  # most farms never need it

    return asked(operation, asked_name)


def _authenticated(operation: Operation, exchange: Exchange, step: Success) -> Answer:
    """Log the client in by SASL, if the policy of its password lets it in."""
    dialogue, directory = operation.dialogue, operation.dialogue.context.world.directory
    with _logged(dialogue, step.identity, exchange.name):
        login = PolicyLogin(operation, directory.dn_of_login(step.identity))
        login.require_unlocked()
        dialogue.behaviour.admit(operation, directory.dn_of_login(step.identity))
        verdict = None if exchange.name == "EXTERNAL" else login.succeeded()
        _require_kept(dialogue, verdict)
    bound = Bound(directory.dn_of_login(step.authorization), step.authorization, method=exchange.name)
    return _enter(dialogue, bound, login, verdict, step.data or None)


def _enter(
    dialogue: LdapDialogue, bound: Bound, login: PolicyLogin, verdict: Verdict | None, data: bytes | None = None
) -> Answer:
    """Log the client in."""
    must_change = verdict is not None and verdict.error is PolicyError.CHANGE_AFTER_RESET
    dialogue.bound = msgspec.structs.replace(bound, must_change=must_change)
    dialogue.bound_in_clear = dialogue.tls is None
    dialogue.enter()
    _log(dialogue, bound.login or bound.dn, bound.method, Code.SUCCESS)
    return _answer(Result(), data, login.controls(verdict))


def _log(dialogue: LdapDialogue, login: str, mechanism: str, code: Code) -> None:
    dialogue.effect(Log("login", {"login": login, "mechanism": mechanism, "code": code.text}))


def _answer(result: Result, credentials: bytes | None = None, controls: tuple[Control, ...] = ()) -> Answer:
    return Answer(result, write_bind_result(result, credentials), controls)
