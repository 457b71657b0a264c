"""Commands that navigate and change the tree: CWD, PWD, MKD, RMD, DELE, RNFR and others (RFC 959 4.1.1, 4.1.3).

The X-verbs that predate RFC 959 are included (RFC 1123 4.1.3.1).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from homeport.protocol.effects import Call, Log
from homeport.protocol.waiting import Steps
from homeport.services.ftp.dialogue import FtpDialogue, after_login
from homeport.services.ftp.pathnames import BadPathname, is_utf8, quote, resolve, show, to_bytes, to_name
from homeport.services.ftp.permissions import Permissions
from homeport.services.ftp.replies import Refused, Reply
from homeport.world.files import LARGE_FILE_BYTES, Entry, FileProblem, FileTree, Path


class Directories(msgspec.Struct, eq=False):
    """Pathnames, access checks, and commands on directories."""

    dialogue: FtpDialogue

    @property
    def tree(self) -> FileTree:
        """The world's files, as far as the user may reach them. Raises: FileProblem."""
        return self.dialogue.context.world.files.guarded(self.permissions.guard)

    @property
    def permissions(self) -> Permissions:
        """Access rights of the logged-in user. Raises: Refused before login."""
        rights = self.dialogue.memory.login.rights
        if rights is None:
            raise Refused(530, "log in first (RFC 959 5.4)", "not-logged-in")
        return rights

    def path(self, argument: str) -> Path:
        """Resolve an argument to a path. Raises: Refused."""
        octets = argument.encode("utf-8", "surrogateescape")
        if not argument.isascii():
            self._check_encoding(argument, octets)
        try:
            path = resolve(self.dialogue.memory.directory, to_name(octets))
        except BadPathname as bad:
            raise Refused(501, f"{bad} (RFC 959 5.3.2)", "bad-pathname") from None
        if len(to_bytes(show(path))) > self.dialogue.options.max_path:
            raise Refused(553, f"pathname too long: at most {self.dialogue.options.max_path} bytes from the root")
        return path

    def listable(self, argument: str) -> Path:
        """Resolve the path of an entry that the user may see. Raises: Refused."""
        path = self.dialogue.memory.directory if argument == "." else self.path(argument)
        self.permissions.check_list(path)
        return path

    def readable(self, argument: str) -> Path:
        """Resolve the path of a file that the user may read. Raises: Refused."""
        path = self.path(argument)
        self.permissions.check_read(path)
        return path

    def writable(self, argument: str) -> Path:
        """Resolve the path of an entry that the user may create, change or remove. Raises: Refused."""
        path = self.path(argument)
        self.permissions.check_write(path)
        return path

    def movable(self, argument: str) -> Path:
        """Resolve the path of an entry that the user may rename, or rename another one to. Raises: Refused."""
        path = self.path(argument)
        self.permissions.check_move(path)
        return path

    def check_slash(self, argument: str, path: Path) -> Steps:
        """Raise FileProblem if an argument ends in a slash, and its path is no directory."""
        if argument.endswith(("/", "/.")):
            entry: Entry = yield partial(self.tree.entry, path)
            if entry.kind != "directory":
                raise FileProblem("no directory", show(path))
        return None

    def sized(self, work: Callable[[], Any], path: Path) -> Steps:
        """Run work that takes time in proportion to the file at a path; off the reactor if that is large."""
        if self.tree.blocks:
            return (yield work)
        size = yield partial(size_of, self.tree, path)
        return (yield Call(work) if size >= LARGE_FILE_BYTES else work)

    def log_change(self, what: str, path: Path, **fields: str) -> None:
        """Log that the tree was changed, in the same form as a transfer."""
        change = {"what": what, "path": show(path), "octets": 0, "seconds": 0.0, "complete": True, "reason": ""}
        self.dialogue.effect(Log("file", change | fields))

    def _check_encoding(self, argument: str, octets: bytes) -> None:
        if not is_utf8(argument):
            self.dialogue.report("not-utf8", octets)
            if self.dialogue.options.is_strict:
                raise Refused(501, "the pathname is not UTF-8 (RFC 2640 2.2)")
        elif not self.dialogue.memory.utf8:
            self.dialogue.report_once("utf8-unasked", octets)

    # The working directory.

    @after_login("CWD", "Change the working directory.", syntax="directory", reference="RFC 959 4.1.1")
    @after_login("XCWD", "Change the working directory.", syntax="directory", reference="RFC 1123 4.1.3.1")
    def cwd(self, argument: str) -> Steps:
        return self._change(self.path(argument))

    @after_login("CDUP", "Change to the directory above.", reference="RFC 959 4.1.1")
    @after_login("XCUP", "Change to the directory above.", reference="RFC 1123 4.1.3.1")
    def cdup(self, _argument: str) -> Steps:
        return self._change(self.dialogue.memory.directory[:-1])

    def _change(self, path: Path) -> Steps:
        self.permissions.check_list(path)
        entry: Entry = yield partial(self.tree.entry, path)
        if entry.kind != "directory":
            raise FileProblem("no directory", show(path))
        self.dialogue.memory.directory = path
        return Reply(250, f"the working directory is {quote(path)}")

    @after_login("PWD", "Show the working directory.", reference="RFC 959 4.1.3")
    @after_login("XPWD", "Show the working directory.", reference="RFC 1123 4.1.3.1")
    def pwd(self, _argument: str) -> Reply:
        return Reply(257, f"{quote(self.dialogue.memory.directory)} is the working directory")

    @after_login("SMNT", "Mount another file system; there is only one.", syntax="structure", reference="RFC 959 4.1.1")
    def smnt(self, _argument: str) -> Reply:
        return Reply(202, "there is one file system only")

    # Changes.

    @after_login("MKD", "Make a directory.", syntax="directory", reference="RFC 959 4.1.3")
    @after_login("XMKD", "Make a directory.", syntax="directory", reference="RFC 1123 4.1.3.1")
    def mkd(self, argument: str) -> Steps:
        path = self.writable(argument)
        yield partial(self.tree.make_directory, path)
        self.log_change("mkdir", path)
        return Reply(257, f"{quote(path)} created")

    @after_login("RMD", "Remove an empty directory.", syntax="directory", reference="RFC 959 4.1.3")
    @after_login("XRMD", "Remove an empty directory.", syntax="directory", reference="RFC 1123 4.1.3.1")
    def rmd(self, argument: str) -> Steps:
        path = self.writable(argument)
        yield partial(self.tree.remove_directory, path)
        self.log_change("delete", path)
        return Reply(250, f"{quote(path)} removed")

    @after_login("DELE", "Remove a file.", syntax="file", reference="RFC 959 4.1.3")
    def dele(self, argument: str) -> Steps:
        path = self.writable(argument)
        yield from self.check_slash(argument, path)
        yield from self.sized(partial(self.tree.remove, path), path)
        self.log_change("delete", path)
        return Reply(250, f"{quote(path)} removed")

    @after_login(
        "RNFR", "Name the file or directory to rename; RNTO follows.", syntax="pathname", reference="RFC 959 4.1.3"
    )
    def rnfr(self, argument: str) -> Steps:
        path = self.movable(argument)
        yield from self.check_slash(argument, path)
        yield partial(self.tree.entry, path, follow=False)
        self.dialogue.memory.renaming = path
        self.dialogue.state = "renaming"
        return Reply(350, "send the new name by RNTO")

    @after_login("RNTO", "Set the new name.", syntax="pathname", reference="RFC 959 4.1.3")
    def rnto(self, argument: str) -> Steps:
        if self.dialogue.state != "renaming":
            raise Refused(503, "RNTO must directly follow RNFR (RFC 959 5.4)", "bad-sequence")
        self.dialogue.state = "ready"
        path = self.dialogue.memory.renaming
        to = self.movable(argument)
        yield from self.check_slash(argument, path)
        yield from self.sized(partial(self.tree.rename, path, to), to)
        self.log_change("rename", path, to=show(to))
        return Reply(250, f"{quote(path)} renamed to {quote(to)}")


def size_of(tree: FileTree, path: Path) -> int:
    """Return the size of the entry at a path in bytes; 0 if there is none."""
    try:
        return tree.entry(path).size
    except FileProblem:
        return 0


def split_words(argument: str, words: int, usage: str) -> list[str]:
    """Split into `words` words, the last one a pathname with all its blanks. Raises: Refused."""
    parts: list[Any] = argument.split(" ", words - 1)
    if len(parts) < words or not all(parts):
        raise Refused(501, f"write {usage}", "syntax")
    return parts
