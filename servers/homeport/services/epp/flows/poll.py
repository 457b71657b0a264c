"""poll: the oldest message, and its acknowledgement (RFC 5730 2.9.2.3).

What a message is about is shown with it if the client knows its namespace (RFC 9038 2: otherwise it is left out).
"""

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import contact_data, host_data
from homeport.services.epp.flows.domain import full_data
from homeport.services.epp.flows.domain_transfer import transfer_data
from homeport.services.epp.grammar import Element, contact, domain, epp, host, markup_of
from homeport.services.epp.results import Code
from homeport.world.registry import messages as queued
from homeport.world.registry.messages import (
    About,
    ActionResult,
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
        "domain.restored": "{name} ist wiederhergestellt.",
        "domain.purged": "{name} ist entfernt.",
        "domain.deleted": "Die Registry hat {name} gelöscht.",
        "domain.changed": "Die Registry hat {name} geändert: {change}.",
        "domain.server-removed": "{name} hat den Nameserver {host} verloren: die Domain über ihm ist entfernt.",
        "host.changed": "Die Registry hat {name} geändert: {change}.",
        "contact.changed": "Die Registry hat {name} geändert: {change}.",
        "balance.low": "Ihr Guthaben beträgt {balance}.",
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
        "domain.restored": "{name} est restauré.",
        "domain.purged": "{name} est purgé.",
        "domain.deleted": "Le registre a supprimé {name}.",
        "domain.changed": "Le registre a modifié {name} : {change}.",
        "domain.server-removed": "{name} a perdu son serveur de noms {host} : le domaine parent est purgé.",
        "host.changed": "Le registre a modifié {name} : {change}.",
        "contact.changed": "Le registre a modifié {name} : {change}.",
        "balance.low": "Votre solde est de {balance}.",
    },
}
"""By language and the message's key (`world.registry.messages.TEXTS`); what is missing is told in English."""


@flow(epp.Poll, reference="RFC 5730 2.9.2.3")
def poll(request: Request[epp.Poll]) -> Outcome:
    """Show the oldest message, or take one out."""
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
    data = _data(request, oldest.about)
    about = () if data is None else extensions.shown(request, oldest)
    return Outcome(code=Code.ACK_TO_DEQUEUE, queue=queue, data=data, extensions=about)


def _acknowledge(request: Request[epp.Poll]) -> Outcome:
    messages = request.registry.messages
    message = _own(request)
    request.changes.acknowledge(message)
    left = messages.count(request.registrar.id) - 1
    # The identifier is that of the message acknowledged, the count that of those that are left.
    return Outcome(queue=epp.MessageQueue(count=left, id=str(message.id)) if left else None)


def _own(request: Request[epp.Poll]) -> Message:
    """The message that the client names. Raises: EppError 2003, 2303; 2303 for another client's, too."""
    given = request.command.msg_id
    if not given:
        raise EppError(Code.MISSING_PARAMETER, "RFC 5730 2.9.2.3: an acknowledgement needs msgID")
    number = int(given) if given.isascii() and given.isdecimal() and len(given) <= 18 else 0
    message = request.registry.messages.get(number)
    if message is None or message.registrar.lower() != request.registrar.id.lower() or str(number) != given:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            "RFC 5730 2.9.2.3: your queue has no message of this identifier; was it acknowledged before?",
            value=Value("poll", given, epp.NAMESPACE),
        )
    return message


def _data(request: Request[epp.Poll], about: About | None) -> Element | None:
    """What the message is about, as an element of a namespace that the client has in its login."""
    match about:
        case TransferState(kind="domain") if domain.NAMESPACE in request.services:
            return transfer_data(about.name, about.transfer)
        case TransferState(kind="contact") if contact.NAMESPACE in request.services:
            return contact_data.trn_data(about.name, about.transfer)
        case ActionResult() if about.sv_trid:
            return _action(request, about)
        case DomainState() if domain.NAMESPACE in request.services:
            then = about.domain
            return full_data(then, then.shown_statuses, about.subordinates, secret=False)
        case ContactState() if contact.NAMESPACE in request.services:
            return contact_data.inf_data(about.contact, _statuses(about.contact, linked=about.linked), to_sponsor=False)
        case HostState() if host.NAMESPACE in request.services:
            return host_data.inf_data(about.host, _statuses(about.host, linked=about.linked))
    return None


def _statuses(one: Stored, *, linked: bool) -> list[str]:
    """The statuses that an object had."""
    set_then = [*one.statuses, *one.pending_statuses()]
    return ["linked"] * linked + (set_then or ["ok"])


def _action(request: Request[epp.Poll], about: ActionResult) -> Element | None:
    """panData: the end of a command that was answered with 1001; its transaction is that of the command."""
    command = epp.TransactionIds(cl_trid=about.cl_trid or None, sv_trid=about.sv_trid)
    if about.kind == "domain" and domain.NAMESPACE in request.services:
        return domain.PanData(
            name=domain.PendingName(pa_result=about.approved, value=about.name), pa_trid=command, pa_date=about.date
        )
    if about.kind == "contact" and contact.NAMESPACE in request.services:
        return contact.PanData(
            id=contact.PendingId(pa_result=about.approved, value=about.name), pa_trid=command, pa_date=about.date
        )
    if about.kind == "host" and host.NAMESPACE in request.services:
        return host.PanData(
            name=host.PendingName(pa_result=about.approved, value=about.name), pa_trid=command, pa_date=about.date
        )
    return None


def worded(message: Message, language: str) -> tuple[str, str]:
    """A message in words, and the language that they are in."""
    template = TEXTS.get(language, {}).get(message.text)
    if template is None:
        return queued.worded(message), "en"
    return template.format_map(queued.Values(message.values)), language
