"""HAProxy in front of a listener, with both versions of its protocol, and curl, which sends the first as a client."""

import socket
import subprocess
import sys
from types import ModuleType

import msgspec
import pytest
from tests.conftest import read_all

from homeport.protocol.proxy_protocol import ProxyProtocol
from homeport.services import MODULES, find_service, users

PRESENT = b"alice\r\nbob\r\noperator\r\n"


class ProxiedOptions(users.UsersOptions, frozen=True, kw_only=True):
    """Active Users with the option `proxy_protocol`."""

    proxy_protocol: ProxyProtocol = True


@pytest.fixture
def proxied(monkeypatch, start_farm):
    """Return a farm whose Active Users expects a header."""
    module = ModuleType("homeport_proxied")
    module.SERVICE = msgspec.structs.replace(users.SERVICE, name="proxied", options=ProxiedOptions)
    monkeypatch.setitem(sys.modules, "homeport_proxied", module)
    monkeypatch.setitem(MODULES, "proxied", "homeport_proxied")
    yield start_farm("proxied")
    find_service.cache_clear()


@pytest.fixture
def haproxy(client, proxied, tmp_path):
    """Start HAProxy with these options for the header; return the socket to connect to."""
    running = []

    path = client("haproxy")

    def start(options):
        listening = socket.create_server(("127.0.0.1", 0))
        listening.set_inheritable(True)
        configuration = tmp_path / "haproxy.cfg"
        configuration.write_text(
            "defaults\n mode tcp\n timeout connect 10s\n timeout client 10s\n timeout server 10s\n"
            f"listen proxied\n bind fd@{listening.fileno()}\n"
            f" unique-id-format %rt\n server homeport 127.0.0.1:{proxied.port('proxied')} {options}\n"
        )
        command = [path, "-db", "-q", "-f", str(configuration)]
        running.append(subprocess.Popen(command, pass_fds=[listening.fileno()]))
        running.append(listening)
        return listening.getsockname()

    yield start
    for process in running[::2]:
        process.terminate()
        process.wait(10)
    for listening in running[1::2]:
        listening.close()


@pytest.mark.parametrize("options", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"])
def test_haproxy_says_who_is_after_it(proxied, haproxy, options):
    with socket.create_connection(haproxy(options), timeout=10) as behind:
        assert read_all(behind) == PRESENT
        opened = proxied.events("opened")
        assert [one["peer"] for one in opened] == [f"127.0.0.1:{behind.getsockname()[1]}"]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_curl_sends_the_header_of_version_1(proxied, client, run, host):
    url = f"telnet://{host}:{proxied.port('proxied')}"
    assert run(client("curl"), "-s", "-m", "20", "--haproxy-protocol", url) == PRESENT
    counters = proxied.call(proxied.world.counters_of, "proxied", "tcp")
    assert (counters.connections, counters.refused) == (1, 0)
