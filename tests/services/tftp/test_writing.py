"""WRQ (RFC 1350, 2347, 2349)."""

import pytest
from services.tftp.packets_client import wrq

from homeport.services.tftp.packets import ack, data, error


def test_a_file_is_written_and_in_its_place_before_the_last_ack(client, files):
    one = client(write="new")
    assert one.ask(wrq("pub/new.bin")) == [ack(0)]
    assert one.data(1, b"a" * 512) == [ack(1)]
    assert not (files / "pub" / "new.bin").exists()
    assert one.data(2, b"b") == [ack(2)]
    assert (files / "pub" / "new.bin").read_bytes() == b"a" * 512 + b"b"
    assert one.dallying
    assert one.findings == []
    assert one.file() | {"seconds": 0} == {
        "what": "store", "path": "/pub/new.bin", "octets": 513, "seconds": 0, "complete": True, "reason": "",
    }  # fmt: skip


def test_an_oack_takes_the_place_of_the_first_ack(client):
    one = client(write="new")
    assert one.ask(wrq("y", "octet", tsize=3, blksize=1428)) == [b"\0\6tsize\x003\0blksize\x001428\0"]
    assert one.data(1, b"abc") == [ack(1)]
    assert one.findings == []


def test_a_file_of_whole_blocks_ends_with_an_empty_one(client, files):
    one = client(write="new")
    one.write(wrq("y"), bytes(1024))
    assert (files / "y").read_bytes() == bytes(1024)


def test_a_lost_last_ack_is_repeated(client):
    one = client(write="new")
    one.write(wrq("y"), b"abc")
    assert one.data(1, b"abc") == [ack(1)]
    assert one.data(1, b"abc") == [ack(1)]
    assert len([kind for kind, _fields in one.logs if kind == "file"]) == 1


def test_another_request_ends_the_dallying(client, files):
    one = client(write="replace")
    one.write(wrq("y"), b"abc")
    one.write(wrq("y"), b"def")
    assert (files / "y").read_bytes() == b"def"


def test_a_block_that_comes_twice_is_stored_once_and_acknowledged_twice(client, files):
    one = client(write="new")
    one.ask(wrq("y"))
    assert one.data(1, b"1" * 512) == [ack(1)]
    assert one.data(1, b"1" * 512) == [ack(1)]
    assert one.data(2, b"2") == [ack(2)]
    assert (files / "y").read_bytes() == b"1" * 512 + b"2"


def test_a_block_from_the_future_gets_nothing(client):
    one = client(write="new")
    one.ask(wrq("y"))
    assert one.data(2, b"2" * 512) == []


def test_a_silent_client_gets_the_ack_again_and_leaves_no_file(client, files):
    one = client(write="new", repetitions=2)
    one.ask(wrq("y"))
    one.data(1, bytes(512))
    assert one.timeout() == [ack(1)]
    assert one.timeout() == [ack(1)]
    assert one.timeout() == [error(0, "timed out")]
    assert one.findings == ["no-ack"]
    assert one.leave() == []
    assert not (files / "y").exists()
    assert one.file()["complete"] is False


def test_an_incomplete_file_leaves_the_old_one(client, files):
    (files / "y").write_bytes(b"old")
    one = client(write="replace")
    one.ask(wrq("y"))
    one.data(1, bytes(512))
    one.send(error(0, "I changed my mind"))
    assert one.closed
    one.leave()
    assert (files / "y").read_bytes() == b"old"
    assert sorted(path.name for path in files.rglob("*") if path.is_file()) == ["y"]


def test_a_block_that_is_too_long_ends_the_transfer(client):
    one = client(write="new")
    one.ask(wrq("y", "octet", blksize=8))
    assert one.data(1, bytes(9)) == [error(4, "this packet is no part of the transfer")]
    assert one.findings[0] == "block-too-long"
    assert one.closed


def test_another_size_than_announced_is_a_finding(client):
    one = client(write="new")
    one.ask(wrq("y", "octet", tsize=100))
    assert one.data(1, b"abc") == [ack(1)]
    assert one.findings == ["tsize-wrong"]


@pytest.mark.requirement("TFTP-RFC-783-1")
def test_netascii_is_stored_as_lines(client, files):
    one = client(write="new")
    sent = b"one\r\ntwo\r\0three\r\n"
    one.write(wrq("y", "netascii"), sent)
    assert (files / "y").read_bytes() == b"one\ntwo\rthree\n"
    assert one.findings == []


def test_netascii_is_converted_across_blocks(client, files):
    one = client(write="new")
    one.ask(wrq("y", "netascii", blksize=8))
    for block, content in enumerate((b"1234567\r", b"\n234567\r", b"\0abcdefg", b"\r"), 1):
        assert one.data(block, content) == [ack(block)]
    assert (files / "y").read_bytes() == b"1234567\n234567\rabcdefg\r"
    assert one.findings == ["bare-cr"]


def test_bare_line_ends_in_netascii_are_findings(client):
    one = client(write="new")
    one.write(wrq("y", "netascii"), b"one\ntwo\rthree")
    assert one.findings == ["bare-lf", "bare-cr"]


@pytest.mark.parametrize("after", [0, 1])
def test_the_client_chooses_the_number_after_65535(client, files, blocks, after):
    if blocks:
        pytest.skip("the numbers do not depend on the disk")
    one = client(write="new")
    one.ask(wrq("y", "octet", blksize=8))
    for block in range(1, 65_536):
        assert one.data(block, b"12345678") == [ack(block)]
    assert one.data(after, b"abcdefgh") == [ack(after)]
    assert one.data(after + 1, b"!") == [ack(after + 1)]
    assert (files / "y").stat().st_size == 8 * 65_536 + 1
    assert one.findings == []


def test_a_full_disk_is_error_3(client, files):
    one = client(write="new")
    one.world.files._quota._most = (600, None)
    one.world.files._quota.limited = True
    one.ask(wrq("y"))
    assert one.data(1, bytes(512)) == [ack(1)]
    (packet,) = one.data(2, bytes(300))
    assert packet[:4] == error(3)[:4]
    assert one.closed
    one.leave()
    assert not (files / "y").exists()


def test_a_client_that_repeats_too_soon_ignores_its_own_timeout(client):
    one = client(write="new")
    one.ask(wrq("y", "octet", timeout=10))
    one.data(1, bytes(512))
    assert one.data(1, bytes(512)) == [ack(1)]
    assert one.findings == ["timeout-ignored"]
    assert data(1, b"")[:2] == b"\0\3"
