"""The order of texts: the collation i;unicode-casemap (RFC 5051)."""

import unicodedata


def collate(text: str) -> str:
    """Return what a text is compared by: title case, decomposed, so that accents matter after letters only.

    White space around it does not count.
    """
    text = text.strip()
    if text.isascii():
        return text.upper()
    return unicodedata.normalize("NFKD", "".join(map(str.title, text)))
