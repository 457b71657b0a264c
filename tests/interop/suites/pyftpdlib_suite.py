"""Has the functional tests of pyftpdlib run against Homeport: a class that takes the place of its server in a thread.

A plugin of the pytest that runs them (`-p pyftpdlib_suite`). Attributes that a test sets on pyftpdlib's handler or
server become the configuration of a world; what cannot be configured is in NOT_APPLICABLE. Replies are compared by
their code, not by pyftpdlib's words.
"""

import ftplib
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import found
import pytest
from selection import deselect

NOT_APPLICABLE = {
    "it looks into pyftpdlib's own server, or replaces a part of it": [
        "TestCallbacks",
        "test_error_on_callback",
        "test_ioloop_fileno",
        "test_repr",
        "test_permit_foreign_address_false",
        "test_permit_foreign_address_true",
        "test_sendfile_fails",
        "test_stou_max_tries",
        "test_unforeseen_time_event",
    ],
    "it compares words of pyftpdlib's replies": [
        "test_eprt",
        "test_eprt_v6",
        "test_idle_data_timeout2",
        "test_idle_timeout",
        "test_opts_feat",
        "test_port_v4",
        "test_site_help",
        "test_stat",
    ],
    "PORT and EPRT name an address to which a transfer connects (RFC 959 3.2); pyftpdlib connects at once": [
        "test_active_conn_error",
        "test_port_race_condition",
        "test_stou",
        "TestIPv6MixedEnvironment::test_eprt_v4",
    ],
    "ABOR behind a finished command gets 226 and needs no login (RFC 959 4.1.3, 5.4), in pyftpdlib 225 and 530": [
        "test_abor_no_data",
        "test_abor_pasv",
        "test_abor_port",
        "test_auth_cmds",
    ],
    "it sends Telnet IP without IAC, and IAC without DM (RFC 959 4.1.3)": ["test_oob_abor"],
    "the reply to QUIT, REIN and USER waits for that of the transfer (RFC 959 4.1.1), in pyftpdlib it does not": [
        "test_quit_during_transfer",
        "test_rein_during_transfer",
        "test_user_during_transfer",
    ],
    "421 is what RFC 2577 5 has before the connection is closed after wrong passwords, pyftpdlib has 530": [
        "test_auth_failed",
        "test_max_auth",
        "test_max_login_attempts",
    ],
    "the name `anonymous` is taken in any case, as by vsftpd": ["test_anon_auth"],
    "RFC 959 5.3 has the syntax: ALLO a number, CWD a name, TYPE L 8; NOOP with an argument is a finding": [
        "test_allo",
        "test_cwd",
        "test_no_arg_cmds",
        "test_type",
    ],
    "Homeport has MODE B and C, STRU R, and in TYPE A REST and SIZE; pyftpdlib has not": [
        "test_mode",
        "test_rest",
        "test_size",
        "test_stru",
    ],
    "MDTM of a directory gets its time (RFC 3659 3 leaves it open)": ["test_mdtm"],
    "REST before APPE and STOU gets 503 (RFC 3659 5.3), in pyftpdlib 450": ["test_appe_rest", "test_stou_rest"],
    "MLSD has `cdir` and `pdir` (RFC 3659 7.5.1) and no `unix.uid`": ["test_mlsd", "test_mlsd_all_facts"],
    "a passive port waits as long as the session; pyftpdlib has a timeout until the command comes": [
        "test_data_timeout",
        "test_idle_data_timeout1",
        "test_pasv_timeout",
    ],
    "the timeout of data connections cannot be disabled": [
        "test_disabled_data_timeout",
        "test_disabled_pasv_timeout",
        "test_disabled_port_timeout",
    ],
    "pyftpdlib counts listening sockets as connections": ["test_max_connections"],
    "file names are UTF-8 (RFC 2640), and 256.256.256.256 is no address": ["test_encoding", "test_masquerade_address"],
    "where every passive port is in use, 425; pyftpdlib takes one that a firewall does not pass": [
        "test_passive_ports",
        "test_passive_ports_busy",
    ],
    "which ports of this machine may be named is an option, beside those below 1024": [
        "test_eprt_v4",
        "test_permit_privileged_ports",
    ],
    "REIN ends TLS on the control connection (RFC 4217 11), in pyftpdlib it does not": [
        "test_functional_ssl.py::test_rein",
        "test_functional_ssl.py::test_no_auth_cmds",
    ],
    "TLS that is demanded by 550, and a feature AUTH SSL, are pyftpdlib's (RFC 4217 has 534 and 521, and TLS)": [
        "TestFTPS::test_feat",
        "test_tls_control_required",
        "test_tls_data_required",
    ],
    "they are the same tests again with another part of pyftpdlib's own server": [
        "TestFtpRetrieveDataCustomIO",
        "TestFtpRetrieveDataNoSendfile",
        "TestFtpStoreDataNoSendfile",
        "TestFtpStoreDataWithCustomIO",
    ],
}
EXPECTED_CODE = re.compile(r"\d{3}")
raises = pytest.raises


def raises_by_code(expected: Any, *arguments: Any, match: Any = None, **more: Any) -> Any:
    """Return `pytest.raises` that compares no more than the reply code."""
    code = EXPECTED_CODE.match(match or "")
    return raises(expected, *arguments, match=code and code[0], **more)


class Reply(str):
    """A reply that equals every other one of its code."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self[:3] == other[:3]

    __hash__ = str.__hash__


class Server:
    """Stands for `FtpdThreadWrapper`: a world, from `start` to `stop`, that serves the current directory."""

    farm: ClassVar[Any] = None
    handler: ClassVar[Any] = None

    def __init__(self, addr: tuple[str, int] | None = None) -> None:
        self.host = addr[0] if addr else "127.0.0.1"
        self.server = SimpleNamespace(max_cons=0, max_cons_per_ip=0)
        self.world: Any = None

    def start(self) -> None:
        """Serve with what has been set on the handler and the server by now."""
        tests = sys.modules["tests"]
        people = [{"login": tests.USER, "name": "Test", "password": tests.PASSWD, "home": "/"}]
        config = {"ftp": self._options(), "limits": self._limits(), "people": people}
        self.world = self.farm.world(services=["ftp"], config=config)
        self.port = self.world.ftp.port
        if self.handler.banner != "pyftpdlib ready.":
            self.world.ftp.fail("CONNECT", 220, self.handler.banner)

    def _options(self) -> dict[str, Any]:
        handler = self.handler
        ports = handler.passive_ports or [0]
        data = min(handler.dtp_handler.timeout, handler.passive_dtp.timeout, handler.active_dtp.timeout)
        return {
            "root": str(Path.cwd()), "anonymous": True,
            "passive_ports": f"{min(ports)}-{max(ports)}", "low_ports": handler.permit_privileged_ports,
            "masquerade": handler.masquerade_address_map or handler.masquerade_address or "",
            "login_delay": seconds(handler.auth_failed_timeout), "login_failures": handler.max_login_attempts,
            "timeout": seconds(handler.timeout), "data_timeout": seconds(data),
        }  # fmt: skip

    def _limits(self) -> dict[str, Any]:
        most, per_peer = self.server.max_cons, self.server.max_cons_per_ip
        return {"connections": most or 10_000, "connections_per_peer": per_peer or 100, "exempt": []}

    def stop(self) -> None:
        """End; also a second time."""
        if self.world is not None:
            world, self.world = self.world, None
            found.close(world)
        sys.modules["tests"].reset_server_opts()


def seconds(value: float) -> str:
    """Return a duration as configuration files have it."""
    return f"{round(value * 1000)}ms"


def pytest_configure() -> None:
    """Before a test is imported."""
    pytest.raises = raises_by_code
    read = ftplib.FTP.getmultiline
    ftplib.FTP.getmultiline = lambda client: Reply(read(client))


def pytest_plugin_registered(plugin, plugin_name):
    """Put our server into their package once pytest has loaded it, before the tests import it from there."""
    if Path(plugin_name or "").name == "conftest.py":
        tests = sys.modules["tests"]
        Server.handler = tests.FTPHandler
        tests.FtpdThreadWrapper = Server


@pytest.fixture(scope="session", autouse=True)
def homeport_for_pyftpdlib(homeport_farm):
    """The farm in which worlds are created."""
    Server.farm = homeport_farm


def pytest_collection_modifyitems(config, items):
    """Leave out what is not applicable, and the tests of one module that another only imports."""
    items[:] = [item for item in items if item.cls.__module__ == item.module.__name__]
    deselect(config, items, {"homeport_for_pyftpdlib"}, NOT_APPLICABLE)
