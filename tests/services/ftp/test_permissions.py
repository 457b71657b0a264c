"""Access rights."""

import pytest

from homeport.world.people import Person


@pytest.fixture
def guest(client):
    return client().log_in("anonymous")


def test_a_home_is_accessible_to_its_owner_only(client):
    one = client().log_in("bob")
    for command in ("CWD /home/alice", "SIZE /home/alice/note.txt", "DELE /home/alice/note.txt", "MKD /home/alice/x"):
        assert one.say(command).startswith("550 permission denied: only alice may enter this home"), command
    assert one.get("RETR /home/alice/note.txt").startswith("550")
    assert one.get("LIST /home/alice").startswith("550")
    assert one.say("RNFR /home/alice/note.txt").startswith("550")
    assert one.say("RNFR note.txt", "RNTO /home/alice/note.txt").startswith("550")
    assert one.say("CWD /home").startswith("250")
    assert one.say("MKD /pub/bobs").startswith("257")


def test_a_home_can_be_anywhere(client):
    one = client()
    one.world.people.put(Person(login="zed", name="Zed Quay", home="/quay/zed", password="zed-pass"))
    one.tree.files |= {("quay",): None, ("quay", "zed"): None, ("quay", "zed", "x"): b"x"}
    assert one.log_in("zed").say("PWD").startswith('257 "/quay/zed"')
    assert "226" in one.get("RETR x")
    assert (
        client(one.world)
        .log_in()
        .say("SIZE /quay/zed/x")
        .startswith("550 permission denied: only zed may enter this home")
    )
    assert client(one.world).log_in().say("SIZE /quay").startswith("550 /quay: is a directory")


def test_the_root_cannot_be_removed(client):
    assert client().log_in().say("RMD /").startswith("550 the root")


def test_anonymous_reads(guest):
    assert "226" in guest.get("RETR /pub/a.txt")
    assert guest.downloaded == b"one\ntwo\n"
    assert guest.get("RETR /home/alice/note.txt").startswith("550")


@pytest.mark.parametrize(
    "command",
    [
        "MKD /pub/x", "RMD /pub", "DELE /pub/a.txt", "RNFR /pub/a.txt", "SITE CHMOD 600 /pub/a.txt",
        "MFMT 20261014174640 /pub/a.txt", "STOR /pub/x", "APPE /incoming/x", "STOU /pub/x", "MKD /incoming/x",
    ],
)  # fmt: skip
def test_anonymous_changes_nothing(guest, command):
    before = dict(guest.tree.files)
    assert guest.get(command).startswith("550 anonymous may only read")
    assert guest.tree.files == before


def test_anonymous_stores_new_files_in_the_upload_folder(guest):
    assert "226" in guest.get("STOR /incoming/x")
    assert guest.tree.files["incoming", "x"] == b"stored\r\n"
    assert guest.get("STOR /incoming/x") == "550 /incoming/x: the name exists already"
    assert guest.get("RETR /incoming/x").startswith("550 anonymous may not read the upload folder")
    assert "226" in guest.get("LIST /incoming")
    assert b"x\r\n" in guest.downloaded
    assert guest.say("REST 1", "PASV", "STOR /incoming/y").startswith("550 anonymous may store whole files only")


def test_without_an_upload_folder_anonymous_stores_nothing(client):
    one = client(upload="").log_in("anonymous")
    assert one.get("STOR /incoming/x") == "550 anonymous may only read here (RFC 1635)"


def test_mlst_shows_permissions(client, guest):
    assert "perm=r;" in guest.say("MLST /pub/a.txt")
    assert "perm=el;" in guest.say("MLST /pub")
    assert "perm=cel;" in guest.say("MLST /incoming")
    one = client().log_in()
    assert "perm=adfrw;" in one.say("MLST note.txt")
    assert "perm=celdfmp;" in one.say("MLST /pub")
