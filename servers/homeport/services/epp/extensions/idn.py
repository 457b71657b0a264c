"""IDN tables (draft-ietf-eppext-idnmap): a client names the table of a new domain, and info shows it.

The rules of tables and variants hold with and without this extension: `flows/domain_idn.py`.
"""

from typing import Any

from msgspec.structs import replace

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Outcome, Request, Value
from homeport.services.epp.flows.domain import check
from homeport.services.epp.flows.domain_idn import chosen_table, table_shown
from homeport.services.epp.grammar import domain, epp, idn
from homeport.services.epp.grammar.eppcom import Reason
from homeport.services.epp.results import Code
from homeport.world.names import readable_name
from homeport.world.registry import Domain, Message
from homeport.world.registry.messages import DomainState
from homeport.world.registry.objects import with_extras


def create(request: Request[domain.Create], one: Domain) -> Domain:
    """Check a new domain's name against the table that the client names."""
    given = request.extension(idn.Data)
    if given is None:
        return one
    name = readable_name(one.name)
    if given.uname is not None and given.uname.lower() != name:
        raise EppError(
            Code.PARAMETER_POLICY,
            f"draft-ietf-eppext-idnmap 3: uname is the domain's name with U-labels: {name}",
            value=Value("uname", given.uname, idn.NAMESPACE),
        )
    table = chosen_table(request, one.name, request.registry.policy_of(one), given.table)
    return with_extras(one, idn_table=table.name)


def checked(request: Request[domain.Check]) -> Outcome:
    """Answer a check of names for the table that the client names."""
    outcome = check(request)
    given = request.extension(idn.Data)
    if given is None or not isinstance(outcome.data, domain.ChkData):
        return outcome
    answers = tuple(_narrowed(request, one, given.table) for one in outcome.data.cd)
    return replace(outcome, data=domain.ChkData(cd=answers))


def _narrowed(request: Request[domain.Check], one: domain.Checked, table: str) -> domain.Checked:
    name = one.name.value.lower()
    zone = request.registry.zone_of(name) if one.name.avail else None
    if zone is None:
        return one
    try:
        chosen_table(request, name, zone, table)
    except EppError:
        return domain.Checked(
            name=domain.Availability(avail=False, value=one.name.value), reason=Reason(value="Not in this IDN table")
        )
    return one


def shown_table(request: Request[Any], one: Domain) -> idn.Data | None:
    """Return the table of a domain; None if its name has none."""
    table = table_shown(request, one)
    return idn.Data(table=table, uname=readable_name(one.name)) if table else None


def table_of_message(request: Request[epp.Poll], message: Message) -> idn.Data | None:
    """Return the table of the domain that a message is about."""
    return shown_table(request, message.about.domain) if isinstance(message.about, DomainState) else None


EXTENSION = Extension(
    uri=idn.NAMESPACE,
    rfc="draft-ietf-eppext-idnmap",
    belongs={domain.Check: idn.Data, domain.Create: idn.Data},
    replaces={domain.Check: checked},
    changes={domain.Create: create},
    shows={domain.Info: shown_table, epp.Poll: table_of_message},
)
