"""API operations on the files of a world, which FTP serves: read, list, write, rename and remove by path.

A path is names between slashes, each percent-encoded byte by byte. The API is not subject to the access rights of FTP.
A body has at most 10 MiB and an answer 64 MiB: use FTP for larger files.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote, unquote

import msgspec
from msgspec import Meta

from homeport.control.downloads import OCTETS, download
from homeport.control.farm import Farm
from homeport.control.file_writers import Writer, read_writers
from homeport.control.operation import JSON, WORLD, Document, Operation, PendingAnswer, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Steps
from homeport.control.times import shown_time
from homeport.world.files import Entry, FileProblem, FileProblemKind, FileTree, Path
from homeport.world.journal import valid_text

MAX_READ = 64 << 20
MAX_WALKED = 100_000
"""Entries of a tree that a recursive list passes."""
REMEDY: dict[FileProblemKind, str] = {
    "missing": "; list its folder to see what is there",
    "not empty": "; remove its content first",
    "no directory": "; a file cannot hold others, choose another path",
    "exists": "; remove it first, or choose another name",
}
"""Advice on each problem."""
STATUS: dict[FileProblemKind, HTTPStatus] = {
    "missing": HTTPStatus.NOT_FOUND,
    "no directory": HTTPStatus.NOT_FOUND,
    "bad name": HTTPStatus.BAD_REQUEST,
}
"""Status by problem; 409 for all others."""

Result = TypeVar("Result")


class FileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file, a directory or a symbolic link."""

    name: str
    kind: Literal["file", "directory", "link"]
    size: Annotated[int, Meta(description="bytes")]
    modified: str
    mode: Annotated[str, Meta(description="permission bits, octal")]
    target: Annotated[str, Meta(description="target of a link")] = ""
    path: Annotated[str, Meta(description="its path below the listed directory, in a recursive list")] = ""
    writer: Annotated[
        Writer | None, Meta(description="who wrote it last, with `writers`, as far as the journal goes back")
    ] = None
    encoded: Annotated[str, Meta(description="its name as in a URL, if `name` is not all of it: it is no UTF-8")] = ""


class FileQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "What to read of a file, or to list of a directory."

    offset: Annotated[int, Meta(ge=0, description="bytes of a file to leave out at its start")] = 0
    length: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="maximum bytes of a file to return; all if omitted")
    ] = None
    recursive: Annotated[
        bool, Meta(description="list everything below a directory, each folder before its content; no link is followed")
    ] = False
    since: Annotated[int, Meta(ge=0, description="number of entries to leave out: `next` of the page before")] = 0
    limit: Annotated[int, Meta(ge=1, le=10_000, description="maximum entries of a page")] = 10_000
    writers: Annotated[bool, Meta(description="say of each file who wrote it last")] = False


class Renaming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "Where to move a file, a directory or a link."

    to: Annotated[
        str,
        Meta(min_length=1, max_length=4096, description="new path from the root, percent-encoded as in a URL"),
    ]


class Directory(msgspec.Struct, frozen=True):
    """The entries of a directory, sorted by name."""

    items: list[FileState]
    total: int
    next: int | None = None


class Stored(msgspec.Struct, frozen=True):
    meaning = "The file was written."

    path: str
    size: int


def file(farm: Farm, request: Request) -> Any:
    path, query = path_of(request), request.query

    def read(tree: FileTree, writers: Mapping[str, Writer]) -> Document:
        if tree.entry(path).kind == "directory":
            return Document(JSON, msgspec.json.encode(listed(tree, path, query, writers)))
        octets = octets_of(tree, path, query)
        return download(octets, OCTETS, path[-1])

    def steps() -> Generator[None, None, Any]:
        writers = (yield from read_writers(world_of(farm, request).world.journal)) if query.writers else {}
        return off_reactor(farm, request, lambda tree: read(tree, writers), slow=query.recursive)

    return Steps(farm, steps())


def listed(tree: FileTree, path: Path, query: FileQuery, writers: Mapping[str, Writer]) -> Directory:
    """Return a page of the entries of a directory, or of all below it."""
    found = walk(tree, path) if query.recursive else (((), entry) for entry in tree.entries(path))
    items: list[FileState] = []
    total = 0
    for below, entry in found:
        total += 1
        if total > MAX_WALKED:
            raise ProblemError(HTTPStatus.CONFLICT, f"there are over {MAX_WALKED} files: list folders one by one")
        if query.since < total <= query.since + query.limit:
            names = (*path, *below, entry.name)
            writer = None if entry.kind == "directory" else writers.get("/" + valid_text("/".join(names)))
            items.append(shown(entry, (*below, entry.name) if query.recursive else (), writer))
    end = query.since + query.limit
    return Directory(items, total, end if end < total else None)


def walk(tree: FileTree, path: Path) -> Iterator[tuple[Path, Entry]]:
    """Yield the entries below a directory, each with the names from it to the folder of the entry."""
    folders = [(path, tree.entries(path))]
    while folders:
        folder, entries = folders[-1]
        entry = next(entries, None)
        if entry is None:
            folders.pop()
            continue
        yield folder[len(path) :], entry
        if entry.kind == "directory":
            with suppress(FileProblem):  # it was removed, or must not be read
                folders.append((here := (*folder, entry.name), tree.entries(here)))


def octets_of(tree: FileTree, path: Path, query: FileQuery) -> bytes:
    """Return the octets of a file, or of a range of it. Raise ProblemError, 409, if they are too many."""
    source = tree.open(path, query.offset)
    try:
        left = source.size if query.length is None else min(source.size, query.length)
        if left > MAX_READ:
            text = f"the file has {left} bytes, and the API reads at most {MAX_READ}: fetch it by FTP, or a part of it"
            raise ProblemError(HTTPStatus.CONFLICT, f"{text} (offset, length)")
        pieces = []
        while left > 0 and (piece := source.read(min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)
    finally:
        source.close()


def put_file(farm: Farm, request: Request) -> Any:
    path, content = path_of(request), request.body

    def write(tree: FileTree) -> Stored:
        make_parents(tree, path)
        sink = tree.create(path)
        try:
            sink.write(content)
        except BaseException:
            sink.drop()
            raise
        sink.commit()
        return Stored("/" + valid_text("/".join(path)), len(content))

    return off_reactor(farm, request, write, logging(farm, request, "store", len(content)))


def delete_file(farm: Farm, request: Request) -> Any:
    path = path_of(request)

    def remove(tree: FileTree) -> None:
        if tree.entry(path, follow=False).kind == "directory":
            tree.remove_directory(path)
        else:
            tree.remove(path)

    return off_reactor(farm, request, remove, logging(farm, request, "delete", 0))


def make_directory(farm: Farm, request: Request) -> Any:
    path = path_of(request)

    def make(tree: FileTree) -> None:
        make_parents(tree, path)
        tree.make_directory(path)

    return off_reactor(farm, request, make, logging(farm, request, "mkdir", 0))


def rename_file(farm: Farm, request: Request) -> Any:
    path, to = path_of(request), parse_path(request.body.to.removeprefix("/"))

    def rename(tree: FileTree) -> None:
        if path and to[: len(path)] == path and to != path:
            raise FileProblem("denied", "a directory cannot be moved into itself")
        make_parents(tree, to)
        tree.rename(path, to)

    return off_reactor(farm, request, rename, logging(farm, request, "rename", 0, to="/" + valid_text("/".join(to))))


def path_of(request: Request) -> Path:
    """Return the path of a request. Raises: ProblemError if it is malformed."""
    return parse_path(request.parameters["path"])


def parse_path(raw: str) -> Path:
    """Parse a path; a final slash, which marks a directory, is optional. Raises: ProblemError if it is malformed."""
    names = tuple(unquote(part, errors="surrogateescape") for part in raw.removesuffix("/").split("/")) if raw else ()
    if any(name in ("", ".", "..") or "/" in name or "\0" in name for name in names):
        text = "a path is names between single slashes, without . and .., each percent-encoded"
        raise ProblemError(HTTPStatus.BAD_REQUEST, text)
    return names


def make_parents(tree: FileTree, path: Path) -> None:
    """Create the missing parent directories of a file."""
    for depth in range(1, len(path)):
        try:
            tree.make_directory(path[:depth])
        except FileProblem as problem:
            if problem.kind != "exists":
                raise


def off_reactor(
    farm: Farm,
    request: Request,
    work: Callable[[FileTree], Result],
    then: Callable[[Result], None] = lambda _result: None,
    *,
    slow: bool = False,
) -> Result | PendingAnswer:
    """Run work on a world's files, off the reactor if they may block, or if it is slow.

    then: called on the reactor afterwards.
    """
    try:
        tree = world_of(farm, request).world.files
        if not (tree.blocks or slow):
            result = work(tree)
            then(result)
            return result
    except FileProblem as problem:
        raise refused(problem, request) from None
    later = PendingAnswer()

    def done(result: Any, error: Exception | None) -> None:
        if error is None:
            then(result)
        later.answer(refused(error, request) if isinstance(error, FileProblem) else error or result)

    farm.call_off(lambda: work(tree), done)
    return later


def refused(problem: FileProblem, request: Request) -> ProblemError:
    """Convert a file problem to an HTTP problem that names the file."""
    shown = "/" + valid_text("/".join(path_of(request)))
    if isinstance(request.body, Renaming):
        shown += " to /" + valid_text("/".join(parse_path(request.body.to.removeprefix("/"))))
    text = f"{problem.kind}: {shown}: {problem.text}{REMEDY.get(problem.kind, '')}"
    return ProblemError(STATUS.get(problem.kind, HTTPStatus.CONFLICT), text)


def logging(farm: Farm, request: Request, what: str, size: int, **more: str) -> Callable[[Any], None]:
    """Return a callback that logs a change in the same form as a transfer."""
    journal = world_of(farm, request).world.journal
    begin = journal.real()
    fields = {"what": what, "path": "/" + valid_text("/".join(path_of(request))), "octets": size, **more}

    def log(_answer: object) -> None:
        seconds = round(max(journal.real() - begin, 0.0), 6)
        journal.log(None, "file", fields | {"seconds": seconds, "complete": True, "reason": ""})

    return log


def shown(entry: Entry, path: Path = (), writer: Writer | None = None) -> FileState:
    """Convert an entry to its API form. path: below the listed directory, in a recursive list."""
    name = valid_text(entry.name)
    return FileState(
        name,
        entry.kind,
        entry.size,
        shown_time(entry.modified),
        f"{entry.mode:04o}",
        valid_text(entry.target),
        valid_text("/".join(path)),
        writer,
        "" if name == entry.name else quote(entry.name, safe="", errors="surrogateescape"),
    )


FILE, DIRECTORY = f"{WORLD}/ftp/files/{{path}}", f"{WORLD}/ftp/directories/{{path}}"
CONFLICT = (HTTPStatus.CONFLICT,)
OPERATIONS = (
    Operation(
        method="GET",
        path=FILE,
        rest="path",
        summary="The bytes of a file, or the entries of a directory",
        description="Return the bytes of a file, or a range of them; or the entries of a directory as JSON, with\n"
        "`recursive` everything below it.",
        handler=file,
        cli="homeport files get {path}",
        query=FileQuery,
        python="homeport.ftp.files[{path}]",
        answer=str,
        media_type=OCTETS,
        other_types=(JSON,),
        problems=CONFLICT,
    ),
    Operation(
        method="PUT",
        path=FILE,
        rest="path",
        summary="Write a file of at most 10 MiB and create its directories",
        description="Write a file and create its parent directories; an existing file is replaced atomically.",
        handler=put_file,
        cli="homeport files put - {path}",
        octets=True,
        answer=Stored,
        problems=CONFLICT,
    ),
    Operation(
        method="POST",
        path=FILE,
        rest="path",
        summary="Rename a file, a directory or a link",
        description="Move a file, a directory or a symbolic link to a new path, whose directories are created;\n"
        "a file at that path is replaced.",
        handler=rename_file,
        cli="homeport files rename {path} {to}",
        body=Renaming,
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        problems=CONFLICT,
    ),
    Operation(
        method="PUT",
        path=DIRECTORY,
        rest="path",
        summary="Create a directory",
        description="Create a directory and its parent directories.",
        handler=make_directory,
        cli="homeport files mkdir {path}",
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        problems=CONFLICT,
    ),
    Operation(
        method="DELETE",
        path=FILE,
        rest="path",
        summary="Remove a file or an empty directory",
        description="Remove a file, a symbolic link or an empty directory.",
        handler=delete_file,
        cli="homeport files remove {path}",
        python="del homeport.ftp.files[{path}]",
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        problems=CONFLICT,
    ),
)
