"""Has the tests of aioftp run against Homeport: what stands for `aioftp.Server` in them starts a world with FTP.

A plugin of the pytest that runs them (`-p aioftp_suite`). What a test asks of aioftp's server, a user, a limit, a reply
of its own, is asked of Homeport by configuration and faults; what cannot be asked of it is in NOT_APPLICABLE.
"""

import tempfile
from pathlib import Path
from typing import Any, ClassVar

import aioftp
import async_timeout
import found
import pytest
from selection import deselect

ANY_PASSWORD = "anon@"
PATIENCE = 20
"""Factor of the time limits of the tests; none expects one to be exceeded."""
NOT_APPLICABLE = {
    "it looks into aioftp's own server": [
        "test_connection.py::test_pasv_connection_ports_not_added",
        "test_connection.py::test_pasv_connection_ports",
        "test_connection.py::test_data_ports_remains_empty",
        "test_connection.py::test_pasv_connection_port_reused",
        "test_connection.py::test_pasv_connection_no_free_port",
        "test_connection.py::test_pasv_connection_busy_port",
        "test_connection.py::test_pasv_connection_busy_port2",
        "test_connection.py::test_bad_sublines_seq",
        "test_corner_cases.py::test_bad_server_path_io",
        "test_list_fallback.py::test_client_list_override_with_custom",
        "test_list_fallback.py::test_client_list_override_with_custom_last",
        "test_passive.py::test_passive_multicall",
        "test_throttle.py::test_server_side_throttle",
    ],
    "it plans what happens at a command that FTP does not have, which Homeport refuses": [
        "test_corner_cases.py::test_server_side_exception",
    ],
    "aioftp's server lets anybody in as anonymous, under any name": ["test_login.py::test_login_with_login_data"],
    "rights by folder are aioftp's": ["test_permissions.py::test_permission_overriden"],
    "500 is what RFC 959 5.4 has for an unknown command, aioftp's server has 502": [
        "test_connection.py::test_not_implemented"
    ],
    "501 is what RFC 959 5.4 has for a wrong argument, aioftp's server has 502 and 522": [
        "test_corner_cases.py::test_bad_type_value",
        "test_corner_cases.py::test_epsv_extra_arg",
    ],
    "530 is what RFC 959 5.4 has for a client that is not logged in, aioftp's server has 503": [
        "test_login.py::test_client_list_override"
    ],
    "PBSZ and PROT without TLS get 503 (RFC 4217 4), aioftp's server takes them": [
        "test_corner_cases.py::test_pbsz",
        "test_corner_cases.py::test_prot",
    ],
    "PASV over IPv6 gets 522 (as RFC 2428 has it for EPRT), aioftp's server has 503": [
        "test_corner_cases.py::test_server_ipv6_pasv"
    ],
    "a server that is stopped says 421 before it closes (RFC 959 5.4), aioftp's server does not": [
        "test_connection.py::test_server_shutdown"
    ],
    "it has a second connection made to a passive port, and wins only if that comes before the port is closed": [
        "test_connection.py::test_closing_passive_connection"
    ],
    "MKD makes one directory (RFC 959 4.1.3), aioftp's server makes those above it as well": [
        "test_directory_actions.py::test_create_directory_long_no_parents"
    ],
    "MLSD of a file gets 501 (RFC 3659 7.2.1), LIST of one its line (RFC 959 4.1.3), in aioftp's server neither": [
        "test_file.py::test_mlsd_file",
        "test_list_fallback.py::test_client_fallback_to_list_at_list",
    ],
    "there is no fact `create`: POSIX does not know it": ["test_file.py::test_stat_mlst"],
    "REST beyond the end gets 554 (RFC 3659 5.3), APPE behind REST 503; aioftp's server takes both": [
        "test_restart.py::test_restart_retr[127.0.0.1-10]",
        "test_restart.py::test_restart_retr[::1-10]",
        "test_restart.py::test_restart_stor_appe[127.0.0.1-upload_stream-10]",
        "test_restart.py::test_restart_stor_appe[::1-upload_stream-10]",
        "test_restart.py::test_restart_stor_appe[127.0.0.1-append_stream-1]",
        "test_restart.py::test_restart_stor_appe[127.0.0.1-append_stream-3]",
        "test_restart.py::test_restart_stor_appe[127.0.0.1-append_stream-10]",
        "test_restart.py::test_restart_stor_appe[::1-append_stream-1]",
        "test_restart.py::test_restart_stor_appe[::1-append_stream-3]",
        "test_restart.py::test_restart_stor_appe[::1-append_stream-10]",
    ],
    "what is behind the octets of a restarted STOR is not kept; RFC 3659 5.3 leaves it undefined": [
        "test_restart.py::test_restart_stor_appe[127.0.0.1-upload_stream-1]",
        "test_restart.py::test_restart_stor_appe[::1-upload_stream-1]",
    ],
    "siosocks loses what comes in one segment with the proxy's reply: Homeport's greeting": [
        "test_client_side_socks.py::test_socks_success"
    ],
    "TYPE and PASV may come between REST and its transfer, as most clients have it": [
        "test_restart.py::test_restart_reset"
    ],
}


OVERRIDDEN = {"user": "user", "pass": "pass_", "acct": "acct", "custom": "custom"}
"""Commands, and the methods of classes that tests derive from the server."""


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
        options = self._options()
        people = [] if options["anonymous"] else [self._person(user) for user in self.users]
        config = {"ftp": options, "people": people}
        if "maximum_connections" in self.wanted:
            config["limits"] = {"connections": self.wanted["maximum_connections"]}
        self.world = self.farm.world(services=["ftp"], config=config)
        self.server_host, self.server_port = self.address = (host, self.world.ftp.port)
        self._plan()

    def _options(self) -> dict[str, Any]:
        reads_only = not any(one.writable for user in self.users for one in user.permissions)
        options = {"root": str(self._root), "anonymous": reads_only, "passive_ports": "0", "login_delay": "0s"}
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
        for verb, method in OVERRIDDEN.items():
            if hasattr(self, method):
                self.commands_mapping[verb] = getattr(self, method)

    async def close(self) -> None:
        """End; also a second time."""
        if self.world is not None:
            world, self.world = self.world, None
            found.close(world)
            self._folder.cleanup()


class Replies(dict[str, Any]):
    """Stands for the table of the server's commands: what a test puts there becomes a fault."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def __setitem__(self, verb: str, handler: Any) -> None:
        if self._server.world is None:  # a method, which is planned at the start
            return
        plan = self._server.world.ftp.fail
        said = Said()
        try:
            handler(said, "").send(None)
        except StopIteration:
            plan(verb.upper(), int(said.code), said.text, times=0)
        except (AssertionError, RuntimeError):  # the command must not come, or ends the connection
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


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Before the conftest of aioftp imports them."""
    aioftp.Server = Server
    # Each test has one second in all, which a busy machine may take for one reply.
    patient = async_timeout.timeout
    async_timeout.timeout = lambda delay: patient(PATIENCE * delay)


@pytest.fixture(scope="session", autouse=True)
def homeport_for_aioftp(homeport_farm):
    """URL at which worlds are created."""
    Server.farm = homeport_farm


def pytest_collection_modifyitems(config, items):
    """Leave out what needs no server, and what is not applicable."""
    deselect(config, items, {"pair_factory"}, NOT_APPLICABLE)
