"""Planned faults, and faults that clients request by path, user name or SITE."""

import pytest
from services.ftp.conftest import make_ftp_world

from homeport.protocol.faults import Do, Limit, Match, Plain, Plan
from homeport.protocol.faults import Reply as ReplyFault


def plan(world, verb: str, do: Do, **rest) -> None:
    """Plan a fault of a command."""
    world.faults.add(Plan(service="ftp", match=Match(verb=verb), do=do, **rest))


@pytest.fixture
def wishing(client):
    """Open a connection that may request faults."""
    world = make_ftp_world()
    world.faults.by_client = True
    return client(world).log_in()


def test_a_planned_reply_replaces_the_command(client):
    one = client().log_in()
    plan(one.world, "DELE", Do(reply=ReplyFault(450, "the file is busy")))
    assert one.say("DELE note.txt") == "450 the file is busy"
    assert ("home", "alice", "note.txt") in one.tree.files
    assert one.say("DELE note.txt").startswith("250")


def test_the_greeting_can_refuse(client):
    world = make_ftp_world()
    plan(world, "CONNECT", Do(reply=ReplyFault(421, "not today")))
    one = client(world)
    assert one.greeting == "421 not today"
    assert one.talk.closed


def test_a_fault_of_a_transfer_acts_on_its_data(client):
    one = client().log_in()
    plan(one.world, "RETR", Do(limit=Limit(3, reset=True)))
    replies = one.get("RETR note.txt").split("\r\n")
    assert [reply[:3] for reply in replies] == ["150", "226"]  # the driver carries it out, and there is none
    assert one.faults == ["limit"]


def test_a_fault_of_a_refused_transfer_acts_on_its_reply(client):
    one = client().log_in()
    plan(one.world, "RETR", Do(close=Plain()))
    one.get("RETR nope")
    assert one.faults == []


def test_clients_request_faults_by_path(wishing):
    assert wishing.get("RETR /fault/reply-550/x") == "550 as planned by a fault"
    for name, kind in (("reset-after-1000", "limit"), ("slow-1000", "bandwidth"), ("hang", "hang"), ("reset", "reset")):
        assert "150" in wishing.get(f"RETR /fault/{name}/note.txt")
        assert wishing.faults.pop() == kind
        assert wishing.downloaded == b"hers\n"


def test_a_missing_file_gets_generated_content(wishing):
    wishing.get("RETR /fault/slow-1000/x")
    assert len(wishing.downloaded) == 100_000
    assert wishing.get("RETR x").startswith("550")


def test_truncate_lies_about_the_file(wishing):
    assert "226" in wishing.get("RETR /fault/truncate-2/note.txt")
    assert wishing.downloaded == b"he"
    assert "226" in wishing.get("STOR /fault/truncate-3/y")
    assert wishing.tree.files["home", "alice", "y"] == b"sto"


def test_no_226_omits_the_final_reply(wishing):
    answer = wishing.get("RETR /fault/no-226/note.txt")
    assert [reply[:3] for reply in answer.split("\r\n")] == ["150"]
    assert wishing.logged("command")[-1]["code"] == ""
    assert wishing.say("NOOP").startswith("200")


def test_a_path_below_fault_with_an_unknown_name_is_refused(wishing):
    assert wishing.get("RETR /fault/frob/x").startswith("501 unknown fault 'frob'")
    assert "did you mean 'truncate-500'?" in wishing.get("RETR /fault/trunkate-500/x")
    assert "did you mean 'reset-after-1000'?" in wishing.get("RETR /fault/rest-after-9/x")
    assert wishing.get("RETR /fault/reply-999/x").startswith("501 do.reply.code: FTP has no reply 999")
    assert wishing.say("CWD /fault/reply-451//pub") == "451 as planned by a fault"
    assert wishing.say("CWD /fault/slow-10//pub").startswith("250")


def test_clients_request_faults_by_user_name_and_by_site(wishing):
    assert wishing.say("SITE FAULT reply-452").startswith("200")
    assert wishing.say("MKD x") == "452 as planned by a fault"
    assert wishing.say("MKD x").startswith("257")
    assert wishing.say("SITE FAULT frob").startswith("501")
    assert "did you mean 'hang'?" in wishing.say("SITE FAULT hnag")
    assert wishing.say("USER hnag@fault.test").startswith("530 there is no fault 'hnag'; did you mean 'hang'?")
    assert wishing.say("USER reply-530@fault.test") == "530 as planned by a fault"


def test_clients_may_request_faults_only_if_enabled(client):
    one = client().log_in()
    assert one.say("SITE FAULT hang").startswith("502")
    assert one.get("RETR /fault/reply-451/x").startswith("550")
