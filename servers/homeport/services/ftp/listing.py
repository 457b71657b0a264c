"""Listings: LIST and NLST (RFC 959 4.1.3, RFC 1123 4.1.2.7), MLSD and MLST (RFC 3659 7), STAT of a path."""

from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any, cast

import msgspec

from homeport.protocol.effects import Call
from homeport.protocol.waiting import Steps
from homeport.services.ftp.channel import Channels
from homeport.services.ftp.content import MemorySource
from homeport.services.ftp.dialogue import FtpDialogue, after_login
from homeport.services.ftp.directories import Directories
from homeport.services.ftp.globs import ListingArgument, parse_listing_argument
from homeport.services.ftp.listings import FORMATS
from homeport.services.ftp.listings.mlsx import Subject, mlsd_lines, mlst_line
from homeport.services.ftp.listings.nlst import nlst_lines
from homeport.services.ftp.lookup import MAX_ENTRIES_AT_ONCE, Found, look_up
from homeport.services.ftp.pathnames import show
from homeport.services.ftp.replies import Refused, Reply
from homeport.services.ftp.representation import sending_listing
from homeport.services.ftp.transfer import Transferring
from homeport.world.files import Entry, FileProblem, FileTree, Path

TOO_MANY = b"too many"
MAX_STATUS_ENTRIES = 1000
"""Maximum number of entries in the reply to STAT, which is built in one piece."""
Serialize = Callable[[Found, Iterable[Entry]], bytes]


class Listing(msgspec.Struct, eq=False):
    """Commands that list directories, on data connections and in replies."""

    dialogue: FtpDialogue
    directories: Directories
    channels: Channels
    transferring: Transferring

    @after_login(
        "LIST", "Show a directory or a file in human-readable form.", syntax="[pathname]", reference="RFC 959 4.1.3"
    )
    def list(self, argument: str) -> Steps:
        wanted = self._wanted(argument)
        over = self.channels.connection()
        found, content = yield from self._render(wanted, self._lines())
        return (yield from self._send_listing(found.path, content, over))

    @after_login(
        "NLST", "Show the names in a directory, usable by RETR.", syntax="[directory]", reference="RFC 959 4.1.3"
    )
    def nlst(self, argument: str) -> Steps:
        wanted = self._wanted(argument)
        over = self.channels.connection()
        found, content = yield from self._render(
            wanted, lambda found, entries: b"".join(nlst_lines(entries, found.prefix))
        )
        return (yield from self._send_listing(found.path, content, over))

    @after_login("MLSD", "Show a directory in machine-readable form.", syntax="[directory]", reference="RFC 3659 7")
    def mlsd(self, argument: str) -> Steps:
        path = self.directories.listable(argument or ".")
        over = self.channels.connection()
        itself: Entry = yield partial(self.directories.tree.entry, path)
        if itself.kind != "directory":
            raise Refused(501, f"{show(path)} is not a directory: use MLST for files (RFC 3659 7.2.1)")
        parent = None
        if path:
            with suppress(FileProblem):  # a home may be within the home of another person
                parent = yield partial(self.directories.tree.entry, path[:-1])
        perms = {id(itself): path, id(parent): path[:-1]}
        subject = self._subject(lambda entry: perms.get(id(entry), (*path, entry.name)))
        facts = self.dialogue.memory.facts

        def serialize(_found: Found, entries: Iterable[Entry]) -> bytes:
            return b"".join(mlsd_lines(entries, facts, subject, itself=itself, parent=parent))

        found, content = yield from self._render(ListingArgument("a", argument), serialize)
        return (yield from self._send_listing(found.path, content, over))

    @after_login(
        "MLST", "Show facts about one file or directory, in the reply.", syntax="[pathname]", reference="RFC 3659 7"
    )
    def mlst(self, argument: str) -> Steps:
        path = self.directories.listable(argument or ".")
        yield from self.directories.check_slash(argument, path)
        entry: Entry = yield partial(self.directories.tree.entry, path)
        line = mlst_line(entry, show(path), self.dialogue.memory.facts, self._subject(lambda _entry: path))
        return Reply(250, f"listing\n{line.decode('utf-8', 'surrogateescape')}\nend")

    def list_status(self, argument: str) -> Steps:
        """Execute STAT with a pathname: the listing is in the reply (RFC 959 4.1.3)."""
        lines = self._lines()

        def serialize(found: Found, entries: Iterable[Entry]) -> bytes:
            few = list(islice(entries, MAX_STATUS_ENTRIES + 1))
            return lines(found, few) if len(few) <= MAX_STATUS_ENTRIES else TOO_MANY

        # Off the reactor even if small, as many of these commands fit into one turn.
        found, content = yield from self._render(self._wanted(argument), serialize, quick=False)
        if content == TOO_MANY:
            raise Refused(450, f"more than {MAX_STATUS_ENTRIES} entries: use LIST")
        shown = content.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        code = 213 if found.kind == "file" else 212
        return Reply(code, f"status of {show(found.path)}\n{shown}end of status")

    def _subject(self, path_of: Any) -> Subject:
        permissions = self.directories.permissions
        return Subject(lambda entry: permissions.letters(path_of(entry), entry))

    def _wanted(self, argument: str) -> ListingArgument:
        wanted = parse_listing_argument(argument)
        if wanted.options:
            self.dialogue.report("list-options", argument.encode("utf-8", "surrogateescape"))
        return wanted

    def _lines(self) -> Serialize:
        """Return the function that formats a listing as LIST does."""
        now, lines = self.dialogue.context.world.clock.now(), FORMATS[self.dialogue.options.listing].lines
        return lambda _found, entries: b"".join(lines(entries, now))

    def _render(
        self, wanted: ListingArgument, serialize: Serialize, *, quick: bool = True
    ) -> Generator[Any, Any, tuple[Found, bytes]]:
        """Look up an argument and format its entries; if many, off the reactor. Raises: Refused, FileProblem."""
        path, tree = self.directories.listable(wanted.name or "."), self.directories.tree
        directory = self.dialogue.memory.directory
        if quick and not tree.blocks:
            rendered = yield partial(render, tree, directory, path, wanted, serialize, MAX_ENTRIES_AT_ONCE)
            if rendered is not None:
                return cast("tuple[Found, bytes]", rendered)
        work = partial(render, tree, directory, path, wanted, serialize)
        rendered = yield Call(work)
        return cast("tuple[Found, bytes]", rendered)

    def _send_listing(self, path: Path, content: bytes, over: Any) -> Steps:
        has = self.dialogue.memory.parameters
        convert = sending_listing(*has.form, level=has.level)
        return (yield from self.transferring.send("list", path, MemorySource(content), convert, over))


def render(
    tree: FileTree, directory: Path, path: Path, wanted: ListingArgument, serialize: Serialize, most: int = 0
) -> tuple[Found, bytes] | None:
    """Look up an argument and format its entries; may run on any thread. most: return None above it; 0: no limit."""
    found = look_up(tree, directory, path, wanted, quick=most > 0)
    if found is None:
        return None
    entries = found.entries
    if most:
        entries = list(islice(entries, most + 1))
        if len(entries) > most:
            return None
    return found, serialize(found, entries)
