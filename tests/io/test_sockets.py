"""Sockets: free ports, fixed ports, all or none, and socket activation by systemd."""

import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.farm.supervisor import MIN_DESCRIPTORS
from homeport.io.net.sockets import CannotListenError, PortTakenError, Wanted, bind_all, resolve
from homeport.io.platform import reserve_descriptors

HOSTS = ["127.0.0.1", "::1"]
ECHO = [Wanted(service="echo", listener=kind, transport=kind, port=0) for kind in ("tcp", "udp")]


@pytest.fixture
def bind():
    """Return `bind_all`, whose sockets are closed at the end."""
    made = []

    def run(*arguments, **options):
        bound, remarks = bind_all(*arguments, **options)
        made.extend(bound)
        return bound, remarks

    yield run
    for one in made:
        one.close()


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_tcp_and_udp_of_a_service_share_a_free_number_on_every_address(bind):
    for _ in range(50):
        (tcp, udp), remarks = bind(ECHO, HOSTS)
        numbers = {made.getsockname()[1] for bound in (tcp, udp) for made in bound.sockets}
        assert len(numbers) == 1
        assert numbers.pop() > 0
        assert tcp.addresses == udp.addresses == HOSTS
        assert remarks == []


def test_services_have_numbers_of_their_own(bind):
    other = [Wanted(service="time", listener="tcp", transport="tcp", port=0)]
    (echo, _udp, time), _ = bind([*ECHO, *other], HOSTS)
    assert echo.port != time.port


def test_a_taken_port_is_named_with_what_to_do_and_nothing_stays_open():
    before = descriptors()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wanted = [*ECHO, Wanted(service="finger", listener="tcp", transport="tcp", port=port)]
        with pytest.raises(PortTakenError) as caught:
            bind_all(wanted, HOSTS)
        assert f"port {port} (finger.tcp, TCP on 127.0.0.1) is in use" in str(caught.value)
        assert "set [finger] port = 0" in str(caught.value)
    assert descriptors() == before


def test_a_udp_port_is_never_shared_with_another_process():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        wanted = Wanted(service="echo", listener="udp", transport="udp", port=taken.getsockname()[1])
        with pytest.raises(PortTakenError):
            bind_all([wanted], HOSTS)


def test_a_restarted_farm_gets_its_port_back_from_time_wait(bind):
    (first,), _ = bind(ECHO[:1], ["127.0.0.1"])
    first.sockets[0].setblocking(True)
    client = socket.create_connection(("127.0.0.1", first.port))
    accepted, _ = first.sockets[0].accept()
    accepted.close()  # we close first: TIME_WAIT is ours
    assert client.recv(1) == b""
    client.close()
    port = first.port
    first.close()
    (second,), _ = bind([Wanted(service="echo", listener="tcp", transport="tcp", port=port)], ["127.0.0.1"])
    assert second.port == port


def test_a_machine_without_an_ipv6_address_is_served_on_ipv4_with_a_remark(bind):
    (tcp, _udp), remarks = bind(ECHO, ["127.0.0.1", "2001:db8::dead"])
    assert tcp.addresses == ["127.0.0.1"]
    assert remarks == ["no 2001:db8::dead on this machine: serving without IPv6"]


def test_without_any_usable_address_it_says_what_to_set():
    with pytest.raises(CannotListenError, match=r"set \[farm\] hosts"):
        bind_all(ECHO, ["2001:db8::dead"])
    with pytest.raises(CannotListenError, match=r"cannot listen on 192\.0\.2\.1"):
        bind_all(ECHO, ["192.0.2.1"])


@pytest.mark.requirement("GEN-2.1-4")
def test_a_host_may_be_a_name_or_an_address(bind):
    (by_name, _), _ = bind(ECHO, ["localhost"])
    assert by_name.addresses[0] in HOSTS
    with pytest.raises(CannotListenError, match="no-such-host"):
        bind_all(ECHO, ["no-such-host.invalid"])


@pytest.mark.requirement("GEN-2.1-5")
def test_an_address_is_recognised_before_any_name_is_looked_up(monkeypatch):
    looked_up = []
    real = socket.getaddrinfo

    def counting(host, port, *arguments, flags=0, **options):
        if not flags & socket.AI_NUMERICHOST:
            looked_up.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "stub")
        return real(host, port, *arguments, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", counting)
    assert list(resolve(HOSTS)) == [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    assert looked_up == []
    with pytest.raises(CannotListenError):
        list(resolve(["127.0.0.1.example"]))
    assert looked_up == ["127.0.0.1.example"]


@pytest.mark.requirement("GEN-2.4-1", "GEN-2.4-2", "GEN-2.4-3")
@pytest.mark.parametrize("dscp", [0, 10, 63])
def test_the_dscp_of_a_service_is_on_its_sockets_and_the_two_low_bits_are_clear(bind, dscp):
    wanted = [Wanted(service="echo", listener=kind, transport=kind, port=0, dscp=dscp) for kind in ("tcp", "udp")]
    bound, _ = bind(wanted, HOSTS)
    for one in bound:
        v4, v6 = one.sockets
        assert v4.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == dscp << 2
        assert v6.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS) == dscp << 2


def test_accepted_connections_inherit_dscp_and_nodelay(bind):
    wanted = Wanted(service="echo", listener="tcp", transport="tcp", port=0, dscp=10)
    (bound,), _ = bind([wanted], HOSTS)
    for listening, level, option in (
        (bound.sockets[0], socket.IPPROTO_IP, socket.IP_TOS),
        (bound.sockets[1], socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
    ):
        listening.setblocking(True)
        with socket.create_connection(listening.getsockname()[:2]):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(level, option) == 40
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_several_processes_may_share_a_port_when_asked(bind):
    (first,), _ = bind(ECHO[:1], ["127.0.0.1"], reuse_port=True)
    wanted = Wanted(service="echo", listener="tcp", transport="tcp", port=first.port)
    (second,), _ = bind([wanted], ["127.0.0.1"], reuse_port=True)
    assert second.port == first.port


INHERIT = """
import json, os, sys
from homeport.io.net.sockets import Inherited, Wanted, bind_all
inherited = Inherited.from_environment(os.environ, os.getpid())
port, iana_port = map(int, sys.argv[1:])
wanted = [Wanted(service="echo", listener="tcp", transport="tcp", port=0),
          Wanted(service="echo", listener="udp", transport="udp", port=0),
          Wanted(service="smtp", listener="tls", transport="tcp", port=port, iana_port=iana_port)]
bound, _ = bind_all(wanted, ["127.0.0.1"], inherited)
print(json.dumps([[one.port for one in bound], inherited.left(), [k for k in os.environ if k.startswith("LISTEN")]]))
"""


@pytest.fixture
def passed():
    """Return a UDP socket and three TCP ones, bound by this process to be passed on."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    made = [udp, *(socket.create_server(("127.0.0.1", 0)) for _ in range(3))]
    yield made
    for one in made:
        one.close()


def pass_on(passed, names, pid="$$", ports=(0, 0)):
    """Start a process as systemd does; return the ports that it serves, unused sockets, and remaining variables."""
    script = f'LISTEN_PID={pid} LISTEN_FDS=4 LISTEN_FDNAMES={names} exec "$@" ' + " ".join(
        f"{number}<&{made.fileno()}" for number, made in enumerate(passed, 3)
    )
    ran = subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, "-c", INHERIT, *map(str, ports)],
        pass_fds=[made.fileno() for made in passed],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize(("pid", "taken"), [("$$", True), ("1", False)])
def test_sockets_of_systemd_are_known_by_name_and_type_and_only_taken_when_meant_for_us(passed, pid, taken):
    udp, tcp, tls, _spare = (one.getsockname()[1] for one in passed)
    # A .socket unit gives the TCP and the UDP socket of a service the same name.
    ports, left, variables = pass_on(passed, "echo:echo:smtp.tls:spare", pid)
    assert (ports == [tcp, udp, tls]) is taken
    assert left == (["spare"] if taken else [])
    assert variables == []


@pytest.mark.parametrize("configured", [True, False])
def test_sockets_of_one_systemd_unit_for_all_are_known_by_their_ports(passed, configured):
    tls = passed[2].getsockname()[1]
    # The port is the configured one, or IANA's, where a privileged manager has bound it for us.
    ports, left, _variables = pass_on(passed, "farm:farm:farm:farm", ports=(tls, 0) if configured else (0, tls))
    assert ports[2] == tls
    assert left == ["farm"]


@pytest.mark.linux
def test_a_farm_has_room_for_the_descriptors_of_many_worlds_from_the_start():
    before = descriptors()
    reserve_descriptors(MIN_DESCRIPTORS)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    allowed, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert int(status["FDSize"]) >= MIN_DESCRIPTORS or allowed < MIN_DESCRIPTORS
    assert descriptors() == before
