"""Access rights to the world's files.

People may read and write everything outside the homes of others. Anonymous (RFC 1635) may read everything outside
homes, and store new files in the upload folder, which it can list but not read. The tree may forbid more.

Rights apply to what is reached and not to how it is named. A command is checked twice: by the pathname of its argument,
which refuses at once and with a reason, and by the path that the tree reaches after symbolic links (`guard`). A
directory that contains the home of another person, or the upload folder, cannot be renamed, and nothing can be renamed
onto it: either would change who has access to what is below.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from homeport.services.ftp.replies import Refused
from homeport.world.files import Access, Entry, FileProblem, Path
from homeport.world.homes import Homes, below, fold, home_of
from homeport.world.people import Person

ANONYMOUS = ("anonymous", "ftp")


class Account(msgspec.Struct, frozen=True):
    """The account of a logged-in user. person: None for anonymous."""

    login: str
    person: Person | None = None
    home: Path = ()
    """Working directory after login."""

    @classmethod
    def of(cls, person: Person) -> "Account":
        """Return the account of a person."""
        return cls(person.login, person, home_of(person))


class Permissions:
    """Rights of one account. upload: pathname of the folder in which anonymous may store files; empty for none."""

    __slots__ = ("_account", "_checks", "_homes", "_upload", "_uploads")

    def __init__(self, account: Account, homes: Homes, upload: str) -> None:
        self._account = account
        self._homes = homes
        self._upload: Path | None = fold(folder_of(upload)) or None
        reached = fold(homes.reached(folder_of(upload)))
        self._uploads = {reached, self._upload} if self._upload else set()
        """The upload folder, as configured and as reached after symbolic links."""
        self._checks: dict[Access, Callable[[Path], Any]] = {
            "list": self.check_list,
            "read": self.check_read,
            "write": self.check_write,
            "store": self.check_store,
            "move": self.check_move,
        }

    def guard(self, access: Access, path: Path) -> None:
        """Check a path that an operation of the tree reaches; may run on any thread. Raises: FileProblem."""
        self._homes.follow_changes()
        try:
            self._checks[access](path)
        except Refused as refused:
            raise FileProblem("denied", refused.reply.text) from None

    def check_list(self, path: Path) -> None:
        """Raise Refused unless the account may list a directory, or see a file's attributes."""
        owners = self._homes.owners(path)
        if owners and (self._account.person is None or self._account.login not in owners):
            raise Refused(550, f"permission denied: only {' and '.join(sorted(owners))} may enter this home")

    def check_read(self, path: Path) -> None:
        """Raise Refused unless the account may read a file."""
        self.check_list(path)
        if self._account.person is None and self._in_upload(path):
            raise Refused(550, "anonymous may not read the upload folder (RFC 1635)")

    def check_write(self, path: Path) -> None:
        """Raise Refused unless the account may create, change or remove the entry at a path."""
        self.check_list(path)
        if self._account.person is None:
            raise Refused(550, self._anonymous_text())
        if not path:
            raise Refused(550, "the root cannot be changed")

    def check_store(self, path: Path) -> bool:
        """Raise Refused unless the account may write a file. Return True if only a new one, under an unused name."""
        if self._account.person is None:
            self.check_list(path)
            if not self._in_upload(path[:-1]):
                raise Refused(550, self._anonymous_text())
            return True
        self.check_write(path)
        return False

    def check_move(self, path: Path) -> None:
        """Raise Refused unless the account may rename the entry at a path, or another one to this path."""
        self.check_write(path)
        if owner := self._homes.other_below(path, self._account.login):
            raise Refused(550, f"permission denied: the home of {owner} is at or below {'/' + '/'.join(path)}")
        if any(below(upload, fold(path)) for upload in self._uploads):
            raise Refused(550, f"permission denied: {'/' + '/'.join(path)} contains the upload folder of anonymous")

    def letters(self, path: Path, entry: Entry) -> str:
        """Return the `perm` fact (RFC 3659 7.5.5) for the entry at a path."""
        moves = "f" if allows(self.check_move, path) else ""
        if entry.kind == "directory":
            told = "el" if allows(self.check_list, path) else ""
            stores = allows(self.check_store, (*path, "x"))
            changes = allows(self.check_write, path)
            inside = allows(self.check_write, (*path, "x"))
            return ("c" if stores else "") + told + (f"d{moves}mp" if changes and inside else "mp" if inside else "")
        reads, writes = allows(self.check_read, path), allows(self.check_write, path)
        return (f"ad{moves}" if writes else "") + ("r" if reads else "") + ("w" if writes else "")

    def _in_upload(self, path: Path) -> bool:
        return any(below(fold(path), upload) for upload in self._uploads)

    def _anonymous_text(self) -> str:
        if self._upload is None:
            return "anonymous may only read here (RFC 1635)"
        return f"anonymous may only read, and store new files in /{'/'.join(self._upload)} (RFC 1635)"


def folder_of(upload: str) -> Path:
    """Return the path of the upload folder's pathname; the root's for none."""
    return tuple(upload.split("/")[1:])


def allows(check: Callable[[Path], Any], path: Path) -> bool:
    """True if a check does not raise Refused for a path."""
    try:
        check(path)
    except Refused:
        return False
    return True
