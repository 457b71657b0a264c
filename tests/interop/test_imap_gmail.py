"""Gmail's labels as its clients use them: IMAPClient with its own live tests, and Node's imapflow."""

from pathlib import Path

import pytest
from tests.interop.imap_mail import MULTIPART
from tests.interop.test_imap_libraries import library, run_livetest

from homeport.services.imap.options import PERSONAS

GMAIL = next(one for one in PERSONAS if one.name == "gmail-like").options
IMAPFLOW = Path(__file__).with_name("imap_gmail.js")


@pytest.fixture
def gmail(start_imap_mail):
    """A farm whose mailboxes are labels."""
    return start_imap_mail(**GMAIL)


def test_imapclients_own_live_tests_of_labels_pass(gmail, tmp_path):
    lines = run_livetest(gmail, tmp_path)
    assert sum("test_gmail_labels" in line and line.endswith("ok") for line in lines) == 2, lines


def test_imapclient_reads_and_changes_labels(gmail):
    library("imapclient")
    from imapclient import IMAPClient

    gmail.add("INBOX", [MULTIPART] * 2)
    with IMAPClient("localhost", gmail.tls, ssl_context=gmail.context(), timeout=20) as client:
        client.login("alice", "alice-pass")
        client.select_folder("INBOX")
        assert client.add_gmail_labels([1], ["Übung", "\\Starred"]) == {1: ["\\Starred", "Übung"]}
        assert client.get_gmail_labels([1, 2]) == {1: ["\\Starred", "Übung"], 2: []}
        assert client.gmail_search("label:übung has:attachment") == [1]
        assert client.find_special_folder(b"\\All") == "[Gmail]/All Mail"
        assert client.search("FLAGGED") == [1]
        client.delete_messages([1])
        client.expunge()
        client.select_folder("[Gmail]/All Mail")
        assert client.get_gmail_labels([1, 2]) == {1: ["\\Starred", "Übung"], 2: ["\\Inbox"]}


def test_imapflow_reads_and_changes_labels(node_with, run, gmail):
    gmail.add("INBOX", [MULTIPART] * 2)
    node = node_with("imapflow")
    said = run("env", f"NODE_EXTRA_CA_CERTS={gmail.ca}", node, IMAPFLOW, gmail.tls)
    assert said.decode().splitlines() == [
        "INBOX \\Inbox, [Gmail] undefined, [Gmail]/All Mail \\All, [Gmail]/Drafts \\Drafts, "
        "[Gmail]/Important undefined, [Gmail]/Sent Mail \\Sent, [Gmail]/Spam \\Junk, "
        "[Gmail]/Starred \\Flagged, [Gmail]/Trash \\Trash",
        "Foo Bar, \\Important, Übung 1152921504606846979 true",
        "thread 1,2, id 1",
        "raw 1,2",
        "has 1",
        "\\Important, Übung",
        "all mail 1",
    ]
    assert gmail.bodies("[Gmail]/Trash") == [MULTIPART]
    assert gmail.findings() == set()
