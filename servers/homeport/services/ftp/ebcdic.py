"""EBCDIC for TYPE E (RFC 959 3.1.1.2): IBM's code page 037, byte by byte.

The mapping to Latin-1 is one to one, so every file survives a round trip, UTF-8 included. Lines end in NL (0x15;
RFC 959 3.1.1.2), where code page 037 has NEL (U+0085); LF and NEL are swapped here.
"""

NL = b"\x15"
"""Line end in EBCDIC."""

_TO = bytearray(bytes(range(256)).decode("latin-1").encode("cp037"))
_TO[0x0A], _TO[0x85] = _TO[0x85], _TO[0x0A]
TO_EBCDIC = bytes(_TO)
FROM_EBCDIC = bytes(TO_EBCDIC.index(code) for code in range(256))


def to_ebcdic(data: bytes) -> bytes:
    """Translate bytes of a file to EBCDIC, one to one."""
    return data.translate(TO_EBCDIC)


def from_ebcdic(data: bytes) -> bytes:
    """Translate EBCDIC to bytes of a file, one to one."""
    return data.translate(FROM_EBCDIC)
