"""Exchanges over real sockets, by TFTP: addresses, limits, ends, faults, forged sources, records."""

import contextlib
import socket
import struct

import pytest

from homeport.control.pcapng import PACKET, serialize_capture
from homeport.io import platform
from homeport.io.net.datagrams import is_broadcast
from homeport.io.net.segments import SegmentedSender
from homeport.world.transcript import transcript_of

ACK, DATA, ERROR = b"\0\4", b"\0\3", b"\0\5"
LONG = 30_000


class Peer:
    """A client with a socket."""

    def __init__(self, farm, host="127.0.0.1", source=("", 0)):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(source if source[0] else (host, 0))
        self.socket.settimeout(10)
        self.port = (host, farm.port("tftp"))
        self.server = self.port

    def ask(self, name=b"long", options=b"", opcode=b"\0\1"):
        """Send a request and return the answer."""
        self.socket.sendto(opcode + name + b"\0octet\0" + options, self.port)
        return self.receive()

    def send(self, packet):
        self.socket.sendto(packet, self.server)

    def receive(self):
        packet, self.server = self.socket.recvfrom(70_000)
        return packet

    def ack(self, block):
        """Acknowledge a block and return the next packet."""
        self.send(ACK + block.to_bytes(2, "big"))
        return self.receive()

    def is_silent(self):
        """True if nothing comes for a moment."""
        self.socket.settimeout(0.2)
        try:
            self.socket.recv(70_000)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(10)
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture
def serving(start_farm, tmp_path):
    """Start a farm with TFTP and a file of 30,000 bytes: `serving(limits=..., tftp=...)`."""
    (tmp_path / "long").write_bytes(bytes(LONG))

    def start(**options):
        options.setdefault("tftp", {})
        return start_farm("tftp", "ftp", ftp={"root": str(tmp_path)}, **options)

    return start


def exchanges(farm):
    (listener,) = farm.farm.hosts["default"].datagrams
    return farm.call(lambda: len(listener.exchanges))


def dropped(farm):
    return farm.call(lambda: dict(farm.world.counters_of("tftp", "udp").dropped))


def ended(farm, number=1):
    farm.wait_for(lambda: sum(one["type"] == "closed" for one in farm.world.journal.events()) >= number)


@pytest.mark.requirement("TFTP-4.2.1-1")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_exchange_has_a_fresh_port_of_the_asked_address(serving, host):
    farm = serving()
    with Peer(farm, host) as one, Peer(farm, host) as other:
        assert one.ask()[:4] == DATA + b"\0\1"
        assert other.ask()[:4] == DATA + b"\0\1"
        assert one.server[0] == other.server[0] == host
        assert len({one.server[1], other.server[1], farm.port("tftp")}) == 3
        assert one.ack(1)[:4] == DATA + b"\0\2"


@pytest.mark.loopback_network
@pytest.mark.linux
def test_a_farm_on_all_addresses_answers_from_the_asked_one(serving):
    farm = serving(hosts=["0.0.0.0"])
    with Peer(farm, "127.0.0.2") as one:
        one.ask()
        assert one.server[0] == "127.0.0.2"
        assert one.ack(1)[:4] == DATA + b"\0\2"


@pytest.mark.linux
@pytest.mark.requirement("TFTP-4.2.3.5-1")
@pytest.mark.requirement("BOOT-6.2.2.2-2")
def test_a_request_to_a_broadcast_address_gets_no_answer_and_is_counted(serving):
    farm = serving(hosts=["0.0.0.0"])
    with Peer(farm) as one:
        one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        one.port = ("127.255.255.255", farm.port("tftp"))
        one.socket.sendto(b"\0\1long\0octet\0", one.port)
        farm.wait_for(lambda: farm.world.findings.counts)
        assert farm.world.findings.counts == {"tftp.broadcast": 1}
        assert dropped(farm) == {"broadcast": 1}
        assert one.is_silent()
        assert exchanges(farm) == 0


@pytest.mark.parametrize(
    ("own", "asked", "broadcast"),
    [
        ("127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1", "127.255.255.255", True),  # Linux names our own address
        ("0.0.0.0", "127.0.0.1", False),  # macOS leaves it empty
        ("0.0.0.0", "255.255.255.255", True),
        ("0.0.0.0", "224.0.0.1", True),
    ],
)
def test_a_broadcast_is_told_by_what_each_system_reports(own, asked, broadcast):
    info = struct.pack("=i", 1) + socket.inet_aton(own) + socket.inet_aton(asked)
    assert is_broadcast([(socket.IPPROTO_IP, platform.IP_PKTINFO, info)]) is broadcast


def test_the_ports_of_exchanges_are_those_of_the_range(serving):
    with contextlib.ExitStack() as held:
        free = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        held.close()
        farm = serving(tftp={"transfer_ports": f"{port}-{port}"})
        with Peer(farm) as one, Peer(farm) as other:
            one.ask()
            assert one.server == ("127.0.0.1", port)
            one.ack(1)
            assert other.ask() == ERROR + b"\0\0busy\0"
            assert dropped(farm) == {"no free port": 1}
            assert one.ack(2)[:4] == DATA + b"\0\3"


def test_a_port_of_the_range_is_taken_from_a_client_that_has_not_answered(serving):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    farm = serving(tftp={"transfer_ports": f"{port}-{port}"})
    with Peer(farm) as forged, Peer(farm) as other:
        forged.ask()
        assert other.ask()[:4] == DATA + b"\0\1"
        assert exchanges(farm) == 1


def test_another_port_of_the_client_gets_error_5_and_the_transfer_goes_on(serving):
    farm = serving()
    with Peer(farm) as one, Peer(farm) as stray:
        one.ask()
        stray.server = one.server
        stray.send(ACK + b"\0\1")
        assert stray.receive()[:4] == ERROR + b"\0\5"
        assert one.ack(1)[:4] == DATA + b"\0\2"
        assert farm.world.findings.counts == {"tftp.new-port-per-packet": 1}


def test_two_requests_of_one_port_are_one_exchange(serving):
    farm = serving()
    with Peer(farm) as one:
        one.ask()
        one.socket.sendto(b"\0\1long\0octet\0", one.port)
        assert one.ack(1)[:4] == DATA + b"\0\2"
        assert exchanges(farm) == 1


# Limits and ends.


def test_a_full_listener_makes_room_for_proved_clients_of_forged_ones(serving):
    farm = serving(limits={"connections": 2})
    with Peer(farm) as one, Peer(farm) as forged, Peer(farm) as third:
        one.ask()
        one.ack(1)
        forged.ask()
        assert third.ask()[:4] == DATA + b"\0\1"
        third.ack(1)
        with Peer(farm) as late:
            assert late.ask() == ERROR + b"\0\0busy\0"
        assert one.ack(2)[:4] == DATA + b"\0\3"
        assert farm.call(lambda: farm.world.counters_of("tftp", "udp").refused) == 1


def test_one_address_has_no_more_exchanges_than_it_may(serving):
    farm = serving(limits={"connections_per_peer": 1, "exempt": []})
    with Peer(farm) as one, Peer(farm) as other:
        one.ask()
        assert other.ask() == ERROR + b"\0\0busy\0"


def test_an_exchange_that_is_idle_or_too_long_ends(serving):
    farm = serving(limits={"idle": 0.2}, tftp={"timeout": 60})
    with Peer(farm) as one:
        one.ask()
        packet = one.ack(1)
        while packet[:2] == DATA:  # the same block again and again
            packet = one.receive()
        assert packet[:4] == ERROR + b"\0\0"
    ended(farm)
    assert farm.events("closed")[0]["reason"] == "limit: idle"


def test_a_peer_that_sends_too_much_ends(serving):
    farm = serving(limits={"received": 30})
    with Peer(farm) as one:
        one.ask()
        for block in range(1, 6):
            if one.ack(block)[:2] == ERROR:
                break
        else:
            pytest.fail("it went on")
    ended(farm)
    assert farm.events("closed")[0]["reason"] == "limit: received"


@pytest.mark.parametrize("end", ["stop", "reset"])
def test_a_stop_of_the_service_and_a_reset_of_the_world_end_exchanges(serving, end):
    farm = serving()
    host = farm.farm.hosts["default"]
    with Peer(farm) as one:
        one.ask()
        farm.call(*((host.stop_service, "tftp") if end == "stop" else (host.reset,)))
        assert one.receive()[:4] == ERROR + b"\0\0"
        assert exchanges(farm) == 0
        if end == "stop":
            farm.call(host.start_service, "tftp")
        assert one.ask()[:4] == DATA + b"\0\1"


def test_closing_the_farm_ends_exchanges(serving):
    farm = serving()
    with Peer(farm) as one:
        one.ask()
        farm.stop()
        assert one.receive()[:4] == ERROR + b"\0\0"


# Forged sources.


def test_a_source_that_proves_nothing_gets_one_short_packet_at_a_time(serving):
    farm = serving(tftp={"timeout": 0.05, "repetitions": 8})
    with Peer(farm) as one:
        first = one.ask()
        assert len(first) <= 576
        packets = [first]
        ended_now = False
        while not ended_now:
            one.socket.settimeout(0.5)
            try:
                packets.append(one.socket.recv(70_000))
            except TimeoutError:
                ended_now = True
        assert len(packets) == 4
        assert all(len(packet) <= 576 for packet in packets)


def test_a_request_from_a_port_of_a_service_is_not_answered(serving):
    farm = serving()
    with Peer(farm, source=("127.0.0.1", 0)) as one:
        farm.call(farm.farm._guard.know_services, [one.socket.getsockname()[1]])
        one.socket.sendto(b"\0\1long\0octet\0", one.port)
        farm.wait_for(lambda: farm.world.counters_of("tftp", "udp").dropped)
        assert dropped(farm) == {"port of a service": 1}
        assert exchanges(farm) == 0


def test_two_farms_with_forged_sources_fall_silent(serving):
    one, other = serving(), serving()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        # As if sent by the other farm's port: the forger cannot bind it, so the datagram enters where it would arrive.
        (first,) = one.farm.hosts["default"].datagrams
        there = ("127.0.0.1", other.port("tftp"))
        port = first.descriptors[0]

        def forge(packet):
            sender = first.sender(there, port.local)
            first.renew_share(sender, 1)
            first.answer(sender, packet, 64, 1)

        for packet in (b"\0\1long\0octet\0", b"\0\4\0\1", b"\0\3\0\1x", b"\0\x09", b"\0\5\0\0x\0"):
            one.call(forge, packet)
        assert forger.fileno() >= 0
    one.wait_for(lambda: any(event["type"] == "closed" for event in one.world.journal.events()))
    counters = [farm.world.counters_of("tftp", "udp") for farm in (one, other)]
    assert sum(each.datagrams_in for each in counters) < 10
    assert exchanges(one) == exchanges(other) == 0


def test_the_rate_limit_bounds_answers_to_one_address(serving):
    farm = serving(limits={"udp_answers_per_second": 5, "exempt": []})
    with contextlib.ExitStack() as all_peers:
        peers = [all_peers.enter_context(Peer(farm)) for _ in range(20)]
        for peer in peers:
            peer.socket.sendto(b"\0\1long\0octet\0", peer.port)
        counters = farm.world.counters_of("tftp", "udp")
        farm.wait_for(lambda: counters.datagrams_in >= 20)
        assert dropped(farm)["rate"] >= 5


# Faults of the network.


@pytest.mark.parametrize(
    ("do", "after", "first"),
    [
        ({"drop": {}}, 0, 4),
        ({"truncate": {"size": 10}}, 0, 10),
        ({"garbage": {"bytes": 77}}, 0, 77),
        ({"latency": {"ms": 50}}, 0, 516),
    ],
)
def test_a_fault_acts_on_single_datagrams_of_an_exchange(serving, plan, do, after, first):
    farm = serving(tftp={"timeout": 0.1})
    plan(farm, do, after=after)
    with Peer(farm) as one:
        packet = one.ask()
        assert len(packet) == (516 if "drop" in do else first)
    assert [event["kind"] for event in farm.events("fault")] == list(do)


def test_a_duplicated_datagram_comes_twice_and_a_reordered_one_later(serving, plan):
    farm = serving()
    plan(farm, {"duplicate": {}})
    with Peer(farm) as one:
        assert one.ask() == one.receive()
    with Peer(farm) as one:
        one.ask(options=b"windowsize\x004\0")
        plan(farm, {"reorder": {}})
        one.send(ACK + b"\0\0")
        assert [one.receive()[3] for _ in range(4)] == [2, 1, 3, 4]


def test_a_fault_on_the_way_in_loses_an_ack(serving, plan):
    farm = serving(tftp={"timeout": 0.1})
    with Peer(farm) as one:
        first = one.ask()
        plan(farm, {"drop": {}}, direction="in")
        assert one.ack(1) == first
        assert one.ack(1)[:4] == DATA + b"\0\2"


def test_a_fault_of_one_connection_leaves_the_others_alone(serving, plan):
    farm = serving()
    with Peer(farm) as one, Peer(farm) as other:
        one.ask()
        other.ask()
        plan(farm, {"drop": {}}, times=0, match={"conn": "c1"})
        one.send(ACK + b"\0\1")
        assert other.ack(1)[:4] == DATA + b"\0\2"
        assert one.is_silent()


@pytest.fixture
def plan():
    """Plan a fault: `plan(farm, {"drop": {}}, after=2)`."""
    import msgspec

    from homeport.protocol.fault_checks import validate_plan
    from homeport.protocol.faults import Plan
    from homeport.services import find_service

    def run(farm, do, **options):
        made = msgspec.convert({"service": "tftp", "do": do, **options}, Plan)
        validate_plan(made, {"tftp": find_service("tftp")})
        farm.call(farm.world.faults.add, made)

    return run


# Records.


def test_an_exchange_is_a_connection_of_the_journal_with_its_datagrams(serving):
    farm = serving()
    with Peer(farm) as one:
        one.ask()
        one.ack(1)
    events = [event for event in farm.call(lambda: list(farm.world.journal.events())) if event["conn"] == "c1"]
    assert [(event["type"], event.get("direction")) for event in events] == [
        ("opened", None), ("datagram", "in"), ("command", None), ("datagram", "out"), ("datagram", "in"),
        ("datagram", "out"),
    ]  # fmt: skip
    assert events[1]["shown"] == "RRQ long octet"
    assert events[3]["shown"].startswith("DATA block 1, 512 bytes: ")


@pytest.mark.linux
def test_datagrams_sent_together_arrive_as_they_are():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        datagrams = [b"a" * 500, b"b" * 500, b"c" * 500, b"d" * 7, b"", b"e", b"f" * 600, b"g" * 600, b"h" * 601]
        assert SegmentedSender(sender).send(datagrams, receiver.getsockname()) == 0
        assert [receiver.recv(1000) for _ in datagrams] == datagrams


def test_a_capture_has_the_datagrams_of_an_exchange(serving):
    farm = serving()
    with Peer(farm) as one:
        one.ask()
        one.ack(1)
    host = farm.farm.hosts["default"]
    made = farm.call(lambda: serialize_capture(transcript_of(farm.world.journal, "c1", host.live, secrets=False)))
    packets = list(udp_of(made))
    server = one.server[1]
    assert [source == server for source, _content in packets] == [False, True, False, True]
    assert packets[0][1] == b"\0\1long\0octet\0"
    assert packets[1][1] == DATA + b"\0\1" + bytes(512)
    assert packets[2][1] == ACK + b"\0\1"


def udp_of(capture):
    """Yield source port and content of each datagram of a pcapng file."""
    at = 0
    while at < len(capture):
        kind, size = struct.unpack_from("<II", capture, at)
        if kind == PACKET:
            (length,) = struct.unpack_from("<I", capture, at + 20)
            datagram = capture[at + 28 + 20 : at + 28 + length]
            yield int.from_bytes(datagram[:2], "big"), datagram[8:]
        at += size


def test_hundreds_of_exchanges_wait_beside_one_that_works(serving):
    farm = serving(tftp={"timeout": 60})
    with contextlib.ExitStack() as waiting:
        for _ in range(300):
            waiting.enter_context(Peer(farm)).ask()
        assert exchanges(farm) == 300
        with Peer(farm) as one:
            one.ask()
            for block in range(1, LONG // 512 + 1):
                assert one.ack(block)[:4] == DATA + (block + 1).to_bytes(2, "big")
            one.send(ACK + (LONG // 512 + 1).to_bytes(2, "big"))
            farm.wait_for(lambda: any(event["type"] == "file" for event in farm.world.journal.events()))
        assert exchanges(farm) == 300
