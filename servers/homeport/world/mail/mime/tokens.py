"""The lexical tokens of structured header fields (RFC 5322 3.2), with comments and folding."""

import re
from typing import Literal

import msgspec

from homeport.world.mail.mime.parameters import skip_comments

Kind = Literal["atom", "quoted", "literal", "special", "bad"]
TOKEN = re.compile(
    rb"(?P<word>=\?[^?\s]{1,100}\?[BbQq]\?[^?\s]*\?=)"
    rb"|(?P<atom>[!#-'*+\-/-9=?A-Z^-~\x80-\xff]++)"
    rb'|(?P<quoted>"(?:[^"\\]|\\.)*+")'
    rb"|(?P<literal>\[(?:[^\[\]\\]|\\.)*+\])"
    rb"|(?P<special>[<>@,;:.])"
    rb"|(?P<bad>.)",
    re.DOTALL,
)
"""An encoded word is an atom, although senders put specials into it."""
MAX_TOKENS = 20_000
"""Tokens of one field; a header has 64 KiB."""


class Token(msgspec.Struct, frozen=True, gc=False):
    """A token: `value[begin:end]`."""

    kind: Kind
    text: bytes
    begin: int
    end: int
    spaced: bool
    """True if white space or a comment precedes it."""


def tokenize(value: bytes) -> list[Token]:
    """Cut the value of a field into tokens; everything from an unclosed quote or comment on is one `bad` token."""
    tokens: list[Token] = []
    at = 0
    while len(tokens) < MAX_TOKENS:
        begin = skip_comments(value, at)
        if begin >= len(value):
            if is_unclosed(value, at):
                tokens.append(Token("bad", value[at:], at, len(value), spaced=True))
            break
        match = TOKEN.match(value, begin)
        assert match is not None  # noqa: S101 - the last alternative matches any byte
        kind = "atom" if match.lastgroup == "word" else match.lastgroup
        end = len(value) if match[0] in (b'"', b"[") else match.end()
        tokens.append(Token(kind, value[begin:end], begin, end, begin > at))  # type: ignore[arg-type]
        at = end
    return tokens


def is_unclosed(value: bytes, at: int) -> bool:
    """Return True if a comment in `value[at:]`, which has nothing else, is not closed."""
    rest = re.sub(rb"\\.", b"", value[at:], flags=re.DOTALL)
    return rest.count(b"(") != rest.count(b")")
