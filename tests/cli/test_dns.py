"""`homeport dns`: zones and records, looked at and changed; waits for queries."""

import json
import socket

import pytest
from tests.cli.test_world_objects import run, say  # noqa: F401 - fixtures

ZONE = "$TTL 300\nwww A 127.0.0.1\nwww A 127.0.0.2\n@ MX 10 mail\n"


@pytest.fixture
def zone_file(tmp_path):
    path = tmp_path / "shop.zone"
    path.write_text(ZONE)
    return str(path)


def test_a_zone_is_added_shown_changed_and_removed(say, zone_file):  # noqa: F811 - the fixture
    assert say("dns", "add", "shop.example", "--file", zone_file).startswith("shop.example serial ")
    assert "  shop.example\n" in say("dns")
    lines = say("dns", "show", "shop.example", "--type", "A,MX").splitlines()
    assert lines == [
        "shop.example  300  MX  10 mail.shop.example.",
        "www.shop.example  300  A  127.0.0.1",
        "www.shop.example  300  A  127.0.0.2",
    ]
    (shown,) = say("dns", "show", "shop.example", "--name", "www", "--json").splitlines()
    assert json.loads(shown)["data"] == ["127.0.0.1", "127.0.0.2"]
    set_ = say("dns", "set", "_acme-challenge.shop.example", "txt", "some token", "--ttl", "5")
    assert set_ == '_acme-challenge.shop.example  5  TXT  "some token"\n'
    assert "www.shop.example. 300 IN A 127.0.0.1\n" in say("dns", "export", "shop.example")
    assert say("dns", "unset", "www.shop.example", "a") == "www.shop.example A deleted\n"
    assert say("dns", "show", "shop.example", "--name", "www") == ""
    assert say("dns", "delete", "shop.example") == "shop.example deleted\n"
    assert say("dns", "add", "shop.example").startswith("shop.example serial ")
    assert {"name", "serial", "changeable", "servers"} <= set(json.loads(say("dns", "--json"))["items"][0])


def test_a_query_is_waited_for(say, run, farm):  # noqa: F811 - the fixtures
    found, out, err = run("dns", "wait", "www.shop.example", "--timeout", "10ms")
    assert (found, out, "0 of 1 arrived within 10ms" in err) == (1, "", True)
    question = b"\0\7\1\0\0\1\0\0\0\0\0\0\3www\4shop\7example\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(question, ("127.0.0.1", farm.port("dns", "udp")))
        client.recv(512)
    assert "www.shop.example." in say("dns", "wait", "www.shop.example", "--type", "A")
    assert json.loads(say("dns", "wait", "www.shop.example", "--json"))["events"][0]["qtype"] == "A"


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("show", "no.example"), 1, "there is no zone 'no.example'"),
        (("add", "shop.example", "--file", "/missing.zone"), 2, "/missing.zone: No such file"),
        (("set", "www.no.invalid", "A", "127.0.0.1"), 1, "www.no.invalid lies in no zone: add one with"),
        (("delete", "no.example"), 1, "there is no zone"),
        (("add", "a..b"), 2, "the path: 'a..b' has an empty label"),
    ],
)
def test_what_cannot_be_done_is_explained(run, words, code, error):  # noqa: F811 - the fixture
    found, out, err = run("dns", *words)
    assert (found, out, error in err) == (code, "", True)
