"""RRQ: blocks, options, repetition (RFC 1350, 2347, 2348, 2349; RFC 1123 4.2)."""

import pytest
from services.tftp.packets_client import rrq

from homeport.services.tftp.packets import ack, data, error
from homeport.services.tftp.timing import Retransmission


@pytest.mark.requirement("TFTP-4.2.1-1")
@pytest.mark.requirement("TFTP-RFC-783-2")
def test_a_file_of_1024_octets_is_two_blocks_and_an_empty_one(client, files):
    content = bytes(range(256)) * 4
    (files / "boot.img").write_bytes(content)
    one = client()
    assert one.ask(rrq("boot.img")) == [data(1, content[:512])]
    assert one.ack(1) == [data(2, content[512:])]
    assert one.ack(2) == [data(3, b"")]
    assert one.ack(3) == []
    assert one.closed
    assert one.findings == []
    assert one.file() | {"seconds": 0} == {
        "what": "retrieve", "path": "/boot.img", "octets": 1024, "seconds": 0, "complete": True, "reason": "",
    }  # fmt: skip


@pytest.mark.requirement("TFTP-RFC-783-1")
@pytest.mark.parametrize("mode", ["netascii", "NetASCII", "NETASCII"])
def test_netascii_has_cr_lf_for_lf_and_cr_nul_for_cr(client, files, mode):
    (files / "x").write_bytes(b"one\ntwo\rthree\r\n")
    assert client().read(rrq("x", mode)) == b"one\r\ntwo\r\0three\r\0\r\n"


def test_netascii_is_converted_across_the_borders_of_blocks(client, files):
    content = b"a" * 511 + b"\n" * 600 + b"\r" * 513
    (files / "x").write_bytes(content)
    got = client().read(rrq("x", "netascii"))
    assert got == content.replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")
    assert got[511:513] == b"\r\n"


def test_the_size_of_a_netascii_file_counts_what_is_sent(client, files):
    (files / "x").write_bytes(b"one\ntwo\n")
    assert client().ask(rrq("x", "netascii", tsize=0)) == [b"\0\6tsize\x0010\0"]


def test_the_size_of_a_large_netascii_file_is_left_out(client, files):
    (files / "x").write_bytes(b"\n" * ((1 << 20) + 1))
    (packet,) = client().ask(rrq("x", "netascii", tsize=0))
    assert packet[:4] == data(1, b"")


@pytest.mark.requirement("TFTP-4.2.3.3-1")
def test_options_are_acknowledged_and_unknown_ones_left_out(client, files):
    (files / "x").write_bytes(bytes(3000))
    one = client()
    packets = one.ask(rrq("x", "octet", tsize=0, multicast="", blksize=1428, timeout=3, unknown=7))
    assert packets == [b"\0\6tsize\x003000\0blksize\x001428\0timeout\x003\0"]
    assert one.ack(0) == [data(1, bytes(1428))]
    assert one.ack(1) == [data(2, bytes(1428))]
    assert one.ack(2) == [data(3, bytes(144))]
    assert one.findings == []


def test_unknown_options_alone_get_the_first_block(client, files):
    (files / "x").write_bytes(b"abc")
    assert client().ask(rrq("x", "octet", multicast="")) == [data(1, b"abc")]


@pytest.mark.parametrize(
    ("asked", "granted"), [(8, 8), (65464, 65464), (1428, 1428)]
)  # fmt: skip
def test_the_block_size_is_what_was_asked_for(client, files, asked, granted):
    (files / "x").write_bytes(bytes(70_000))
    one = client()
    assert one.ask(rrq("x", "octet", blksize=asked)) == [b"\0\6blksize\0%d\0" % granted]
    assert one.ack(0) == [data(1, bytes(granted))]


def test_the_block_size_is_capped_by_the_option(client, files):
    (files / "x").write_bytes(bytes(9000))
    assert client(max_blksize=1024).ask(rrq("x", "octet", blksize=8192)) == [b"\0\6blksize\x001024\0"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("blksize", 7), ("blksize", 65465), ("timeout", 0), ("timeout", 256), ("windowsize", 0), ("windowsize", 65536),
     ("blksize", "many"), ("tsize", "-1")],
)  # fmt: skip
def test_a_value_out_of_range_is_ignored_with_a_finding(client, files, name, value):
    (files / "x").write_bytes(b"abc")
    one = client()
    assert one.ask(rrq("x", "octet", **{name: value})) == [data(1, b"abc")]
    assert one.findings == [f"{name}-out-of-range"]


def test_strict_syntax_refuses_a_value_out_of_range_with_error_8(client, files):
    (files / "x").write_bytes(b"abc")
    one = client(syntax="strict")
    assert one.ask(rrq("x", "octet", blksize=4)) == [error(8, "blksize is 8 to 65464")]
    assert one.closed


def test_options_that_are_switched_off_are_ignored(client, files):
    (files / "x").write_bytes(b"abc")
    one = client(without=["blksize", "tsize", "timeout", "windowsize"])
    assert one.ask(rrq("x", "octet", blksize=8, tsize=0, timeout=1, windowsize=4)) == [data(1, b"abc")]


def test_a_size_other_than_0_in_a_request_to_read_is_a_finding(client, files):
    (files / "x").write_bytes(b"abc")
    one = client()
    assert one.ask(rrq("x", "octet", tsize=99)) == [b"\0\6tsize\x003\0"]
    assert one.findings == ["tsize-not-zero"]


def test_a_client_that_refuses_the_options_ends_the_transfer(client, files):
    (files / "x").write_bytes(b"abc")
    one = client()
    one.ask(rrq("x", "octet", tsize=0))
    assert one.send(error(8, "no options, please")) == []
    assert one.closed
    assert one.findings == []
    assert one.file()["reason"] == "the client sent error 8 (no options, please)"
    assert one.file()["complete"] is False


# Repetition.


@pytest.mark.requirement("TFTP-4.2.3.1-1")
def test_a_duplicate_ack_does_not_send_a_block_again(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    assert one.ack(1) == [data(2, bytes(512))]
    assert one.ack(1) == []
    assert one.ack(1) == []
    assert one.timeout() == [data(2, bytes(512))]
    assert one.findings == []


def test_a_client_that_acknowledges_everything_twice_is_a_sorcerer(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    for block in range(1, 6):
        assert len(one.ack(block)) == 1
        assert one.ack(block) == []
    assert one.findings == ["sorcerer"]


@pytest.mark.requirement("TFTP-4.2.3.1-2")
@pytest.mark.requirement("TFTP-4.2.3.2-1")
def test_an_unacknowledged_block_is_sent_again_with_growing_gaps_and_then_given_up(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client(timeout=1, repetitions=4)
    one.ask(rrq("x"))
    gaps = [one.timers["retransmit"]]
    for _ in range(4):
        assert one.timeout() == [data(1, bytes(512))]
        gaps.append(one.timers["retransmit"])
    assert gaps == [1, 2, 4, 8, 16]
    assert one.timeout() == [error(0, "timed out")]
    assert one.closed
    assert one.findings == ["no-ack"]


def test_a_last_block_that_nobody_acknowledges_is_another_finding(client, files):
    (files / "x").write_bytes(b"abc")
    one = client(repetitions=1)
    one.ask(rrq("x"))
    one.timeout()
    one.timeout()
    assert one.findings == ["no-final-ack"]
    assert one.file()["complete"] is False


@pytest.mark.requirement("TFTP-4.2.3.2-1")
def test_the_timeout_adapts_to_the_client():
    timing = Retransmission(1.0, 5, fixed=False)
    for at in range(20):
        timing.sent(at)
        timing.answered(at + 0.4)
    assert 0.4 < timing.seconds < 0.6
    timing.sent(100)
    timing.repeated()
    timing.answered(150)  # of a packet that was sent twice: it tells nothing (Karn)
    assert 0.4 < timing.seconds < 0.6


def test_a_timeout_that_the_client_asked_for_does_not_adapt_but_doubles(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x", "octet", timeout=7))
    assert one.timers["retransmit"] == 7
    one.ack(0)
    one.ack(1)
    assert one.timers["retransmit"] == 7
    one.timeout()
    assert one.timers["retransmit"] == 14


def test_an_ack_of_a_block_that_was_not_sent_is_a_finding_and_changes_nothing(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    assert one.ack(3) == []
    assert one.ack(1) == [data(2, bytes(512))]
    assert one.findings == ["ack-beyond"]


def test_octets_after_an_ack_are_a_finding(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    assert one.send(ack(1) + b"x") == [data(2, bytes(512))]
    assert one.findings == ["trailing-octets"]


def test_a_packet_of_the_other_side_ends_the_transfer(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    assert one.send(data(1, b"")) == [error(4, "this packet is no part of the transfer")]
    assert one.closed
    assert one.findings == ["unexpected-opcode"]


def test_a_short_packet_is_a_finding_and_changes_nothing(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    assert one.send(b"\0\4\0") == []
    assert one.ack(1) == [data(2, bytes(512))]
    assert one.findings == ["short-packet"]


# Several requests, several identifiers.


def test_a_duplicate_request_is_one_transfer(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    assert one.ask(rrq("x")) == [data(1, bytes(512))]
    assert one.ask(rrq("x")) == []
    assert one.ack(1) == [data(2, bytes(512))]


def test_another_request_from_the_same_port_ends_the_transfer_and_begins_one(client, files):
    (files / "x").write_bytes(bytes(5000))
    (files / "y").write_bytes(b"why")
    one = client()
    one.ask(rrq("x"))
    assert one.ask(rrq("y")) == [data(1, b"why")]
    assert one.file()["reason"] == "the client began another transfer"


@pytest.mark.parametrize(
    ("peer", "packet", "finding"),
    [
        (("127.0.0.9", 40000), ack(1), "wrong-tid"),
        (("127.0.0.1", 40001), b"junk", "wrong-tid"),
        (("127.0.0.1", 40001), ack(1), "new-port-per-packet"),
    ],
)
def test_a_packet_of_another_identifier_gets_error_5_and_disturbs_nothing(client, files, peer, packet, finding):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    assert one.stray(packet, peer) == []
    assert one.elsewhere == [(error(5), peer)]
    assert one.ack(1) == [data(2, bytes(512))]
    assert one.findings == [finding]


def test_an_error_of_another_identifier_gets_nothing(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    assert one.stray(error(5)) == []
    assert one.elsewhere == []


# Large files.


@pytest.mark.parametrize(("rollover", "after"), [(0, 0), (1, 1)])
def test_block_65535_is_followed_by_0_or_by_1(client, files, blocks, rollover, after):
    if blocks:
        pytest.skip("the numbers do not depend on the disk")
    content = bytes(8 * 65_540 + 3)
    (files / "x").write_bytes(content)
    one = client(rollover=rollover)
    one.ask(rrq("x", "octet", blksize=8))
    (packet,) = one.ack(0)
    for block in range(1, 65_536):
        assert packet == data(block, bytes(8))
        (packet,) = one.ack(block)
    for step in range(5):
        assert packet == data(after + step, bytes(8))
        (packet,) = one.ack(after + step)
    assert packet == data(after + 5, bytes(3))
    assert one.ack(after + 5) == []
    assert one.closed
    assert one.findings == []


def test_a_file_of_more_than_4_gib_has_its_size_in_the_oack(client, files):
    size = (4 << 30) + 5
    with (files / "x").open("wb") as file:
        file.truncate(size)
    one = client()
    assert one.ask(rrq("x", "octet", tsize=0, blksize=65464)) == [b"\0\6tsize\0%d\0blksize\x0065464\0" % size]


def test_a_file_that_shrinks_meanwhile_ends_early(client, files, blocks):
    (files / "x").write_bytes(bytes(100_000))
    one = client()
    one.ask(rrq("x", "octet", blksize=8192))
    one.ack(0)
    with (files / "x").open("r+b") as file:
        file.truncate(30_000)
    block, packets = 1, [b""]
    while packets:
        packets = one.ack(block)
        block += 1
    assert one.closed
    assert one.file()["octets"] < 100_000


def test_a_server_that_stops_says_so(client, files):
    (files / "x").write_bytes(bytes(5000))
    one = client()
    one.ask(rrq("x"))
    assert one.stop() == [error(0, "the server stops")]
    assert one.closed
    assert one.leave("stopped") == []
    assert one.file()["reason"] == "stopped"
