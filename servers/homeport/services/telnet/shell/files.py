"""Commands about the world's files: files (ls), cat, cd, pwd. They read, and change nothing.

A person sees what FTP shows to them: everything outside the homes of others. The tree resolves links before it asks, so
that a link leads nowhere else; no path leads out of its root.
"""

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from homeport.protocol.effects import Call, Log
from homeport.services.telnet.script import SENT, Steps
from homeport.services.telnet.shell.commands import Refused, command
from homeport.services.telnet.shell.moments import date_and_time
from homeport.visible import visible_line, visible_text
from homeport.world.files import Access, Entry, FileProblem, FileTree, Path
from homeport.world.homes import home_of, homes_of

if TYPE_CHECKING:
    from homeport.services.telnet.shell.session import Shell

PIECE_BYTES = 32 << 10
"""Bytes of a file that are read at once."""
MAX_ENTRIES = 5000
"""Entries of a directory that are listed."""
KINDS = {"directory": "d", "file": "-", "link": "l"}


class Files:
    """The files as one person sees them."""

    __slots__ = ("_homes", "_login", "_world", "directory", "home")

    def __init__(self, shell: "Shell") -> None:
        world = shell.world
        self._login = shell.person.login
        self._homes = homes_of(world)
        self._world = world
        self.directory: Path = ()
        """The working directory."""
        self.home = home_of(shell.person)

    def path(self, text: str) -> Path:
        """Return the path for a pathname: absolute, relative to the working directory, or to the home (`~`)."""
        base = () if text.startswith("/") else self.directory
        if text == "~" or text.startswith("~/"):
            base, text = self.home, text[1:]
        parts = list(base)
        for name in text.split("/"):
            if name == "..":
                del parts[-1:]
            elif name not in ("", "."):
                parts.append(name)
        return tuple(parts)

    def entry(self, path: Path) -> Entry:
        """Return an entry; may block. Raises: FileProblem."""
        return self._tree().entry(path)

    def list(self, path: Path) -> list[Entry]:
        """Return the entries to show for a path: those of a directory, or the file itself; may block.

        Raises: FileProblem.
        """
        tree = self._tree()
        entry = tree.entry(path)
        return list(islice(tree.entries(path), MAX_ENTRIES + 1)) if entry.kind == "directory" else [entry]

    def read(self, path: Path, offset: int) -> bytes:
        """Return some bytes of a file from an offset on; empty at its end. It may block. Raises: FileProblem."""
        source = self._tree().open(path, offset)
        try:
            return source.read(PIECE_BYTES)
        finally:
            source.close()

    def _tree(self) -> FileTree:
        """Return the tree as that person sees it. Raises: FileProblem."""
        return self._world.files.guarded(self._guard)

    def _guard(self, access: Access, path: Path) -> None:
        """Refuse everything but reading outside the homes of others; on any thread. Raises: FileProblem."""
        self._homes.follow_changes()
        owners = self._homes.owners(path)
        if access not in ("list", "read"):
            raise FileProblem("denied", "files cannot be changed here")
        if owners and self._login not in owners:
            raise FileProblem("denied", f"permission denied: only {' and '.join(sorted(owners))} may enter this home")


def _off_reactor(work: Callable[[], Any]) -> Steps:
    """Do work that may block in the thread pool. Returns: its result. Raises: Refused."""
    try:
        return (yield Call(work))
    except FileProblem as problem:
        raise Refused(visible_line(problem.text)) from None


def list_files(shell: "Shell", words: Sequence[str]) -> Steps:
    """List a directory."""
    path = shell.files.path(words[0] if words else "")
    entries = yield from _off_reactor(partial(shell.files.list, path))
    lines = (f"{_line(one)}" for one in entries[:MAX_ENTRIES])
    if (yield from shell.page(lines)) and len(entries) > MAX_ENTRIES:
        shell.write(f"... and more: only {MAX_ENTRIES} are shown\n")


command("files", "[folder]", "list files, which are those of FTP", most=1)(list_files)
command("ls", "[folder]", "list files", most=1)(list_files)


def _line(entry: Entry) -> str:
    mode = KINDS[entry.kind] + "".join(
        letter if entry.mode >> (8 - at) & 1 else "-" for at, letter in enumerate("rwxrwxrwx")
    )
    name = visible_line(entry.name)
    target = f" -> {visible_line(entry.target)}" if entry.kind == "link" else ""
    slash = "/" if entry.kind == "directory" else ""
    return f"{mode} {entry.size:>10} {date_and_time(entry.modified)} {name}{slash}{target}"


@command("cat", "file...", "print files", most=10)
def cat(shell: "Shell", words: Sequence[str]) -> Steps:
    """Print files; bytes that are no text are shown as escapes."""
    if not words:
        raise Refused("which file? write cat file")
    for word in words:
        path = shell.files.path(word)
        entry = yield from _off_reactor(partial(shell.files.entry, path))
        if entry.kind == "directory":
            raise Refused(f"{visible_line(word)} is a directory")
        if not (yield from _cat(shell, path)):
            return


def _cat(shell: "Shell", path: Path) -> Steps:
    """Print a file piece by piece. Returns: False if the user has ended it."""
    decoder = getincrementaldecoder("utf-8")("replace")
    offset, begun = 0, ""
    pager = shell.pager()
    while data := (yield from _off_reactor(partial(shell.files.read, path, offset))):
        offset += len(data)
        *lines, begun = (begun + decoder.decode(data)).split("\n")
        if len(begun) > PIECE_BYTES:
            lines, begun = [*lines, begun], ""
        if not (yield from pager.show(_shown(lines))):
            return False
        yield SENT
    place = "/" + "/".join(path)
    fields = {"what": "retrieve", "path": visible_line(place), "octets": offset, "complete": True}
    shell.script.terminal.perform(Log("file", fields))
    rest = begun + decoder.decode(b"", final=True)
    return (yield from pager.show(_shown([rest] if rest else [])))


def _shown(lines: Sequence[str]) -> Iterator[str]:
    return (visible_text(line.removesuffix("\r").expandtabs()).replace("\n", " ") for line in lines)


@command("cd", "[folder]", "change the working directory", most=1)
def change_directory(shell: "Shell", words: Sequence[str]) -> Steps:
    """Change the working directory."""
    path = shell.files.path(words[0] if words else "~")
    entry = yield from _off_reactor(partial(shell.files.entry, path))
    if entry.kind != "directory":
        raise Refused(f"{visible_line(words[0])} is no directory")
    shell.files.directory = path


@command("pwd", "", "print the working directory")
def print_directory(shell: "Shell", _words: Sequence[str]) -> Steps:
    """Print the working directory."""
    shell.write(f"{visible_line('/' + '/'.join(shell.files.directory))}\n")
    yield from ()
