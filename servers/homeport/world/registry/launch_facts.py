"""Facts of a domain about the launch phase in which it was registered."""

from typing import Annotated

import msgspec
from msgspec import Meta


class LaunchFacts(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    meaning = "The launch phase in which a domain was registered (RFC 8334)."

    phase: str
    name: Annotated[str, Meta(description="of a custom phase, or of a part of another one")] = ""
    application: Annotated[str, Meta(description="its application, if there was one")] = ""
    marks: Annotated[tuple[str, ...], Meta(description="its marks as XML")] = ()
    notice: Annotated[str, Meta(description="the claims notice that its registrant accepted")] = ""
