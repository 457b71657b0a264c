"""Items of menus, and the types and media types of files."""

from typing import NamedTuple

SNIFFED_BYTES = 512
"""Bytes of a file that tell its type where its name does not."""
TEXT_TYPES = frozenset("046M")
"""Types that are sent as text, in lines, up to a dot (RFC 1436 3.8)."""
MENU_TYPES = frozenset("17")
NO_HOST = ("null.host", 1)
"""Host and port of items that lead nowhere: errors and information."""


class Item(NamedTuple):
    """An item of a menu. host: empty for this server."""

    type: str
    display: str
    selector: str
    host: str = ""
    port: int = 0
    plus: bool = True
    """True if Gopher+ is offered for it, where this server is its host."""
    size: int = -1
    """Bytes; -1: unknown."""
    modified: float = -1.0
    """Unix time; negative: unknown."""
    media: str = ""
    """Media type of its view; empty: by its type."""
    abstract: str = ""


MEDIA = {
    "0": "text/plain",
    "1": "application/gopher-menu",
    "7": "application/gopher-menu",
    "9": "application/octet-stream",
}
"""Media types of item types; the menu's is the name that UMN's server has for it, with `+` for Gopher+."""

BY_SUFFIX: dict[str, tuple[str, str]] = {
    "txt": ("0", "text/plain"),
    "md": ("0", "text/plain"),
    "csv": ("0", "text/plain"),
    "log": ("0", "text/plain"),
    "hqx": ("4", "application/mac-binhex40"),
    "uu": ("6", "text/x-uuencode"),
    "mbox": ("M", "message/rfc822"),
    "eml": ("M", "message/rfc822"),
    "zip": ("5", "application/zip"),
    "tar": ("5", "application/x-tar"),
    "gz": ("5", "application/gzip"),
    "tgz": ("5", "application/gzip"),
    "arc": ("5", "application/octet-stream"),
    "gif": ("g", "image/gif"),
    "png": ("I", "image/png"),
    "jpg": ("I", "image/jpeg"),
    "jpeg": ("I", "image/jpeg"),
    "webp": ("I", "image/webp"),
    "bmp": ("I", "image/bmp"),
    "svg": ("I", "image/svg+xml"),
    "html": ("h", "text/html"),
    "htm": ("h", "text/html"),
    "wav": ("s", "audio/wav"),
    "mp3": ("s", "audio/mpeg"),
    "ogg": ("s", "audio/ogg"),
    "flac": ("s", "audio/flac"),
    "au": ("s", "audio/basic"),
    "pdf": ("d", "application/pdf"),
    "mp4": (";", "video/mp4"),
    "mpg": (";", "video/mpeg"),
    "bin": ("9", "application/octet-stream"),
    "exe": ("9", "application/octet-stream"),
    "iso": ("9", "application/octet-stream"),
}
"""Item type and media type by the suffix of a file's name."""
BY_BEGINNING: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (b"GIF8", BY_SUFFIX["gif"]),
    (b"\x89PNG\r\n\x1a\n", BY_SUFFIX["png"]),
    (b"\xff\xd8\xff", BY_SUFFIX["jpg"]),
    (b"%PDF-", BY_SUFFIX["pdf"]),
    (b"PK\x03\x04", BY_SUFFIX["zip"]),
    (b"\x1f\x8b", BY_SUFFIX["gz"]),
    (b"<!DOCTYPE html", BY_SUFFIX["html"]),
    (b"<!doctype html", BY_SUFFIX["html"]),
    (b"<html", BY_SUFFIX["html"]),
)
BINARY = frozenset(range(0x20)) - frozenset(b"\t\n\r\x0c\x1b")
"""Bytes that no text has."""


def by_name(name: str) -> tuple[str, str] | None:
    """Return item type and media type of a file by its name; None if its content decides."""
    return BY_SUFFIX.get(name.rpartition(".")[2].lower()) if "." in name else None


def by_content(beginning: bytes) -> tuple[str, str]:
    """Return item type and media type of a file by its first bytes."""
    for mark, found in BY_BEGINNING:
        if beginning.startswith(mark):
            return found
    return BY_SUFFIX["txt"] if BINARY.isdisjoint(beginning) else BY_SUFFIX["bin"]


def media_of(item: Item) -> str:
    """Return the media type of an item's only view."""
    return item.media or MEDIA.get(item.type, "text/plain")
