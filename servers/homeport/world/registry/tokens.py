"""Allocation tokens (RFC 8495): credentials with which a registrar may be given a name, reserved ones included."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from homeport.world.registry.objects import Domain, Time, with_extras

if TYPE_CHECKING:
    from homeport.world.registry.changes import Changes

TIMES = ("expires",)
"""Names of the fields that are times."""


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "An allocation token (RFC 8495)."

    id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=255,
            pattern=r"^\S+$",
            description="the token itself; of two that differ by case alone there is one",
        ),
    ]
    names: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="domains that it is for, in lower case; * matches any text, as in *.lab.test"),
    ]
    registrar: Annotated[str, Meta(description="registrar that may use it; empty: any")] = ""
    uses: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="number of uses that are left; none: no limit")
    ] = 1
    expires: Annotated[Time | None, Meta(description="it is refused from then on; none: never")] = None


def shifted_tokens(tokens: Iterable[Token], by: float) -> list[Token]:
    """Return tokens with their times shifted by a number of seconds."""
    return [one if one.expires is None else msgspec.structs.replace(one, expires=one.expires + by) for one in tokens]


def fits(one: Token | None, given: str, name: str, registrar: str, now: float) -> bool:
    """True if a registrar may use a token for a domain now. one: the row found by the text that was given."""
    return (
        one is not None
        and one.id == given
        and one.uses != 0
        and (one.expires is None or now < one.expires)
        and one.registrar.lower() in ("", registrar.lower())
        and any(fnmatchcase(name, pattern) for pattern in one.names)
    )


def use(changes: "Changes", one: Token, domain: Domain) -> Domain:
    """Use up one of a token's uses. Return the domain that it allocates."""
    if one.uses is not None:
        changes.put(msgspec.structs.replace(one, uses=one.uses - 1))
    return with_extras(domain, allocation_token=one.id)


def give_back(changes: "Changes", domain: Domain) -> None:
    """Restore the use of the token that a domain was allocated with; nothing happens if there is none."""
    one = changes.registry.tokens.get(domain.extras.allocation_token.lower())
    if one is not None and one.uses is not None:
        changes.put(msgspec.structs.replace(one, uses=one.uses + 1))
