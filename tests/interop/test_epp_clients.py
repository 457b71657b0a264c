"""Clients with known errors, and openssl: each gets an answer that explains its error."""

import importlib.util
import shutil
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.interop.conftest import lacking
from tests.interop.epp_registry import EppRegistry

EPPZY = Path(__file__).with_name("epp_eppzy.py")
LOGIN = b"""<?xml version="1.0" encoding="UTF-8"?>
<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login><clID>harbour</clID><pw>harbour-pass</pw><options>
<version>1.0</version><lang>en</lang></options><svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcs></login>
<clTRID>ZY-1</clTRID></command></epp>"""


@pytest.fixture
def tls(registry: EppRegistry) -> Iterator[ssl.SSLSocket]:
    """Open a connection and read the greeting."""
    context = ssl.create_default_context(cafile=str(registry.ca))
    with (
        socket.create_connection(("127.0.0.1", registry.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert b"<greeting>" in frame(connection)
        yield connection


def frame(connection: ssl.SSLSocket) -> bytes:
    """Return the next frame without its length."""
    (length,) = struct.unpack("!I", read(connection, 4))
    return read(connection, length - 4)


def read(connection: ssl.SSLSocket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        assert piece, "the server has closed"
        data += piece
    return data


def test_eppzy_gets_an_explanation_of_its_wrong_lengths(registry: EppRegistry, run: Callable[..., bytes]) -> None:
    """RFC 5734 4: the length counts its own four octets"""
    if importlib.util.find_spec("eppzy") is None:
        lacking("there is no eppzy (pip install eppzy)")
    python = sys.executable if hasattr(ssl, "wrap_socket") else shutil.which("python3.11")
    if python is None:
        pytest.skip("eppzy needs Python 3.11, for ssl.wrap_socket; the test below frames as it does")
    said = run(python, "-W", "ignore", EPPZY, registry.port, "harbour", "harbour-pass").decode()
    assert said.startswith("2500")
    assert "four octets" in said
    assert "epp.length-without-header" in registry.findings()


def test_a_length_without_its_own_octets_is_explained(registry: EppRegistry, tls: ssl.SSLSocket) -> None:
    """RFC 5734 4: as eppzy 0.0.15 sends them"""
    tls.sendall(struct.pack("!i", len(LOGIN)) + LOGIN)
    answer = frame(tls).decode()
    assert 'code="2500"' in answer
    assert "four octets" in answer
    assert "epp.length-without-header" in registry.findings()


def test_openssl_verifies_the_farm_and_shows_the_greeting(registry: EppRegistry, client: Callable[[str], str]) -> None:
    with subprocess.Popen(
        [client("openssl"), "s_client", "-connect", f"localhost:{registry.port}", "-CAfile", str(registry.ca),
         "-verify_return_error", "-quiet", "-no_ign_eof"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as openssl:  # fmt: skip
        assert openssl.stdout
        (length,) = struct.unpack("!I", openssl.stdout.read(4))
        greeting = openssl.stdout.read(length - 4)
        openssl.communicate(timeout=10)
    assert greeting.startswith(b"<?xml")
    assert greeting.rstrip().endswith(b"</greeting></epp>")
