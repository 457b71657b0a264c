"""Encoded words (RFC 2047, with the language of RFC 2231 5): `=?utf-8?q?caf=C3=A9?=`.

They are decoded for display only, after the field was parsed. Neighbours of the same charset are joined as bytes, since
many senders split a character between two words. Text around them is UTF-8 (RFC 6532).
"""

import binascii
import re

from homeport.world.mail.mime.charsets import decode_text

WORD = re.compile(rb"=\?([^?\s]{1,100})\?([BbQq])\?([^?]*)\?=")
"""Also with spaces inside, as some senders write them and mail programs show them."""
FOLD = re.compile(rb"\r?\n(?=[ \t])|[\r\n]+")
NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")


def unfold(value: bytes) -> bytes:
    """Return a field's value on one line, without the white space around it."""
    return FOLD.sub(b"", value.strip(b" \t\r\n")) if b"\n" in value or b"\r" in value else value.strip(b" \t")


def decode_value(value: bytes) -> str:
    """Return a field's value on one line, for display: encoded words are decoded, raw bytes are UTF-8."""
    return decode_words(unfold(value))


def decode_words(text: bytes) -> str:
    """Decode text with encoded words; white space between two words is dropped (RFC 2047 6.2)."""
    if b"=?" not in text:
        return text.decode("utf-8", "replace")
    pieces: list[str] = []
    pending, charset, at = b"", "", 0

    for match in WORD.finditer(text):
        between = text[at : match.start()]
        label, data = decode_word(match)
        if at and not between.strip(b" \t") and pending:
            if label != charset:
                pieces.append(decode_text(pending, charset))
                pending = b""
        else:
            pieces += (decode_text(pending, charset), between.decode("utf-8", "replace"))
            pending = b""
        pending, charset, at = pending + data, label, match.end()
    pieces += (decode_text(pending, charset), text[at:].decode("utf-8", "replace"))
    return "".join(pieces)


def decode_word(match: re.Match[bytes]) -> tuple[str, bytes]:
    """Return the charset label of a word in lower case, without a language, and its decoded bytes."""
    label = match[1].partition(b"*")[0].decode("ascii", "replace").lower()
    text = match[3]
    if match[2] in b"bB":
        letters = text.translate(None, NOT_BASE64)
        letters = letters[:-1] if len(letters) % 4 == 1 else letters
        return label, binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    return label, ESCAPE.sub(lambda escape: bytes((int(escape[1], 16),)), text.replace(b"_", b" "))
