"""The result codes of EPP (RFC 5730 3) with their texts in every language that the greeting offers.

The first digit says if the command succeeded, the second which category the code is in; after codes whose second digit
is 5 the session ends.
"""

from enum import IntEnum
from typing import Self

LANGUAGES = ("en", "de", "fr")
"""Languages that the greeting offers; the first is the default (RFC 5730 2.9.1.1)."""


class Code(IntEnum):
    """A result code, with its texts in the order of `LANGUAGES`."""

    texts: tuple[str, ...]

    def __new__(cls, code: int, *texts: str) -> Self:
        made = int.__new__(cls, code)
        made._value_ = code
        made.texts = texts
        return made

    OK = 1000, "Command completed successfully", "Befehl erfolgreich ausgeführt", "Commande exécutée avec succès"
    PENDING = (
        1001,
        "Command completed successfully; action pending",
        "Befehl erfolgreich angenommen; Ausführung steht noch aus",
        "Commande acceptée avec succès ; action en attente",
    )
    NO_MESSAGES = (
        1300,
        "Command completed successfully; no messages",
        "Befehl erfolgreich ausgeführt; keine Nachrichten",
        "Commande exécutée avec succès ; aucun message",
    )
    ACK_TO_DEQUEUE = (
        1301,
        "Command completed successfully; ack to dequeue",
        "Befehl erfolgreich ausgeführt; zum Entfernen bestätigen",
        "Commande exécutée avec succès ; accuser réception pour retirer le message",
    )
    ENDING_SESSION = (
        1500,
        "Command completed successfully; ending session",
        "Befehl erfolgreich ausgeführt; Sitzung wird beendet",
        "Commande exécutée avec succès ; fin de la session",
    )
    UNKNOWN_COMMAND = 2000, "Unknown command", "Unbekannter Befehl", "Commande inconnue"
    SYNTAX_ERROR = 2001, "Command syntax error", "Syntaxfehler im Befehl", "Erreur de syntaxe dans la commande"
    USE_ERROR = 2002, "Command use error", "Befehl hier nicht zulässig", "Commande non admise à ce stade"
    MISSING_PARAMETER = (
        2003,
        "Required parameter missing",
        "Notwendiger Parameter fehlt",
        "Paramètre obligatoire manquant",
    )
    OUT_OF_RANGE = (
        2004,
        "Parameter value range error",
        "Parameterwert außerhalb des zulässigen Bereichs",
        "Valeur de paramètre hors limites",
    )
    VALUE_SYNTAX = (
        2005,
        "Parameter value syntax error",
        "Syntaxfehler im Parameterwert",
        "Erreur de syntaxe d'un paramètre",
    )
    UNIMPLEMENTED_VERSION = (
        2100,
        "Unimplemented protocol version",
        "Protokollversion nicht verfügbar",
        "Version du protocole non disponible",
    )
    UNIMPLEMENTED_COMMAND = 2101, "Unimplemented command", "Befehl nicht verfügbar", "Commande non disponible"
    UNIMPLEMENTED_OPTION = 2102, "Unimplemented option", "Option nicht verfügbar", "Option non disponible"
    UNIMPLEMENTED_EXTENSION = 2103, "Unimplemented extension", "Erweiterung nicht verfügbar", "Extension non disponible"
    BILLING_FAILURE = 2104, "Billing failure", "Abrechnung fehlgeschlagen", "Échec de la facturation"
    NOT_ELIGIBLE_FOR_RENEWAL = (
        2105,
        "Object is not eligible for renewal",
        "Objekt kann nicht verlängert werden",
        "L'objet ne peut pas être renouvelé",
    )
    NOT_ELIGIBLE_FOR_TRANSFER = (
        2106,
        "Object is not eligible for transfer",
        "Objekt kann nicht übertragen werden",
        "L'objet ne peut pas être transféré",
    )
    AUTHENTICATION_ERROR = 2200, "Authentication error", "Anmeldung fehlgeschlagen", "Échec de l'authentification"
    AUTHORIZATION_ERROR = 2201, "Authorization error", "Keine Berechtigung", "Autorisation refusée"
    INVALID_AUTHORIZATION_INFORMATION = (
        2202,
        "Invalid authorization information",
        "Ungültige Autorisierungsangabe",
        "Informations d'autorisation non valides",
    )
    PENDING_TRANSFER = (
        2300,
        "Object pending transfer",
        "Übertragung des Objekts steht aus",
        "Transfert de l'objet en attente",
    )
    NOT_PENDING_TRANSFER = (
        2301,
        "Object not pending transfer",
        "Für das Objekt steht keine Übertragung aus",
        "Aucun transfert de l'objet en attente",
    )
    OBJECT_EXISTS = 2302, "Object exists", "Objekt existiert bereits", "L'objet existe déjà"
    OBJECT_DOES_NOT_EXIST = 2303, "Object does not exist", "Objekt existiert nicht", "L'objet n'existe pas"
    STATUS_PROHIBITS = (
        2304,
        "Object status prohibits operation",
        "Status des Objekts verbietet die Operation",
        "L'état de l'objet interdit l'opération",
    )
    ASSOCIATION_PROHIBITS = (
        2305,
        "Object association prohibits operation",
        "Verknüpfung des Objekts verbietet die Operation",
        "Une association de l'objet interdit l'opération",
    )
    PARAMETER_POLICY = (
        2306,
        "Parameter value policy error",
        "Parameterwert verstößt gegen eine Richtlinie",
        "Valeur de paramètre contraire à la politique",
    )
    UNIMPLEMENTED_OBJECT = (
        2307,
        "Unimplemented object service",
        "Objektdienst nicht verfügbar",
        "Service d'objet non disponible",
    )
    DATA_POLICY = (
        2308,
        "Data management policy violation",
        "Verstoß gegen die Richtlinie zur Datenverwaltung",
        "Violation de la politique de gestion des données",
    )
    COMMAND_FAILED = 2400, "Command failed", "Befehl fehlgeschlagen", "Échec de la commande"
    COMMAND_FAILED_CLOSING = (
        2500,
        "Command failed; server closing connection",
        "Befehl fehlgeschlagen; Server schließt die Verbindung",
        "Échec de la commande ; le serveur ferme la connexion",
    )
    AUTHENTICATION_CLOSING = (
        2501,
        "Authentication error; server closing connection",
        "Anmeldung fehlgeschlagen; Server schließt die Verbindung",
        "Échec de l'authentification ; le serveur ferme la connexion",
    )
    SESSION_LIMIT_CLOSING = (
        2502,
        "Session limit exceeded; server closing connection",
        "Höchstzahl der Sitzungen überschritten; Server schließt die Verbindung",
        "Nombre de sessions dépassé ; le serveur ferme la connexion",
    )


RESULTS: dict[int, tuple[str, ...]] = {code: code.texts for code in Code}
CLOSING = frozenset(
    (Code.ENDING_SESSION, Code.COMMAND_FAILED_CLOSING, Code.AUTHENTICATION_CLOSING, Code.SESSION_LIMIT_CLOSING)
)
"""Codes after which the server closes the connection (RFC 5730 3)."""


def text_of(code: Code, language: str = LANGUAGES[0]) -> str:
    """Return the text of a result code."""
    return code.texts[LANGUAGES.index(language)]
