"""`homeport up`, as a child process."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

SERVERS = Path(__file__).parents[2] / "servers"
NOWHERE_TEMPORARY = """
import sys, tempfile
from homeport.cli import main
tempfile.tempdir = "/nonexistent"
sys.argv = ["homeport", "up", "--ephemeral"]
main()
"""


def test_a_folder_that_another_farm_writes_to_is_refused(up, tmp_path):
    up("--ephemeral", "--data", str(tmp_path)).ready()
    code, err = up("--ephemeral", HOMEPORT_DATA=str(tmp_path)).fail()
    assert code == 2
    assert err == f"homeport: another farm uses {tmp_path}: stop it, or name another --data\n"


def test_a_registry_that_is_damaged_is_refused_and_left_alone(up, tmp_path):
    file = tmp_path / "registry" / "default" / "registry.sqlite"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"damaged" * 1000)
    code, err = up("--ephemeral", "--data", str(tmp_path)).fail()
    assert code == 2
    assert err.startswith(f"homeport: {file}: no registry, or a damaged one: restore a copy, or move it")
    assert file.read_bytes() == b"damaged" * 1000


@pytest.mark.requirement("GEN-1.2.4-1")
def test_one_line_says_where_everything_is_and_sigterm_ends_it_within_a_second(up, tmp_path):
    file = tmp_path / "ready.json"
    file.write_text("stale")
    farm = up("--ephemeral", "--ready-file", str(file), "--data", str(tmp_path / "data"))
    ready = farm.ready()
    assert ready["event"] == "ready"
    assert ready["pid"] == farm.popen.pid
    assert ready["world"] == "default"
    assert json.loads(file.read_text()) == ready
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "ca",
        "files",
        "format",
        "lock",
        "mail",
        "registry",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "ready.json"]
    echo = ready["services"]["echo"]["tcp"]
    assert echo["host"] in echo["addresses"]
    with socket.create_connection((echo["host"], echo["port"]), timeout=10) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        code, out, err, seconds = farm.end()
    assert (code, out) == (0, "")
    assert seconds < 1
    assert f"control   {ready['control']}" in err
    assert "alice" in err
    assert "\n  try       " in err


def test_sigint_ends_it(up):
    farm = up("--ephemeral", "-q")
    farm.ready()
    code, out, err, seconds = farm.end(signal.SIGINT)
    assert (code, out, err) == (0, "", "")
    assert seconds < 1


def test_it_ends_with_standard_input_on_request(homeport_command):
    command = [*homeport_command, "up", "--ephemeral", "-v", "--until-eof", "--services", "echo"]
    environment = {**os.environ, "PYTHONPATH": str(SERVERS)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as farm:
        ready = json.loads(farm.stdout.readline())
        farm.stdin.write("what comes through it is dropped\n")
        farm.stdin.flush()
        echo = ready["services"]["echo"]["tcp"]
        with socket.create_connection((echo["host"], echo["port"]), timeout=10) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"hello"
        out, err = farm.communicate(timeout=10)  # which closes it
    assert (farm.returncode, out) == (0, "")
    assert err.endswith("info: standard input ended: stopping\n")


def test_it_ends_at_once_where_there_is_no_standard_input(homeport_command):
    command = [*homeport_command, "up", "--ephemeral", "-q", "--until-eof", "--services", "echo"]
    environment = {**os.environ, "PYTHONPATH": str(SERVERS)}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["event"] == "ready"


def test_a_taken_port_is_named_with_what_to_do_and_exit_code_3(up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, err = up("--ephemeral", "--set", f"echo.port={port}", "--host", "127.0.0.1").fail()
    assert code == 3
    assert err.startswith(
        f"homeport: port {port} (echo.tcp, TCP on 127.0.0.1) is in use: stop the process that uses it"
    )


def test_a_mistake_in_the_file_is_named_with_its_line_and_exit_code_2(up, tmp_path):
    file = tmp_path / "farm.toml"
    file.write_text("[echo]\nprot = 0\n[farm]\nseed = -1\n")
    code, err = up("-c", str(file)).fail()
    assert code == 2
    assert err.splitlines()[0] == f"homeport: {file}:2: echo has no key 'prot'; did you mean 'port'?"
    assert err.splitlines()[1].startswith(f"homeport: {file}:4: farm.seed: expected `int` >= 0")


@pytest.mark.loopback_network
def test_flags_and_their_variables_select_and_set(up, tmp_path):
    (tmp_path / "farm.toml").write_text("[echo]\nport = 1\n[control]\nport = 0\n")
    farm = up(
        "--set",
        "echo.port=0",
        "--log-format",
        "json",
        HOMEPORT_CONFIG=str(tmp_path / "farm.toml"),
        HOMEPORT_SERVICES="echo",
        HOMEPORT_HOST="127.0.0.1 127.0.0.2",
        HOMEPORT_SET="echo.port=2",
        HOMEPORT_CLOCK="+1d",
    )
    ready = farm.ready()
    assert list(ready["services"]) == ["echo"]
    assert ready["services"]["echo"]["udp"]["addresses"] == ["127.0.0.1", "127.0.0.2"]
    _code, _out, err, _seconds = farm.end()
    log = json.loads(err.splitlines()[-1])
    assert (log["level"], log["message"]) == ("info", "SIGTERM: stopping")
    assert log["ts"].endswith("Z")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--services", "ecoh"], "--services: unknown service 'ecoh'; did you mean 'echo'?"),
        (["--clock", "soon"], "--clock: clock.set: 'soon' is not a time"),
        (["--set", "echo.port"], "--set echo.port: write --set key.path=value"),
        (
            ["--set", 'control.hosts=["0.0.0.0"]'],
            '--set control.hosts=["0.0.0.0"]: the control API would listen on 0.0.0.0',
        ),
        (["--ready-file", "/nowhere/ready"], "--ready-file /nowhere/ready: folder /nowhere is missing: create it"),
        (["--seed", "x"], "--seed: farm.seed: expected `int`, got `str`"),
    ],
)
def test_wrong_flags_are_named(up, arguments, message):
    code, err = up("--ephemeral", *arguments).fail()
    assert code == 2
    assert err.startswith(f"homeport: {message}")


def test_the_service_manager_is_notified_of_start_watchdog_and_stop(up, tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(60)
        farm = up("--ephemeral", "-q", NOTIFY_SOCKET=path, WATCHDOG_USEC="100000")
        assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"WATCHDOG=1"
        assert manager.recv(100) == b"WATCHDOG=1"
        farm.popen.send_signal(signal.SIGTERM)
        while (told := manager.recv(100)) == b"WATCHDOG=1":
            pass
        assert told == b"STOPPING=1"
        assert farm.popen.wait(60) == 0


def test_a_ready_file_that_cannot_be_written_is_refused_at_start(up, tmp_path):
    for path in ("/proc/nothing", str(tmp_path)):
        code, err = up("--ephemeral", "-q", "--ready-file", path).fail()
        assert code == 2
        assert err.startswith(f"homeport: --ready-file {path}: ")
        assert err.endswith(": name a writable file in a writable folder\n")


def test_an_announcement_that_cannot_be_written_ends_it_with_an_error(homeport_command):
    with Path("/dev/full").open("w") as full:
        command = [*homeport_command, "up", "--ephemeral", "-q"]
        environment = {**os.environ, "PYTHONPATH": str(SERVERS)}
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=60, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith("homeport: cannot announce that the farm is ready: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write any file")
def test_a_registry_that_cannot_be_written_is_refused_at_start_and_named(up, tmp_path):
    farm = up("--ephemeral", "--data", str(tmp_path))
    farm.ready()
    farm.end()
    file = tmp_path / "registry" / "default" / "registry.sqlite"
    file.chmod(0o444)
    code, err = up("--ephemeral", "--data", str(tmp_path)).fail()
    assert code == 2
    assert err == (
        f"homeport: {file}: Permission denied: allow this user to read and write it, or name another --data\n"
    )


def test_a_machine_without_a_temporary_folder_gets_advice():
    command = [sys.executable, "-c", NOWHERE_TEMPORARY]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(SERVERS)}, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith("homeport: no temporary folder for the certificate of the authority: ")


def test_sigint_ends_a_farm_that_was_started_in_the_background(up):
    inherited = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for `homeport up &`
    try:
        farm = up("--ephemeral", "-q")
    finally:
        signal.signal(signal.SIGINT, inherited)
    farm.ready()
    code, out, err, _seconds = farm.end(signal.SIGINT)
    assert (code, out, err) == (0, "", "")


def test_the_global_reactor_is_never_made(homeport_command):
    program = (
        "import sys, threading, http.client, os, signal\n"
        "from homeport.config.reading import load\n"
        "from homeport.farm import process\n"
        "def ask(ready):\n"
        "    port = int(ready['control'].rpartition(':')[2])\n"
        "    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)\n"
        "    connection.request('GET', '/readyz')\n"
        "    print(connection.getresponse().status, 'twisted.internet.reactor' in sys.modules)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "process.run(load(ephemeral=True), lambda ready: threading.Thread(target=ask, args=(ready,)).start())\n"
    )
    done = subprocess.run(
        [homeport_command[0], "-c", program],
        env={**os.environ, "PYTHONPATH": str(SERVERS)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "200 False\n"


def test_a_farm_refuses_a_folder_of_a_newer_homeport(up, tmp_path):
    (tmp_path / "format").write_text("99\n")
    farm = up("--ephemeral", "--data", str(tmp_path))
    assert farm.popen.wait(60) == 2
    assert "was written by a newer Homeport (format 99; this version supports 1)" in farm.popen.stderr.read()


def test_a_client_that_does_not_trust_the_farm_is_advised_once_on_standard_error(up):
    farm = up("--ephemeral", "--services", "smtp", "--quiet")
    ready = farm.ready()
    for _ in range(3):
        with (
            socket.create_connection(("127.0.0.1", ready["services"]["smtp"]["tls"]["port"]), timeout=10) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
    farm.popen.send_signal(signal.SIGTERM)
    _out, err = farm.popen.communicate(timeout=10)
    assert err.count("have the client trust") == 1
    assert f"smtp.tls: a client refused the server's certificate: have the client trust {ready['ca_file']}" in err
