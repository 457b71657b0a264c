"""Who may do what: as FTP's anonymous (RFC 1123 4.2.3.4)."""

import pytest
from services.tftp.packets_client import rrq, wrq

from homeport.services.tftp.packets import ack, data

REFUSED, MISSING, EXISTS = 2, 1, 6


def code(packets):
    (packet,) = packets
    assert packet[:2] == b"\0\5", packet
    return packet[3]


@pytest.mark.requirement("TFTP-4.2.3.4-1")
@pytest.mark.parametrize("name", ["../../etc/passwd", "/../x", "pub/../../x", "..", "a/../../pub/x"])
def test_a_name_that_leads_out_of_the_tree_is_refused(client, name):
    one = client()
    assert code(one.ask(rrq(name))) == REFUSED
    assert one.findings == ["path-traversal"]


@pytest.mark.requirement("TFTP-4.2.3.4-1")
def test_writing_is_off_by_default(client, files):
    one = client()
    assert code(one.ask(wrq("pub/new"))) == REFUSED
    assert one.findings == []
    assert not (files / "pub" / "new").exists()


@pytest.mark.parametrize("name", ["/pub/x", "pub/x", "//pub//x", "./pub/./x", "pub/../pub/x"])
def test_names_begin_at_the_root(client, files, name):
    (files / "pub" / "x").write_bytes(b"abc")
    assert client().ask(rrq(name)) == [data(1, b"abc")]


def test_a_missing_file_is_error_1(client):
    assert code(client().ask(rrq("pub/nothing"))) == MISSING
    assert code(client().ask(rrq("nowhere/at/all"))) == MISSING


def test_a_directory_is_error_2(client):
    assert code(client().ask(rrq("pub"))) == REFUSED
    assert code(client(write="replace").ask(wrq("pub"))) == REFUSED


def test_the_home_of_a_person_is_closed(client, files):
    (files / "home" / "alice").mkdir(parents=True)
    (files / "home" / "alice" / "notes").write_bytes(b"secret")
    assert code(client().ask(rrq("home/alice/notes"))) == REFUSED
    assert code(client(write="replace").ask(wrq("home/alice/notes"))) == REFUSED


def test_a_home_is_closed_behind_links_too(client, files):
    (files / "home" / "alice").mkdir(parents=True)
    (files / "home" / "alice" / "notes").write_bytes(b"secret")
    (files / "pub" / "door").symlink_to("../home/alice")
    assert code(client().ask(rrq("pub/door/notes"))) == REFUSED


def test_a_link_out_of_the_tree_is_refused(client, files):
    (files / "pub" / "out").symlink_to("/etc/passwd")
    assert code(client().ask(rrq("pub/out"))) in (MISSING, REFUSED)


def test_the_upload_folder_cannot_be_read(client, files):
    (files / "incoming" / "x").write_bytes(b"abc")
    assert code(client().ask(rrq("incoming/x"))) == REFUSED


def test_upload_allows_new_files_in_the_upload_folder_only(client, files):
    (files / "incoming" / "old").write_bytes(b"abc")
    one = client(write="upload")
    one.write(wrq("incoming/new"), b"mine")
    assert (files / "incoming" / "new").read_bytes() == b"mine"
    assert code(client(write="upload").ask(wrq("pub/new"))) == REFUSED
    assert code(client(write="upload").ask(wrq("incoming/old"))) == EXISTS


def test_new_does_not_replace_a_file(client, files):
    (files / "pub" / "old").write_bytes(b"abc")
    assert code(client(write="new").ask(wrq("pub/old"))) == EXISTS
    assert (files / "pub" / "old").read_bytes() == b"abc"


def test_new_does_not_replace_a_file_that_is_made_meanwhile(client, files):
    one = client(write="new")
    assert one.ask(wrq("pub/late")) == [ack(0)]
    (files / "pub" / "late").write_bytes(b"first")
    assert code(one.data(1, b"second")) == EXISTS
    assert (files / "pub" / "late").read_bytes() == b"first"


def test_replace_replaces_a_file(client, files):
    (files / "pub" / "old").write_bytes(b"abc")
    client(write="replace").write(wrq("pub/old"), b"new")
    assert (files / "pub" / "old").read_bytes() == b"new"


def test_a_backslash_is_part_of_a_name_unless_the_syntax_is_lenient(client, files):
    (files / "pub" / "x").write_bytes(b"abc")
    one = client()
    assert code(one.ask(rrq("pub\\x"))) == MISSING
    assert one.findings == ["backslash"]
    assert client(syntax="lenient").ask(rrq("pub\\x")) == [data(1, b"abc")]


@pytest.mark.parametrize("name", ["n" * 256, "d/" * 130 + "x"])
def test_a_name_that_is_too_long_is_refused(client, name):
    assert code(client().ask(rrq(name))) == REFUSED


def test_a_name_that_is_not_utf_8_finds_its_file(client, files):
    (files / "pub" / b"caf\xe9".decode("utf-8", "surrogateescape")).write_bytes(b"abc")
    one = client()
    assert one.ask(b"\0\1pub/caf\xe9\0octet\0") == [data(1, b"abc")]
    assert one.findings == ["name-not-ascii"]
