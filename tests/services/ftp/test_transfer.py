"""RETR, STOR, APPE, STOU, ABOR: replies of a transfer, and its effect on the file."""

import re

import pytest
from services.ftp.conftest import MUCH, PEER, make_ftp_world

from homeport.protocol.events import Closed, DataOpened, LimitReached, Stopping

NOTE = ("home", "alice", "note.txt")


def begin(client, command: str, **options):
    """Start a transfer."""
    one = client(holding=True, **options).log_in()
    one.say("PASV")
    assert one.say(command).startswith("150 ")
    one.tell(DataOpened(PEER))
    return one


@pytest.mark.requirement("FTP-4.1.2.13-15", "FTP-RFC944-1")
def test_retr_sends_a_file_after_one_preliminary_reply(client):
    one = client().log_in()
    assert one.get("RETR note.txt") == (
        "150 opening BINARY data connection for /home/alice/note.txt (5 bytes)\r\n"
        "226 closing data connection; transfer complete"
    )
    assert one.downloaded == b"hers\n"
    assert one.get("RETR nope") == "550 nope: no such file or directory"
    assert one.get("RETR /pub") == "550 /pub: is a directory, not a plain file"


@pytest.mark.requirement("FTP-RFC944-1")
@pytest.mark.parametrize("command", ["RETR note.txt", "STOR x", "APPE x", "STOU", "LIST", "NLST", "MLSD"])
def test_every_transfer_has_one_preliminary_and_one_final_reply(client, command):
    one = client().log_in()
    assert [reply[:3] for reply in one.get(command).split("\r\n")] == ["150", "226"]


@pytest.mark.requirement("FTP-4.1.2.13-16")
def test_stor_stores_the_data(client):
    one = client(stores=bytes(range(256))).log_in()
    assert one.get("STOR x.bin").endswith("226 closing data connection; transfer complete")
    assert one.tree.files["home", "alice", "x.bin"] == bytes(range(256))
    assert one.get("STOR /nope/x").startswith("550")
    assert one.get("STOR /pub").startswith("550")


def test_replacing_a_large_file_is_committed_off_the_reactor(client):
    one = begin(client, "STOR note.txt")
    one.tree.files[NOTE] = bytes(MUCH)
    assert one.move() == ""
    assert one.tree.files[NOTE] == bytes(MUCH)
    assert one.release() == "226 closing data connection; transfer complete"
    assert one.tree.files[NOTE] == b"stored\r\n"


@pytest.mark.requirement("FTP-4.1.2.13-17")
def test_appe_appends(client):
    one = client(stores=b"ab").log_in()
    one.get("APPE f")
    one.stores = b"cd"
    one.get("APPE f")
    assert one.tree.files["home", "alice", "f"] == b"abcd"


@pytest.mark.requirement("FTP-4.1.2.9-1", "FTP-4.1.2.9-2")
def test_stou_tells_the_name_in_its_preliminary_reply(client):
    one = client().log_in()
    names = []
    for _ in range(2):
        opening, last = one.get("STOU").split("\r\n")
        assert last.startswith("226")
        names.append(re.fullmatch(r"150 FILE: (\S.*)", opening)[1])
    assert len(set(names)) == 2
    for name in names:
        assert "226" in one.get(f"RETR {name}")
        assert one.downloaded == b"stored\r\n"
    assert one.get("STOU /pub/log").startswith("150 FILE: /pub/log.1\r\n226")


@pytest.mark.requirement("FTP-4.1.2.1-1", "FTP-4.1.2.1-2", "FTP-4.1.2.2-1", "FTP-4.1.2.13-1")
def test_types_are_as_they_are_on_the_data_connection(client):
    one = client().log_in()
    for kind in ("I", "L 8"):
        one.say(f"TYPE {kind}")
        one.get("RETR /pub/b.bin")
        assert one.downloaded == bytes(range(256))
    for kind in ("A", "A N", "A T"):
        one.say(f"TYPE {kind}")
        one.get("RETR /pub/a.txt")
        assert one.downloaded == b"one\r\ntwo\r\n"
    one.stores = b"x\r\ny\r\n"
    one.get("STOR t")
    assert one.tree.files["home", "alice", "t"] == b"x\ny\n"


@pytest.mark.requirement("FTP-4.1.2.4-1", "FTP-4.1.2.13-4")
def test_records_survive_a_round_trip(client):
    one = client().log_in()
    one.say("TYPE A", "STRU R")
    one.get("RETR /pub/a.txt")
    one.stores = one.downloaded
    one.get("STOR copy")
    assert one.tree.files["home", "alice", "copy"] == b"one\ntwo\n"


@pytest.mark.requirement("FTP-959_3.4.2-1")
def test_blocks_have_headers_and_a_marked_end(client):
    one = client().log_in()
    one.say("MODE B")
    one.get("RETR note.txt")
    assert one.downloaded == b"\0\0\5hers\n" + b"\x40\0\0"


def test_compressed_mode_works_both_ways(client):
    one = client().log_in()
    one.say("MODE C")
    one.get("RETR note.txt")
    assert one.downloaded == b"\x05hers\n" + b"\0\x40\xc0"
    one.stores = b"\x84a\x01b\0\x40\xc0"
    assert "226" in one.get("STOR x")
    assert one.tree.files["home", "alice", "x"] == b"aaaab"
    one.stores = b"\x84a\x05b"
    assert [reply[:3] for reply in one.get("STOR x").split("\r\n")] == ["150", "451"]
    one.get("NLST /pub")
    assert one.downloaded.endswith(b"\0\x40\xc0")


@pytest.mark.requirement("FTP-4.1.3.4-1", "FTP-4.1.3.4-3")
def test_restart_markers_are_acknowledged_before_the_final_reply(client):
    one = client(stores=b"\0\0\2ab" + b"\x10\0\3abc" + b"\x40\0\1c").log_in()
    one.say("MODE B")
    replies = one.get("STOR x").split("\r\n")
    assert [reply[:3] for reply in replies] == ["150", "110", "226"]
    assert replies[1] == "110 MARK abc = 2"
    assert one.tree.files["home", "alice", "x"] == b"abc"


@pytest.mark.requirement("FTP-4.1.3.4-1", "FTP-4.1.3.4-2")
@pytest.mark.parametrize(
    ("mode", "pieces", "end"),
    [
        ("B", [b"\0\0\2ab\x10\0\3abc", b"\0\0\1c", b"\x10\0\1d\x10\0\1e"], b"\x40\0\0"),
        ("C", [b"\2ab\0\x10\3abc", b"\1c", b"\0\x10\1d\0\x10\1e"], b"\0\x40\xc0"),
    ],
)
def test_restart_markers_are_acknowledged_once_the_data_before_them_are_on_stable_storage(client, mode, pieces, end):
    one = client(holding=True).log_in()
    one.say(f"MODE {mode}", "PASV", "STOR x")
    assert one.arrive(pieces[0]) == "110 MARK abc = 2"
    assert one.tree.sinks[0].synced == 2
    assert one.arrive(pieces[1]) == ""
    assert one.arrive(pieces[2]) == "110 MARK d = 3\r\n110 MARK e = 3"
    one.arrive(end)
    assert one.end() == "226 closing data connection; transfer complete"
    assert one.tree.files["home", "alice", "x"] == b"abc"


@pytest.mark.requirement("FTP-4.1.3.4-2")
def test_an_acknowledged_marker_is_a_restart_point(client):
    one = client(holding=True).log_in()
    one.say("MODE B", "PASV", "STOR note.txt")
    one.arrive(b"\0\0\2ab" + b"\x10\0\1m" + b"\0\0\1c")
    assert one.end("broken").startswith("426 ")
    assert one.tree.files[NOTE] == b"abc"
    assert one.logged("file")[-1]["kept"] is True
    assert one.say("REST 2").startswith("350")
    one.say("PASV", "STOR note.txt")
    one.arrive(b"\x40\0\2CD")
    assert one.end().startswith("226")
    assert one.tree.files[NOTE] == b"abCD"


def test_unacknowledged_markers_promise_nothing(client):
    one = client(holding=True).log_in()
    one.say("MODE B", "PASV", "STOR note.txt")
    one.moving.sink.write(one.moving.convert.feed(b"\0\0\2ab" + b"\x10\0\1m"))
    assert one.end("broken").startswith("426 ")
    assert one.tree.files[NOTE] == b"hers\n"


def test_restart_markers_at_the_end_are_acknowledged_only_after_the_commit(client):
    one = client(stores=b"\0\0\2ab" + b"\x10\0\3abc" + b"\x40\0\1c").log_in()
    one.tree.full = True
    one.say("MODE B")
    assert [reply[:3] for reply in one.get("STOR x").split("\r\n")] == ["150", "452"]


# Stores that break.


@pytest.mark.parametrize(
    ("problem", "kept"),
    [
        ("broken", True), ("timeout", True), ("aborted", True), ("fault", True),
        ("no connection", False), ("foreign peer", False), ("handshake", False), ("not resumed", False), ("tls", False),
        ("content", False), ("file", False), ("no space", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("command", "content"), [("STOR", b"part"), ("APPE", b"hers\npart")])
def test_a_broken_store_can_be_kept(client, command, content, problem, kept):
    one = begin(client, f"{command} note.txt", partial_stores="keep")
    one.arrive(b"part")
    reply = one.end(problem)
    assert not reply.startswith("226")
    assert ("the data received are kept" in reply) is kept
    assert one.tree.files[NOTE] == (content if kept else b"hers\n")
    assert one.logged("file")[-1]["complete"] is False
    assert ("kept" in one.logged("file")[-1]) is kept


def test_a_broken_store_without_data_leaves_the_old_file(client):
    one = begin(client, "STOR note.txt", partial_stores="keep")
    assert one.end("broken").startswith("426")
    assert one.tree.files[NOTE] == b"hers\n"


def test_abor_keeps_the_data_received_if_configured(client):
    one = begin(client, "STOR new", partial_stores="keep")
    one.arrive(b"part")
    answer = one.send(b"\xff\xf4\xff\xf2ABOR\r\n")
    assert [reply[:3] for reply in answer.split("\r\n")] == ["426", "226"]
    assert one.tree.files["home", "alice", "new"] == b"part"


@pytest.mark.parametrize("end", [LimitReached("session"), Stopping(), Closed("broken: connection reset")])
@pytest.mark.parametrize(("partial_stores", "content"), [("keep", b"part"), ("discard", b"hers\n")])
def test_a_store_whose_control_connection_closes_is_broken(client, end, partial_stores, content):
    one = begin(client, "STOR note.txt", partial_stores=partial_stores)
    one.arrive(b"part")
    one.tell(end)
    assert one.tree.files[NOTE] == content
    assert one.tree.sinks[0].state != "open"
    assert one.logged("file")[-1].get("kept", False) is (partial_stores == "keep")


def test_a_store_without_close_notify_is_kept_where_it_is_refused(client):
    one = client(strict=True, holding=True, partial_stores="keep").start_tls().log_in()
    one.say("PBSZ 0", "PROT P", "PASV", "STOR x")
    one.arrive(b"part")
    assert one.end(truncated=True).startswith("426")
    assert one.tree.files["home", "alice", "x"] == b"part"


def test_a_store_restarts_where_it_was_kept(client):
    one = begin(client, "STOR new", partial_stores="keep")
    one.arrive(b"one ")
    one.end("broken")
    assert one.say("SIZE new") == "213 4"
    one.say("REST 4", "PASV", "STOR new")
    one.arrive(b"two ")
    one.end("broken")
    one.say("PASV", "APPE new")
    one.arrive(b"three")
    assert one.end().startswith("226")
    assert one.tree.files["home", "alice", "new"] == b"one two three"


@pytest.mark.requirement("FTP-4.1.3.4-4")
def test_a_restart_marker_that_is_not_printable_ascii_ends_the_transfer(client):
    one = client(stores=b"\x10\0\3a\0b" + b"\x40\0\1c").log_in()
    one.say("MODE B")
    assert [reply[:3] for reply in one.get("STOR x").split("\r\n")] == ["150", "451"]
    assert "a\0b" not in one.talk.sent.decode()


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("no connection", 425), ("foreign peer", 425), ("handshake", 522), ("not resumed", 522), ("tls", 522),
        ("broken", 426), ("timeout", 426), ("aborted", 426), ("fault", 426), ("content", 451), ("file", 451),
        ("no space", 452), ("too large", 552), ("something new", 426),
    ],
)  # fmt: skip
@pytest.mark.requirement("FTP-4.1.2.11-2", "FTP-4.1.2.11-3", "FTP-4.1.2.11-4")
@pytest.mark.parametrize("command", ["RETR note.txt", "STOR note.txt", "APPE note.txt", "LIST"])
def test_a_broken_transfer_is_never_226(client, command, problem, code):
    one = begin(client, command)
    reply = one.end(problem, "in words")
    assert reply.startswith(f"{code} ")
    assert reply.endswith(": in words")
    assert one.tree.files[NOTE] == b"hers\n"
    assert all(sink.state == "dropped" for sink in one.tree.sinks)
    assert one.say("NOOP").startswith("200")


@pytest.mark.requirement("FTP-4.1.2.11-4")
def test_lack_of_space_is_temporary(client):
    one = client().log_in()
    one.tree.full = True
    assert one.get("STOR x").endswith("452 x: not enough space (the quota is used up)")
    assert one.logged("file")[-1]["complete"] is False
    one.tree.full = False
    assert "226" in one.get("STOR x")


@pytest.mark.requirement("FTP-959_5.3.1-5", "FTP-4.1.3.3-1", "FTP-4.1.3.3-2", "FTP-4.1.2.12-5")
def test_abor_ends_a_transfer_at_once(client):
    one = begin(client, "STOR note.txt")
    answer = one.send(b"\xff\xf4\xff\xf2ABOR\r\n")
    assert [reply[:3] for reply in answer.split("\r\n")] == ["426", "226"]
    assert one.tree.files[NOTE] == b"hers\n"
    assert "abort-without-synch" not in one.findings
    assert not one.talk.closed
    assert one.say("ABOR").startswith("226")


@pytest.mark.parametrize("command", ["RETR note.txt", "STOR new.txt", "NLST"])
def test_transfers_of_one_user_are_bounded(client, command):
    one = begin(client, "RETR note.txt", transfers_per_user=1)
    two = client(one.world, transfers_per_user=1).log_in()
    assert two.get(command) == "450 alice has 1 transfers in progress already; wait for one to end"
    assert two.say("STAT").endswith("211 end of status")
    assert all(sink.state == "dropped" for sink in one.tree.sinks)
    assert "226" in client(one.world, transfers_per_user=1).log_in("bob").get("NLST")
    one.move()
    assert "226" in two.get(command)
    again = client(one.world, holding=True, transfers_per_user=1).log_in()
    again.say("PASV", command)
    assert two.get(command).startswith("450")
    again.vanish()
    assert "226" in two.get(command)


def test_abor_without_synch_is_executed_too(client):
    one = begin(client, "RETR note.txt")
    assert [reply[:3] for reply in one.say("abor ").split("\r\n")] == ["426", "226"]
    assert one.findings[-1] == "abort-without-synch"


@pytest.mark.requirement("FTP-959_5.3.1-5")
def test_abor_without_a_transfer_closes_the_passive_port(client):
    one = client().log_in()
    one.say("PASV")
    assert one.say("ABOR").startswith("226")
    one.say("RETR note.txt")
    assert one.asked[-1].over.connect_to == PEER


@pytest.mark.requirement("FTP-4.1.3.3-1", "FTP-4.1.3.3-2")
def test_stat_during_a_transfer_shows_its_progress(client):
    one = begin(client, "RETR note.txt")
    for octets in (1, 3):
        one.moving.progress.octets = octets
        assert f"retrieve /home/alice/note.txt: {octets} bytes of 5 so far" in one.say("STAT")
    assert one.move().startswith("226")


@pytest.mark.requirement("FTP-4.1.2.13-10")
def test_quit_waits_for_the_end_of_a_transfer(client):
    one = begin(client, "RETR note.txt")
    assert one.say("QUIT") == ""
    assert [reply[:3] for reply in one.move().split("\r\n")] == ["226", "221"]
    assert one.talk.closed


def test_other_commands_wait_in_their_order(client):
    one = begin(client, "RETR note.txt")
    assert one.send(b"PWD\r\nNOOP\r\nSTAT /pub\r\n") == ""
    one.holding = False
    replies = one.move().split("\r\n")
    assert [reply[:3] for reply in replies if reply[:3].isdigit()] == ["226", "257", "200", "212", "212"]
    assert one.findings.count("command-during-transfer") == 3


def test_too_many_commands_during_a_transfer_end_the_session(client):
    one = begin(client, "STOR x")
    answer = one.send(b"NOOP\r\n" * 300)
    assert answer.startswith("421 ftp.homeport.test too many commands")
    assert one.talk.closed
    assert one.tree.sinks[0].state == "dropped"


def test_every_transfer_is_in_the_journal(client):
    one = client().log_in()
    one.get("RETR note.txt")
    one.get("STOR x")
    one.get("APPE x")
    one.get("LIST")
    assert [entry["what"] for entry in one.logged("file")] == ["retrieve", "store", "append", "list"]
    first = one.logged("file")[0]
    assert first == {
        "what": "retrieve", "path": "/home/alice/note.txt", "octets": 5, "seconds": 0.5, "complete": True, "reason": "",
    }  # fmt: skip
    two = begin(client, "STOR x")
    two.end("broken", "connection reset")
    assert two.logged("file")[-1] | {"seconds": 0} == {
        "what": "store", "path": "/home/alice/x", "octets": 0, "seconds": 0, "complete": False,
        "reason": "connection reset",
    }  # fmt: skip


@pytest.mark.parametrize("event", [LimitReached("session"), Stopping()])
def test_a_forced_end_discards_the_store(client, event):
    one = begin(client, "STOR note.txt")
    assert one.tell(event).startswith("421")
    assert one.talk.closed
    assert one.tree.sinks[0].state == "dropped"
    assert one.logged("file")[-1]["reason"] == "the control connection was closed"


def test_a_client_that_vanishes_leaves_the_old_file(client):
    one = begin(client, "STOR note.txt")
    one.vanish()
    assert one.tree.files[NOTE] == b"hers\n"
    assert one.tree.sinks[0].state == "dropped"


def test_a_blocking_tree_is_called_off_the_reactor(client):
    one = client(make_ftp_world(blocks=True)).log_in()
    assert "226" in one.get("STOR x")
    assert "226" in one.get("RETR x")
    assert one.downloaded == b"stored\r\n"
    assert one.get("RETR nope").startswith("550")


def test_deflate_works_both_ways(client):
    one = client().log_in()
    one.say("MODE Z")
    one.get("RETR /pub/b.bin")
    one.stores = one.downloaded
    one.get("STOR copy.bin")
    assert one.tree.files["home", "alice", "copy.bin"] == bytes(range(256))


@pytest.mark.parametrize(("command", "blamed"), [("QUIT", 0), ("USER bob", 0), ("REIN", 0), ("NOOP", 1), ("QUITE", 1)])
def test_commands_that_rfc_959_lets_wait_for_a_transfer_break_no_rule(client, command, blamed):
    one = client(holding=True).log_in()
    one.say("PASV", "RETR note.txt", command)
    assert one.findings.count("command-during-transfer") == blamed
