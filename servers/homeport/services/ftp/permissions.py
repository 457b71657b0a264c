"""Who may do what with the world's files.

People may read and write everything but what is in somebody else's home. Anonymous (RFC 1635) may read what is in no
home, and leave new files in the upload folder, which can then be listed but not read. What the tree itself forbids
comes on top of that.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from homeport.services.ftp.replies import Refused
from homeport.world.files import Entry, Path
from homeport.world.people import People, Person

ANONYMOUS = ("anonymous", "ftp")
HOMES = ("home",)
"""Where homes are unless a person's own says otherwise."""


class Account(msgspec.Struct, frozen=True):
    """Somebody who is logged in. person: None for anonymous."""

    login: str
    person: Person | None = None

    @property
    def home(self) -> Path:
        """Where they begin."""
        return home_of(self.person) if self.person is not None else ()


def home_of(person: Person) -> Path:
    """The home of one of the people, in the world's tree."""
    home = person.home or f"/home/{person.login}"
    return tuple(part for part in home.split("/") if part not in ("", ".", ".."))


def below(path: Path, folder: Path) -> bool:
    """Whether a path is a folder or in it."""
    return path[: len(folder)] == folder


class Permissions:
    """What one account may do. upload: the pathname of the folder where anonymous may leave files; empty for none."""

    __slots__ = ("_account", "_elsewhere", "_mine", "_people", "_upload")

    def __init__(self, account: Account, people: People, upload: str) -> None:
        self._account = account
        self._mine = account.home or None
        self._people = people
        self._upload: Path | None = tuple(upload.split("/")[1:]) or None
        self._elsewhere: dict[Path, str] | None = None  # made when first asked for: there may be many people

    def check_list(self, path: Path) -> None:
        """Whether they may see a directory's entries, or a file's. Raises: Refused."""
        if self._mine is None or not below(path, self._mine):
            owner = self._owner(path)
            if owner and owner != self._account.login:
                raise Refused(550, f"that is in the home of {owner}, who alone may enter it")

    def _owner(self, path: Path) -> str:
        """In whose home a path is; empty for nobody's. As quick with ten thousand people as with five."""
        if path[:1] == HOMES and len(path) > 1:
            person = self._people.get(path[1])
            if person is not None and not person.home and person.login == path[1]:
                return person.login
        if self._elsewhere is None:
            self._elsewhere = {home_of(person): person.login for person in self._people if person.home}
        if self._elsewhere:
            for depth in range(1, len(path) + 1):
                if owner := self._elsewhere.get(path[:depth]):
                    return owner
        return ""

    def check_read(self, path: Path) -> None:
        """Whether they may read a file. Raises: Refused."""
        self.check_list(path)
        if self._account.person is None and self._upload is not None and below(path, self._upload):
            raise Refused(550, "what anonymous leaves there is not for anonymous to read (RFC 1635)")

    def check_write(self, path: Path) -> None:
        """Whether they may make, change or remove what is there. Raises: Refused."""
        self.check_list(path)
        if self._account.person is None:
            raise Refused(550, self._anonymous_text())
        if not path:
            raise Refused(550, "the root cannot be changed")

    def check_store(self, path: Path) -> bool:
        """Whether they may write a file. Gives whether only under a name that no other has. Raises: Refused."""
        if self._account.person is None:
            if self._upload is None or not below(path[:-1], self._upload):
                raise Refused(550, self._anonymous_text())
            return True
        self.check_write(path)
        return False

    def letters(self, path: Path, entry: Entry) -> str:
        """What they may do with what is at a path, as RFC 3659 7.5.5 writes it."""
        if entry.kind == "directory":
            told = "el" if allows(self.check_list, path) else ""
            stores = allows(self.check_store, (*path, "x"))
            changes = allows(self.check_write, path)
            inside = allows(self.check_write, (*path, "x"))
            return ("c" if stores else "") + told + ("dfmp" if changes and inside else "mp" if inside else "")
        writes = allows(self.check_write, path)
        return ("adf" if writes else "") + ("r" if allows(self.check_read, path) else "") + ("w" if writes else "")

    def _anonymous_text(self) -> str:
        if self._upload is None:
            return "anonymous may only read here (RFC 1635)"
        return f"anonymous may only read, and leave new files in /{'/'.join(self._upload)} (RFC 1635)"


def allows(check: Callable[[Path], Any], path: Path) -> bool:
    """Whether a check lets a path through."""
    try:
        check(path)
    except Refused:
        return False
    return True
