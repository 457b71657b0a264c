"""`homeport mailbox`: fill, look at and change the mailboxes that mail programs see."""

import json

import pytest
from tests.cli.test_world_objects import run, say  # noqa: F401 - fixtures

EML = "From: bob@homeport.test\nSubject: tides\n\nHigh at noon.\n"


@pytest.fixture
def letters(tmp_path):
    """Return the path of an mbox with two messages."""
    path = tmp_path / "letters.mbox"
    path.write_text(f"From x\n{EML}\nFrom y\n{EML}")
    return str(path)


def test_a_mailbox_is_filled_shown_and_changed(say, letters):  # noqa: F811 - the fixture
    assert say("mailbox", "create", "alice", "Work/2026", "--special-use", "\\Archive") == "Work/2026 created\n"
    assert say("mailbox", "add", "alice", "INBOX", letters, "--flag", "\\Seen") == f"{letters}: 2 added\n"
    first, second = say("mailbox", "show", "alice", "INBOX").splitlines()
    assert (first.split()[0], first.split()[2:]) == ("1", ["bob@homeport.test", "tides", "[\\Seen]"])
    lines = say("mailbox", "show", "alice", "INBOX", "--json").splitlines()
    assert [json.loads(line)["uid"] for line in lines] == [1, int(second.split()[0])]
    assert say("mailbox", "show", "alice", "INBOX", "--raw", "2").startswith("From: bob@homeport.test")
    assert say("mailbox", "flag", "alice", "INBOX", "1", "urgent") == "1 changed\n"
    assert say("mailbox", "flag", "alice", "INBOX", "1:*", "\\Seen", "--remove") == "2 changed\n"
    assert "[urgent]" in say("mailbox", "show", "alice", "INBOX", "--flag", "urgent")
    assert say("mailbox", "move", "alice", "INBOX", "2", "Work/2026") == "1 moved\n"
    assert say("mailbox", "expunge", "alice", "INBOX", "1:*") == "1 removed\n"
    assert say("mailbox", "rename", "alice", "Work/2026", "Play") == "Work/2026 is Play\n"
    assert say("mailbox", "renew", "alice", "Play").startswith("UIDVALIDITY ")
    assert "     1       1 unseen  Play  \\Archive\n" in say("mailbox", "list", "alice")
    assert say("mailbox", "delete", "alice", "Play") == "Play deleted\n"


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("show", "alice", "Nowhere"), 1, "there is no mailbox 'Nowhere'"),
        (("list", "mallory"), 1, "there is no person 'mallory'"),
        (("add", "alice", "INBOX", "/missing.eml"), 2, "/missing.eml: No such file"),
        (("flag", "alice", "INBOX", "1"), 2, "name a flag"),
        (("flag", "alice", "INBOX", "1", "a", "--remove", "--replace"), 2, "exclude each other"),
        (("flag", "alice", "INBOX", "x", "a"), 2, "write it as 1:3,7"),
        (("delete", "alice", "INBOX"), 2, "INBOX cannot be deleted"),
    ],
)
def test_what_cannot_be_done_is_explained(run, words, code, error):  # noqa: F811 - the fixture
    found, out, err = run("mailbox", *words)
    assert (found, out, error in err) == (code, "", True)
