"""The statuses of domains (RFC 5731 2.3): which commands they forbid, and which ones a client may set.

`ok`, `inactive` and `pending...` follow from what the registry holds. Clients set `client...`, the registry sets
`server...`.
"""

from homeport.services.epp.flow import EppError, Value
from homeport.world.registry import Domain

CLIENT_STATUSES = frozenset(
    ("clientDeleteProhibited", "clientHold", "clientRenewProhibited", "clientTransferProhibited",
     "clientUpdateProhibited")
)  # fmt: skip
PENDING = ("pendingCreate", "pendingDelete", "pendingRenew", "pendingTransfer", "pendingUpdate")


def check_allowed(domain: Domain, operation: str) -> None:
    """Raises: EppError 2304 if a status forbids an operation: `Delete`, `Renew`, `Transfer` or `Update`."""
    for status in (f"client{operation}Prohibited", f"server{operation}Prohibited"):
        if status in domain.statuses:
            raise _prohibits(status, f"{operation.lower()} is refused while it is set")
    check_not_pending(domain)


def check_not_pending(domain: Domain) -> None:
    """Raises: EppError 2304 while a command on the domain waits: others have to wait for its end."""
    for status in domain.pending_statuses():
        raise _prohibits(status, "another command waits to be completed")


def check_update_allowed(domain: Domain, removed: frozenset[str]) -> None:
    """Raises: EppError 2304 if a status forbids an update; clientUpdateProhibited allows its own removal."""
    if "serverUpdateProhibited" in domain.statuses:
        raise _prohibits("serverUpdateProhibited", "only the registry can remove it")
    if "clientUpdateProhibited" in domain.statuses and "clientUpdateProhibited" not in removed:
        raise _prohibits("clientUpdateProhibited", "every update but one that removes it is refused")
    check_not_pending(domain)


def _prohibits(status: str, why: str) -> EppError:
    return EppError(2304, f"RFC 5731 2.3: the domain has the status {status}; {why}")


def changed_statuses(domain: Domain, add: tuple[str, ...], remove: tuple[str, ...]) -> tuple[str, ...]:
    """The statuses after an update (RFC 5731 3.2.5): removed first, then added.

    Raises: EppError 2306 for one that is not a client's, that is there already, or that is not there to be removed.
    """
    for status in (*remove, *add):
        if status not in CLIENT_STATUSES:
            raise _refused(status, "RFC 5731 2.3: clients set and remove client... statuses only")
    statuses = list(domain.statuses)
    for status in remove:
        if status not in statuses:
            raise _refused(status, "RFC 5731 3.2.5: the domain does not have this status")
        statuses.remove(status)
    for status in add:
        if status in statuses:
            raise _refused(status, "RFC 5731 3.2.5: the domain has this status already")
        if status in remove:
            raise _refused(status, "RFC 5731 3.2.5: one command both adds and removes this status")
        statuses.append(status)
    return tuple(statuses)


def _refused(status: str, why: str) -> EppError:
    return EppError(2306, f"{why}: {status}", value=Value("status", status))
