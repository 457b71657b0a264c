"""The control connection: lines, Telnet, timeouts, its end."""

import pytest

from homeport.protocol.events import Closed

LOGIN = b"USER alice\r\nPASS alice-pass\r\n"
TALK = LOGIN + b"TYPE I\r\nPASV\r\nSTOR x\r\nPASV\r\nRETR x\r\nSIZE x\r\nMKD d\r\nCWD d\r\nPWD\r\nFROB\r\nQUIT\r\n"


@pytest.mark.requirement("FTP-4.1.2.10-1")
def test_the_cut_of_the_input_does_not_matter(every_way):
    one = every_way(TALK)
    codes = [line[:3] for line in one.talk.sent.decode().split("\r\n")]
    assert codes == [
        "220", "331", "230", "200", "227", "150", "226", "227", "150", "226", "213", "257", "250", "257", "500", "221",
        "",
    ]  # fmt: skip
    assert one.findings == ["clear-password", "unknown-command"]


@pytest.mark.requirement("FTP-4.1.2.12-4")
def test_telnet_options_are_refused_and_removed(every_way):
    for sent, answer, finding in (
        (b"\xff\xfd\x01NOOP\r\n", b"\xff\xfc\x01200 okay\r\n", ["telnet-negotiation"]),
        (b"\xff\xfb\x03NOOP\r\n", b"\xff\xfe\x03200 okay\r\n", ["telnet-negotiation"]),
        (b"NO\xff\xf1OP\r\n", b"200 okay\r\n", ["telnet-command"]),
        (b"\xff\xf4\xff\xf2NOOP\r\n", b"200 okay\r\n", []),
    ):
        one = every_way(sent)
        assert one.talk.sent == b"220 ftp.homeport.test FTP Homeport\r\n" + answer
        assert one.findings == finding


@pytest.mark.requirement("FTP-4.1.2.12-4")
def test_passwords_stay_concealed_among_telnet(client):
    one = client(login_delay=0)
    one.say("USER alice")
    one.send(b"PASS sec\xff\xf1ret\r\n")
    assert one.talk.concealed >= len("secret")


def test_bare_lf_is_refused_unless_configured(client):
    one = client()
    assert one.send(b"NOOP\n").startswith("500 the line ends with a bare LF")
    assert one.findings == ["bare-lf"]
    assert client(bare_lf="accept").send(b"NOOP\n") == "200 okay"
    assert client(bare_lf="accept", strict=True).send(b"NOOP\n").startswith("500")


def test_a_line_that_is_too_long_is_refused_once(client):
    one = client(max_line=512)
    assert one.send(b"NOOP " + b"x" * 5000) == ""
    assert one.send(b"x" * 5000 + b"\r\nNOOP\r\n").split("\r\n") == [
        "500 command line too long: at most 512 bytes",
        "200 okay",
    ]
    assert one.findings == ["command-too-long"]


def test_unknown_commands_and_malformed_arguments_get_a_reason(client):
    one = client().log_in()
    assert one.say("FROB x").startswith("500 unknown command 'FROB'")
    assert one.say("").startswith("500")
    assert one.say("  NOOP").startswith("500")
    assert one.say("PWD x") == "501 write PWD (RFC 959 4.1.3)"
    assert one.say("RETR") == "501 write RETR file (RFC 959 4.1.3)"
    assert one.findings.count("syntax") == 2


@pytest.mark.requirement("FTP-4.1.3.2-1", "FTP-4.1.3.2-2", "FTP-4.1.2.11-1")
def test_an_idle_client_is_disconnected_with_421(client):
    one = client(timeout=40)
    assert one.talk.timers["quiet"] == 10
    for _ in range(3):
        assert one.wait("quiet") == ""
    assert one.wait("quiet").startswith("421 ftp.homeport.test idle timeout: no command for 40 seconds")
    assert one.talk.closed
    assert one.wait("quiet") == ""


@pytest.mark.requirement("FTP-4.1.3.2-1")
def test_the_idle_timeout_is_suspended_during_a_transfer(client):
    one = client(holding=True).log_in()
    one.say("PASV", "RETR note.txt")
    for _ in range(20):
        assert one.wait("quiet") == ""
    assert one.move().startswith("226")
    for _ in range(3):
        assert one.wait("quiet") == ""
    assert one.wait("quiet").startswith("421")


@pytest.mark.requirement("FTP-4.1.3.2-3")
def test_the_idle_timeout_is_five_minutes_by_default_and_can_be_disabled(client):
    assert client().context.options.timeout >= 300
    assert "quiet" not in client(timeout=0).talk.timers


def test_a_client_that_half_closes_gets_its_replies(client):
    one = client(holding=True)
    one.send(LOGIN + b"PASV\r\nRETR note.txt\r\nNOOP\r\n")
    one.finish()
    assert not one.talk.closed
    assert [reply[:3] for reply in one.move().split("\r\n")] == ["226", "200"]
    assert one.talk.closed
    assert one.findings[-1] == "no-quit"


def test_closing_without_quit_is_a_finding(client):
    one = client().log_in()
    one.finish()
    assert one.talk.closed
    one.tell(Closed("closed"))
    assert one.findings.count("no-quit") == 1
    two = client().log_in()
    two.vanish()
    assert two.findings[-1] == "no-quit"


def test_data_after_quit_are_reported_once(client):
    one = client()
    one.say("QUIT")
    assert one.say("NOOP", "NOOP") == ""
    assert one.findings == ["data-after-quit"]


def test_every_command_is_in_the_journal(client):
    one = client().log_in()
    one.say("cwd /pub")
    assert one.logged("command")[-1] == {"verb": "CWD", "argument": "/pub", "code": "250"}
    one.get("RETR a.txt")
    assert one.logged("command")[-1] == {"verb": "RETR", "argument": "a.txt", "code": "226"}
    assert one.logged("command")[0] == {"verb": "USER", "argument": "alice", "code": "331"}
