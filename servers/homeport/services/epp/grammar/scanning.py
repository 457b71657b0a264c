"""The client's transaction identifier and the command out of XML that cannot be parsed (RFC 5730 2.5: echo clTRID)."""

import re

from homeport.services.epp.grammar.datatypes import BadValue, Token
from homeport.services.epp.results import Code

_CL_TRID = re.compile(rb"<(?:[\w.-]{1,64}:)?clTRID(?:\s[^<>]{0,256})?>([^<>]{1,1024})</(?:[\w.-]{1,64}:)?clTRID")
_COMMAND = re.compile(
    rb"<(?:[\w.-]{1,64}:)?command(?:\s[^<>]{0,256})?>\s{0,1024}<(?:[\w.-]{1,64}:)?([A-Za-z]{1,32})[\s/>]"
)
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_REFERENCE = re.compile(r"&(#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|\w{1,8});")
TRID = Token(3, 64)
"""What may be echoed."""


def scan_cl_trid(octets: bytes) -> str | None:
    """The last clTRID whose value the schema allows (3 to 64 characters), for the response to a broken frame."""
    for found in reversed(_CL_TRID.findall(octets)):
        try:
            return TRID.read(_REFERENCE.sub(_character, found.decode()))
        except (UnicodeDecodeError, BadValue):
            continue
    return None


def scan_command(octets: bytes) -> str:
    """The name of the command element; empty: none to be seen."""
    found = _COMMAND.search(octets)
    return found[1].decode() if found else ""


def _character(reference: re.Match[str]) -> str:
    """What a reference stands for; one that means nothing in XML is a BadValue."""
    name = reference[1]
    if name in _ENTITIES:
        return _ENTITIES[name]
    number = int(name[2:], 16) if name.startswith("#x") else int(name[1:]) if name.startswith("#") else 0
    if number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE:
        return chr(number)
    raise BadValue(Code.VALUE_SYNTAX, "a character of XML")
