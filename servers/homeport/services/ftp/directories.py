"""Going about in the tree and changing it: CWD, PWD, MKD, RMD, DELE, RNFR and others (RFC 959 4.1.1, 4.1.3).

With the verbs of before RFC 959, too (RFC 1123 4.1.3.1).
"""

from functools import partial
from typing import Any

import msgspec

from homeport.protocol.waiting import Steps
from homeport.services.ftp.dialogue import FtpDialogue, inside
from homeport.services.ftp.pathnames import BadPathname, is_utf8, quote, resolve, show, to_name, to_octets
from homeport.services.ftp.permissions import Permissions
from homeport.services.ftp.replies import Refused, Reply
from homeport.world.files import Entry, FileProblem, FileTree, Path


class Directories(msgspec.Struct, eq=False):
    """Paths, what may be done with them, and the tree as it is gone about and changed."""

    dialogue: FtpDialogue

    @property
    def tree(self) -> FileTree:
        """The world's files. Raises: FileProblem."""
        return self.dialogue.context.world.files

    @property
    def permissions(self) -> Permissions:
        """What the client may do. Raises: Refused."""
        rights = self.dialogue.memory.login.rights
        if rights is None:
            raise Refused(530, "log in first (RFC 959 5.4)", "not-logged-in")
        return rights

    def path(self, argument: str) -> Path:
        """The path that an argument means. Raises: Refused."""
        octets = argument.encode("utf-8", "surrogateescape")
        if not argument.isascii():
            self._check_encoding(argument, octets)
        try:
            path = resolve(self.dialogue.memory.directory, to_name(octets))
        except BadPathname as bad:
            raise Refused(501, f"{bad} (RFC 959 5.3.2)", "bad-pathname") from None
        if len(to_octets(show(path))) > self.dialogue.options.max_path:
            raise Refused(
                553, f"the pathname is too long: at most {self.dialogue.options.max_path} octets from the root"
            )
        return path

    def listable(self, argument: str) -> Path:
        """Return the path of what may be seen. Raises: Refused."""
        path = self.dialogue.memory.directory if argument == "." else self.path(argument)
        self.permissions.check_list(path)
        return path

    def readable(self, argument: str) -> Path:
        """Return the path of a file that may be read. Raises: Refused."""
        path = self.path(argument)
        self.permissions.check_read(path)
        return path

    def writable(self, argument: str) -> Path:
        """Return the path of what may be made, changed or removed. Raises: Refused."""
        path = self.path(argument)
        self.permissions.check_write(path)
        return path

    def _check_encoding(self, argument: str, octets: bytes) -> None:
        if not is_utf8(argument):
            self.dialogue.find("not-utf8", octets)
            if self.dialogue.options.strict:
                raise Refused(501, "the pathname is no UTF-8 (RFC 2640 2.2)")
        elif not self.dialogue.memory.utf8:
            self.dialogue.find_once("utf8-unasked", octets)

    # The working directory.

    @inside("CWD", "Change the working directory.", syntax="directory", reference="RFC 959 4.1.1")
    @inside("XCWD", "Change the working directory.", syntax="directory", reference="RFC 1123 4.1.3.1")
    def cwd(self, argument: str) -> Steps:
        return self._change(self.path(argument))

    @inside("CDUP", "Change to the directory above.", reference="RFC 959 4.1.1")
    @inside("XCUP", "Change to the directory above.", reference="RFC 1123 4.1.3.1")
    def cdup(self, _argument: str) -> Steps:
        return self._change(self.dialogue.memory.directory[:-1])

    def _change(self, path: Path) -> Steps:
        self.permissions.check_list(path)
        entry: Entry = yield partial(self.tree.entry, path)
        if entry.kind != "directory":
            raise FileProblem("no directory", show(path))
        self.dialogue.memory.directory = path
        return Reply(250, f"the working directory is {quote(path)}")

    @inside("PWD", "Show the working directory.", reference="RFC 959 4.1.3")
    @inside("XPWD", "Show the working directory.", reference="RFC 1123 4.1.3.1")
    def pwd(self, _argument: str) -> Reply:
        return Reply(257, f"{quote(self.dialogue.memory.directory)} is the working directory")

    @inside("SMNT", "Mount another file system, of which there is none.", syntax="structure", reference="RFC 959 4.1.1")
    def smnt(self, _argument: str) -> Reply:
        return Reply(202, "there is one file system only")

    # Changes.

    @inside("MKD", "Make a directory.", syntax="directory", reference="RFC 959 4.1.3")
    @inside("XMKD", "Make a directory.", syntax="directory", reference="RFC 1123 4.1.3.1")
    def mkd(self, argument: str) -> Steps:
        path = self.writable(argument)
        yield partial(self.tree.make_directory, path)
        return Reply(257, f"{quote(path)} is made")

    @inside("RMD", "Remove an empty directory.", syntax="directory", reference="RFC 959 4.1.3")
    @inside("XRMD", "Remove an empty directory.", syntax="directory", reference="RFC 1123 4.1.3.1")
    def rmd(self, argument: str) -> Steps:
        path = self.writable(argument)
        yield partial(self.tree.remove_directory, path)
        return Reply(250, f"{quote(path)} is removed")

    @inside("DELE", "Remove a file.", syntax="file", reference="RFC 959 4.1.3")
    def dele(self, argument: str) -> Steps:
        path = self.writable(argument)
        yield partial(self.tree.remove, path)
        return Reply(250, f"{quote(path)} is removed")

    @inside("RNFR", "Say what is to be renamed; RNTO follows.", syntax="pathname", reference="RFC 959 4.1.3")
    def rnfr(self, argument: str) -> Steps:
        path = self.writable(argument)
        yield partial(self.tree.entry, path, follow=False)
        self.dialogue.memory.renaming = path
        self.dialogue.state = "renaming"
        return Reply(350, "now its new name, by RNTO")

    @inside("RNTO", "Give it its new name.", syntax="pathname", reference="RFC 959 4.1.3")
    def rnto(self, argument: str) -> Steps:
        if self.dialogue.state != "renaming":
            raise Refused(503, "RNTO comes right after RNFR (RFC 959 5.4)", "bad-sequence")
        self.dialogue.state = "ready"
        path = self.dialogue.memory.renaming
        to = self.writable(argument)
        yield partial(self.tree.rename, path, to)
        return Reply(250, f"{quote(path)} is {quote(to)} now")


def split_words(argument: str, words: int, usage: str) -> list[str]:
    """So many words, of which the last is a pathname with all its blanks. Raises: Refused."""
    parts: list[Any] = argument.split(" ", words - 1)
    if len(parts) < words or not all(parts):
        raise Refused(501, f"write {usage}", "syntax")
    return parts
