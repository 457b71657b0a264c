"""The TCP listener without free descriptors, and with other errors of accept."""

import logging
import resource
import socket
from pathlib import Path

import pytest


@pytest.fixture
def few_descriptors():
    """Limit this process to that many more descriptors until the test ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def leave(number):
        held = max(int(entry.name) for entry in Path("/dev/fd").iterdir()) + 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (held + number, hard))

    yield leave
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_clients_for_whom_no_descriptor_is_left_wait_in_the_backlog(start_farm, few_descriptors, caplog):
    farm = start_farm("echo")
    clients = [socket.socket() for _ in range(20)]
    with caplog.at_level(logging.CRITICAL, "homeport"):
        few_descriptors(3)
        for number, client in enumerate(clients):
            client.settimeout(10)
            client.connect(("127.0.0.1", farm.port("echo")))
            client.sendall(b"%02d" % number)
        # Who is served makes room for who waits.
        for number, client in enumerate(clients):
            assert client.recv(2) == b"%02d" % number
            client.close()
    farm.wait_for(lambda: not farm.world.counters_of("echo", "tcp").active)
    assert farm.call(lambda: farm.world.counters_of("echo", "tcp").connections) == 20
