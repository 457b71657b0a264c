"""The parameters of MAIL and RCPT, each parsed by one function (RFC 5321 4.1.2).

`MAIL` and `RCPT` are the tables: keyword, extension, parser. A keyword whose extension is switched off is unknown, as
it would be to a server without that extension.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from homeport.services.smtp.replies import Refused

KEYWORD = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?")
XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
XCHAR = re.compile(r"\+([0-9A-F]{2})")
BY = re.compile(r"(-?\d{1,9});([RNrn])([Tt]?)")
SECONDS_LIMIT = 999_999_999
"""RFC 2852 4: nine digits."""


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of MAIL or RCPT."""

    extension: str
    """The extension that defines it."""
    parse: Callable[[str | None], Mapping[str, Any]]
    """Parse the value (None if there is no `=`) into fields of an envelope or a recipient. Raises: ValueError."""


def parse_parameters(
    text: str, table: Mapping[str, Parameter], offered: Collection[str], repeated: list[str] | None = None
) -> dict[str, Any]:
    """Parse the parameters after a path into fields.

    text: as received, with the space before the first one. offered: the extensions on offer here and now. repeated: a
    list that gets repeated parameters, of which the last one counts; None to refuse them.

    Raises: Refused (555 for an unknown parameter, 501 for a malformed or repeated one).
    """
    if not text.strip(" "):
        return {}
    if not text.startswith(" "):
        raise Refused(501, "5.5.4", f"put a space between the path and {text!r} (RFC 5321 4.1.2)", "bad-parameter")
    fields: dict[str, Any] = {}
    seen: set[str] = set()
    for word in text.split():
        match = KEYWORD.fullmatch(word)
        if match is None:
            raise _malformed(word, "a parameter is KEYWORD or KEYWORD=value", "RFC 5321 4.1.2")
        keyword = match[1].upper()
        parameter = table.get(keyword)
        if parameter is None or parameter.extension not in offered:
            text = f"the parameter {keyword} is not offered here: see the reply to EHLO (RFC 5321 2.2.1)"
            raise Refused(555, "5.5.4", text, "parameter-not-offered")
        if keyword in seen:
            if repeated is None:
                raise _malformed(word, f"{keyword} is repeated", "RFC 5321 4.1.1.11")
            repeated.append(word)
        seen.add(keyword)
        try:
            fields |= parameter.parse(match[2])
        except ValueError as error:
            raise _malformed(word, str(error), SECTIONS[keyword]) from None
    return fields


def decode_xtext(text: str) -> str:
    """Decode xtext (RFC 3461 4).

    Raises: ValueError if it is malformed.
    """
    if not XTEXT.fullmatch(text):
        raise ValueError("the value is not xtext: write +, = and unprintable characters as +2B")
    octets = XCHAR.sub(lambda match: chr(int(match[1], 16)), text)
    return octets.encode("latin-1").decode("utf-8", "backslashreplace")


def _malformed(word: str, problem: str, reference: str) -> Refused:
    return Refused(501, "5.5.4", f"{word[:60]!r}: {problem} ({reference})", "bad-parameter")


def _valued(value: str | None) -> str:
    if value is None:
        raise ValueError("it needs a value")
    return value


def _bare(value: str | None) -> None:
    if value is not None:
        raise ValueError("it takes no value")


def _size(value: str | None) -> dict[str, Any]:
    digits = _valued(value)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise ValueError("SIZE is a decimal number of at most 20 digits")
    return {"size": int(digits)}


def _body(value: str | None) -> dict[str, Any]:
    body = _valued(value).upper()
    if body not in ("7BIT", "8BITMIME", "BINARYMIME"):
        raise ValueError("BODY is 7BIT, 8BITMIME or BINARYMIME")
    return {"body": body}


def _smtputf8(value: str | None) -> dict[str, Any]:
    _bare(value)
    return {"smtputf8": True}


def _requiretls(value: str | None) -> dict[str, Any]:
    _bare(value)
    return {"requiretls": True}


def _auth(value: str | None) -> dict[str, Any]:
    # RFC 4954 5: only trusted relays may assert an identity. A farm trusts none, so the value is validated and ignored.
    text = decode_xtext(_valued(value))
    if text != "<>" and "@" not in text:
        raise ValueError("AUTH is a mailbox in xtext, or <>")
    return {}


def _ret(value: str | None) -> dict[str, Any]:
    ret = _valued(value).upper()
    if ret not in ("FULL", "HDRS"):
        raise ValueError("RET is FULL or HDRS")
    return {"ret": ret}


def _envid(value: str | None) -> dict[str, Any]:
    text = _valued(value)
    if len(text) > 100:
        raise ValueError("ENVID has at most 100 characters")
    return {"envid": decode_xtext(text)}


def _priority(value: str | None) -> dict[str, Any]:
    if not re.fullmatch(r"0|-?[1-9]", _valued(value)):
        raise ValueError("MT-PRIORITY is a number from -9 to 9")
    return {"priority": int(value or "0")}


def _by(value: str | None) -> dict[str, Any]:
    match = BY.fullmatch(_valued(value))
    if match is None:
        raise ValueError("BY is seconds;R or seconds;N, followed by T for a trace")
    if match[2].upper() == "R" and int(match[1]) <= 0:
        raise ValueError("with R the time is more than 0 seconds")
    return {}  # Delivery happens before the reply, so every deadline is met.


def _notify(value: str | None) -> dict[str, Any]:
    words = tuple(_valued(value).upper().split(","))
    if words != ("NEVER",) and (not set(words) <= {"SUCCESS", "FAILURE", "DELAY"} or len(set(words)) != len(words)):
        raise ValueError("NOTIFY is NEVER, or some of SUCCESS,FAILURE,DELAY")
    return {"notify": words}


def _orcpt(value: str | None) -> dict[str, Any]:
    text = _valued(value)
    kind, semicolon, address = text.partition(";")
    if not semicolon or not kind or not address or len(text) > 500:
        raise ValueError("ORCPT is address-type;xtext, such as rfc822;bob@example.org, of at most 500 characters")
    if kind.lower() != "utf-8":
        decode_xtext(address)
    return {"orcpt": text}


MAIL: dict[str, Parameter] = {
    "SIZE": Parameter("SIZE", _size),
    "BODY": Parameter("8BITMIME", _body),
    "SMTPUTF8": Parameter("SMTPUTF8", _smtputf8),
    "AUTH": Parameter("AUTH", _auth),
    "RET": Parameter("DSN", _ret),
    "ENVID": Parameter("DSN", _envid),
    "REQUIRETLS": Parameter("REQUIRETLS", _requiretls),
    "MT-PRIORITY": Parameter("MT-PRIORITY", _priority),
    "BY": Parameter("DELIVERBY", _by),
}
RCPT: dict[str, Parameter] = {
    "NOTIFY": Parameter("DSN", _notify),
    "ORCPT": Parameter("DSN", _orcpt),
}
SECTIONS = {
    "SIZE": "RFC 1870 6",
    "BODY": "RFC 6152 2",
    "SMTPUTF8": "RFC 6531 3.4",
    "AUTH": "RFC 4954 5",
    "RET": "RFC 3461 4.3",
    "ENVID": "RFC 3461 4.4",
    "REQUIRETLS": "RFC 8689 2",
    "MT-PRIORITY": "RFC 6710 3",
    "BY": "RFC 2852 4",
    "NOTIFY": "RFC 3461 4.1",
    "ORCPT": "RFC 3461 4.2",
}
"""The section that defines each keyword, for refusals."""
