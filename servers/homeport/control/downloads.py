"""Downloads of content that clients sent: headers that make a browser save it and execute nothing of it."""

from urllib.parse import quote

from homeport.control.operation import Document

OCTETS = "application/octet-stream"
SEALED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""Headers for a browser that displays the content all the same: no sniffing, no scripts, no subresources."""


def download(octets: bytes, media_type: str, name: str) -> Document:
    """Return a document that browsers save under this name."""
    return Document(media_type, octets, SEALED | {"Content-Disposition": disposition(name)})


def disposition(name: str) -> str:
    """Return the Content-Disposition (RFC 6266) that saves a file under this name, without path separators."""
    name = "".join(c if c.isprintable() and c not in '/\\"' else "_" for c in name)
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
