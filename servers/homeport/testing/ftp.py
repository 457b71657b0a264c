"""FTP in tests: the address, the logins, and the files."""

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
ATTRIBUTES = ("chmod", "touch")


class Ftp(TlsService):
    """FTP; `address`, `port` and `url` are those of the listener `tcp`, which offers AUTH TLS."""

    schemes: ClassVar = {"tcp": "ftp", "tls": "ftps"}

    @property
    def tcp(self) -> Listener:
        """The control connection's listener, with AUTH TLS."""
        return self.listener("tcp")

    @property
    def tls(self) -> Listener:
        """The listener for implicit TLS."""
        return self.listener("tls")

    @property
    def files(self) -> "Files":
        """The world's tree of files, by path."""
        return Files(self._api, f"{self.world.path}/ftp/files")

    def transfers(self) -> list[Event]:
        """Return the files stored, retrieved, deleted or renamed, oldest first: what, path, octets, complete.

        Changes of attributes (`chmod`, `touch`) are left out.
        """
        return [event for event in self.events("file") if event["what"] not in ATTRIBUTES]

    def wait_for(
        self, path: str, what: str = "store", *, timeout: float | timedelta = TIMEOUT, since: int = 0
    ) -> bytes:
        """Wait until a file has been stored completely, and return its content. Earlier transfers count.

        path: from the root. what: another file event, such as `retrieve`, `delete` or `rename`; then the content is
        empty if the file has gone.

        Raises: TimedOut.
        """
        wanted = "/" + path.strip("/")

        def done(event: Event) -> bool:
            return event["path"] == wanted and event["what"] == what and bool(event["complete"])

        self.world.wait_for_events(1, "file", text=wanted, timeout=timeout, since=since, accept=done)
        return self.files.get(path, b"")

    async def wait_for_async(self, path: str, what: str = "store", **options: Any) -> bytes:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, path, what, **options)


class Files(MutableMapping[str, bytes]):
    """The files by path from the root, without a leading slash: `files["pub/tides.txt"]`."""

    def __init__(self, api: "Api", path: str) -> None:
        self._api = api
        self._path = path

    def __getitem__(self, path: str) -> bytes:
        try:
            return self._api.fetch(self._place(path))
        except Refused as error:
            raise _key_error(path, error) from None

    def __setitem__(self, path: str, content: bytes | str) -> None:
        """Store a file and create its directories; a string is stored as UTF-8."""
        self._api.upload(self._place(path), content.encode() if isinstance(content, str) else content)

    def __delitem__(self, path: str) -> None:
        """Delete a file, or an empty directory."""
        try:
            self._api.send("DELETE", self._place(path))
        except Refused as error:
            raise _key_error(path, error) from None

    def __iter__(self) -> Iterator[str]:
        """Yield every file, directory by directory."""
        return self._walk("")

    def __len__(self) -> int:
        return sum(1 for _path in self)

    def __contains__(self, path: object) -> bool:
        """True if there is such a file."""
        parent, _slash, name = str(path).strip("/").rpartition("/")
        try:
            return any(one["name"] == name and one["kind"] != "directory" for one in self.list(parent))
        except KeyError:
            return False

    def list(self, path: str = "") -> list[Record]:
        """Return the entries of a directory by name: name, kind, size, modified, mode.

        Raises: KeyError if there is no such directory.
        """
        try:
            return [
                Record(one) for one in self._api.get(self._place(path) + "/" if path else self._path + "/")["items"]
            ]
        except Refused as error:
            raise _key_error(path, error) from None

    def text(self, path: str) -> str:
        """Return a file's content as UTF-8 text."""
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
