"""Access to the world's files: as anonymous has it in FTP (RFC 1635), because TFTP has no log-in.

Everything outside the homes of people may be read, but not the upload folder. Writing is off, unless `write` allows it.
Rights apply to what is reached after symbolic links, not to how it is named.
"""

from homeport.services.tftp.options import TftpOptions
from homeport.services.tftp.packets import ACCESS
from homeport.services.tftp.request import BadRequest
from homeport.world.files import Access, FileProblem, FileTree, Path
from homeport.world.homes import below, fold, homes_of
from homeport.world.world import World

MAX_NAME_BYTES = 255
MAX_DEPTH = 128


def path_of(name: str, *, lenient: bool = False) -> tuple[Path, tuple[str, ...]]:
    """Return the path of a file name in a request, and findings. lenient: backslashes are separators.

    Raises: BadRequest for one that leads out of the tree, or cannot be a name.
    """
    findings: list[str] = []
    if "\\" in name:
        findings.append("backslash")
        if lenient:
            name = name.replace("\\", "/")
    path: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not path:
                raise BadRequest(ACCESS, "the name leads out of the tree", (*findings, "path-traversal"))
            del path[-1]
        elif part not in ("", "."):
            path.append(part)
    if len(path) > MAX_DEPTH or any(len(part.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES for part in path):
        raise BadRequest(ACCESS, "the name is too long", tuple(findings))
    return tuple(path), tuple(findings)


def show(path: Path) -> str:
    """Return a path as an absolute pathname."""
    return "/" + "/".join(path)


class Rights:
    """Rights of clients to the files of a world."""

    def __init__(self, world: World, options: TftpOptions) -> None:
        self._homes = homes_of(world)
        self._write = options.write
        self._folder: Path = tuple(options.upload.split("/")[1:])
        self._world = world

    def tree(self) -> FileTree:
        """Return the world's tree as clients may use it. Reads the disk. Raises: FileProblem."""
        self._homes.follow_links([self._folder] if self._folder else [])
        return self._world.files.guarded(self._guard)

    @property
    def fresh(self) -> bool:
        """True if no file may be replaced."""
        return self._write != "replace"

    def check(self, access: Access, path: Path) -> None:
        """Check access to a path. Raises: FileProblem."""
        if owners := self._homes.owners(path):
            raise FileProblem("denied", f"only {' and '.join(sorted(owners))} may enter this home")
        if access == "read" and self._in_upload(path):
            raise FileProblem("denied", "the upload folder cannot be read")
        if access not in ("list", "read") and not self._may_write(path):
            raise FileProblem("denied", self._refusal)

    def _guard(self, access: Access, path: Path) -> None:
        self._homes.follow_changes()
        self.check(access, path)

    def _may_write(self, path: Path) -> bool:
        if self._write == "upload":
            return self._in_upload(path[:-1])
        return self._write != "no"

    def _in_upload(self, path: Path) -> bool:
        folders = {fold(self._folder), fold(self._homes.reached(self._folder))} if self._folder else ()
        return any(below(fold(path), folder) for folder in folders)

    @property
    def _refusal(self) -> str:
        if self._write == "upload":
            return f"only new files in {show(self._folder)} may be written"
        return "writing is off ([tftp] write)"
