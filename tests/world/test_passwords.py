"""Passwords as they are kept, and hashes that a client of LDAP has set: they open what is sent the password."""

import hashlib
from base64 import b64encode

import pytest
from services.ldap.asker import ALICE, Asker, modify

from homeport.sasl import start
from homeport.sasl.authority import WorldAuthority
from homeport.sasl.exchange import Failure, Success
from homeport.world.passwords import is_hashed, matches, opens


def ssha(password, salt=b"salt"):
    return "{SSHA}" + b64encode(hashlib.sha1(password + salt, usedforsecurity=False).digest() + salt).decode()


def pbkdf2(password, rounds):
    made = hashlib.pbkdf2_hmac("sha256", password, b"salt", rounds)
    fields = (b64encode(part).decode().rstrip("=").replace("+", ".") for part in (b"salt", made))
    return f"{{PBKDF2-SHA256}}{rounds}${'$'.join(fields)}"


@pytest.mark.parametrize("kept", ["secret", ssha(b"secret"), "{CLEARTEXT}secret", pbkdf2(b"secret", 10)])
def test_a_password_opens_what_keeps_it(kept):
    assert opens(kept, b"secret")
    assert not opens(kept, b"wrong")
    assert kept == "secret" or not opens(kept, kept.encode())


def test_nothing_opens_without_a_password_or_under_a_scheme_that_is_not_supported():
    assert not opens("", b"")
    assert not opens("{CRYPT}x", b"{CRYPT}x")
    assert not opens("{SSHA}no base64", b"x")


def test_braces_alone_are_no_scheme():
    assert not is_hashed(b"{me}secret")
    assert opens("{me}secret", b"{me}secret")


def test_many_rounds_are_left_to_ldap_which_hashes_in_a_thread():
    kept = pbkdf2(b"secret", 10_001)
    assert not opens(kept, b"secret")
    assert matches(kept.encode(), b"secret")


@pytest.fixture
def hashed():
    """Return a world where alice has set a hash of `secret` over LDAP."""
    one = Asker().login(ALICE, "alice-pass")
    assert one.code(modify(ALICE, (2, "userPassword", (ssha(b"secret"),)))) == 0
    return one.world


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_hash_opens_mechanisms_that_send_the_password(hashed, mechanism):
    def log_in(password):
        exchange = start(mechanism, WorldAuthority(hashed, "x"), None, advertised=[mechanism])
        if mechanism == "PLAIN":
            return exchange.begin(b"\0alice\0" + password)
        exchange.begin(None)
        exchange.respond(b"alice")
        return exchange.respond(password)

    assert isinstance(log_in(b"secret"), Success)
    assert isinstance(log_in(b"alice-pass"), Failure)
    assert isinstance(log_in(ssha(b"secret").encode()), Failure)


def test_a_hash_does_not_open_mechanisms_that_need_the_password(hashed):
    authority = WorldAuthority(hashed, "x")
    assert authority.password("alice") is None
    exchange = start("CRAM-MD5", authority, None, advertised=["CRAM-MD5"])
    exchange.begin(None)
    assert isinstance(exchange.respond(b"alice " + b"0" * 32), Failure)


@pytest.mark.parametrize(
    ("service", "requests", "welcome"),
    [
        ("ftp", ("USER alice", "PASS {}"), b"230"),
        ("pop3", ("USER alice", "PASS {}"), b"+OK"),
    ],
)
def test_a_hash_opens_services_by_the_password_and_not_by_itself(start_farm, service, requests, welcome):
    farm = start_farm("ldap", service)

    def change():
        one = Asker(farm.world).login(ALICE, "alice-pass")
        one.code(modify(ALICE, (2, "userPassword", (ssha(b"secret"),))))

    farm.call(change)
    for password, opened in (("secret", True), (ssha(b"secret"), False)):
        with farm.connect(service) as client, client.makefile("rb") as answers:
            answers.readline()
            for request in requests:
                client.sendall(request.format(password).encode() + b"\r\n")
                answer = answers.readline()
        assert answer.startswith(welcome) is opened, answer
