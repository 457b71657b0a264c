"""Layouts of record data by type, to refuse data that no reader of the type could take apart."""

from typing import Final

from homeport.world.zones.name import MAX_LABEL_BYTES, MAX_NAME_BYTES
from homeport.world.zones.rrset import TYPES, type_text

LAYOUTS: Final[dict[int, tuple[int | str, ...]]] = {
    TYPES[name]: layout
    for names, layout in (
        (("A",), (4,)),
        (("AAAA",), (16,)),
        (("NS", "CNAME", "PTR", "DNAME"), ("name",)),
        (("SOA",), ("name", "name", 20)),
        (("MX", "AFSDB"), (2, "name")),
        (("RP",), ("name", "name")),
        (("TXT", "SPF", "HINFO"), ("string", "strings")),
        (("SRV",), (6, "name")),
        (("NAPTR",), (4, "string", "string", "string", "name")),
        (("LOC",), (16,)),
        (("CERT",), (5, "octets")),
        (("KEY", "DNSKEY", "CDNSKEY", "DS", "CDS"), (4, "octets")),
        (("SSHFP",), (2, "octets")),
        (("TLSA", "SMIMEA"), (3, "octets")),
        (("SVCB", "HTTPS"), (2, "name", "octets")),
        (("URI",), (4, "octets")),
        (("CAA",), (1, "string", "octets")),
        (("EUI48",), (6,)),
        (("EUI64",), (8,)),
    )
    for name in names
}
"""Fields of record data: sizes in bytes; `name`; `string`, with its length before it; `strings`, none or more;
`octets`, all that is left. Types that are not here have any data (RFC 3597)."""


def validate_data(type_number: int, data: bytes) -> None:
    """Check that record data have the fields of their type.

    Raises: ValueError, with a message for people.
    """
    layout = LAYOUTS.get(type_number)
    if layout is None:
        return
    at = 0
    for field in layout:
        if isinstance(field, int):
            at += field
        elif field == "octets":
            at = max(at, len(data))
        elif field == "strings":
            while at < len(data):
                at += 1 + data[at]
        elif at >= len(data):
            at = len(data) + 1
        else:
            at = at + 1 + data[at] if field == "string" else _after_name(data, at)
    if at != len(data):
        problem = "end within a field" if at > len(data) else "have octets after the last field"
        raise ValueError(f"data of {type_text(type_number)} {problem}")


def _after_name(data: bytes, at: int) -> int:
    """Return the offset after a name; beyond the end if there is none."""
    begun = at
    while at < len(data) and data[at] <= MAX_LABEL_BYTES and at - begun < MAX_NAME_BYTES:
        size = data[at]
        at += 1 + size
        if not size:
            return at
    return len(data) + 1
