"""Attributes of files: SIZE, MDTM (RFC 3659), MFMT, SITE CHMOD, UMASK and UTIME."""

import re
from datetime import UTC, datetime
from functools import partial

import msgspec

from homeport.protocol.effects import Call
from homeport.protocol.waiting import Steps
from homeport.services.ftp.checksums import read_pieces
from homeport.services.ftp.dialogue import FtpDialogue, after_login
from homeport.services.ftp.directories import Directories, split_words
from homeport.services.ftp.listings.mlsx import time_value
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.representation import ascii_size
from homeport.world.files import Entry, FileProblem, FileTree, Path
from homeport.world.journal import timestamp

TIME = re.compile(r"\d{14}(\.\d{1,9})?", re.ASCII)
MODE = re.compile(r"0?[0-7]{3,4}", re.ASCII)
UNIX_TIMES = re.compile(r"(?P<path>.+) \d{12,14} (?P<modified>\d{12,14}) \d{12,14} UTC", re.ASCII)
"""Argument of SITE UTIME as NcFTP sends it."""
PERMISSIONS = 0o777
SHORT_TIME_DIGITS = 12
MAX_COUNTED_BYTES = 16 << 20
"""Maximum size of a file that is read to compute its size in TYPE A."""


class Attributes(msgspec.Struct, eq=False):
    """Commands that show and set attributes of files."""

    dialogue: FtpDialogue
    directories: Directories

    @after_login("SIZE", "Show the number of bytes that RETR would send.", syntax="file", reference="RFC 3659 4")
    def size(self, argument: str) -> Steps:
        path = self.directories.listable(argument)
        has = self.dialogue.memory.parameters
        if has.type == "E" or has.structure != "F" or has.mode != "S":
            text = f"the size in TYPE {has.type}, STRU {has.structure}, MODE {has.mode} is unknown before the transfer"
            raise Refused(550, f"{text}: send TYPE I, STRU F, MODE S first (RFC 3659 4.2)")
        yield from self.directories.check_slash(argument, path)
        entry: Entry = yield partial(self.directories.tree.entry, path)
        if entry.kind != "file":
            raise FileProblem("is a directory", show(path))
        if has.type == "I":
            return Reply(213, str(entry.size))
        if entry.size > MAX_COUNTED_BYTES:
            raise Refused(550, "the file is too large to compute its size in TYPE A: send TYPE I first (RFC 3659 4.2)")
        counted = yield Call(partial(self._count, self.directories.tree, path))
        return Reply(213, str(counted))

    def _count(self, tree: FileTree, path: Path) -> int:
        """Return the size of a file in TYPE A; runs off the reactor."""
        source = tree.open(path)
        try:
            return ascii_size(read_pieces(source), double_cr=self.dialogue.options.ascii_crlf == "double")
        finally:
            source.close()

    @after_login("MDTM", "Show the modification time of a file, in UTC.", syntax="file", reference="RFC 3659 3")
    def mdtm(self, argument: str) -> Steps:
        path = self.directories.listable(argument)
        yield from self.directories.check_slash(argument, path)
        entry: Entry = yield partial(self.directories.tree.entry, path)
        return Reply(213, time_value(entry.modified))

    @after_login(
        "MFMT", "Set the modification time of a file.", syntax="time file", reference="draft-somers-ftp-mfxx 3.1"
    )
    def mfmt(self, argument: str) -> Steps:
        time, name = split_words(argument, 2, "MFMT YYYYMMDDHHMMSS file (draft-somers-ftp-mfxx 3.1)")
        seconds = parse_time(time)
        path = self.directories.path(name)
        yield from self.directories.check_slash(name, path)
        yield from self._set_time(path, seconds)
        return Reply(213, f"Modify={time_value(seconds)}; {show(path)}")

    @after_login(
        "MFCT",
        "Set the creation time of a file; not supported.",
        syntax="time file",
        reference="draft-somers-ftp-mfxx 3.2",
    )
    def mfct(self, _argument: str) -> Reply:
        raise Refused(502, "creation times are not supported: MFMT sets the modification time")

    def _set_time(self, path: Path, seconds: float) -> Steps:
        self.directories.permissions.check_write(path)
        yield partial(self.directories.tree.set_modified, path, seconds)
        self.directories.log_change("touch", path, modified=timestamp(seconds))
        return None

    @after_login("SITE CHMOD", "Set permission bits, in octal.", syntax="mode file", reference="RFC 959 4.1.3")
    def chmod(self, argument: str) -> Steps:
        mode, name = split_words(argument, 2, "SITE CHMOD 644 file")
        if not MODE.fullmatch(mode):
            raise Refused(501, "the mode is three or four octal digits: SITE CHMOD 644 file", "syntax")
        if int(mode, 8) > PERMISSIONS:
            raise Refused(504, f"mode {mode} has setuid, setgid or sticky, which are not supported: up to 777")
        path = self.directories.writable(name)
        yield from self.directories.check_slash(name, path)
        yield partial(self.directories.tree.set_mode, path, int(mode, 8))
        self.directories.log_change("chmod", path, mode=f"{int(mode, 8):04o}")
        return Reply(200, f"mode of {show(path)} set to {mode}")

    @after_login(
        "SITE UMASK",
        "Show or set the permission bits that new files do not get.",
        syntax="[mask]",
        reference="RFC 959 4.1.3",
    )
    def umask(self, argument: str) -> Reply:
        if not argument:
            return Reply(200, f"the mask is {self.dialogue.memory.mask:03o}")
        if not MODE.fullmatch(argument) or int(argument, 8) > 0o777:
            raise Refused(501, "the mask is three octal digits: SITE UMASK 022", "syntax")
        self.dialogue.memory.mask = int(argument, 8)
        return Reply(200, f"mask set to {self.dialogue.memory.mask:03o}")

    @after_login(
        "SITE UTIME",
        "Set the modification time of a file, as MFMT does.",
        syntax="time file",
        reference="RFC 959 4.1.3",
    )
    def utime(self, argument: str) -> Steps:
        if match := UNIX_TIMES.fullmatch(argument):
            time, name = match["modified"], match["path"]
        else:
            time, name = split_words(argument, 2, "SITE UTIME YYYYMMDDHHMMSS file")
        path = self.directories.path(name)
        yield from self.directories.check_slash(name, path)
        yield from self._set_time(path, parse_time(time + "00" if len(time) == SHORT_TIME_DIGITS else time))
        return Reply(200, f"modification time of {show(path)} set")


def parse_time(text: str) -> float:
    """Parse a time of RFC 3659 2.3 to Unix time. Raises: Refused."""
    if TIME.fullmatch(text):
        try:
            moment = datetime(
                int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]),
                min(int(text[12:14]), 59), tzinfo=UTC,
            )  # fmt: skip
            return moment.timestamp() + float(f"0{text[14:]}")
        except ValueError:
            pass
    raise Refused(501, f"{text[:30]!r} is not a time: write YYYYMMDDHHMMSS in UTC (RFC 3659 2.3)", "syntax")
