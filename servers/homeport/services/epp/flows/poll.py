"""Poll (RFC 5730 2.9.2.3): show the oldest message of a queue, or acknowledge one.

A message shows its object as it was then; the session takes apart what is of a namespace that the client did not list
at login (RFC 9038).
"""

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, flow
from homeport.services.epp.flows import contact_data, host_data
from homeport.services.epp.flows.application import application_data
from homeport.services.epp.flows.balance import low_balance
from homeport.services.epp.flows.domain import full_data
from homeport.services.epp.flows.domain_transfer import transfer_data
from homeport.services.epp.flows.maintenance import shown_maintenance
from homeport.services.epp.grammar import Element, contact, domain, epp, host, markup_of, rgp, rgp_poll
from homeport.services.epp.results import Code
from homeport.world.registry import messages as queued
from homeport.world.registry.applications import ApplicationState
from homeport.world.registry.maintenances import MaintenanceState
from homeport.world.registry.messages import (
    About,
    ActionResult,
    BalanceState,
    ContactState,
    DomainState,
    HostState,
    Message,
    TransferState,
)
from homeport.world.registry.objects import Stored

TEXTS = {
    "de": {
        "transfer.requested": "{other} hat die Übertragung von {name} beantragt.",
        "transfer.approved": "Der Übertragung von {name} wurde zugestimmt.",
        "transfer.rejected": "Die Übertragung von {name} wurde abgelehnt.",
        "transfer.cancelled": "Die Übertragung von {name} wurde zurückgezogen.",
        "transfer.server-approved": "Die Registry hat der Übertragung von {name} zugestimmt.",
        "transfer.server-cancelled": "Die Registry hat die Übertragung von {name} abgebrochen.",
        "action.approved": "Der ausstehenden Aktion ({operation}) für {name} wurde zugestimmt.",
        "action.rejected": "Die ausstehende Aktion ({operation}) für {name} wurde abgelehnt.",
        "domain.renewed": "{name} ist abgelaufen und wurde um {years:Jahr|Jahre} verlängert.",
        "domain.expired": "{name} ist abgelaufen und wurde gelöscht.",
        "domain.redemption-ended": "{name} kann nicht mehr wiederhergestellt werden und wird entfernt.",
        "domain.restore-missed": "Für {name} kam kein rechtzeitiger Bericht; die Domain ist wieder zurückzufordern.",
        "domain.restore-requested": "Die Wiederherstellung von {name} ist beantragt; der Bericht steht aus.",
        "domain.restored": "{name} ist wiederhergestellt.",
        "domain.purged": "{name} ist entfernt.",
        "domain.deleted": "Die Registry hat {name} gelöscht.",
        "domain.changed": "Die Registry hat {name} geändert: {change}.",
        "domain.server-removed": "{name} hat den Nameserver {host} verloren: die Domain über ihm ist entfernt.",
        "domain.authinfo-unset": "Die Zeit des AuthInfo von {name} ist um; es ist entfernt.",
        "contact.authinfo-unset": "Die Zeit des AuthInfo von {name} ist um; es ist entfernt.",
        "host.changed": "Die Registry hat {name} geändert: {change}.",
        "contact.changed": "Die Registry hat {name} geändert: {change}.",
        "balance.low": "Ihr Guthaben beträgt {balance}.",
        "application.pendingValidation": "Der Antrag {id} auf {name} wartet auf die Prüfung.",
        "application.validated": "Der Antrag {id} auf {name} ist geprüft.",
        "application.invalid": "Der Antrag {id} auf {name} ist ungültig.",
        "application.pendingAllocation": "Der Antrag {id} auf {name} wartet auf die Zuteilung.",
        "application.allocated": "Der Antrag {id} hat {name} erhalten.",
        "application.rejected": "Der Antrag {id} auf {name} ist abgelehnt.",
        "maintenance.create": "Die Wartung {name} ist angekündigt.",
        "maintenance.update": "Die Wartung {name} hat sich geändert.",
        "maintenance.delete": "Die Wartung {name} ist abgesagt.",
        "maintenance.courtesy": "Die Wartung {name} beginnt bald.",
        "maintenance.end": "Die Wartung {name} ist beendet.",
    },
    "fr": {
        "transfer.requested": "{other} a demandé le transfert de {name}.",
        "transfer.approved": "Le transfert de {name} est accepté.",
        "transfer.rejected": "Le transfert de {name} est refusé.",
        "transfer.cancelled": "Le transfert de {name} est annulé.",
        "transfer.server-approved": "Le registre a accepté le transfert de {name}.",
        "transfer.server-cancelled": "Le registre a annulé le transfert de {name}.",
        "action.approved": "L'action en attente ({operation}) sur {name} est acceptée.",
        "action.rejected": "L'action en attente ({operation}) sur {name} est refusée.",
        "domain.renewed": "{name} a expiré et est renouvelé pour {years:an|ans}.",
        "domain.expired": "{name} a expiré et est supprimé.",
        "domain.redemption-ended": "{name} ne peut plus être restauré et sera purgé.",
        "domain.restore-missed": "Aucun rapport de restauration de {name} à temps ; retour en rédemption.",
        "domain.restore-requested": "La restauration de {name} est demandée ; son rapport est attendu.",
        "domain.restored": "{name} est restauré.",
        "domain.purged": "{name} est purgé.",
        "domain.deleted": "Le registre a supprimé {name}.",
        "domain.changed": "Le registre a modifié {name} : {change}.",
        "domain.server-removed": "{name} a perdu son serveur de noms {host} : le domaine parent est purgé.",
        "domain.authinfo-unset": "Le délai de l'authInfo de {name} est passé ; il est effacé.",
        "contact.authinfo-unset": "Le délai de l'authInfo de {name} est passé ; il est effacé.",
        "host.changed": "Le registre a modifié {name} : {change}.",
        "contact.changed": "Le registre a modifié {name} : {change}.",
        "balance.low": "Votre solde est de {balance}.",
        "application.pendingValidation": "La demande {id} pour {name} attend sa validation.",
        "application.validated": "La demande {id} pour {name} est validée.",
        "application.invalid": "La demande {id} pour {name} n'est pas valable.",
        "application.pendingAllocation": "La demande {id} pour {name} attend l'attribution.",
        "application.allocated": "La demande {id} a obtenu {name}.",
        "application.rejected": "La demande {id} pour {name} est rejetée.",
        "maintenance.create": "La maintenance {name} est annoncée.",
        "maintenance.update": "La maintenance {name} a changé.",
        "maintenance.delete": "La maintenance {name} est retirée.",
        "maintenance.courtesy": "La maintenance {name} commence bientôt.",
        "maintenance.end": "La maintenance {name} est terminée.",
    },
}
"""Words of messages by language and key (as `world.registry.messages.TEXTS`); a missing one is shown in English."""


@flow(epp.Poll, reference="RFC 5730 2.9.2.3")
def poll(request: Request[epp.Poll]) -> Outcome:
    """Return the oldest message, or acknowledge one."""
    return _acknowledge(request) if request.command.op == "ack" else _show(request)


def _show(request: Request[epp.Poll]) -> Outcome:
    messages = request.registry.messages
    oldest = messages.first(request.registrar.id)
    if oldest is None:
        return Outcome(code=Code.NO_MESSAGES)
    words, language = worded(oldest, request.language)
    queue = epp.MessageQueue(
        count=messages.count(request.registrar.id),
        id=str(oldest.id),
        q_date=oldest.date,
        msg=epp.MixedMessage(lang=language, content=markup_of(words)),
    )
    return Outcome(
        code=Code.ACK_TO_DEQUEUE,
        queue=queue,
        data=_data(request, oldest.about),
        extensions=extensions.shown(request, oldest),
    )


def _acknowledge(request: Request[epp.Poll]) -> Outcome:
    messages = request.registry.messages
    message = _own(request)
    request.changes.acknowledge(message)
    left = messages.count(request.registrar.id) - 1
    # The identifier is the acknowledged message's; the count is of those left.
    return Outcome(queue=epp.MessageQueue(count=left, id=str(message.id)) if left else None)


def _own(request: Request[epp.Poll]) -> Message:
    """Return the message that the client names. Raises: EppError 2003, 2303; 2303 also for another client's message."""
    given = request.command.msg_id
    if not given:
        raise EppError(Code.MISSING_PARAMETER, "RFC 5730 2.9.2.3: an acknowledgement needs msgID")
    number = int(given) if given.isascii() and given.isdecimal() and len(given) <= 18 else 0
    message = request.registry.messages.get(number)
    if message is None or message.registrar.lower() != request.registrar.id.lower() or str(number) != given:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            "RFC 5730 2.9.2.3: your queue has no message of this identifier; was it acknowledged before?",
            value=request.command,
        )
    return message


def _data(request: Request[epp.Poll], about: About | None) -> Element | None:
    """Return the object of the message; None if it has none."""
    match about:
        case TransferState(kind="domain"):
            return transfer_data(about.name, about.transfer)
        case TransferState(kind="contact"):
            return contact_data.trn_data(about.name, about.transfer)
        case BalanceState():
            return low_balance(request, about)
        case ActionResult() if about.sv_trid:
            return _action(about)
        case DomainState() if (awaited := _awaited_report(request, about)) is not None:
            return awaited
        case DomainState():
            then = about.domain
            return full_data(then, then.shown_statuses, about.subordinates, secret=False)
        case ContactState():
            return contact_data.inf_data(about.contact, _statuses(about.contact, linked=about.linked), to_sponsor=False)
        case HostState():
            return host_data.inf_data(about.host, _statuses(about.host, linked=about.linked))
        case ApplicationState():
            return application_data(about)
        case MaintenanceState():
            return shown_maintenance(about.maintenance, about.poll_type)
    return None


def _awaited_report(request: Request[epp.Poll], about: DomainState) -> rgp_poll.PollData | None:
    """Return the restore whose report is due, for a client that listed rgp-poll at login; else None."""
    one = about.domain
    if one.restoring is None or rgp_poll.NAMESPACE not in request.services:
        return None
    due = one.restoring + request.registry.policy_of(one).periods.restore_report
    status = rgp.Status(s="pendingRestore")
    return rgp_poll.PollData(name=one.name, rgp_status=status, req_date=one.restoring, report_due_date=due)


def _statuses(one: Stored, *, linked: bool) -> list[str]:
    """Return the statuses that an object had."""
    set_then = [*one.statuses, *one.pending_statuses()]
    return ["linked"] * linked + (set_then or ["ok"])


def _action(about: ActionResult) -> Element | None:
    """Return panData: the outcome of a command that was answered with 1001; its transaction is that command's."""
    command = epp.TransactionIds(cl_trid=about.cl_trid or None, sv_trid=about.sv_trid)
    if about.kind == "domain":
        return domain.PanData(
            name=domain.PendingName(pa_result=about.approved, value=about.name), pa_trid=command, pa_date=about.date
        )
    if about.kind == "contact":
        return contact.PanData(
            id=contact.PendingId(pa_result=about.approved, value=about.name), pa_trid=command, pa_date=about.date
        )
    if about.kind == "host":
        return host.PanData(
            name=host.PendingName(pa_result=about.approved, value=about.name), pa_trid=command, pa_date=about.date
        )
    return None


def worded(message: Message, language: str) -> tuple[str, str]:
    """Return a message in words, and their language."""
    template = TEXTS.get(language, {}).get(message.text)
    if template is None:
        return queued.worded(message), "en"
    return template.format_map(queued.Values(message.values)), language
