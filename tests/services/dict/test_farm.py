"""DICT on a farm with sockets: the fixture, the control API, pieces for slow readers, and other clients meanwhile."""

import socket

import pytest
from services.dict.conftest import write_database

from homeport import Farm
from homeport.testing.errors import Refused


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A farm with a large database in a file, and a restricted one."""
    folder = tmp_path_factory.mktemp("words")
    path = write_database(
        folder, [(f"word {number:05}", f"text {number}\n" * 10) for number in range(20_000)], zipped=True
    )
    databases = [{"name": "large", "path": path}, {"name": "mine", "restricted": True}]
    config = {"dict": {"database": databases, "max_matches": 100_000}, "faults": {"by_client": True}}
    with Farm(services=["dict", "echo"], config=config) as farm:
        yield farm


def ask(farm, *lines):
    """Send lines, and return all that the server sends until it closes."""
    with socket.create_connection(farm.dict.address, timeout=30) as client:
        client.sendall("".join(f"{line}\r\n" for line in ("CLIENT test", *lines, "QUIT")).encode())
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def test_a_planted_word_is_defined_and_the_question_is_awaited(words):
    words.dict.define("anchor", "A heavy hook.", "A person on television.")
    assert "150 2 definitions retrieved" in ask(words, "DEFINE * Anchor")
    event = words.dict.wait_for("Anchor")
    assert (event["verb"], event["argument"], event["code"]) == ("DEFINE", "* Anchor", "150")
    assert words.dict.words()["ANCHOR"]["definitions"] == ["A heavy hook.", "A person on television."]
    assert "anchor" in words.dict.words()
    del words.dict.words()["anchor"]
    assert "552 no match" in ask(words, "DEFINE * anchor")
    assert [one["code"] for one in words.dict.queries("DEFINE")][-2:] == ["150", "552"]
    assert words.dict.wait_for(verb="QUIT")["code"] == "221"


def test_the_api_lists_databases_and_refuses_to_change_files(words):
    found = {one["name"]: one for one in words.dict.databases()}
    assert list(found) == ["homeport", "people", "services", "large", "mine"]
    assert found["homeport"]["words"] > 50
    assert found["large"]["words"] is None
    assert found["mine"]["restricted"] is True
    for name, status in (("large", 409), ("people", 409), ("nowhere", 404)):
        with pytest.raises(Refused) as refused:
            words.dict.define("x", "y", database=name)
        assert refused.value.status == status
    words.dict.define("x", "y", database="mine")
    assert [one["word"] for one in words.dict.words("mine").all()] == ["x"]
    with pytest.raises(KeyError):
        words.dict.words()["no such word"]
    with pytest.raises(Refused):
        words.dict.define("  ", "y")


def test_services_are_defined_with_their_ports(words):
    assert f"tcp port {words.dict.port}\r\n" in ask(words, "DEFINE services dict")


def test_a_slow_reader_of_many_matches_costs_others_nothing(words):
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(words.dict.address)
        slow.sendall(b"CLIENT slow\r\n" + b"MATCH large prefix word\r\n" * 50 + b"QUIT\r\n")
        assert slow.recv(1000)
        words.dict.wait_for("prefix word", verb="MATCH")
        assert "150 1 " in ask(words, "DEFINE homeport octet")
        held = words.connections("dict")
        assert sum(one["sent"] for one in held if not one["closed"]) < 3 << 20
        rest = b"".join(iter(lambda: slow.recv(65536), b""))
    assert rest.count(b'large "word 19999"') == 50
    assert rest.endswith(b"221 bye\r\n")


def test_a_search_of_a_file_leaves_others_their_turns(words):
    with socket.create_connection(words.dict.address, timeout=60) as client:
        client.sendall(b"CLIENT x\r\n" + b"MATCH large re '[0-8]9$'\r\n" * 5 + b"QUIT\r\n")
        assert "150 1 " in ask(words, "DEFINE homeport octet")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.count(b"152 1800 matches found") == 5


def test_people_see_who_is_logged_in_by_dict(words):
    from hashlib import md5

    with socket.create_connection(words.dict.address, timeout=30) as client:
        stamp = client.recv(4096).split()[-1]
        digest = md5(stamp + b"alice-pass").hexdigest()
        client.sendall(b"CLIENT x\r\nAUTH alice %s\r\n" % digest.encode())
        words.wait_for_event("login", service="dict", code="230")
        assert "alice" in [one["login"] for one in words.presence.all() if one["conn"]]
    assert digest not in words.transcripts("dict")[-1].text


def test_a_client_asks_for_the_networks_faults(words):
    assert ask(words, "DEFINE * close-after-40.fault.test").count("\r\n") <= 4
    assert "420 " in ask(words, "DEFINE * reply-420.fault.test")
