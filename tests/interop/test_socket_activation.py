"""systemd's own tool binds a port and starts the farm on the first connection: TCP and UDP."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import read_all

SERVERS = Path(__file__).parents[2] / "servers"
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@pytest.fixture
def activate(client):
    """Make systemd-socket-activate hold a port for a farm of Active Users; return the port and the process."""
    tool = client("systemd-socket-activate")
    started = []

    def start(transport, *names):
        port = port_free_for_both()
        # Without a name, only the port number tells which service the socket is for.
        farm = [sys.executable, "-m", "homeport", "up", "-q", "--services", "users", "--set", "control.port=0"]
        wanted = ["--set", f"users.port={0 if names else port}"]
        datagram = ["--datagram"] if transport == "udp" else []
        process = subprocess.Popen(
            [tool, *names, *datagram, f"--listen=127.0.0.1:{port}", f"--setenv=PYTHONPATH={SERVERS}", *farm, *wanted],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT")},
        )
        started.append(process)
        for line in process.stderr:  # it reports that it listens before clients may connect
            if "Listening on" in line:
                break
        return port, process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=10)


def port_free_for_both():
    """Return a port that is free for TCP and UDP: the service's other listener takes the same one."""
    for _ in range(50):
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            address = tcp.getsockname()
            try:
                udp.bind(address)
            except OSError:
                continue
            return address[1]
    raise AssertionError("no port is free for both")


def ask(transport, port):
    """Return the answer of Active Users."""
    with socket.socket(socket.AF_INET, KINDS[transport]) as client:
        client.settimeout(20)
        client.connect(("127.0.0.1", port))
        if transport == "tcp":
            return read_all(client)
        client.send(b"")
        return client.recv(1024)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_farm_serves_the_client_for_whom_it_was_started(activate, transport, named):
    port, process = activate(transport, *(["--fdname=users"] if named else []))
    assert ask(transport, port).splitlines() == [b"alice", b"bob", b"operator"]
    ready = json.loads(process.stdout.readline())
    assert ready["services"]["users"][transport]["port"] == port
    assert ask(transport, port).startswith(b"alice")
