"""Faults of single queries with real sockets: what the client of the query gets, and that others notice nothing."""

import socket
import ssl
import struct

import dns.message
import dns.query
import msgspec
import pytest
from dns_zone import put_example_zone

from homeport.protocol.faults import Plan

QUERY = dns.message.make_query("www.example.test", "MX", flags=0, id=7).to_wire()
OTHER = dns.message.make_query("www.example.test", "A", flags=0, id=8).to_wire()


@pytest.fixture(params=["127.0.0.1", "::1", pytest.param("0.0.0.0", marks=pytest.mark.linux)])
def host(request):
    return request.param


@pytest.fixture
def farm(start_farm, host):
    """A farm with the zone example.test, on one address or on all."""
    farm = start_farm("dns", hosts=[host])
    farm.call(put_example_zone, farm.world)
    return farm


@pytest.fixture
def client(farm, host):
    """A UDP socket that is not connected, and the address of the server."""
    to = "127.0.0.1" if host == "0.0.0.0" else host
    with socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(10)
        made.bind((to, 0))
        yield Asking(made, (to, farm.port("dns", "udp")))


class Asking:
    def __init__(self, made, server):
        self.socket = made
        self.server = server

    def send(self, *queries):
        for query in queries:
            self.socket.sendto(query, self.server)

    def receive(self):
        """Return the id of the next answer, and the address that it came from."""
        data, source = self.socket.recvfrom(65_535)
        return int.from_bytes(data[:2]), source[:2]


def plan(farm, do, times=1, verb="MX"):
    made = msgspec.convert({"service": "dns", "do": do, "match": {"verb": verb}, "times": times}, Plan)
    return farm.call(farm.world.faults.add, made)


def did(farm):
    return [event["did"] for event in farm.events("fault")]


def test_wrong_source_comes_from_another_port_of_the_same_address(farm, client):
    fault = plan(farm, {"frame": "wrong-source"})
    client.send(OTHER, QUERY, QUERY)
    found = {client.receive() for _ in range(3)}
    assert {number for number, source in found if source == client.server} == {7, 8}
    ((number, source),) = [one for one in found if one[1] != client.server]
    assert (number, source[0]) == (7, client.server[0])
    assert fault.acted == 1
    assert [one for one in did(farm) if one.endswith("bytes from another port")] == did(farm)


def test_a_connected_client_never_sees_an_answer_from_another_port(farm, client):
    plan(farm, {"frame": "wrong-source"})
    client.socket.connect(client.server)
    client.socket.send(QUERY)
    client.socket.send(OTHER)
    assert client.socket.recv(512)[:2] == b"\0\10"


def test_one_query_is_lost_and_the_others_are_not(farm, client):
    plan(farm, {"drop": {}})
    client.send(QUERY, OTHER)
    assert client.receive()[0] == 8
    client.send(QUERY)
    assert client.receive()[0] == 7


def test_one_answer_is_late_and_the_others_are_not(farm, client):
    plan(farm, {"latency": {"ms": 50}})
    client.send(QUERY, OTHER)
    assert [client.receive()[0] for _ in range(2)] == [8, 7]


def test_one_answer_comes_twice(farm, client):
    plan(farm, {"duplicate": {}})
    client.send(QUERY, OTHER)
    assert [client.receive()[0] for _ in range(3)] == [7, 7, 8]


def test_one_answer_waits_for_the_next(farm, client):
    plan(farm, {"reorder": {}})
    client.send(QUERY, OTHER)
    assert [client.receive()[0] for _ in range(2)] == [8, 7]


def test_one_answer_is_cut(farm, client):
    plan(farm, {"truncate": {"size": 16}})
    client.send(QUERY, OTHER)
    sizes = [len(client.socket.recv(512)) for _ in range(2)]
    assert (sizes[0], sizes[1] > 16) == (16, True)


def test_late_and_from_another_port(farm, client):
    plan(farm, {"latency": {"ms": 20}})
    plan(farm, {"frame": "wrong-source"})
    client.send(QUERY, OTHER)
    assert client.receive() == (8, client.server)
    number, source = client.receive()
    assert (number, source[0], source != client.server) == (7, client.server[0], True)


def test_a_planned_reply_is_in_the_journal_with_its_client(farm, client):
    plan(farm, {"reply": {"rcode": "SERVFAIL"}})
    client.send(QUERY)
    assert client.socket.recv(512)[3] & 15 == 2
    (event,) = farm.events("fault")
    assert (event["kind"], event["did"]) == ("reply", "replied SERVFAIL")
    assert event["instead_of"] == "the answer to www.example.test. MX"
    assert event["peer"].endswith(str(client.socket.getsockname()[1]))
    assert farm.call(lambda: farm.world.counters_of("dns", "udp").errors) == 0


def test_names_ask_for_faults_as_soon_as_they_may(farm, client):
    name = dns.message.make_query("drop-1.fault.test", "A", flags=0, id=9).to_wire()
    client.send(name)
    assert client.receive()[0] == 9
    farm.call(setattr, farm.world.faults, "by_client", True)
    client.send(name, OTHER)
    assert client.receive()[0] == 8
    client.send(name)
    assert client.receive()[0] == 9
    farm.call(setattr, farm.world.faults, "by_client", False)
    client.send(name)
    assert client.receive()[0] == 9
    assert [one.startswith("dropped ") for one in did(farm)] == [True]


def connected(farm, host, listener):
    to = "127.0.0.1" if host == "0.0.0.0" else host
    made = socket.create_connection((to, farm.port("dns", listener)), timeout=10)
    if listener == "tcp":
        return made
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(made)


def framed(*queries):
    return b"".join(struct.pack("!H", len(one)) + one for one in queries)


def read_ids(client):
    """Return the ids of the answers, up to the end of the connection or a pause of the server."""
    found, data = [], b""
    try:
        while piece := client.recv(65_535):
            data += piece
            while len(data) > 2 and len(data) >= 2 + int.from_bytes(data[:2]):
                found.append(int.from_bytes(data[2:4]))
                data = data[2 + int.from_bytes(data[:2]) :]
            if len(found) == 3:
                return found
    except ConnectionResetError:
        found.append("reset")
    return found


@pytest.mark.parametrize("listener", ["tcp", "tls"])
def test_a_late_answer_keeps_its_place_in_a_connection(farm, host, listener):
    plan(farm, {"latency": {"ms": 30}})
    with connected(farm, host, listener) as client:
        client.sendall(framed(OTHER, QUERY, OTHER))
        assert read_ids(client) == [8, 7, 8]
    assert did(farm) != []


def test_a_connection_is_reset_at_its_second_answer_and_another_goes_on(farm, host):
    with connected(farm, host, "tcp") as other:
        plan(farm, {"reset": {}})
        with connected(farm, host, "tcp") as client:
            client.sendall(framed(OTHER, QUERY, OTHER))
            assert read_ids(client)[-1] == "reset"
        other.sendall(framed(QUERY, OTHER, QUERY))
        assert read_ids(other) == [7, 8, 7]


def test_after_tc_the_connection_is_reset_and_then_all_is_well(farm, client, host):
    plan(farm, {"frame": "tcp-refuse"})
    client.send(QUERY)
    assert client.socket.recv(512)[2] & 2
    with connected(farm, host, "tcp") as stream:
        stream.sendall(framed(QUERY))
        assert read_ids(stream) == ["reset"]
    client.send(QUERY)
    assert not client.socket.recv(512)[2] & 2


@pytest.mark.parametrize("kind", ["drop", "reply", "frame"])
def test_an_update_that_waits_for_the_disk_has_its_fault(start_farm, tmp_path, kind):
    from dns.update import Update

    farm = start_farm("dns", hosts=["127.0.0.1"], data=tmp_path, dns={"open_update": True})
    farm.call(put_example_zone, farm.world)
    update = Update("example.test")
    update.add("new", 300, "A", "192.0.2.1")
    update.id = 7
    plan(farm, {kind: {"drop": {}, "reply": {"rcode": "SERVFAIL"}, "frame": "wrong-id"}[kind]}, verb="UPDATE")
    answer = farm.udp("dns", update.to_wire(), timeout=0.5 if kind == "drop" else 5)
    new = dns.message.make_query("new.example.test", "A", flags=0).to_wire()
    made = dns.message.from_wire(farm.udp("dns", new)).rcode() == 0
    assert made is (kind != "reply")
    if kind == "drop":
        assert answer is None
    elif kind == "reply":
        assert answer[3] & 15 == 2
    else:
        assert answer[:2] == b"\0\10"


def test_over_tcp_an_update_that_waits_for_the_disk_ends_the_connection(start_farm, tmp_path):
    from dns.update import Update

    farm = start_farm("dns", hosts=["127.0.0.1"], data=tmp_path, dns={"open_update": True})
    farm.call(put_example_zone, farm.world)
    update = Update("example.test")
    update.add("new", 300, "A", "192.0.2.1")
    plan(farm, {"close": {}}, verb="UPDATE")
    with farm.connect("dns") as client:
        client.sendall(framed(OTHER, update.to_wire(), OTHER))
        assert read_ids(client) == [8]
