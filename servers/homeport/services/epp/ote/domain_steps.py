"""Steps of domains: registration, changes, transfers, redemption."""

from collections.abc import Callable
from typing import Any

from homeport.services.epp.grammar import rgp, secdns
from homeport.services.epp.ote.step import Sighting, Step
from homeport.services.epp.results import Code

D, T, R = "domains", "transfers", "redemption"
LOCKS = ("clientTransferProhibited", "clientUpdateProhibited", "clientDeleteProhibited", "clientRenewProhibited")
LOCKED = (Code.STATUS_PROHIBITS,)
WRONG_SECRET = (Code.INVALID_AUTHORIZATION_INFORMATION,)
Tries = Callable[[Sighting], bool]


def unavailable(seen: Sighting) -> bool:
    """True if a check's answer has a name that is not available."""
    data: Any = seen.outcome.data if seen.outcome is not None else None
    return data is not None and False in [one.name.avail for one in data.cd]


def is_own(seen: Sighting) -> bool:
    """True if the command's domain is the registrar's own."""
    domain = seen.domain
    return domain is not None and domain.registrar.lower() == seen.registrar.lower()


def _years(seen: Sighting) -> int:
    period = seen.about.period
    return 1 if period is None else int(period.value) // (12 if period.unit == "m" else 1)


def _statuses(part: str, *names: str) -> Tries:
    return lambda seen: any(one.s in names for one in seen.in_update(part, "status") or ())


def _servers(part: str) -> Tries:
    return lambda seen: seen.in_update(part, "ns") is not None


def _signs(part: str) -> Tries:
    """Return the test whether an update adds or removes DNSSEC data."""

    def tries(seen: Sighting) -> bool:
        given = seen.extension(secdns.Update)
        return given is not None and getattr(given, part) is not None

    return tries


def _restore(op: str) -> Tries:
    def tries(seen: Sighting) -> bool:
        given = seen.extension(rgp.Update)
        return given is not None and given.restore.op == op

    return tries


def _op(op: str) -> Tries:
    return lambda seen: seen.op == op


def _sets_password(seen: Sighting) -> bool:
    given = seen.in_update("chg", "auth_info")
    return given is not None and given.pw is not None and bool(given.pw.value)


def _unsets_password(seen: Sighting) -> bool:
    given = seen.in_update("chg", "auth_info")
    return given is not None and (given.null or (given.pw is not None and not given.pw.value))


DOMAINS = (
    Step(id="domain-check", section=D, title="Check a name", how="domain:check", verb="domain:check"),
    Step(id="domain-check-many", section=D, title="Check several names at once",
         how="domain:check with two or more names", verb="domain:check", tries=lambda seen: len(seen.about.name) > 1),
    Step(id="domain-check-taken", section=D, title="Learn that a name is taken",
         how="domain:check of a registered name; avail is 0", verb="domain:check", tries=unavailable),
    Step(id="domain-create", section=D, title="Register a domain with name servers",
         how="domain:create with hostObj or hostAttr in ns", verb="domain:create",
         tries=lambda seen: seen.about.ns is not None),
    Step(id="domain-create-bare", section=D, title="Register a domain without name servers",
         how="domain:create without ns", verb="domain:create", tries=lambda seen: seen.about.ns is None),
    Step(id="domain-create-contacts", section=D, title="Register a domain with contacts",
         how="domain:create with registrant and contact", verb="domain:create",
         tries=lambda seen: bool(seen.about.registrant and seen.about.contact)),
    Step(id="domain-create-years", section=D, title="Register a domain for several years",
         how="domain:create with a period of two years or more", verb="domain:create",
         tries=lambda seen: _years(seen) > 1),
    Step(id="domain-create-idn", section=D, title="Register an internationalized domain",
         how="domain:create of an A-label (xn--...)", verb="domain:create",
         tries=lambda seen: seen.about.name.lower().startswith("xn--")),
    Step(id="domain-create-signed", section=D, title="Register a signed domain",
         how="domain:create with secDNS:create", verb="domain:create",
         tries=lambda seen: seen.extension(secdns.Create) is not None),
    Step(id="domain-create-taken", section=D, title="Learn that a name cannot be registered twice",
         how="domain:create of a registered name; the answer is 2302", verb="domain:create",
         tries=lambda seen: seen.code == Code.OBJECT_EXISTS, codes=(Code.OBJECT_EXISTS,)),
    Step(id="domain-info", section=D, title="Ask for a domain of your own", how="domain:info", verb="domain:info",
         tries=is_own),
    Step(id="domain-info-authinfo", section=D, title="Ask for another registrar's domain with its authInfo",
         how="domain:info with authInfo", verb="domain:info",
         tries=lambda seen: seen.about.auth_info is not None and not is_own(seen)),
    Step(id="domain-add-server", section=D, title="Add a name server", how="domain:update with ns in add",
         verb="domain:update", tries=_servers("add")),
    Step(id="domain-remove-server", section=D, title="Remove a name server", how="domain:update with ns in rem",
         verb="domain:update", tries=_servers("rem")),
    Step(id="domain-contacts", section=D, title="Change registrant or contacts",
         how="domain:update with registrant in chg, or contact in add", verb="domain:update",
         tries=lambda seen: bool(seen.in_update("chg", "registrant") or seen.in_update("add", "contact"))),
    Step(id="domain-lock", section=D, title="Lock a domain", how="domain:update with client...Prohibited in add",
         verb="domain:update", tries=_statuses("add", *LOCKS)),
    Step(id="domain-unlock", section=D, title="Unlock a domain", how="domain:update with client...Prohibited in rem",
         verb="domain:update", tries=_statuses("rem", *LOCKS)),
    Step(id="domain-locked", section=D, title="Learn that a locked domain cannot be changed",
         how="domain:update of a locked domain; the answer is 2304", verb="domain:update",
         tries=lambda seen: seen.code in LOCKED, codes=LOCKED),
    Step(id="domain-hold", section=D, title="Take a domain out of the DNS", how="domain:update with clientHold in add",
         verb="domain:update", tries=_statuses("add", "clientHold")),
    Step(id="domain-unhold", section=D, title="Put a domain back into the DNS",
         how="domain:update with clientHold in rem", verb="domain:update", tries=_statuses("rem", "clientHold")),
    Step(id="domain-authinfo", section=D, title="Set a domain's authInfo", how="domain:update with authInfo in chg",
         verb="domain:update", tries=_sets_password),
    Step(id="domain-authinfo-unset", section=D, title="Unset a domain's authInfo",
         how="domain:update with authInfo of null, or of an empty pw, in chg", verb="domain:update",
         tries=_unsets_password),
    Step(id="domain-sign", section=D, title="Add DNSSEC data", how="domain:update with secDNS:update and add in it",
         verb="domain:update", tries=_signs("add")),
    Step(id="domain-unsign", section=D, title="Remove DNSSEC data",
         how="domain:update with secDNS:update and rem in it", verb="domain:update", tries=_signs("rem")),
    Step(id="domain-renew", section=D, title="Renew a domain", how="domain:renew with the expiry date of info",
         verb="domain:renew"),
    Step(id="domain-renew-years", section=D, title="Renew a domain for several years",
         how="domain:renew with a period of two years or more", verb="domain:renew",
         tries=lambda seen: _years(seen) > 1),
    Step(id="domain-delete", section=D, title="Delete a domain within its add grace",
         how="domain:delete of a new domain; the answer is 1000", verb="domain:delete",
         tries=lambda seen: seen.code != Code.PENDING, codes=(Code.OK,)),
)  # fmt: skip
TRANSFERS = (
    Step(id="transfer-request", section=T, title="Request a transfer",
         how="domain:transfer op=request with the domain's authInfo", verb="domain:transfer", tries=_op("request")),
    Step(id="transfer-refused", section=T, title="Survive wrong authInfo",
         how="domain:transfer op=request with wrong authInfo; the answer is 2202", verb="domain:transfer",
         tries=lambda seen: seen.code in WRONG_SECRET, codes=WRONG_SECRET),
    Step(id="transfer-query", section=T, title="Ask how a transfer stands", how="domain:transfer op=query",
         verb="domain:transfer", tries=_op("query")),
    Step(id="transfer-cancel", section=T, title="Cancel a transfer of your own", how="domain:transfer op=cancel",
         verb="domain:transfer", tries=_op("cancel")),
    Step(id="transfer-approve", section=T, title="Approve a transfer away from you", how="domain:transfer op=approve",
         verb="domain:transfer", tries=_op("approve")),
    Step(id="transfer-reject", section=T, title="Reject a transfer away from you", how="domain:transfer op=reject",
         verb="domain:transfer", tries=_op("reject")),
    Step(id="contact-transfer", section=T, title="Request a transfer of a contact",
         how="contact:transfer op=request with its authInfo", verb="contact:transfer", tries=_op("request")),
)  # fmt: skip
REDEMPTION = (
    Step(id="redemption", section=R, title="Delete a domain after its add grace",
         how="domain:delete of an older domain; the answer is 1001, and it can be restored", verb="domain:delete",
         tries=lambda seen: seen.code == Code.PENDING, codes=(Code.PENDING,)),
    Step(id="restore-request", section=R, title="Request a restore",
         how="domain:update with rgp:restore op=request (RFC 3915 4.2.5)", verb="domain:update",
         tries=_restore("request")),
    Step(id="restore-report", section=R, title="Send the restore report",
         how="domain:update with rgp:restore op=report and the report", verb="domain:update", tries=_restore("report")),
)  # fmt: skip
