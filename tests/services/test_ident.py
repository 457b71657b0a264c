"""Ident (RFC 1413)."""

import socket

import pytest
from conftest import NOW, make_world, read_all
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.protocol.effects import Close, Send
from homeport.protocol.events import Data, Eof, Opened
from homeport.protocol.session import Context
from homeport.services.ident import SERVICE
from homeport.world.endpoints import OpenConnection

CLIENT = ("127.0.0.1", 40000)


def connected(login="alice", *, ours=10021, theirs=6193):
    """Return a function that makes a world with one connection between these ports."""

    def make():
        world = make_world()
        if login:
            world.presence.enter(login, "ftp", "127.0.0.1", NOW, conn="c7")
        known = (ours, ("127.0.0.1", theirs))
        world.find_connection = lambda port, peer: OpenConnection("c7", "ftp") if (port, peer) == known else None
        return world

    return make


def test_the_owner_of_a_connection_is_who_is_logged_in(talk):
    told = talk("ident", b"10021, 6193\r\n", world=connected())
    # Everything after the last colon is the name: a blank there would belong to it (RFC 1413 6).
    assert told.sent == b"10021, 6193 : USERID : UNIX :alice\r\n"
    assert told.closed
    assert told.findings == []
    assert told.logs == [("command", {"verb": "query", "argument": "10021, 6193", "code": "USERID"})]


@pytest.mark.parametrize("query", [b"10021,6193\r\n", b" 10021\t , 6193 \r\n", b"\t10021 ,6193\r\n"])
def test_white_space_may_be_anywhere_but_in_a_number(talk, query):
    told = talk("ident", query, world=connected())
    assert told.sent == b"10021, 6193 : USERID : UNIX :alice\r\n"
    assert told.findings == []


def test_without_a_login_the_farm_owns_it(talk):
    assert talk("ident", b"10021, 6193\r\n", world=connected("")).sent.endswith(b":homeport\r\n")
    none = talk("ident", b"10021, 6193\r\n", world=connected(""), daemon="")
    assert none.sent == b"10021, 6193 : ERROR : NO-USER\r\n"


def test_a_connection_that_is_not_there_has_no_user(talk):
    told = talk("ident", b"10021, 6194\r\n", world=connected())
    assert told.sent == b"10021, 6194 : ERROR : NO-USER\r\n"
    assert told.findings == ["no-connection"]


def test_options_name_owners_by_port_and_of_all_others(talk):
    owners = {"113": "bob", "114": ""}
    assert talk("ident", b"113, 9\r\n", owners=owners).sent == b"113, 9 : USERID : UNIX :bob\r\n"
    told = talk("ident", b"114, 9\r\n", owners=owners, others="carol")
    assert told.sent == b"114, 9 : ERROR : NO-USER\r\n"
    told = talk("ident", b"115, 9\r\n", owners=owners, others="carol")
    assert (told.sent, told.findings) == (b"115, 9 : USERID : UNIX :carol\r\n", [])


def test_an_owner_may_be_hidden(talk):
    hidden = b"10021, 6193 : ERROR : HIDDEN-USER\r\n"
    assert talk("ident", b"10021, 6193\r\n", world=connected(), hidden=["alice"]).sent == hidden
    assert talk("ident", b"10021, 6193\r\n", world=connected(), hidden=["*"]).sent == hidden
    assert talk("ident", b"10021, 6193\r\n", world=connected(), hidden=["bob"]).sent != hidden


def test_system_and_charset_are_in_the_answer(talk):
    told = talk("ident", b"10021, 6193\r\n", world=connected(), system="OTHER")
    assert told.sent == b"10021, 6193 : USERID : OTHER :alice\r\n"
    told = talk("ident", b"10021, 6193\r\n", world=connected(), charset="ISO-8859-1")
    assert told.sent == b"10021, 6193 : USERID : UNIX , ISO-8859-1 :alice\r\n"
    told = talk("ident", b"10021, 6193\r\n", world=connected("zoë"))
    assert told.sent == "10021, 6193 : USERID : UNIX , UTF-8 :zoë\r\n".encode()


def test_a_name_cannot_end_the_line(talk):
    told = talk("ident", b"10021, 6193\r\n", world=connected("al\r\nice\0"))
    assert told.sent == b"10021, 6193 : USERID : UNIX :alice\r\n"


@pytest.mark.parametrize("query", [b"0, 23", b"6193, 0", b"65536, 23", b"6193, 65536", b"99999, 99999"])
def test_a_port_out_of_range_is_invalid(talk, query):
    told = talk("ident", query + b"\r\n")
    assert told.sent == query + b" : ERROR : INVALID-PORT\r\n"
    assert told.findings == ["bad-port"]


@pytest.mark.parametrize(
    "query", [b"who?", b"6193; 23", b"6193", b"-1, 23", b"1.5, 23", b"6193, 23, 7", b"", b"123456, 1"]
)
def test_a_query_without_two_numbers_is_invalid(talk, query):
    told = talk("ident", query + b"\r\n")
    assert told.sent == b"0, 0 : ERROR : INVALID-PORT\r\n"
    assert told.findings == ["no-pair"]


def test_reasons_may_be_kept_back(talk):
    assert talk("ident", b"0, 23\r\n", errors="unknown").sent == b"0, 23 : ERROR : UNKNOWN-ERROR\r\n"
    assert talk("ident", b"1, 23\r\n", errors="unknown").sent == b"1, 23 : ERROR : UNKNOWN-ERROR\r\n"
    told = talk("ident", b"10021, 6193\r\n", world=connected(), errors="unknown", hidden=["*"])
    assert told.sent == b"10021, 6193 : ERROR : UNKNOWN-ERROR\r\n"


def test_a_bare_lf_and_a_missing_line_end_are_refused_unless_lenient(talk):
    for query, eof, finding in ((b"10021, 6193\n", False, "bare-lf"), (b"10021, 6193", True, "no-crlf")):
        told = talk("ident", query, eof=eof, world=connected())
        assert (told.sent, told.findings) == (b"0, 0 : ERROR : UNKNOWN-ERROR\r\n", [finding])
        told = talk("ident", query, eof=eof, world=connected(), syntax="lenient")
        assert told.sent.endswith(b":alice\r\n")
        assert told.findings == [finding]


def test_further_queries_are_not_answered(talk):
    told = talk("ident", b"10021, 6193\r\n10021, 6193\r\n", world=connected())
    assert told.sent.count(b"\r\n") == 1
    assert told.findings == ["data-after-query"]


def test_an_overlong_query_is_refused(talk):
    told = talk("ident", b" " * 1001 + b"1, 2\r\n")
    assert told.sent == b"0, 0 : ERROR : UNKNOWN-ERROR\r\n"
    assert told.findings == ["line-too-long"]


@given(st.lists(st.binary(max_size=40), max_size=6))
@examples(100)
def test_any_input_gets_one_line_at_most(pieces):
    session = SERVICE.session(Context(WORLD, SERVICE.options(), "tcp", CLIENT, ("127.0.0.1", 10113)))
    effects = [one for event in (Opened(), *map(Data, filter(None, pieces)), Eof()) for one in session.handle(event)]
    assert sum(bytes(one.data).count(b"\n") for one in effects if isinstance(one, Send)) <= 1
    assert any(isinstance(one, Close) for one in effects)


WORLD = make_world()


def ask(farm, ours, theirs, host="127.0.0.1"):
    return farm.exchange("ident", b"%d, %d\r\n" % (ours, theirs), host=host).decode().removesuffix("\r\n")


@pytest.fixture(scope="module")
def running():
    from conftest import RunningFarm, farm_config

    farm = RunningFarm(farm_config("ident", "ftp", "finger", "echo", finger={"forward_to": ["127.0.0.1:1"]}))
    yield farm
    farm.stop()


def log_in(client):
    """Log in over FTP."""
    client.recv(1000)
    for line in (b"USER alice\r\n", b"PASS alice-pass\r\n"):
        client.sendall(line)
        client.recv(1000)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_connections_to_the_farm_are_found_until_they_close(running, host):
    with running.connect("ftp", host) as client:
        ours, theirs = running.port("ftp"), client.getsockname()[1]
        assert ask(running, ours, theirs, host) == f"{ours}, {theirs} : USERID : UNIX :homeport"
        log_in(client)
        assert ask(running, ours, theirs, host) == f"{ours}, {theirs} : USERID : UNIX :alice"
        assert ask(running, ours + 1, theirs, host).endswith("NO-USER")
        other = "::1" if host == "127.0.0.1" else "127.0.0.1"
        assert ask(running, ours, theirs, other).endswith("NO-USER")  # it is another host's
    running.wait_for(lambda: running.world.find_connection(ours, (host, theirs)) is None)
    assert ask(running, ours, theirs, host).endswith("NO-USER")


def test_the_ident_connection_itself_is_the_farms(running):
    with running.connect("ident") as client:
        ours, theirs = running.port("ident"), client.getsockname()[1]
        client.sendall(b"%d, %d\r\n" % (ours, theirs))
        assert read_all(client).decode() == f"{ours}, {theirs} : USERID : UNIX :homeport\r\n"


def test_the_farms_connections_to_its_client_are_found_by_the_login_of_the_session(running):
    with running.connect("ftp") as client, socket.create_server(("127.0.0.1", 0)) as server:
        log_in(client)
        port = server.getsockname()[1]
        client.sendall(b"TYPE I\r\nPORT 127,0,0,1,%d,%d\r\nSTOR ident.bin\r\n" % divmod(port, 256))
        server.settimeout(10)
        data, (_host, from_port) = server.accept()
        with data:
            # The server under test has accepted a connection, and asks the client's host whose it is.
            assert ask(running, from_port, port) == f"{from_port}, {port} : USERID : UNIX :alice"


def test_a_forwarded_finger_query_is_a_connection_of_the_farm(start_farm):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        farm = start_farm("ident", "finger", finger={"forward_to": [f"127.0.0.1:{port}"]})
        with farm.connect("finger") as client:
            client.sendall(b"alice@127.0.0.1\r\n")
            server.settimeout(10)
            asked, (_host, from_port) = server.accept()
            with asked:
                assert ask(farm, from_port, port) == f"{from_port}, {port} : USERID : UNIX :homeport"


def test_faults_replace_the_answer(running):
    from homeport.protocol.faults import Answer, Do, Match, Plan

    plan = Plan(service="ident", match=Match(argument="7, 7"), do=Do(answer=Answer("7, 7 : USERID : UNIX :root\r\n")))
    running.call(lambda: running.world.faults.add(plan))
    assert ask(running, 7, 7) == "7, 7 : USERID : UNIX :root"
    assert ask(running, 7, 7) == "7, 7 : ERROR : NO-USER"
