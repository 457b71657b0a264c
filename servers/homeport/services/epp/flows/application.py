"""The object of messages about applications (RFC 8334 2.5): the domain that was applied for, or the final outcome."""

from msgspec.structs import replace

from homeport.services.epp.flows.domain import full_data
from homeport.services.epp.grammar import domain, epp
from homeport.world.registry.applications import FINAL, ApplicationState


def application_data(about: ApplicationState) -> domain.InfData | domain.PanData:
    """Return panData for a final state of an application, else its domain as info shows it."""
    one = about.application
    if one.status in FINAL:
        return domain.PanData(
            name=domain.PendingName(pa_result=one.status == "allocated", value=one.domain.name),
            pa_trid=epp.TransactionIds(cl_trid=one.cl_trid or None, sv_trid=one.sv_trid),
            pa_date=about.date,
        )
    return replace(full_data(one.domain, one.domain.shown_statuses, (), secret=False), ex_date=None)
