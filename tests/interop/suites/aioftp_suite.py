"""Has the tests of aioftp run against Homeport: what stands for `aioftp.Server` in them starts a world with FTP.

A plugin of the pytest that runs them (`-p aioftp_suite`). What a test asks of aioftp's server, a user, a limit, a reply of
its own, is asked of Homeport by configuration and faults; what cannot be asked of it is in NOT_APPLICABLE.
"""

import tempfile
from pathlib import Path
from typing import Any, ClassVar

import aioftp
import pytest
from selection import deselect

ANY_PASSWORD = "anon@"  # noqa: S105 - what aioftp's client gives when it is told none
NOT_APPLICABLE: dict[str, list[str]] = {}


class Server:
    """Stands for `aioftp.Server`: as much of its interface as tests use that are not about it."""

    farm: ClassVar[Any] = None

    def __init__(self, users: Any = None, **wanted: Any) -> None:
        self.users = users or [aioftp.User()]
        self.wanted = wanted
        self.commands_mapping = Replies(self)
        self.world: Any = None

    async def start(self, host: str) -> None:
        """Serve on that address of the loopback."""
        self._folder = tempfile.TemporaryDirectory()
        self._root = Path(self._folder.name)
        config = {"ftp": self._options(), "people": [self._person(user) for user in self.users]}
        if "maximum_connections" in self.wanted:
            config["limits"] = {"connections": self.wanted["maximum_connections"]}
        self.world = self.farm.world(services=["ftp"], config=config)
        self.server_host, self.server_port = self.address = (host, self.world.ftp.port)
        self._plan()

    def _options(self) -> dict[str, Any]:
        options = {"root": str(self._root), "anonymous": False, "passive_ports": "0", "login_delay": "0s"}
        if address := self.wanted.get("ipv4_pasv_forced_response_address"):
            options["masquerade"] = self.ipv4_pasv_forced_response_address = address
        if most := max(user.maximum_connections or 0 for user in self.users):
            options["sessions_per_user"] = most
        return options

    def _person(self, user: Any) -> dict[str, str]:
        home = str(user.home_path)
        (self._root / home.lstrip("/")).mkdir(parents=True, exist_ok=True)
        login = user.login or "anonymous"
        return {"login": login, "name": login, "password": user.password or ANY_PASSWORD, "home": home}

    def _plan(self) -> None:
        """Plan what is to go wrong, or to be said in other words."""
        ftp = self.world.ftp
        if text := self.wanted.get("welcome_message"):
            ftp.fail("CONNECT", 220, text)
        if text := self.wanted.get("system_type"):
            ftp.fail("SYST", 215, text)
        match getattr(self.wanted.get("path_io_factory"), "__name__", ""):
            case "SlowReadMemoryPathIO":
                ftp.fail("RETR", bandwidth=50_000)
            case "SlowListMemoryPathIO":
                (self._root / "test.txt").touch()
                for number in range(100):
                    (self._root / f"test{number}.txt").touch()
                ftp.fail("MLSD", bandwidth=5_000)
            case "OsErrorPathIO":
                ftp.fail("STOR", 451)
            case "FakeErrorPathIO":
                ftp.fail("MLSD", 451)

    async def close(self) -> None:
        """End; also a second time."""
        if self.world is not None:
            self.world.close()
            self._folder.cleanup()


class Replies(dict[str, Any]):
    """Stands for the table of the server's commands: what a test puts there becomes a fault."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __setitem__(self, verb: str, handler: Any) -> None:
        plan = self._server.world.ftp.fail
        said = Said()
        try:
            handler(said, "").send(None)
        except StopIteration:
            plan(verb.upper(), int(said.code), said.text, times=0)
        except AssertionError:  # the command must not come
            plan(verb.upper(), reset=True, times=0)

    def pop(self, verb: str, *_default: Any) -> None:
        """Forget a command."""
        self._server.world.ftp.fail(verb.upper(), 502, times=0)


class Said:
    """Stands for a connection: remembers what a handler replies."""

    code = "500"
    text = ""

    def response(self, code: str, text: str = "") -> None:
        """The reply."""
        self.code, self.text = code, text


def pytest_configure() -> None:
    """Before a conftest of aioftp looks for it."""
    aioftp.Server = Server


@pytest.fixture(scope="session", autouse=True)
def homeport_for_aioftp(homeport_farm):
    """Where worlds are made."""
    Server.farm = homeport_farm


def pytest_collection_modifyitems(config, items):
    """Leave out what needs no server, and what is not applicable."""
    deselect(config, items, {"pair_factory"}, NOT_APPLICABLE)
