"""The fixture object of TFTP."""

import socket

import pytest

from homeport.testing import TimedOut


def read(tftp, name: bytes) -> bytes:
    """Read a file of one block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(b"\0\1" + name + b"\0octet\0", (tftp.host, tftp.port))
        packet, server = client.recvfrom(1000)
        assert packet[:4] == b"\0\3\0\1", packet
        client.sendto(b"\0\4\0\1", server)
        return packet[4:]


def write(tftp, name: bytes, content: bytes) -> None:
    """Write a file of one block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(b"\0\2" + name + b"\0octet\0", (tftp.host, tftp.port))
        packet, server = client.recvfrom(1000)
        assert packet == b"\0\4\0\0", packet
        client.sendto(b"\0\3\0\1" + content, server)
        assert client.recv(1000) == b"\0\4\0\1"


@pytest.fixture
def writable(farm):
    """A world whose files may be written."""
    with farm.world(services=["tftp"], config={"tftp": {"write": "new"}}) as made:
        yield made


def test_a_file_that_was_put_is_read_and_awaited(world):
    world.tftp.files["boot.img"] = b"kernel"
    assert read(world.tftp, b"boot.img") == b"kernel"
    event = world.tftp.wait_for_read("boot.img")
    assert event.octets == 6
    assert "RRQ boot.img octet" in str(world.transcript(event.conn))
    assert [one.path for one in world.tftp.transfers()] == ["/boot.img"]
    world.assert_no_findings()


def test_a_file_that_a_client_writes_is_awaited(writable):
    write(writable.tftp, b"config", b"hostname r1\n")
    assert writable.tftp.wait_for("config") == b"hostname r1\n"


def test_a_file_that_nobody_reads_times_out(world):
    with pytest.raises(TimedOut):
        world.tftp.wait_for_read("boot.img", timeout=0.05)


def test_a_planned_error_acts_on_the_next_request(world):
    world.tftp.fail("RRQ", 2)
    with pytest.raises(AssertionError, match=r"access violation"):
        read(world.tftp, b"boot.img")
