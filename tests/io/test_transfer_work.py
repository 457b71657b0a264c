"""One step of a transfer does a bounded amount of work, whatever its data expand to: no client holds the reactor."""

import socket
import zlib
from contextlib import suppress

import pytest

from homeport.io.data.pumps import MAX_TURN_BYTES, Moved, Receive, Send
from homeport.protocol.effects import Progress
from homeport.services.ftp.deflate import MAX_OUTPUT_BYTES
from homeport.services.ftp.records import MAX_ESCAPES
from homeport.services.ftp.representation import MAX_MARKERS_AT_ONCE, MAX_PIECES, receiving, sending


class Sink:
    """A file in memory that counts what is written to it."""

    def __init__(self):
        self.size = 0
        self.tail = b""

    def write(self, data):
        self.size += len(data)
        self.tail = bytes(data[-100:])

    def sync(self):
        pass


class Source:
    """A file in memory that notes how much is read at a time."""

    def __init__(self, content):
        self.content = content
        self.size = len(content)
        self.reads = []

    def read(self, size):
        piece, self.content = self.content[:size], self.content[size:]
        self.reads.append(len(piece))
        return piece


def store(form, data):
    """Receive data; return the sink, and what each step wrote and how many markers came in it."""
    sink, convert = Sink(), receiving(*form)
    ours, theirs = socket.socketpair()
    steps = []
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        pump = Receive(ours, sink, convert, Progress())
        left = memoryview(data)
        while True:
            if left:
                with suppress(BlockingIOError):
                    left = left[theirs.send(left) :]
            elif theirs.fileno() >= 0:
                theirs.close()
            before = sink.size
            moved = pump.step()
            markers = len(convert.take_markers()) if convert is not None else 0
            steps.append((sink.size - before, markers))
            if moved is Moved.DONE:
                return sink, steps


BOMB = bytes(12 << 20)
FORMS = {
    "deflate": (("I", "F", "Z"), zlib.compress(BOMB, 9), len(BOMB)),
    "deflate to text": (("A", "F", "Z"), zlib.compress(b"\r\n" * (6 << 20), 9), 6 << 20),
    "deflate to EBCDIC": (("E", "F", "Z"), zlib.compress(BOMB, 9), len(BOMB)),
    "deflate to records": (("A", "R", "Z"), zlib.compress(b"a" * (9 << 20) + b"\xff\x02", 9), 9 << 20),
    "fillers": (("I", "F", "C"), b"\xff" * 400_000 + b"\0\x40\xc0", 400_000 * 63),
    "runs": (("I", "F", "C"), b"\xbfx" * 200_000 + b"\0\x40\xc0", 200_000 * 63),
    "blocks": (("I", "F", "B"), b"\0\xff\xff" + bytes(65_535) + b"\x40\0\0", 65_535),
    "image": (("I", "F", "S"), BOMB, len(BOMB)),
    "text": (("A", "F", "S"), b"\r\n" * (10 << 20), 10 << 20),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_step_writes_a_bounded_number_of_bytes(name):
    form, data, size = FORMS[name]
    sink, steps = store(form, data)
    assert sink.size == size
    assert max(written for written, _ in steps) <= MAX_TURN_BYTES + MAX_OUTPUT_BYTES


@pytest.mark.parametrize(
    ("form", "piece", "end", "most"),
    [
        (("I", "F", "B"), b"\0\0\0", b"\x40\0\0", MAX_PIECES),
        (("I", "F", "B"), b"\0\0\1x", b"\x40\0\0", MAX_PIECES),
        (("A", "R", "B"), b"\x80\0\0", b"\x40\0\0", MAX_PIECES),
        (("I", "F", "C"), b"\xc0", b"\0\x40\xc0", MAX_PIECES),
        (("I", "F", "C"), b"\x01x", b"\0\x40\xc0", MAX_PIECES),
        (("I", "F", "C"), b"\0\0\xc0", b"\0\x40\xc0", MAX_PIECES),
        (("A", "R", "C"), b"\0\x80\xc0", b"\0\x40\xc0", MAX_PIECES),
        (("A", "R", "S"), b"\xff\x01", b"\xff\x02", MAX_ESCAPES),
    ],
)
def test_a_step_handles_a_bounded_number_of_blocks_strings_and_records(form, piece, end, most):
    _sink, steps = store(form, piece * 30_000 + end)
    assert len(steps) >= 30_000 / most / 2  # a step may end with one part and begin the next


def test_records_within_deflated_data_are_bounded_too():
    sink, steps = store(("A", "R", "Z"), zlib.compress(b"\xff\x01" * 100_000 + b"\xff\x02"))
    assert sink.size == 100_000
    assert max(written for written, _ in steps) <= MAX_ESCAPES


@pytest.mark.parametrize("mode", ["B", "C"])
def test_a_step_brings_a_bounded_number_of_markers(mode):
    marker, end = (b"\x10\0\1m", b"\x40\0\0") if mode == "B" else (b"\0\x10\1m", b"\0\x40\xc0")
    _sink, steps = store(("I", "F", mode), marker * 5000 + end)
    assert sum(markers for _, markers in steps) == 5000
    assert max(markers for _, markers in steps) <= MAX_MARKERS_AT_ONCE


@pytest.mark.parametrize("form", [("A", "R", "B"), ("A", "R", "C"), ("I", "F", "C"), ("E", "R", "C")])
@pytest.mark.parametrize("content", [b"\n" * 100_000, b"aaaab" * 20_000], ids=["lines", "runs"])
def test_a_step_converts_a_bounded_number_of_bytes(form, content):
    source, ours, theirs = Source(content), *socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        pump = Send(ours, source, sending(*form), Progress())
        assert pump.bounded  # so that a turn has one step
        while True:
            before = len(source.reads)
            moved = pump.step()
            assert len(source.reads) - before <= 2
            if moved is Moved.DONE:
                break
            with suppress(BlockingIOError):
                while theirs.recv(1 << 20):
                    pass
    assert max(source.reads) <= 2048


def test_compression_runs_off_the_reactor_in_small_pieces():
    convert = sending("A", "F", "Z", level=9)
    assert convert.slow
    assert convert.max_input <= 32_768
    assert not sending("A", "F", "S").slow
