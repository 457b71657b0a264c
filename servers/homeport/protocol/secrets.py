"""Recognition of passwords in command lines, also in lines that are wrong, unfinished, or not parsed at all.

A client that gets its login wrong still sends the password: after a TAB instead of a space, in a line that is too long
or has no end, after a command that was refused. Therefore nothing here depends on parsing. A line is judged by how it
begins, each time more of it arrives, and everything from the secret to the end of the line is concealed.
"""

import re
from collections.abc import Callable, Iterator


def _spelt(word: bytes) -> bytes:
    """Return the pattern of a word whose letters may have control characters or bytes beyond ASCII between them."""
    return rb"[\x00-\x08\x0b-\x1f\x7f-\xff]*".join(bytes((letter,)) for letter in word)


LOGIN_WORD = re.compile(
    rb"[^A-Za-z\n]*+(?:[A-Za-z]{1,4}[0-9]{1,6}[ \t]++){0,3}(?:SITE[ \t]+|USER[ \t]+[^ \t\r\n]{1,64}[ \t]+)?"
    rb"(?:(?P<auth>(?:X?%s|AUT(?=[ \t=:])))|X?%s|PAS(?=[ \t=:])|%s|%s|%s|%s|%s|PLAIN(?=[ \t=:]))"
    % tuple(map(_spelt, (b"AUTH", b"PASS", b"PSWD", b"ACCT", b"ADAT", b"APOP", b"LOGIN"))),
    re.IGNORECASE,
)
"""The beginning of a line that logs in: the word may follow any bytes that are no letters, and a tag as IMAP has it.

Words with a slip count too (`PAS`, `XPASS`, `AUT`, `PLAIN` alone, a NUL inside), and a password on the line of USER."""
SEPARATORS = b"".join(bytes((one,)) for one in range(0x21)) + b"=:,;\"'"
MECHANISM = re.compile(
    rb"[%(sep)s]+(?P<name>[A-Za-z][A-Za-z0-9_-]{0,19})?(?P<end>[%(sep)s]+)?" % {b"sep": re.escape(SEPARATORS)}
)
MAX_UNDECIDED = 512
"""Bytes of an unfinished line that are kept to judge it."""
MASKED = b"***"


def secret_start(line: bytes) -> int:
    """Return the offset of the secret in a line, which may be unfinished; -1 if there is none.

    After PASS, ACCT, APOP and LOGIN it is everything but one separator. After AUTH it is everything after the name of a
    mechanism: a word of one case and at most 20 letters, digits, `-` or `_`; base64 is rarely that.
    """
    match = LOGIN_WORD.match(line)
    if match is None:
        return -1
    begin = match.end()
    rest = line[begin:]
    if not rest:
        return -1
    separated = rest[0] in SEPARATORS
    if match["auth"] is None or not separated:
        begin += separated
    else:
        begin += _after_mechanism(rest)
    return begin if begin < len(line) else -1


def _after_mechanism(rest: bytes) -> int:
    """Return the offset in what follows AUTH at which the name of a mechanism and its separators end."""
    found = MECHANISM.match(rest)
    assert found is not None  # noqa: S101 - the caller has seen a separator
    name = found["name"]
    if name is None:
        return found.end()
    if not (name.isupper() or name.islower()):
        return found.start("name")
    if found["end"] is None and found.end() < len(rest):
        return found.start("name")  # the word goes on, so it is no name
    return found.end()


def mask_secrets(data: bytes) -> bytes:
    """Return data with the secret of each of its lines masked."""
    if b"\n" not in data and LOGIN_WORD.match(data) is None:
        return data
    masked = []
    for line in data.split(b"\n"):
        start = secret_start(line)
        masked.append(line if start < 0 else line[:start] + MASKED + (b"\r" if line.endswith(b"\r") else b""))
    return b"\n".join(masked)


def shown_mechanism(argument: str) -> str:
    """Return the beginning of AUTH's argument for a refusal that quotes it."""
    return mask_secrets(b"AUTH " + argument.encode("utf-8", "replace"))[5:25].decode(errors="replace")


class SecretLines:
    """Finds the secrets in input that is not parsed: lines of any length, in any pieces.

    find: returns the offset of the secret in a line, which may be unfinished; -1 if there is none.
    """

    __slots__ = ("_begun", "_find", "_inside")

    def __init__(
        self, begun: bytes = b"", *, inside: bool = False, find: Callable[[bytes], int] = secret_start
    ) -> None:
        self._inside = inside
        self._find = find
        self._begun = b""
        if begun and not inside:
            self._keep(begun)

    def feed(self, data: bytes, at: int = 0) -> Iterator[tuple[int, int]]:
        """Yield the size of each secret in data from `at` on, and the number of bytes after it."""
        while at < len(data):
            end = data.find(b"\n", at)
            stop = len(data) if end < 0 else end - (end > at and data[end - 1] == 13)
            if self._inside:
                yield stop - at, len(data) - stop
            else:
                line = self._begun + data[at:stop] if self._begun else data[at:stop]
                start = self._find(line)
                if start >= 0:
                    yield len(line) - start, len(data) - stop
                    self._inside = True
                elif end < 0:
                    self._keep(line)
            if end < 0:
                return
            self._begun, self._inside = b"", False
            at = end + 1

    def _keep(self, line: bytes) -> None:
        """Keep an undecided line; one that logs in but is too long to keep is secret from here on."""
        if len(line) <= MAX_UNDECIDED:
            self._begun = line
        elif self._find(line) >= 0:
            self._inside = True
        else:
            self._begun = line[-1:] if not re.search(rb"[A-Za-z]", line) else line[:MAX_UNDECIDED]
