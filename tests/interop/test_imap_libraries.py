"""IMAP libraries: Python's imaplib, IMAPClient, imap-tools and aioimaplib, Node's imapflow, Perl's Mail::IMAPClient."""

import asyncio
import datetime
import imaplib
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.interop.conftest import lacking
from tests.interop.imap_mail import MULTIPART

IMAPFLOW = Path(__file__).with_name("imap_flow.js")
MAIL_IMAPCLIENT = Path(__file__).with_name("imap_client.pl")
LIVETEST = """\
[DEFAULT]
host = localhost
port = {port}
username = alice
password = alice-pass
ssl = True
ssl_ca_file = {ca}
"""
MOMENT = datetime.datetime(2026, 10, 14, 20, tzinfo=datetime.UTC)


def library(name: str):
    """Return a client, an imported module."""
    try:
        return __import__(name)
    except ImportError:
        lacking(f"Python does not find {name}")


# imaplib


def test_imaplib_manages_mailboxes_and_messages(imap_mail):
    with imaplib.IMAP4("localhost", imap_mail.starttls, timeout=20) as client:
        client.starttls(imap_mail.context())
        client.login("alice", "alice-pass")
        assert client.create("Work/Sub")[0] == client.rename("Work/Sub", "Work/Other")[0] == "OK"
        assert client.list('""', "Work/%") == ("OK", [b'(\\HasNoChildren) "/" Work/Other'])
        assert client.setacl("Work/Other", "bob", "lr")[0] == "OK"
        assert client.getacl("Work/Other") == ("OK", [b"Work/Other alice lrswipkxteacd bob lr"])
        assert client.myrights("All") == ("OK", [b"All lrsw"])
        client.subscribe("Work/Other")
        assert client.lsub('""', "Work*") == ("OK", [b'() "/" Work/Other'])
        for number in range(3):
            when = imaplib.Time2Internaldate(1_792_008_000 + number)
            client.append("Work/Other", r"(\Flagged $Label)", when, MULTIPART)
        assert client.select("Work/Other") == ("OK", [b"3"])
        client.literal = "grüße".encode()
        assert client.search("UTF-8", "SUBJECT") == ("OK", [b"1 2 3"])
        assert client.sort("(REVERSE ARRIVAL)", "UTF-8", "KEYWORD", "$Label") == ("OK", [b"3 2 1"])
        assert client.thread("REFERENCES", "UTF-8", "ALL")[0] == "OK"
        assert client.fetch("1", "(BODY.PEEK[1] BODY[2]<1.2>)") == (
            "OK",
            [(b"1 (BODY[1] {5}", b"hello"), (b" BODY[2]<1> {2}", b"Sx"), rb" FLAGS (\Flagged \Seen $Label \Recent))"],
        )
        assert client.store("1,3", "+FLAGS.SILENT", r"(\Deleted)")[0] == "OK"
        assert client.expunge() == ("OK", [b"1", b"2"])
        assert client.copy("1", "INBOX")[0] == "OK"
        assert client.unselect()[0] == "OK"
        assert client.status("INBOX", "(MESSAGES UNSEEN)") == ("OK", [b"INBOX (MESSAGES 1 UNSEEN 1)"])
    assert imap_mail.bodies() == [MULTIPART]
    assert imap_mail.flags() == [{"\\Flagged", "$Label"}]
    assert imap_mail.findings() == set()


def test_imaplib_authenticates_and_reports_a_wrong_password(imap_mail):
    def connect():
        return imaplib.IMAP4_SSL("localhost", imap_mail.tls, ssl_context=imap_mail.context(), timeout=20)

    with connect() as client:
        client.login_cram_md5("alice", "alice-pass")
    with connect() as client:
        client.authenticate("PLAIN", lambda _challenge: b"\0alice\0alice-pass")
    with connect() as client, pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        client.login("alice", "wrong")
    assert imap_mail.logins() == [("CRAM-MD5", "OK"), ("PLAIN", "OK"), ("LOGIN", "NO")]
    assert imap_mail.findings() == set()


# IMAPClient

KNOWN = {
    "test_getacl": "uses its settings as a dict, which they are not; Dovecot announces no ACL, so it is skipped there",
    "test_fetch": "compares an envelope, which is no sequence, by assertSequenceEqual; with and without UIDs",
    "test_move": "needs MOVE without UIDs, which imaplib does not know before Python 3.14",
    "test_small_connection_timeout_fail": "expects that connecting takes over 1 ms",
    "test_small_read_timeout_fail": "expects that no answer comes within 10 microseconds, and poll waits for 1 ms",
}
"""Live tests of IMAPClient that may fail, and why; with Dovecot they fail or are skipped too."""


def test_imapclient_reads_and_changes_rights(imap_mail):
    imapclient = library("imapclient")
    with imapclient.IMAPClient("localhost", imap_mail.tls, ssl_context=imap_mail.context(), timeout=20) as client:
        client.login("alice", "alice-pass")
        assert client.getacl("Sent") == [(b"alice", b"lrswipkxteacd")]
        client.setacl("Sent", "alice", "lr")
        client.setacl("Sent", "bob", "+i")
        assert client.getacl("Sent") == [(b"alice", b"lra"), (b"bob", b"i")]
        with pytest.raises(imapclient.exceptions.IMAPClientError, match="NOPERM"):
            client.append("Sent", b"Subject: no\r\n\r\n")


def run_livetest(farm, tmp_path):
    """Run IMAPClient's own live tests; return the lines that they print, after a check that only known ones failed."""
    library("imapclient")
    settings = tmp_path / "alice.ini"
    settings.write_text(LIVETEST.format(port=farm.tls, ca=farm.ca))
    done = subprocess.run(
        [sys.executable, "-m", "imapclient.livetest", settings, "-v"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stderr.splitlines()
    failed = {line.partition(": ")[2].split()[0] for line in lines if line.startswith(("FAIL: ", "ERROR: "))}
    assert failed <= set(KNOWN), done.stderr
    return lines


def test_imapclients_own_live_tests_pass_as_with_dovecot(imap_mail, tmp_path):
    lines = run_livetest(imap_mail, tmp_path)
    skipped = sum("... skipped" in line for line in lines)
    assert (any(line.startswith("Ran 59 tests") for line in lines), skipped) == (True, 6), lines
    # Each is what a test is for, but for the dates that it does not send.
    assert imap_mail.findings() <= {
        "append-no-date",
        "bad-sequence",
        "certificate-doubted",
        "close-expunges",
        "rfc822-items",
        "select-again",
        "status-of-selected",
    }


# imap-tools


def test_imap_tools_reads_flags_moves_and_waits(imap_mail):
    tools = library("imap_tools")
    with tools.MailBox("localhost", imap_mail.tls, ssl_context=imap_mail.context(), timeout=20).login(
        "alice", "alice-pass"
    ) as client:
        for seen in ([tools.MailMessageFlags.SEEN], []):
            client.append(MULTIPART, "INBOX", dt=MOMENT, flag_set=seen)
        messages = list(client.fetch(tools.AND(seen=False), mark_seen=False))
        assert [(one.uid, one.subject, one.text, one.size_rfc822) for one in messages] == [
            ("2", "Grüße", "hello", len(MULTIPART))
        ]
        assert [(one.filename, one.payload) for one in messages[0].attachments] == [("a.csv", b"a,b")]
        assert client.uids(tools.OR(seen=True, flagged=True)) == ["1"]
        client.flag(["1", "2"], "$Tag", True)
        client.move("1", "Archive")
        client.folder.create("Neu/Über")
        assert [one.name for one in client.folder.list("Neu")] == ["Neu", "Neu/Über"]
        with client.idle as idle:
            imap_mail.deliver()
            assert idle.poll(timeout=20)[0] == b"* 2 EXISTS"
    assert imap_mail.flags("Archive") == [{"\\Seen", "$Tag"}]
    assert imap_mail.names() == ["Neu", "Neu/Über"]
    assert imap_mail.findings() == set()


# aioimaplib


def test_aioimaplib_idles_and_moves(imap_mail):
    aioimaplib = library("aioimaplib")
    imap_mail.add("INBOX", [MULTIPART])

    async def use() -> None:
        client = aioimaplib.IMAP4_SSL("localhost", imap_mail.tls, ssl_context=imap_mail.context(), timeout=20)
        await client.wait_hello_from_server()
        await client.login("alice", "alice-pass")
        await client.enable("CONDSTORE")
        await client.select("INBOX")
        idle = await client.idle_start(timeout=20)
        sender = threading.Thread(target=imap_mail.deliver)
        sender.start()
        assert (await client.wait_server_push())[0] == b"2 EXISTS"
        client.idle_done()
        assert (await idle).result == "OK"
        sender.join()
        assert bytes((await client.uid("fetch", "1", "BODY.PEEK[]")).lines[1]) == MULTIPART
        assert (await client.uid("move", "1", "Trash")).result == "OK"
        assert (await client.uid_search("ALL")).lines[0] == b"2"
        await client.logout()

    asyncio.run(use())
    assert imap_mail.bodies("Trash") == [MULTIPART]
    assert imap_mail.findings() == set()


# imapflow


@pytest.mark.parametrize("listener", ["starttls", "tls"])
def test_imapflow_uses_qresync_and_utf8(node_with, run, imap_mail, listener):
    imap_mail.add("INBOX", [MULTIPART] * 3)
    said = run(
        "env",
        f"NODE_EXTRA_CA_CERTS={imap_mail.ca}",
        node_with("imapflow"),
        IMAPFLOW,
        getattr(imap_mail, listener),
        listener,
    )
    assert said.decode().splitlines() == [
        "CONDSTORE IMAP4REV2 QRESYNC UTF8=ACCEPT",
        "All \\All, Archive \\Archive, Drafts \\Drafts, INBOX \\Inbox, Junk \\Junk, Sent \\Sent, Trash \\Trash",
        "1 Grüße multipart/mixed 2 \\Flagged",
        "text/csv a,b",
        "unseen 2,3, subject 1,2,3",
        "vanished 2",
        "moved 2 to 1",
        "flags 1 \\Seen",
    ]
    assert imap_mail.names() == ["Projekte", "Projekte/Neu"]
    assert imap_mail.bodies("Projekte/Neu") == [MULTIPART]
    assert imap_mail.commands("COMPRESS") == 1
    assert imap_mail.findings() == set()


# Mail::IMAPClient


def test_perls_client_uses_its_commands(client, run, imap_mail):
    perl = client("perl")
    modules = ("-MMail::IMAPClient", "-MMail::IMAPClient::BodyStructure", "-MIO::Socket::SSL")
    if subprocess.run([perl, *modules, "-e", "1"], capture_output=True, check=False).returncode:
        lacking("there is no Mail::IMAPClient (libmail-imapclient-perl)")
    imap_mail.deliver(MULTIPART)
    said = run(perl, MAIL_IMAPCLIENT, imap_mail.starttls, imap_mail.ca).decode().splitlines()
    assert said == [
        "created P/Q",
        "appended 1",
        "selected 1",
        "text one",
        "searched 1",
        "copied 1",
        "parts 2",
        "annotated two words",
        "rights lr of lrswipkxteacd",
        "expunged 0",
    ]
    assert imap_mail.names() == ["P"]
    assert len({*imap_mail.bodies("P")}) == 1 < len(imap_mail.bodies("P"))
    assert imap_mail.commands("COMPRESS") == 1
    assert imap_mail.flags() == [{"\\Flagged"}]
    assert imap_mail.findings() == {"status-of-selected"}  # its message_count
