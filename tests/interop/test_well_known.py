"""Clients without a port setting, against `homeport up --well-known` in its own network namespace."""

import subprocess
import sys

import pytest
import snippets
from tests.interop.conftest import own_network

FARM = """\
"$@" up --well-known --host 127.0.0.77 -q >ready.json &
trap 'kill $!; wait $!' EXIT
"$@" ready --wait --url "http://127.0.0.77:$CONTROL" >/dev/null
"""
WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set=-net_bind_service"]
"""Command prefix that drops privileges, even if the tests run as root."""


@pytest.fixture
def in_network(tmp_path):
    """Run a program in its own network namespace, where every port is free; return the outcome."""
    namespace = own_network()
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONPATH": str(snippets.ROOT / "servers"), "LC_ALL": "C"}

    def run(*command):
        return subprocess.run(
            [*namespace, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def ask(in_network, homeport_command):
    """Run a shell command next to a farm on the well-known ports of 127.0.0.77; return its output."""
    from homeport.config.sections import ControlOptions

    def run(client):
        script = f"CONTROL={ControlOptions().port}\n{FARM}{client}\n"
        done = in_network("sh", "-c", script, "sh", *homeport_command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize(
    ("program", "command", "answer"),
    [
        ("finger", "finger alice@127.0.0.77", "Alice Liddell"),
        ("whois", "whois -h 127.0.0.77 homeport.test", "Domain Name: homeport.test"),
        ("telnet", "sleep 1 | telnet 127.0.0.77 25 || true", "220 mail.homeport.test"),
        ("telnet", "sleep 1 | telnet 127.0.0.77 13 || true", "UTC"),
        ("curl", "curl -s ftp://127.0.0.77/pub/chanty.txt", "Haul on the line"),
        ("rdate", "rdate -p 127.0.0.77", "20"),
        ("nc", "nc -N 127.0.0.77 users </dev/null || nc -N 127.0.0.77 11 </dev/null", "alice"),
    ],
)
def test_a_client_that_takes_no_port_is_answered(client, ask, program, command, answer):
    client(program)
    assert answer in ask(command)


ACTIVE = """\
from ftplib import FTP
with FTP("127.0.0.77") as ftp:
    ftp.login("alice", "alice-pass")
    ftp.set_pasv(False)
    with ftp.transfercmd("RETR /pub/chanty.txt") as data:
        print("from port", data.getpeername()[1])
"""


def test_ftp_sends_from_port_20(ask):
    assert ask(f"{sys.executable} -c '{ACTIVE}'") == "from port 20\n"


def test_ports_that_are_not_allowed_are_listed_with_the_setting_that_would_allow_them(
    client, in_network, homeport_command
):
    client("setpriv")
    done = in_network(*WITHOUT_PRIVILEGE, *homeport_command, "up", "--well-known", "--host", "127.0.0.1")
    assert (done.returncode, done.stdout) == (3, "")
    lines = done.stderr.splitlines()
    assert lines[0] == "homeport: --well-known cannot bind these ports:"
    assert "homeport:       7  echo.tcp, echo.udp: not allowed" in lines
    assert "homeport:     700  epp.tls: not allowed" in lines
    assert "sudo sysctl net.ipv4.ip_unprivileged_port_start=0" in done.stderr
    assert "taken" not in done.stderr


def test_a_port_that_is_taken_is_listed_and_services_narrow_the_list(in_network, homeport_command):
    holder = (
        "import socket, subprocess, sys\n"
        "held = [socket.create_server(('127.0.0.1', port)) for port in (25, 79)]\n"
        "sys.exit(subprocess.run(sys.argv[1:]).returncode)\n"
    )
    up = [*homeport_command, "up", "--well-known", "--host", "127.0.0.1", "--services"]
    done = in_network(sys.executable, "-c", holder, *up, "smtp,finger,whois")
    assert done.returncode == 3
    assert [line for line in done.stderr.splitlines() if line.endswith("taken")] == [
        "homeport:      25  smtp.starttls: taken",
        "homeport:      79  finger.tcp: taken",
    ]
    assert "sysctl" not in done.stderr
    assert "listen on another address (--host 127.0.0.77)" in done.stderr


def test_a_data_port_that_is_taken_is_told(in_network, homeport_command):
    holder = (
        "import socket, subprocess, sys\n"
        "held = socket.create_server(('127.0.0.1', 20))\n"
        "farm = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)\n"
        "farm.stdout.readline()\n"
        "farm.terminate()\n"
        "print(farm.communicate()[1])\n"
    )
    done = in_network(
        sys.executable,
        "-c",
        holder,
        *homeport_command,
        "up",
        "--well-known",
        "--host",
        "127.0.0.1",
        "--services",
        "ftp",
    )
    assert (
        "ftp's active data port 20 is unavailable (Address already in use): the system chooses another" in done.stdout
    )
