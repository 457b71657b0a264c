"""The capabilities: what is announced when, and what each allows (RFC 9051 6.1.1, 7.2.2).

`allowed(options)` is what commands ask for: a command, an item or an option that needs a capability is refused with BAD
if it is not among them, because then a client uses what was not announced.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import msgspec

from homeport.services.imap.options import REV2_PARTS, ImapOptions

QUOTA_RESOURCES = ("QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE")
"""Resources that quotas limit (RFC 9208 3.1.1)."""
When = Literal["always", "before", "after"]


class Capability(msgspec.Struct, frozen=True):
    """One capability."""

    name: str
    """As `without` and the parts of the session name it."""
    when: When = "after"
    """`before`, `after`: announced before or after login only."""
    requires: tuple[str, ...] = ()
    """Capabilities without which it is not offered."""
    announced: tuple[str, ...] = ()
    """The words in CAPABILITY, if they are not its name."""


TABLE = (
    Capability("IMAP4rev2", "always", REV2_PARTS),
    Capability("IMAP4rev1", "always"),
    Capability("STARTTLS", "before"),
    Capability("AUTH", "before", announced=()),
    Capability("LOGIN", "before", announced=()),
    Capability("SASL-IR", "before"),
    Capability("LITERAL+", "always"),
    Capability("LITERAL-", "always"),
    Capability("ID", "always"),
    Capability("ENABLE", "always"),
    Capability("IDLE", "always"),
    Capability("NAMESPACE"),
    Capability("CHILDREN"),
    Capability("UNSELECT"),
    Capability("X-GM-EXT-1"),
    Capability("UIDPLUS"),
    Capability("MOVE"),
    Capability("LIST-EXTENDED"),
    Capability("LIST-STATUS", requires=("LIST-EXTENDED",)),
    Capability("SPECIAL-USE"),
    Capability("CREATE-SPECIAL-USE", requires=("SPECIAL-USE",)),
    Capability("STATUS=SIZE"),
    Capability("ESEARCH"),
    Capability("SEARCHRES", requires=("ESEARCH",)),
    Capability("WITHIN"),
    Capability("CONDSTORE"),
    Capability("QRESYNC", requires=("CONDSTORE", "ENABLE")),
    Capability("BINARY"),
    Capability("UTF8=ACCEPT", requires=("ENABLE",)),
    Capability("APPENDLIMIT"),
    Capability("QUOTA", announced=("QUOTA", *QUOTA_RESOURCES)),
    Capability("OBJECTID"),
    Capability("SAVEDATE"),
    Capability("PREVIEW"),
    Capability("REPLACE", requires=("UIDPLUS",)),
    Capability("PARTIAL", requires=("ESEARCH",)),
    Capability("I18NLEVEL=1"),
    Capability("SORT", requires=("I18NLEVEL=1",)),
    Capability("ESORT", requires=("SORT", "ESEARCH")),
    Capability("THREAD=ORDEREDSUBJECT", requires=("I18NLEVEL=1",)),
    Capability("THREAD=REFERENCES", requires=("I18NLEVEL=1",)),
    Capability("MULTIAPPEND"),
    Capability("CONTEXT=SEARCH", requires=("ESEARCH",)),
    Capability("CONTEXT=SORT", requires=("CONTEXT=SEARCH", "ESORT")),
    Capability("NOTIFY"),
    Capability("COMPRESS=DEFLATE"),
    Capability("CATENATE"),
    Capability("URL-PARTIAL", requires=("CATENATE",)),
    Capability("METADATA", requires=("METADATA-SERVER",)),
    Capability("METADATA-SERVER"),
    Capability("LIST-METADATA", requires=("METADATA", "LIST-EXTENDED")),
    Capability("ACL", announced=("ACL", "RIGHTS=texk")),
    Capability("LIST-MYRIGHTS", requires=("ACL", "LIST-EXTENDED")),
)
"""In the order in which they are announced."""
HIDDEN = ("AUTH", "LOGIN", "LITERAL-", "METADATA-SERVER")
"""Those that are announced in other words, or not beside another one."""


@lru_cache(64)
def _allowed(without: tuple[str, ...], labels: bool) -> frozenset[str]:  # noqa: FBT001 - lru_cache: fastest by position
    names = {one.name for one in TABLE} - {*without}
    if not labels:
        names.remove("X-GM-EXT-1")
    while lacking := {one.name for one in TABLE if one.name in names and not names.issuperset(one.requires)}:
        names -= lacking
    if "QUOTA" in names:
        names.update(QUOTA_RESOURCES)
    return frozenset(names)


def allowed(options: ImapOptions) -> frozenset[str]:
    """Return the names of the capabilities that a client may use."""
    return _allowed(tuple(options.without), options.labels)


def announced(
    options: ImapOptions, *, logged_in: bool, may_start_tls: bool, mechanisms: Sequence[str], may_login: bool
) -> list[str]:
    """Return the words of CAPABILITY.

    may_start_tls: True if STARTTLS would work now. mechanisms: those of AUTHENTICATE. may_login: True if LOGIN would.
    """
    names = allowed(options)
    words: list[str] = []
    for one in TABLE:
        if one.name not in names or one.name in HIDDEN or one.when == ("before" if logged_in else "after"):
            continue
        if one.name == "APPENDLIMIT":
            words.append(f"APPENDLIMIT={int(options.max_size)}")
        elif one.name != "STARTTLS" or may_start_tls:
            words += one.announced or (one.name,)
    if not logged_in:
        words += [f"AUTH={name}" for name in mechanisms]
        if not may_login:
            words.append("LOGINDISABLED")
    if "LITERAL+" not in names and "LITERAL-" in names:
        words.append("LITERAL-")
    if logged_in and "METADATA-SERVER" in names and "METADATA" not in names:
        words.append("METADATA-SERVER")  # RFC 5464 1: only one of them
    return [*words, *options.announce]
