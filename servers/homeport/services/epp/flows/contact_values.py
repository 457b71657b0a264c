"""Validate the values of contacts (RFC 5733 2) where the RFC's text is stricter than its schema."""

import re

from homeport.services.epp.flow import EppError, Value
from homeport.services.epp.results import Code
from homeport.world.names import canonical_name

ASSIGNED = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(re.findall(r"[A-Z]{2}", ASSIGNED))
"""Officially assigned country codes of ISO 3166-1 alpha-2 (RFC 5733 2.4.3)."""


MAX_LOCAL_PART_LENGTH = 64  # RFC 5321 4.5.3.1.1; RFC 5322 sets no limit
MAX_EMAIL_LENGTH = 254  # an address fits into a path of 256 octets (RFC 5321 4.5.3.1.3)
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
LOCAL_PART = re.compile(rf"{ATOM}(?:\.{ATOM})*|{QUOTED}")
DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?![0-9]+$)[A-Za-z0-9-]{1,63}(?<!-)")
ID = re.compile(r"\S+")
BEYOND_ASCII = re.compile(r"[^\x00-\x9f\s]")  # RFC 6531 3.3 allows it in atoms and quoted strings
LOOKALIKES = {"UK": "GB", "EL": "GR", "AN": "BQ, CW or SX", "CS": "RS or ME", "YU": "RS or ME", "TP": "TL"}


def email(text: str) -> str:
    """Return the address unchanged. Raises: EppError 2005 if it is not valid (RFC 5733 2.6: RFC 5322)."""
    if problem := email_problem(text):
        raise EppError(Code.VALUE_SYNTAX, f"RFC 5733 2.6: {problem}", value=Value("email", text))
    return text


def email_problem(text: str, *, beyond_ascii: bool = False) -> str:
    """Return what is wrong with an address; empty if it is valid. beyond_ascii: it may be internationalized."""
    local_part, at, domain = text.rpartition("@")
    problem = ""
    if not text.isascii() and not beyond_ascii:
        problem = "an address that is not ASCII belongs into the extension addlEmail (RFC 9873)"
    elif not at or not local_part:
        problem = "an e-mail address has a local part, @ and a domain"
    elif len(local_part.encode()) > MAX_LOCAL_PART_LENGTH:
        problem = f"the local part has {MAX_LOCAL_PART_LENGTH} characters at most (RFC 5321 4.5.3.1.1)"
    elif len(text.encode()) > MAX_EMAIL_LENGTH:
        problem = f"an e-mail address has {MAX_EMAIL_LENGTH} characters at most (RFC 5321 4.5.3.1.3)"
    elif not LOCAL_PART.fullmatch(BEYOND_ASCII.sub("x", local_part)):
        problem = "the local part is neither a dot-atom nor a quoted string (RFC 5322 3.4.1)"
    elif not DOMAIN.fullmatch(domain if domain.isascii() else canonical_name(domain) or ""):
        problem = "the part after @ is not a fully qualified domain"
    return problem


def country(text: str) -> str:
    """Return the code in upper case. Raises: EppError 2005 if ISO 3166-1 has not assigned it (RFC 5733 2.4.3)."""
    wanted = text.upper()
    if wanted not in COUNTRIES:
        hint = f"; did you mean {LOOKALIKES[wanted]}?" if wanted in LOOKALIKES else ""
        raise EppError(
            Code.VALUE_SYNTAX,
            f"RFC 5733 2.4.3: cc is a code of two letters that ISO 3166-1 has assigned{hint}",
            value=Value("cc", text),
        )
    return wanted


def validate_id(text: str) -> None:
    """Raise EppError 2005 if a new contact cannot have this identifier (RFC 5733 2.1, clIDType of eppcom-1.0)."""
    if not is_id(text):
        raise EppError(
            Code.VALUE_SYNTAX,
            "RFC 5733 2.1: an identifier has 3 to 16 characters, here of ASCII without blanks and control characters",
            value=Value("id", text),
        )


def is_id(text: str) -> bool:
    """True if the text is a valid contact identifier."""
    return 3 <= len(text) <= 16 and text.isascii() and text.isprintable() and ID.fullmatch(text) is not None
