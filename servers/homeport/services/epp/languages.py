"""The words of poll messages in the languages that a client can log in with; English is the registry's own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeport.world.registry.messages import Message

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


def worded(message: "Message", language: str) -> tuple[str, str]:
    """A message in words, and the language that they are in."""
    from homeport.world.registry import messages

    template = TEXTS.get(language, {}).get(message.text)
    if template is None:
        return messages.worded(message), "en"
    return template.format_map(messages.Values(message.values)), language
