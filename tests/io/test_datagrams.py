"""The driver of UDP services: batches, addresses, the guard, and isolation of errors."""

import logging
import os
import socket
import sys

import msgspec
import pytest

from homeport.io.platform import tell_ttl
from homeport.protocol.effects import Log, Send
from homeport.services import find_service


@pytest.fixture(params=[pytest.param("batches", marks=pytest.mark.linux), "one by one"])
def each_way(request, monkeypatch):
    """Run with recvmmsg, and as on a system without it."""
    if request.param == "one by one":
        monkeypatch.setattr("homeport.farm.supervisor.available", lambda: False)


@pytest.fixture
def client():
    """Return a UDP socket with a timeout of ten seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(10)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        made.bind(("127.0.0.1", 0))
        yield made


pytestmark = pytest.mark.usefixtures("each_way")


def counters(farm, service="obedient"):
    return farm.world.counters_of(service, "udp")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_one_datagram_may_have_many_answers_none_or_an_empty_one(obedient, host):
    farm = obedient()
    assert farm.udp("obedient", b"whole", host=host) == b"whole"
    assert farm.udp("obedient", b"", host=host) == b""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(b"a,b,c", (host, farm.port("obedient")))
        assert [client.recv(10) for _ in range(3)] == [b"a", b"b", b"c"]


def test_two_hundred_datagrams_in_a_row_are_answered_in_their_order(obedient, client):
    farm = obedient()
    # The reactor is busy while they are sent, so that they are received in full batches.
    farm.call(lambda: [client.sendto(b"%d" % n, ("127.0.0.1", farm.port("obedient"))) for n in range(200)])
    assert [client.recv(10) for _ in range(200)] == [b"%d" % n for n in range(200)]
    assert farm.call(lambda: (counters(farm).datagrams_in, counters(farm).datagrams_out)) == (200, 200)


def test_every_sender_gets_its_own_answers(obedient):
    farm = obedient()
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
    address = ("127.0.0.1", farm.port("obedient"))

    def send():
        for turn in range(5):
            for number, client in enumerate(clients):
                client.sendto(b"%d/%d" % (number, turn), address)

    farm.call(send)
    for number, client in enumerate(clients):
        client.settimeout(10)
        assert [client.recv(10) for _ in range(5)] == [b"%d/%d" % (number, turn) for turn in range(5)]
        client.close()


def test_a_function_that_raises_loses_one_datagram_and_is_counted(obedient, client, caplog):
    farm = obedient()
    with caplog.at_level(logging.CRITICAL, "homeport"):
        farm.call(lambda: [client.sendto(data, ("127.0.0.1", farm.port("obedient"))) for data in (b"raise", b"next")])
        assert client.recv(10) == b"next"
    assert farm.call(lambda: (counters(farm).errors, counters(farm).dropped)) == (1, {"internal error": 1})


def test_a_finding_names_the_sender(obedient, client):
    farm = obedient()
    client.sendto(b"find", ("127.0.0.1", farm.port("obedient")))
    (finding,) = farm.wait_for(lambda: list(farm.world.findings))
    assert (finding.id, finding.conn, finding.shown) == ("obedient.ordered", None, "find")
    assert finding.peer == f"127.0.0.1:{client.getsockname()[1]}"
    (event,) = farm.events("finding")
    assert (event["peer"], event["seq"]) == (finding.peer, finding.seq)


def test_every_datagram_is_in_the_journal_with_its_answers(obedient):
    farm = obedient()
    farm.udp("obedient", b"a,b")
    (event,) = farm.events("datagram")
    assert (event["service"], event["listener"], event["size"], event["text"]) == ("obedient", "udp", 3, "a,b")
    assert [answer["text"] for answer in event["answers"]] == ["a", "b"]


def test_peers_that_are_not_chosen_are_counted_but_not_recorded(obedient):
    farm = obedient(journal={"record": ["127.0.0.2"]}, hosts=("127.0.0.1",))
    farm.udp("obedient", b"x")
    farm.udp("obedient", b"find", timeout=0.05)
    assert farm.events("datagram") == []
    assert farm.call(lambda: (counters(farm).datagrams_in, farm.world.findings.counts)) == (2, {"obedient.ordered": 1})


@pytest.mark.requirement("GEN-2.3-2")
@pytest.mark.parametrize(
    ("bound", "asked"),
    [
        pytest.param("0.0.0.0", "127.0.0.2", marks=pytest.mark.loopback_network),
        ("0.0.0.0", "127.0.0.1"),
        pytest.param("127.0.0.2", "127.0.0.2", marks=pytest.mark.loopback_network),
        ("::", "::1"),
    ],
)
def test_the_answer_leaves_from_the_address_that_was_asked(obedient, bound, asked):
    farm = obedient(hosts=(bound,))
    assert farm.udp("obedient", b"who", host=asked) == b"who"


@pytest.mark.requirement("GEN-1.2.2-6")
def test_one_address_gets_no_more_answers_in_a_second_than_configured(obedient, client):
    farm = obedient(limits={"udp_answers_per_second": 5, "exempt": []})
    for _ in range(50):
        client.sendto(b"x", ("127.0.0.1", farm.port("obedient")))
    # They may straddle the turn of a second, so there may be five of the next.
    lost = farm.wait_for(lambda: counters(farm).datagrams_in == 50 and counters(farm).dropped["rate"])
    assert lost >= 40
    assert farm.call(lambda: counters(farm).datagrams_out) == 50 - lost


@pytest.mark.loopback_network
@pytest.mark.requirement("GEN-1.2.2-6")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can send from a port below 1024")
@pytest.mark.parametrize("port", [7, 13, 17, 19, 1023])
def test_a_forged_well_known_source_gets_nothing_and_is_counted(obedient, port):
    farm = obedient(hosts=("127.0.0.1",))
    pid = os.getpid()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        # An address of loopback that is this process's own, so that runs beside each other are not in each other's way.
        client.bind((f"127.{1 + (pid >> 16 & 63)}.{pid >> 8 & 255}.{pid & 255}", port))
        client.settimeout(0.1)
        client.sendto(b"x", ("127.0.0.1", farm.port("obedient")))
        with pytest.raises(TimeoutError):
            client.recv(10)
    assert farm.call(lambda: counters(farm).dropped) == {"well-known port": 1}
    assert farm.events("datagram")[0]["dropped"] == "well-known port"


@pytest.mark.requirement("GEN-1.2.2-6")
def test_a_service_of_the_same_farm_gets_nothing(start_farm):
    farm = start_farm("echo", "chargen")
    sender = farm.farm.hosts["default"].datagrams[1].bound.sockets[0]
    farm.call(sender.sendto, b"x", ("127.0.0.1", farm.port("echo")))
    assert farm.wait_for(lambda: counters(farm, "echo").dropped) == {"port of a service": 1}
    assert farm.call(lambda: counters(farm, "chargen").datagrams_in) == 0


@pytest.mark.requirement("GEN-1.2.2-6")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_two_farms_aimed_at_each_other_fall_silent(start_farm, host):
    first, second = start_farm("echo", hosts=(host,)), start_farm("echo", hosts=(host,))
    sender = first.farm.hosts["default"].datagrams[0].bound.sockets[0]
    # As if an attacker had forged the first farm's address.
    first.call(sender.sendto, b"for ever?", (host, second.port("echo")))

    # It leaves with 63 hops; each answer has one less, and the 63rd to arrive is not answered.
    assert second.wait_for(lambda: counters(second, "echo").dropped) == {"loop": 1}
    assert second.call(lambda: counters(second, "echo").datagrams_in) == 32
    assert first.call(lambda: counters(first, "echo").datagrams_in) == 31


def test_without_the_guard_everybody_is_answered(obedient, client):
    farm = obedient(limits={"udp_guard": False})
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
    client.sendto(b"last hop", ("127.0.0.1", farm.port("obedient")))
    assert client.recv(10) == b"last hop"


def test_a_datagram_on_its_last_hop_is_a_loop(obedient, client):
    farm = obedient()
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
    client.sendto(b"x", ("127.0.0.1", farm.port("obedient")))
    assert farm.wait_for(lambda: counters(farm).dropped) == {"loop": 1}


@pytest.mark.parametrize(("ttl", "answered"), [(255, 63), (64, 63), (63, 62), (10, 9), (2, 1)])
def test_an_answer_has_a_hop_less_than_its_question(obedient, client, ttl, answered):
    farm = obedient()
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    tell_ttl(client)
    client.sendto(b"x", ("127.0.0.1", farm.port("obedient")))
    _data, [(_level, _kind, value)], _flags, _address = client.recvmsg(10, 64)
    assert int.from_bytes(value[:4], "little") == answered


def test_a_flood_of_one_sender_takes_its_share_of_the_journal_and_no_more(obedient, client):
    farm = obedient(journal={"kept_per_sender": 1000})
    for _ in range(100):
        client.sendto(b"flood", ("127.0.0.1", farm.port("obedient")))
        assert client.recv(10) == b"flood"
    assert farm.udp("obedient", b"another sender") == b"another sender"
    shown = [event["text"] for event in farm.events("datagram")]
    # They may straddle the turn of a second, so there may be the share of the next.
    assert 1 <= shown.count("flood") <= 10
    assert shown.count("another sender") == 1
    unrecorded = 100 - shown.count("flood")
    assert farm.call(lambda: (counters(farm).datagrams_in, counters(farm).unrecorded)) == (101, unrecorded)


def test_a_flood_of_findings_is_counted_in_full_and_takes_its_senders_share_of_the_journal(obedient, client):
    farm = obedient(journal={"kept_per_sender": 1000})
    for _ in range(100):
        client.sendto(b"find", ("127.0.0.1", farm.port("obedient")))
    client.sendto(b"last", ("127.0.0.1", farm.port("obedient")))
    assert client.recv(10) == b"last"
    assert farm.call(lambda: farm.world.findings.counts) == {"obedient.ordered": 100}
    assert 1 <= len(farm.events("finding")) <= 10


@pytest.fixture
def clients():
    """Return twenty UDP sockets, each with its own address."""
    made = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
    for one in made:
        one.settimeout(10)
        one.bind(("127.0.0.1", 0))
    yield made
    for one in made:
        one.close()


def named(clients):
    """Return the addresses of sockets as the journal writes them."""
    return [f"127.0.0.1:{one.getsockname()[1]}" for one in clients]


def test_the_journal_has_each_of_many_new_senders_under_its_own_address(obedient, clients):
    farm = obedient()
    address = ("127.0.0.1", farm.port("obedient"))
    # The reactor is busy while they are sent, so that all come in one batch.
    farm.call(lambda: [one.sendto(b"%d" % number, address) for number, one in enumerate(clients)])
    for number, one in enumerate(clients):
        assert one.recv(10) == b"%d" % number
    events = farm.events("datagram")
    assert [(event["peer"], event["text"]) for event in events] == [
        (peer, str(number)) for number, peer in enumerate(named(clients))
    ]


def test_findings_of_many_new_senders_name_each_its_own(obedient, clients):
    farm = obedient()
    address = ("127.0.0.1", farm.port("obedient"))
    farm.call(lambda: [one.sendto(b"find", address) for one in clients])
    farm.wait_for(lambda: counters(farm).datagrams_in == len(clients))
    assert [event["peer"] for event in farm.events("finding")] == named(clients)
    assert farm.call(lambda: farm.world.findings.counts) == {"obedient.ordered": len(clients)}


@pytest.fixture
def contexts(monkeypatch):
    """Collect the contexts passed to the obedient service, which answers as many bytes as the datagram says."""
    seen = []

    def datagram(context, data):
        seen.append(context)
        return (Log("heard", {"text": data.decode()}), Send(bytes(int(data))))

    module = sys.modules["homeport_obedient"]
    monkeypatch.setattr(module, "SERVICE", msgspec.structs.replace(module.SERVICE, datagram=datagram))
    find_service.cache_clear()
    return seen


@pytest.mark.parametrize(("bound", "asked"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "::1")])
def test_a_datagram_comes_with_its_service_its_listener_and_both_addresses(contexts, obedient, bound, asked):
    farm = obedient(hosts=(bound,))
    farm.udp("obedient", b"1", host=asked)
    (context,) = contexts
    assert (context.service, context.listener) == ("obedient", "udp")
    assert context.local == (asked, farm.port("obedient"))
    assert context.peer[0] == asked


def test_a_log_of_a_datagram_names_its_sender_and_is_kept_of_those_who_are_recorded(contexts, obedient, client):
    farm = obedient(journal={"record": ["127.0.0.1"]}, hosts=("127.0.0.1", "::1"))
    client.sendto(b"1", ("127.0.0.1", farm.port("obedient")))
    client.recv(10)
    (event,) = farm.events("heard")
    assert (event["peer"], event["text"]) == (f"127.0.0.1:{client.getsockname()[1]}", "1")
    farm.udp("obedient", b"1", host="::1")
    assert len(farm.events("heard")) == 1


def test_an_answer_that_the_network_does_not_take_is_counted_and_the_next_is_sent(contexts, obedient, client):
    farm = obedient()
    address = ("127.0.0.1", farm.port("obedient"))
    # No datagram can be that long.
    farm.call(lambda: [client.sendto(data, address) for data in (b"65530", b"3")])
    assert client.recv(10) == bytes(3)
    assert farm.call(lambda: (counters(farm).datagrams_out, counters(farm).dropped)) == (1, {"network": 1})
