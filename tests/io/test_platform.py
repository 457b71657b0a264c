"""Differences between systems: every code path gives the same result, and errors of macOS are handled."""

import errno
import fcntl
import os
import resource
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.io import platform
from homeport.io.net import refusing as down

ROOT = Path(__file__).parents[2]


@pytest.fixture
def without(monkeypatch):
    """Remove names: `without(os, "O_PATH")`."""

    def take(module, *names):
        for name in names:
            monkeypatch.delattr(module, name, raising=False)

    return take


@pytest.fixture
def folder(tmp_path):
    """Return the descriptor of a folder with a file and a link to it."""
    (tmp_path / "file").write_bytes(b"octets")
    (tmp_path / "link").symlink_to("file")
    fd = os.open(tmp_path, os.O_RDONLY)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("names", [[], ["O_PATH"]])
def test_modes_of_files_change_and_those_of_links_do_not(without, folder, names):
    without(os, *names)
    platform.change_mode(folder, b"file", 0o640)
    assert stat.S_IMODE(os.stat("file", dir_fd=folder).st_mode) == 0o640
    platform.change_mode(folder, b"file", 0o000)  # what cannot be read can be given its mode back
    platform.change_mode(folder, b"file", 0o600)
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        platform.change_mode(folder, b"link", 0o777)
    assert stat.S_IMODE(os.stat("file", dir_fd=folder).st_mode) == 0o600


@pytest.mark.parametrize("names", [[], ["copy_file_range"]])
def test_files_are_copied_from_where_they_stand(without, tmp_path, names):
    without(os, *names)
    content = os.urandom(3 << 20)
    (tmp_path / "source").write_bytes(content)
    with (
        (tmp_path / "source").open("rb", buffering=0) as source,
        (tmp_path / "target").open("wb", buffering=0) as target,
    ):
        source.seek(5)
        copied = platform.copy_some(source.fileno(), target.fileno(), 10)
        assert copied == 10
        while platform.copy_some(source.fileno(), target.fileno(), 1 << 24):
            pass
    assert (tmp_path / "target").read_bytes() == content[5:]


@pytest.mark.parametrize("names", [[], ["memfd_create"]])
def test_a_file_of_no_directory_leaves_none(without, monkeypatch, tmp_path, names):
    without(os, *names)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fd = platform.memory_file("homeport-test")
    os.write(fd, b"octets")
    assert os.pread(fd, 10, 0) == b"octets"
    assert list(tmp_path.iterdir()) == []
    os.close(fd)


def test_what_must_last_goes_past_the_cache_of_the_drive_where_the_system_can(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda _fd, command: asked.append(command))
    monkeypatch.setattr(os, "fsync", lambda _fd: asked.append("fsync"))
    monkeypatch.delattr(os, "fdatasync", raising=False)
    with (tmp_path / "file").open("wb") as file:
        platform.sync(file.fileno())
        platform.sync_data(file.fileno())
    assert asked == [51, 51]


def test_a_file_system_without_the_full_flush_is_flushed_as_far_as_it_goes(monkeypatch, tmp_path):
    def refuse(_fd, _command):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    asked = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    monkeypatch.setattr(os, "fsync", lambda _fd: asked.append("fsync"))
    with (tmp_path / "file").open("wb") as file:
        platform.sync(file.fileno())
    assert asked == ["fsync"]


@pytest.mark.parametrize(
    ("limits", "most", "raised"),
    [
        ((256, sys.maxsize), 10_240, (10_240, sys.maxsize)),  # macOS
        ((1024, 4096), 1 << 20, (4096, 4096)),
        ((20_000, sys.maxsize), 10_240, (20_000, sys.maxsize)),  # what is allowed already is not lowered
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_the_system_takes_it(monkeypatch, limits, most, raised):
    now = [limits]

    def setrlimit(_kind, wanted):
        if wanted[0] > max(most, now[-1][0]):
            raise ValueError("invalid argument")
        now.append(wanted)

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: now[-1])
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    platform.raise_open_files()
    assert now[-1] == raised


def test_a_datagram_socket_takes_the_largest_datagram_whatever_the_system_begins_with():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4608)
        platform.size_datagram_buffers(made)
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) >= 65_507


def test_an_option_that_is_refused_is_no_error_and_the_end_of_a_connection_is_reported():
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket() as unconnected:
        assert not platform.has_ended(ours)
        assert platform.has_ended(unconnected)
        platform.set_option(ours, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # not even a TCP socket


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_fresh_socket_under_an_old_descriptor_keeps_address_and_options(kind):
    with socket.socket(socket.AF_INET, kind) as bound:
        bound.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 9)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        address, fd = bound.getsockname(), bound.fileno()
        down.replace(bound, address)
        assert (bound.getsockname(), bound.fileno()) == (address, fd)
        assert bound.getsockopt(socket.IPPROTO_IP, socket.IP_TTL) == 9
        assert not os.get_inheritable(fd)


def test_no_other_module_asks_which_system_this_is():
    places = [
        path
        for path in (ROOT / "servers").rglob("*.py")
        if path.name != "platform.py"
        and any(
            word in path.read_text()
            for word in ("sys.platform", "import fcntl", "import resource", "O_PATH", "memfd_", "/proc/")
        )
    ]
    assert places == []


def windows(*command, **environment):
    """Run Python in a simulation of Windows."""
    path = os.pathsep.join([str(ROOT / "tests" / "simulated" / "site"), str(ROOT / "servers"), str(ROOT / "tests")])
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": path, "HOMEPORT_TEST_PLATFORM": "windows", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_on_windows_up_names_docker_and_wsl():
    ran = windows("-m", "homeport", "up", "--ephemeral")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("homeport: the farm needs a POSIX system and does not run on Windows")
    assert "Docker" in ran.stderr
    assert "WSL 2" in ran.stderr


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_on_windows_a_farm_of_the_tests_own_says_the_same(mode):
    ran = windows("-c", f"from homeport import Farm; Farm(mode={mode!r}).start()")
    assert "homeport.testing.errors.FarmError: the farm needs a POSIX system" in ran.stderr


def test_on_windows_modules_that_need_posix_say_the_same():
    ran = windows("-c", "import homeport.disk.file_tree")
    assert ran.stderr.splitlines()[-1].startswith("ImportError: the farm needs a POSIX system")


def test_on_windows_help_is_there_and_a_farm_elsewhere_is_reached(start_farm):
    assert windows("-m", "homeport", "--help").stdout.startswith("Usage: homeport")
    farm = start_farm("echo")
    control = farm.farm.describe("default")["control"]
    ran = windows("-m", "homeport", "ports", "--url", control)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"{farm.port('echo')}" in ran.stdout
    ran = windows("-c", f"from homeport import Farm; print(Farm(url={control!r}).start().echo.port)")
    assert ran.stdout.strip().isdecimal(), ran.stderr


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="this system delays every acknowledgement")
def test_segments_behind_an_answer_are_acknowledged_at_once_if_asked():
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        server, _peer = listening.accept()
        with server:
            for _turn in range(3):  # a dialogue, in which the kernel expects an answer to carry the acknowledgement
                client.sendall(b"x")
                server.recv(1)
                server.sendall(b"y")
                client.recv(1)
            assert not server.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
            platform.acknowledge_at_once(server)
            assert server.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
