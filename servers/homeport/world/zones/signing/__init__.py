"""DNSSEC (RFC 4033 to 4035): keys, signatures and denials of existence, made when they are asked for.

`Keys.view` returns a zone as it is served: with the records that its keys bring to the apex, and DS at delegations.
`complete` adds signatures and proofs to an answer, `whole` yields a signed zone for a transfer. `algorithms` imports
the library of cryptography, which takes 50 ms: `load` does it, in the thread pool, before the first signature.
"""

from homeport.world.zones.signing.completing import ask_records, complete, is_secure
from homeport.world.zones.signing.key import Policy
from homeport.world.zones.signing.keys import Keys
from homeport.world.zones.signing.signed_zone import SignedZone
from homeport.world.zones.signing.whole import whole

__all__ = ["Keys", "Policy", "SignedZone", "ask_records", "complete", "is_secure", "load", "whole"]


def load() -> None:
    """Import what makes signatures. It takes 50 ms: call it in the thread pool."""
    from homeport.world.zones.signing import algorithms  # noqa: F401 - imported for the import
