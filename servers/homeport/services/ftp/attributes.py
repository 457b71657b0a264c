"""What is said of a file, and changed about it: SIZE, MDTM (RFC 3659), MFMT, checksums, SITE CHMOD, UMASK and UTIME."""

import re
from datetime import UTC, datetime
from functools import partial

import msgspec

from homeport.protocol.effects import Call
from homeport.protocol.waiting import Steps
from homeport.services.ftp.checksums import pieces_of
from homeport.services.ftp.dialogue import FtpDialogue, inside
from homeport.services.ftp.directories import Directories, split_words
from homeport.services.ftp.listings.mlsx import time_value
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.representation import ascii_size
from homeport.world.files import Entry, FileProblem, Path

TIME = re.compile(r"\d{14}(\.\d{1,9})?", re.ASCII)
MODE = re.compile(r"0?[0-7]{3,4}", re.ASCII)
UNIX_TIMES = re.compile(r"(?P<path>.+) \d{12,14} (?P<modified>\d{12,14}) \d{12,14} UTC", re.ASCII)
"""SITE UTIME as NcFTP sends it."""
SHORT_TIME = 12
LARGEST_COUNTED = 16 << 20
"""Octets of a file that is read to know its size in TYPE A."""


class Attributes(msgspec.Struct, eq=False):
    """What is known of files, and set."""

    dialogue: FtpDialogue
    directories: Directories

    @inside("SIZE", "Tell the octets that RETR would send.", syntax="file", reference="RFC 3659 4")
    def size(self, argument: str) -> Steps:
        path = self.directories.listable(argument)
        has = self.dialogue.memory.parameters
        if has.type == "E" or has.structure != "F" or has.mode != "S":
            text = f"the size in TYPE {has.type}, STRU {has.structure}, MODE {has.mode} is not known before it is sent"
            raise Refused(550, f"{text}: TYPE I, STRU F, MODE S come first (RFC 3659 4.2)")
        entry: Entry = yield partial(self.directories.tree.entry, path)
        if entry.kind != "file":
            raise FileProblem("is a directory", show(path))
        if has.type == "I":
            return Reply(213, str(entry.size))
        if entry.size > LARGEST_COUNTED:
            raise Refused(550, "it is too large for its size in TYPE A to be counted: TYPE I first (RFC 3659 4.2)")
        counted = yield Call(lambda: self._count(path))
        return Reply(213, str(counted))

    def _count(self, path: Path) -> int:
        """Off the reactor: the octets of a file in TYPE A."""
        source = self.directories.tree.open(path)
        try:
            return ascii_size(pieces_of(source))
        finally:
            source.close()

    @inside("MDTM", "Tell when a file was changed, in UTC.", syntax="file", reference="RFC 3659 3")
    def mdtm(self, argument: str) -> Steps:
        path = self.directories.listable(argument)
        entry: Entry = yield partial(self.directories.tree.entry, path)
        return Reply(213, time_value(entry.modified))

    @inside("MFMT", "Say when a file was changed.", syntax="time file", reference="draft-somers-ftp-mfxx 3.1")
    def mfmt(self, argument: str) -> Steps:
        time, name = split_words(argument, 2, "MFMT YYYYMMDDHHMMSS file (draft-somers-ftp-mfxx 3.1)")
        seconds = parse_time(time)
        path = self.directories.path(name)
        yield from self._set_time(path, seconds)
        return Reply(213, f"Modify={time_value(seconds)}; {show(path)}")

    @inside(
        "MFCT",
        "Say when a file was made, which is not kept here.",
        syntax="time file",
        reference="draft-somers-ftp-mfxx 3.2",
    )
    def mfct(self, _argument: str) -> Reply:
        raise Refused(502, "no time of creation is kept here: MFMT sets that of modification")

    def _set_time(self, path: Path, seconds: float) -> Steps:
        self.directories.permissions.check_write(path)
        yield partial(self.directories.tree.set_modified, path, seconds)
        return None

    @inside("SITE CHMOD", "Set permission bits, in octal.", syntax="mode file", reference="RFC 959 4.1.3")
    def chmod(self, argument: str) -> Steps:
        mode, name = split_words(argument, 2, "SITE CHMOD 644 file")
        if not MODE.fullmatch(mode):
            raise Refused(501, "the mode is three or four octal digits: SITE CHMOD 644 file", "syntax")
        path = self.directories.writable(name)
        yield partial(self.directories.tree.set_mode, path, int(mode, 8))
        return Reply(200, f"the mode of {show(path)} is {mode}")

    @inside(
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
        return Reply(200, f"the mask is {self.dialogue.memory.mask:03o} now")

    @inside("SITE UTIME", "Say when a file was changed, as MFMT does.", syntax="time file", reference="RFC 959 4.1.3")
    def utime(self, argument: str) -> Steps:
        if match := UNIX_TIMES.fullmatch(argument):
            time, name = match["modified"], match["path"]
        else:
            time, name = split_words(argument, 2, "SITE UTIME YYYYMMDDHHMMSS file")
        path = self.directories.path(name)
        yield from self._set_time(path, parse_time(time + "00" if len(time) == SHORT_TIME else time))
        return Reply(200, f"{show(path)} was changed then")


def parse_time(text: str) -> float:
    """A time of RFC 3659 2.3 as Unix time. Raises: Refused."""
    if TIME.fullmatch(text):
        try:
            moment = datetime(
                int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]),
                min(int(text[12:14]), 59), tzinfo=UTC,
            )  # fmt: skip
            return moment.timestamp() + float(f"0{text[14:]}")
        except ValueError:
            pass
    raise Refused(501, f"{text[:30]!r} is no time: YYYYMMDDHHMMSS in UTC (RFC 3659 2.3)", "syntax")
