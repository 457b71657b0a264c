"""The password policy of a world's directory over the API, and the passwords under it: locked, expired, to be changed.

Only LDAP keeps to the policy.
"""

from collections.abc import Callable, Generator, Iterable
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration
from homeport.control.directory import DIRECTORY
from homeport.control.durable import NOT_DURABLE, attempt, when_directory_stored
from homeport.control.farm import Farm
from homeport.control.operation import Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Steps
from homeport.control.state import PERSON, log_change, not_found
from homeport.control.times import shown_time
from homeport.world.directory.contents import PasswordPolicyOptions
from homeport.world.world import World


def _policy_fields() -> Iterable[tuple[str, Any, Any]]:
    """Yield the options of a policy. Durations have a default factory: msgspec describes no default of our types."""
    for one in msgspec.structs.fields(PasswordPolicyOptions):
        if isinstance(one.default, Duration):
            kind: Any = Annotated[one.type, Meta(extra_json_schema={"type": "string", "default": "0s"})]
            yield one.name, kind, msgspec.field(default_factory=Duration)
        else:
            yield one.name, one.type, one.default


PasswordPolicy = msgspec.defstruct(
    "PasswordPolicy",
    _policy_fields(),
    namespace={"meaning": "A password policy: the options of `[directory.password_policy]`; those left out are off."},
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)


class PasswordState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "What LDAP's password policy knows of a person's password. Times are those of the world's clock."

    login: str
    policy: Annotated[str, Meta(description="DN of the policy; empty without one")]
    locked: Annotated[bool, Meta(description="no password logs in")]
    locked_until: Annotated[str | None, Meta(description="when that ends by itself")]
    expired: bool
    expires: Annotated[str | None, Meta(description="when the password expires, or has expired by its age")]
    must_change: Annotated[bool, Meta(description="it logs in to be changed, and to do nothing else")]
    changed: Annotated[str | None, Meta(description="since when its age counts; null: without a policy, none does")]
    last_login: str | None
    failures: Annotated[int, Meta(description="wrong passwords since then")]
    grace_left: Annotated[int, Meta(description="logins that it has once it is expired")]


class PasswordStateChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "What a person's password is to be. Fields that are left out stay as they are."

    locked: Annotated[
        bool | msgspec.UnsetType,
        Meta(description="true: lock it until it is unlocked; false: unlock it, and forget wrong passwords"),
    ] = msgspec.UNSET
    expired: Annotated[
        bool | msgspec.UnsetType,
        Meta(description="true: make it too old by a second, or expired without a policy; false: make it new"),
    ] = msgspec.UNSET
    must_change: Annotated[bool | msgspec.UnsetType, Meta(description="true: require a change at the next login")] = (
        msgspec.UNSET
    )


def password_policy(farm: Farm, request: Request) -> Steps:
    return _opened(farm, request, _shown_policy)


def put_password_policy(farm: Farm, request: Request) -> Steps:
    def put(world: World) -> Any:
        from homeport.world.directory.passwords import policy_of_options

        _changed(lambda: world.directory.passwords.set_policy(policy_of_options(request.body)))
        log_change(world, "password policy", "default", "put")
        return when_directory_stored(farm, world, _shown_policy(world))

    return _opened(farm, request, put)


def delete_password_policy(farm: Farm, request: Request) -> Steps:
    def remove(world: World) -> Any:
        _shown_policy(world)
        _changed(lambda: world.directory.passwords.set_policy(None))
        log_change(world, "password policy", "default", "deleted")
        return when_directory_stored(farm, world, None)

    return _opened(farm, request, remove)


def password_state(farm: Farm, request: Request) -> Steps:
    return _opened(farm, request, lambda world: _shown(world, _entry(world, request)))


def change_password_state(farm: Farm, request: Request) -> Steps:
    def change(world: World) -> Any:
        entry = _entry(world, request)
        asked = {
            name: None if value is msgspec.UNSET else value
            for name, value in msgspec.structs.asdict(request.body).items()
        }
        attempt(lambda: world.directory.passwords.set_state(entry, **asked))
        log_change(world, "password", entry.text("uid"), "put")
        return when_directory_stored(farm, world, _shown(world, entry))

    return _opened(farm, request, change)


def _opened(farm: Farm, request: Request, work: Callable[[World], Any]) -> Steps:
    """Return the answer that `work` gives once the directory is open."""
    world = world_of(farm, request).world

    def steps() -> Generator[None, None, Any]:
        yield from world.directory.opening()
        return work(world)

    return Steps(farm, steps())


def _changed(work: Callable[[], None]) -> None:
    from homeport.world.directory.results import DirectoryError

    try:
        attempt(work)
    except DirectoryError as error:
        raise ProblemError(HTTPStatus.CONFLICT, f"the directory refuses it: {error.code.text}: {error.text}") from None


def _shown_policy(world: World) -> msgspec.Struct:
    from homeport.world.directory.passwords import options_of_policy

    found = world.directory.passwords.default
    if found is None:
        dn = world.directory.passwords.default_dn
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no password policy: put one, or add the entry {dn}")
    return PasswordPolicy(**msgspec.structs.asdict(options_of_policy(found)))


def _entry(world: World, request: Request) -> Any:
    """Return the entry of a person. Raises: ProblemError, 404."""
    login = request.parameters["login"]
    directory = world.directory
    found = directory.find(directory.fold(directory.dn_of_login(login)))
    if found is None:
        raise not_found("person", login, (one.login for one in world.people))
    return found


def _shown(world: World, entry: Any) -> PasswordState:
    from homeport.world.directory.password_policy import Policy, expiry, grace_left, is_expired, is_locked, lock_ends

    passwords, now = world.directory.passwords, world.clock.now()
    found, state = passwords.policy(entry), passwords.state(entry)
    policy = found or Policy()
    changed = state.changed if found is None else passwords.changed(entry)
    begun = now if changed is None else changed
    locked = is_locked(policy, state, now, passwords.window(entry))
    return PasswordState(
        login=entry.text("uid"),
        policy=passwords.policy_dn(entry),
        locked=locked,
        locked_until=_time(lock_ends(policy, state) if locked else None),
        expired=is_expired(policy, state, begun, now),
        expires=_time(expiry(policy, begun) if policy.max_age else None),
        must_change=state.reset,
        changed=_time(changed),
        last_login=_time(state.succeeded),
        failures=len(state.failures),
        grace_left=grace_left(policy, state, begun, now),
    )


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else shown_time(seconds)


POLICY = f"{DIRECTORY}/password-policy"
STATE = f"{PERSON}/password-state"
OPERATIONS = (
    Operation(
        method="GET",
        path=POLICY,
        summary="Get a world's password policy",
        description="Return the policy of all whose entry names no other.",
        handler=password_policy,
        python="homeport.ldap.password_policy()",
        answer=PasswordPolicy,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Operation(
        method="PUT",
        path=POLICY,
        summary="Set a world's password policy",
        description="Set the policy, which LDAP shows as the entry `cn=default,ou=policies` and applies at once.",
        handler=put_password_policy,
        python="homeport.ldap.set_password_policy(max_age='90d')",
        body=PasswordPolicy,
        answer=PasswordPolicy,
        problems=(HTTPStatus.CONFLICT, NOT_DURABLE),
    ),
    Operation(
        method="DELETE",
        path=POLICY,
        summary="Remove a world's password policy",
        description="Remove the policy. What is known of passwords stays.",
        handler=delete_password_policy,
        python="homeport.ldap.remove_password_policy()",
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, NOT_DURABLE),
    ),
    Operation(
        method="GET",
        path=STATE,
        summary="Get the state of a person's password",
        description="Return whether it is locked, expired or to be changed for LDAP, and until when it holds.",
        handler=password_state,
        cli="homeport people password {login}",
        python="homeport.ldap.password_state({login})",
        answer=PasswordState,
    ),
    Operation(
        method="PATCH",
        path=STATE,
        summary="Change the state of a person's password",
        description="Lock or unlock the account, make the password expired or new, or require its change, for LDAP.",
        handler=change_password_state,
        cli="homeport people password {login} locked:={locked}",
        python="homeport.ldap.lock({login})",
        body=PasswordStateChange,
        answer=PasswordState,
        problems=(NOT_DURABLE,),
    ),
)
