"""Values as responses have them (RFC 9051 9).

`utf8` is True after ENABLE IMAP4rev2 or UTF8=ACCEPT: quoted strings may then have UTF-8. Otherwise other bytes than
ASCII are sent as literals.
"""

import re
from collections.abc import Iterable

from homeport.services.imap.grammar.mailbox_names import encode_name
from homeport.services.imap.grammar.sequence_set import serialize_set

__all__ = [
    "NIL", "astring", "flag_list", "literal", "literal8", "mailbox", "nstring", "parenthesized", "quoted",
    "serialize_set", "string",
]  # fmt: skip

NIL = b"NIL"
MAX_QUOTED = 1000
"""Bytes of a quoted string; some clients have lines of limited length."""
ATOM = re.compile(rb"[!#$&'+-\[\]^-z|}~]+")
UNQUOTABLE = re.compile(rb"[\0\r\n\x80-\xff]")
"""Bytes that no quoted string may have without UTF-8."""
PLAIN = re.compile(rb"[ !#-\[\]-~]{0,1000}+")
"""Text that is quoted as it is."""
UNQUOTABLE_UTF8 = re.compile(rb"[\0\r\n]")
SPECIAL = re.compile(rb'["\\]')


def quoted(text: bytes) -> bytes:
    """Return a quoted string. text: without CR, LF and NUL."""
    return b'"%s"' % (SPECIAL.sub(rb"\\\g<0>", text) if b'"' in text or b"\\" in text else text)


def literal(data: bytes) -> bytes:
    """Return a literal."""
    return b"{%d}\r\n%s" % (len(data), data)


def literal8(data: bytes) -> bytes:
    """Return a literal that may have NUL (RFC 3516 6)."""
    return b"~{%d}\r\n%s" % (len(data), data)


def string(text: bytes, *, utf8: bool = False) -> bytes:
    """Return a quoted string if that is possible, or else a literal, in which a NUL is replaced."""
    if PLAIN.fullmatch(text):
        return b'"%s"' % text
    if len(text) <= MAX_QUOTED:
        if text.isascii() or not utf8:
            if UNQUOTABLE.search(text) is None:
                return quoted(text)
        elif UNQUOTABLE_UTF8.search(text) is None and _is_utf8(text):
            return quoted(text)
    return literal(text.replace(b"\0", b"\x80") if b"\0" in text else text)  # RFC 9051 4.3.1 has no NUL, as Dovecot


def nstring(text: bytes | None, *, utf8: bool = False) -> bytes:
    """Return a string; NIL for None."""
    return NIL if text is None else string(text, utf8=utf8)


def astring(text: bytes, *, utf8: bool = False) -> bytes:
    """Return an atom if that is possible, or else a string."""
    if ATOM.fullmatch(text) and text.upper() != NIL:
        return text
    return string(text, utf8=utf8)


def mailbox(name: str, *, utf8: bool = False) -> bytes:
    """Return the name of a mailbox, quoted only where it must be."""
    return astring(encode_name(name, utf8=utf8), utf8=utf8)


def parenthesized(values: Iterable[bytes]) -> bytes:
    """Return values in parentheses."""
    return b"(%s)" % b" ".join(values)


def flag_list(flags: Iterable[str]) -> bytes:
    """Return flags in parentheses."""
    return b"(%s)" % " ".join(flags).encode()


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
