"""The line numbers of the keys in a TOML file, which `tomllib` does not report.

It reads only text that `tomllib` has accepted, so it checks nothing.
"""

import re
from typing import Any

TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # a multi-line string may end in quotes of its own
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|\#[^\n]*|\n|[\[\]{},=]|[^\s\[\]{},=#\"']+",
    re.DOTALL,
)
BARE_PART = re.compile(r"""[^."']+|"(?:\\.|[^"\\])*"|'[^']*'""")

Path = tuple[str | int, ...]
"""A key, outermost part first; numbers are indices into arrays from 0."""


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every key, table and array element of a valid TOML document."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._words: list[tuple[str, int]] = []
        line = 1
        for match in TOKEN.finditer(text):
            word = match[0]
            if not word.startswith("#"):
                self._words.append((word, line))
            line += word.count("\n")
        self._at = 0
        self._lines: dict[Path, int] = {}
        self._arrays: dict[Path, int] = {}
        """The number of elements so far, by array of tables."""

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._at < len(self._words):
            word, line = self._words[self._at]
            if word == "\n":
                self._at += 1
            elif word == "[":
                table = self._header(line)
            else:
                self._pair(table)
        return self._lines

    def _header(self, line: int) -> Path:
        """Parse `[table]` or `[[array]]` and return the path of what follows."""
        self._at += 1
        array = self._peek() == "["
        self._at += array
        keys = self._keys("]")
        self._at += array
        path: Path = ()
        for number, key in enumerate(keys, 1):
            path = (*path, key)
            if array and number == len(keys):
                self._lines.setdefault(path, line)
                self._arrays[path] = self._arrays.get(path, 0) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path] - 1)
            self._lines.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._words[self._at][1]
        path = table
        for key in self._keys("="):
            path = (*path, key)
            self._lines.setdefault(path, line)
        self._value(path)

    def _value(self, path: Path) -> None:
        word, _line = self._next()
        if word == "[":
            self._elements(path)
        elif word == "{":
            while self._peek() != "}":
                if self._peek() in (",", "\n"):
                    self._at += 1
                else:
                    self._pair(path)
            self._at += 1
        else:
            # A date and a time may be separated by a blank.
            while self._peek() not in ("\n", ",", "]", "}", None):
                self._at += 1

    def _elements(self, path: Path) -> None:
        index = 0
        while (word := self._peek()) != "]":
            if word in (",", "\n"):
                self._at += 1
                index += word == ","
            else:
                self._lines[(*path, index)] = self._words[self._at][1]
                self._value((*path, index))
        self._at += 1

    def _keys(self, end: str) -> list[str]:
        """Parse a dotted key, up to `end`, and return its parts."""
        text = ""
        while (word := self._next()[0]) != end:
            text += word
        return [_plain(part) for part in BARE_PART.findall(text)]

    def _peek(self) -> str | None:
        return self._words[self._at][0] if self._at < len(self._words) else None

    def _next(self) -> tuple[str, int]:
        self._at += 1
        return self._words[self._at - 1]


def _plain(part: str) -> str:
    """Return a part of a key without its quotes."""
    if part.startswith("'"):
        return part[1:-1]
    if part.startswith('"'):
        import tomllib

        decoded: Any = tomllib.loads(f"key = {part}")["key"]
        return str(decoded)
    return part
