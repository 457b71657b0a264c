"""Mailboxes over the API: what IMAP and POP3 show, preloaded, read, flagged, moved and deleted."""

import errno
import json
from pathlib import Path

import pytest

from homeport.control.mailbox_import import Import
from homeport.world.mail.message import Envelope, Recipient

ALICE = "/api/v1/worlds/default/mailboxes/alice"
EML = b"From: bob@homeport.test\nSubject: tides\n\nHigh at noon.\n"
MBOX = b"""From bob@homeport.test Thu Oct  1 12:30:45 2026
Subject: one
Status: RO
X-Status: F

>From the harbour.
>>From the sea.

From carol@homeport.test Fri Oct  2 00:00:00 2026 +0000
Subject: two

End.
"""


def deliver_to(mail):
    """Receive a message for Alice, on the thread of the mail."""
    body = mail.begin()
    body.write(EML)
    to = (Recipient(address="alice@homeport.test"),)
    return body.keep(Envelope(reverse_path="bob@homeport.test", recipients=to))


@pytest.fixture
def put(farm, request_of):
    """Add messages to a mailbox of Alice."""
    return lambda content, mailbox="INBOX", query="": request_of(
        farm, "PUT", f"{ALICE}/{mailbox}/messages{query}", body=content
    )


@pytest.fixture
def deliver(farm):
    """Have the farm receive a message for Alice."""
    return lambda: farm.call(lambda: deliver_to(farm.world.mail))


@pytest.fixture
def events(farm):
    """Return the events about mailboxes, without what is the same in all."""
    return lambda: [
        {name: event[name] for name in ("what", "mailbox", "uids", "flags", "to", "old") if name in event}
        for event in farm.events("mailbox")
    ]


def test_a_person_has_mailboxes(api, deliver):
    deliver()
    listed = api("GET", "/mailboxes/alice")
    assert [one["name"] for one in listed["items"]] == ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash", "All"]
    assert (listed["total"], listed["quota_limit"]) == (7, None)
    assert (listed["messages_used"], listed["messages_limit"]) == (1, None)
    inbox = api("GET", "/mailboxes/ALICE/inbox")
    assert inbox == listed["items"][0]
    assert (inbox["messages"], inbox["unseen"], inbox["uid_next"], inbox["subscribed"]) == (1, 1, 2, True)
    assert "there is no mailbox 'Nowhere'" in api("GET", "/mailboxes/alice/Nowhere", status=404)["detail"]


def test_mailboxes_are_created_renamed_and_deleted(api, events):
    made = api("PUT", "/mailboxes/alice/Work%2F2026", {"special_use": "\\Archive", "subscribed": True})
    assert (made["name"], made["special_use"], made["subscribed"]) == ("Work/2026", "\\Archive", True)
    assert api("PUT", "/mailboxes/alice/Work%2F2026")["id"] == made["id"]
    moved = api("POST", "/mailboxes/alice/Work%2F2026/rename", {"to": "Play/2026"})
    assert (moved["name"], moved["id"], moved["uid_validity"]) == ("Play/2026", made["id"], made["uid_validity"])
    raised = api("POST", "/mailboxes/alice/Play%2F2026/renew")
    assert raised["uid_validity"] > made["uid_validity"]
    assert api("DELETE", "/mailboxes/alice/Play%2F2026", status=204) is None
    assert api("DELETE", "/mailboxes/alice/Play%2F2026", status=404)["status"] == 404
    assert events() == [
        {"what": "created", "mailbox": "Work/2026"},
        {"what": "renamed", "mailbox": "Play/2026", "old": "Work/2026"},
        {"what": "renewed", "mailbox": "Play/2026"},
        {"what": "deleted", "mailbox": "Play/2026"},
    ]


def test_a_mailbox_that_cannot_be_subscribed_to_is_not_created(api, farm):
    account = farm.world.mailboxes.account("alice")
    for number in range(2000 - len(account.subscriptions)):
        account.subscribe(f"s{number}")
    assert api("PUT", "/mailboxes/alice/Work", {"subscribed": True}, status=409)["detail"].startswith("a person has at")
    assert account.find("Work") is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("DELETE", "INBOX", None, 400),
        ("DELETE", "All", None, 400),
        ("PUT", "a%2F%2Fb", {}, 400),
        ("POST", "Sent/rename", {"to": "Trash"}, 409),
        ("PATCH", "INBOX/messages", {"uids": "x", "flags": []}, 400),
        ("PATCH", "INBOX/messages/1", {"flags": ["\\Recent"]}, 400),
        ("PATCH", "INBOX/messages/9", {"flags": []}, 404),
        ("GET", "INBOX/messages/x", None, 404),
        ("POST", "INBOX/messages/move", {"uids": "1", "to": "Nowhere"}, 404),
        ("POST", "INBOX/messages/move", {"uids": "1", "to": "All"}, 400),
        ("DELETE", "All/messages", None, 400),
    ],
)
def test_what_cannot_be_done_is_refused(api, deliver, method, path, body, status):
    deliver()
    assert api(method, f"/mailboxes/alice/{path}", body, status=status)["status"] == status
    assert api("GET", "/mailboxes/alice/INBOX")["messages"] == 1


def test_messages_are_listed_and_read(api, get, farm, request_of, deliver):
    deliver()
    deliver()
    listed = api("GET", "/mailboxes/alice/INBOX/messages")
    assert [(one["uid"], one["message"], one["flags"], one["subject"], one["from"]) for one in listed["items"]] == [
        (1, "m1", [], "tides", "bob@homeport.test"),
        (2, "m2", [], "tides", "bob@homeport.test"),
    ]
    page = api("GET", "/mailboxes/alice/INBOX/messages?limit=1")
    assert (len(page["items"]), page["next"], page["total"]) == (1, 1, 2)
    assert api("GET", "/mailboxes/alice/INBOX/messages?since=1")["items"] == listed["items"][1:]
    assert api("GET", "/mailboxes/alice/INBOX/messages/2") == listed["items"][1]
    raw = request_of(farm, "GET", f"{ALICE}/INBOX/messages/2/raw")
    assert raw.body == b"Return-Path: <bob@homeport.test>\r\n" + EML
    assert raw.headers["content-type"] == "message/rfc822"


def test_an_eml_file_is_added_with_line_ends_of_mail(api, farm, request_of, put, events):
    added = put(EML, "Sent", "?flags=%5CSeen%20Work&date=2026-01-02T03:04:05Z").json
    assert added["uids"] == [1]
    entry = api("GET", "/mailboxes/alice/Sent/messages/1")
    assert (entry["message"], entry["flags"], entry["subject"]) == ("a1", ["Work", "\\Seen"], "tides")
    assert entry["internal_date"] == "2026-01-02T03:04:05.000000Z"
    assert request_of(farm, "GET", f"{ALICE}/Sent/messages/1/raw").body == EML.replace(b"\n", b"\r\n")
    assert api("GET", "/smtp/messages")["total"] == 0
    assert events() == [{"what": "appended", "mailbox": "Sent", "uids": "1"}]


def test_the_zone_of_a_date_that_a_file_is_added_with_is_kept(api, put, farm):
    put(EML, "Sent", "?date=2026-01-02T03:04:05%2B02:00")
    assert api("GET", "/mailboxes/alice/Sent/messages/1")["internal_date"] == "2026-01-02T01:04:05.000000Z"
    (entry,) = farm.world.mailboxes.account("alice").find("Sent").entries
    assert entry.zone == 120


def test_an_mbox_is_added_with_its_flags_and_dates(api, farm, request_of, put):
    assert put(MBOX).json["uids"] == [1, 2]
    one, two = api("GET", "/mailboxes/alice/INBOX/messages")["items"]
    assert (one["subject"], one["flags"], one["internal_date"]) == (
        "one",
        ["\\Flagged", "\\Seen"],
        "2026-10-01T12:30:45.000000Z",
    )
    assert (two["subject"], two["flags"], two["internal_date"]) == ("two", [], "2026-10-02T00:00:00.000000Z")
    raw = request_of(farm, "GET", f"{ALICE}/INBOX/messages/1/raw").body
    assert raw.endswith(b"\r\n\r\nFrom the harbour.\r\n>From the sea.\r\n")


def test_a_file_is_added_whole_or_not_at_all(api, put, farm):
    assert put(MBOX, query="?flags=%5CRecent").status == 400
    assert put(MBOX, "All").status == 400
    assert put(b"From x\n" + b"Subject: a\n\n\nFrom x\n" * 20_001).status == 409
    assert api("GET", "/mailboxes/alice/INBOX")["messages"] == 0
    assert farm.world.mailboxes._contents.size == 0
    assert farm.world.budget.used == 0
    assert farm.world.mail.store._contents == {}


class HeldFarm:
    """A farm whose threads and timers run when the test says so."""

    def __init__(self):
        self.reactor = self
        self.held = []

    def call_off(self, work, then):
        self.held.append(lambda: then(work(), None))

    def callLater(self, _seconds, function):
        self.held.append(function)

    def turn(self):
        held, self.held = self.held, []
        for one in held:
            one()


@pytest.mark.parametrize("turns", range(5))
def test_a_client_that_goes_away_leaves_nothing(world, turns):
    alice = world.mailboxes.account("alice")
    farm = HeldFarm()
    started = Import(farm, world, alice, alice.inbox, b"From x\nSubject: a\n\n\n" * 250, [], None)
    started.then(lambda _answer: None)
    for _ in range(turns):
        farm.turn()
    started.drop()
    while farm.held:
        farm.turn()
    kept = 250 if turns == 4 else 0
    assert (len(alice.inbox), len(world.mail.store._contents), world.budget.used) == (kept, kept, 0)


def test_many_messages_become_visible_together(api, put):
    added = put(b"From x\nSubject: a\n\nText.\n\n" * 1000).json
    assert added["uids"] == [*range(1, 1001)]
    assert api("GET", "/mailboxes/alice/INBOX")["highest_modseq"] == 2


def test_flags_are_changed_by_uids(api, deliver, events):
    for _ in range(3):
        deliver()
    change = {"uids": "2:*", "flags": ["\\seen", "Work"], "how": "add"}
    assert api("PATCH", "/mailboxes/alice/INBOX/messages", change) == {"uids": [2, 3]}
    assert api("PATCH", "/mailboxes/alice/INBOX/messages/3", {"flags": []}) == {"uids": [3]}
    assert [one["flags"] for one in api("GET", "/mailboxes/alice/INBOX/messages")["items"]] == [
        [],
        ["Work", "\\Seen"],
        [],
    ]
    assert [one["uid"] for one in api("GET", "/mailboxes/alice/INBOX/messages?flag=-%5Cseen")["items"]] == [1, 3]
    assert [one["uid"] for one in api("GET", "/mailboxes/alice/INBOX/messages?flag=work")["items"]] == [2]
    assert events() == [
        {"what": "flagged", "mailbox": "INBOX", "uids": "2:3", "flags": "+Work \\Seen"},
        {"what": "flagged", "mailbox": "INBOX", "uids": "3", "flags": ""},
    ]


def test_messages_are_moved_copied_and_removed(api, deliver, events):
    for _ in range(3):
        deliver()
    moved = api("POST", "/mailboxes/alice/INBOX/messages/move", {"uids": "2,3", "to": "Trash"})
    assert (moved["uids"], moved["new_uids"]) == ([2, 3], [1, 2])
    copied = api("POST", "/mailboxes/alice/All/messages/copy", {"uids": "1", "to": "Archive"})
    assert (copied["uids"], copied["new_uids"]) == ([1], [1])
    assert api("DELETE", "/mailboxes/alice/Trash/messages?uids=1") == {"uids": [1]}
    assert api("DELETE", "/mailboxes/alice/INBOX/messages/1") == {"uids": [1]}
    assert api("DELETE", "/mailboxes/alice/Trash/messages") == {"uids": [2]}
    assert api("GET", "/smtp/messages")["total"] == 3
    assert [event["what"] for event in events()] == ["moved", "copied", "expunged", "expunged", "expunged"]
    api("DELETE", "/smtp/messages")
    assert [one["messages"] for one in api("GET", "/mailboxes/alice")["items"]] == [0] * 7


def test_a_change_can_be_waited_for(api, deliver):
    deliver()
    api("PATCH", "/mailboxes/alice/INBOX/messages/1", {"flags": ["\\Seen"], "how": "add"})
    waited = api("GET", "/events/wait?type=mailbox&text=%2B%5CSeen&timeout=5s")
    assert (waited["timed_out"], waited["events"][0]["what"]) == (False, "flagged")


def test_a_message_that_a_failing_disk_keeps_stays_in_the_api_and_in_the_mailbox(
    start_farm, request_of, tmp_path, monkeypatch
):
    farm = start_farm("smtp", data=str(tmp_path / "data"))
    for _ in range(3):
        farm.call(lambda: deliver_to(farm.world.mail))
    listed = request_of(farm, "GET", f"{ALICE}/INBOX/messages").json
    real = Path.rename

    def fail(self, target):
        if self.name == "m2.json":
            raise OSError(errno.EIO, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    refused = request_of(farm, "DELETE", "/api/v1/worlds/default/smtp/messages/m2")
    assert (refused.status, refused.json["detail"]) == (
        507,
        "messages cannot be deleted: Input/output error; 0 were deleted before",
    )
    assert request_of(farm, "GET", f"{ALICE}/INBOX/messages").json == listed
    refused = request_of(farm, "DELETE", "/api/v1/worlds/default/smtp/messages")
    assert refused.json["detail"] == "messages cannot be deleted: Input/output error; 1 were deleted before"
    monkeypatch.undo()
    assert [one["uid"] for one in request_of(farm, "GET", f"{ALICE}/INBOX/messages").json["items"]] == [2, 3]
    assert request_of(farm, "DELETE", "/api/v1/worlds/default/smtp/messages").json == {"deleted": 2}


def test_answers_wait_for_the_disk(start_farm, request_of, tmp_path):
    farm = start_farm("smtp", data=str(tmp_path / "data"))
    assert request_of(farm, "PUT", f"{ALICE}/Sent/messages", body=EML).json["uids"] == [1]
    body = json.dumps({"flags": ["\\Seen"]})
    assert request_of(farm, "PATCH", f"{ALICE}/Sent/messages/1", body=body).status == 200
    assert farm.world.mailboxes.unsettled is None
    farm.stop()
    farm = start_farm("smtp", data=str(tmp_path / "data"))
    assert request_of(farm, "GET", f"{ALICE}/Sent/messages/1").json["flags"] == ["\\Seen"]
    assert request_of(farm, "GET", f"{ALICE}/Sent/messages/1/raw").body == EML.replace(b"\n", b"\r\n")
