"""What the messages of the poll queues say, in the language of the session (RFC 5730 2.9.2.3).

English is the registry's own (`world.registry.messages.TEXTS`); the others are here, by the same keys and with the same
values to name.
"""

from homeport.services.epp.results import LANGUAGES
from homeport.world.registry.messages import TEXTS, Message

TRANSLATIONS: dict[str, tuple[str, str]] = {
    "transfer.requested": (
        "{other} hat die Übertragung von {name} beantragt.",
        "{other} a demandé le transfert de {name}.",
    ),
    "transfer.approved": ("Der Übertragung von {name} wurde zugestimmt.", "Le transfert de {name} est approuvé."),
    "transfer.rejected": ("Die Übertragung von {name} wurde abgelehnt.", "Le transfert de {name} est refusé."),
    "transfer.cancelled": ("Die Übertragung von {name} wurde zurückgezogen.", "Le transfert de {name} est annulé."),
    "transfer.server-approved": (
        "Die Registry hat der Übertragung von {name} zugestimmt.",
        "Le registre a approuvé le transfert de {name}.",
    ),
    "transfer.server-cancelled": (
        "Die Registry hat die Übertragung von {name} abgebrochen.",
        "Le registre a annulé le transfert de {name}.",
    ),
    "action.approved": (
        "Die ausstehende Aktion ({operation}) für {name} wurde ausgeführt.",
        "L'action en attente ({operation}) sur {name} est approuvée.",
    ),
    "action.rejected": (
        "Die ausstehende Aktion ({operation}) für {name} wurde abgelehnt.",
        "L'action en attente ({operation}) sur {name} est refusée.",
    ),
    "domain.renewed": (
        "{name} ist abgelaufen und wurde um {years} Jahr(e) verlängert.",
        "{name} est arrivé à échéance et est renouvelé pour {years} an(s).",
    ),
    "domain.expired": ("{name} ist abgelaufen und wurde gelöscht.", "{name} est expiré et supprimé."),
    "domain.redemption-ended": (
        "{name} kann nicht mehr wiederhergestellt werden und wird endgültig gelöscht.",
        "{name} ne peut plus être restauré et sera purgé.",
    ),
    "domain.restore-missed": (
        "Der Bericht zur Wiederherstellung von {name} kam nicht rechtzeitig; die Redemption Period gilt wieder.",
        "Le rapport de restauration de {name} n'est pas arrivé à temps ; la période de rachat s'applique à nouveau.",
    ),
    "domain.restored": ("{name} ist wiederhergestellt.", "{name} est restauré."),
    "domain.purged": ("{name} ist endgültig gelöscht.", "{name} est purgé."),
    "domain.deleted": ("Die Registry hat {name} gelöscht.", "Le registre a supprimé {name}."),
    "domain.changed": ("Die Registry hat {name} geändert: {change}.", "Le registre a modifié {name} : {change}."),
    "domain.server-removed": (
        "{name} hat den Nameserver {host} verloren: die Domain über diesem Host ist endgültig gelöscht.",
        "{name} a perdu le serveur de noms {host} : le domaine au-dessus de cet hôte est purgé.",
    ),
    "host.changed": ("Die Registry hat {name} geändert: {change}.", "Le registre a modifié {name} : {change}."),
    "contact.changed": ("Die Registry hat {name} geändert: {change}.", "Le registre a modifié {name} : {change}."),
    "balance.low": ("Ihr Guthaben beträgt {balance}.", "Votre solde est de {balance}."),
}
"""German and French, as `LANGUAGES` has them behind English. A note is in whatever language somebody wrote it."""


class _Given(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def notice(message: Message, language: str) -> tuple[str, str]:
    """The words of a message, and the language that they are in: English where there is no translation."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    translated = TRANSLATIONS.get(message.text)
    if place == 0 or translated is None:
        template, language = TEXTS.get(message.text, message.text), LANGUAGES[0]
    else:
        template = translated[place - 1]
    return template.format_map(_Given(message.values)), language
