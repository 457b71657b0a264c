"""nmap's scripts about FTP: what they find out, and that the bounce attack does not work (RFC 2577 3)."""

import os

import pytest


@pytest.fixture
def nmap(client, run):
    """Run nmap against a harbour's FTP: what it printed."""

    def nmap(harbour, *options):
        return run(client("nmap"), "-n", "-Pn", "-p", harbour.port, *options, "127.0.0.1").decode()

    return nmap


@pytest.fixture
def script(nmap):
    """Run a script of nmap, regardless of the detected service (`+`)."""
    return lambda harbour, name: nmap(harbour, "--script", f"+{name}")


@pytest.mark.skipif(os.environ.get("HOMEPORT_REQUIRE_INTEROP") != "1", reason="it takes 30 s, so only CI runs it")
def test_nmap_detects_ftp_and_the_certificate_of_auth_tls(nmap, harbour):
    printed = nmap(harbour, "-sV", "--version-light", "--script", "ssl-cert")
    assert "/tcp open  ftp" in printed
    assert "Subject Alternative Name: DNS:localhost" in printed


def test_nmap_reads_our_status(script, harbour):
    assert "TYPE A N, STRU F, MODE S" in script(harbour, "ftp-syst")


def test_nmap_detects_anonymous_logins(script, start_harbour):
    assert "Anonymous FTP login allowed" in script(start_harbour(), "ftp-anon")


def test_nmap_detects_disabled_anonymous_logins(script, start_harbour):
    assert "Anonymous FTP login allowed" not in script(start_harbour(anonymous=False, login_delay=0), "ftp-anon")


def test_nmap_cannot_bounce_off_us(script, harbour):
    printed = script(harbour, "ftp-bounce")
    assert "bounce working" not in printed
    assert harbour.findings() >= {"ftp.foreign-address"}
