"""Annotations as a client sees them: those that are stored, and those that the server makes (RFC 5464)."""

from collections.abc import Iterable

from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.grammar import writing
from homeport.world.mail.mailbox import Mailbox

ADMIN = "/shared/admin"
"""A URI of the server's administrator (RFC 5464 6.2.1)."""
SPECIAL_USE = "/private/specialuse"
"""The special use of a mailbox (RFC 6154 4)."""


def read(dialogue: ImapDialogue, mailbox: Mailbox | None) -> dict[str, bytes]:
    """Return all annotations of a mailbox, or of the server, with those that the server makes."""
    values = {**dialogue.context.world.mailboxes.annotations(dialogue.login, mailbox)}
    if mailbox is None:
        values[ADMIN] = f"mailto:postmaster@{dialogue.options.host_name}".encode()
    elif mailbox.special_use and dialogue.allows("SPECIAL-USE"):
        values[SPECIAL_USE] = mailbox.special_use.encode()
    return values


def is_below(name: str, entries: frozenset[str], depth: int) -> bool:
    """Return True if an annotation is one of those asked for, or at most `depth` levels below one."""
    while name not in entries:
        name = name.rpartition("/")[0]
        depth -= 1
        if not name or depth < 0:
            return False
    return True


def response(dialogue: ImapDialogue, mailbox: str, values: Iterable[tuple[str, bytes | None]]) -> bytes:
    """Return the METADATA response with values (RFC 5464 4.4.1)."""
    words: list[bytes] = []
    for name, value in values:
        has_nul = value is not None and b"\0" in value
        text = writing.literal8(value) if value is not None and has_nul else writing.nstring(value, utf8=dialogue.utf8)
        words += (writing.astring(name.encode()), text)
    return b"METADATA %s %s" % (writing.mailbox(mailbox, utf8=dialogue.utf8), writing.parenthesized(words))
