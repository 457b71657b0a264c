"""Requests that the world sends over UDP by itself, with real sockets: NOTIFY of DNS."""

import socket
from contextlib import contextmanager

import dns.message
import dns.update
import pytest

from homeport.io.net import datagram_queries
from homeport.world.zones.name import parse_name


@contextmanager
def secondary(host="127.0.0.1"):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(10)
        one.bind((host, 0))
        yield one, f"[{host}]:{one.getsockname()[1]}" if ":" in host else f"{host}:{one.getsockname()[1]}"


def receive(one):
    data, address = one.recvfrom(65535)
    return dns.message.from_wire(data), address


def add_zone(farm):
    farm.call(farm.world.zones.put_zone, parse_name("example.test"))


def outcome(farm):
    return farm.wait_for(lambda: [event for event in farm.world.journal.events() if event["type"] == "notify"])[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_secondary_is_notified_and_its_answer_read(start_farm, host):
    with secondary(host) as (server, address):
        farm = start_farm("dns", dns={"secondaries": [address]})
        add_zone(farm)
        message, client = receive(server)
        server.sendto(b"no answer", client)
        server.sendto(dns.message.make_response(message).to_wire(), client)
        assert (outcome(farm)["outcome"], outcome(farm)["attempts"]) == ("NOERROR", 1)


def test_a_request_is_repeated_until_it_is_answered(start_farm, monkeypatch):
    monkeypatch.setattr(datagram_queries, "WAITS_S", (0.01, 0.01, 10.0))
    with secondary() as (server, address):
        farm = start_farm("dns", dns={"secondaries": [address]})
        add_zone(farm)
        first, client = receive(server)
        second, client = receive(server)
        third, client = receive(server)
        assert first.to_wire() == second.to_wire() == third.to_wire()
        server.sendto(dns.message.make_response(third).to_wire(), client)
        assert (outcome(farm)["outcome"], outcome(farm)["attempts"]) == ("NOERROR", 3)


@pytest.mark.parametrize("is_bound", [True, False])
def test_a_request_that_is_not_answered_is_given_up(start_farm, monkeypatch, is_bound):
    monkeypatch.setattr(datagram_queries, "WAITS_S", (0.01, 0.01))
    with secondary() as (server, address):
        if not is_bound:
            server.close()  # the kernel answers with ICMP
        farm = start_farm("dns", dns={"secondaries": [address]})
        add_zone(farm)
        assert (outcome(farm)["outcome"], outcome(farm)["attempts"]) == ("no answer", 2)


def test_a_farm_stops_while_a_secondary_does_not_answer(start_farm):
    with secondary() as (server, address):
        farm = start_farm("dns", dns={"secondaries": [address]})
        add_zone(farm)
        receive(server)
        farm.stop()


def test_an_update_over_udp_is_announced(start_farm):
    with secondary() as (server, address):
        farm = start_farm("dns", dns={"secondaries": [address], "open_update": True})
        add_zone(farm)
        first, client = receive(server)
        server.sendto(dns.message.make_response(first).to_wire(), client)
        update = dns.update.UpdateMessage("example.test.")
        update.add("new", 60, "A", "192.0.2.1")
        assert farm.udp("dns", update.to_wire())
        second, _ = receive(server)
        assert second.answer[0][0].serial != first.answer[0][0].serial
