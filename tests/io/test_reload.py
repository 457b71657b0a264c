"""A running farm reloads its configuration."""

import socket

import msgspec
import pytest
from tests.conftest import farm_config, read_all

from homeport.config.quantities import Duration
from homeport.config.sections import ClockOptions, FaultOptions
from homeport.control.farm import FarmRefused
from homeport.protocol.faults import Do, Plain, Plan
from homeport.world.people import Person
from homeport.world.presence import PresenceSeed
from homeport.world.quotes import Quotes
from homeport.world.world import WorldContents
from homeport.world.zones.contents import ZoneContents
from homeport.world.zones.name import parse_name


def reload(farm, config):
    """Reload a farm with that configuration; return the result."""
    farm.farm.load = lambda: config
    return farm.call(farm.farm.reload)


def test_nothing_changed_is_said(farm):
    reloaded = reload(farm, farm.config)
    assert reloaded.unchanged
    assert reloaded.applied == reloaded.needs_restart == []


def test_options_hold_for_new_sessions_and_standing_ones_keep_theirs(start_farm):
    farm = start_farm("finger")
    with farm.connect("finger") as standing:
        assert reload(farm, farm_config("finger", finger={"bare_lf": "accept"})).applied == ["finger.bare_lf"]
        assert b"Alice" in farm.exchange("finger", b"alice\n")
        standing.sendall(b"alice\n")
        assert b"Alice" not in read_all(standing)


def test_options_hold_for_the_next_datagram_of_a_known_sender(start_farm):
    farm = start_farm("qotd")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(("127.0.0.1", farm.port("qotd", "udp")))
        client.send(b"")
        first = client.recv(1000)
        reload(farm, farm_config("qotd", qotd={"order": "day"}))
        client.send(b"")
        second = client.recv(1000)
        client.send(b"")
        assert client.recv(1000) == second
    assert first


def test_limits_hold_at_once_the_sweep_follows_and_the_quiet_time_so_far_counts(start_farm):
    farm = start_farm("echo")
    with farm.connect("echo") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        reloaded = reload(farm, farm_config("echo", limits={"idle": Duration(0.2)}))
        assert reloaded.applied == ["limits.idle"]
        assert client.recv(1) == b""
    reload(farm, farm_config("echo", limits={"connections": 1}))
    with farm.connect("echo") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        assert farm.exchange("echo") == b""
    assert farm.world.counters_of("echo", "tcp").refused == 1


def test_a_longer_sweep_does_not_count_what_was_quiet_in_short_ones_as_long(start_farm):
    farm = start_farm("echo", limits={"idle": Duration(0.2)})
    host = farm.farm.hosts["default"]
    with farm.connect("echo") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"

        def quiet_for(sweeps):
            (stream,) = host.streams[0].streams.values()
            stream.idle.quiet = sweeps

        farm.call(quiet_for, 3)
        reload(farm, farm_config("echo", limits={"idle": Duration(60)}))
        assert farm.call(lambda: next(iter(host.streams[0].streams.values())).idle.quiet) == 0


def test_the_guard_follows(start_farm):
    farm = start_farm("echo")
    guard = farm.farm._guard
    reload(farm, farm_config("echo", limits={"udp_guard": False, "udp_answers_per_second": 7}))
    assert farm.call(lambda: (guard.refuses(19, 1), guard.answers_per_second)) == (None, 7)
    reload(farm, farm_config("echo"))
    assert farm.call(guard.refuses, 19, 64) == "well-known port"
    assert farm.call(guard.refuses, farm.port("echo", "udp"), 64) == "port of a service"


def test_the_journal_follows(start_farm):
    farm = start_farm("echo")
    assert farm.exchange("echo", b"recorded") == b"recorded"
    reload(farm, farm_config("echo", journal={"enabled": False}))
    seq = farm.world.journal.seq
    assert farm.exchange("echo", b"not recorded") == b"not recorded"
    assert farm.world.journal.seq == seq
    assert reload(farm, farm_config("echo", journal={"size": 300})).applied == ["journal.enabled", "journal.size"]
    assert farm.call(lambda: farm.world.journal.size_bytes) <= 300


def test_a_service_that_is_switched_on_is_served_and_one_switched_off_sends_its_closing_reply(start_farm):
    farm = start_farm("echo", "discard")
    port = farm.port("discard")
    with farm.connect("discard") as leaving, farm.connect("echo") as staying:
        staying.sendall(b"1")
        assert staying.recv(1) == b"1"
        reloaded = reload(farm, farm_config("echo", "users"))
        assert reloaded.applied == ["discard.enabled", "users.enabled"]
        assert leaving.recv(1) == b""
        staying.sendall(b"2")
        assert staying.recv(1) == b"2"
    assert b"alice" in farm.exchange("users")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
    assert list(farm.call(farm.farm.describe, "default")["services"]) == ["echo", "users"]
    users = farm.port("users", "udp")
    assert farm.call(farm.farm._guard.refuses, users, 64) == "port of a service"
    farm.wait_for(lambda: farm.farm.hosts["default"].connections == 0)


def test_a_service_moves_to_another_port_and_its_connections_stay(start_farm):
    farm = start_farm("echo")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        new = probe.getsockname()[1]
    old = farm.port("echo")
    with farm.connect("echo") as standing:
        config = farm_config("echo", hosts=["127.0.0.1", "::1"], echo={"port": new})
        assert reload(farm, config).applied == ["echo.port"]
        assert (farm.port("echo"), farm.port("echo", "udp")) == (new, new)
        assert farm.exchange("echo", b"new") == b"new"
        assert farm.udp("echo", b"new") == b"new"
        standing.sendall(b"old")
        assert standing.recv(3) == b"old"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", old), timeout=10)


def test_a_port_that_is_taken_changes_nothing(start_farm):
    farm = start_farm("echo")
    old = farm.port("echo")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = farm_config("echo", "users", echo={"port": taken.getsockname()[1], "strict": True})
        with pytest.raises(FarmRefused, match=r"is in use: stop the process that uses it"):
            reload(farm, config)
    assert farm.port("echo") == old
    assert farm.exchange("echo", b"x") == b"x"
    assert farm.farm.config is farm.config


def test_the_dscp_of_listeners_and_later_connections_follows(start_farm):
    farm = start_farm("echo")
    reload(farm, farm_config("echo", echo={"dscp": 10}))
    for listener in farm.farm.hosts["default"].listeners:
        for bound in listener.bound.sockets:
            option = (
                (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
                if bound.family == socket.AF_INET6
                else (socket.IPPROTO_IP, socket.IP_TOS)
            )
            assert bound.getsockopt(*option) == 10 << 2


def test_only_the_contents_that_were_changed_are_reset(start_farm):
    farm = start_farm("users", "finger", "qotd")
    world = farm.world
    zoe = Person(login="zoe", name="Zoe")
    farm.call(world.people.put, zoe)
    farm.call(lambda: setattr(world, "quotes", Quotes(["Set over the API."], world.random)))
    farm.call(lambda: world.presence.enter("session", "ftp", "", 0.0))
    presence = [PresenceSeed(login="mallory")]
    reloaded = reload(farm, farm_config("users", "finger", "qotd", contents=WorldContents(presence=presence)))
    assert reloaded.applied == ["presence"]
    assert [one.login for one in world.presence] == ["session", "mallory"]
    assert world.people.get("zoe") == zoe
    assert farm.exchange("qotd").startswith(b"Set over the API.")
    contents = WorldContents(presence=presence, people=[Person(login="only", name="Only")], quotes=["New."])
    assert reload(farm, farm_config("users", "finger", "qotd", contents=contents)).applied == ["people", "quotes"]
    assert [one.login for one in world.people] == ["only"]
    assert farm.exchange("qotd").startswith(b"New.")


def test_registry_and_whois_texts_are_reset_too(start_farm):
    farm = start_farm("whois")
    registry, texts = farm.world.registry, farm.world.whois_texts
    contents = WorldContents(whois=[])
    assert reload(farm, farm_config("whois", contents=contents)).applied == ["whois.text"]
    assert farm.world.registry is registry
    assert farm.world.whois_texts is not texts
    contents = WorldContents(whois=[], registry=msgspec.structs.replace(contents.registry, domains=()))
    assert reload(farm, farm_config("whois", contents=contents)).applied == ["registry.domain"]
    assert farm.world.registry is not registry


def test_zones_whose_configuration_has_changed_are_put_and_others_stay(start_farm):
    farm = start_farm("dns", contents=WorldContents(dns=[ZoneContents(name="a.example", records="www A 127.0.0.1")]))
    zones = farm.world.zones
    farm.call(zones.put_zone, parse_name("added.example"))
    dns = [ZoneContents(name="b.example", records="www A 127.0.0.2")]
    assert reload(farm, farm_config("dns", contents=WorldContents(dns=dns))).applied == ["dns.zone"]
    assert {*zones.stored} == {parse_name("added.example"), parse_name("b.example")}


def test_the_clock_waits_for_a_restart_and_is_not_touched(start_farm):
    farm = start_farm("time")
    farm.call(farm.world.clock.set, 0.0)
    config = msgspec.structs.replace(farm.config, clock=ClockOptions(set="+1d"))
    assert reload(farm, config).needs_restart == ["clock.set"]
    assert farm.call(farm.world.clock.now) < 100
    assert reload(farm, config).needs_restart == ["clock.set"]


def test_other_worlds_keep_theirs(start_farm):
    farm = start_farm("finger")
    farm.call(farm.farm.make_world, "other", farm.config)
    reload(farm, farm_config("finger", finger={"bare_lf": "accept"}, contents=WorldContents(people=[])))
    other = farm.farm.hosts["other"]
    assert len(farm.call(lambda: list(other.world.people))) == 5
    assert other.config is farm.config


def test_a_farm_that_knows_no_source_says_so(farm):
    farm.farm.load = None
    with pytest.raises(FarmRefused, match="was not started by `homeport up`"):
        farm.call(farm.farm.reload)


def test_a_reset_returns_to_what_was_loaded_last(start_farm):
    farm = start_farm("users")
    reload(farm, farm_config("users", contents=WorldContents(presence=[PresenceSeed(login="mallory")])))
    farm.call(farm.farm.hosts["default"].reset)
    assert [(one.id, one.login) for one in farm.world.presence] == [("p1", "mallory")]


def test_a_service_that_is_stopped_stays_so_wherever_it_moves(start_farm):
    farm = start_farm("echo")
    host = farm.farm.hosts["default"]
    farm.call(host.stop_service, "echo")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        new = probe.getsockname()[1]
    reload(farm, farm_config("echo", echo={"port": new}))
    with pytest.raises(ConnectionRefusedError):
        farm.connect("echo")
    farm.call(host.start_service, "echo")
    assert farm.port("echo") == new
    assert farm.exchange("echo", b"x") == b"x"


def test_a_service_that_is_switched_on_knows_the_faults_that_are_planned(start_farm):
    farm = start_farm("echo")
    plan = Plan(service="users", do=Do(close=Plain()), times=1)
    farm.call(farm.world.faults.add, plan)
    reload(farm, farm_config("echo", "users"))
    assert farm.exchange("users") == b""
    assert b"alice" in farm.exchange("users")


def test_clients_may_ask_for_faults_from_then_on(start_farm):
    farm = start_farm("echo")
    config = msgspec.structs.replace(farm.config, faults=FaultOptions(by_client=True))
    assert reload(farm, config).applied == ["faults.by_client"]
    assert farm.world.faults.by_client
