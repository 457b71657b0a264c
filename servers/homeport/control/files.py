"""The files of a world, as FTP shows them: read, written and removed by their paths.

A path is names between slashes, each percent-encoded; octets that are no UTF-8 are encoded as they are. The API may do
what no user of FTP may. A body is at most 10 MiB and an answer 64 MiB long: what is larger goes by FTP.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from homeport.control.downloads import OCTETS, download
from homeport.control.farm import Farm
from homeport.control.operation import JSON, WORLD, Document, Later, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.times import shown_time
from homeport.world.files import FileProblem, FileTree, Path, Trouble

READ_MOST = 64 << 20
STATUS: dict[Trouble, HTTPStatus] = {
    "missing": HTTPStatus.NOT_FOUND,
    "no directory": HTTPStatus.NOT_FOUND,
    "bad name": HTTPStatus.BAD_REQUEST,
}
"""How troubles are answered; the others are conflicts with how things stand."""

Result = TypeVar("Result")


class FileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file, a directory or a symbolic link."""

    name: str
    kind: Literal["file", "directory", "link"]
    size: Annotated[int, Meta(description="octets")]
    modified: str
    mode: Annotated[str, Meta(description="permission bits, octal")]
    target: Annotated[str, Meta(description="where a link leads")] = ""


class Directory(msgspec.Struct, frozen=True):
    """What a directory holds, by name."""

    items: list[FileState]
    total: int
    next: int | None = None


class Stored(msgspec.Struct, frozen=True):
    meaning = "A file that was written."

    path: str
    size: int


def file(farm: Farm, request: Request) -> Any:
    path = path_of(request)

    def read(tree: FileTree) -> Document | Directory:
        if tree.entry(path).kind == "directory":
            items = [shown(one) for one in tree.entries(path)]
            return Document(JSON, msgspec.json.encode(Directory(items, len(items))))
        source = tree.open(path)
        try:
            if source.size > READ_MOST:
                text = f"the file has {source.size} octets, and the API reads {READ_MOST} at most: fetch it by FTP"
                raise ProblemError(HTTPStatus.CONFLICT, text)
            octets = b"".join(iter(lambda: source.read(1 << 20), b""))
        finally:
            source.close()
        return download(octets, OCTETS, path[-1])

    return off_reactor(farm, request, read, lambda _answer: None)


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
        sink.keep()
        return Stored("/" + printable("/".join(path)), len(content))

    return off_reactor(farm, request, write, logging(farm, request, "store", len(content)))


def delete_file(farm: Farm, request: Request) -> Any:
    path = path_of(request)

    def remove(tree: FileTree) -> None:
        if tree.entry(path, follow=False).kind == "directory":
            tree.remove_directory(path)
        else:
            tree.remove(path)

    return off_reactor(farm, request, remove, logging(farm, request, "delete", 0))


def path_of(request: Request) -> Path:
    """The path that a request names; a slash at its end says that it is a directory, and may be left out.

    Raises: ProblemError if it is malformed.
    """
    raw = request.parameters["path"]
    names = tuple(unquote(part, errors="surrogateescape") for part in raw.removesuffix("/").split("/")) if raw else ()
    if any(name in ("", ".", "..") or "/" in name or "\0" in name for name in names):
        text = "a path is names between single slashes, without . and .., each percent-encoded"
        raise ProblemError(HTTPStatus.BAD_REQUEST, text)
    return names


def make_parents(tree: FileTree, path: Path) -> None:
    """Make the directories on the way to a file that are not there."""
    for depth in range(1, len(path)):
        try:
            tree.make_directory(path[:depth])
        except FileProblem as problem:
            if problem.trouble != "exists":
                raise


def off_reactor(
    farm: Farm, request: Request, work: Callable[[FileTree], Result], then: Callable[[Result], None]
) -> Result | Later:
    """Work on a world's files, off the reactor where they may stall. then: what follows, on the reactor."""
    try:
        tree = world_of(farm, request).world.files
        if not tree.blocks:
            result = work(tree)
            then(result)
            return result
    except FileProblem as problem:
        raise refused(problem) from None
    later = Later()

    def done(result: Any, error: Exception | None) -> None:
        if error is None:
            then(result)
        later.answer(refused(error) if isinstance(error, FileProblem) else error or result)

    farm.call_off(lambda: work(tree), done)
    return later


def refused(problem: FileProblem) -> ProblemError:
    """The same as an answer."""
    return ProblemError(STATUS.get(problem.trouble, HTTPStatus.CONFLICT), f"{problem.trouble}: {problem.text}")


def logging(farm: Farm, request: Request, what: str, size: int) -> Callable[[Any], None]:
    """What follows a change: have the journal tell of it as it does of a transfer."""
    journal = world_of(farm, request).world.journal
    begin = journal.real()
    fields = {"what": what, "path": "/" + printable("/".join(path_of(request))), "octets": size}

    def log(_answer: object) -> None:
        seconds = round(max(journal.real() - begin, 0.0), 6)
        journal.log(None, "file", fields | {"seconds": seconds, "complete": True, "reason": ""})

    return log


def printable(text: str) -> str:
    """Text as JSON has it; octets that are no UTF-8 are shown by their numbers."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shown(entry: Any) -> FileState:
    """An entry as the API shows it."""
    return FileState(
        printable(entry.name),
        entry.kind,
        entry.size,
        shown_time(entry.modified),
        f"{entry.mode:04o}",
        printable(entry.target),
    )


FILE = f"{WORLD}/ftp/files/{{path}}"
CONFLICT = (HTTPStatus.CONFLICT,)
OPERATIONS = (
    Operation(
        method="GET",
        path=FILE,
        rest="path",
        summary="The octets of a file, or what a directory holds",
        handler=file,
        answer=str,
        media_type=OCTETS,
        other_types=(JSON,),
        problems=CONFLICT,
    ),
    Operation(
        method="PUT",
        path=FILE,
        rest="path",
        summary="Write a file of at most 10 MiB; directories on its way are made",
        description="Write a file, and the directories on its way; one that is there is replaced at once.",
        handler=put_file,
        octets=True,
        answer=Stored,
        problems=CONFLICT,
    ),
    Operation(
        method="DELETE",
        path=FILE,
        rest="path",
        summary="Remove a file or an empty directory",
        description="Remove a file, a symbolic link or an empty directory.",
        handler=delete_file,
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        problems=CONFLICT,
    ),
)
