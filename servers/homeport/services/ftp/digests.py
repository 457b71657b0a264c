"""Checksums: HASH (draft-bryan-ftpext-hash) and the X-commands that servers had before it."""

from collections.abc import Callable
from functools import partial

import msgspec

from homeport.protocol.effects import Call
from homeport.protocol.waiting import Steps
from homeport.services.ftp.checksums import COMMANDS, digest, parse_checksum_argument, read_pieces
from homeport.services.ftp.dialogue import FtpDialogue, after_login
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import Refused, Reply
from homeport.world.files import FileTree, Path

DRAFT = "draft-bryan-ftpext-hash"
"""Reference for the X-commands too, which no RFC defines."""


def checksum(verb: str, name: str) -> Callable[["Digests", str], Steps]:
    """Return the method that executes an X-command."""

    @after_login(verb, f"Show the {name} of a file.", syntax="file [start end]", reference=DRAFT)
    def answer(self: "Digests", argument: str) -> Steps:
        try:
            wanted = parse_checksum_argument(argument)
        except ValueError as error:
            raise Refused(501, str(error), "syntax") from None
        path = self.directories.readable(wanted.name)
        yield from self.directories.check_slash(wanted.name, path)
        _end, shown = yield Call(
            partial(self._digest, self.directories.tree, COMMANDS[verb], path, wanted.start, wanted.end)
        )
        return Reply(250, shown.upper())

    return answer


class Digests(msgspec.Struct, eq=False):
    """Commands that compute checksums of files."""

    dialogue: FtpDialogue
    directories: Directories

    @after_login("HASH", "Show the checksum of a file.", syntax="file", reference="draft-bryan-ftpext-hash 4")
    def hash(self, argument: str) -> Steps:
        path = self.directories.readable(argument)
        yield from self.directories.check_slash(argument, path)
        algorithm = self.dialogue.memory.digest
        end, shown = yield Call(partial(self._digest, self.directories.tree, algorithm, path))
        return Reply(213, f"{algorithm} 0-{end} {shown} {show(path)}")

    xcrc = checksum("XCRC", "CRC-32")
    xmd5 = checksum("XMD5", "MD5")
    xsha = checksum("XSHA", "SHA-1")
    xsha1 = checksum("XSHA1", "SHA-1")
    xsha256 = checksum("XSHA256", "SHA-256")
    xsha512 = checksum("XSHA512", "SHA-512")

    def _digest(
        self, tree: FileTree, algorithm: str, path: Path, start: int = 0, end: int | None = None
    ) -> tuple[int, str]:
        """Read the file and compute its checksum; always run by `Call`, off the reactor, as the file may be large."""
        source = tree.open(path, start)
        try:
            octets = source.size if end is None else min(end - start, source.size)
            return start + octets, digest(algorithm, read_pieces(source, octets))
        finally:
            source.close()
