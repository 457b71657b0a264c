"""Credentials of an entry: its passwords, in the clear or hashed."""

import msgspec

from homeport.world.passwords import is_hashed, matches


class Credentials(msgspec.Struct, frozen=True):
    """The secrets by which a client logs in as an entry."""

    dn: str
    login: str
    """Login of the person; empty for others."""
    passwords: tuple[bytes, ...]
    """Values of userPassword."""
    admin: bool = False

    @property
    def is_hashed(self) -> bool:
        """True if a comparison may take long."""
        return any(is_hashed(one) for one in self.passwords)

    def matches(self, given: bytes) -> bool:
        """Return True if this is one of the passwords."""
        return any(matches(kept, given) for kept in self.passwords)
