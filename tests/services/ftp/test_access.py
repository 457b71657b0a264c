"""USER, PASS, ACCT, REIN, QUIT, HOST: logging in and out."""

import gc

import pytest

from homeport.world.files import FileProblem
from homeport.world.people import Person


@pytest.mark.requirement("FTP-4.1.2.13-5", "FTP-4.1.2.13-6")
def test_people_log_in_by_name_and_password(client):
    one = client()
    assert one.greeting == "220 ftp.homeport.test FTP Homeport"
    assert one.say("USER alice") == "331 user name okay, need password"
    assert one.say("PASS alice-pass") == "230 alice is logged in"
    assert one.say("PWD") == '257 "/home/alice" is the working directory'
    assert one.logged("login") == [{"login": "alice", "mechanism": "PASS", "code": "230"}]


def test_unknown_names_are_asked_for_a_password_like_known_ones(client):
    assert client().say("USER nobody") == client().say("USER alice")


def test_a_name_is_needed(client):
    assert client().say("USER").startswith("501 write USER name (RFC 959 4.1.1)")


def test_a_wrong_password_is_answered_late_and_counted(client):
    one = client(login_failures=2)
    one.say("USER alice")
    assert one.say("PASS wrong") == ""
    assert one.say("NOOP") == ""
    assert one.talk.timers["login"] == 1
    assert one.wait("login") == "530 wrong user name or password\r\n200 okay"
    assert one.say("PASS alice-pass").startswith("503")
    one.say("USER alice", "PASS wrong")
    assert one.wait("login").startswith("421 wrong password, attempt 2")
    assert one.talk.closed


def test_other_timers_do_not_end_the_delay(client):
    one = client()
    one.say("USER alice", "PASS wrong")
    assert one.wait("quiet") == ""
    assert one.wait("login").startswith("530")


def test_people_without_a_password_cannot_log_in(client):
    one = client(login_delay=0)
    one.world.people.put(Person(login="zed", name="Zed Quay"))
    one.say("USER zed")
    assert one.say("PASS ").startswith("530")


def test_passwords_are_concealed_and_masked(client):
    one = client(login_delay=0)
    one.say("USER alice", "PASS secret word")
    assert one.talk.concealed == len("secret word")
    assert one.logged("command")[-1] == {"verb": "PASS", "argument": "***", "code": "530"}
    assert not any("secret" in str(entry) for entry in one.talk.logs)


def test_presence_lists_a_user_until_logout(client):
    one = client().log_in("bob")
    present = [presence for presence in one.world.presence.of("bob") if presence.terminal == "ftp"]
    assert [presence.origin for presence in present] == ["127.0.0.1"]
    one.say("QUIT")
    assert not [presence for presence in one.world.presence.of("bob") if presence.terminal == "ftp"]


def test_user_resets_the_login(client):
    one = client().log_in()
    assert one.say("USER bob").startswith("331")
    assert one.say("PWD").startswith("530")
    assert not [presence for presence in one.world.presence if presence.terminal == "ftp"]


def test_pass_without_user_is_out_of_sequence(client):
    one = client()
    assert one.say("PASS alice-pass").startswith("503")
    assert one.findings == ["pass-before-user"]


@pytest.mark.requirement("FTP-4.1.2.13-7")
def test_an_account_is_superfluous(client):
    assert client().say("ACCT x").startswith("530")
    assert client().log_in().say("ACCT x") == "202 no account is needed here"


def test_sessions_of_one_user_are_bounded(client):
    first = client(sessions_per_user=1).log_in()
    second = client(first.world, sessions_per_user=1)
    second.say("USER alice")
    assert second.say("PASS alice-pass").startswith("530 alice has 1 sessions already")
    first.say("QUIT")
    first.vanish("closed")
    second.log_in()


# RFC 1635: what it says of the server's side.


@pytest.mark.parametrize("name", ["anonymous", "ftp", "Anonymous", "FTP"])
def test_anonymous_logs_in_with_a_mail_address(client, name):
    one = client()
    assert one.say(f"USER {name}") == "331 guest login okay, send your complete e-mail address as password (RFC 1635)"
    assert one.say("PASS me@client.example") == "230 anonymous is logged in"
    assert one.say("PWD").startswith('257 "/"')
    assert one.findings == []


@pytest.mark.parametrize("password", ["PASS guest", "PASS ", "PASS", "PASS -anything at all"])
def test_anonymous_logs_in_with_any_password_and_gets_a_finding_without_an_address(client, password):
    one = client()
    one.say("USER anonymous")
    assert one.say(password) == "230 anonymous is logged in"
    assert one.findings == ["anonymous-password"]


def test_anonymous_reads_and_lists_and_changes_nothing(client):
    one = client().log_in("anonymous")
    assert "226" in one.get("RETR /pub/a.txt")
    assert "226" in one.get("NLST /pub")
    for command in ("STOR /pub/x", "APPE /pub/a.txt", "STOU /pub/x", "DELE /pub/a.txt", "MKD /pub/x", "RNFR /pub/a.txt",
                    "MFMT 20261014174640 /pub/a.txt", "SITE CHMOD 600 /pub/a.txt", "LIST /home/alice"):  # fmt: skip
        assert one.get(command).startswith("550"), command


def test_anonymous_stores_files_that_no_guest_can_read(client):
    one = client().log_in("anonymous")
    assert "226" in one.get("STOR /incoming/gift")
    assert "226" in one.get("NLST /incoming")
    assert one.get("RETR /incoming/gift").startswith("550")
    assert one.get("STOR /incoming/gift").startswith("550")
    assert one.get("DELE /incoming/gift").startswith("550")
    assert "226" in client(one.world).log_in().get("RETR /incoming/gift")


def test_anonymous_logins_can_be_disabled(client):
    one = client(anonymous=False, login_delay=0)
    assert one.say("USER anonymous") == "331 user name okay, need password"
    assert one.say("PASS me@client.example").startswith("530")


def test_an_error_of_a_command_is_released_with_it(client):
    one = client()
    del one.tree.files["home", "alice", "note.txt"]
    del one.tree.files["home", "alice"]
    gc.disable()
    before = problems()
    try:
        assert one.say("USER alice", "PASS alice-pass").endswith("230 alice is logged in")
        assert problems() == before
    finally:
        gc.enable()


def problems():
    return sum(type(thing) is FileProblem for thing in gc.get_objects())


def test_login_starts_at_the_root_if_the_home_is_missing(client):
    one = client()
    del one.tree.files["home", "alice", "note.txt"]
    del one.tree.files["home", "alice"]
    assert one.log_in().say("PWD").startswith('257 "/"')


@pytest.mark.requirement("FTP-959_5.3.1-2")
def test_rein_resets_the_session(client):
    one = client().log_in()
    one.say("CWD /pub", "REST 5", "RNFR a.txt")
    assert one.say("REIN").startswith("220")
    assert one.say("PWD").startswith("530")
    one.log_in()
    assert one.say("PWD").startswith('257 "/home/alice"')
    assert one.say("RNTO x").startswith("503")


@pytest.mark.requirement("FTP-4.1.2.13-10")
def test_quit_says_goodbye_and_closes(client):
    one = client().log_in()
    assert one.say("QUIT") == "221 goodbye"
    assert one.talk.closed
    one.vanish("closed")
    assert "no-quit" not in one.findings


def test_host_names_the_server_before_user(client):
    one = client()
    assert one.say("HOST ftp.homeport.test").startswith("220")
    assert one.say("HOST [127.0.0.1]").startswith("220")
    assert one.say("HOST elsewhere.example").startswith("504")
    assert one.say("HOST").startswith("501")
    assert one.say("HOST ftp.homeport.test:21").startswith("501")
    assert one.say("HOST [127.0.0.1]:21").startswith("501")
    assert one.say("HOST ::1").startswith("501")
    assert one.say("HOST -x.example").startswith("501")
    one.log_in()
    assert one.say("HOST ftp.homeport.test").startswith("503")
