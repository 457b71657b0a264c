"""Keys that server and client share: MD5 and SHA-1 (RFC 5905 7.3), AES-CMAC (RFC 8573), crypto-NAK."""

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from tests.services.ntp.conftest import request

from homeport.services.ntp.options import KeyOptions

FIELD = bytes.fromhex("f5230010") + bytes(12)


def cmac(key, data):
    made = CMAC(AES(key))
    made.update(data)
    return made.finalize()


DIGESTS = {
    1: lambda data: cmac(bytes.fromhex("686f6d65706f72742d77656c6c2d6b6e"), data),
    2: lambda data: hashlib.sha1(b"homeport-sha1" + data).digest(),
    3: lambda data: hashlib.md5(b"homeport-md5" + data).digest(),
}


def signed(data, number):
    return data + number.to_bytes(4) + DIGESTS[number](data)


@pytest.mark.parametrize("number", DIGESTS)
@pytest.mark.parametrize("version", [3, 4])
def test_the_answer_has_a_mac_of_the_requests_key(client, number, version):
    reply = client().send(signed(request(version=version), number))
    header = reply.wire[:48]
    assert reply.wire == signed(header, number)
    assert (reply.header.stratum, reply.findings) == (1, [])


@pytest.mark.parametrize("number", DIGESTS)
def test_a_mac_covers_the_extension_fields_before_it(client, number):
    asked = signed(request() + FIELD, number)
    reply = client().send(asked)
    assert reply.wire == signed(reply.wire[:48], number)
    assert client().send(asked[:60] + b"\1" + asked[61:]).findings == ["repeated-transmit", "bad-mac"]


@pytest.mark.parametrize("number", DIGESTS)
def test_a_wrong_mac_gets_a_crypto_nak(client, number):
    asked = signed(request(), number)
    for at in (47, 52, len(asked) - 1):
        changed = asked[:at] + bytes((asked[at] ^ 1,)) + asked[at + 1 :]
        reply = client().send(changed)
        assert reply.wire[48:] == bytes(4)
        assert "bad-mac" in reply.findings


@pytest.mark.parametrize("size", [16, 20])
@pytest.mark.parametrize("number", [0, 4, 0xFFFF_FFFF])
def test_an_unknown_key_gets_a_crypto_nak(client, number, size):
    reply = client().send(request() + number.to_bytes(4) + bytes(size))
    assert (reply.wire[48:], reply.findings) == (bytes(4), ["unknown-key"])


def test_a_digest_of_another_algorithms_length_does_not_match(client):
    assert client().send(request() + (2).to_bytes(4) + bytes(16)).findings == ["bad-mac"]


@pytest.mark.parametrize(
    ("secret", "octets"),
    [
        ("plain", b"plain"),
        ("HEX:00ff", b"\0\xff"),
        ("hex:00FF", b"\0\xff"),
        ("ASCII:HEX:1", b"HEX:1"),
        ("é", b"\xc3\xa9"),
    ],
)
def test_a_secret_is_text_or_hexadecimal(secret, octets):
    assert KeyOptions(id=1, type="MD5", secret=secret).octets == octets


def test_configured_keys_take_the_place_of_the_well_known_ones(client):
    own = client(key=[KeyOptions(id=2, type="SHA1", secret="other")])
    assert own.send(signed(request(), 2)).findings == ["bad-mac"]
    assert "unknown-key" in own.send(signed(request(), 3)).findings
