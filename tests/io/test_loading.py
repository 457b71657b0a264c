"""Connections that come before the modules of their service are imported."""

import socket
import threading

from tests.conftest import read_all

from homeport.io.net.loading import TAKEN_PER_TURN, Loading


def arrivals(count):
    """Return sockets of clients, and what arrives at the server."""
    pairs = [socket.socketpair() for _ in range(count)]
    return [client for client, _server in pairs], [
        (server, ("peer", number), ("local", 1)) for number, (_client, server) in enumerate(pairs)
    ]


def test_the_reactor_goes_on_during_the_import_and_clients_are_taken_in_order(farm):
    clients, waiting = arrivals(3 * TAKEN_PER_TURN)
    go_on, taken, over = threading.Event(), [], threading.Event()

    def take(_accepted, peer, _local):
        taken.append(peer[1])

    loading = farm.call(lambda: Loading(farm.farm.reactor, lambda: go_on.wait(10), take, over.set))
    for one in waiting:
        farm.call(loading.add, one)
    assert taken == []
    go_on.set()
    assert over.wait(10)
    assert taken == [*range(len(waiting))]
    for one in (*clients, *(server for server, _peer, _local in waiting)):
        one.close()


def test_clients_that_wait_are_closed_with_the_farm(farm):
    clients, waiting = arrivals(2)
    go_on, over = threading.Event(), threading.Event()
    loading = farm.call(lambda: Loading(farm.farm.reactor, lambda: go_on.wait(10), print, over.set))
    for one in waiting:
        farm.call(loading.add, one)
    farm.call(loading.drop)
    for client in clients:
        assert read_all(client) == b""
        client.close()
    go_on.set()
    assert over.wait(10)


def test_clients_that_wait_are_closed_with_their_listener(start_farm):
    running = start_farm("imap")
    go_on, over = threading.Event(), threading.Event()
    for listener in running.farm.hosts["default"].listeners:
        listener._loading = running.call(lambda: Loading(running.farm.reactor, lambda: go_on.wait(10), print, over.set))
    client = running.connect("imap")
    running.wait_for(lambda: any(one._loading._waiting for one in running.farm.hosts["default"].listeners))
    for listener in running.farm.hosts["default"].listeners:
        running.call(listener.close)
    assert client.recv(1) == b""
    client.close()
    go_on.set()
    assert over.wait(10)


def test_datagrams_wait_for_the_import_and_the_reactor_does_not(start_farm):
    running = start_farm("dns")
    go_on = threading.Event()
    listeners = [one for one in running.farm.hosts["default"].listeners if one.source.listener == "udp"]
    for listener in listeners:
        listener.load = lambda: go_on.wait(10)
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
    for number, client in enumerate(clients):
        client.settimeout(10)
        client.connect(("127.0.0.1", running.port("dns", "udp")))
        client.send(bytes((number, 0)) + bytes(10))
    running.wait_for(lambda: any(one._loading for one in listeners))
    assert running.call(lambda: [one.counters.datagrams_in for one in listeners]) == [0]
    go_on.set()
    assert [client.recv(512)[0] for client in clients] == [0, 1, 2]
    for client in clients:
        client.close()


def test_many_clients_at_once_are_all_greeted(farm):
    clients = [farm.connect("imap") for _ in range(100)]
    for client in clients:
        assert client.recv(4).startswith(b"* OK")
        client.close()
