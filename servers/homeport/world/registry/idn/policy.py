"""Policy of a TLD for internationalized names, and configured tables."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

BUILT_IN = ("latin", "greek", "cyrillic", "han")
"""Names of the tables that are always there."""
MAX_LGR_BYTES = 4 << 20


class IdnPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Policy of a TLD for internationalized domain names."

    tables: Annotated[
        tuple[str, ...],
        Meta(
            description="IDN tables: a label is valid if one of them has all its characters; "
            f"built in are {', '.join(BUILT_IN)}; empty: no internationalized names"
        ),
    ] = BUILT_IN
    variants: Annotated[
        Literal["allocatable", "blocked", "none"],
        Meta(
            description="variants of a registered name: its sponsor may register those that the table allows; all are "
            "blocked; or none are known"
        ),
    ] = "allocatable"
    table_required: Annotated[
        bool, Meta(description="the create of an internationalized name has to name its table (2003)")
    ] = False


class IdnTableText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "An IDN table, as a label generation ruleset (RFC 7940)."

    name: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._-]{1,64}$",
            description="by which TLDs and clients name it; that of a built-in table replaces it",
        ),
    ]
    file: Annotated[str, Meta(description="file with the ruleset, in XML", extra={"path": "read"})] = ""
    lgr: Annotated[str, Meta(description="the ruleset itself, in place of a file")] = ""
