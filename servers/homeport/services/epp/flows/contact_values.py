"""What may be in a contact (RFC 5733 2), where the schema lets more pass than the text or good sense does."""

import re

from homeport.services.epp.flow import EppError, Value
from homeport.services.epp.results import Code

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
"""The country codes of ISO 3166-1 alpha-2 that are officially assigned (RFC 5733 2.4.3)."""


LOCAL_PART_LIMIT = 64  # RFC 5321 4.5.3.1.1, which RFC 5322 leaves to it
EMAIL_LIMIT = 254  # what a path of 256 octets has room for (RFC 5321 4.5.3.1.3)
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
LOCAL_PART = re.compile(rf"{ATOM}(?:\.{ATOM})*|{QUOTED}")
DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?![0-9]+$)[A-Za-z0-9-]{1,63}(?<!-)")
ID = re.compile(r"\S+")
LOOKALIKES = {"UK": "GB", "EL": "GR", "AN": "BQ, CW or SX", "CS": "RS or ME", "YU": "RS or ME", "TP": "TL"}


def email(text: str) -> str:
    """The address as it stands. Raises: EppError 2005 if it is none (RFC 5733 2.6: RFC 5322)."""
    local_part, at, domain = text.rpartition("@")
    problem = ""
    if not text.isascii():
        problem = "an address that is not ASCII needs the extension of RFC 9873, which is not offered here"
    elif not at or not local_part:
        problem = "an e-mail address has a local part, @ and a domain"
    elif len(local_part) > LOCAL_PART_LIMIT:
        problem = f"the local part has {LOCAL_PART_LIMIT} characters at most (RFC 5321 4.5.3.1.1)"
    elif len(text) > EMAIL_LIMIT:
        problem = f"an e-mail address has {EMAIL_LIMIT} characters at most (RFC 5321 4.5.3.1.3)"
    elif not LOCAL_PART.fullmatch(local_part):
        problem = "the local part is neither a dot-atom nor a quoted string (RFC 5322 3.4.1)"
    elif not DOMAIN.fullmatch(domain):
        problem = "what stands behind @ is no fully qualified domain"
    if problem:
        raise EppError(Code.VALUE_SYNTAX, f"RFC 5733 2.6: {problem}", value=Value("email", text))
    return text


def country(text: str) -> str:
    """The code in upper case. Raises: EppError 2005 if ISO 3166-1 has not assigned it (RFC 5733 2.4.3)."""
    wanted = text.upper()
    if wanted not in COUNTRIES:
        hint = f"; did you mean {LOOKALIKES[wanted]}?" if wanted in LOOKALIKES else ""
        raise EppError(
            Code.VALUE_SYNTAX,
            f"RFC 5733 2.4.3: cc is a code of two letters that ISO 3166-1 has assigned{hint}",
            value=Value("cc", text),
        )
    return wanted


def check_id(text: str) -> None:
    """Raises: EppError 2005 if a new contact cannot have this identifier (RFC 5733 2.1, clIDType of eppcom-1.0)."""
    if not is_id(text):
        raise EppError(
            Code.VALUE_SYNTAX,
            "RFC 5733 2.1: an identifier has 3 to 16 characters, here of ASCII without blanks and control characters",
            value=Value("id", text),
        )


def is_id(text: str) -> bool:
    """Whether a contact can be called so."""
    return 3 <= len(text) <= 16 and text.isascii() and text.isprintable() and ID.fullmatch(text) is not None
