"""Access to a world's files without a login: to what anonymous may read over FTP (RFC 1635).

That is everything outside the homes of people; the content of FTP's upload folder can be listed, but not read. Rights
apply to what is reached after symbolic links, and not to how it is named.
"""

from homeport.world.files import Access, FileProblem, FileTree, Path
from homeport.world.homes import Homes, below, fold, homes_of
from homeport.world.world import World


class PublicFiles:
    """The files of a world for clients without a login. Its methods read the disk: not for the reactor."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._homes: Homes = homes_of(world)
        # A world without FTP has the folder too.
        upload = getattr(world.options.get("ftp"), "upload", "/incoming")
        self._upload: Path = tuple(part for part in upload.split("/") if part)

    def tree(self) -> FileTree:
        """Return the tree, guarded by `check`. Raises: FileProblem."""
        tree = self._world.files
        self._homes.follow_links([self._upload] if self._upload else [])
        return tree.guarded(self.check)

    def check(self, access: Access, path: Path) -> None:
        """Raise FileProblem unless a client without a login has this access to a path that an operation reaches."""
        self._homes.follow_changes()
        if owners := self._homes.owners(path):
            raise FileProblem("denied", f"permission denied: this is the home of {' and '.join(sorted(owners))}")
        if access not in ("list", "read"):
            raise FileProblem("denied", "permission denied: these files can only be read here")
        if access == "read" and self._in_upload(path):
            raise FileProblem("denied", "permission denied: what is uploaded can be listed, but not read (RFC 1635)")

    def _in_upload(self, path: Path) -> bool:
        if not self._upload:
            return False
        folders = {fold(self._upload), fold(self._homes.reached(self._upload))}
        return any(below(fold(path), folder) for folder in folders)
