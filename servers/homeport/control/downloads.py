"""Octets from strangers that the API hands out: a browser saves them, and runs nothing of them."""

from urllib.parse import quote

from homeport.control.operation import Document

OCTETS = "application/octet-stream"
SEALED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""Has a browser that shows it all the same run nothing, whatever it takes it for."""


def download(octets: bytes, media_type: str, name: str) -> Document:
    """A file to be saved under a name."""
    return Document(media_type, octets, SEALED | {"Content-Disposition": disposition(name)})


def disposition(name: str) -> str:
    """A file to be saved under that name (RFC 6266); nothing of it leads out of a folder."""
    name = "".join(c if c.isprintable() and c not in '/\\"' else "_" for c in name)
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
