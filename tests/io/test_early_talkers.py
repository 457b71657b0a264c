"""Clients that send before the greeting: a finding of SMTP, FTP and EPP, whose clients wait for it."""

import socket

import pytest
from conftest import make_world, talk_once
from OpenSSL import SSL

from homeport.protocol.events import Data, Opened, TalkedEarly
from homeport.protocol.faults import Bandwidth, Do, Latency, Match, Plain, Plan, Slice
from homeport.services import find_service

FIRST = {"smtp": b"EHLO client.example\r\n", "ftp": b"USER anonymous\r\n", "epp": b"\0\0\0\x0f<?xml bad?>"}
GREETINGS = {"smtp": b"220 ", "ftp": b"220 ", "epp": b"<greeting"}
CLEAR = {"smtp": "starttls", "ftp": "tcp", "epp": "tcp"}


@pytest.fixture
def begin(start_farm):
    """Start a farm with one service, EPP also in the clear."""
    return lambda service: start_farm(service, epp={"plain": True} if service == "epp" else {})


def send_first(farm, service, data):
    """Connect and send while the farm does something else, so that both are there when it accepts."""
    port = farm.port(service, CLEAR[service])

    def send():
        client = socket.create_connection(("127.0.0.1", port), timeout=10)
        client.sendall(data)
        return client

    return farm.call(send)


def until(client, mark):
    """Read until a text has come."""
    read = b""
    while mark not in read:
        got = client.recv(4096)
        assert got, read
        read += got
    return read


def findings(farm):
    return farm.call(lambda: dict(farm.world.findings.counts))


@pytest.mark.parametrize("service", FIRST)
def test_what_has_arrived_when_the_farm_greets_is_a_finding(begin, service):
    farm = begin(service)
    client = send_first(farm, service, FIRST[service])
    farm.wait_for(lambda: f"{service}.early-talker" in farm.world.findings.counts)
    until(client, GREETINGS[service])
    client.close()
    assert findings(farm)[f"{service}.early-talker"] == 1


@pytest.mark.parametrize("service", FIRST)
def test_a_client_that_waits_for_the_greeting_is_no_early_talker(begin, service):
    farm = begin(service)
    with socket.create_connection(("127.0.0.1", farm.port(service, CLEAR[service])), timeout=10) as client:
        until(client, GREETINGS[service])
        client.sendall(FIRST[service])
        client.recv(4096)
    assert f"{service}.early-talker" not in findings(farm)


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("smtp", b""),
        ("smtp", b"QUIT\r\n"),
        ("ftp", b"quit\r\n"),
        ("smtp", b"GET / HTTP/1.1\r\n\r\n"),
        ("smtp", b"\x16\x03\x01\x02\x00\x01"),
        ("ftp", b"\xff\xfd\x03"),
    ],
)
def test_other_input_before_the_greeting_is_no_finding_of_this_kind(begin, service, said):
    farm = begin(service)
    with send_first(farm, service, said) as client:
        until(client, GREETINGS[service])
    farm.wait_for(lambda: [event for event in farm.world.journal.events(0) if event["type"] == "closed"])
    assert f"{service}.early-talker" not in findings(farm)


# The time is that until the greeting has gone: long where the client must be faster than it, also on a busy machine.
DELAYS = {
    "latency": lambda ms: Plan(service="smtp", do=Do(latency=Latency(ms)), times=0),
    "both ways": lambda ms: Plan(service="smtp", do=Do(latency=Latency(ms)), times=0, direction="both"),
    "latency of the greeting": lambda ms: Plan(service="smtp", match=Match(verb="CONNECT"), do=Do(latency=Latency(ms))),
    "a slow greeting": lambda ms: Plan(service="smtp", do=Do(slice=Slice(4, ms // 5))),
    "a narrow line": lambda ms: Plan(service="smtp", do=Do(bandwidth=Bandwidth(30_000 // ms)), times=0),
    "no greeting": lambda _ms: Plan(service="smtp", do=Do(hang=Plain()), times=0),
}


# Not those whose input is delayed as well, or read only when the greeting has nearly gone.
@pytest.mark.parametrize("delay", [delay for delay in DELAYS if delay not in ("both ways", "a narrow line")])
def test_input_during_a_delayed_greeting_is_a_finding(begin, delay):
    farm = begin("smtp")
    farm.call(farm.world.faults.add, DELAYS[delay](30_000))
    with farm.connect("smtp") as client:
        client.sendall(FIRST["smtp"])
        farm.wait_for(lambda: "smtp.early-talker" in farm.world.findings.counts)
    assert findings(farm)["smtp.early-talker"] == 1


@pytest.mark.parametrize("delay", ["both ways", "a narrow line"])
def test_input_that_is_read_after_the_greeting_is_a_finding_if_it_came_before(begin, delay):
    farm = begin("smtp")
    farm.call(farm.world.faults.add, DELAYS[delay](3000))
    with farm.connect("smtp") as client:
        client.sendall(FIRST["smtp"])
        farm.wait_for(lambda: "smtp.early-talker" in farm.world.findings.counts)
    assert findings(farm)["smtp.early-talker"] == 1


@pytest.mark.parametrize("delay", [delay for delay in DELAYS if delay != "no greeting"])
def test_a_client_that_waits_for_a_delayed_greeting_is_no_early_talker(begin, delay):
    farm = begin("smtp")
    farm.call(farm.world.faults.add, DELAYS[delay](500))
    with farm.connect("smtp") as client:
        until(client, b"Homeport\r\n")
        client.sendall(b"QUIT\r\nNOOP\r\n" if delay == "a narrow line" else FIRST["smtp"])
        client.recv(4096)
    assert "smtp.early-talker" not in findings(farm)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("service", FIRST)
def test_under_tls_data_with_the_end_of_the_handshake_is_a_finding(begin, service, early):
    farm = begin(service)
    with socket.create_connection(("127.0.0.1", farm.port(service, "tls")), timeout=10) as client:
        tls = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
        tls.set_connect_state()
        while True:
            try:
                tls.do_handshake()
                break
            except SSL.WantReadError:
                client.sendall(tls.bio_read(1 << 16))
                tls.bio_write(client.recv(1 << 16))
        if early:
            tls.send(FIRST[service])
        client.sendall(tls.bio_read(1 << 16))
        got = b""
        while GREETINGS[service] not in got:
            tls.bio_write(client.recv(1 << 16))
            try:
                got += tls.recv(1 << 16)
            except SSL.WantReadError:
                continue
        if not early:
            tls.send(FIRST[service])
            client.sendall(tls.bio_read(1 << 16))
            client.recv(1 << 16)
    farm.wait_for(lambda: [event for event in farm.world.journal.events(0) if event["type"] == "closed"])
    assert findings(farm).get(f"{service}.early-talker", 0) == early


def test_behind_a_proxy_input_with_its_header_is_a_finding(start_farm):
    farm = start_farm("smtp", smtp={"proxy_protocol": True})
    with farm.connect("smtp") as client:
        client.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 40000 25\r\nEHLO client.example\r\n")
        until(client, b"250 ")
    assert findings(farm)["smtp.early-talker"] == 1


def test_no_secret_of_an_early_talker_is_shown():
    for service, said in (
        ("smtp", b"AUTH PLAIN c2VjcmV0\r\n"),
        ("ftp", b"PASS secret\r\n"),
        ("epp", b"\0\0\0\x10secret"),
    ):
        declared = find_service(service)
        events = (Opened(), TalkedEarly(said), Data(said))
        one = talk_once(declared, declared.options(), make_world(), events)
        assert "early-talker" in one.findings
        assert b"secret" not in one.shown["early-talker"]
        assert b"c2VjcmV0" not in one.shown["early-talker"]
