"""The base subject of a message (RFC 5256 2.1): without `Re:`, `Fwd:`, `[list]` and `(fwd)`."""

import re

import msgspec

MAX_SUBJECT = 1000
"""Characters of a subject that are looked at."""
SPACES = re.compile(r"\s+")
BLOB = re.compile(r"\[[^\[\]]*+\] *+")
LEADER = re.compile(r" ++|(?:\[[^\[\]]*+\] *+)*+(?:re|fwd?) *+(?:\[[^\[\]]*+\] *+)?:", re.IGNORECASE)
TRAILER = re.compile(r"\(fwd\)\Z", re.IGNORECASE)


class BaseSubject(msgspec.Struct, frozen=True):
    """A subject for sorting and threading."""

    text: str
    is_reply: bool
    """True if it was marked as a reply or a forwarded message."""


def extract_base(subject: str) -> BaseSubject:
    """Return the base of a decoded subject."""
    text, is_reply = SPACES.sub(" ", subject[:MAX_SUBJECT]), False
    while True:
        text, removed = _strip_trailers(text)
        text, led = _strip_leaders(text)
        is_reply = is_reply or removed or led
        if text[:5].lower() != "[fwd:" or not text.endswith("]"):
            return BaseSubject(text, is_reply)
        text, is_reply = text[5:-1], True


def _strip_trailers(text: str) -> tuple[str, bool]:
    removed = False
    while True:
        text = text.rstrip(" ")
        if TRAILER.search(text[-5:]) is None:
            return text, removed
        text, removed = text[:-5], True


def _strip_leaders(text: str) -> tuple[str, bool]:
    """Return the text without marks of replies and bracketed words; True if there was a mark."""
    marked, at = False, 0
    while True:
        while match := LEADER.match(text, at):
            marked = marked or match[0].endswith(":")
            at = match.end()
        blob = BLOB.match(text, at)
        if blob is None or blob.end() == len(text):
            return text[at:], marked
        at = blob.end()
