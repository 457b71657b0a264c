"""Output in pages, which wait for a key, and in pieces, which wait for the network."""

from collections.abc import Iterable, Iterator

from homeport.services.telnet.script import SENT, Key, Script, Steps

PIECE_BYTES = 8 << 10
"""Characters that are written in one turn."""
MAX_LINE = 1000
"""Characters of a line; longer ones are wrapped."""


class Pager:
    """Writes lines. It counts the rows of the page over several calls of `show`.

    rows: lines of a page; 0: no pages. more: the prompt at the end of a page. erase: how it is erased.
    """

    def __init__(self, script: Script, rows: int = 0, more: str = "--More--", erase: str = "") -> None:
        self._script = script
        self._rows = max(rows, 0)
        self._left = self._rows
        self._more = more
        self._erase = erase or "\r" + " " * len(more) + "\r"

    def show(self, lines: Iterable[str]) -> Steps:
        """Write lines. Returns: False if the user wants no more of them.

        Space shows the next page, Return one more line; `q` and ^C end it.
        """
        script, piece, size = self._script, list[str](), 0
        for line in _wrapped(lines):
            rows = self._rows_of(line)
            if self._left < rows and self._left < self._rows:
                script.write("".join(piece))
                piece, size = [], 0
                key = yield Key(self._more)
                script.write(self._erase)
                if key in ("q", "Q", "\x03"):
                    return False
                self._left = max(rows, 1 if key == "\n" else self._rows)
            self._left -= rows
            piece.append(f"{line}\n")
            size += len(line) + 1
            if size >= PIECE_BYTES:
                script.write("".join(piece))
                piece, size = [], 0
                yield SENT
        script.write("".join(piece))
        return True

    def _rows_of(self, line: str) -> int:
        """Return how many rows of the window a line takes; 0 without pages."""
        return max(1, -(-len(line) // self._script.terminal.width)) if self._rows else 0


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) <= MAX_LINE:
            yield line
        else:
            yield from (line[at : at + MAX_LINE] for at in range(0, len(line), MAX_LINE))
