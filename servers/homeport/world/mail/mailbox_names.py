"""Names of mailboxes: levels separated by `/`, and INBOX in any case (RFC 9051 5.1)."""

import re
from collections.abc import Iterable

from homeport.world.mail.mailbox_problem import MailboxProblem

SEPARATOR = "/"
INBOX = "INBOX"
EVERYTHING = "All"
"""The shared mailbox that has every captured message."""
SPECIAL = (
    ("Sent", "\\Sent"),
    ("Drafts", "\\Drafts"),
    ("Junk", "\\Junk"),
    ("Trash", "\\Trash"),
    ("Archive", "\\Archive"),
)
"""The mailboxes that a person has besides INBOX, with their special use (RFC 6154)."""
SPECIAL_USES = {use.lower(): use for _name, use in SPECIAL}
MAX_NAME_BYTES = 1000
MAX_LEVELS = 50
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""RFC 5198 2, which RFC 9051 5.1 names."""


def canonical(name: str) -> str:
    """Return a name as it is compared: INBOX in capitals, also as the first level of another name."""
    first, separator, rest = name.partition(SEPARATOR)
    return f"{INBOX}{separator}{rest}" if first.upper() == INBOX else name


def validate_name(name: str) -> str:
    """Return the canonical form of a name that can be given to a mailbox. Raises: MailboxProblem."""
    if not name or name[0] == SEPARATOR or name[-1] == SEPARATOR or SEPARATOR * 2 in name:
        raise MailboxProblem("cannot", f"a level of the name {name!r} is empty")
    size = len(name) if name.isascii() else len(name.encode(errors="replace"))
    if name.count(SEPARATOR) >= MAX_LEVELS or size > MAX_NAME_BYTES:
        raise MailboxProblem("limit", f"a name has at most {MAX_NAME_BYTES} bytes and {MAX_LEVELS} levels")
    if CONTROLS.search(name):
        raise MailboxProblem("cannot", f"{name!r} has control characters (RFC 9051 5.1)")
    if "%" in name or "*" in name:
        raise MailboxProblem("cannot", f"{name!r} has a wildcard of LIST: use other characters than % and *")
    if name == EVERYTHING or name.startswith(EVERYTHING + SEPARATOR):
        raise MailboxProblem("cannot", f"{EVERYTHING} is the shared mailbox of every message: use another name")
    return canonical(name)


def order(name: str) -> tuple[bool, str]:
    """Return the key that sorts names: INBOX and its children first, and children after their parents.

    No name has a character that is less than the separator becomes: parents are followed by all that is below them.
    """
    return name != INBOX and not name.startswith(INBOX + SEPARATOR), name.replace(SEPARATOR, "\0")


def above(name: str) -> list[str]:
    """Return the names above a name, from the top."""
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:end]) for end in range(1, len(levels))]


def below(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that are below a name."""
    begin = name + SEPARATOR
    return [other for other in names if other.startswith(begin)]
