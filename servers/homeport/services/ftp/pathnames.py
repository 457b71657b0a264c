"""Conversion between pathnames (bytes of a command's argument) and paths of a world's tree.

Names are UTF-8 (RFC 2640); other bytes are preserved as surrogates (PEP 383), so a client that predates RFC 2640 finds
its Latin-1 names again. Pathnames follow TVFS (RFC 3659 6): `/` between names, `.`, and `..`, which stops at the root.
`..` removes the name before it, as in shells, and does not follow symbolic links.
"""

from homeport.world.files import Path

MAX_PATHNAME_BYTES = 4096
"""Maximum size of a pathname, in bytes as sent."""
MAX_NAME_BYTES = 255
"""Maximum size of one name, in bytes."""
MAX_CHARACTER_BYTES = 4
"""Maximum size of a character in UTF-8, in bytes."""
MAX_DEPTH = 128
"""Maximum number of names in a path."""


class BadPathname(ValueError):
    """An invalid pathname; the text says why."""


def to_name(octets: bytes) -> str:
    """Decode an argument to a pathname. Raises: BadPathname."""
    if not octets:
        raise BadPathname("a pathname is missing")
    if len(octets) > MAX_PATHNAME_BYTES:
        raise BadPathname(f"a pathname has at most {MAX_PATHNAME_BYTES} bytes")
    octets = octets.replace(b"\r\0", b"\r")  # RFC 2640 3.1: a CR in a name is sent as CR NUL
    if b"\0" in octets:
        raise BadPathname("a name cannot contain NUL")
    return octets.decode("utf-8", "surrogateescape")


def to_bytes(name: str) -> bytes:
    """Encode a name or pathname."""
    return name.encode("utf-8", "surrogateescape")


def is_utf8(name: str) -> bool:
    """True if a name was decoded from valid UTF-8."""
    return not any("\udc80" <= character <= "\udcff" for character in name)


def resolve(directory: Path, name: str) -> Path:
    """Resolve a pathname relative to a directory. Raises: BadPathname."""
    path = [] if name.startswith("/") else list(directory)
    for part in name.split("/"):
        if part == "..":
            del path[-1:]
        elif part not in {"", "."}:
            if len(part) * MAX_CHARACTER_BYTES > MAX_NAME_BYTES and len(to_bytes(part)) > MAX_NAME_BYTES:
                raise BadPathname(f"a name has at most {MAX_NAME_BYTES} bytes")
            path.append(part)
            if len(path) > MAX_DEPTH:
                raise BadPathname(f"a path has at most {MAX_DEPTH} names")
    return tuple(path)


def show(path: Path) -> str:
    """Return a path as an absolute pathname."""
    return "/" + "/".join(path)


def quote(path: Path) -> str:
    """Return a path for a reply: in quotes, with inner quotes doubled (RFC 959 appendix II)."""
    return '"' + one_line(show(path)).replace('"', '""') + '"'


def one_line(name: str) -> str:
    """Replace control characters by `?`, as `ls` does, so that the name cannot break a line."""
    return "".join("?" if character < " " or character == "\x7f" else character for character in name)
