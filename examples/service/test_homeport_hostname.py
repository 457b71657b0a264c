"""Test HOSTNAME without a network, since a session is a function of its events, and once with a real client."""

import json
import socket
import subprocess
import sys
import urllib.request

import pytest
from homeport_hostname import SERVICE, Hostname

from homeport.protocol.effects import Close, ReportFinding, Send
from homeport.protocol.events import Data, Eof, Opened
from homeport.protocol.session import Context
from homeport.world.journal import JournalOptions
from homeport.world.registry import Host
from homeport.world.world import World, WorldContents

NS1 = "HOST : 192.0.2.53 : NS1.HOMEPORT.TEST : : UNIX : TCP :\r\n"


def make_world() -> World:
    """Return a fresh world."""
    return World("default", WorldContents(), JournalOptions(), lambda: 0.0)


def talk(query: bytes, world: World | None = None, **options: object) -> tuple[str, list[str]]:
    """Feed a session byte by byte; return its answer and the ids of its findings."""
    world = world or make_world()
    session = Hostname(Context(world, SERVICE.options(**options), "tcp", ("127.0.0.1", 40000), ("127.0.0.1", 10101)))
    events = [Opened(), *(Data(query[at : at + 1]) for at in range(len(query))), Eof()]
    effects = [effect for event in events for effect in session.handle(event)]
    assert any(isinstance(effect, Close) for effect in effects)
    said = b"".join(bytes(effect.data) for effect in effects if isinstance(effect, Send))
    return said.decode(), [effect.id for effect in effects if isinstance(effect, ReportFinding)]


@pytest.mark.parametrize(
    ("query", "answer", "findings"),
    [
        (b"HNAME ns1.homeport.test\r\n", NS1, []),
        (b"hname NS1.Homeport.Test\r\n", NS1, []),
        (b"HADDR 192.0.2.53\r\n", NS1, []),
        (b"HNAME nowhere.test\r\n", "ERR : NAMNFD : Name not found\r\n", []),
        (b"HADDR 192.0.2.99\r\n", "ERR : ADRNFD : Address not found\r\n", []),
        (b"HNAME\r\n", "ERR : ILLCOM : Illegal command\r\n", ["no-command"]),
        (b"VERSION 7\r\n", "ERR : ILLCOM : Illegal command\r\n", ["no-command"]),
        (b"who?\r\n", "ERR : ILLCOM : Illegal command\r\n", ["no-command"]),
    ],
)
def test_a_query_gets_one_line(query, answer, findings):
    assert talk(query) == (answer, findings)


def test_a_line_ends_in_cr_lf():
    answer, findings = talk(b"ALL\n")
    assert answer.startswith("ERR : ILLCOM : ")
    assert findings == ["bare-lf"]


def test_all_is_the_whole_table():
    lines = talk(b"ALL\r\n")[0].splitlines()
    assert (lines[0], lines[-1]) == ("BEGIN :", "END :")
    assert NS1.rstrip() in lines


def test_the_version_changes_with_the_table_and_only_with_it():
    world = make_world()
    first = talk(b"VERSION\r\n", world)
    assert talk(b"VERSION\r\n", world) == first
    host = world.registry.host("ns1.homeport.test")
    assert isinstance(host, Host)
    world.registry.remove(host)
    assert talk(b"VERSION\r\n", world) != first
    assert talk(b"VERSION\r\n", world, version="abc") == ("VERSION : abc\r\n", [])


def test_a_farm_serves_it_once_the_package_is_installed():
    command = [sys.executable, "-m", "homeport", "up", "--ephemeral", "--quiet", "--services", "hostname"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as farm:
        try:
            ready = json.loads(farm.stdout.readline())
            bound = ready["services"]["hostname"]["tcp"]
            with socket.create_connection((bound["host"], bound["port"]), timeout=5) as client:
                client.sendall(b"who?\r\n")
                assert client.makefile().read() == "ERR : ILLCOM : Illegal command\n"
            with urllib.request.urlopen(f"{ready['control']}/api/v1/worlds/default/findings") as answer:
                assert [one["id"] for one in json.load(answer)["items"]] == ["hostname.no-command"]
        finally:
            farm.terminate()
