"""The listener `plain`: for any client, with any login."""

from base64 import b64encode

import pytest
from conftest import make_world
from services.smtp.test_auth import plain

from homeport.world.people import Person


@pytest.fixture
def open_plain(client):
    """Open a connection to the listener `plain` and say EHLO: `open_plain(**options)`."""

    def open_plain(**options):
        return client(listener="plain", **options).hello()

    return open_plain


def offered(one):
    """Return the extensions in the reply to EHLO, by keyword."""
    lines = one.say("EHLO client.example").replace("250-", "250 ").split("\r\n250 ")[1:]
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}


def logins(one):
    return [fields for kind, fields in one.talk.logs if kind == "login"]


def b64(text):
    return b64encode(text.encode()).decode()


def test_mail_without_a_login_is_accepted(open_plain):
    one = open_plain()
    assert one.deliver().startswith("250")
    assert one.envelopes[0].listener == "plain"
    assert one.findings == []


def test_starttls_is_neither_offered_nor_accepted(open_plain):
    one = open_plain()
    assert "STARTTLS" not in offered(one)
    assert one.say("STARTTLS") == (
        "502 5.5.1 STARTTLS is not offered here: the listeners smtp.starttls and smtp.submission have it"
    )
    assert one.findings == ["unknown-command"]
    assert one.deliver().startswith("250")


def test_only_mechanisms_that_can_accept_any_login_are_offered(open_plain):
    assert offered(open_plain())["AUTH"] == "OAUTHBEARER XOAUTH2 PLAIN LOGIN"
    assert open_plain().say("AUTH CRAM-MD5").startswith("504 5.5.4")
    assert open_plain().say("AUTH SCRAM-SHA-256").startswith("504 5.5.4")
    strict = open_plain(any_login=False)
    assert offered(strict)["AUTH"] == "SCRAM-SHA-256 OAUTHBEARER XOAUTH2 CRAM-MD5 PLAIN LOGIN"


@pytest.mark.parametrize(
    "lines",
    [
        [f"AUTH PLAIN {plain('app', 'x')}"],
        ["AUTH PLAIN " + b64encode(b"app\0app\0x").decode()],
        ["AUTH PLAIN", plain("app", "x")],
        ["AUTH LOGIN", b64("app"), b64("x")],
        [f"AUTH LOGIN {b64('app')}", b64("x")],
        ["AUTH LOGIN", b64("app"), ""],
    ],
)
def test_an_unknown_login_is_accepted_and_logged_as_such(open_plain, lines):
    one = open_plain()
    assert one.say(*lines) == "235 2.7.0 accepted: [smtp] any_login is true, and no person here has the login 'app'"
    [login] = logins(one)
    assert login == {"login": "app", "mechanism": lines[0].split()[1], "code": "235", "taken_by": "any_login"}
    assert "auth-in-clear" not in one.findings
    assert one.deliver().startswith("250")
    assert (one.envelopes[0].auth, one.envelopes[0].protocol) == ("app", "ESMTPA")


def test_an_unknown_login_is_present_by_its_name_and_no_person(open_plain):
    one = open_plain()
    before = len(one.world.presence)
    people = len(list(one.world.people))
    one.say(f"AUTH PLAIN {plain('app@example.org', 'x')}")
    [presence] = one.world.presence.of("app@example.org")
    assert presence.terminal == "smtp"
    assert len(list(one.world.people)) == people
    one.vanish("closed")
    assert len(one.world.presence) == before


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@homeport.test"])
def test_people_of_the_world_need_their_own_password(open_plain, login):
    one = open_plain()
    assert one.say(f"AUTH PLAIN {plain(login, 'wrong')}").startswith("535 5.7.8 wrong password for 'alice'")
    assert one.say("AUTH LOGIN", b64(login), b64("wrong")).startswith("535 5.7.8")
    assert one.say(f"AUTH PLAIN {plain(login)}") == "235 2.7.0 authentication succeeded: logged in as alice"
    assert [fields.get("taken_by") for fields in logins(one)] == [None, None, None]


def test_a_login_without_a_password_cannot_be_used(open_plain):
    world = make_world()
    world.people.put(Person(login="mute", name="Mute"))
    assert open_plain(world=world).say(f"AUTH PLAIN {plain('mute', 'x')}").startswith("535 5.7.8")


def test_an_unknown_login_may_not_act_as_another(open_plain):
    for other in ("alice", "app2"):
        message = b64encode(f"{other}\0app\0x".encode()).decode()
        assert open_plain().say(f"AUTH PLAIN {message}").startswith("535 5.7.8")


def test_an_unknown_token_is_refused(open_plain):
    message = b64("user=app\1auth=Bearer made-up\1\1")
    assert open_plain().say(f"AUTH XOAUTH2 {message}", "").startswith("535 5.7.8")


def test_an_unknown_login_is_refused_without_any_login(open_plain):
    one = open_plain(any_login=False)
    assert one.say(f"AUTH PLAIN {plain('app', 'x')}") == "535 5.7.8 unknown account 'app' (RFC 4954 4)"
    assert one.say(f"AUTH PLAIN {plain()}").startswith("235")
    assert one.findings == []


@pytest.mark.parametrize("listener", ["starttls", "submission"])
def test_any_login_is_accepted_on_no_other_listener(client, listener):
    one = client(listener=listener, clear_passwords=True).hello()
    assert one.say(f"AUTH PLAIN {plain('app', 'x')}").startswith("535 5.7.8")
    assert one.start_tls().hello().say(f"AUTH PLAIN {plain('app', 'x')}").startswith("535 5.7.8")


@pytest.mark.parametrize("listener", ["starttls", "submission"])
@pytest.mark.parametrize(("port", "said"), [(12525, " (port 12525)"), (0, "")])
def test_the_refusal_of_a_clear_password_names_the_listener_and_the_key(client, listener, port, said):
    one = client(listener=listener, plain_port=port).hello()
    assert one.say(f"AUTH PLAIN {plain()}") == (
        f"538 5.7.11 PLAIN sends the password in the clear: start TLS, or use the listener smtp.plain{said}, "
        "or set [smtp] clear_passwords = true (RFC 4954 4)"
    )


@pytest.mark.parametrize("name", ["a" * 255, "j\u00f6rg", "two words", "\u202eapp"])
def test_a_reply_that_quotes_a_name_is_one_line_of_ascii(open_plain, name):
    answer = open_plain().say(f"AUTH PLAIN {plain(name, 'x')}")
    assert answer.isascii()
    assert answer.isprintable()
    assert len(answer) <= 510


def test_an_overlong_name_is_refused(open_plain):
    one = open_plain()
    assert one.say(f"AUTH PLAIN {plain('a' * 256, 'x')}") == (
        "535 5.7.8 the user name has more than 255 bytes (RFC 4954 4)"
    )
    assert one.say(f"AUTH PLAIN {plain('a' * 255, 'x')}").startswith("235")


def test_auth_can_be_required_on_it(open_plain):
    one = open_plain(require_auth=["plain"])
    assert one.say("MAIL FROM:<a@client.example>").startswith("530 5.7.0")
    one.say(f"AUTH PLAIN {plain('app', 'x')}")
    assert one.deliver().startswith("250")


def test_the_replies_are_the_same_however_the_input_is_cut(every_way):
    talk = f"EHLO client.example\r\nAUTH PLAIN {plain('app', 'x')}\r\nQUIT\r\n"
    one = every_way(talk.encode(), listener="plain")
    assert "235 2.7.0 accepted" in one.talk.sent.decode()


def test_it_speaks_lmtp_like_the_other_listeners(client):
    one = client(listener="plain", protocol="lmtp")
    assert one.say("LHLO client.example").startswith("250-")
    assert one.say(f"AUTH PLAIN {plain('app', 'x')}").startswith("235 2.7.0 accepted")
