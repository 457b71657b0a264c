"""Test Ident without a network, since a session is a function of its events, and once with a real client."""

import json
import socket
import subprocess
import sys
import urllib.request

import pytest
from homeport_ident import SERVICE, Ident

from homeport.protocol.effects import Close, ReportFinding, Send
from homeport.protocol.events import Data, Eof, Opened
from homeport.protocol.session import Context
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents


def talk(query: bytes, **options: object) -> tuple[bytes, list[str]]:
    """Feed a session byte by byte; return its answer and the ids of its findings."""
    world = World("default", WorldContents(), JournalOptions(), lambda: 0.0)
    session = Ident(Context(world, SERVICE.options(**options), "tcp", ("127.0.0.1", 40000), ("127.0.0.1", 10113)))
    events = [Opened(), *(Data(query[at : at + 1]) for at in range(len(query))), Eof()]
    effects = [effect for event in events for effect in session.handle(event)]
    assert any(isinstance(effect, Close) for effect in effects)
    said = b"".join(bytes(effect.data) for effect in effects if isinstance(effect, Send))
    return said, [effect.id for effect in effects if isinstance(effect, ReportFinding)]


@pytest.mark.parametrize(
    ("query", "answer", "findings"),
    [
        (b"6193, 23\r\n", b"6193, 23 : USERID : UNIX : alice\r\n", []),
        (b" 6193\t,23 \r\n", b"6193, 23 : USERID : UNIX : alice\r\n", []),
        (b"0, 23\r\n", b"0, 23 : ERROR : INVALID-PORT\r\n", ["bad-port"]),
        (b"who?\r\n", b"0, 0 : ERROR : UNKNOWN-ERROR\r\n", ["no-pair"]),
        (b"6193, 23\n", b"0, 0 : ERROR : UNKNOWN-ERROR\r\n", ["bare-lf"]),
        (b"6193, 23", b"0, 0 : ERROR : UNKNOWN-ERROR\r\n", ["no-crlf"]),
    ],
)
def test_a_query_gets_one_line(query, answer, findings):
    assert talk(query) == (answer, findings)


def test_options_name_owners_and_hide_reasons():
    assert talk(b"22, 9\r\n", owners={"22": "bob"}, system="OTHER")[0] == b"22, 9 : USERID : OTHER : bob\r\n"
    assert talk(b"22, 9\r\n", owners={"22": ""})[0] == b"22, 9 : ERROR : NO-USER\r\n"
    assert talk(b"22, 9\r\n", owners={"22": ""}, errors="unknown")[0] == b"22, 9 : ERROR : UNKNOWN-ERROR\r\n"


def test_a_farm_serves_it_once_the_package_is_installed():
    command = [sys.executable, "-m", "homeport", "up", "--ephemeral", "--quiet", "--services", "ident"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as farm:
        try:
            ready = json.loads(farm.stdout.readline())
            bound = ready["services"]["ident"]["tcp"]
            with socket.create_connection((bound["host"], bound["port"]), timeout=5) as client:
                client.sendall(b"6193, 23\n")
                assert client.makefile().read() == "0, 0 : ERROR : UNKNOWN-ERROR\n"
            with urllib.request.urlopen(f"{ready['control']}/api/v1/worlds/default/findings") as answer:
                assert [one["id"] for one in json.load(answer)["items"]] == ["ident.bare-lf"]
        finally:
            farm.terminate()
