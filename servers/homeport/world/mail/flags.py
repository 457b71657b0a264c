"""Flags of messages in mailboxes: the system flags of RFC 9051 2.3.2, and keywords.

All of them are compared without regard to case. System flags have one spelling here; a keyword keeps the one in which
a mailbox has seen it first.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from homeport.world.mail.mailbox_problem import MailboxProblem

SEEN = "\\Seen"
DELETED = "\\Deleted"
SYSTEM_FLAGS = ("\\Answered", "\\Flagged", DELETED, SEEN, "\\Draft")
"""In the order in which servers list them."""
MAX_KEYWORDS = 250
"""Keywords that a mailbox has seen; a new one beyond them is refused."""
MAX_KEYWORD_BYTES = 128
KEYWORD = re.compile(r"[!#$&'+-\[^-z|}~]+")
"""RFC 9051 9, `flag-keyword`: an atom. Written as what it has: a range up to U+FFFF takes milliseconds to compile."""
_SYSTEM = {flag.lower(): flag for flag in SYSTEM_FLAGS}


@lru_cache(maxsize=1024)
def share_flags(flags: frozenset[str]) -> frozenset[str]:
    """Return equal flags as one object: thousands of entries have the same."""
    return flags


def spell_flags(flags: Iterable[str], keywords: dict[str, str], *, adds: bool = True) -> frozenset[str]:
    """Return flags in the spelling of a mailbox. keywords: spelling of those that it has seen, by lower case.

    adds: False to leave out keywords that it has not seen: no message has them. Raises: MailboxProblem for what cannot
    be stored; `keywords` is unchanged then, and else has the new ones.
    """
    spelled = set()
    new: dict[str, str] = {}
    for flag in flags:
        known = _SYSTEM.get(flag.lower()) or keywords.get(flag.lower()) or new.get(flag.lower())
        if known is None:
            known = new[flag.lower()] = _check_keyword(flag)
        spelled.add(known)
    if not adds:
        return share_flags(frozenset(spelled.difference(new.values())))
    if new and len(keywords) + len(new) > MAX_KEYWORDS:
        raise MailboxProblem("limit", f"a mailbox keeps at most {MAX_KEYWORDS} keywords")
    keywords.update(new)
    return share_flags(frozenset(spelled))


def _check_keyword(flag: str) -> str:
    if flag.startswith("\\"):
        raise MailboxProblem("cannot", f"{flag} is not a flag that can be stored: use {' '.join(SYSTEM_FLAGS)}")
    if len(flag) > MAX_KEYWORD_BYTES:
        raise MailboxProblem("limit", f"a keyword has at most {MAX_KEYWORD_BYTES} bytes")
    if not KEYWORD.fullmatch(flag):
        raise MailboxProblem("cannot", f"{flag!r} is not a keyword: an atom of ASCII letters and digits (RFC 9051 9)")
    return flag
