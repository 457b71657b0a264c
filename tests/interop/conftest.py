"""Clients of other authors. Each must be installed, or its tests are skipped; in CI they must not be skipped."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import snippets
from tests.cli.conftest import Process
from tests.interop.epp_registry import EppRegistry
from tests.interop.imap_mail import ImapMail
from tests.interop.smtp_post import LETTER, Post

from homeport.protocol.faults import Do, Limit, Match, Plan
from homeport.services import find_service
from homeport.world.world import World

REQUIRED = os.environ.get("HOMEPORT_REQUIRE_INTEROP") == "1"
KILLS = int(os.environ.get("HOMEPORT_TEST_KILLS", "5"))
"""Number of kills in the tests that kill a farm."""
MOMENT = 1_792_008_000.0
"""The time of the world's clock: 2026-10-14T20:00:00Z, a Wednesday."""
ROOT = Path(__file__).parents[2]
ADMINISTRATOR_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
"""Debian has rdate and nmap's ncat outside the path of ordinary users."""


def lacking(reason: str) -> None:
    """Skip the test, or fail it where every client is required."""
    if REQUIRED:
        pytest.fail(f"{reason}, and HOMEPORT_REQUIRE_INTEROP=1 demands it: install it (see .ci/run)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def client() -> Callable[[str], str]:
    """The path of a client: `client("nc")`."""

    def find(name: str) -> str:
        path = shutil.which(name, path=ADMINISTRATOR_PATH)
        if path is None:
            lacking(f"there is no {name} on this machine")
        return path

    return find


def own_network() -> list[str]:
    """Return the command prefix for a network of its own; skip the test where there can be none."""
    namespace = snippets.network()
    if namespace is None:
        lacking("a network of one's own cannot be had here (unshare --net)")
    return namespace


@pytest.fixture
def in_own_network(tmp_path: Path, homeport_command: list[str]) -> Callable[..., str]:
    """Run a script of bash in a network of its own, with `homeport` as "$@"; return what it prints.

    variables: of its environment, which is that of a small system otherwise.
    """

    def run(script: str, **variables: str) -> str:
        small = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONPATH": str(ROOT / "servers"), "HOME": str(tmp_path)}
        done = subprocess.run(
            [*own_network(), "bash", "-c", script, "bash", *homeport_command],
            cwd=tmp_path,
            env={**small, "LC_ALL": "C.UTF-8", **variables},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


UNBOUND = """\
server:
    interface: 127.0.0.1@{port}
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    verbosity: 1
    do-daemonize: no
    do-not-query-localhost: no
    local-zone: "test." nodefault
    {lines}
remote-control:
    control-enable: no
"""


@pytest.fixture
def start_unbound(client, run, tmp_path) -> Iterator[Callable[..., Callable[..., str]]]:
    """Start a caching resolver, which asks a port for some zones; return a function that asks it by dig.

    lines: more of its section `server`.
    """
    daemons = []

    def start(asked_port: int, zones: Sequence[str], *lines: str) -> Callable[..., str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        stubs = [f'stub-zone:\n    name: "{name}"\n    stub-addr: 127.0.0.1@{asked_port}\n' for name in zones]
        config = tmp_path / "unbound.conf"
        text = UNBOUND.format(port=port, folder=tmp_path, lines="\n    ".join(lines))
        config.write_text("".join([text, *stubs]))
        daemon = subprocess.Popen([client("unbound"), "-c", config, "-d"], stderr=subprocess.PIPE, text=True)
        daemons.append(daemon)
        assert any("start of service" in line for line in daemon.stderr)

        def asked(*words: object) -> str:
            return run(client("dig"), "@127.0.0.1", "-p", port, "+time=30", "+tries=1", *words).decode()

        return asked

    yield start
    for daemon in daemons:
        with daemon:
            daemon.terminate()


@pytest.fixture
def netcat(client: Callable[[str], str]) -> str:
    """OpenBSD's nc; the traditional one and nmap's have other options."""
    path = client("nc")
    if "OpenBSD netcat" not in subprocess.run([path, "-h"], capture_output=True, text=True, check=False).stderr:
        lacking("nc is not OpenBSD's")
    return path


@pytest.fixture(scope="session")
def run() -> Callable[..., bytes]:
    """Run a client in English and UTC; return its output. The test fails if it fails, or hangs for a minute."""

    def run(*command: object, stdin: bytes = b"", timeout: float = 60) -> bytes:
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "PATH": ADMINISTRATOR_PATH}
        done = subprocess.run(
            [str(word) for word in command],
            input=stdin,
            capture_output=True,
            timeout=timeout,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    return run


@pytest.fixture
def run_on_terminal() -> Callable[..., bytes]:
    """Run a client on a terminal of its own until it ends by itself; return its output.

    script(1) is unsuitable: at the end of its standard input it may leave before the client, and close the terminal.
    """

    def run_on_terminal(*command: object) -> bytes:
        ours, theirs = os.openpty()
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "TERM": "xterm", "LINES": "24", "COLUMNS": "80"}
        words = [str(word) for word in command]
        shown = b""
        with (
            open(ours, "rb", buffering=0) as screen,  # noqa: PTH123 - a descriptor
            subprocess.Popen(
                words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
            ) as process,
        ):
            os.close(theirs)
            with suppress(OSError):  # the other end of the terminal is closed
                while part := screen.read(65536):
                    shown += part
            assert process.wait(60) == 0, shown.decode(errors="replace")
        return shown

    return run_on_terminal


@pytest.fixture
def still_farm(start_farm):
    """Every service, on free ports, in a world whose clock is frozen at MOMENT."""
    farm = start_farm()
    farm.call(lambda: (farm.world.clock.freeze(), farm.world.clock.set(MOMENT)))
    return farm


@dataclass
class Harbour:
    """A farm's FTP, which serves a folder: `home` is the directory that alice starts in."""

    farm: object
    root: Path
    home: Path
    port: int
    tls_port: int
    ca: Path

    def url(self, path: str = "", *, host: str = "127.0.0.1") -> str:
        """Return the URL of a path in alice's home."""
        return f"ftp://alice:alice-pass@{host}:{self.port}/{path}"

    def cut_next_store(self, octets: int, *, reset: bool = False) -> None:
        """Make the data connection of the next STOR end after N bytes."""
        plan = Plan(service="ftp", match=Match(verb="STOR"), do=Do(limit=Limit(bytes=octets, reset=reset)))
        self.farm.call(self.farm.world.faults.add, plan)

    def findings(self) -> set[str]:
        """Return the FTP findings so far."""
        world: World = self.farm.world
        return {name for name in self.farm.call(lambda: dict(world.findings.counts)) if name.startswith("ftp.")}


@pytest.fixture
def start_harbour(start_farm, tmp_path):
    """Start a farm with FTP alone, with these options."""

    def start(**options):
        root = tmp_path / "root"
        home = root / "home" / "alice"
        home.mkdir(parents=True)
        farm = start_farm("ftp", ftp={"root": str(root), "passive_ports": "0", **options})
        ca = tmp_path / "ca.pem"
        ca.write_bytes(Path(farm.farm.certificates.ca_file).read_bytes())
        return Harbour(farm, root, home, farm.port("ftp", "tcp"), farm.port("ftp", "tls"), ca)

    return start


@pytest.fixture
def harbour(start_harbour):
    """A farm with FTP alone."""
    return start_harbour()


@pytest.fixture
def fails():
    """Run a client that must fail; return its exit status."""

    def fails(*command: object, stdin: bytes = b"") -> int:
        words = [str(word) for word in command]
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "PATH": ADMINISTRATOR_PATH}
        done = subprocess.run(words, input=stdin, capture_output=True, timeout=60, env=environment, check=False)
        assert done.returncode
        return done.returncode

    return fails


@pytest.fixture
def letter() -> bytes:
    """A message with lines that begin with dots, and lines that are one dot."""
    return LETTER


@pytest.fixture
def letter_file(letter, tmp_path) -> Path:
    """The same message as a file."""
    path = tmp_path / "letter.eml"
    path.write_bytes(letter)
    return path


@pytest.fixture
def start_post(start_farm) -> Callable[..., Post]:
    """Start a farm with SMTP alone and these options; it requests client certificates."""

    def start(contents=None, data="", **options: object) -> Post:
        return Post(start_farm("smtp", contents=contents, data=data, smtp={"client_certificates": "ask", **options}))

    return start


@pytest.fixture
def post(start_post) -> Post:
    """A farm with SMTP in its default settings."""
    return start_post()


@pytest.fixture
def start_imap_mail(start_farm) -> Callable[..., ImapMail]:
    """Start a farm with IMAP and SMTP alone and these options of IMAP."""

    def start(data="", **options: object) -> ImapMail:
        return ImapMail(start_farm("imap", "smtp", data=data, imap=options))

    return start


@pytest.fixture
def imap_mail(start_imap_mail) -> ImapMail:
    """A farm with IMAP and SMTP in their default settings."""
    return start_imap_mail()


@pytest.fixture
def node_with(client: Callable[[str], str]) -> Callable[[str], str]:
    """Node, where it finds a package (NODE_PATH): `node_with("imapflow")`."""

    def find(package: str) -> str:
        node = client("node")
        if subprocess.run([node, "-e", f"require('{package}')"], capture_output=True, check=False).returncode:
            lacking(f"Node does not find {package} (NODE_PATH)")
        return node

    return find


@pytest.fixture
def certificate(run, homeport_command, tmp_path) -> Callable[[Post, str], Path]:
    """The file with a client certificate and its key, written by `homeport ca`."""

    def issue(post: Post, name: str) -> Path:
        path = tmp_path / f"{name}.pem"
        url = post.farm.farm.describe("default")["control"]
        run("env", "PYTHONPATH=servers", *homeport_command, "ca", "--client", name, "--out", path, "--url", url)
        return path

    return issue


@pytest.fixture
def on_default_ports(homeport_command, tmp_path) -> Callable[..., subprocess.CompletedProcess]:
    """Run a command where `homeport up` has the default ports, in its own network namespace; return the outcome."""
    namespace = own_network()
    programs = tmp_path / "programs"
    programs.mkdir()
    homeport = programs / "homeport"
    homeport.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT / "servers"} exec {shlex.join(homeport_command)} "$@"\n')
    homeport.chmod(0o755)
    script = f'{snippets.SCRIPT}start_farm homeport up >"$LOG" 2>&1 </dev/null || {{ cat "$LOG"; exit 1; }}\n"$@"\n'

    def run(*command: object, cwd: Path = tmp_path, timeout: float = 180, **more: str) -> subprocess.CompletedProcess:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")}
        environment = {**inherited, "LC_ALL": "C.UTF-8", **more, "LOG": str(tmp_path / "farm.log")}
        searched = [str(programs), environment.get("PATH", ""), str(Path(sys.executable).parent), ADMINISTRATOR_PATH]
        environment["PATH"] = os.pathsep.join(searched)
        words = [*namespace, "bash", "-c", script, "bash", *map(str, command)]
        with subprocess.Popen(
            words, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                out, err = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    return run


@pytest.fixture
def start_to_kill(homeport_command, tmp_path):
    """Start a farm with one service, on free ports, with its state in tmp_path: `start_to_kill("smtp")`."""
    processes = []

    def start(service: str) -> Process:
        declared = find_service(service)
        ports = {listener.option: 0 for listener in declared.listeners} | declared.free_ports
        free = [*(f"--set={service}.{key}={value}" for key, value in ports.items()), "--set=control.port=0"]
        processes.append(Process(homeport_command, "--data", tmp_path, "--services", service, "--quiet", *free))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


@pytest.fixture
def start_registry(start_farm, tmp_path) -> Callable[..., EppRegistry]:
    """Start a farm with EPP and Whois alone and these options of EPP; its clock is frozen."""

    def start(contents=None, **options: object) -> EppRegistry:
        farm = start_farm("epp", "whois", contents=contents, epp=options)
        farm.call(farm.world.clock.freeze)
        ca = tmp_path / "ca.pem"
        ca.write_bytes(Path(farm.farm.certificates.ca_file).read_bytes())
        return EppRegistry(farm, farm.port("epp", "tls"), ca)

    return start


@pytest.fixture
def registry(start_registry) -> EppRegistry:
    """A farm with EPP in its default settings."""
    return start_registry()
