"""Links of domains to organizations (RFC 8544)."""

from typing import Annotated

import msgspec
from msgspec import Meta


class OrgLink(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "An organization of a domain in a role, such as its reseller (RFC 8544)."

    role: str
    id: Annotated[str, Meta(description="identifier of the organization")]
