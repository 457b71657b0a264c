"""Secrets in what a connection sends, masked before the journal has it: each once, however the bytes are cut.

A session names a secret before it sends it (`effects.ConcealSent`). Faults may cut the bytes anywhere, so the end of a
piece that may be the beginning of a secret is masked, too: too many stars are harmless.
"""

MAX_SECRETS = 64
"""Secrets that wait to be sent; the oldest is forgotten. A fault may have kept it from being sent."""


class SentSecrets:
    """The secrets that one connection is about to send."""

    __slots__ = ("_begun", "_seen", "_wanted")

    def __init__(self) -> None:
        self._wanted: list[tuple[bytes, int]] = []  # each with the text before it, and that text's size
        self._begun: tuple[bytes, int] | None = None  # the one whose first bytes ended the last piece
        self._seen = 0  # number of those bytes

    def add(self, secret: bytes, before: bytes = b"") -> None:
        """Expect a secret, of at least one byte. before: the text that it follows, which is shown."""
        self._wanted.append((before + secret, len(before)))
        del self._wanted[:-MAX_SECRETS]

    def mask(self, data: bytes | memoryview) -> bytes | memoryview:
        """Return the next bytes that are sent, with stars for secrets."""
        if not self._wanted:
            return data
        if len(self._wanted) == 1 and self._begun is None and type(data) is bytes:
            # Fast path: nearly always an answer comes whole, and has the only secret that waits.
            ((text, lead),) = self._wanted
            at = data.find(text)
            if at >= 0:
                self._wanted.clear()
                end = at + len(text)
                return b"".join((data[: at + lead], b"*" * (len(text) - lead), data[end:]))
        shown = bytearray(data)
        begun, self._begun = self._begun, None
        if begun is not None and self._goes_on(shown, begun):
            return bytes(shown)
        for one in tuple(self._wanted):
            text, lead = one
            at = shown.find(text)
            if at >= 0:
                _star(shown, at + lead, at + len(text))
                self._wanted.remove(one)
        for one in self._wanted:
            text, lead = one
            for size in range(min(len(text) - 1, len(shown)), 0, -1):
                if shown.endswith(text[:size]):
                    _star(shown, len(shown) - max(size - lead, 0), len(shown))
                    self._begun, self._seen = one, size
                    return bytes(shown)
        return bytes(shown)

    def _goes_on(self, shown: bytearray, begun: tuple[bytes, int]) -> bool:
        """Mask the rest of a secret that has begun. Return True if all of the piece belongs to it."""
        text, lead = begun
        rest, first = text[self._seen :], max(lead - self._seen, 0)
        if rest.startswith(shown):
            self._seen += len(shown)
            if len(shown) == len(rest):
                self._forget(begun)
            else:
                self._begun = begun
            _star(shown, first, len(shown))
            return True
        if shown.startswith(rest):
            _star(shown, first, len(rest))
            self._forget(begun)
        return False

    def _forget(self, one: tuple[bytes, int]) -> None:
        if one in self._wanted:
            self._wanted.remove(one)


def _star(shown: bytearray, begin: int, end: int) -> None:
    if begin < end:
        shown[begin:end] = b"*" * (end - begin)
