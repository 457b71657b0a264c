"""CWD, CDUP, PWD, MKD, RMD, DELE, RNFR, RNTO, SMNT and the X-verbs; SIZE, MDTM, MFMT, SITE's own; checksums."""

import hashlib

import pytest
from services.ftp.conftest import make_ftp_world


@pytest.mark.requirement("FTP-4.1.2.13-8")
def test_cwd_changes_the_directory_and_never_leaves_the_root(client):
    one = client().log_in()
    assert one.say("CWD /pub") == '250 the working directory is "/pub"'
    assert one.say("CWD nope") == "550 nope: no such file or directory"
    assert one.say("CWD a.txt") == "550 a.txt: not a directory"
    assert one.say("CWD ../../..") == '250 the working directory is "/"'


@pytest.mark.requirement("FTP-4.1.2.13-9", "FTP-4.1.2.13-23")
def test_cdup_goes_up_and_pwd_says_where(client):
    one = client().log_in()
    assert one.say("CDUP").startswith("250")
    assert one.say("PWD") == '257 "/home" is the working directory'
    assert one.say("CDUP", "CDUP").startswith("250")
    assert one.say("PWD").startswith('257 "/"')


@pytest.mark.requirement("FTP-4.1.2.13-22", "FTP-4.1.2.13-21")
def test_directories_are_made_and_removed_with_their_quotes_doubled(client):
    one = client().log_in()
    assert one.say('MKD a "b"') == '257 "/home/alice/a ""b""" created'
    assert one.say('MKD a "b"').startswith("550")
    assert one.say('CWD a "b"', "PWD") == '257 "/home/alice/a ""b""" is the working directory'
    assert one.say("CDUP", "RMD .").startswith("550")
    assert one.say('RMD a "b"').startswith("250")
    assert one.say("RMD nope").startswith("550")
    assert one.say("RMD note.txt").startswith("550")


@pytest.mark.requirement("FTP-4.1.2.13-20")
def test_dele_removes_a_file(client):
    one = client().log_in()
    assert one.say("DELE note.txt").startswith("250")
    assert one.say("DELE note.txt").startswith("550")
    assert one.say("DELE /pub").startswith("550")


@pytest.mark.requirement("FTP-4.1.2.13-18", "FTP-4.1.2.13-19")
def test_renaming_takes_two_commands(client):
    one = client().log_in()
    assert one.say("RNTO x").startswith("503")
    assert one.say("RNFR nope").startswith("550")
    assert one.say("RNFR note.txt").startswith("350")
    assert one.say("RNTO other.txt").startswith("250")
    assert ("home", "alice", "other.txt") in one.tree.files
    assert one.say("RNFR other.txt", "NOOP", "RNTO x").startswith("503")
    assert "rnfr-abandoned" in one.findings


@pytest.mark.requirement("FTP-4.1.3.1-1")
def test_x_verbs_equal_the_standard_verbs(client):
    one = client().log_in()
    assert one.say("XMKD d") == '257 "/home/alice/d" created'
    assert one.say("XCWD d").startswith("250")
    assert one.say("XPWD").startswith('257 "/home/alice/d"')
    assert one.say("XCUP").startswith("250")
    assert one.say("XRMD d").startswith("250")
    assert one.findings == ["clear-password", "historic-verb"]


@pytest.mark.requirement("FTP-959_5.3.1-1")
def test_nothing_can_be_mounted(client):
    assert client().log_in().say("SMNT x").startswith("202")


@pytest.mark.requirement("FTP-4.1.4.1-1")
def test_a_name_is_everything_after_the_blank(client):
    one = client().log_in()
    for name in ("two  blanks ", "50%", "-la", "x" * 200, "über"):
        assert one.say(f"MKD {name}").startswith("257")
        assert ("home", "alice", name) in one.tree.files


def test_bytes_that_are_not_utf8_are_kept_and_reported(client):
    one = client().log_in()
    assert one.send(b"MKD \xe9t\xe9\r\n").startswith("257")
    assert one.send(b"CWD \xe9t\xe9\r\n").startswith("250")
    assert one.findings.count("not-utf8") == 2
    assert one.talk.sent.endswith(b'250 the working directory is "/home/alice/\xe9t\xe9"\r\n')


def test_ff_in_a_name_is_doubled_both_ways(client):
    one = client().log_in()
    one.send(b"MKD a\xff\xffb\r\n")
    assert one.talk.sent.endswith(b'257 "/home/alice/a\xff\xffb" created\r\n')
    assert ("home", "alice", "a\udcffb") in one.tree.files


def test_utf8_without_feat_is_reported_once(client):
    one = client().log_in()
    one.say("MKD ü", "MKD ö")
    assert one.findings.count("utf8-unasked") == 1
    two = client().log_in()
    two.say("FEAT", "MKD ü")
    assert "utf8-unasked" not in two.findings


def test_names_with_nul_or_cr_and_paths_too_long_are_refused_with_the_reason(client):
    one = client(max_path=100).log_in()
    assert one.send(b"MKD a\0b\r\n").startswith("501 NUL and CR")
    assert one.send(b"MKD a\rb\r\n").startswith("501 NUL and CR")
    assert one.say("MKD " + "y" * 90).startswith("553 pathname too long")
    assert one.say("MKD " + "y" * 300).startswith("501 a name has at most 255 bytes")
    assert one.send(b"MKD a\r\0b\r\n").startswith("257")  # RFC 2640 3.1


def test_size_is_what_retr_sends(client):
    one = client().log_in()
    assert one.say("SIZE /pub/a.txt") == "213 8"
    assert one.say("TYPE A", "SIZE /pub/a.txt") == "213 10"
    assert one.say("SIZE /pub").startswith("550")
    assert one.say("SIZE nope").startswith("550")
    assert one.say("TYPE E", "SIZE /pub/a.txt").startswith("550 the size in TYPE E")


def test_times_are_shown_and_set_in_utc(client):
    one = client().log_in()
    assert one.say("MDTM note.txt") == "213 19880702000000"
    assert one.say("MFMT 20261014174640 note.txt") == "213 Modify=20261014174640; /home/alice/note.txt"
    assert one.say("MDTM note.txt") == "213 20261014174640"
    assert one.say("SITE UTIME 202610141746 note.txt").startswith("200")
    assert one.say("MDTM note.txt") == "213 20261014174600"
    names = "note.txt 20250101000000 20250102030405 20250101000000 UTC"
    assert one.say(f"SITE UTIME {names}").startswith("200")
    assert one.say("MDTM note.txt") == "213 20250102030405"
    for time in ("2026", "20261314174640", "x" * 14, "99999999999999", "20261014174640.", "-0261014174640"):
        assert one.say(f"MFMT {time} note.txt").startswith("501")
    assert one.say("MFMT 20261014174640").startswith("501")
    assert one.say("MFCT 20261014174640 note.txt").startswith("502")


def test_site_sets_modes(client):
    one = client().log_in()
    assert one.say("SITE CHMOD 600 note.txt").startswith("200")
    assert one.tree.modes["home", "alice", "note.txt"] == 0o600
    for wrong in ("SITE CHMOD 9 note.txt", "SITE CHMOD 600", "SITE CHMOD", "SITE UMASK 9", "SITE UMASK 1777"):
        assert one.say(wrong).startswith("501"), wrong
    assert one.say("SITE UMASK") == "200 the mask is 022"
    assert one.say("SITE UMASK 077").startswith("200")
    assert "226" in one.get("STOR x")
    assert one.tree.modes["home", "alice", "x"] == 0o600


@pytest.mark.requirement("FTP-4.1.2.8-1", "FTP-4.1.2.8-2")
def test_own_commands_are_below_site(client):
    one = client().log_in()
    assert one.say("SITE HELP").startswith("214-")
    assert "SITE CHMOD mode file" in one.say("SITE HELP")
    assert one.say("SITE").startswith("501")
    assert one.say("SITE FROB x").startswith("504")


def test_checksums(client):
    one = client().log_in()
    content = one.tree.files["pub", "a.txt"]
    assert one.say("HASH /pub/a.txt") == f"213 SHA-256 0-8 {hashlib.sha256(content).hexdigest()} /pub/a.txt"
    assert one.say("OPTS HASH MD5") == "200 MD5"
    assert one.say("HASH /pub/a.txt").startswith("213 MD5 0-8 ")
    assert one.say("OPTS HASH FNORD").startswith("501")
    assert one.say("XMD5 /pub/a.txt") == f"250 {hashlib.md5(content).hexdigest().upper()}"
    assert one.say('XSHA256 "/pub/a.txt" 0 3') == f"250 {hashlib.sha256(content[:3]).hexdigest().upper()}"
    for verb in ("XCRC", "XSHA", "XSHA1", "XSHA512"):
        assert one.say(f"{verb} /pub/a.txt").startswith("250")
        assert one.say(f"{verb} /pub").startswith("550")
    assert one.say("XCRC /pub/a.txt 5 2").startswith("501")


def test_a_blocking_tree_is_called_off_the_reactor_and_commands_wait(client):
    one = client(make_ftp_world(blocks=True)).log_in()
    one.holding = True
    assert one.send(b"MKD d\r\nPWD\r\n") == ""
    assert one.release() == '257 "/home/alice/d" created\r\n257 "/home/alice" is the working directory'
    assert one.send(b"RMD nope\r\n") == ""
    assert one.release().startswith("550")


def test_a_file_opened_for_a_closed_connection_is_closed(client):
    one = client(make_ftp_world(blocks=True)).log_in()
    one.say("PASV")
    one.holding = True
    one.say("RETR note.txt")
    one.vanish()
    one.calling.work()
    one.calling.then()
    assert [source.closed for source in one.tree.sources] == [True]


# What the journal says of changes.


def changes(one):
    """The events of files, without what is alike in all of them."""
    same = {"octets": 0, "seconds": 0.0, "complete": True, "reason": ""}
    assert all(entry.items() >= same.items() for entry in one.logged("file"))
    return [{key: value for key, value in entry.items() if key not in same} for entry in one.logged("file")]


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("DELE note.txt", {"what": "delete", "path": "/home/alice/note.txt"}),
        ("MKD new", {"what": "mkdir", "path": "/home/alice/new"}),
        ("XMKD new", {"what": "mkdir", "path": "/home/alice/new"}),
        ("RMD /incoming", {"what": "delete", "path": "/incoming"}),
        ("XRMD /incoming", {"what": "delete", "path": "/incoming"}),
        ("SITE CHMOD 600 note.txt", {"what": "chmod", "path": "/home/alice/note.txt", "mode": "0600"}),
        (
            "MFMT 20200229123000 note.txt",
            {"what": "touch", "path": "/home/alice/note.txt", "modified": "2020-02-29T12:30:00.000000Z"},
        ),
        (
            "SITE UTIME 202002291230 note.txt",
            {"what": "touch", "path": "/home/alice/note.txt", "modified": "2020-02-29T12:30:00.000000Z"},
        ),
    ],
)
def test_a_change_of_the_tree_is_an_event_as_a_transfer_is(client, line, event):
    one = client().log_in()
    assert one.say(line)[0] == "2"
    assert changes(one) == [event]


def test_a_rename_is_an_event_with_both_paths(client):
    one = client().log_in()
    one.say("RNFR note.txt")
    assert changes(one) == []
    one.say("RNTO /pub/b c.txt")
    assert changes(one) == [{"what": "rename", "path": "/home/alice/note.txt", "to": "/pub/b c.txt"}]


@pytest.mark.parametrize(
    "lines",
    [
        ["DELE nope"],
        ["DELE /pub"],
        ["MKD /pub"],
        ["RMD /pub"],
        ["RNFR note.txt", "RNTO /missing/x"],
        ["SITE CHMOD 4755 note.txt"],
        ["MFMT 20200229123000 nope"],
    ],
)
def test_a_refused_change_is_no_event_of_files(client, lines):
    one = client().log_in()
    assert one.say(*lines)[0] == "5"
    assert changes(one) == []


def test_a_change_that_blocks_is_an_event_when_it_is_done(client):
    one = client(make_ftp_world(blocks=True)).log_in()
    one.holding = True
    assert one.say("DELE note.txt") == ""
    assert changes(one) == []
    assert one.release().startswith("250")
    assert changes(one) == [{"what": "delete", "path": "/home/alice/note.txt"}]
