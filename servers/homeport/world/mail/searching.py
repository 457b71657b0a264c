"""Texts of a message as a reader sees them, for a search: without tags, entities, and the line breaks of the source."""

import unicodedata
from collections.abc import Iterator

from homeport.world.mail.extracts import readable
from homeport.world.mail.mime.content import Content

MAX_SEARCHED = 4 << 20
"""Characters of a message that are searched, of all its texts together."""
WINDOW = 1 << 16
"""Characters that are normalized at once: one call of the library holds the interpreter's lock."""
MAX_ACCENTS = 30
"""Combining characters that one character has in any language, and more (UAX 15)."""
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
"""Soft hyphens and zero-width spaces: a reader does not see them in a word."""


def normalize(text: str) -> str:
    """Return a text for comparison: case folded, composed, each run of white space as one space."""
    if len(text) <= WINDOW:
        return _normalize(text)
    pieces: list[str] = []
    at = 0
    while at < len(text):
        stop = at + WINDOW
        if stop < len(text):  # no character is cut from its accents
            stop -= next((back for back in range(MAX_ACCENTS) if not unicodedata.combining(text[stop - back])), 0)
        pieces.append(_normalize(text[at:stop]))
        at = stop
    return "".join(
        piece.lstrip(" ") if number and pieces[number - 1].endswith(" ") else piece
        for number, piece in enumerate(pieces)
    )


def _normalize(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(INVISIBLE))
    words = " ".join(text.casefold().split())
    if not words:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{words}{' ' if text[-1].isspace() else ''}"


def searched_text(content: Content) -> str:
    """Return the subject and all texts of a message, normalized and one per line: also attached ones, and those of
    enclosed messages with their subjects.
    """
    pieces, left = [], MAX_SEARCHED
    for text in _texts(content):
        if left <= 0:
            break
        pieces.append(normalize(text[:left]).strip())
        left -= len(text)
    return "\n".join(pieces)


def _texts(content: Content) -> Iterator[str]:
    yield content.header("Subject")
    for node in content.root.walk():
        if node.is_message and node.depth:
            yield node.subject
        if node.part is not None and node.part.is_text:
            kind = "text/html" if node.part.content_type == "application/xhtml+xml" else node.part.content_type
            yield readable(kind, node.part.text())
