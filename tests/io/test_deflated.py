"""Compression of streams: what it does to bytes, to the journal and to faults; how little a small input may cost."""

import gc
import socket
import zlib

import msgspec
import pytest
from tls_clients import line

from homeport.io.net.deflated import MAX_INFLATED_BYTES, DeflatedSocket
from homeport.protocol.faults import Plan

BIG = bytes(range(256)) * 40_000
"""As the obedient service's big answer."""


class Compressed:
    """A client after the order `deflate`."""

    def __init__(self, client):
        client.sendall(b"deflate\r\n")
        assert line(client) == b"deflated\r\n"
        self.socket = client
        self.deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.inflate = zlib.decompressobj(-15)
        self.read = b""

    def pack(self, data):
        return self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)

    def send(self, data):
        self.socket.sendall(self.pack(data))

    def until(self, enough):
        """Read until the plaintext suffices; return it."""
        while not enough(self.read):
            received = self.socket.recv(65536)
            if not received:
                break
            self.read += self.inflate.decompress(received)
        read, self.read = self.read, b""
        return read

    def line(self):
        return self.until(lambda read: read.endswith(b"\n"))


@pytest.fixture
def farm(obedient):
    """Return a farm with the obedient service, which has a TLS listener and the order `deflate`."""
    return obedient()


@pytest.fixture(params=["tcp", "tls"])
def compressed(request, farm, greet, secure):
    """Return a client under compression, plain or under TLS."""
    if request.param == "tcp":
        yield Compressed(greet(farm)[0])
        return
    with secure() as client:
        assert line(client) == b"hello\r\n"
        yield Compressed(client)


def test_orders_and_answers_are_compressed(compressed):
    compressed.send(b"one\r\n" * 3)
    assert compressed.until(lambda read: read.count(b"\n") == 3) == b"late\r\n" * 3


def test_orders_may_come_byte_by_byte(compressed):
    for at in compressed.pack(b"one\r\n"):
        compressed.socket.sendall(bytes([at]))
    assert compressed.line() == b"late\r\n"


def test_an_answer_larger_than_any_socket_arrives_whole_before_the_close(compressed):
    compressed.send(b"big\r\n")
    assert compressed.until(lambda _read: False) == BIG


def test_a_small_input_that_inflates_to_much_arrives_whole_piece_by_piece(compressed):
    compressed.send(b"echo\r\n")
    bomb = compressed.pack(bytes(20 << 20))
    assert len(bomb) < 30_000
    compressed.socket.sendall(bomb)
    read = compressed.until(lambda read: len(read) == 20 << 20)
    assert read == bytes(20 << 20)


def test_input_that_is_not_deflate_is_answered_and_closed(compressed):
    compressed.socket.sendall(b"\xff\xff\xff\xff")
    assert compressed.until(lambda _read: False).startswith(b"limit the input is not valid DEFLATE (RFC 1951)")


def test_data_after_the_end_of_the_compressed_input_are_malformed(compressed):
    compressed.socket.sendall(compressed.deflate.flush() + b"more")
    assert compressed.until(lambda _read: False).startswith(b"limit data after the end")


def test_input_in_the_clear_after_the_order_is_taken_for_compressed(farm, greet):
    client, reader = greet(farm)
    client.sendall(b"deflate\r\n")
    assert reader.readline() == b"deflated\r\n"
    client.sendall(b"\xff clear\r\n")
    assert zlib.decompressobj(-15).decompress(reader.read()).startswith(b"limit the input")


def test_the_journal_and_the_counters_have_plain_bytes(farm, greet):
    client = Compressed(greet(farm)[0])
    client.send(b"bye\r\n")
    assert client.line() == b"bye\r\n"
    client.socket.shutdown(socket.SHUT_WR)
    end = farm.wait_for(lambda: [e for e in farm.world.journal.events() if e["type"] == "closed"])[0]
    assert (end["received"], end["sent"]) == (len(b"deflate\r\nbye\r\n"), len(b"hello\r\ndeflated\r\nbye\r\n"))
    said = farm.call(lambda: [e["text"] for e in farm.world.journal.events() if e["type"] in ("in", "out")])
    assert said == ["hello\\r\\n", "deflate\\r\\n", "deflated\\r\\n", "bye\\r\\n", "bye\\r\\n"]


def over(pair):
    """Return a deflated socket over one end of a pair, and the other end."""
    here, there = pair
    here.setblocking(False)

    class Host:
        reads = 0

        def read_soon(self):
            self.reads += 1

    host = Host()
    return DeflatedSocket(here, host), there, host


def test_no_read_returns_more_than_a_piece_and_nothing_is_read_meanwhile():
    pair = socket.socketpair()
    deflated, there, host = over(pair)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    with pair[0], pair[1]:
        there.sendall(deflate.compress(bytes(5 << 20)) + deflate.flush(zlib.Z_SYNC_FLUSH))
        sizes = [len(deflated.recv(1 << 20))]
        there.sendall(deflate.compress(b"end") + deflate.flush(zlib.Z_SYNC_FLUSH))
        while sum(sizes) < 5 << 20:
            assert host.reads == len(sizes)
            sizes.append(len(deflated.recv(1 << 20)))
        assert max(sizes) == MAX_INFLATED_BYTES
        with pytest.raises(BlockingIOError):  # nothing is left of it
            deflated.recv(1 << 20)
        assert deflated.recv(1 << 20) == b"end"


def test_blocks_without_output_are_no_end_of_input():
    pair = socket.socketpair()
    deflated, there, _host = over(pair)
    with pair[0], pair[1]:
        there.sendall(b"\x00\x00\x00\xff\xff" * 1000)
        with pytest.raises(BlockingIOError):
            deflated.recv(65536)
        there.close()
        assert deflated.recv(65536) == b""


def test_a_closed_connection_holds_no_state_of_zlib():
    deflated, there, _host = over(socket.socketpair())
    states = {type(zlib.compressobj()), type(zlib.decompressobj())}
    assert states <= {type(one) for one in gc.get_referents(deflated)}
    deflated.close()
    assert not states & {type(one) for one in gc.get_referents(deflated)}
    with pytest.raises(OSError, match="Bad file descriptor"):
        deflated.send(b"late")
    with pytest.raises(OSError, match="Bad file descriptor"):
        deflated.recv(10)
    there.close()


def test_output_that_the_socket_does_not_take_is_compressed_once():
    pair = socket.socketpair()
    deflated, there, _host = over(pair)
    there.setblocking(False)
    inflate, read = zlib.decompressobj(-15), bytearray()
    content = b"".join(zlib.compress(bytes([n % 251]) * 50 + n.to_bytes(4, "big"))[2:] for n in range(60_000))
    with pair[0], pair[1]:
        rest = memoryview(content)
        while rest:
            try:
                rest = rest[deflated.send(rest) :]
            except BlockingIOError:
                read += inflate.decompress(there.recv(1 << 20))
        deflated.shutdown(socket.SHUT_WR)
        there.setblocking(True)
        while data := there.recv(1 << 20):
            read += inflate.decompress(data)
        assert bytes(read) == content


@pytest.fixture
def plan(farm):
    """Plan a fault for all connections of the obedient service."""

    def call(times=1, **do):
        made = msgspec.convert({"service": "obedient", "times": times, "direction": "out", "do": do}, Plan)
        return farm.call(farm.world.faults.add, made)

    return call


@pytest.mark.parametrize(
    ("do", "read"),
    [
        ({"slice": {"size": 3}}, b"bye\r\n"),
        ({"latency": {"ms": 5}}, b"bye\r\n"),
        ({"limit": {"bytes": 19}}, b"by"),
    ],
)
def test_faults_act_on_the_plaintext(farm, greet, plan, do, read):
    plan(**do)
    client = Compressed(greet(farm)[0])
    client.send(b"bye\r\n")
    assert client.until(lambda _read: False) == read
