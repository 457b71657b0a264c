"""Checksums: HASH (draft-bryan-ftpext-hash) and the X-commands that servers had before it."""

from collections.abc import Callable
from functools import partial

import msgspec

from homeport.protocol.effects import Call
from homeport.protocol.waiting import Steps
from homeport.services.ftp.checksums import COMMANDS, checksum_argument, digest, pieces_of
from homeport.services.ftp.dialogue import FtpDialogue, inside
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import Refused, Reply
from homeport.world.files import Path

DRAFT = "draft-bryan-ftpext-hash"
"""It names the X-commands, too, which no RFC has."""


def checksum(verb: str, name: str) -> Callable[["Digests", str], Steps]:
    """Return the method that carries out an X-command."""

    @inside(verb, f"Tell the {name} of a file.", syntax="file [start end]", reference=DRAFT)
    def answer(self: "Digests", argument: str) -> Steps:
        try:
            wanted = checksum_argument(argument)
        except ValueError as error:
            raise Refused(501, str(error), "syntax") from None
        path = self.directories.readable(wanted.name)
        _end, shown = yield Call(partial(self._digest, COMMANDS[verb], path, wanted.start, wanted.end))
        return Reply(250, shown.upper())

    return answer


class Digests(msgspec.Struct, eq=False):
    """Checksums of files."""

    dialogue: FtpDialogue
    directories: Directories

    @inside("HASH", "Tell the checksum of a file.", syntax="file", reference="draft-bryan-ftpext-hash 4")
    def hash(self, argument: str) -> Steps:
        path = self.directories.readable(argument)
        algorithm = self.dialogue.memory.digest
        end, shown = yield Call(partial(self._digest, algorithm, path))
        return Reply(213, f"{algorithm} 0-{end} {shown} {show(path)}")

    xcrc = checksum("XCRC", "CRC-32")
    xmd5 = checksum("XMD5", "MD5")
    xsha = checksum("XSHA", "SHA-1")
    xsha1 = checksum("XSHA1", "SHA-1")
    xsha256 = checksum("XSHA256", "SHA-256")
    xsha512 = checksum("XSHA512", "SHA-512")

    def _digest(self, algorithm: str, path: Path, start: int = 0, end: int | None = None) -> tuple[int, str]:
        """Read the file: work for `Call`, however quick the tree is, as there may be much of it."""
        source = self.directories.tree.open(path, start)
        try:
            octets = source.size if end is None else min(end - start, source.size)
            return start + octets, digest(algorithm, pieces_of(source, octets))
        finally:
            source.close()
