"""Applications for names in a launch phase, as the registry stores them, and what a domain keeps of its launch."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.world.registry.launch_facts import LaunchFacts
from homeport.world.registry.objects import Domain, Time

__all__ = ["Application", "ApplicationState", "LaunchFacts", "Status"]

Status = Literal["pendingValidation", "validated", "invalid", "pendingAllocation", "allocated", "rejected"]
FINAL = ("invalid", "allocated", "rejected")
"""Statuses that an application never leaves."""


class Application(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "An application for a name (RFC 8334)."

    id: Annotated[str, Meta(description="applicationID")]
    domain: Annotated[Domain, Meta(description="the domain as it will be registered")]
    phase: str
    phase_name: str = ""
    years: int = 1
    status: Status = "pendingValidation"
    ends: Annotated[Time | None, Meta(description="end of its phase; none: the phase has no end")] = None
    mark_ids: Annotated[tuple[str, ...], Meta(description="the signed marks that it relies on")] = ()
    marks: Annotated[tuple[str, ...], Meta(description="its marks as XML")] = ()
    notice: Annotated[str, Meta(description="the claims notice that its registrant accepted")] = ""
    cl_trid: str = ""
    sv_trid: str = ""


class ApplicationState(msgspec.Struct, frozen=True, kw_only=True, tag="application"):
    """An application at the time of an event."""

    application: Application
    date: Time
