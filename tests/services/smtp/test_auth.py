"""AUTH: mechanisms, with and without TLS, and masking of secrets."""

from base64 import b64encode

import pytest
from services.smtp.conftest import TLS

from homeport.protocol.effects import Conceal, Send
from homeport.protocol.events import Data


def plain(login: str = "alice", password: str = "alice-pass") -> str:
    return b64encode(f"\0{login}\0{password}".encode()).decode()


@pytest.fixture
def secure(client):
    """A client under TLS."""
    return client(listener="tls", tls=TLS).hello()


def test_plain_with_an_initial_response(secure):
    assert secure.say(f"AUTH PLAIN {plain()}") == "235 2.7.0 authentication succeeded: logged in as alice"
    secure.deliver()
    envelope = secure.envelopes[0]
    assert (envelope.auth, envelope.mechanism, envelope.protocol) == ("alice", "PLAIN", "ESMTPSA")


def test_plain_in_its_own_line(secure):
    assert secure.say("AUTH PLAIN") == "334 "
    assert secure.say(plain()).startswith("235 2.7.0")


def test_login_asks_twice(secure):
    assert secure.say("AUTH LOGIN").startswith("334 ")
    assert secure.say(b64encode(b"alice").decode()).startswith("334 ")
    assert secure.say(b64encode(b"alice-pass").decode()).startswith("235")


def test_a_wrong_password_is_refused_and_another_try_is_free(secure):
    assert secure.say(f"AUTH PLAIN {plain(password='wrong')}").startswith("535 5.7.8")
    assert secure.say(f"AUTH PLAIN {plain()}").startswith("235")
    logins = [fields for kind, fields in secure.talk.logs if kind == "login"]
    assert [(one["login"], one["mechanism"], one["code"]) for one in logins] == [
        ("", "PLAIN", "535"),
        ("alice", "PLAIN", "235"),
    ]


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["AUTH PLAIN", "*"], "501 5.7.0"),
        (["AUTH PLAIN", "not base64!"], "501 5.5.2"),
        (["AUTH PLAIN =A=="], "501 5.5.2"),
        (["AUTH PLAIN", "A" * 12290], "500 5.5.6"),
        (["AUTH NOTHING"], "504 5.5.4"),
        (["AUTH CRAM-MD5 AAAA"], "501 5.5.2"),
    ],
)
def test_a_malformed_exchange_is_refused_and_the_session_continues(secure, lines, answer):
    assert secure.say(*lines).startswith(answer)
    assert secure.say("NOOP").startswith("250")


def test_clear_passwords_are_offered_only_if_configured(client):
    assert "PLAIN" not in client().say("EHLO client.example")
    one = client().hello()
    assert one.say(f"AUTH PLAIN {plain()}").startswith("538 5.7.11")
    lax = client(clear_passwords=True)
    assert "PLAIN" in lax.say("EHLO client.example")
    assert lax.say(f"AUTH PLAIN {plain()}").startswith("235")
    assert one.findings == lax.findings == ["auth-in-clear"]


def test_the_password_is_concealed_and_in_no_record(secure):
    secret = plain()
    effects = secure.session.handle(Data(f"AUTH PLAIN {secret}\r\nNOOP\r\n".encode()))
    assert [effect for effect in effects if isinstance(effect, Conceal)] == [Conceal(len(secret), 8)]
    secure.talk.do(effects)
    assert secret not in repr(secure.talk.logs)


def test_a_response_is_concealed_wherever_it_ends(secure):
    secure.say("AUTH PLAIN")
    effects = secure.session.handle(Data(plain().encode() + b"\r\nNOOP\r\n"))
    assert [effect for effect in effects if isinstance(effect, Conceal)] == [Conceal(len(plain()), 8)]


def test_a_password_that_is_refused_in_the_clear_is_concealed_too(client):
    one = client().hello()
    one.say(f"AUTH PLAIN {plain()}")
    assert one.talk.concealed == len(plain())
    assert plain() not in repr(one.talk.logs)


def test_responses_to_an_auth_that_was_refused_are_concealed_too(client):
    one = client().hello()
    name, password = b64encode(b"alice").decode(), b64encode(b"alice-pass").decode()
    assert one.say("AUTH LOGIN").startswith("538 5.7.11")
    assert one.say(name).startswith("500 5.5.1 AUTH was refused")
    assert one.say(password).startswith("500 5.5.1 AUTH was refused")
    assert one.talk.concealed == len(name) + len(password)
    assert name.upper() not in repr(one.talk.logs).upper()
    assert password.upper() not in repr(one.talk.logs).upper()
    assert one.findings == ["auth-in-clear", "unknown-command", "unknown-command"]
    assert one.say("NOOP").startswith("250")
    assert "FROB" in one.say("FROB")


@pytest.mark.parametrize("end", [b"\n", b" \r\n", b"\r\n"])
@pytest.mark.parametrize("verb", ["AUTH PLAIN", "auth nothing"])
def test_a_password_in_a_wrong_command_is_concealed(client, verb, end):
    one = client(listener="tls", tls=TLS)
    one.send(f"{verb} {plain()}".encode() + end)
    assert one.talk.concealed >= len(plain())
    assert plain() not in repr(one.talk.logs)


def test_an_authenticated_client_is_present_until_it_leaves(secure):
    before = len(secure.world.presence)
    secure.say(f"AUTH PLAIN {plain()}")
    assert [one.terminal for one in secure.world.presence.of("alice")].count("smtp") == 1
    secure.say("QUIT")
    assert len(secure.world.presence) == before, "although the connection is still open"


def test_submission_requires_authentication(client):
    one = client(listener="submission").hello()
    assert one.say("MAIL FROM:<a@client.example>").startswith("530 5.7.0 authentication required")
    one.start_tls().hello()
    one.say(f"AUTH PLAIN {plain()}")
    assert one.deliver().startswith("250")


def test_auth_again_after_success_is_refused(secure):
    secure.say(f"AUTH PLAIN {plain()}")
    assert secure.say(f"AUTH PLAIN {plain()}").startswith("503 5.5.1")
    assert "AUTH" not in secure.say("EHLO client.example")


@pytest.mark.parametrize(
    "line",
    [
        "AUTH PLAIN {}\n",
        "auth plain {} \r\n",
        "AUTH PLAIN {}\x01\r\n",
        "AUTH PLAIN {}\u00ff\r\n",
        "AUTH PLAIN\t{}\r\n",
        "AUTH\tPLAIN {}\r\n",
        "AUTH  PLAIN {}\r\n",
        " AUTH PLAIN {}\r\n",
        "AUTH UNKNOWN {}\r\n",
    ],
)
@pytest.mark.parametrize("tls", [TLS, None])
def test_a_secret_in_a_wrong_command_is_in_no_finding_and_no_log(client, line, tls):
    one = client(tls=tls).hello()
    data = line.format(plain()).encode("latin-1")
    effects = one.session.handle(Data(data))
    assert plain() not in repr([effect for effect in effects if not isinstance(effect, Send)])
    [conceal] = [effect for effect in effects if isinstance(effect, Conceal)]
    assert plain().encode() in data[len(data) - conceal.after - conceal.size : len(data) - conceal.after]
