"""Checks of encoded words: RFC 2047 2 to 5."""

import re
from collections.abc import Iterator

from homeport.world.mail.mime.charsets import find_codec, is_valid
from homeport.world.mail.mime.encoded_words import WORD, decode_word
from homeport.world.mail.mime.structure import Field
from homeport.world.mail.mime.tokens import tokenize
from homeport.world.mail.mime.violations import Violation

MAX_WORD = 75
MAX_LINE = 76
LIKE = re.compile(rb"=\?[^?\s]{1,100}\?[^?\s]{1,20}\?[^?\r\n]*\?=")
"""Anything that is meant as an encoded word."""
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
Q = re.compile(rb"(?:[!-<>@-~]|=[0-9A-Fa-f]{2})*+")
Q_IN_PHRASE = re.compile(rb"[A-Za-z0-9!*+\-/=_]*+")
SPACE = b" \t\r\n"
UNSTRUCTURED = {"subject", "comments", "content-description"}
PHRASES = {
    f"{resent}{name}" for name in ("from", "sender", "reply-to", "to", "cc", "bcc") for resent in ("", "resent-")
}


def check_words(raw: bytes, field: Field) -> Iterator[Violation]:
    """Check the encoded words of a field."""
    value, base = raw[field.value : field.end], field.value
    found = [*LIKE.finditer(value)]
    if not found:
        return
    decoded: list[tuple[str, bytes, int, int]] = []
    for match in found:
        word = WORD.fullmatch(match[0])
        if word is None or not _is_well_formed(word):
            yield Violation("bad-encoded-word", base + match.start())
            continue
        if len(match[0]) > MAX_WORD:
            yield Violation("encoded-word-too-long", base + match.start())
        label, data = decode_word(word)
        if not find_codec(label):
            yield Violation("unknown-charset", base + match.start())
        elif field.name in PHRASES and word[2] in b"Qq" and not Q_IN_PHRASE.fullmatch(word[3]):
            yield Violation("encoded-word-in-phrase", base + match.start())
        decoded.append((label, data, match.start(), match.end()))
    yield from _check_characters(value, base, decoded)
    yield from _check_places(value, field, [(match.start(), match.end()) for match in found])
    for line in re.finditer(rb"[^\r\n]+", raw[field.begin : field.end]):
        longest = max((len(one[0]) for one in LIKE.finditer(line[0])), default=0)
        if len(line[0]) > MAX_LINE and 0 < longest <= MAX_WORD:
            yield Violation("encoded-word-line-too-long", field.begin + line.start())


def _is_well_formed(word: re.Match[bytes]) -> bool:
    """Return True if the encoded text is valid base64, or Q (RFC 2047 4)."""
    return bool((BASE64 if word[2] in b"bB" else Q).fullmatch(word[3]))


def _check_characters(value: bytes, base: int, words: list[tuple[str, bytes, int, int]]) -> Iterator[Violation]:
    """Check that each word has whole characters (RFC 2047 5); if adjacent words have them together, one is split."""
    runs: list[list[tuple[str, bytes, int, int]]] = []
    for word in words:
        adjacent = runs and runs[-1][-1][0] == word[0] and not value[runs[-1][-1][3] : word[2]].strip(SPACE)
        if adjacent:
            runs[-1].append(word)
        else:
            runs.append([word])
    for run in runs:
        wrong = next((word for word in run if is_valid(word[1], word[0]) is False), None)
        if wrong is not None:
            split = len(run) > 1 and is_valid(b"".join(word[1] for word in run), run[0][0])
            yield Violation("encoded-word-split" if split else "bad-encoded-word", base + wrong[2])


def _check_places(value: bytes, field: Field, places: list[tuple[int, int]]) -> Iterator[Violation]:
    """Check that words stand where they are allowed, and apart from other text (RFC 2047 5)."""
    if field.name in UNSTRUCTURED:
        for begin, end in places:
            before, after = value[begin - 1 : begin], value[end : end + 1]
            if (begin and before not in SPACE) or (after and after not in SPACE):
                yield Violation("encoded-word-not-separated", field.value + begin)
    elif field.name in PHRASES:
        tokens = tokenize(value)
        for token, following in zip(tokens, [*tokens[1:], None], strict=True):
            if token.kind == "quoted" and LIKE.search(token.text):
                yield Violation("encoded-word-misplaced", field.value + token.begin)
            elif token.kind == "atom" and token.text.startswith(b"=?") and token.text.endswith(b"?="):
                if following is not None and following.text in (b"@", b"."):
                    yield Violation("encoded-word-misplaced", field.value + token.begin)
                elif following is not None and not following.spaced and following.text not in (b",", b";", b":", b">"):
                    yield Violation("encoded-word-not-separated", field.value + token.begin)
