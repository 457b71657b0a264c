"""Walking paths below a directory, out of which nothing leads.

A path is walked name by name from the directory's own descriptor, and no name is opened through a symbolic link: links
are read and walked by hand, so one that is swapped while it is looked at leads no further than any other. Links that
stay inside are followed; absolute ones and those that climb above the root are not. `..` never reaches the system.
"""

import os
from collections.abc import Callable
from typing import TypeVar

from homeport.io import platform
from homeport.world.files import FileProblem, Path

HIDDEN = b".homeport-"
"""How the names of what is ours alone begin."""
LINKS_MOST = 8
"""Symbolic links that one path may lead through."""
WALK = platform.SEARCH | os.O_NOFOLLOW

Result = TypeVar("Result")
Act = Callable[[int, bytes], Result]
"""What is done with a name in the directory of a descriptor. Raises: OSError ELOOP if it is a link to be followed."""


def walk(root: int, path: Path, act: Act[Result], *, follow: bool) -> Result:
    """Do something at a path below a directory.

    follow: if it is a link, where that leads. Raises: OSError, FileProblem.
    """
    ahead = list(reversed(checked(path)))
    passed = [root]
    links = 0
    try:
        while True:
            name = ahead.pop() if ahead else b"."
            if name == b"..":  # of a link
                if len(passed) == 1:
                    raise FileProblem("denied", "a symbolic link leads out of the tree")
                os.close(passed.pop())
                continue
            try:
                if not ahead:
                    return act(passed[-1], name)
                passed.append(os.open(name, WALK, dir_fd=passed[-1]))
            except OSError as error:
                if error.errno not in platform.LINK_REFUSED or not (follow or ahead):
                    raise
                target = link_target(passed[-1], name, error)
                links += 1
                if links > LINKS_MOST or target.startswith(b"/"):
                    raise FileProblem("denied", "a symbolic link leads out of the tree, or in a circle") from None
                ahead += [part for part in reversed(target.split(b"/")) if part not in (b"", b".")]
    finally:
        for fd in passed[1:]:
            os.close(fd)


def checked(path: Path) -> list[bytes]:
    """The names as the system has them. Raises: FileProblem if one cannot be a name."""
    names = []
    for text in path:
        try:
            name = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise FileProblem("bad name", "a name is no text") from None
        if name in (b"", b".", b"..") or b"/" in name or b"\0" in name or name.startswith(HIDDEN):
            raise FileProblem("bad name", f"{text!r} cannot be a name")
        names.append(name)
    return names


def is_hidden(name: str) -> bool:
    """Whether the name is of what is ours alone."""
    return os.fsencode(name).startswith(HIDDEN)


def link_target(fd: int, name: bytes, error: OSError) -> bytes:
    """Where a link leads. Raises: the error, if it is none."""
    try:
        return os.readlink(name, dir_fd=fd)
    except OSError:
        raise error from None
