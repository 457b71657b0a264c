"""Answers that were built before, by the octets that asked for them.

The key is the request without its id, so that the case of the question, EDNS and flags are part of it. All answers are
dropped when the world's names, or the options, have changed.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from homeport.protocol.effects import Effect

if TYPE_CHECKING:
    from homeport.services.dns.options import DnsOptions

MAX_ANSWERS = 8192
MAX_REQUEST_BYTES = 512
ID_BYTES = 2


class Answers:
    """The answers of one world over UDP."""

    __slots__ = ("_kept", "_options", "_version")

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[bytes, tuple[Effect, ...]]] = {}
        self._version = -1
        self._options: DnsOptions | None = None

    def find(self, request: bytes, version: int, options: "DnsOptions") -> tuple[bytes, tuple[Effect, ...]] | None:
        """Return the answer to a request, without its id, and the records that belong to it; None if none is kept.

        version: that of the world's names.
        """
        if version != self._version or options is not self._options:
            self._kept.clear()
            self._version, self._options = version, options
            return None
        return self._kept.get(request[ID_BYTES:])

    def keep(self, request: bytes, answer: bytes, effects: Sequence[Effect]) -> None:
        """Keep an answer, after `find` had none."""
        if len(request) > MAX_REQUEST_BYTES:
            return
        if len(self._kept) >= MAX_ANSWERS:
            self._kept.clear()
        self._kept[request[ID_BYTES:]] = answer[ID_BYTES:], tuple(effects)
