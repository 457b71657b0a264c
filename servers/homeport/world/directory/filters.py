"""Search filters (RFC 4511 4.5.1.7)."""

import msgspec


class Filter(msgspec.Struct, frozen=True, gc=False):
    """Base of all filters."""


class And(Filter, frozen=True):
    """True if all parts are; with no part it is the absolute True (RFC 4526)."""

    parts: tuple[Filter, ...]


class Or(Filter, frozen=True):
    """True if one part is; with no part it is the absolute False (RFC 4526)."""

    parts: tuple[Filter, ...]


class Not(Filter, frozen=True):
    """True if the part is False."""

    part: Filter


class Equality(Filter, frozen=True):
    """`(type=value)`"""

    type: str
    """Attribute description, with its options."""
    value: bytes


class Substrings(Filter, frozen=True):
    """`(type=initial*any*final)`"""

    type: str
    initial: bytes | None
    any: tuple[bytes, ...]
    final: bytes | None


class GreaterOrEqual(Filter, frozen=True):
    """`(type>=value)`"""

    type: str
    value: bytes


class LessOrEqual(Filter, frozen=True):
    """`(type<=value)`"""

    type: str
    value: bytes


class Present(Filter, frozen=True):
    """`(type=*)`"""

    type: str


class Approximate(Filter, frozen=True):
    """`(type~=value)`"""

    type: str
    value: bytes


class Extensible(Filter, frozen=True):
    """`(type:dn:rule:=value)`"""

    rule: str
    """Name or OID of the matching rule; empty: the equality rule of the type."""
    type: str
    """Empty: every type that has the rule."""
    value: bytes
    dn_attributes: bool
    """True if the attributes of the entry's DN are searched too."""
