"""nmap's scripts about FTP: what they find out, and that the bounce attack does not work (RFC 2577 3)."""

import pytest


@pytest.fixture
def nmap(client, run):
    """Run a script of nmap against a harbour's FTP: what it printed."""

    def nmap(harbour, script, *options):
        words = ("-n", "-Pn", "-sV", "--version-light", "-p", harbour.port, "--script", script, *options, "127.0.0.1")
        return run(client("nmap"), *words).decode()

    return nmap


def test_nmap_takes_us_for_a_server_of_ftp_and_asks_for_system_and_status(nmap, harbour):
    printed = nmap(harbour, "ftp-syst")
    assert "/tcp open  ftp" in printed
    assert "SYST: UNIX Type: L8" in printed
    assert "STAT:" in printed


def test_nmap_finds_that_anonymous_is_let_in_or_not(nmap, start_harbour):
    assert "Anonymous FTP login allowed" in nmap(start_harbour(), "ftp-anon")


def test_nmap_finds_that_anonymous_is_kept_out(nmap, start_harbour):
    assert "Anonymous FTP login allowed" not in nmap(start_harbour(anonymous=False, login_delay=0), "ftp-anon")


def test_nmap_cannot_bounce_off_us(nmap, harbour):
    printed = nmap(harbour, "ftp-bounce")
    assert "bounce working" not in printed
    assert harbour.findings() >= {"ftp.foreign-address"}


def test_nmap_sees_the_certificate_that_auth_tls_shows(nmap, harbour):
    assert "Subject Alternative Name: DNS:localhost" in nmap(harbour, "ssl-cert")
