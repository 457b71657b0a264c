"""Lexical tokens of command lines (RFC 2229 2.2), and recognition of the secrets in them.

    word     = 1*<atom / string>            one word: fo"o b"ar is the word `foo bar`
    string   = dqstring / sqstring          "foo bar" or 'foo bar'
    atom     = 1*<any CHAR except SPACE, CTLs, quotes and backslash>
    quoted-pair = "\" CHAR                  in atoms and in strings

Words are separated by spaces and tabs.
"""

import re

from homeport.protocol.secrets import LOGIN_WORD, MASKED, secret_start

MAX_CHARACTERS = 1024 - 2
"""RFC 2229 2.3: characters of a command line, without its CR LF."""
LINE_LIMIT = 6 * 1024 - 2
"""RFC 2229 2.3: bytes that a server's buffer must hold: 1024 characters of at most six octets."""
WORD = re.compile(r"""[ \t]*(?:(?P<word>(?:[^ \t"'\\]|\\.|"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')++)(?=[ \t]|$))?""")
PART = re.compile(r"""\\(.)|"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)'""")
PAIR = re.compile(r"\\(.)")
MAX_WORDS = 64
"""Words of a line beyond which it is refused."""
RESPONSE = re.compile(rb"[^A-Za-z\n]*+SASLRESP[ \t]+(?=\S)", re.IGNORECASE)
EXCHANGE = re.compile(rb"[^A-Za-z\n]*+SASLAUTH[ \t]+(?:[A-Za-z0-9_-]{1,20}(?:[ \t]+|$)|(?=\S))", re.IGNORECASE)
SECRET_LINE = re.compile(rb"[^A-Za-z\n]*+SASL(?:AUTH|RESP)|%s" % LOGIN_WORD.pattern, re.IGNORECASE)
"""The beginning of a line that may have a secret."""


class OpenQuote(ValueError):
    """A string without its closing quote, or a backslash without a character."""


def split_words(text: str) -> list[str]:
    """Return the words of a line, without quotes and backslashes; at most MAX_WORDS + 1.

    Raises: OpenQuote.
    """
    words: list[str] = []
    at = 0
    while len(words) <= MAX_WORDS:
        match = WORD.match(text, at)
        assert match is not None  # noqa: S101 - all of the pattern is optional
        at = match.end()
        word = match["word"]
        if word is None:
            if at < len(text):
                raise OpenQuote(text[at:])
            break
        words.append(PART.sub(_plain, word) if "\\" in word or '"' in word or "'" in word else word)
    return words


def _plain(part: re.Match[str]) -> str:
    if part[1] is not None:
        return part[1]
    return PAIR.sub(r"\1", part[2] if part[2] is not None else part[3])


def quote(word: str) -> str:
    """Return a word as a dqstring."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def find_secret(line: bytes) -> int:
    """Return the offset of the secret in a line, which may be unfinished; -1 if there is none."""
    for pattern in (RESPONSE, EXCHANGE):
        if match := pattern.match(line):
            return match.end() if match.end() < len(line) else -1
    return secret_start(line)


def mask(line: bytes) -> bytes:
    """Return a line with its secret masked."""
    start = find_secret(line)
    return line if start < 0 else line[:start] + MASKED
