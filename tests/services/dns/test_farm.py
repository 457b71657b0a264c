"""DNS with real sockets, and the rules that need them or zone files."""

import socket
import struct

import dns.message
import pytest
from dns_zone import put_example_zone
from nightly import by_night

from homeport.protocol.faults import Do, Plan, Refuse
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import TYPES
from homeport.world.zones.text import BadRecords, parse_zone

QUERY = dns.message.make_query("www.example.test", "A", flags=0, use_edns=0).to_wire()
FRAMED = struct.pack("!H", len(QUERY)) + QUERY
APEX = parse_name("farm.example.")
SOA = "@ 60 IN SOA ns hostmaster 1 2 3 4 5\n"


@pytest.fixture
def farm(start_farm):
    """A farm with the zone example.test."""
    farm = start_farm("dns")
    farm.call(put_example_zone, farm.world)
    return farm


def answered(client):
    (size,) = struct.unpack("!H", client.recv(2))
    answer = b""
    while len(answer) < size:
        answer += client.recv(size - len(answer))
    return dns.message.from_wire(answer).answer != []


@pytest.mark.requirement("DNS-6.1.3.2-10")
def test_a_waiting_tcp_connection_holds_no_datagram_up(farm):
    with farm.connect("dns") as client:
        client.sendall(FRAMED[:2])
        assert farm.udp("dns", QUERY)
        client.sendall(FRAMED[2:])
        assert answered(client)


@pytest.mark.requirement("DNS-6.1.3.2-5")
def test_tcp_connections_are_limited_and_udp_is_not(start_farm):
    farm = start_farm("dns", limits={"connections_per_peer": 1, "exempt": []})
    farm.call(put_example_zone, farm.world)
    with farm.connect("dns") as first, farm.connect("dns") as second:
        first.sendall(FRAMED)
        assert answered(first)
        try:
            second.sendall(FRAMED)
            assert second.recv(100) == b""
        except ConnectionError:
            pass
        assert farm.udp("dns", QUERY)


@pytest.mark.requirement("DNS-6.1.3.2-8")
def test_a_farm_can_answer_over_tcp_alone(farm):
    farm.call(farm.world.faults.add, Plan(service="dns", listener="udp", do=Do(refuse=Refuse())))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(("127.0.0.1", farm.port("dns", "udp")))
        client.send(QUERY)
        with pytest.raises(ConnectionRefusedError):
            client.recv(512)
    with farm.connect("dns") as client:
        client.sendall(FRAMED)
        assert answered(client)


@pytest.mark.requirement("DNS-6.1.3.6-1")
def test_a_zone_with_every_type_loads():
    lines = [
        *("a A 192.0.2.1", "aaaa AAAA 2001:db8::1", "cname CNAME a", "ptr PTR a", "mx MX 1 a", "txt TXT x", "ns NS a"),
        *("hinfo HINFO vax unix", "srv SRV 0 0 25 a", "rp RP a .", "caa CAA 0 issue x", "wks TYPE11 \\# 5 7f00000106"),
        *("loc LOC 51 30 12.748 N 0 7 39.612 W 0m", "afsdb AFSDB 1 a", "minfo TYPE14 \\# 2 0000", "dname DNAME a"),
    ]
    nodes = parse_zone(SOA + "@ 60 NS a\n" + "\n".join(lines), APEX)
    assert {TYPES.get(line.split()[1], 0) for line in lines} - {0} <= {one for node in nodes.values() for one in node}


@pytest.mark.requirement("DNS-6.1.3.6-2")
@pytest.mark.parametrize("kind", ["MD", "MF", "TYPE3", "TYPE4"])
def test_md_and_mf_are_not_loaded(kind):
    data = "\\# 2 0161" if kind.startswith("TYPE") else "a"
    with pytest.raises(BadRecords, match="3"):
        parse_zone(SOA + f"@ 60 NS a\nx 60 {kind} {data}\n", APEX)


@pytest.mark.requirement("DNS-2.1-1")
def test_a_host_name_may_begin_with_a_digit():
    nodes = parse_zone(SOA + "@ 60 NS a\n3com A 192.0.2.3\n", APEX)
    assert TYPES["A"] in nodes[(b"3com", *APEX)]


@by_night
def test_ten_thousand_connections_leave_nothing_behind(farm):
    for _ in range(10_000):
        with farm.connect("dns") as client:
            client.sendall(FRAMED)
            assert answered(client)
    assert farm.call(lambda: farm.world.counters_of("dns", "tcp").errors) == 0
