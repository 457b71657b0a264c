"""TYPE, STRU, MODE, REST, ALLO."""

import pytest


@pytest.mark.requirement(
    "FTP-4.1.2.1-1", "FTP-4.1.2.1-2", "FTP-4.1.2.1-3", "FTP-4.1.2.2-1", "FTP-4.1.2.13-1", "FTP-4.1.2.13-12",
    "FTP-959_3.1.1.5.2-1",
)  # fmt: skip
def test_types(client):
    one = client().log_in()
    for argument in ("A", "A N", "A T", "a n", "I", "L 8", "E"):
        assert one.say(f"TYPE {argument}").startswith("200"), argument
    for argument in ("A C", "L 36", "L 7"):
        assert one.say(f"TYPE {argument}").startswith("504"), argument
    for argument in ("", "X", "A X", "L", "L x", "I N", "L -8", "AN"):
        assert one.say(f"TYPE {argument}").startswith("501"), argument


@pytest.mark.requirement("FTP-4.1.2.3-1", "FTP-4.1.2.3-2", "FTP-4.1.2.13-3", "FTP-4.1.2.13-4", "FTP-4.1.2.13-13")
def test_structures(client):
    one = client().log_in()
    assert one.say("STRU F").startswith("200")
    assert one.say("STRU R").startswith("200")
    assert one.say("STRU P").startswith("504")
    assert one.say("STRU X").startswith("501")
    assert one.say("STRU").startswith("501")


@pytest.mark.requirement("FTP-4.1.2.13-2", "FTP-4.1.2.13-14", "FTP-959_3.4.2-1")
def test_modes(client):
    one = client().log_in()
    for mode in "SBCZ":
        assert one.say(f"MODE {mode}").startswith("200")
    assert one.say("MODE X").startswith("501")
    assert one.say("OPTS MODE Z LEVEL 9").startswith("200")
    for wrong in ("OPTS MODE Z", "OPTS MODE Z LEVEL 10", "OPTS MODE Z LEVEL x", "OPTS MODE S LEVEL 1"):
        assert one.say(wrong).startswith("501")


@pytest.mark.requirement("FTP-959_5.3.1-3")
def test_allo_is_superfluous(client):
    one = client().log_in()
    assert one.say("ALLO 100").startswith("202")
    assert one.say("ALLO 100 R 20").startswith("202")
    for wrong in ("ALLO", "ALLO -1", "ALLO x", "ALLO 100 R", "ALLO " + "9" * 19):
        assert one.say(wrong).startswith("501"), wrong


@pytest.mark.requirement("FTP-959_5.3.1-4", "FTP-4.1.3.4-5")
def test_a_transfer_begins_at_the_offset_of_rest(client):
    one = client().log_in()
    assert one.say("REST 2").startswith("350")
    assert "226" in one.get("RETR note.txt")
    assert one.downloaded == b"rs\n"
    assert "226" in one.get("RETR note.txt")
    assert one.downloaded == b"hers\n"
    one.say("REST 999999")
    assert one.get("RETR note.txt").startswith("554 note.txt: invalid REST parameter")
    for wrong in ("REST", "REST -1", "REST x", "REST " + "9" * 19, "REST 1 2", "REST ٣"):
        assert one.say(wrong).startswith("501"), wrong
    assert one.say("REST " + "9" * 18).startswith("350")
    assert one.get("RETR note.txt").startswith("554")


def test_rest_counts_bytes_of_the_data_connection_in_type_a(client):
    one = client().log_in()
    one.say("TYPE A")
    whole = b"one\r\ntwo\r\n"
    for offset in range(len(whole) + 1):
        one.say(f"REST {offset}")
        assert "226" in one.get("RETR /pub/a.txt")
        assert one.downloaded == whole[offset:]


def test_rest_is_reset_by_other_commands(client):
    one = client().log_in()
    one.say("REST 2", "NOOP")
    assert one.findings[-1] == "rest-abandoned"
    one.get("RETR note.txt")
    assert one.downloaded == b"hers\n"


def test_stor_continues_at_the_offset_of_rest(client):
    one = client(stores=b"HERE").log_in()
    one.say("PASV", "REST 2")
    assert "226" in one.say("STOR note.txt")
    assert one.tree.files["home", "alice", "note.txt"] == b"heHERE"
    assert one.say("REST 2", "PASV", "APPE note.txt").startswith("503")
    assert one.say("REST 2", "PASV", "STOU").startswith("503")
