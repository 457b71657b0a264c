"""The place of a command in a connection's bytes."""

import msgspec

OPEN_END = 1 << 62
"""End of what is still being received."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """The bytes of a command, or of the line that a finding is about, and the size of its answer.

    Offsets count the bytes that the connection has received. They are resolved to events of the journal only when the
    API reads them, which keeps sessions fast.
    """

    begin: int
    end: int
    """Offset after the line end, or the frame."""
    answer: int = -1
    """Size of the answer in bytes; -1 if unknown."""
