"""The arguments of SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314)."""

from typing import Literal

import msgspec

from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem

RIGHTS = "lrswipkxtea"
"""Rights in the order of RFC 4314 2.1."""
OBSOLETE = {"c": "kx", "d": "te"}
"""Rights of RFC 2086, each with those that it means (RFC 4314 2.1.1)."""
HOW: dict[str, Literal["add", "remove", "replace"]] = {"+": "add", "-": "remove"}


class SetAcl(msgspec.Struct, frozen=True):
    """The arguments of SETACL."""

    mailbox: str
    identifier: str
    how: Literal["add", "remove", "replace"]
    rights: frozenset[str]


def parse_set_acl(cursor: Cursor) -> SetAcl:
    """Parse the arguments of SETACL."""
    mailbox, identifier = _parse_pair(cursor)
    cursor.space()
    at, text = cursor.at, cursor.astring().decode("utf-8", "replace")
    cursor.end()
    how = HOW.get(text[:1], "replace")
    letters = text[1:] if how != "replace" else text
    return SetAcl(mailbox, identifier, how, parse_rights(letters, at))


def parse_rights(letters: str, at: int = 0) -> frozenset[str]:
    """Return rights; each obsolete one counts as those that it means."""
    rights: set[str] = set()
    for letter in letters:
        if letter not in RIGHTS and letter not in OBSOLETE:
            raise SyntaxProblem(f"unknown right {letter!r}: use some of {RIGHTS}", "RFC 4314 2.1", at)
        rights.update(OBSOLETE.get(letter, letter))
    return frozenset(rights)


def serialize_rights(rights: frozenset[str]) -> str:
    """Serialize rights; the obsolete ones are added for older clients (RFC 4314 2.1.1)."""
    known = "".join(letter for letter in RIGHTS if letter in rights)
    return known + "".join(letter for letter, meant in OBSOLETE.items() if rights & set(meant))


def parse_acl_target(cursor: Cursor) -> tuple[str, str]:
    """Parse the arguments of DELETEACL and LISTRIGHTS: mailbox and identifier."""
    pair = _parse_pair(cursor)
    cursor.end()
    return pair


def parse_acl_mailbox(cursor: Cursor) -> str:
    """Parse the argument of GETACL and MYRIGHTS."""
    mailbox = cursor.mailbox()
    cursor.end()
    return mailbox


def _parse_pair(cursor: Cursor) -> tuple[str, str]:
    mailbox = cursor.mailbox()
    cursor.space()
    at, identifier = cursor.at, cursor.astring()
    try:
        return mailbox, identifier.decode()
    except UnicodeDecodeError:
        raise SyntaxProblem("an identifier is UTF-8", "RFC 4314 3", at) from None
