"""Resolve paths below a root directory without ever leaving it.

A path is opened name by name from the root's descriptor, always with O_NOFOLLOW: symbolic links are read and resolved
here, so a link that is swapped during the resolution cannot lead out of the tree either. Links that stay inside are
followed; absolute ones and those that climb above the root are refused. `..` is never passed to the system.
"""

import os
from collections.abc import Callable, Iterable
from typing import TypeVar

from homeport.io import platform
from homeport.world.files import FileProblem, Path

HIDDEN = b".homeport-"
"""Prefix of internal names, which clients can neither see nor use."""
MAX_LINKS = 8
"""Maximum number of symbolic links in one path."""
WALK = platform.SEARCH | os.O_NOFOLLOW

Result = TypeVar("Result")
Act = Callable[[int, bytes], Result]
"""Operation on a name in a directory descriptor. Raises: OSError ELOOP for a link, which is then followed."""


def walk(
    root: int, path: Path, act: Act[Result], *, follow: bool, check: Callable[[Path], None] | None = None
) -> Result:
    """Resolve a path below the directory `root` and perform an operation there.

    follow: if the last name is a link, follow it. check: called with the path that is reached, links resolved, before
    `act`; it raises to refuse. Raises: OSError, FileProblem.
    """
    ahead = list(reversed(validate_names(path)))
    passed = [root]
    names: list[bytes] = []  # of the directories after the root in `passed`
    links = 0
    try:
        while True:
            name = ahead.pop() if ahead else b"."
            if name == b"..":  # from the target of a link
                if len(passed) == 1:
                    raise FileProblem("denied", "a symbolic link leads out of the tree")
                os.close(passed.pop())
                names.pop()
                continue
            try:
                if not ahead:
                    if check is not None:
                        check(decode_names(names if name == b"." else [*names, name]))
                    return act(passed[-1], name)
                passed.append(os.open(name, WALK, dir_fd=passed[-1]))
                names.append(name)
            except OSError as error:
                if error.errno not in platform.LINK_REFUSED or not (follow or ahead):
                    raise
                target = link_target(passed[-1], name, error)
                links += 1
                if links > MAX_LINKS or target.startswith(b"/"):
                    raise FileProblem("denied", "a symbolic link leads out of the tree, or to itself") from None
                ahead += [part for part in reversed(target.split(b"/")) if part not in (b"", b".")]
    finally:
        for fd in passed[1:]:
            os.close(fd)


def validate_names(path: Path) -> list[bytes]:
    """Validate and encode names. Raises: FileProblem for an invalid name."""
    names = []
    for text in path:
        try:
            name = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise FileProblem("bad name", "a name cannot be encoded") from None
        if name in (b"", b".", b"..") or b"/" in name or b"\0" in name or name.startswith(HIDDEN):
            raise FileProblem("bad name", f"{text!r} is not a valid name")
        names.append(name)
    return names


def decode_names(names: Iterable[bytes]) -> Path:
    """Return names of the system as a path."""
    return tuple(name.decode("utf-8", "surrogateescape") for name in names)


def is_hidden(name: str) -> bool:
    """True for an internal name."""
    return os.fsencode(name).startswith(HIDDEN)


def link_target(fd: int, name: bytes, error: OSError) -> bytes:
    """Return the target of a link. Raises: the given error if it is not a link."""
    try:
        return os.readlink(name, dir_fd=fd)
    except OSError:
        raise error from None
