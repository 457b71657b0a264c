"""Rare paths of FTP: unusual logins, failures in the journal, representations cut anywhere."""

import zlib

import pytest
from services.ftp.conftest import TLS

from homeport.protocol.events import TlsStarted

NOTE = ("home", "alice", "note.txt")


@pytest.mark.parametrize("password", [b"\xff\xff\xfe", b"alice-pass\xe9", b"\xc3"], ids=repr)
def test_a_password_that_is_not_utf8_is_wrong(client, password):
    one = client(login_delay=0)
    one.say("USER alice")
    assert one.send(b"PASS " + password + b"\r\n") == "530 wrong user name or password"
    assert one.say("NOOP").startswith("200")


def test_a_failed_login_is_in_the_journal_under_the_name_that_was_given(client):
    one = client(login_delay=0)
    one.say("USER nobody", "PASS x", "USER alice", "PASS y")
    assert one.logged("login") == [
        {"login": "nobody", "mechanism": "PASS", "code": "530"},
        {"login": "alice", "mechanism": "PASS", "code": "530"},
    ]


@pytest.mark.parametrize("name", ["FTP.HomePort.Test", "ftp.homeport.test.", "LOCALHOST", " ftp.homeport.test"])
def test_host_ignores_case(client, name):
    assert client().say(f"HOST {name}") == "220 host accepted: ftp.homeport.test"


def test_host_is_refused_between_user_and_pass(client):
    one = client()
    assert one.say("USER alice", "HOST ftp.homeport.test").startswith("503 HOST comes before USER")
    assert one.findings == ["bad-sequence"]
    assert one.say("PASS alice-pass").startswith("230")


def test_rein_on_implicit_tls_begins_with_protected_data_connections(client):
    one = client(listener="tls", tls=TLS).log_in()
    one.say("PBSZ 0", "PROT C")
    assert one.say("REIN").startswith("220")
    assert one.talk.starting_tls
    one.tell(TlsStarted(TLS))
    one.log_in().get("RETR note.txt")
    assert one.asked[-1].over.tls
    assert one.say("PROT P").startswith("200")
    assert one.findings == ["data-in-clear"]


@pytest.mark.parametrize("words", ["the quota is used up", ""])
def test_the_journal_records_why_a_store_failed(client, words):
    one = client().log_in()
    one.tree.full, one.tree.full_words = True, words
    assert "452" in one.get("STOR x")
    entry = one.logged("file")[-1]
    assert (entry["what"], entry["complete"], entry["reason"]) == ("store", False, words or "no space")


@pytest.mark.parametrize("command", ["RETR note.txt", "NLST"])
def test_a_download_whose_connection_is_lost_keeps_nothing(client, command):
    one = client(holding=True, partial_stores="keep").log_in()
    one.say("PASV", command)
    one.moving.progress.octets = 3
    one.vanish()
    entry = one.logged("file")[-1]
    assert (entry["complete"], "kept" in entry) == (False, False)


def test_an_upload_whose_connection_is_lost_is_kept_if_configured(client):
    one = client(holding=True, partial_stores="keep").log_in()
    one.say("PASV", "STOR x")
    one.arrive(b"one")
    one.vanish()
    entry = one.logged("file")[-1]
    assert (entry["complete"], entry["kept"]) == (False, True)
    assert one.tree.files["home", "alice", "x"] == b"one"


def test_rest_between_cr_and_lf_omits_one_byte_of_the_file(client):
    one = client().log_in()
    text = b"one\n" + b"".join(b"line %d\n" % number for number in range(20))
    one.tree.files[NOTE] = text
    one.say("TYPE A", "REST 4")
    assert "226" in one.get("RETR note.txt")
    assert one.downloaded == text.replace(b"\n", b"\r\n")[4:]


@pytest.mark.parametrize(("level", "smaller"), [(1, 9), (0, 1)])
def test_a_listing_in_mode_z_uses_the_chosen_level(client, level, smaller):
    one = client().log_in()
    one.say("OPTS UTF8 ON", "CWD /pub")
    for number in range(200):
        one.tree.files["pub", f"{number * number}-{number % 7}"] = b""
    sizes = []
    for wanted in (level, smaller):
        one.say("MODE Z", f"OPTS MODE Z LEVEL {wanted}")
        assert "226" in one.get("LIST")
        assert zlib.decompress(one.downloaded).count(b"\r\n") >= 200
        sizes.append(len(one.downloaded))
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize(("type_", "kind"), [("A", "ASCII"), ("I", "BINARY"), ("E", "EBCDIC")])
def test_the_preliminary_reply_names_representation_and_file(client, type_, kind):
    one = client(holding=True).log_in()
    one.say(f"TYPE {type_}", "PASV")
    assert one.say("RETR note.txt").startswith(f"150 opening {kind} data connection for /home/alice/note.txt")
