"""Make marks: a record, its signed form, and the authority's keys with the first of them."""

from base64 import b64encode
from typing import TYPE_CHECKING

from msgspec.structs import replace

from homeport.world.registry.marks.records import Mark, new_code

if TYPE_CHECKING:
    from homeport.world.registry.changes import Changes

ISSUER = 65535
"""Number of the issuer in identifiers of signed marks: that of tests."""
YEAR = 365 * 86_400.0
LINE_LENGTH = 64


def issue(changes: "Changes", draft: Mark) -> Mark:
    """Add a mark with its signed form. draft: without identifier, code and signature."""
    from homeport.world.registry.marks import signing  # imported late: cryptography loads slowly

    registry = changes.registry
    authority = registry.mark_signers.get("authority")
    if authority is None:
        authority = signing.new_authority()
        changes.put(authority)
    last = max((int(one.partition("-")[0]) for one in registry.marks), default=0)
    mark = replace(draft, id=f"{last + 1:010}-{ISSUER}", code=new_code(), revoked=draft.fault == "revoked")
    if mark.fault == "expired":
        mark = replace(mark, not_before=changes.now - 2 * YEAR, not_after=changes.now - 1)
    elif mark.fault == "early":
        mark = replace(mark, not_before=changes.now + YEAR, not_after=changes.now + 2 * YEAR)
    mark = replace(mark, signed=signing.sign(mark, authority))
    changes.put(mark)
    return mark


def encoded(mark: Mark) -> str:
    """Return a signed mark in base64, for encodedSignedMark."""
    return b64encode(mark.signed.encode()).decode()


def smd_file(mark: Mark) -> str:
    """Return a signed mark as the file that a clearinghouse gives to a holder (RFC 7848 4)."""
    text = encoded(mark)
    lines = "\n".join(text[at : at + LINE_LENGTH] for at in range(0, len(text), LINE_LENGTH))
    return (
        f"Marks: {mark.name}\nsmdID: {mark.id}\nU-labels: {', '.join(mark.labels)}\n"
        f"-----BEGIN ENCODED SMD-----\n{lines}\n-----END ENCODED SMD-----\n"
    )
