"""OpenBSD's rdate (Debian's package), which reads RFC 868 over TCP and UDP."""

import pytest

SHOWN = b"Wed Oct 14 20:00:00 UTC 2026\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_rdate_reads_the_worlds_time(client, run, still_farm, host, transport):
    options = ["-u"] if transport == "udp" else []
    assert run(client("rdate"), "-p", *options, "-o", still_farm.port("time", transport), host) == SHOWN
