"""The line discipline: what a terminal driver does with typed characters, before a program gets them.

Characters that edit the line are those of Unix: DEL and ^H erase one, ^W a word, ^U the line, ^R shows it again. EC and
EL do the same (RFC 854). The caller handles those that act on the program.
"""

from typing import Literal

BELL = "\a"
RUBOUT = "\b \b"
Act = Literal["", "line", "interrupt", "abort", "end", "stop", "resume", "full"]
"""Request of a character: nothing more; the line is whole; ^C; ^O; ^D on an empty line; ^S; ^Q; the line is full."""
ACTS: dict[str, Act] = {"\x03": "interrupt", "\x0f": "abort", "\x13": "stop", "\x11": "resume"}
"""Characters that act at once, even while the program is busy."""


class Discipline:
    """The line that is being typed. limit: its maximum in characters."""

    __slots__ = ("_limit", "_literal", "line", "overflowed")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._literal = False  # ^V was typed
        self.line = ""
        self.overflowed = False
        """True if the line was cut at its limit."""

    def type(self, char: str) -> tuple[str, Act]:
        """Take one character; return what is echoed for it, and what it asks for."""
        if self._literal:
            self._literal = False
            return self._insert(char)
        if act := ACTS.get(char):
            return ("^C" if act == "interrupt" else ""), act
        match char:
            case "\n":
                return "\n", "line"
            case "\x7f" | "\b":
                return self.erase(), ""
            case "\x15":
                return self.kill(), ""
            case "\x17":
                return self._erase_word(), ""
            case "\x12":
                return "^R\n" + self.shown, ""
            case "\x16":
                self._literal = True
                return "", ""
            case "\x04":
                return ("", "") if self.line else ("", "end")
            case "\0":
                return "", ""  # RFC 854: no operation
            case _:
                return self._insert(char)

    def take(self) -> str:
        """Return the line that was typed, and begin the next."""
        line, self.line, self.overflowed, self._literal = self.line, "", False, False
        return line

    def erase(self) -> str:
        """Erase the last character; return what is echoed."""
        if not self.line:
            return ""
        last, self.line = self.line[-1], self.line[:-1]
        return RUBOUT * len(visible(last))

    def kill(self) -> str:
        """Erase the line; return what is echoed."""
        width = len(self.shown)
        self.line = ""
        return RUBOUT * width

    @property
    def shown(self) -> str:
        """The line as it is echoed."""
        return "".join(map(visible, self.line))

    def _erase_word(self) -> str:
        kept = self.line.rstrip(" ")
        kept = kept[: kept.rfind(" ") + 1]
        width = sum(len(visible(char)) for char in self.line[len(kept) :])
        self.line = kept
        return RUBOUT * width

    def _insert(self, char: str) -> tuple[str, Act]:
        if len(self.line) >= self._limit:
            first, self.overflowed = not self.overflowed, True
            return BELL, "full" if first else ""
        self.line += char
        return visible(char), ""


def visible(char: str) -> str:
    """Return a character as a terminal driver echoes it: control characters as `^X`, tabs as they are."""
    code = ord(char)
    return f"^{chr(code ^ 0x40)}" if (code < 0x20 and char != "\t") or code == 0x7F else char
