"""Listings: LIST and NLST (RFC 959 4.1.3, RFC 1123 4.1.2.7), MLSD and MLST (RFC 3659 7), STAT of a path."""

from collections.abc import Generator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from homeport.protocol.waiting import Steps
from homeport.services.ftp.channel import Channels
from homeport.services.ftp.content import MemorySource
from homeport.services.ftp.dialogue import FtpDialogue, inside
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.globs import ListingArgument, listing_argument, matcher, split_pattern
from homeport.services.ftp.listings import FORMATS
from homeport.services.ftp.listings.mlsx import Subject, mlsd_lines, mlst_line
from homeport.services.ftp.listings.nlst import nlst_lines
from homeport.services.ftp.pathnames import BadPathname, show
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.representation import sending_listing
from homeport.services.ftp.transfer import Transferring
from homeport.world.files import Entry, FileProblem, Path


class Found(NamedTuple):
    """What a listing is about."""

    path: Path
    entry: Entry
    """What is at the path."""
    entries: list[Entry]
    """What is shown: what is in the directory, or the file alone."""


class Listing(msgspec.Struct, eq=False):
    """Directories as they are shown, on data connections and in replies."""

    dialogue: FtpDialogue
    directories: Directories
    channels: Channels
    transferring: Transferring

    @inside("LIST", "Show a directory, or a file, for people.", syntax="[pathname]", reference="RFC 959 4.1.3")
    def list(self, argument: str) -> Steps:
        wanted = self._wanted(argument)
        over = self.channels.connection()
        found = yield from self._find_entries(wanted)
        return (yield from self._send_listing(found, self._list_lines(found), over))

    @inside(
        "NLST", "Show the names in a directory, as RETR takes them.", syntax="[directory]", reference="RFC 959 4.1.3"
    )
    def nlst(self, argument: str) -> Steps:
        wanted = self._wanted(argument)
        over = self.channels.connection()
        found = yield from self._find_entries(wanted)
        directory, pattern = self._split(wanted.name)
        if found.entry.kind != "directory" and not pattern:
            directory = wanted.name.rpartition("/")[0] + ("/" if "/" in wanted.name else "")
        content = b"".join(nlst_lines(found.entries, directory))
        return (yield from self._send_listing(found, content, over))

    @inside("MLSD", "Show a directory for programs.", syntax="[directory]", reference="RFC 3659 7")
    def mlsd(self, argument: str) -> Steps:
        path = self.directories.listable(argument or ".")
        over = self.channels.connection()
        found: Found = yield partial(self._look, path, ListingArgument("a", ""), "")
        if found.entry.kind != "directory":
            raise Refused(501, f"{show(path)} is no directory: MLST shows files (RFC 3659 7.2.1)")
        parent = None
        if path:
            parent = yield partial(self.directories.tree.entry, path[:-1])
        perms = {id(found.entry): path, id(parent): path[:-1]}
        subject = self._subject(lambda entry: perms.get(id(entry), (*path, entry.name)))
        facts = self.dialogue.memory.facts
        content = b"".join(mlsd_lines(found.entries, facts, subject, itself=found.entry, parent=parent))
        return (yield from self._send_listing(found, content, over))

    @inside(
        "MLST", "Show one file or directory for programs, in the reply.", syntax="[pathname]", reference="RFC 3659 7"
    )
    def mlst(self, argument: str) -> Steps:
        path = self.directories.listable(argument or ".")
        entry: Entry = yield partial(self.directories.tree.entry, path)
        line = mlst_line(entry, show(path), self.dialogue.memory.facts, self._subject(lambda _entry: path))
        return Reply(250, f"listing\n{line.decode('utf-8', 'surrogateescape')}\nend")

    def list_status(self, argument: str) -> Steps:
        """STAT with a pathname: the listing in the reply (RFC 959 4.1.3)."""
        found = yield from self._find_entries(self._wanted(argument))
        lines = self._list_lines(found).decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        code = 212 if found.entry.kind == "directory" else 213
        return Reply(code, f"status of {show(found.path)}\n{lines}end of status")

    def _subject(self, path_of: Any) -> Subject:
        permissions = self.directories.permissions
        return Subject(lambda entry: permissions.letters(path_of(entry), entry))

    def _wanted(self, argument: str) -> ListingArgument:
        wanted = listing_argument(argument)
        if wanted.options:
            self.dialogue.find("list-options", argument.encode("utf-8", "surrogateescape"))
        return wanted

    def _split(self, name: str) -> tuple[str, str]:
        try:
            return split_pattern(name)
        except BadPathname as bad:
            raise Refused(501, str(bad), "bad-pathname") from None

    def _find_entries(self, wanted: ListingArgument) -> Generator[Any, Any, Found]:
        """What an argument of LIST means. Raises: Refused, FileProblem."""
        directory, pattern = self._split(wanted.name)
        path = self.directories.listable(directory or ".")
        found: Found = yield partial(self._look, path, wanted, pattern)
        return found

    def _look(self, path: Path, wanted: ListingArgument, pattern: str) -> Found:
        """On any thread: read the directory."""
        entry = self.directories.tree.entry(path)
        if entry.kind != "directory":
            if pattern:
                raise FileProblem("no directory", show(path))
            return Found(path, entry, [entry])
        matches = matcher(pattern or "*", hidden=wanted.hidden)
        return Found(path, entry, [one for one in self.directories.tree.entries(path) if matches(one.name)])

    def _list_lines(self, found: Found) -> bytes:
        now = self.dialogue.context.world.clock.now()
        return b"".join(FORMATS[self.dialogue.options.listing].lines(found.entries, now))

    def _send_listing(self, found: Found, content: bytes, over: Any) -> Steps:
        has = self.dialogue.memory.parameters
        convert = sending_listing(*has.form, level=has.level)
        return (yield from self.transferring.send("list", found.path, MemorySource(content), convert, over))
