"""The result codes of EPP (RFC 5730 3) with their texts in every language that a client can log in with.

The second digit says what a code is about, the first whether the command has succeeded; codes whose second digit is 5
are followed by the end of the session.
"""

from enum import IntEnum

LANGUAGES = ("en", "de", "fr")
"""As the greeting offers them; the first is the default (RFC 5730 2.9.1.1)."""


class Code(IntEnum):
    """Names for the codes."""

    OK = 1000
    PENDING = 1001
    NO_MESSAGES = 1300
    ACK_TO_DEQUEUE = 1301
    ENDING_SESSION = 1500
    UNKNOWN_COMMAND = 2000
    SYNTAX_ERROR = 2001
    USE_ERROR = 2002
    MISSING_PARAMETER = 2003
    OUT_OF_RANGE = 2004
    VALUE_SYNTAX = 2005
    UNIMPLEMENTED_VERSION = 2100
    UNIMPLEMENTED_COMMAND = 2101
    UNIMPLEMENTED_OPTION = 2102
    UNIMPLEMENTED_EXTENSION = 2103
    BILLING_FAILURE = 2104
    NOT_ELIGIBLE_FOR_RENEWAL = 2105
    NOT_ELIGIBLE_FOR_TRANSFER = 2106
    AUTHENTICATION_ERROR = 2200
    AUTHORIZATION_ERROR = 2201
    INVALID_AUTHORIZATION_INFORMATION = 2202
    PENDING_TRANSFER = 2300
    NOT_PENDING_TRANSFER = 2301
    OBJECT_EXISTS = 2302
    OBJECT_DOES_NOT_EXIST = 2303
    STATUS_PROHIBITS = 2304
    ASSOCIATION_PROHIBITS = 2305
    PARAMETER_POLICY = 2306
    UNIMPLEMENTED_OBJECT = 2307
    DATA_POLICY = 2308
    COMMAND_FAILED = 2400
    COMMAND_FAILED_CLOSING = 2500
    AUTHENTICATION_CLOSING = 2501
    SESSION_LIMIT_CLOSING = 2502


RESULTS: dict[Code, tuple[str, str, str]] = {
    Code.OK: ("Command completed successfully", "Befehl erfolgreich ausgeführt", "Commande exécutée avec succès"),
    Code.PENDING: (
        "Command completed successfully; action pending",
        "Befehl erfolgreich angenommen; Ausführung steht noch aus",
        "Commande acceptée avec succès ; action en attente",
    ),
    Code.NO_MESSAGES: (
        "Command completed successfully; no messages",
        "Befehl erfolgreich ausgeführt; keine Nachrichten",
        "Commande exécutée avec succès ; aucun message",
    ),
    Code.ACK_TO_DEQUEUE: (
        "Command completed successfully; ack to dequeue",
        "Befehl erfolgreich ausgeführt; zum Entfernen bestätigen",
        "Commande exécutée avec succès ; accuser réception pour retirer le message",
    ),
    Code.ENDING_SESSION: (
        "Command completed successfully; ending session",
        "Befehl erfolgreich ausgeführt; Sitzung wird beendet",
        "Commande exécutée avec succès ; fin de la session",
    ),
    Code.UNKNOWN_COMMAND: ("Unknown command", "Unbekannter Befehl", "Commande inconnue"),
    Code.SYNTAX_ERROR: ("Command syntax error", "Syntaxfehler im Befehl", "Erreur de syntaxe dans la commande"),
    Code.USE_ERROR: ("Command use error", "Befehl hier nicht zulässig", "Commande non admise à ce stade"),
    Code.MISSING_PARAMETER: (
        "Required parameter missing",
        "Notwendiger Parameter fehlt",
        "Paramètre obligatoire manquant",
    ),
    Code.OUT_OF_RANGE: (
        "Parameter value range error",
        "Parameterwert außerhalb des zulässigen Bereichs",
        "Valeur de paramètre hors limites",
    ),
    Code.VALUE_SYNTAX: (
        "Parameter value syntax error",
        "Syntaxfehler im Parameterwert",
        "Erreur de syntaxe d'un paramètre",
    ),
    Code.UNIMPLEMENTED_VERSION: (
        "Unimplemented protocol version",
        "Protokollversion nicht verfügbar",
        "Version du protocole non disponible",
    ),
    Code.UNIMPLEMENTED_COMMAND: ("Unimplemented command", "Befehl nicht verfügbar", "Commande non disponible"),
    Code.UNIMPLEMENTED_OPTION: ("Unimplemented option", "Option nicht verfügbar", "Option non disponible"),
    Code.UNIMPLEMENTED_EXTENSION: (
        "Unimplemented extension",
        "Erweiterung nicht verfügbar",
        "Extension non disponible",
    ),
    Code.BILLING_FAILURE: ("Billing failure", "Abrechnung fehlgeschlagen", "Échec de la facturation"),
    Code.NOT_ELIGIBLE_FOR_RENEWAL: (
        "Object is not eligible for renewal",
        "Objekt kann nicht verlängert werden",
        "L'objet ne peut pas être renouvelé",
    ),
    Code.NOT_ELIGIBLE_FOR_TRANSFER: (
        "Object is not eligible for transfer",
        "Objekt kann nicht übertragen werden",
        "L'objet ne peut pas être transféré",
    ),
    Code.AUTHENTICATION_ERROR: ("Authentication error", "Anmeldung fehlgeschlagen", "Échec de l'authentification"),
    Code.AUTHORIZATION_ERROR: ("Authorization error", "Keine Berechtigung", "Autorisation refusée"),
    Code.INVALID_AUTHORIZATION_INFORMATION: (
        "Invalid authorization information",
        "Ungültige Autorisierungsangabe",
        "Informations d'autorisation non valides",
    ),
    Code.PENDING_TRANSFER: (
        "Object pending transfer",
        "Übertragung des Objekts steht aus",
        "Transfert de l'objet en attente",
    ),
    Code.NOT_PENDING_TRANSFER: (
        "Object not pending transfer",
        "Für das Objekt steht keine Übertragung aus",
        "Aucun transfert de l'objet en attente",
    ),
    Code.OBJECT_EXISTS: ("Object exists", "Objekt existiert bereits", "L'objet existe déjà"),
    Code.OBJECT_DOES_NOT_EXIST: ("Object does not exist", "Objekt existiert nicht", "L'objet n'existe pas"),
    Code.STATUS_PROHIBITS: (
        "Object status prohibits operation",
        "Status des Objekts verbietet die Operation",
        "L'état de l'objet interdit l'opération",
    ),
    Code.ASSOCIATION_PROHIBITS: (
        "Object association prohibits operation",
        "Verknüpfung des Objekts verbietet die Operation",
        "Une association de l'objet interdit l'opération",
    ),
    Code.PARAMETER_POLICY: (
        "Parameter value policy error",
        "Parameterwert verstößt gegen eine Richtlinie",
        "Valeur de paramètre contraire à la politique",
    ),
    Code.UNIMPLEMENTED_OBJECT: (
        "Unimplemented object service",
        "Objektdienst nicht verfügbar",
        "Service d'objet non disponible",
    ),
    Code.DATA_POLICY: (
        "Data management policy violation",
        "Verstoß gegen die Richtlinie zur Datenverwaltung",
        "Violation de la politique de gestion des données",
    ),
    Code.COMMAND_FAILED: ("Command failed", "Befehl fehlgeschlagen", "Échec de la commande"),
    Code.COMMAND_FAILED_CLOSING: (
        "Command failed; server closing connection",
        "Befehl fehlgeschlagen; Server schließt die Verbindung",
        "Échec de la commande ; le serveur ferme la connexion",
    ),
    Code.AUTHENTICATION_CLOSING: (
        "Authentication error; server closing connection",
        "Anmeldung fehlgeschlagen; Server schließt die Verbindung",
        "Échec de l'authentification ; le serveur ferme la connexion",
    ),
    Code.SESSION_LIMIT_CLOSING: (
        "Session limit exceeded; server closing connection",
        "Höchstzahl der Sitzungen überschritten; Server schließt die Verbindung",
        "Nombre de sessions dépassé ; le serveur ferme la connexion",
    ),
}
CLOSING = frozenset(
    (Code.ENDING_SESSION, Code.COMMAND_FAILED_CLOSING, Code.AUTHENTICATION_CLOSING, Code.SESSION_LIMIT_CLOSING)
)
"""Codes behind which the server closes (RFC 5730 3)."""


def text_of(code: Code, language: str = LANGUAGES[0]) -> str:
    """The text of a result code. Raises: KeyError for a code that is none."""
    return RESULTS[code][LANGUAGES.index(language)]
