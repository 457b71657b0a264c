"""The syntaxes of values (RFC 4517 3.3): what each allows."""

import re
from collections.abc import Callable
from uuid import UUID

import msgspec

from homeport.world.directory.names import NameProblem, is_descriptor, parse_dn
from homeport.world.directory.schema.standard import SYNTAX_ARC

PRINTABLE = re.compile(rb"[A-Za-z0-9'()+,./:? =-]+")
NUMERIC = re.compile(rb"[0-9 ]+")
INTEGER = re.compile(rb"-?[1-9][0-9]*|0")
BIT_STRING = re.compile(rb"'[01]*'B")
GENERALIZED_TIME = re.compile(
    rb"(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])(?:([0-5]\d)(?:([0-5]\d|60))?)?(?:[.,](\d+))?"
    rb"(Z|[+-](?:[01]\d|2[0-3])(?:[0-5]\d)?)"
)
COUNTRY = re.compile(rb"[A-Za-z0-9'()+,./:? =-]{2}")
DESCRIPTION = re.compile(rb"\s*\(.*\)\s*", re.DOTALL)
MAX_INTEGER_DIGITS = 1000

Validate = Callable[[bytes], bool]


class Syntax(msgspec.Struct, frozen=True):
    """A syntax of values."""

    oid: str
    title: str
    validate: Validate
    is_binary: bool = False
    """True if values are no text."""


def any_bytes(_value: bytes) -> bool:
    """Allow every value."""
    return True


def is_utf8(value: bytes) -> bool:
    """Return True for a text that is not empty (RFC 4517 3.3.6)."""
    try:
        return bool(value.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def is_dn(value: bytes) -> bool:
    """Return True for a distinguished name."""
    try:
        parse_dn(value.decode("utf-8"))
    except (UnicodeDecodeError, NameProblem):
        return False
    return True


def _is_name_and_uid(value: bytes) -> bool:
    name, mark, bits = value.rpartition(b"#")
    return is_dn(name) if mark and BIT_STRING.fullmatch(bits) else is_dn(value)


def _is_oid(value: bytes) -> bool:
    return value.isascii() and is_descriptor(value.decode())


def _is_integer(value: bytes) -> bool:
    return len(value) <= MAX_INTEGER_DIGITS and INTEGER.fullmatch(value) is not None


def _is_uuid(value: bytes) -> bool:
    try:
        return len(value) == 36 and bool(UUID(value.decode("ascii")))
    except ValueError:
        return False


def _matches(pattern: re.Pattern[bytes]) -> Validate:
    return lambda value: pattern.fullmatch(value) is not None


def _of_arc(number: int, title: str, validate: Validate = any_bytes, *, is_binary: bool = False) -> Syntax:
    return Syntax(f"{SYNTAX_ARC}{number}", title, validate, is_binary)


SYNTAXES: dict[str, Syntax] = {
    syntax.oid: syntax
    for syntax in (
        _of_arc(3, "Attribute Type Description", _matches(DESCRIPTION)),
        _of_arc(4, "Audio", is_binary=True),
        _of_arc(5, "Binary", is_binary=True),
        _of_arc(6, "Bit String", _matches(BIT_STRING)),
        _of_arc(7, "Boolean", lambda value: value in (b"TRUE", b"FALSE")),
        _of_arc(8, "Certificate", is_binary=True),
        _of_arc(9, "Certificate List", is_binary=True),
        _of_arc(10, "Certificate Pair", is_binary=True),
        _of_arc(11, "Country String", _matches(COUNTRY)),
        _of_arc(12, "DN", is_dn),
        _of_arc(14, "Delivery Method", _matches(re.compile(rb"\w+( *\$ *\w+)*"))),
        _of_arc(15, "Directory String", is_utf8),
        _of_arc(16, "DIT Content Rule Description", _matches(DESCRIPTION)),
        _of_arc(17, "DIT Structure Rule Description", _matches(DESCRIPTION)),
        _of_arc(21, "Enhanced Guide", is_utf8),
        _of_arc(22, "Facsimile Telephone Number", _matches(re.compile(rb"[A-Za-z0-9'()+,./:? =$-]+"))),
        _of_arc(23, "Fax", is_binary=True),
        _of_arc(24, "Generalized Time", _matches(GENERALIZED_TIME)),
        _of_arc(25, "Guide", is_utf8),
        _of_arc(26, "IA5 String", bytes.isascii),
        _of_arc(27, "INTEGER", _is_integer),
        _of_arc(28, "JPEG", is_binary=True),
        _of_arc(30, "Matching Rule Description", _matches(DESCRIPTION)),
        _of_arc(31, "Matching Rule Use Description", _matches(DESCRIPTION)),
        _of_arc(34, "Name And Optional UID", _is_name_and_uid),
        _of_arc(35, "Name Form Description", _matches(DESCRIPTION)),
        _of_arc(36, "Numeric String", _matches(NUMERIC)),
        _of_arc(37, "Object Class Description", _matches(DESCRIPTION)),
        _of_arc(38, "OID", _is_oid),
        _of_arc(39, "Other Mailbox", is_utf8),
        _of_arc(40, "Octet String", is_binary=True),
        _of_arc(41, "Postal Address", is_utf8),
        _of_arc(44, "Printable String", _matches(PRINTABLE)),
        _of_arc(49, "Supported Algorithm", is_binary=True),
        _of_arc(50, "Telephone Number", _matches(PRINTABLE)),
        _of_arc(51, "Teletex Terminal Identifier", is_utf8),
        _of_arc(52, "Telex Number", is_utf8),
        _of_arc(53, "UTC Time", any_bytes),
        _of_arc(54, "LDAP Syntax Description", _matches(DESCRIPTION)),
        _of_arc(58, "Substring Assertion", is_utf8),
        Syntax("1.3.6.1.1.16.1", "UUID", _is_uuid),
    )
}
"""By OID."""


def syntax_texts() -> list[str]:
    """Return the definitions of the syntaxes, for the subschema (RFC 4512 4.1.5)."""
    return [f"( {one.oid} DESC '{one.title}' )" for one in SYNTAXES.values()]
