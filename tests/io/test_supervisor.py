"""The farm: all or no sockets, several worlds, and a complete cleanup."""

import socket
import time
from pathlib import Path

import msgspec
import pytest
from tests.conftest import RunningFarm, farm_config

from homeport import __version__
from homeport.control.farm import FarmRefused
from homeport.farm.supervisor import FarmSockets
from homeport.io.net.sockets import PortTakenError


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_the_ready_object_has_every_listener_with_its_addresses(farm):
    ready = farm.call(farm.farm.describe, "default")
    assert (ready["event"], ready["version"], ready["world"]) == ("ready", __version__, "default")
    assert ready["control"] == f"http://127.0.0.1:{farm.farm.control.port}"
    echo = ready["services"]["echo"]
    assert echo["tcp"]["port"] == echo["udp"]["port"]
    assert echo["udp"]["addresses"] == ["127.0.0.1", "::1"]
    assert list(ready["services"]) == list(farm.config.services)


def test_a_taken_port_lets_nothing_start_and_leaves_nothing_open():
    before = descriptors()
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortTakenError, match=r"time\.tcp"):
        FarmSockets(farm_config("echo", "time", time={"port": taken.getsockname()[1]}))
    assert descriptors() == before


def test_a_taken_control_port_lets_nothing_start_either():

    before = descriptors()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = farm_config("echo")
        control = msgspec.structs.replace(config.control, port=taken.getsockname()[1])
        with pytest.raises(PortTakenError, match=r"set \[control\] port = 0"):
            FarmSockets(msgspec.structs.replace(config, control=control))
    assert descriptors() == before


def test_a_stopped_farm_leaves_no_descriptor():
    RunningFarm(farm_config()).stop()
    before = descriptors()
    for _ in range(5):
        farm = RunningFarm(farm_config())
        assert farm.exchange("echo", b"x") == b"x"
        farm.stop()
    assert descriptors() == before


def test_stopping_with_open_connections_takes_less_than_a_second(farm):
    clients = [farm.connect(name) for name in ("echo", "discard", "chargen") for _ in range(20)]
    began = time.monotonic()
    farm.stop()
    assert time.monotonic() - began < 1
    for client in clients:
        client.close()


def test_two_hundred_worlds_come_and_go_without_a_descriptor_left(farm):
    config = farm.config

    def close(name):
        farm.farm.close_world(name, lambda: None)

    farm.call(farm.farm.make_world, "first", config)
    farm.call(close, "first")
    before = descriptors()
    for number in range(200):
        name = f"w{number}"
        farm.call(farm.farm.make_world, name, config)
        if number % 20 == 0:
            with farm.connect("echo", world=name) as client:
                client.sendall(b"x")
                assert client.recv(1) == b"x"
                farm.call(close, name)
                assert client.recv(1) == b""
        else:
            farm.call(close, name)
    assert list(farm.farm.hosts) == ["default"]
    farm.wait_for(lambda: descriptors() <= before)


def test_worlds_share_nothing(farm):
    farm.call(farm.farm.make_world, "other", farm.config)
    other = farm.farm.hosts["other"].world
    farm.call(lambda: other.presence.enter("zoe", "tty9", "", since=0))
    farm.call(other.clock.set, 0.0)
    with farm.connect("users", world="other") as client:
        assert b"zoe\r\n" in client.makefile("rb").read()
    assert b"zoe" not in farm.exchange("users")
    with farm.connect("time", world="other") as client:
        assert abs(int.from_bytes(client.recv(4), "big") - 2_208_988_800) < 10
    assert farm.call(lambda: {event["world"] for event in other.journal.events()}) == {"other"}
    assert farm.call(lambda: {event["world"] for event in farm.world.journal.events()}) == {"default"}


def test_a_world_of_that_name_is_not_made_twice(farm):
    with pytest.raises(FarmRefused, match="give another name"):
        farm.call(farm.farm.make_world, "default", farm.config)


def test_the_worlds_timers_fire_by_themselves(farm):
    def start():
        clock = farm.world.clock
        clock.call_at(clock.now() + 0.02, lambda: farm.world.journal.log(None, "clock", {"fired": True}))

    farm.call(start)
    farm.wait_for(lambda: [event for event in farm.world.journal.events() if event.get("fired")])


def test_two_farms_share_their_ports_when_both_say_so():
    def sharing(port):
        config = farm_config("echo", echo={"port": port})
        return msgspec.structs.replace(config, farm=msgspec.structs.replace(config.farm, reuse_port=True))

    first = RunningFarm(sharing(0))
    second = RunningFarm(sharing(first.port("echo")))
    assert second.port("echo") == first.port("echo")
    assert first.exchange("echo", b"hello") == b"hello"
    for farm in (first, second):
        farm.stop()


def test_the_guard_knows_the_ports_of_the_worlds_that_there_are_and_the_default_ones(farm):
    guard = farm.farm._guard
    farm.call(farm.farm.make_world, "other", farm.config)
    port = farm.port("echo", "udp", world="other")
    assert farm.call(guard.refuses, port, 64) == "port of a service"
    farm.call(farm.farm.close_world, "other", lambda: None)
    assert farm.call(guard.refuses, port, 64) is None
    assert farm.call(guard.refuses, 10007, 64) == "port of a service"
    assert farm.call(guard.refuses, 19, 64) == "well-known port"
