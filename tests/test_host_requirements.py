"""The general rules of RFC 1123, tested for every service, new ones included."""

import os
import random
import socket
import struct
import time
from contextlib import ExitStack

import pytest
from tls_clients import trusting

from homeport.config.reading import flag_setting, load
from homeport.config.values import ConfigError
from homeport.protocol.rules import RESET
from homeport.services import all_services

SERVICES = [service.name for service in all_services() if service.session]
DATAGRAM_SERVICES = [service.name for service in all_services() if service.datagram]
QUERY_SERVICES = ["finger", "whois"]
LINE_SERVICES = [*QUERY_SERVICES, "gopher", "ident"]
SILENT = {"discard", "syslog"}
ENDLESS = {"chargen"}
UNDER_TLS = {"epp", "rdap", "ntp"}
"""Services whose first listener begins with TLS."""
REQUESTS = {
    "dns": b"\0\x1b\0\1\0\0\0\1\0\0\0\0\0\0\2id\6server\0\0\x10\0\3",
    "tftp": b"\0\4" + b"\0\4\0\0",  # an ACK of no transfer: an error
    "rdap": b"GET /rdap/help HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "ntp": bytes.fromhex("80010002000080040002000f80000000"),  # a key exchange of NTS
}
"""Ordinary requests of services that take no line, after two octets of length."""
DATAGRAMS = {"ntp": b"\x23" + bytes(47)}
"""Ordinary requests of services that have other ones over UDP."""
LENGTH_BYTES = 2
LIMIT = 1 << 20


def normal_answer(farm, service):
    """Return the beginning of the answer to an ordinary request; the connection times out after ten seconds."""
    with farm.connect(service) as client:
        if service in UNDER_TLS:
            with trusting(farm).wrap_socket(client, server_hostname="localhost") as secure:
                secure.sendall(REQUESTS.get(service, b""))
                return secure.recv(65536)
        client.sendall(REQUESTS.get(service, b"alice\r\n"))
        client.shutdown(socket.SHUT_WR)
        return client.recv(65536)


def datagram_for(service):
    """Return a datagram that is answered."""
    return DATAGRAMS.get(service) or REQUESTS.get(service, b"")[LENGTH_BYTES:]


def assert_serves(farm, service):
    assert bool(normal_answer(farm, service)) == (service not in SILENT)
    counters = farm.call(farm.world.counters_of, service, "tcp")
    assert counters.errors == 0


def reset(client):
    """Close with RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def drain(client):
    """Read until the server closes or resets."""
    try:
        while client.recv(65536):
            pass
    except OSError:
        return


def send_noise(farm, service, octets):
    """Send as many of the bytes as the service accepts."""
    with farm.connect(service) as client:
        try:
            client.sendall(octets)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            return
        if service not in ENDLESS:
            drain(client)


def events(farm, **wanted):
    """Return the journal's events with these fields."""
    found = farm.call(lambda: list(farm.world.journal.events()))
    return [event for event in found if all(event.get(name) == value for name, value in wanted.items())]


def arrived(farm, service, datagrams):
    """Wait until N datagrams have arrived."""
    deadline = time.monotonic() + 10
    while farm.call(farm.world.counters_of, service, "udp").datagrams_in < datagrams:
        assert time.monotonic() < deadline


def provoke(farm, service):
    """Break a rule of the service, if its declaration has one."""
    if service in LINE_SERVICES:
        farm.exchange(service, b"alice\n")
    elif service in {"smtp", "imap", "pop3", "ftp", "telnet", "dict"}:
        with farm.connect(service) as client:
            assert client.recv(4)  # the greeting: what comes before it is another finding
            client.sendall(b"alice\n")
            client.shutdown(socket.SHUT_WR)
            drain(client)
    elif service == "ntp":
        farm.udp(service, b"\x23" + bytes(39) + b"\x01" + os.urandom(7) + (99).to_bytes(4) + bytes(16))  # no such key
    elif service in UNDER_TLS:
        with (
            farm.connect(service) as client,
            trusting(farm).wrap_socket(client, server_hostname="localhost") as secure,
        ):
            if service == "rdap":
                secure.sendall(REQUESTS[service])
            assert secure.recv(4)  # as above
            secure.sendall(b"alice\n")
            drain(secure)
    elif service == "tftp":
        farm.udp(service, b"\0\4\0\1")
    elif service in DATAGRAM_SERVICES:
        farm.udp(service, bytes(600))
    else:
        pytest.fail(f"tests/test_host_requirements.py, provoke: break a rule of {service} (docs/adding-a-service.md)")


BREAKABLE = [service.name for service in all_services() if any(rule is not RESET for rule in service.rules)]


@pytest.mark.requirement("GEN-1.2.2-1")
@pytest.mark.parametrize("service", SERVICES)
def test_no_input_crashes_a_service_or_holds_up_others(farm, service):
    noise = random.Random(1123).randbytes(65536)
    with ExitStack() as half_open:
        for _ in range(10):
            half_open.enter_context(farm.connect(service)).sendall(b"half a li")
        farm.connect(service).close()
        client = farm.connect(service)
        client.sendall(b"half a line")
        reset(client)
        send_noise(farm, service, noise)
        if service in DATAGRAM_SERVICES:
            for size in (0, 1, 511, 512, 513, 65507):
                farm.udp(service, noise[:size], timeout=0.05)
        for other in SERVICES:
            assert_serves(farm, other)


@pytest.mark.requirement("GEN-1.2.2-2")
@pytest.mark.parametrize("service", LINE_SERVICES)
def test_a_line_without_end_is_cut_off_and_others_are_served(farm, service):
    with farm.connect(service) as client:
        sent = 0
        try:
            while sent < LIMIT:
                sent += client.send(bytes(8192))
        except OSError:
            pass
        assert_serves(farm, service)
        drain(client)
    assert farm.call(lambda: farm.world.findings.counts)[f"{service}.line-too-long"] == 1


@pytest.mark.requirement("GEN-1.2.2-2")
@pytest.mark.parametrize("service", ["echo", "discard", "chargen", *LINE_SERVICES])
def test_one_peer_gets_no_more_connections_than_it_may_have(start_farm, service):
    farm = start_farm(service, limits={"connections_per_peer": 2, "exempt": []})
    with farm.connect(service), farm.connect(service):
        with farm.connect(service) as third:
            drain(third)
        assert farm.call(farm.world.counters_of, service, "tcp").refused == 1


@pytest.mark.requirement("GEN-1.2.2-3", "GEN-1.2.2-4")
@pytest.mark.parametrize(("service", "query"), [("finger", b"/X alice"), ("whois", b"flurb=alice"), ("whois", b"-Q a")])
def test_what_has_no_meaning_is_answered_journaled_and_harms_nothing(farm, service, query):
    assert farm.exchange(service, query + b"\r\n").endswith(b"\r\n")
    (event,) = events(farm, service=service, type="command")
    assert query.decode() in event["argument"]
    assert event["peer"].startswith("127.0.0.1:")
    assert_serves(farm, service)


@pytest.mark.requirement("GEN-1.2.2-5")
@pytest.mark.parametrize("service", sorted({*SERVICES} - {"echo", "time", "telnet"} - SILENT))
def test_what_is_sent_is_lines_of_printing_characters_ended_by_cr_lf(farm, service):
    answer = normal_answer(farm, service) if service in ENDLESS else farm.exchange(service, b"alice\r\n")
    lines = answer.split(b"\r\n")
    if service not in ENDLESS:
        assert lines.pop() == b""
    for line in lines:
        assert len(line) <= 510
        assert line.decode("ascii").replace("\t", " ").isprintable()


@pytest.mark.requirement("GEN-1.2.2-6")
@pytest.mark.parametrize("service", sorted({*DATAGRAM_SERVICES} - SILENT))
def test_one_address_gets_no_more_datagrams_than_it_may_have(start_farm, service):
    farm = start_farm(service, limits={"udp_answers_per_second": 5, "exempt": []})
    began = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", farm.port(service, "udp")))
        for _ in range(100):
            client.send(datagram_for(service))
        arrived(farm, service, 100)
        seconds = int(time.monotonic() - began) + 2
    counters = farm.call(farm.world.counters_of, service, "udp")
    assert counters.datagrams_out <= 5 * seconds
    assert counters.datagrams_out + counters.dropped["rate"] == 100


@pytest.mark.requirement("GEN-1.2.3-1", "GEN-1.2.3-2")
@pytest.mark.parametrize("service", BREAKABLE)
def test_what_breaks_a_rule_is_in_the_journal_with_all_that_shows_it(farm, service):
    provoke(farm, service)
    finding = events(farm, service=service, type="finding")[-1]
    assert finding["peer"].startswith("127.0.0.1:")
    assert finding["time"].endswith("Z")
    assert finding["reference"]
    assert finding["text"]
    assert finding["bytes"]


@pytest.mark.requirement("GEN-1.2.3-3", "GEN-1.2.3-4")
def test_a_flood_of_abnormal_events_neither_overflows_the_journal_nor_stops_service(start_farm):
    farm = start_farm(journal={"size": 1 << 20})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", farm.port("daytime", "udp")))
        for number in range(100):
            for _ in range(100):
                client.send(bytes(600))
            # The kernel drops datagrams from a full queue; let the farm keep up.
            arrived(farm, "daytime", 100 * (number + 1))
            if number % 25 == 0:
                assert_serves(farm, "echo")
    assert farm.call(lambda: farm.world.journal.size_bytes) <= 1 << 20
    assert farm.call(lambda: farm.world.journal.dropped) > 0
    assert normal_answer(farm, "echo")
    assert events(farm, service="echo", type="in")


@pytest.mark.requirement("GEN-1.2.3-6")
@pytest.mark.parametrize("service", BREAKABLE)
def test_abnormalities_are_counted_though_nothing_is_logged(start_farm, service):
    farm = start_farm(service, journal={"enabled": False})
    for _ in range(3):
        provoke(farm, service)
    assert events(farm) == []
    counts = farm.call(lambda: {who: one.snapshot() for who, one in farm.world.counters.items()})
    rules = len(farm.call(lambda: farm.world.findings.counts))
    assert sum(one["abnormal"] for one in counts.values()) == 3 * rules > 0


@pytest.mark.loopback_network
@pytest.mark.requirement("GEN-1.2.3-7")
def test_the_journal_can_be_confined_to_one_peer(start_farm):
    farm = start_farm("echo", journal={"record": ["127.0.0.2"]})
    farm.udp("echo", b"first")
    with socket.create_connection(("127.0.0.1", farm.port("echo")), 10, ("127.0.0.2", 0)) as client:
        client.sendall(b"second")
        assert client.recv(6) == b"second"
    assert {event["peer"].partition(":")[0] for event in events(farm)} == {"127.0.0.2"}
    all_peers = start_farm("echo")
    all_peers.udp("echo", b"first")
    assert events(all_peers, peer=None) == []
    assert len(events(all_peers, type="datagram")) == 1


@pytest.mark.requirement("GEN-1.2.4-1")
def test_without_any_configuration_every_service_has_its_documented_port(farm):
    services = load().services
    assert list(services) == [service.name for service in all_services()]
    for service in all_services():
        for listener in service.listeners:
            assert getattr(services[service.name], listener.option) == listener.default_port
        if service.session is not None:
            assert_serves(farm, service.name)


@pytest.mark.requirement("GEN-1.2.4-2")
def test_file_environment_and_flags_override_defaults(tmp_path):
    file = tmp_path / "homeport.toml"
    file.write_text('[echo]\nport = 1\n[daytime]\nformat = "smtp"\n[limits]\nidle = "5m"\n')
    environment = {"HOMEPORT__ECHO__PORT": "2", "HOMEPORT__TIME__DSCP": "10"}
    config = load(file, environment, [flag_setting("time.dscp=11"), flag_setting("journal.size=1MiB")])
    assert config.services["daytime"].format == "smtp"
    assert config.limits.idle == 300
    assert config.services["echo"].port == 2
    assert config.services["time"].dscp == 11
    assert config.journal.size == 1 << 20


@pytest.mark.requirement("GEN-1.2.4-3")
def test_by_default_nothing_accommodates_a_faulty_peer():
    config = load()
    assert config.limits.udp_guard
    for service in QUERY_SERVICES:
        assert config.services[service].bare_lf == "refuse"
    assert config.services["finger"].forward_to == []


@pytest.mark.requirement("GEN-1.2.4-3", "GEN-1.2.4-5")
@pytest.mark.parametrize("service", QUERY_SERVICES)
def test_a_query_ended_by_lf_alone_is_answered_only_if_that_is_chosen(start_farm, service):
    strict, lenient = start_farm(service), start_farm(service, **{service: {"bare_lf": "accept"}})
    assert b"Alice Liddell" not in strict.exchange(service, b"alice\n")
    assert b"Alice Liddell" in lenient.exchange(service, b"alice\n")
    for farm in (strict, lenient):
        assert farm.call(lambda farm=farm: farm.world.findings.counts)[f"{service}.bare-lf"] == 1


@pytest.mark.requirement("GEN-2.1-1", "GEN-2.1-2", "GEN-2.1-3", "GEN-2.1-6")
@pytest.mark.parametrize(
    "name",
    ["3com.example", "1.2.3.example", "a" * 63 + ".example", ".".join(["b" * 61] * 4), "999.1.1.1"],
    ids=["digit first", "digits", "63 characters", "247 characters", "no name at all"],
)
def test_whois_takes_names_of_every_form_and_length(farm, name):
    answer = farm.exchange("whois", name.encode() + b"\r\n")
    assert b"no match" in answer.lower()
    assert farm.call(lambda: dict(farm.world.findings.counts)) == {}


@pytest.mark.requirement("GEN-2.1-4")
def test_a_host_to_listen_on_is_named_or_given_by_address(start_farm):
    for host in ("localhost", "127.0.0.1"):
        assert start_farm("echo", hosts=[host]).exchange("echo", b"here") == b"here"


@pytest.mark.requirement("GEN-2.1-5")
def test_an_address_is_not_looked_up_as_a_name(start_farm, monkeypatch):
    asked = []
    resolve = socket.getaddrinfo

    def resolver(host, *arguments, flags=0, **others):
        if not flags & socket.AI_NUMERICHOST:
            asked.append(host)
        return resolve(host, *arguments, flags=flags, **others)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    start_farm("echo", hosts=["127.0.0.1", "::1"])
    assert asked == []
    start_farm("echo", hosts=["localhost"])
    assert set(asked) == {"localhost"}


@pytest.fixture
def resolver(monkeypatch):
    """Make names below .example resolve as a test wants, or fail: `resolver({"two.example": ["127.0.0.9"]})`."""
    resolve = socket.getaddrinfo

    def use(addresses):
        def answer(host, port, *arguments, flags=0, **others):
            if not host.endswith(".example") or flags & socket.AI_NUMERICHOST:
                return resolve(host, port, *arguments, flags=flags, **others)
            if host not in addresses:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in addresses[host]]

        monkeypatch.setattr(socket, "getaddrinfo", answer)

    return use


@pytest.mark.requirement("GEN-2.2-2")
def test_a_passing_failure_of_dns_is_told_and_nothing_else_suffers(start_farm, resolver):
    resolver({})
    farm = start_farm(finger={"forward_to": ["two.example"]})
    assert b"finger: two.example: " in farm.exchange("finger", b"alice@two.example\r\n")
    for service in SERVICES:
        assert_serves(farm, service)


@pytest.mark.requirement("GEN-2.3-1")
def test_finger_tries_the_addresses_of_a_host_one_after_the_other(start_farm, resolver):
    resolver({"two.example": ["127.0.0.9", "127.0.0.1"]})
    other = start_farm("finger", hosts=["127.0.0.1"])
    farm = start_farm("finger", finger={"forward_to": [f"two.example:{other.port('finger')}"]})
    assert b"Alice Liddell" in farm.exchange("finger", b"alice@two.example\r\n")


@pytest.mark.requirement("GEN-2.3-2")
@pytest.mark.parametrize("service", sorted({*DATAGRAM_SERVICES} - SILENT))
@pytest.mark.loopback_network
@pytest.mark.parametrize("hosts", [["127.0.0.1", "127.0.0.2"], ["0.0.0.0"]], ids=["one by one", "all"])
def test_a_datagram_is_answered_from_the_address_that_was_asked(start_farm, service, hosts):
    farm = start_farm(service, hosts=hosts)
    # The fixture asserts that the answer's source is the address that was asked.
    assert farm.udp(service, datagram_for(service), host="127.0.0.2") is not None


@pytest.mark.requirement("GEN-2.4-1", "GEN-2.4-2", "GEN-2.4-3")
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("options", "octet"), [({}, 0), ({"dscp": 10}, 0x28)], ids=["default", "chosen"])
def test_the_sockets_of_a_service_carry_its_code_point(start_farm, service, options, octet):
    farm = start_farm("echo", service, hosts=["127.0.0.1"], **{service: options})
    with farm.connect("echo") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        found = farm.call(types_of_service, farm)
    assert {value for (name, _socket), value in found.items() if name == service} == {octet}
    assert {value for (name, _socket), value in found.items() if name != service} <= {0}


def types_of_service(farm):
    """Return the TOS byte of every listening, datagram and accepted socket, by service and kind."""
    host = farm.farm.hosts["default"]
    found = {}
    for listener in host.listeners:
        bound = listener.bound
        for one in bound.sockets:
            found[listener.service.name, bound.wanted.listener] = one.getsockopt(socket.IPPROTO_IP, socket.IP_TOS)
    for listener in host.streams:
        for stream in listener.streams.values():
            with socket.socket(fileno=os.dup(stream.fileno())) as accepted:
                found[listener.service.name, "accepted"] = accepted.getsockopt(socket.IPPROTO_IP, socket.IP_TOS)
    return found


@pytest.mark.requirement("GEN-2.4-3")
@pytest.mark.parametrize("value", [-1, 64, 0x28 << 2])
def test_a_code_point_beyond_its_six_bits_is_refused(value):
    with pytest.raises(ConfigError, match="dscp"):
        load(settings=[flag_setting(f"echo.dscp={value}")])
