"""Actions of the registry on its own initiative, over the API: each request is one action, one transaction.

    POST W/registry/domains/homeport.test/acts    {"act": "hold"}
    GET  W/registry/domains/homeport.test/state   what is derived from it at the world's now

An action ignores statuses and needs no authInfo. Registrars concerned get poll messages, as for due events.
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from homeport.config.quantities import counted
from homeport.control.durable import NOT_DURABLE, when_durable
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import CONTACTS, DOMAINS, HOSTS, Kind, named
from homeport.control.state import log_change, not_found
from homeport.world.registry import (
    Changes,
    Contact,
    Domain,
    Host,
    Registry,
    interventions,
    lifecycle,
    reviews,
    transfers,
)
from homeport.world.registry.changes import key_of
from homeport.world.registry.interventions import state_of
from homeport.world.registry.registry_acts import ActOperation, Case, RegistryAct, removed_by
from homeport.world.registry.validation import combination_problems, settable

By = Annotated[
    Literal["registry", "registrar"],
    Meta(description="in whose name a transfer is answered: registrar: the one who should (clientApproved, ...)"),
]
Text = Literal[
    "set",
    "unset",
    "hold",
    "unhold",
    "lock",
    "unlock",
    "request_transfer",
    "approve_transfer",
    "reject_transfer",
    "cancel_transfer",
    "force_transfer",
    "approve_review",
    "reject_review",
    "renew",
    "expire",
    "delete",
    "purge",
    "restore",
]


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "An action of the registry on an object."

    act: Text
    statuses: Annotated[tuple[str, ...], Meta(description="for set and unset: such as serverHold")] = ()
    registrar: Annotated[str, Meta(description="for request_transfer and force_transfer: the gaining registrar")] = ""
    by: By = "registry"
    years: Annotated[int, Meta(ge=0, le=10, description="for renew, and for a requested or forced transfer")] = 1
    who: Annotated[
        str,
        Meta(min_length=1, max_length=255, description="who acts, as the poll message says (RFC 8590), such as CSR"),
    ] = "Registry"
    reason: Annotated[str, Meta(max_length=32, description="why, as the poll message says")] = ""
    case: Case | None = None


def _state(kind: Kind, extra: list[tuple[Any, ...]]) -> type[msgspec.Struct]:
    own = {"meaning": f"A {kind.name} and its derived state now."}
    fields: list[tuple[Any, ...]] = [("object", kind.shape | None), ("statuses", tuple[str, ...], ()), *extra]
    return msgspec.defstruct(f"{kind.name.capitalize()}State", fields, namespace=own, frozen=True)


STATES = {
    DOMAINS: _state(DOMAINS, [("rgp_statuses", tuple[str, ...], ()), ("hosts", tuple[str, ...], ())]),
    HOSTS: _state(HOSTS, [("domains", tuple[str, ...], ())]),
    CONTACTS: _state(CONTACTS, [("domains", tuple[str, ...], ())]),
}
"""Answers of `state` and `acts` by kind. `object` is null when it was removed."""


def shown_state(kind: Kind, registry: Registry, name: str) -> Any:
    """Return the current state of an object, which may be missing."""
    one: Domain | Host | Contact | None = kind.objects(registry).get(name)
    if one is None:
        return STATES[kind](None)
    statuses = registry.statuses(one)
    if isinstance(one, Domain):
        below = tuple(host.name for host in registry.subordinate_hosts(one.name))
        return STATES[kind](kind.show(one), statuses, registry.rgp_statuses(one), below)
    users = registry.domains_of_host(one.name) if isinstance(one, Host) else registry.domains_of_contact(one.id)
    return STATES[kind](kind.show(one), statuses, tuple(user.name for user in users))


def state(kind: Kind, farm: Farm, request: Request) -> Any:
    registry = world_of(farm, request).world.registry
    return shown_state(kind, registry, key_of(kind.find(registry, request.parameters["name"]))[1])


def act(kind: Kind, farm: Farm, request: Request) -> Any:
    world = world_of(farm, request).world
    body: Act = request.body
    registry = world.registry
    found = kind.find(registry, request.parameters["name"])
    action = ACTS[body.act]
    if not isinstance(found, action.of):
        kinds = [name for name, one in ACTS.items() if isinstance(found, one.of)]
        raise _wrong(f"act: a {kind.name} takes {', '.join(kinds)}")
    changes = registry.begin()
    changes.act = _registry_act(body)
    try:
        action.do(changes, found, body)
    except (transfers.NotPendingError, reviews.NothingToReviewError) as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
    ticket = registry.commit(changes)
    name = key_of(found)[1]
    log_change(world, kind.name, name, body.act)
    return when_durable(farm, world, ticket, shown_state(kind, registry, name))


def _registry_act(body: Act) -> RegistryAct | None:
    """Return what the messages of an action say that the registry does; None if a registrar does it."""
    if body.act not in OPERATIONS_OF_ACTS:
        return None
    operation, op = OPERATIONS_OF_ACTS[body.act]
    if body.by == "registrar" and operation == "transfer" and op:
        return None
    state: Literal["before", "after"] = "before" if op == "purge" else "after"
    return RegistryAct(operation=operation, op=op, state=state, who=body.who, reason=body.reason, case=body.case)


def _wrong(text: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, text)


def _conflict(text: str) -> ProblemError:
    return ProblemError(HTTPStatus.CONFLICT, text)


LOCKS = ("serverDeleteProhibited", "serverRenewProhibited", "serverTransferProhibited", "serverUpdateProhibited")


def _set(changes: Changes, one: Any, body: Act) -> None:
    _change(changes, one, body.statuses, ())


def _unset(changes: Changes, one: Any, body: Act) -> None:
    _change(changes, one, (), body.statuses)


def _change(changes: Changes, one: Any, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    kind = type(one).__name__.lower()
    known = settable(kind)
    for status in (*add, *remove):
        if status not in known:
            raise _wrong(f"statuses: {status!r} cannot be set for a {kind}; allowed are {', '.join(known)}")
    if not add and not remove:
        raise _wrong("statuses: name at least one to change")
    wanted = {status for status in add if status not in one.statuses}, {*remove} & {*one.statuses}
    if any(wanted):
        changed = interventions.change_statuses(changes, one, *(tuple(sorted(some)) for some in wanted))
        for problem in combination_problems(changed):
            raise _conflict(problem)


def _locks(one: Any) -> tuple[str, ...]:
    known = settable(type(one).__name__.lower())
    return tuple(status for status in LOCKS if status in known)


def _registrar(changes: Changes, body: Act) -> str:
    found = changes.registrar(body.registrar)
    if found is None:
        raise not_found("registrar", body.registrar, changes.registry.registrars)
    return found.id


def _request(changes: Changes, one: Any, body: Act) -> None:
    gaining = _registrar(changes, body)
    if gaining == one.registrar:
        raise _conflict(f"{gaining} sponsors it already")
    if one.transfer_pending:
        raise _conflict("a transfer of it is pending already")
    if isinstance(one, Domain) and one.deleted is not None:
        raise _conflict("it is deleted; restore it first")
    transfers.request(changes, one, gaining, body.years)


def _force(changes: Changes, one: Any, body: Act) -> None:
    gaining = _registrar(changes, body)
    if gaining == one.registrar:
        raise _conflict(f"{gaining} sponsors it already")
    if isinstance(one, Domain) and one.deleted is not None:
        raise _conflict("it is deleted; restore it first")
    transfers.force(changes, one, gaining, years=body.years)


def _answer(do: Callable[..., Any], changes: Changes, one: Any, body: Act) -> None:
    do(changes, one, by_server=body.by == "registry")


def _tell_changed(changes: Changes, domain: Domain, change: str) -> None:
    about = state_of(changes, domain)
    changes.message(domain.registrar, "domain.changed", about, name=domain.name, change=change)


def _renew(changes: Changes, one: Domain, body: Act) -> None:
    _demand_not_deleted(one)
    years, left = body.years or 1, lifecycle.years_left(changes, one)
    if years > left:
        zone = changes.registry.policy_of(one)
        raise _conflict(
            f"{zone.name} registers for {counted(zone.years_max, 'year')} from now at most (years_max): it can be "
            f"renewed by {counted(left, 'year')}"
        )
    renewed = lifecycle.renew(changes, one, years)
    _tell_changed(changes, renewed, f"renewed by {counted(years, 'year')}")


def _expire(changes: Changes, one: Domain, _body: Act) -> None:
    """Set the expiry to now; the zone's policy for expiry does the rest."""
    _demand_not_deleted(one)
    changes.put(replace(one, expires=changes.now, graces=()))


def _delete(changes: Changes, one: Any, _body: Act) -> None:
    if isinstance(one, Domain):
        _demand_not_deleted(one)
        interventions.delete_domain(changes, one)
    else:
        about = state_of(changes, one)
        changes.remove(one)
        changes.act = removed_by(changes.act)
        kind, name = ("host", one.name) if isinstance(one, Host) else ("contact", one.id)
        changes.message(one.registrar, f"{kind}.changed", about, name=name, change="deleted")


def _purge(changes: Changes, one: Domain, _body: Act) -> None:
    interventions.delete_domain(changes, one, at_once=True)


def _restore(changes: Changes, one: Domain, _body: Act) -> None:
    """Restore with a report, as if both had come now; even after the redemption."""
    if one.deleted is None:
        raise _conflict("it is not deleted")
    restored = lifecycle.report(changes, one)
    about = state_of(changes, restored)
    changes.message(restored.registrar, "domain.restored", about, name=restored.name)


def _demand_not_deleted(one: Domain) -> None:
    if one.deleted is not None:
        raise _conflict("it is deleted already; restore it, or purge it")


class Action(msgspec.Struct, frozen=True):
    """An action and the kinds of objects it applies to."""

    of: Any
    do: Callable[[Changes, Any, Act], Any]


OPERATIONS_OF_ACTS: dict[str, tuple[ActOperation, str]] = {
    **dict.fromkeys(("set", "unset", "hold", "unhold", "lock", "unlock"), ("update", "")),
    "approve_transfer": ("transfer", "approve"),
    "reject_transfer": ("transfer", "reject"),
    "cancel_transfer": ("transfer", "cancel"),
    "force_transfer": ("transfer", ""),
    "renew": ("renew", ""),
    "delete": ("delete", ""),
    "purge": ("delete", "purge"),
    "restore": ("restore", ""),
}
"""Operation and its part (RFC 8590 2.1) of the acts that the registry does in its own name."""
EVERY, MOVABLE = (Domain, Host, Contact), (Domain, Contact)
ACTS: dict[str, Action] = {
    "set": Action(EVERY, _set),
    "unset": Action(EVERY, _unset),
    "hold": Action(Domain, lambda changes, one, _: _change(changes, one, ("serverHold",), ())),
    "unhold": Action(Domain, lambda changes, one, _: _change(changes, one, (), ("serverHold",))),
    "lock": Action(EVERY, lambda changes, one, _: _change(changes, one, _locks(one), ())),
    "unlock": Action(EVERY, lambda changes, one, _: _change(changes, one, (), _locks(one))),
    "request_transfer": Action(MOVABLE, _request),
    "approve_transfer": Action(MOVABLE, partial(_answer, transfers.approve)),
    "reject_transfer": Action(MOVABLE, partial(_answer, transfers.reject)),
    "cancel_transfer": Action(MOVABLE, partial(_answer, transfers.cancel)),
    "force_transfer": Action(MOVABLE, _force),
    "approve_review": Action(EVERY, lambda changes, one, _: reviews.approve(changes, one)),
    "reject_review": Action(EVERY, lambda changes, one, _: reviews.reject(changes, one)),
    "renew": Action(Domain, _renew),
    "expire": Action(Domain, _expire),
    "delete": Action(EVERY, _delete),
    "purge": Action(Domain, _purge),
    "restore": Action(Domain, _restore),
}


def _operations(kind: Kind) -> tuple[Operation, ...]:
    one = f"{WORLD}/registry/{kind.plural}/{{name}}"
    return (
        Operation(
            method="GET",
            path=f"{one}/state",
            summary=f"A {kind.name} and its derived state now",
            description="Return what is derived from an object at the world's now: statuses, grace periods, links.",
            handler=named(f"{kind.name}_state", partial(state, kind)),
            cli=f"homeport registry show {kind.name} {{name}}",
            python=f"homeport.registry.state('{kind.plural}', {{name}})",
            answer=STATES[kind],
        ),
        Operation(
            method="POST",
            path=f"{one}/acts",
            summary=f"Run an action of the registry on a {kind.name}",
            description="Run an action of the registry on an object, as one transaction at the world's now.",
            handler=named(f"act_on_{kind.name}", partial(act, kind)),
            cli=f"homeport registry act {kind.name} {{name}} {{act}}",
            python=f"homeport.registry.act('{kind.plural}', {{name}}, {{act}})",
            problems=(NOT_DURABLE, HTTPStatus.CONFLICT),
            body=Act,
            answer=STATES[kind],
        ),
    )


OPERATIONS = tuple(operation for kind in STATES for operation in _operations(kind))
