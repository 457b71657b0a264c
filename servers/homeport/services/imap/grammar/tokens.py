"""The arguments of a command, read token by token (RFC 9051 9).

    cursor = Cursor(b'"Sent Items" (\\\\Seen) {3}\\r\\n', [b"abc"])
    cursor.mailbox(); cursor.space(); cursor.flag_list(); cursor.space(); cursor.literal(); cursor.end()

A literal is its mark in the line, and its bytes apart: the line is searched and cut without looking at content.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from homeport.services.imap.grammar.mailbox_names import BadName, decode_name

T = TypeVar("T")

ATOM = re.compile(rb"[!#$&'+-\[^-z|}~]++")
"""ATOM-CHAR: neither space nor control, nor any of `(){%*"\\]`."""
ASTRING_ATOM = re.compile(rb"[!#$&'+-\[\]^-z|}~]++")
"""ASTRING-CHAR also has `]`."""
LIST_ATOM = re.compile(rb"[!#-'*-\[\]^-z|}~]++")
"""list-char also has `%`, `*` and `]`."""
QUOTED = re.compile(rb'"((?:[^"\\\r\n\0]++|\\["\\])*+)"')
LITERAL = re.compile(rb"(~)?\{(\d{1,20})[+-]?\}\r\n")
NUMBER = re.compile(rb"\d++")
WORD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.\-]*+")
"""Names of items, options and search keys."""
FLAG = re.compile(rb"\\?[!#$&'+-\[^-z|}~]++")
MAX_NUMBER = (1 << 32) - 1
MAX_NUMBER64 = (1 << 63) - 1
MAX_DIGITS = 19
MAX_LIST = 1000
"""Elements of one list; a line has 64 KiB."""
SYSTEM_FLAGS = {flag.upper(): flag for flag in ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")}
SHOWN = 20
"""Bytes of wrong input that a message repeats."""

STRINGS = "RFC 9051 4.3"
SYNTAX = "RFC 9051 9"


class SyntaxProblem(Exception):
    """Input that the grammar does not allow.

    text: what is wrong, and what is right. reference: section of the RFC. at: offset in the command's arguments.
    finding: the identifier of the rule that it breaks; empty if none is more specific than a wrong syntax.
    """

    def __init__(self, text: str, reference: str = SYNTAX, at: int = 0, finding: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.reference = reference
        self.at = at
        self.finding = finding


class Cursor:
    """A place in the arguments of one command.

    line: the command after tag and name as received, without the line end. In place of each literal it has the mark of
    the literal with its CR LF, and not its bytes. literals: their bytes, in order, or objects that stand for contents
    which were not kept as bytes. utf8: True after ENABLE IMAP4rev2 or UTF8=ACCEPT: mailbox names and quoted strings are
    UTF-8. secret: True if no problem may quote the input.
    """

    __slots__ = ("_literals", "_taken", "at", "line", "needs", "notes", "secret", "utf8")

    def __init__(self, line: bytes, literals: Sequence[Any] = (), *, utf8: bool = False, secret: bool = False) -> None:
        self.line = line
        self.at = 0
        self.utf8 = utf8
        self.secret = secret
        self.needs: dict[str, int] = {}
        """Extensions that the input uses, by the capability that announces them, with the offset of the first use."""
        self.notes: dict[str, int] = {}
        """Violations that do not prevent reading, by finding, with the offset of the first."""
        self._literals = literals
        self.secret = secret
        self._taken = 0

    # --- where

    @property
    def at_end(self) -> bool:
        """True if nothing is left."""
        return self.at >= len(self.line)

    @property
    def rest(self) -> bytes:
        """The arguments that are left, without the bytes of literals."""
        return self.line[self.at :]

    def next_is(self, text: bytes) -> bool:
        """Return True if that text follows; upper and lower case differ."""
        return self.line.startswith(text, self.at)

    def need(self, capability: str) -> None:
        """Note that the input uses an extension."""
        self.needs.setdefault(capability, self.at)

    def note(self, finding: str, at: int) -> None:
        """Note a violation that does not prevent reading."""
        self.notes.setdefault(finding, at)

    def fail(self, expected: str, reference: str = SYNTAX, finding: str = "", at: int | None = None) -> NoReturn:
        """Raise a `SyntaxProblem` about what is here."""
        at = self.at if at is None else at
        raise SyntaxProblem(f"{expected} expected, {self._found(at)}", reference, at, finding)

    def _found(self, at: int) -> str:
        if at >= len(self.line):
            return "but the command ends"
        if self.secret:
            return "found something else"
        shown = self.line[at : at + SHOWN].split(b"\r\n")[0]
        return f"found {shown.decode('utf-8', 'backslashreplace')!r}"

    # --- punctuation

    def take(self, text: bytes) -> bool:
        """Go on after that text if it follows; return True if it did."""
        if self.line.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def expect(self, text: bytes) -> None:
        """Go on after that text, which must follow."""
        if not self.take(text):
            self.fail(repr(text.decode()))

    def space(self) -> None:
        """Read one space."""
        if not self.line.startswith(b" ", self.at):
            self.fail("a space")
        self.at += 1

    def end(self) -> None:
        """Check that nothing is left."""
        if self.at < len(self.line):
            self.fail("the end of the command")

    # --- words and numbers

    def word(self) -> str:
        """Read the name of an item, option or key; return it in upper case."""
        match = WORD.match(self.line, self.at)
        if match is None:
            self.fail("a name")
        self.at = match.end()
        return match[0].decode("ascii").upper()

    def take_word(self, word: bytes) -> bool:
        """Go on after that word if it follows, in any case; it must end there. Return True if it did."""
        match = WORD.match(self.line, self.at)
        if match is None or match[0].upper() != word:
            return False
        self.at = match.end()
        return True

    def atom(self) -> str:
        """Read an atom."""
        match = ATOM.match(self.line, self.at)
        if match is None:
            self.fail("an atom")
        self.at = match.end()
        return match[0].decode("ascii")

    def number(self, maximum: int = MAX_NUMBER, minimum: int = 0) -> int:
        """Read a number of 32 bits."""
        match = NUMBER.match(self.line, self.at)
        if match is None:
            self.fail("a number")
        value = int(match[0]) if len(match[0]) <= MAX_DIGITS else maximum + 1
        if not minimum <= value <= maximum:
            raise SyntaxProblem(f"a number from {minimum} to {maximum} expected", SYNTAX, self.at)
        self.at = match.end()
        return value

    def nz_number(self) -> int:
        """Read a number of 32 bits that is not zero."""
        return self.number(minimum=1)

    def number64(self, minimum: int = 0) -> int:
        """Read a number of 63 bits."""
        return self.number(MAX_NUMBER64, minimum)

    # --- strings

    def astring(self) -> bytes:
        """Read an atom or a string."""
        match = ASTRING_ATOM.match(self.line, self.at)
        if match is None or self.line.startswith(b"~{", self.at):
            return self.string("a string or an atom")
        self.at = match.end()
        self._check_boundary(match.start())
        return match[0]

    def string(self, expected: str = "a string") -> bytes:
        """Read a quoted string or a literal."""
        line, at = self.line, self.at
        if line.startswith(b'"', at):
            return self._quoted()
        if line.startswith((b"{", b"~{"), at):
            return self._literal_bytes()
        finding = "unquoted-specials" if at < len(line) and line[at] not in b" ()" else ""
        return self.fail(expected, STRINGS, finding)

    def nstring(self) -> bytes | None:
        """Read a string, or NIL as None."""
        if self.line[self.at : self.at + 3].upper() == b"NIL":
            self.at += 3
            return None
        return self.string("a string or NIL")

    def _quoted(self) -> bytes:
        match = QUOTED.match(self.line, self.at)
        if match is None:
            raise SyntaxProblem(
                'a quoted string needs its closing quote, \\ only before " and \\, and neither CR, LF nor NUL: '
                "send other strings as literals",
                STRINGS,
                self.at,
            )
        text = match[1]
        if not text.isascii():
            self._check_eight_bit(text)
        self.at = match.end()
        if b"\\" not in text:
            return text
        return text.replace(b"\\\\", b"\0").replace(b"\\", b"").replace(b"\0", b"\\")  # it has no NUL

    def _check_eight_bit(self, text: bytes) -> None:
        """Check a quoted string with bytes over 127: UTF-8 only, and only after ENABLE (RFC 9051 4.3, RFC 6855 3)."""
        if not self.utf8:
            self.note("eight-bit-quoted", self.at)
            return
        try:
            text.decode()
        except UnicodeDecodeError:
            raise SyntaxProblem(
                "a quoted string is not valid UTF-8: send it as a literal", STRINGS, self.at, "eight-bit-quoted"
            ) from None

    def literal_size(self) -> int | None:
        """Return the announced size of the literal that follows; None if no literal follows."""
        match = LITERAL.match(self.line, self.at)
        return int(match[2]) if match is not None else None

    def literal(self, *, binary: bool = False) -> Any:
        """Read a literal; return its bytes, or the object in their place. binary: True if a literal8 is allowed."""
        match = LITERAL.match(self.line, self.at)
        if match is None or self._taken >= len(self._literals):
            self.fail("a literal", STRINGS)
        if match[1] and not binary:
            self.fail("a literal without ~", "RFC 9051 4.3.1")
        if match[1]:
            self.need("BINARY")
        self.at = match.end()
        self._taken += 1
        return self._literals[self._taken - 1]

    def _literal_bytes(self) -> bytes:
        at = self.at
        value = self.literal()
        if not isinstance(value, bytes | bytearray):
            raise SyntaxProblem("the content of a message is not expected here", SYNTAX, at)
        if b"\0" in value:
            raise SyntaxProblem("a literal has no NUL; only a literal8, ~{n}, may", "RFC 9051 4.3.1", at)
        return bytes(value)

    def _check_boundary(self, begin: int) -> None:
        """Check that an atom is not cut off by a byte that must be quoted."""
        if self.at < len(self.line) and self.line[self.at] not in b" ()":
            shown = "such a character" if self.secret else repr(chr(self.line[self.at]))
            text = f"a string with {shown} must be quoted, or sent as a literal"
            raise SyntaxProblem(text, STRINGS, begin, "unquoted-specials")

    # --- composed

    def mailbox(self) -> str:
        """Read the name of a mailbox; `INBOX`, in any case, becomes upper case."""
        at = self.at
        return self._decode(self.astring(), at)

    def list_mailbox(self) -> str:
        """Read the name of a mailbox in which `%` and `*` are wildcards."""
        at = self.at
        match = LIST_ATOM.match(self.line, at)
        if match is None:
            return self._decode(self.string("a mailbox name or pattern"), at)
        self.at = match.end()
        self._check_boundary(at)
        return self._decode(match[0], at)

    def _decode(self, name: bytes, at: int) -> str:
        try:
            return decode_name(name, utf8=self.utf8)
        except BadName as error:
            raise SyntaxProblem(str(error), error.reference, at) from None

    def flag(self) -> str:
        """Read a flag; system flags get their usual case."""
        match = FLAG.match(self.line, self.at)
        if match is None:
            self.fail("a flag", "RFC 9051 2.3.2")
        flag = match[0].decode("ascii")
        if flag.startswith("\\"):
            flag = SYSTEM_FLAGS.get(flag.upper(), flag)
            if flag.upper() == "\\RECENT":
                raise SyntaxProblem("\\Recent cannot be changed by a client", "RFC 3501 2.3.2", self.at)
        self.at = match.end()
        return flag

    def flag_list(self) -> list[str]:
        """Read flags in parentheses, of which there may be none; duplicates are removed."""
        return list(dict.fromkeys(self.list_of(self.flag, empty=True)))

    def list_of(self, read: Callable[[], T], *, empty: bool = False) -> list[T]:
        """Read values in parentheses with a space between them. empty: True if there may be none."""
        self.expect(b"(")
        if empty and self.take(b")"):
            return []
        values = [read()]
        while not self.take(b")"):
            if not self.take(b" "):
                self.fail("a space or )")
            values.append(read())
            if len(values) > MAX_LIST:
                raise SyntaxProblem(f"a list has at most {MAX_LIST} elements", SYNTAX, self.at)
        return values
