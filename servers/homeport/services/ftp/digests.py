"""Checksums: HASH (draft-bryan-ftpext-hash) and the X-commands that servers had before it."""

from collections.abc import Callable

from homeport.protocol.commands import command
from homeport.protocol.effects import Call
from homeport.protocol.waiting import Steps
from homeport.services.ftp.checksums import COMMANDS, ChecksumArgument, checksum_argument, digest, pieces_of
from homeport.services.ftp.dialogue import LOGIN, FtpDialogue
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import Refused, Reply
from homeport.world.files import Path

DRAFT = "draft-bryan-ftpext-hash"
"""It names the X-commands, too, which no RFC has."""


class Digests:
    """A dialogue about what is in files."""

    __slots__ = ("dialogue", "directories")

    def __init__(self, dialogue: FtpDialogue, directories: Directories) -> None:
        self.dialogue = dialogue
        self.directories = directories

    @command("HASH", "Tell the checksum of a file.", syntax="file", needs=LOGIN, reference="draft-bryan-ftpext-hash 4")
    def hash(self, argument: str) -> Steps:
        path = self._readable(argument)
        algorithm = self.dialogue.memory.digest
        end, shown = yield Call(self._digest(algorithm, path, 0, None))
        return Reply(213, f"{algorithm} 0-{end} {shown} {show(path)}")

    @command("XCRC", "Tell the CRC-32 of a file.", syntax="file [start end]", needs=LOGIN, reference=DRAFT)
    def xcrc(self, argument: str) -> Steps:
        return self._checksum("XCRC", argument)

    @command("XMD5", "Tell the MD5 of a file.", syntax="file [start end]", needs=LOGIN, reference=DRAFT)
    def xmd5(self, argument: str) -> Steps:
        return self._checksum("XMD5", argument)

    @command("XSHA1", "Tell the SHA-1 of a file.", syntax="file [start end]", needs=LOGIN, reference=DRAFT)
    @command("XSHA", "Tell the SHA-1 of a file.", syntax="file [start end]", needs=LOGIN, reference=DRAFT)
    def xsha1(self, argument: str) -> Steps:
        return self._checksum("XSHA1", argument)

    @command(
        "XSHA256",
        "Tell the SHA-256 of a file.",
        syntax="file [start end]",
        needs=LOGIN,
        reference="draft-bryan-ftpext-hash",
    )
    def xsha256(self, argument: str) -> Steps:
        return self._checksum("XSHA256", argument)

    @command(
        "XSHA512",
        "Tell the SHA-512 of a file.",
        syntax="file [start end]",
        needs=LOGIN,
        reference="draft-bryan-ftpext-hash",
    )
    def xsha512(self, argument: str) -> Steps:
        return self._checksum("XSHA512", argument)

    def _checksum(self, verb: str, argument: str) -> Steps:
        try:
            wanted: ChecksumArgument = checksum_argument(argument)
        except ValueError as error:
            raise Refused(501, str(error), "syntax") from None
        path = self._readable(wanted.name)
        _end, shown = yield Call(self._digest(COMMANDS[verb], path, wanted.start, wanted.end))
        return Reply(250, shown.upper())

    def _readable(self, name: str) -> Path:
        path = self.directories.path(name)
        self.directories.permissions.check_read(path)
        return path

    def _digest(self, algorithm: str, path: Path, start: int, end: int | None) -> Callable[[], tuple[int, str]]:
        """Work that reads the file, off the reactor however quick the tree is: there may be much of it."""
        tree = self.directories.tree

        def work() -> tuple[int, str]:
            source = tree.open(path, start)
            try:
                octets = source.size if end is None else min(end - start, source.size)
                return start + octets, digest(algorithm, pieces_of(source, octets))
            finally:
                source.close()

        return work
