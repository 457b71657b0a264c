"""OpenSSL's s_client and curl over TLS, with their strictest verification."""

import re
import subprocess

import pytest
from tests.io.conftest import _obedient_service, obedient  # noqa: F401 - fixtures
from tls_clients import events


@pytest.fixture
def farm(obedient):  # noqa: F811
    """Return a farm with the obedient service, which has a TLS listener."""
    return obedient()


@pytest.fixture
def s_client(client):
    """Return the command line of OpenSSL's client, which trusts the farm and verifies strictly."""

    def command(farm, *more):
        return [
            *(client("openssl"), "s_client", "-connect", f"localhost:{farm.port('obedient', 'tls')}", "-4"),
            *("-CAfile", farm.farm.certificates.ca_file, "-x509_strict", "-verify_return_error"),
            *("-servername", "localhost", "-verify_hostname", "localhost", *more),
        ]

    return command


def converse(command, *exchanges):
    """Send a line, wait for its answer, and so on; return all output."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        said = b""
        for order, answer in exchanges:
            process.stdin.write(order)
            process.stdin.flush()
            while answer not in said:
                octets = process.stdout.read1()
                assert octets, said.decode(errors="replace")
                said += octets
        process.stdin.close()
        said += process.stdout.read()
    return said


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_verifies_the_chain_strictly(s_client, run, farm, version):
    said = run(*s_client(farm, version, "-ign_eof"), stdin=b"bye\n")
    assert b"Verification: OK" in said
    assert b"Verified peername: localhost" in said
    assert b"hello\r\nbye\r\n" in said


def test_openssl_resumes_sessions(s_client, run, farm):
    said = run(*s_client(farm, "-tls1_2", "-reconnect"))
    assert len(re.findall(rb"^Reused, TLSv1.2", said, re.MULTILINE)) == 5


@pytest.mark.parametrize("letter", [b"K", b"k"])
def test_keys_are_updated_midway_when_openssl_asks(s_client, farm, letter):
    exchanges = [(b"", b"hello\r\n"), (letter + b"\n", b"KEYUPDATE"), (b"bye\n", b"bye\r\n")]
    assert b"\nbye\r\n" in converse(s_client(farm, "-tls1_3"), *exchanges)


def test_renegotiation_is_refused(s_client, farm):
    said = converse(s_client(farm, "-tls1_2"), (b"", b"hello\r\n"), (b"R\n", b"RENEGOTIATING"))
    assert b"no renegotiation" in said
    assert events(farm, "closed")


def test_openssl_shows_a_certificate_that_homeport_issued(s_client, run, obedient, homeport_command, tmp_path):  # noqa: F811
    farm = obedient(obedient={"client_certificates": "require"})
    file = tmp_path / "client.pem"
    url = farm.farm.describe("default")["control"]
    run("env", "PYTHONPATH=servers", *homeport_command, "ca", "--client", "alice", "--out", file, "--url", url)
    said = run(*s_client(farm, "-cert", file, "-quiet"), stdin=b"tls\nbye\n")
    assert b"('TLSv1.3', 'localhost', True, False)\r\n" in said
    assert b"bye\r\n" in said
    assert farm.events("tls")[0]["certificate"]["subject"] == "CN=alice,O=Homeport"


def test_curl_trusts_the_authoritys_file(client, run, farm):
    url = f"gophers://localhost:{farm.port('obedient', 'tls')}/0bye"
    assert run(client("curl"), "-4sS", "--cacert", farm.farm.certificates.ca_file, url) == b"hello\r\nbye\r\n"


def test_curl_without_it_refuses_and_the_journal_says_what_to_do(client, farm):
    command = [client("curl"), "-4sS", "--no-alpn", f"https://localhost:{farm.port('obedient', 'tls')}/"]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 60
    assert "`homeport ca`" in events(farm, "tls")[0]["error"]


def test_curl_in_the_clear_is_reported_apart_from_noise(client, farm):
    command = [client("curl"), "-4sS", "-w", "%{http_code}", f"http://localhost:{farm.port('obedient', 'tls')}/"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert done.stdout.startswith(b"this port requires TLS")
    assert done.stdout.endswith(b"400")
    assert "spoke HTTP in the clear" in events(farm, "tls")[0]["error"]
