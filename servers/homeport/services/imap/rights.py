"""The rights of a client on a mailbox (RFC 4314): from the access control list, and what they allow.

The list is stored with the mailbox's annotations, by names that no client can give to one. A person's mailbox is
the person's alone: rights of others are stored and told, and give no access.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.grammar.acl_arguments import RIGHTS
from homeport.services.imap.replies import Refused, no
from homeport.services.imap.selection import serialize_flags
from homeport.world.mail.annotations import ACCESS
from homeport.world.mail.flags import DELETED, SEEN
from homeport.world.mail.mailbox import Mailbox

ALL = frozenset(RIGHTS)
OF_SHARED = frozenset("lrsw")
"""Rights of each person on the mailbox with every message."""
REQUIRED = frozenset("la")
"""Rights that the owner of a mailbox always has: without `a` there would be no way back."""
WRITING = frozenset("swtei")
"""Without all of them a mailbox is READ-ONLY (RFC 4314 5.2)."""
OF_FLAGS = frozenset("swt")
ANYONE = "anyone"
Acl = Mapping[str, frozenset[str]]
"""Rights by identifier."""


def read_acl(dialogue: ImapDialogue, mailbox: Mailbox) -> dict[str, frozenset[str]]:
    """Return the access control list of a person's mailbox: the owner first."""
    stored = dialogue.context.world.mailboxes.annotations(dialogue.login, mailbox)
    others = {
        name.removeprefix(ACCESS): _decode(value) for name, value in sorted(stored.items()) if name.startswith(ACCESS)
    }
    own = others.pop(mailbox.owner, ALL)
    return {mailbox.owner: own | REQUIRED, **others}


def rights_of(dialogue: ImapDialogue, mailbox: Mailbox) -> frozenset[str]:
    """Return the rights of the client: those of its identifier and of `anyone`, without the negative ones."""
    if mailbox.shared:
        return OF_SHARED
    if not dialogue.allows("ACL"):
        return ALL
    stored = dialogue.context.world.mailboxes.annotations(dialogue.login, mailbox)
    if not stored:
        return ALL
    own = stored.get(ACCESS + dialogue.login)
    granted = (ALL if own is None else _decode(own)) | _decode(stored.get(ACCESS + ANYONE, b""))
    refused = _decode(stored.get(f"{ACCESS}-{dialogue.login}", b"")) | _decode(stored.get(f"{ACCESS}-{ANYONE}", b""))
    return granted - refused | REQUIRED


def require(dialogue: ImapDialogue, mailbox: Mailbox, rights: str, what: str) -> None:
    """Check that the client has all these rights. Raises: Refused.

    The shared mailbox refuses by itself what cannot be done in it.
    """
    if not mailbox.shared:
        lacking = sorted(frozenset(rights) - rights_of(dialogue, mailbox))
        if lacking:
            raise no_permission(mailbox, lacking[0], what)


def no_permission(mailbox: Mailbox, right: str, what: str) -> Refused:
    """Return the refusal of what needs a right."""
    return no(f"{what} needs the right {right!r} on {mailbox.name} (RFC 4314 4): see GETACL", "NOPERM")


def kept_flags(rights: frozenset[str], flags: Iterable[str]) -> frozenset[str]:
    """Return those of some flags that may be changed (RFC 4314 4)."""
    if rights >= OF_FLAGS:
        return frozenset(flags)
    return frozenset(flag for flag in flags if {SEEN: "s", DELETED: "t"}.get(flag, "w") in rights)


def permanent_flags(dialogue: ImapDialogue, mailbox: Mailbox) -> bytes:
    """Return the flags that the client can change for good, as PERMANENTFLAGS has them (RFC 4314 5.1.1)."""
    rights = rights_of(dialogue, mailbox)
    kept = mailbox.permanent_flags if mailbox.shared else kept_flags(rights, mailbox.permanent_flags)
    flags = serialize_flags(frozenset(kept))
    if "w" not in rights:
        return flags
    return b"%s%s\\*)" % (flags[:-1], b" " if kept else b"")


@lru_cache(256)
def _decode(value: bytes) -> frozenset[str]:
    return frozenset(value.decode("ascii"))
