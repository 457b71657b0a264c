"""What the registry does of its own accord, over the API: one request is one act on one object, and one transaction.

    POST W/registry/domains/homeport.test/acts    {"act": "hold"}
    GET  W/registry/domains/homeport.test/state   what follows from its facts at the world's now

An act obeys no status and needs no authInfo. Who is concerned is told by the poll queue, as of what time does.
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from homeport.config.quantities import counted
from homeport.control.durable import NOT_KEPT, when_kept
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Handler, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import CONTACTS, DOMAINS, HOSTS, Kind
from homeport.control.state import absent, log_change
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
from homeport.world.registry.validation import combination_problems, settable

By = Annotated[
    Literal["registry", "registrar"],
    Meta(description="in whose name a transfer is answered: registrar is whoever should (clientApproved, ...)"),
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
    meaning = "What the registry is to do with an object."

    act: Text
    statuses: Annotated[tuple[str, ...], Meta(description="of set and unset: such as serverHold")] = ()
    registrar: Annotated[str, Meta(description="of request_transfer and force_transfer: who is to have it")] = ""
    by: By = "registry"
    years: Annotated[int, Meta(ge=0, le=10, description="of renew, and of a transfer that is requested or forced")] = 1


def _state(kind: Kind, extra: list[tuple[Any, ...]]) -> type[msgspec.Struct]:
    own = {"meaning": f"A {kind.name} and what follows from it now."}
    fields: list[tuple[Any, ...]] = [("object", kind.shape | None), ("statuses", tuple[str, ...], ()), *extra]
    return msgspec.defstruct(f"{kind.name.capitalize()}State", fields, namespace=own, frozen=True)


STATES = {
    DOMAINS: _state(DOMAINS, [("rgp_statuses", tuple[str, ...], ()), ("hosts", tuple[str, ...], ())]),
    HOSTS: _state(HOSTS, [("domains", tuple[str, ...], ())]),
    CONTACTS: _state(CONTACTS, [("domains", tuple[str, ...], ())]),
}
"""By kind: what `state` and `acts` answer. `object` is null when it is gone."""


def shown_state(kind: Kind, registry: Registry, name: str) -> Any:
    """What there is now of an object, which may be gone."""
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
    deed = ACTS[body.act]
    if not isinstance(found, deed.of):
        kinds = [name for name, one in ACTS.items() if isinstance(found, one.of)]
        raise _wrong(f"act: a {kind.name} takes {', '.join(kinds)}")
    changes = registry.begin()
    try:
        deed.do(changes, found, body)
    except (transfers.NotPendingError, reviews.NothingToReviewError) as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
    ticket = registry.commit(changes)
    name = key_of(found)[1]
    log_change(world, kind.name, name, body.act)
    return when_kept(farm, world, ticket, shown_state(kind, registry, name))


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
            raise _wrong(f"statuses: {status!r} is none that can be set for a {kind}; these are: {', '.join(known)}")
    if not add and not remove:
        raise _wrong("statuses: name those that are to be changed")
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
        raise absent("registrar", body.registrar, changes.registry.registrars)
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
    renewed = lifecycle.renew(changes, one, body.years or 1)
    _tell_changed(changes, renewed, f"renewed by {counted(body.years or 1, 'year')}")


def _expire(changes: Changes, one: Domain, _body: Act) -> None:
    """Its expiry is now; what becomes of it is what its zone does at expiry."""
    _demand_not_deleted(one)
    changes.put(replace(one, expires=changes.now, graces=()))


def _delete(changes: Changes, one: Any, _body: Act) -> None:
    if isinstance(one, Domain):
        _demand_not_deleted(one)
        interventions.delete_domain(changes, one)
    else:
        about = state_of(changes, one)
        changes.remove(one)
        kind, name = ("host", one.name) if isinstance(one, Host) else ("contact", one.id)
        changes.message(one.registrar, f"{kind}.changed", about, name=name, change="deleted")


def _purge(changes: Changes, one: Domain, _body: Act) -> None:
    interventions.delete_domain(changes, one, at_once=True)


def _restore(changes: Changes, one: Domain, _body: Act) -> None:
    """Restored with its report, as if both had come now; the redemption may be over."""
    if one.deleted is None:
        raise _conflict("it is not deleted")
    restored = lifecycle.report(changes, one)
    about = state_of(changes, restored)
    changes.message(restored.registrar, "domain.restored", about, name=restored.name)


def _demand_not_deleted(one: Domain) -> None:
    if one.deleted is not None:
        raise _conflict("it is deleted already; restore it, or purge it")


class Deed(msgspec.Struct, frozen=True):
    """What an act does, and to what kinds of objects."""

    of: Any
    do: Callable[[Changes, Any, Act], Any]


EVERY, MOVABLE = (Domain, Host, Contact), (Domain, Contact)
ACTS: dict[str, Deed] = {
    "set": Deed(EVERY, _set),
    "unset": Deed(EVERY, _unset),
    "hold": Deed(Domain, lambda changes, one, _: _change(changes, one, ("serverHold",), ())),
    "unhold": Deed(Domain, lambda changes, one, _: _change(changes, one, (), ("serverHold",))),
    "lock": Deed(EVERY, lambda changes, one, _: _change(changes, one, _locks(one), ())),
    "unlock": Deed(EVERY, lambda changes, one, _: _change(changes, one, (), _locks(one))),
    "request_transfer": Deed(MOVABLE, _request),
    "approve_transfer": Deed(MOVABLE, partial(_answer, transfers.approve)),
    "reject_transfer": Deed(MOVABLE, partial(_answer, transfers.reject)),
    "cancel_transfer": Deed(MOVABLE, partial(_answer, transfers.cancel)),
    "force_transfer": Deed(MOVABLE, _force),
    "approve_review": Deed(EVERY, lambda changes, one, _: reviews.approve(changes, one)),
    "reject_review": Deed(EVERY, lambda changes, one, _: reviews.reject(changes, one)),
    "renew": Deed(Domain, _renew),
    "expire": Deed(Domain, _expire),
    "delete": Deed(EVERY, _delete),
    "purge": Deed(Domain, _purge),
    "restore": Deed(Domain, _restore),
}


def _operations(kind: Kind) -> tuple[Operation, ...]:
    one = f"{WORLD}/registry/{kind.plural}/{{name}}"
    return (
        Operation(
            method="GET",
            path=f"{one}/state",
            summary=f"A {kind.name} and what follows from it now",
            description="What follows from an object's facts at the world's now: statuses, grace periods, links.",
            handler=_named(f"{kind.name}_state", partial(state, kind)),
            answer=STATES[kind],
        ),
        Operation(
            method="POST",
            path=f"{one}/acts",
            summary=f"Have the registry do something with a {kind.name}",
            description="Have the registry do something with an object, as one transaction at the world's now.",
            handler=_named(f"act_on_{kind.name}", partial(act, kind)),
            problems=(NOT_KEPT, HTTPStatus.CONFLICT),
            body=Act,
            answer=STATES[kind],
        ),
    )


def _named(name: str, handler: Handler) -> Handler:
    """The handler under a name of its own, since an operation is known by its handler's."""

    def named(farm: Farm, request: Request) -> Any:
        return handler(farm, request)

    named.__name__ = name
    return named


OPERATIONS = tuple(operation for kind in STATES for operation in _operations(kind))
