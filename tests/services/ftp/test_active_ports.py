"""PORT and EPRT never lead to services of this machine, nor back to the farm."""

import ftplib
import io
import threading

import pytest

from homeport.io.net.own_machine import is_own_address
from homeport.io.net.sockets import bind_all
from homeport.services.ftp.options import FtpOptions, validate_options
from homeport.world.machine import Machine


def port_command(port):
    return f"PORT 127,0,0,1,{port >> 8},{port & 255}"


def eprt_command(port):
    return f"EPRT |1|127.0.0.1|{port}|"


@pytest.fixture
def start(start_farm):
    """Start a farm with FTP and Echo, and log in: `farm, client = start(**options)`."""
    clients = []

    def start(**options):
        farm = start_farm("ftp", "echo", ftp={"passive_ports": "0", **options})
        client = ftplib.FTP()
        clients.append(client)
        client.connect("127.0.0.1", farm.port("ftp"), timeout=10)
        client.login("alice", "alice-pass")
        return farm, client

    yield start
    for client in clients:
        client.close()


@pytest.mark.parametrize("command", [port_command, eprt_command])
@pytest.mark.parametrize("port", [1024, 5432, 6379, 10025, 18000, 32767])
def test_ports_of_services_of_this_machine_are_refused_and_the_key_is_named(client, command, port):
    one = client().log_in()
    words = f"504 port {port} of this machine is outside [ftp] active_ports = 32768-65535"
    assert one.say(command(port)) == words
    assert one.say("RETR note.txt", "NOOP") == "200 okay"
    assert one.asked[-1].over.connect_to == one.context.peer  # what was refused is not used


@pytest.mark.parametrize("active_ports", ["1024-65535", "0", "6379"])
def test_active_ports_widens_the_range(client, active_ports):
    one = client(active_ports=active_ports).log_in()
    assert one.say(port_command(6379)).startswith("200")


def test_clients_on_other_machines_may_name_any_port_from_1024(client):
    one = client(peer=("192.0.2.7", 40000)).log_in()
    assert one.say("PORT 192,0,2,7,4,0").startswith("200")
    assert one.say("PORT 192,0,2,7,3,255").startswith("504")


@pytest.mark.parametrize("active_ports", ["32768-65535", "1024-65535", "0"])
@pytest.mark.parametrize("listener", ["ftp", "ftp tls", "echo", "control", "passive", "other world"])
@pytest.mark.parametrize("command", [port_command, eprt_command])
def test_no_port_of_the_farm_is_ever_connected_to(start, active_ports, listener, command):
    farm, client = start(active_ports=active_ports)
    if listener == "passive":
        port = client.makepasv()[1]
    elif listener == "control":
        port = farm.call(lambda: farm.farm.control.port)
    elif listener == "other world":
        farm.call(farm.farm.make_world, "other", farm.config)
        port = farm.port("echo", world="other")
    else:
        port = farm.port(*listener.split()) if " " in listener else farm.port(listener)
    with pytest.raises(ftplib.error_perm, match=rf"^504 port {port} (is the farm's own|of this machine is outside)"):
        client.sendcmd(command(port))


@pytest.mark.parametrize("left_by", ["world", "reload"])
def test_a_port_that_the_farm_has_left_is_a_clients_to_use(start, left_by):
    farm, client = start(active_ports="0")
    if left_by == "world":
        host = farm.call(farm.farm.make_world, "other", farm.config)
        listeners = list(host.listeners)
        ports = [one.bound.port for one in listeners if one.bound.wanted.name == "echo.tcp"]
        closed = threading.Event()
        farm.call(farm.farm.close_world, "other", closed.set)
        assert closed.wait(10)
    else:
        listeners = [one for one in farm.farm.hosts["default"].listeners if one.bound.wanted.name == "echo.tcp"]
        ports = [one.bound.port for one in listeners]
        old = [one.bound for one in listeners]
        (new,), _remarks = bind_all([listeners[0].bound.wanted], ["127.0.0.1"])
        farm.call(listeners[0].rebind, new)
        assert not any(one.port == new.port for one in old)
    assert [client.sendcmd(command(port)) for port in ports for command in (port_command, eprt_command)]
    assert listeners  # the closed ones are still referenced, as by a test that failed


def test_a_client_that_listens_gets_its_files(start):
    _farm, client = start()
    client.set_pasv(False)
    got = io.BytesIO()
    client.retrbinary("RETR note.txt", got.write)
    assert got.getvalue()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::1%lo"])
def test_loopback_is_local_in_every_notation(address):
    assert Machine().is_local(address)


def test_addresses_of_interfaces_are_local_and_others_are_not():
    assert is_own_address("127.0.0.1")
    assert not is_own_address("192.0.2.1")
    assert not Machine().is_local("192.0.2.1")


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"active_ports": "80-90"}, "`active_ports`: begins below 1024, which needs `low_ports = true`"),
     ({"active_ports": "x"}, "`active_ports`: 'x' is not a range of ports"),
     ({"active_ports": "80-90", "low_ports": True}, ""), ({"active_ports": "0"}, "")],
)  # fmt: skip
def test_active_ports_is_validated(options, problem):
    problems = validate_options(FtpOptions(**options), None)
    assert problems[0].startswith(problem) if problem else not problems
