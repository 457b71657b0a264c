"""Debian's telnet (inetutils), the client that people try these services with."""

import subprocess


def session(telnet, farm, service, *typed):
    """Run telnet for one connection, type lines, and return its output up to the server's close.

    Its input stays open to the end: telnet would leave with it, before the answer has come.
    """
    command = [telnet, "127.0.0.1", str(farm.port(service))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for line in typed:
            process.stdin.write(line + b"\n")
            process.stdin.flush()
        return process.stdout.read().replace(b"\r", b"")


def test_telnet_shows_the_time_of_day(client, still_farm):
    shown = session(client("telnet"), still_farm, "daytime")
    assert shown.endswith(b"Wednesday, October 14, 2026 20:00:00-UTC\n")


def test_telnet_shows_a_person(client, still_farm):
    assert b"Alice Liddell" in session(client("telnet"), still_farm, "finger", b"alice")


def test_telnet_shows_a_record(client, still_farm):
    assert b"Alice Liddell" in session(client("telnet"), still_farm, "whois", b"alice")


def test_telnet_ends_its_lines_as_these_services_want_them(client, still_farm):
    session(client("telnet"), still_farm, "finger", b"alice")
    assert still_farm.call(lambda: dict(still_farm.world.findings.counts)) == {}
