"""FTP in tests: where to log in, and the files."""

from collections.abc import Iterator, MutableMapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from homeport.testing.errors import Refused
from homeport.testing.records import Event, Record
from homeport.testing.service import Listener, TlsService, in_thread
from homeport.testing.waiting import TIMEOUT

if TYPE_CHECKING:
    from homeport.testing.api import Api

MISSING = 404


class Ftp(TlsService):
    """FTP; `address`, `port` and `url` are those of the listener `tcp`, which offers AUTH TLS."""

    schemes: ClassVar = {"tcp": "ftp", "tls": "ftps"}

    @property
    def tcp(self) -> Listener:
        """The control connection's listener, AUTH TLS offered."""
        return self.listener("tcp")

    @property
    def tls(self) -> Listener:
        """The listener under TLS from the first octet."""
        return self.listener("tls")

    @property
    def files(self) -> "Files":
        """The world's tree of files, by path."""
        return Files(self._api, f"{self.world.path}/ftp/files")

    def transfers(self) -> list[Event]:
        """Files that were stored, retrieved or deleted, oldest first: what, path, octets, complete."""
        return self.events("file")

    def wait_for(
        self, path: str, what: str = "store", *, timeout: float | timedelta = TIMEOUT, since: int = 0
    ) -> bytes:
        """The content of a file as soon as it has been stored in whole, which may have been before.

        path: from the root. what: another event of files, such as `retrieve` or `delete`; then the content is empty if
        there is none any more.

        Raises: TimedOut.
        """
        wanted = "/" + path.strip("/")

        def done(event: Event) -> bool:
            return event["path"] == wanted and event["what"] == what and bool(event["complete"])

        self.world.wait_for_events(1, "file", text=wanted, timeout=timeout, since=since, accept=done)
        return self.files.get(path, b"")

    async def wait_for_async(self, path: str, what: str = "store", **options: Any) -> bytes:
        """`wait_for` for asyncio: the loop goes on meanwhile."""
        return await in_thread(self.wait_for, path, what, **options)


class Files(MutableMapping[str, bytes]):
    """Every file by its path from the root, without the slash at its beginning: `files["pub/tides.txt"]`."""

    def __init__(self, api: "Api", path: str) -> None:
        self._api = api
        self._path = path

    def __getitem__(self, path: str) -> bytes:
        try:
            return self._api.fetch(self._place(path))
        except Refused as error:
            raise _key_error(path, error) from None

    def __setitem__(self, path: str, content: bytes | str) -> None:
        """Directories on its way are made; a text goes as UTF-8."""
        self._api.upload(self._place(path), content.encode() if isinstance(content, str) else content)

    def __delitem__(self, path: str) -> None:
        """A file, or an empty directory."""
        try:
            self._api.send("DELETE", self._place(path))
        except Refused as error:
            raise _key_error(path, error) from None

    def __iter__(self) -> Iterator[str]:
        """Every file, directory by directory."""
        return self._walk("")

    def __len__(self) -> int:
        return sum(1 for _path in self)

    def __contains__(self, path: object) -> bool:
        """Whether there is such a file."""
        parent, _slash, name = str(path).strip("/").rpartition("/")
        try:
            return any(one["name"] == name and one["kind"] != "directory" for one in self.list(parent))
        except KeyError:
            return False

    def list(self, path: str = "") -> list[Record]:
        """What a directory holds, by name: name, kind, size, modified, mode.

        Raises: KeyError if there is no such directory.
        """
        try:
            return [
                Record(one) for one in self._api.get(self._place(path) + "/" if path else self._path + "/")["items"]
            ]
        except Refused as error:
            raise _key_error(path, error) from None

    def text(self, path: str) -> str:
        """A file as a text in UTF-8."""
        return self[path].decode()

    def _walk(self, path: str) -> Iterator[str]:
        for one in self.list(path):
            inner = f"{path}/{one['name']}" if path else str(one["name"])
            if one["kind"] == "directory":
                yield from self._walk(inner)
            elif one["kind"] == "file":
                yield inner

    def _place(self, path: str) -> str:
        return f"{self._path}/{quote(path.strip('/'), errors='surrogateescape')}"


def _key_error(path: str, error: Refused) -> Exception:
    return KeyError(path) if error.status == MISSING else error
