"""Worlds over the API: made, closed, reset; services stopped and started."""

import http.client
import json
import os
import re
import resource
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from tests.conftest import read_all
from tests.control.test_journal import spin_until

from homeport.protocol.faults import Do, Plain, Plan
from homeport.services.ldap.dialogue import Bound
from homeport.services.syslog.parsing import parse
from homeport.world.dictionary import Headword
from homeport.world.groups import Group
from homeport.world.logs import LogMessage
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.world import PARTS

WORLDS = "/api/v1/worlds"
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def descriptors():
    return len(list(Path("/dev/fd").iterdir()))


def test_a_world_is_created_on_free_ports_and_answered_with_its_ready_object(farm, api):
    ready = api("POST", WORLDS, {"name": "mine"}, status=201)
    assert ready == api("GET", f"{WORLDS}/mine")
    assert list(ready["services"]) == list(farm.config.services)
    assert ready["services"]["echo"]["tcp"]["port"] not in (0, farm.port("echo"))
    with farm.connect("finger", world="mine") as client:
        client.sendall(b"alice\r\n")
        assert b"Alice Liddell" in read_all(client)


def test_generated_names_are_never_reused(api):
    assert api("POST", WORLDS, {"name": "w2"}, status=201)["world"] == "w2"
    assert [api("POST", WORLDS, status=201)["world"] for _ in range(2)] == ["w1", "w3"]
    api("DELETE", f"{WORLDS}/w3", status=204)
    assert api("POST", WORLDS, status=201)["world"] == "w4"


def test_a_world_has_the_given_services_and_contents(farm, api):
    people = [{"login": "zoe", "name": "Zoe Mast"}]
    config = {"people": people, "quotes": [{"text": "Ahoy."}], "clock": {"set": "2036-02-07T06:28:16Z", "frozen": True}}
    ready = api("POST", WORLDS, {"name": "own", "services": ["-echo", "-chargen"], "config": config}, status=201)
    assert list(ready["services"]) == [name for name in farm.config.services if name not in ("echo", "chargen")]
    assert [one["login"] for one in api("GET", f"{WORLDS}/own/people")["items"]] == ["zoe"]
    with farm.connect("qotd", world="own") as client:
        assert read_all(client) == b"Ahoy.\r\n"
    with farm.connect("time", world="own") as client:
        assert read_all(client) == bytes(4)


def test_a_world_inherits_the_farms_configuration(start_farm, request_of):
    farm = start_farm("finger", "echo", limits={"received": 7}, finger={"bare_lf": "accept", "strict": True})
    body = {"name": "x", "config": {"finger": {"strict": False}, "limits": {"idle": "5s"}}}
    assert request_of(farm, "POST", WORLDS, body=json.dumps(body)).status == 201
    config = farm.farm.hosts["x"].config
    assert list(config.services) == ["echo", "finger"]
    assert (config.services["finger"].bare_lf, config.services["finger"].strict) == ("accept", False)
    assert (config.limits.received, config.limits.idle) == (7, 5)


def test_a_given_port_is_used_or_the_refusal_names_its_holder(farm, api):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        problem = api("POST", WORLDS, {"config": {"echo": {"port": port}}}, status=409)
        assert f"port {port} (echo.tcp, TCP on 127.0.0.1) is in use" in problem["detail"]
    body = {"services": ["echo"], "config": {"echo": {"port": port}}}
    assert api("POST", WORLDS, body, status=201)["services"]["echo"]["udp"]["port"] == port


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"name": "default"}, 409, "world 'default' already exists"),
        ({"name": "a/b"}, 400, "name: write 1 to 64 letters"),
        ({"name": "x" * 65}, 400, "name: write 1 to 64 letters"),
        ({"nam": "x"}, 400, "unknown field `nam`"),
        ({"services": ["ecko"]}, 422, "unknown service 'ecko'; did you mean 'echo'?"),
        ({"config": {"echo": {"prot": 1}}}, 422, "echo has no key 'prot'; did you mean 'port'?"),
        ({"config": {"ecko": {}}}, 422, "unknown section [ecko]; did you mean 'echo'?"),
        ({"config": {"echo": {"port": "x"}}}, 422, "echo.port: expected `int`"),
        ({"config": {"people": [{"login": "x"}]}}, 422, "people[0] lacks 'name'"),
        ({"config": {"quotes": []}}, 422, "there are no quotes"),
        ({"config": {"clock": {"set": "soon"}}}, 422, "clock.set: 'soon' is not a time"),
        ({"config": {"limits": 5}}, 422, "limits is a table"),
        ({"config": {"farm": 5}}, 422, "farm is a table"),
        ({"config": {"control": {"token": "x"}}}, 422, "[control]: applies to the whole farm"),
        ({"config": {"farm": {"hosts": ["0.0.0.0"]}}}, 422, "farm.hosts: applies to the whole farm"),
        ({"config": {"limits": {"udp_guard": False}}}, 422, "limits.udp_guard: applies to the whole farm"),
    ],
)
def test_invalid_worlds_are_explained(farm, api, body, status, detail):
    assert detail in api("POST", WORLDS, body, status=status)["detail"]
    assert list(farm.farm.hosts) == ["default"]


def test_the_number_of_worlds_is_limited(farm, api, monkeypatch):
    few = msgspec.structs.replace(farm.config.farm, worlds=2)
    monkeypatch.setattr(farm.farm, "config", msgspec.structs.replace(farm.config, farm=few))
    api("POST", WORLDS, {"name": "second"}, status=201)
    problem = api("POST", WORLDS, status=409)
    assert problem["detail"] == "limit of 2 worlds reached: close one with DELETE, or raise [farm] worlds"
    api("DELETE", f"{WORLDS}/second", status=204)
    api("POST", WORLDS, status=201)


@contextmanager
def few_descriptors(free):
    """Leave this process with few free file descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(one.name) for one in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 20, hard))
    taken = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        for one in taken[len(taken) - free :]:
            os.close(one)
        del taken[len(taken) - free :]
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for one in taken:
            os.close(one)


@pytest.mark.skipif(sys.platform != "linux", reason="the test counts descriptors in /proc")
@pytest.mark.parametrize("free", [1, 2, 7, 13])
def test_without_file_descriptors_a_world_is_refused_with_503_and_leaves_nothing(farm, free):
    connection = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)

    def make():
        connection.request("POST", "/api/v1/worlds", b"{}")
        response = connection.getresponse()
        return response.status, json.load(response)

    status, made = make()
    assert status == 201
    connection.request("DELETE", f"/api/v1/worlds/{made['world']}")
    assert connection.getresponse().read() == b""
    before = descriptors()
    with few_descriptors(free):
        status, problem = make()
    assert (status, "raise the limit" in problem["detail"]) == (503, True)
    assert (descriptors(), list(farm.farm.hosts)) == (before, ["default"])
    assert make()[0] == 201
    connection.close()


def test_a_closed_world_leaves_nothing(farm, api):
    def calls():
        return len(farm.call(farm.reactor.getDelayedCalls))

    def running():  # without those of the pool, which grows with its load
        return sorted(one.name for one in threading.enumerate() if "PoolThread" not in one.name)

    api("POST", WORLDS, {"name": "warm"}, status=201)
    api("DELETE", f"{WORLDS}/warm", status=204)
    before, delayed, threads = descriptors(), calls(), running()
    for number in range(20):
        ready = api("POST", WORLDS, {"name": f"n{number}"}, status=201)
        client = farm.connect("echo", world=f"n{number}")
        api("DELETE", f"{WORLDS}/n{number}", status=204)
        assert client.recv(1) == b""
        client.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", ready["services"]["echo"]["tcp"]["port"]))
    assert "no world 'n1'" in api("GET", f"{WORLDS}/n1", status=404)["detail"]
    assert running() == threads
    # The API sees its clients go a turn later.
    spin_until(farm, lambda: descriptors() <= before and len(farm.reactor.getDelayedCalls()) <= delayed)


def test_a_hundred_worlds_at_once_serve_beside_each_other(farm, api):
    connections = [http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=30) for _ in range(100)]
    for connection in connections:
        connection.request("POST", WORLDS, b'{"services": ["echo", "finger"]}')
    worlds = [json.load(connection.getresponse()) for connection in connections]
    for connection in connections:
        connection.close()
    assert len({world["world"] for world in worlds}) == 100
    assert len({world["services"]["echo"]["tcp"]["port"] for world in worlds}) == 100
    for world in worlds[::10]:
        with farm.connect("echo", world=world["world"]) as client:
            client.sendall(b"x")
            assert client.recv(1) == b"x"


def test_the_default_world_cannot_be_closed(api):
    assert "POST /api/v1/worlds/default/reset" in api("DELETE", f"{WORLDS}/default", status=409)["detail"]


def change_everything(farm, api):
    """Change every part of the default world."""
    api("POST", "/clock", {"set": "2001-01-01T00:00:00Z", "freeze": True})
    api("PUT", "/people/zoe", {"login": "zoe", "name": "Zoe Mast"})
    api("DELETE", "/presence/p1", status=204)
    api("PUT", "/quotes", {"items": ["Ahoy."]})
    api("DELETE", "/registry/domains/homeport.test", status=204)
    api("DELETE", "/numbers/networks/192.0.2.64/26", status=204)
    api("PUT", "/ftp/files/new.json", {})
    api("POST", "/services/echo/stop")
    farm.exchange("finger", b"alice\n")
    farm.call(farm.world.random.random)
    farm.call(keep_message, farm.world.mail)
    farm.call(farm.world.faults.add, Plan(service="time", do=Do(close=Plain())))
    farm.call(farm.world.clock.call_at, 2e9, lambda: None)
    farm.call(farm.world.zones.put_zone, (b"example", b"org"))
    farm.call(keep_log, farm.world.logs)
    farm.call(farm.world.groups.put, Group(name="divers"))
    held = [("objectClass", (b"device",)), ("cn", (b"thing",))]
    farm.call(farm.world.directory.changes.add, Bound(admin=True), THING, held)
    farm.call(farm.world.dictionaries.of("homeport").put, Headword(word="mole", definitions=("a wall in the sea",)))


THING = "cn=thing,dc=homeport,dc=test"


def keep_log(logs):
    """A log message."""
    fields, _broken = parse(b"<14>1 - host app - - - ready")
    message = LogMessage(logs.number + 1, 0, 0, "udp", "", ("127.0.0.1", 9), "datagram", b"<14>1", 5, fields)
    logs.add(message, 100, 100_000)


def keep_message(mail):
    """A message for Alice."""
    body = mail.begin()
    body.write(b"\r\nHello.\r\n")
    body.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),)))


def since_beginning(items):
    """The items of a registry with their times as seconds since its world began, which real time moves on."""
    began = max(datetime.fromisoformat(one["created"]) for one in items)

    def told(value):
        if isinstance(value, dict):
            return {key: told(one) for key, one in value.items()}
        if isinstance(value, list):
            return [told(one) for one in value]
        if isinstance(value, str) and TIME.fullmatch(value):
            return (datetime.fromisoformat(value) - began).total_seconds()
        return value

    return told(items)


def state(api):
    """Return the state of the default world over the API, without what time and chance change."""
    kinds = ("people", "presence", "quotes", "registry/domains", "registry/hosts", "registry/contacts", "findings")
    shown = {kind: api("GET", f"/{kind}") for kind in kinds}
    for kind in ("registry/domains", "registry/hosts", "registry/contacts"):
        shown[kind]["items"] = since_beginning(shown[kind]["items"])
    for one in shown["presence"]["items"]:
        del one["since"], one["active"]
    services = api("GET", "/services")["items"]
    for one in services:
        del one["since"]
    clock = api("GET", "/clock")
    return {
        **shown,
        "clock": (abs(clock["offset_seconds"]) < 1e-3, clock["frozen"], clock["timers"]),
        "services": services,
    }


def test_reset_restores_the_initial_state(farm, api):
    first, chance = state(api), farm.call(farm.world.random.getstate)
    change_everything(farm, api)
    seq = farm.world.journal.seq
    changed = state(api)
    assert [part for part in first if first[part] == changed[part]] == ["registry/hosts", "registry/contacts"]
    ready = api("POST", "/reset")
    assert ready == api("GET", f"{WORLDS}/default")
    assert state(api) == first
    assert farm.call(farm.world.random.getstate) == chance
    # The journal is empty but for this, and its numbers go on.
    (event,) = api("GET", "/events")["items"]
    assert (event["type"], event["what"], event["kept"]) == ("world", "reset", [])
    assert event["seq"] > seq
    assert farm.exchange("echo", b"on the old port") == b"on the old port"


def test_reset_closes_connections_whose_sessions_log_nothing_afterwards(farm, api):
    with farm.connect("echo") as client, farm.connect("chargen") as flooded:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        assert flooded.recv(1)
        api("POST", "/reset")
        assert client.recv(1) == b""
        assert farm.farm.hosts["default"].connections == 0
        assert [event["type"] for event in api("GET", "/events")["items"]] == ["world"]
        assert api("GET", "/services")["items"][0]["listeners"]["tcp"]["counters"]["connections"] == 0


def test_reset_deletes_timers(farm, api):
    fired = []
    farm.call(farm.world.clock.call_at, farm.world.clock.now() + 3600, lambda: fired.append(1))
    api("POST", "/reset")
    assert api("POST", "/clock", {"advance": "PT2H"})["fired"] == 0
    assert fired == []


@pytest.mark.parametrize("part", [*PARTS, "connections", "services"])
def test_reset_keeps_the_parts_in_keep(farm, api, part):
    with farm.connect("discard") as client:
        change_everything(farm, api)
        before = farm.call(glance, farm)
        api("POST", "/reset", {"keep": [part]})
        after = farm.call(glance, farm)
        assert before[part] == after[part]
        others = [name for name in before if name != part]
        assert [name for name in others if before[name] == after[name]] == []
        client.close()


def glance(farm):
    """Return a value of each part that `change_everything` changes."""
    host, world = farm.farm.hosts["default"], farm.world
    return {
        "clock": (world.clock.frozen, len(world.clock.due)),
        "mail": len(world.mail),
        "random": world.random.getstate(),
        "people": len(world.people),
        "presence": len(world.presence),
        "quotes": len(world.quotes.all),
        "registry": len(world.registry.domains),
        "numbers": len(world.numbers.networks),
        "zones": list(world.zones.stored),
        "logs": len(world.logs),
        "groups": len(world.groups),
        "directory": world.directory.find(world.directory.fold(THING)) is not None,
        "dictionaries": len(world.dictionaries.of("homeport")),
        "files": world.files.used(),
        "whois": world.whois_texts,  # which nothing changes: another object shows that it was reset
        "faults": world.faults.get("f1"),
        "findings": world.findings.total,
        "counters": world.counters_of("finger", "tcp").connections,
        "journal": next(world.journal.entries())[0],
        "connections": host.connections,
        "services": [listener.up for listener in host.listeners],
    }


def test_reset_refuses_unknown_parts(api):
    problem = api("POST", "/reset", {"keep": ["jornal"]}, status=400)
    assert problem["detail"] == "there is no 'jornal' to keep; did you mean 'journal'?"


def test_a_wait_for_events_continues_across_a_reset(farm, api):
    since = farm.world.journal.seq
    waiting = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
    waiting.request("GET", f"{WORLDS}/default/events/wait?type=datagram&since={since}&timeout=10s")
    spin_until(farm, lambda: farm.world.journal.watchers)
    api("POST", "/reset")
    farm.udp("echo", b"after the reset")
    waited = json.load(waiting.getresponse())
    assert [event["text"] for event in waited["events"]] == ["after the reset"]
    waiting.close()


def test_a_stopped_service_refuses_clients_and_starts_on_the_same_port(farm, api):
    address = ("127.0.0.1", farm.port("echo"))
    with farm.connect("echo") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        stopped = api("POST", "/services/echo/stop")
        assert client.recv(1) == b""
    assert (stopped["state"], stopped["listeners"]["tcp"]["up"]) == ("stopped", False)
    assert {one["name"]: one["state"] for one in api("GET", "/services")["items"]}["echo"] == "stopped"
    assert api("GET", f"{WORLDS}/default")["services"]["echo"]["tcp"]["port"] == address[1]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    assert farm.exchange("finger", b"\r\n")
    assert api("POST", "/services/echo/start")["state"] == "running"
    assert farm.exchange("echo", b"again") == b"again"
    assert farm.udp("echo", b"again") == b"again"
    assert [event["what"] for event in farm.events("world")] == ["service stopped", "service started"]


def test_stopping_and_starting_are_idempotent(farm, api):
    for _ in range(2):
        assert api("POST", "/services/echo/stop")["state"] == "stopped"
    for _ in range(2):
        assert api("POST", "/services/echo/start")["state"] == "running"
    assert farm.exchange("echo", b"x") == b"x"


def test_an_unknown_service_is_refused_with_the_most_similar_one(api):
    problem = api("POST", "/services/ecko/stop", status=404)
    assert problem["detail"] == "this world has no service 'ecko'; did you mean 'echo'?"


def test_a_lost_port_makes_readyz_503(start_farm, request_of):
    def sharing(port):
        return start_farm("echo", hosts=["127.0.0.1"], echo={"port": port})

    farm = sharing(0)
    request_of(farm, "POST", f"{WORLDS}/default/services/echo/stop")
    # Only a process with the farm's privileges can do that: through the same socket.
    (tcp, _udp) = farm.farm.hosts["default"].listeners
    farm.call(tcp.descriptors[0].socket.setsockopt, socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        thief.bind(tcp.bound.names[0])
        thief.listen()
        farm.call(tcp.descriptors[0].socket.setsockopt, socket.SOL_SOCKET, socket.SO_REUSEPORT, 0)
        reply = request_of(farm, "POST", f"{WORLDS}/default/services/echo/start")
        assert reply.status == 409
        assert "(echo.tcp) again: Address already in use" in reply.json["detail"]
    assert request_of(farm, "POST", f"{WORLDS}/default/services/echo/start").status == 200
    assert farm.exchange("echo", b"x") == b"x"


@pytest.mark.parametrize(
    ("asked", "host", "control"),
    [
        ("homeport:18000", "homeport", "http://homeport:18000"),
        ("192.0.2.7:18000", "192.0.2.7", "http://192.0.2.7:18000"),
        ("[::1]:9", "127.0.0.1", "http://127.0.0.1:9"),  # the farm has no listener of that family
        ("0.0.0.0:18000", "127.0.0.1", "http://127.0.0.1:18000"),
    ],
)
def test_listeners_on_every_address_are_reported_at_the_requests_host(start_farm, request_of, asked, host, control):
    farm = start_farm("echo", hosts=["0.0.0.0"], control={"open": True})
    for method, path in (
        ("POST", WORLDS),
        ("GET", f"{WORLDS}/w1"),
        ("POST", f"{WORLDS}/w1/reset"),
        ("GET", f"{WORLDS}/default"),
    ):
        ready = request_of(farm, method, path, {"Host": asked}).json
        assert {one["host"] for one in ready["services"]["echo"].values()} == {host}
        assert ready["services"]["echo"]["tcp"]["addresses"] == ["0.0.0.0"]
        assert ready["control"] == control
    (echo,) = request_of(farm, "GET", f"{WORLDS}/w1/services", {"Host": asked}).json["items"]
    assert {one["host"] for one in echo["listeners"].values()} == {host}


def test_a_malformed_host_is_refused_and_appears_in_no_answer(start_farm, request_of):
    """A request that carries the token may have any Host that is one (RFC 9112 3.2)."""
    farm = start_farm("echo", hosts=["0.0.0.0"], control={"token": "secret"})
    headers = {"Host": 'a"b<c>', "Authorization": "Bearer secret"}
    reply = request_of(farm, "GET", f"{WORLDS}/default", headers)
    assert (reply.status, "services" in reply.json) == (400, False)


def test_a_listener_on_one_address_is_reported_there(farm, request_of):
    ready = request_of(farm, "GET", f"{WORLDS}/default", {"Host": "localhost:1"}).json
    assert ready["services"]["echo"]["tcp"]["host"] == "127.0.0.1"
    assert ready["control"] == f"http://127.0.0.1:{farm.farm.control.port}"


def test_a_world_is_checked_without_being_made(farm, api):
    check = "/api/v1/check/world"
    good = {"name": "trial", "services": ["echo", "smtp"], "config": {"smtp": {"max_size": "1MiB"}}}
    assert api("POST", check, good) == {"services": ["echo", "smtp"], "problems": []}
    assert "eho" in api("POST", check, {"services": ["eho"]})["problems"][0]
    assert "max_sise" in api("POST", check, {"config": {"smtp": {"max_sise": 1}}})["problems"][0]
    assert "already" in api("POST", check, {"name": "default"})["problems"][0]
    assert [one["name"] for one in api("GET", "/api/v1/worlds")["items"]] == ["default"]


def test_a_world_says_when_it_was_made(api):
    api("POST", "/api/v1/worlds", {"name": "late", "services": ["echo"]}, status=201)
    first, second = api("GET", "/api/v1/worlds")["items"]
    assert first["made"] <= second["made"]
