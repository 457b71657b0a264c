"""Queries to other hosts."""

import socket
from concurrent.futures import Future

import pytest

from homeport.io.net import outgoing
from homeport.io.net.outgoing import Outgoing
from homeport.protocol.effects import AskHost


@pytest.fixture
def other():
    """Return a listening host whose answers the test sends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


@pytest.fixture
def question(start_farm):
    """Start a query on the reactor of a farm; return a future of its result, and the query, which can be cancelled."""
    farm = start_farm("echo")

    def ask(port, host="127.0.0.1", query=b"q\r\n", limit=100):
        told: Future[tuple[bytes, str]] = Future()
        made = Outgoing(
            farm.reactor, AskHost(host, port, query, limit), lambda data, error: told.set_result((data, error))
        )
        farm.call(made.start)
        return told, lambda: farm.call(made.cancel)

    return ask


def test_the_query_goes_out_and_the_answer_comes_back_up_to_the_close(other, question):
    told, _cancel = question(other.getsockname()[1])
    client, _address = other.accept()
    with client:
        assert client.recv(100) == b"q\r\n"
        client.sendall(b"first ")
        client.sendall(b"second")
    assert told.result(10) == (b"first second", "")


def test_an_answer_is_cut_at_the_limit(other, question):
    told, _cancel = question(other.getsockname()[1], limit=10)
    client, _address = other.accept()
    with client:
        client.sendall(b"x" * 11)
        assert told.result(10) == (b"x" * 10, "")


def test_a_query_larger_than_the_network_takes_at_once_goes_out_whole(other, question):
    query = b"x" * (8 << 20)
    told, _cancel = question(other.getsockname()[1], query=query)
    client, _address = other.accept()
    with client:
        client.settimeout(10)
        left = len(query)
        while left:
            left -= len(client.recv(1 << 20))
    assert told.result(10) == (b"", "")


def test_a_refused_connection_is_reported(question):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        told, _cancel = question(unused.getsockname()[1])
        assert told.result(10) == (b"", "Connection refused")


def test_the_next_address_of_a_name_is_tried_when_one_refuses(other, question, monkeypatch):
    family = socket.AF_INET
    port = other.getsockname()[1]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        found = [(family, ("127.0.0.1", unused.getsockname()[1])), (family, ("127.0.0.1", port))]
        monkeypatch.setattr(outgoing, "resolve", lambda *_args: list(found))
        told, _cancel = question(port, host="two.test")
        client, _address = other.accept()
        with client:
            client.sendall(b"second")
        assert told.result(10)[0] == b"second"


def test_a_reset_is_reported_with_what_came_before(other, question):
    told, _cancel = question(other.getsockname()[1])
    client, _address = other.accept()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    data, error = told.result(10)
    assert data == b""
    assert error in ("Connection reset by peer", "the connection broke")


def test_a_name_that_cannot_be_resolved_is_reported(question):
    told, _cancel = question(79, host="x" * 64 + ".invalid")
    data, error = told.result(10)
    assert data == b""
    assert error


def test_a_host_that_never_answers_is_given_up(other, question, monkeypatch):
    monkeypatch.setattr(outgoing, "TIMEOUT_S", 0.05)
    told, _cancel = question(other.getsockname()[1])
    assert told.result(10) == (b"", "no answer within 0.05 s")


def test_nothing_is_reported_after_a_cancel(other, question):
    told, cancel = question(other.getsockname()[1])
    client, _address = other.accept()
    cancel()
    with client:
        assert client.recv(100) in (b"q\r\n", b"")
        client.settimeout(10)
        while client.recv(100):
            pass
    assert not told.done()


def test_a_client_that_leaves_takes_its_question_along(other, start_farm):
    farm = start_farm("finger", finger={"forward_to": [f"127.0.0.1:{other.getsockname()[1]}"]})
    asking = farm.connect("finger")
    asking.sendall(b"x@127.0.0.1\r\n")
    client, _address = other.accept()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    asking.close()
    with client:
        client.settimeout(10)
        while client.recv(100):
            pass
    assert farm.call(lambda: farm.world.findings.counts) == {"finger.early-close": 1}
