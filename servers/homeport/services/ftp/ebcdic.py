"""EBCDIC for TYPE E (RFC 959 3.1.1.2): code page 037 of IBM, octet by octet.

Its 256 codes stand for those of Latin-1, each for one, so every file comes back as it was, UTF-8 too. The end of a line
is NL (0x15; RFC 959 3.1.1.2), where code page 037 has NEL (U+0085); LF and NEL have changed places here.
"""

NL = b"\x15"
"""The end of a line in EBCDIC."""

_TO = bytearray(bytes(range(256)).decode("latin-1").encode("cp037"))
_TO[0x0A], _TO[0x85] = _TO[0x85], _TO[0x0A]
TO_EBCDIC = bytes(_TO)
FROM_EBCDIC = bytes(TO_EBCDIC.index(code) for code in range(256))


def to_ebcdic(data: bytes) -> bytes:
    """A file's octets in EBCDIC; as many."""
    return data.translate(TO_EBCDIC)


def from_ebcdic(data: bytes) -> bytes:
    """The octets that EBCDIC stands for; as many."""
    return data.translate(FROM_EBCDIC)
