"""Names of files: octets of a command's argument on one side, paths of a world's tree on the other.

Names are UTF-8 (RFC 2640); octets that are none stay what they are (as surrogates, PEP 383), so a client of before 1999
finds its Latin-1 name again. A path is written as TVFS does it (RFC 3659 6): `/` between names, `.`, `..` up to the
root and no further. `..` is taken off the words, not followed through symbolic links, as shells do.
"""

from homeport.world.files import Path

MAX_PATHNAME = 4096
"""Octets of a pathname, as it is sent."""
MAX_NAME = 255
"""Octets of one name of it."""
LONGEST_CHARACTER = 4
"""Octets of a character in UTF-8, at most."""
MAX_DEPTH = 128
"""Names of a path."""


class BadPathname(ValueError):
    """A pathname that no file can have; says why."""


def to_name(octets: bytes) -> str:
    """The pathname that an argument is. Raises: BadPathname."""
    if not octets:
        raise BadPathname("the name of a file is missing")
    if len(octets) > MAX_PATHNAME:
        raise BadPathname(f"a pathname has at most {MAX_PATHNAME} octets")
    octets = octets.replace(b"\r\0", b"\r")  # RFC 2640 3.1: a CR in a name is sent as CR NUL
    if b"\0" in octets:
        raise BadPathname("a name cannot have a NUL in it")
    return octets.decode("utf-8", "surrogateescape")


def to_octets(name: str) -> bytes:
    """A name or pathname as octets, as they are in a tree and on data connections."""
    return name.encode("utf-8", "surrogateescape")


def is_utf8(name: str) -> bool:
    """Whether a name's octets were UTF-8."""
    return not any("\udc80" <= character <= "\udcff" for character in name)


def resolve(directory: Path, name: str) -> Path:
    """The path that a pathname means, seen from a directory. Raises: BadPathname."""
    path = [] if name.startswith("/") else list(directory)
    for part in name.split("/"):
        if part == "..":
            del path[-1:]
        elif part not in {"", "."}:
            if len(part) * LONGEST_CHARACTER > MAX_NAME and len(to_octets(part)) > MAX_NAME:
                raise BadPathname(f"a name has at most {MAX_NAME} octets")
            path.append(part)
            if len(path) > MAX_DEPTH:
                raise BadPathname(f"a path has at most {MAX_DEPTH} names")
    return tuple(path)


def show(path: Path) -> str:
    """A path as an absolute pathname."""
    return "/" + "/".join(path)


def quote(path: Path) -> str:
    """A path as replies have it: in quotes, those in it doubled (RFC 959 appendix II)."""
    return '"' + one_line(show(path)).replace('"', '""') + '"'


def one_line(name: str) -> str:
    """A name that breaks no line: `?` for what would, as `ls` does it."""
    return "".join("?" if character < " " or character == "\x7f" else character for character in name)
