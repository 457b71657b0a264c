"""NTP in tests: requests waited for, wrong times planned, several servers of one client."""

import os
import socket
from datetime import UTC, datetime

import pytest

from homeport.testing import TimedOut


def ask(ntp):
    """Ask; return the seconds of the answer's transmit timestamp since 1970."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"\x23" + bytes(39) + os.urandom(8), ntp.address)
        return int.from_bytes(client.recv(100)[40:48]) / 2**32 - 2_208_988_800


def test_a_client_gets_the_time_that_the_test_set(world):
    world.clock.freeze()
    moment = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    world.clock.set(moment)
    assert ask(world.ntp) == moment.timestamp()
    query = world.ntp.wait_for_query(answered=True)
    assert query.shown.startswith("C: client, version 4")
    assert "S: server, version 4, stratum 1, transmit 2031-01-02T03:04:05.000000Z" in query.shown
    with pytest.raises(TimedOut):
        world.ntp.wait_for_query(since=query.seq, timeout=0.01)
    assert len(world.ntp.queries()) == 1


def test_a_falseticker_is_planned_for_some_answers_or_all(world):
    world.clock.freeze()
    now = ask(world.ntp)
    with world.ntp.offset(3600):
        assert [ask(world.ntp) - now for _ in range(2)] == [3600, 3600]
    world.ntp.fail(offset=-500)
    assert [ask(world.ntp) - now for _ in range(2)] == [-0.5, 0]
    world.ntp.fail(frame="kiss-rate")
    ask(world.ntp)
    assert "kiss-o'-death RATE" in world.ntp.queries()[-1].shown


def test_the_address_is_that_of_udp(world):
    assert world.ntp.url == f"ntp://{world.ntp.host}:{world.ntp.listener('udp').port}"
    assert world.ntp.nts.url.startswith("nts://")
