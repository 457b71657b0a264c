"""Launch phases (RFC 8334): claims checks, creates in a phase, applications with info, update and delete, messages.

Without `[registry.tld.launch]` a zone is open, and no element of this extension has a meaning but a trademark check.
"""

from typing import Any

from msgspec.structs import replace

from homeport.services.epp import extensions
from homeport.services.epp.extensions import Extension
from homeport.services.epp.extensions.launch_marks import marks_of, notice_of
from homeport.services.epp.flow import EppError, Outcome, Request, Value
from homeport.services.epp.flows import domain_idn, statuses
from homeport.services.epp.flows.allocation import token_for
from homeport.services.epp.flows.domain import changed, check, drafted, full_data
from homeport.services.epp.flows.domain_access import new_password, refuse_unless_accredited
from homeport.services.epp.flows.domain_values import registrable, unavailable, years_of
from homeport.services.epp.flows.prices import settle
from homeport.services.epp.grammar import domain, epp, launch
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Message, Zone
from homeport.world.registry.applications import FINAL, Application, ApplicationState
from homeport.world.registry.launch import Window, not_begun, phase_at
from homeport.world.registry.launch_facts import LaunchFacts
from homeport.world.registry.marks.claims import claims_key
from homeport.world.registry.marks.records import VALIDATOR
from homeport.world.registry.objects import with_extras
from homeport.world.registry.record_indexes import marks_for

# Check: for claims keys and marks the answer is in the extension alone (RFC 8334 3.1.1).


def checked(request: Request[domain.Check]) -> Outcome | None:
    """Answer a claims or trademark check; check availability in the phase that is named (RFC 8334 3.1.2)."""
    given = request.extension(launch.Check)
    if given is None:
        return None
    if given.type == "avail":
        if given.phase is None:
            raise _wrong_phase(Code.MISSING_PARAMETER, "RFC 8334 3.1.2: an availability check names its phase")
        for name in request.command.name:
            _running(request, request.registry.zone_of(name.lower()), given.phase)
        return check(request)
    cd = []
    for name in request.command.name:
        zone = request.registry.zone_of(name.lower())
        if given.type == "claims":
            window = _running(request, zone, given.phase or launch.Phase(value="claims"))
            if not window.phase.has_claims:
                raise _wrong_phase(Code.PARAMETER_POLICY, f"RFC 8334 3.1.1: no claims service runs in {window.phase}")
        label = name.lower().partition(".")[0]
        marks = [] if unavailable(request.registry, name) else marks_for(request.registry, label)
        key = (launch.ClaimKey(validator_id=VALIDATOR, value=claims_key(label)),) if marks else ()
        cd.append(launch.Cd(name=launch.CdName(exists=bool(marks), value=name), claim_key=key))
    phase = (given.phase or launch.Phase(value="claims")) if given.type == "claims" else None
    return Outcome(extensions=(launch.ChkData(phase=phase, cd=tuple(cd)),))


def _running(request: Request[Any], zone: Zone | None, phase: launch.Phase) -> Window:
    """Return the phase of a zone that runs. Raises: EppError 2306 if it is not the one that is named."""
    window = None if zone is None else phase_at(request.registry, zone, request.now)
    if window is None:
        where = "outside of the zones of this registry" if zone is None else f"in {zone.name}"
        raise _wrong_phase(Code.PARAMETER_POLICY, f"RFC 8334 2.3: no launch phase runs {where}", phase)
    runs = window.phase
    if phase.value != runs.phase or (phase.name or "") != runs.name:
        raise _wrong_phase(Code.PARAMETER_POLICY, f"RFC 8334 2.3: the phase that runs is {runs}", phase)
    return window


def _wrong_phase(code: Code, reason: str, phase: launch.Phase | None = None) -> EppError:
    value = None if phase is None else Value("phase", phase.value, launch.NAMESPACE)
    return EppError(code, reason, value=value, finding="launch-phase")


# Create: an application, or a registration by the ordinary flow.


def applied(request: Request[domain.Create]) -> Outcome | None:
    """Accept an application (RFC 8334 3.3.3); None for a registration, which the ordinary flow makes."""
    given = request.extension(launch.Create)
    if given is None:
        return None
    token = token_for(request, request.command.name.lower())
    name, zone = registrable(request.registry, request.command.name, allocated=token is not None)
    window = _running(request, zone, given.phase)
    application = window.phase.takes_applications
    if given.type is not None and given.type != ("application" if application else "registration"):
        takes = "applications" if application else "registrations"
        raise EppError(Code.PARAMETER_POLICY, f"RFC 8334 3.3: {window.phase} takes {takes}, not {given.type}s")
    return _apply(request, name, zone, window, given) if application else None


def _apply(request: Request[domain.Create], name: str, zone: Zone, window: Window, given: launch.Create) -> Outcome:
    command = request.command
    years = years_of(command.period, zone)
    password = new_password(zone, command.auth_info)
    if request.registry.domain(name) is not None:
        raise EppError(
            Code.OBJECT_EXISTS, "RFC 5731 3.2.1: this name is registered already", value=Value("name", command.name)
        )
    refuse_unless_accredited(request, zone)
    one = drafted(request, name, zone, password)
    settle(request, zone, name, "create", years)
    one = extensions.changed(request, one)
    domain_idn.check_new(request, one, zone)
    facts = one.extras.launch or LaunchFacts(phase=window.phase.phase)
    shown = marks_of(request, window, given, name.partition(".")[0])
    roid = request.registry.new_roid("domain")
    application = Application(
        id=f"A-{roid.partition('-')[0][1:]}",
        domain=with_extras(replace(one, roid=roid, pending="create"), launch=None),
        phase=facts.phase,
        phase_name=window.phase.name,
        years=years,
        ends=window.ends,
        mark_ids=shown.ids,
        marks=shown.marks,
        notice=facts.notice,
        cl_trid=request.cl_trid or "",
        sv_trid=request.sv_trid,
    )
    request.changes.put(application)
    return Outcome(
        code=Code.PENDING,
        data=domain.CreData(name=name, cr_date=one.created),
        extensions=(launch.CreData(phase=shown_phase(application), application_id=application.id),),
    )


def registered(request: Request[domain.Create], one: Domain) -> Domain:
    """Check what a launch phase demands of a create, and note the phase in the domain."""
    registry = request.registry
    zone = registry.policy_of(one)
    if not zone.launch.phases:
        return one
    given = request.extension(launch.Create)
    if not_begun(registry, zone, request.now):
        raise _wrong_phase(Code.PARAMETER_POLICY, f"RFC 8334 2.3: the launch of {zone.name} has not begun yet")
    window = phase_at(registry, zone, request.now)
    if window is None:
        return one
    phase, label = window.phase, one.name.partition(".")[0]
    if given is None and (phase.takes_applications or phase.mark_needed != "none"):
        raise _wrong_phase(
            Code.MISSING_PARAMETER, f"RFC 8334 3.3: {phase} runs in {zone.name}: send launch:create with it"
        )
    notice = notice_of(request, given, label) if phase.has_claims else ""
    if phase.takes_applications:
        return with_extras(one, launch=LaunchFacts(phase=phase.phase, name=phase.name, notice=notice))
    shown = marks_of(request, window, given, label) if given is not None else None
    marks = () if shown is None else shown.marks
    facts = LaunchFacts(phase=phase.phase, name=phase.name, marks=marks, notice=notice)
    return with_extras(one, launch=facts)


# Info, update and delete of applications, and of the phase of a registration.


def application_info(request: Request[domain.Info]) -> Outcome | None:
    """Show an application (RFC 8334 3.2); None without an applicationID."""
    given = request.extension(launch.Info)
    if given is None or given.application_id is None:
        return None
    found = _own(request, given.phase, given.application_id, request.command.name.value)
    data = full_data(found.domain, found.domain.shown_statuses, (), secret=True)
    return Outcome(data=replace(data, ex_date=None), extensions=(shown_application(found, marks=given.include_mark),))


def phase_of(request: Request[domain.Info], one: Domain) -> launch.InfData | None:
    """Return the phase in which a domain was registered, for a client that asks for it."""
    given, facts = request.extension(launch.Info), one.extras.launch
    if given is None or facts is None:
        return None
    phase = launch.Phase(value=facts.phase, name=facts.name or None)  # type: ignore[arg-type]  # one of them
    return launch.InfData(
        phase=phase,
        application_id=facts.application or None,
        status=launch.Status(s="allocated") if facts.application else None,
        mark=facts.marks if given.include_mark else (),  # type: ignore[arg-type]  # they were read
    )


def application_updated(request: Request[domain.Update]) -> Outcome | None:
    """Change an application (RFC 8334 3.4)."""
    given = request.extension(launch.Update)
    if given is None:
        return None
    found = _changeable(request, given, request.command.name)
    removed = () if request.command.rem is None else request.command.rem.status
    statuses.refuse_update_if_prohibited(statuses.DOMAIN, replace(found.domain, pending=""), {one.s for one in removed})
    one = changed(request, found.domain, request.registry.policy_of(found.domain))
    one = extensions.changed(request, one)
    one = replace(one, updater=request.registrar.id, updated=request.changes.now)
    request.changes.put(replace(found, domain=one))
    return Outcome()


def application_deleted(request: Request[domain.Delete]) -> Outcome | None:
    """Withdraw an application (RFC 8334 3.5)."""
    given = request.extension(launch.Delete)
    if given is None:
        return None
    request.changes.remove(_changeable(request, given, request.command.name))
    return Outcome()


def _changeable(request: Request[Any], given: launch.IdContainer, name: str) -> Application:
    found = _own(request, given.phase, given.application_id, name)
    if found.status in FINAL or found.status == "pendingAllocation":
        raise EppError(
            Code.STATUS_PROHIBITS, f"RFC 8334 3.4: the application is {found.status} and cannot be changed any more"
        )
    return found


def _own(request: Request[Any], phase: launch.Phase, id_: str, name: str) -> Application:
    """Return an application of the client. Raises: EppError 2303, 2201, 2306."""
    found = request.registry.applications.get(id_)
    if found is None or found.domain.name != name.lower():
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            "RFC 8334 2.1: no application for this name has this applicationID",
            value=Value("applicationID", id_, launch.NAMESPACE),
        )
    if found.domain.registrar != request.registrar.id:
        raise EppError(Code.AUTHORIZATION_ERROR, "RFC 5730 2.9.3: only the client that applied may do this")
    if phase.value != found.phase or (phase.name or "") != found.phase_name:
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 8334 2.3: the application is of the phase {found.phase}",
            value=Value("phase", phase.value, launch.NAMESPACE),
        )
    return found


def shown_phase(one: Application) -> launch.Phase:
    """Return the phase of an application as answers show it."""
    return launch.Phase(value=one.phase, name=one.phase_name or None)  # type: ignore[arg-type]  # one of them


def shown_application(one: Application, *, marks: bool = False) -> launch.InfData:
    """Return an application as answers show it."""
    return launch.InfData(
        phase=shown_phase(one),
        application_id=one.id,
        status=launch.Status(s=one.status),
        mark=one.marks if marks else (),  # type: ignore[arg-type]  # they were read
    )


def state_of_message(_request: Request[epp.Poll], message: Message) -> launch.InfData | None:
    """Return the state that an application had when a message was made (RFC 8334 2.5)."""
    return shown_application(message.about.application) if isinstance(message.about, ApplicationState) else None


EXTENSION = Extension(
    uri=launch.NAMESPACE,
    rfc="8334",
    belongs={
        domain.Check: launch.Check,
        domain.Info: launch.Info,
        domain.Create: launch.Create,
        domain.Update: launch.Update,
        domain.Delete: launch.Delete,
    },
    replaces={
        domain.Check: checked,
        domain.Create: applied,
        domain.Info: application_info,
        domain.Update: application_updated,
        domain.Delete: application_deleted,
    },
    changes={domain.Create: registered},
    shows={domain.Info: phase_of, epp.Poll: state_of_message},
)
