"""Records of the trademark authority: its marks, and the keys it signs with."""

import secrets
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.world.registry.objects import Time

Fault = Literal["", "revoked", "expired", "early", "signature", "issuer"]
Label = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
VALIDATOR = "homeport"
"""Identifier of the validator of claims notices and codes."""


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A mark that the world's trademark authority knows, with its signed form."

    id: Annotated[str, Meta(description="identifier of the signed mark (SMD)")]
    name: Annotated[str, Meta(description="the mark, such as Example One")]
    labels: Annotated[tuple[Label, ...], Meta(min_length=1, description="labels that it matches, with A-labels")]
    holder: Annotated[str, Meta(description="organization that holds it")]
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="its jurisdiction (ISO 3166-1)")] = "US"
    goods: Annotated[str, Meta(description="goods and services")] = "Harbours and lighthouses"
    code: Annotated[str, Meta(description="code that a sunrise create may give in place of the signed mark")] = ""
    not_before: Time
    not_after: Time
    revoked: Annotated[bool, Meta(description="its signed form is in the authority's revocation list")] = False
    fault: Annotated[
        Fault,
        Meta(
            description="what is wrong with its signed form: it is revoked, expired, not valid yet, changed after it "
            "was signed, or signed by another authority; empty: nothing"
        ),
    ] = ""
    signed: Annotated[str, Meta(description="the signed mark as XML")] = ""

    def is_for(self, label: str) -> bool:
        """True if the mark is for a label, and can be relied on."""
        return label in self.labels and not self.revoked and self.fault != "revoked"


class MarkAuthority(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of the trademark authority, made when the first mark is."""

    id: str = "authority"
    ca: str
    """Certificate of the authority, PEM."""
    certificate: str
    """Certificate of the validator that signs marks, PEM."""
    key: str
    """The validator's private key, PEM."""


def new_code() -> str:
    """Return a code that is not easy to guess."""
    return secrets.token_hex(10).upper()
