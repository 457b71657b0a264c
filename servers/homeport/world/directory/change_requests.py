"""Modification of an entry, and the user who asks for a change."""

from typing import Protocol

import msgspec

ADD, DELETE, REPLACE, INCREMENT = range(4)
"""Operations of a modification (RFC 4511 4.6, RFC 4525)."""


class Modification(msgspec.Struct, frozen=True, gc=False):
    """One change of an entry's attribute. type: an attribute description."""

    operation: int
    type: str
    values: tuple[bytes, ...]


class Who(Protocol):
    """The user who changes something."""

    @property
    def dn(self) -> str: ...
    @property
    def admin(self) -> bool: ...


class Administrator(msgspec.Struct, frozen=True):
    """The user of the API, who may change everything."""

    dn: str = ""
    admin: bool = True


ADMINISTRATOR = Administrator()
