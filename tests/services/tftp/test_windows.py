"""Windows of several blocks (RFC 7440)."""

import pytest
from services.tftp.packets_client import rrq, wrq

from homeport.services.tftp.packets import ack, data


def blocks_of(packets):
    return [int.from_bytes(one[2:4], "big") for one in packets]


@pytest.fixture
def reader(client, files):
    """A client that has asked for a file of 20 blocks in windows of 4."""
    (files / "x").write_bytes(bytes(512 * 19))
    one = client()
    assert one.ask(rrq("x", "octet", windowsize=4)) == [b"\0\6windowsize\x004\0"]
    return one


def test_a_window_is_sent_at_once_and_acknowledged_by_its_last_block(reader):
    assert blocks_of(reader.ack(0)) == [1, 2, 3, 4]
    assert blocks_of(reader.ack(4)) == [5, 6, 7, 8]
    assert blocks_of(reader.ack(8)) == [9, 10, 11, 12]
    assert blocks_of(reader.ack(12)) == [13, 14, 15, 16]
    assert blocks_of(reader.ack(16)) == [17, 18, 19, 20]
    assert reader.ack(20) == []
    assert reader.closed
    assert reader.findings == []


def test_an_ack_within_a_window_sends_the_rest_again(reader):
    reader.ack(0)
    assert blocks_of(reader.ack(2)) == [3, 4, 5, 6]
    assert blocks_of(reader.ack(6)) == [7, 8, 9, 10]
    assert reader.findings == []


def test_an_ack_before_a_window_sends_it_again_once(reader):
    reader.ack(0)
    reader.ack(4)
    assert blocks_of(reader.ack(4)) == [5, 6, 7, 8]
    assert reader.ack(4) == []
    assert reader.ack(4) == []
    assert blocks_of(reader.timeout()) == [5, 6, 7, 8]


def test_a_client_that_acknowledges_every_block_is_a_finding_and_no_flood(reader):
    reader.ack(0)
    sent = sum(len(reader.ack(block)) for block in range(1, 21))
    assert reader.closed
    assert reader.findings == ["acks-window-early"]
    assert sent <= 16 + 4 * 4


@pytest.mark.parametrize(
    ("options", "asked", "granted"),
    [({}, 4, 4), ({}, 65535, 64), ({"max_windowsize": 16}, 100, 16)],
)
def test_a_window_is_capped(client, files, options, asked, granted):
    (files / "x").write_bytes(b"abc")
    assert client(**options).ask(rrq("x", "octet", windowsize=asked)) == [b"\0\6windowsize\0%d\0" % granted]


def test_the_bytes_of_a_window_are_bounded(client, files):
    (files / "x").write_bytes(b"abc")
    assert client().ask(rrq("x", "octet", windowsize=64, blksize=65464)) == [b"\0\6windowsize\x008\0blksize\x0065464\0"]
    assert client(write="new").ask(wrq("y", "octet", windowsize=64, blksize=65464)) == [
        b"\0\6windowsize\x001\0blksize\x0065464\0"
    ]


def test_windows_read_a_whole_file(client, files):
    content = bytes(range(256)) * 1000
    (files / "x").write_bytes(content)
    one = client()
    assert one.read(rrq("x", "octet", windowsize=16, blksize=1428), 1428, 16) == content
    assert one.findings == []


def test_a_window_that_is_received_is_acknowledged_at_its_end(client, files):
    one = client(write="new")
    assert one.ask(wrq("y", "octet", windowsize=3)) == [b"\0\6windowsize\x003\0"]
    assert one.data(1, bytes(512)) == []
    assert one.data(2, bytes(512)) == []
    assert one.data(3, bytes(512)) == [ack(3)]
    assert one.data(4, b"end") == [ack(4)]
    assert (files / "y").read_bytes() == bytes(3 * 512) + b"end"


def test_a_gap_in_a_window_is_told_once(client, files):
    one = client(write="new")
    one.ask(wrq("y", "octet", windowsize=4))
    assert one.data(1, b"1" * 512) == []
    assert one.data(3, b"3" * 512) == [ack(1)]
    assert one.data(4, b"4" * 512) == []
    for block in (2, 3, 4):
        assert one.data(block, b"%d" % block * 512) == []
    assert one.data(5, b"") == [ack(5)]
    assert (files / "y").read_bytes() == b"1" * 512 + b"2" * 512 + b"3" * 512 + b"4" * 512
    assert data(1, b"") == b"\0\3\0\1"
