"""AUTH and SASLAUTH by the people of the world, and what a login shows (RFC 2229 3.11, 3.12)."""

import re
from base64 import b64decode, b64encode
from hashlib import md5
from hmac import digest as hmac_digest

import pytest

from homeport.services.dict.options import DatabaseTable

SECRET = [DatabaseTable(name="secret", restricted=True)]


def digest(one, password="alice-pass"):
    return md5(f"{one.stamp}{password}".encode()).hexdigest()


def plain(login, password):
    return b64encode(f"\0{login}\0{password}".encode()).decode()


def test_auth_by_the_digest_of_msg_id_and_password(client, world):
    one = client(world)
    assert one.say(f"AUTH alice {digest(one)}").startswith("230 ")
    assert "alice" in one.say("STATUS")
    assert [presence.login for presence in world.presence if presence.conn] == ["alice"]
    one.say("QUIT")
    assert not [presence for presence in world.presence if presence.conn]
    assert one.findings == []


@pytest.mark.parametrize("login", ["alice", "nobody"])
def test_a_wrong_digest_is_refused_whoever_it_is(client, login):
    one = client()
    assert one.say(f"AUTH {login} {digest(one, 'wrong')}").startswith("531 ")
    assert one.findings == []


def test_a_restricted_database_is_seen_after_the_login(client):
    one = client(database=SECRET)
    assert "secret" not in one.say("SHOW DB")
    assert one.say("DEFINE secret x").startswith("530 ")
    assert one.say("SHOW INFO secret").startswith("530 ")
    one.say(f"AUTH alice {digest(one)}")
    assert "secret" in one.say("SHOW DB")
    assert one.say("DEFINE secret x") == "552 no match"
    assert one.say(f"AUTH alice {digest(one)}").startswith("501 ")
    assert one.findings == ["auth-twice"]


def test_sasl_plain_with_and_without_an_initial_response(client):
    one = client()
    assert one.say(f"SASLAUTH PLAIN {plain('alice', 'alice-pass')}").startswith("230 ")
    two = client()
    assert two.say("saslauth plain").split("\r\n") == ["130 challenge follows", "", ".", "330 send response"]
    assert two.say(f"SASLRESP {plain('bob', 'bob-pass')}").startswith("230 ")
    assert one.findings == two.findings == ["plain-in-clear"]
    assert client().say(f'SASLAUTH PLAIN "{plain("alice", "x")}"').startswith("531 ")


def test_sasl_cram_md5(client):
    one = client()
    challenge = one.say("SASLAUTH CRAM-MD5").split("\r\n")[1]
    made = hmac_digest(b"alice-pass", b64decode(challenge), "md5").hex()
    assert one.say(f"SASLRESP {b64encode(f'alice {made}'.encode()).decode()}").startswith("230 ")
    assert one.findings == []


def test_another_command_cancels_the_exchange(client):
    one = client()
    one.say("SASLAUTH PLAIN", "STATUS")
    assert one.say(f"SASLRESP {plain('alice', 'alice-pass')}").startswith("501 ")


def test_the_journal_has_no_secret(client):
    one = client(client=False)
    one.say(f"SASLAUTH PLAIN {plain('alice', 'alice-pass')}")
    two = client(client=False)
    two.say(
        "SASLAUTH LOGIN", f"SASLRESP {b64encode(b'alice').decode()}", f"SASLRESP {b64encode(b'alice-pass').decode()}"
    )
    three = client(client=False)
    three.say(f"AUTH alice {digest(three)}", 'SASLRESP "oops')
    logged = repr([one.talk.logs, two.talk.logs, three.talk.logs])
    for secret in (plain("alice", "alice-pass"), b64encode(b"alice-pass").decode(), digest(three), "oops"):
        assert secret not in logged
    assert logged.count("***") >= 4


def test_logins_are_recorded(client):
    one = client()
    one.say(f"AUTH alice {digest(one, 'x')}", f"AUTH Alice {digest(one)}")
    logins = [fields for kind, fields in one.talk.logs if kind == "login"]
    assert [(login["login"], login["mechanism"], login["code"]) for login in logins] == [
        ("alice", "AUTH", "531"),
        ("alice", "AUTH", "230"),
    ]
    assert re.fullmatch(r"<[^<>]+>", one.stamp)
