"""Bytes of a connection that its peer has not acknowledged: the measure of progress of a slow reader.

The buffers of this process are not enough: a kernel takes megabytes at once, and takes more only when a good part of
them is acknowledged. For a slow reader that can be minutes, in which every byte it reads is progress.
"""

from typing import Any

from homeport.io.platform import unacknowledged


def unsent_bytes(transport: Any) -> int:
    """Return the number of bytes that a transport of Twisted has not sent, or its peer not acknowledged."""
    held = len(transport.dataBuffer) - transport.offset + transport._tempDataLen  # noqa: SLF001 - no public name has it
    return int(held) + max(unacknowledged(transport.getHandle()), 0)
