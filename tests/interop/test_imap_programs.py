"""IMAP programs: curl, mbsync, OfflineIMAP, fetchmail, getmail, mutt and NeoMutt."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nightly import NIGHTLY
from tests.interop.imap_mail import MULTIPART, ImapMail
from tests.interop.smtp_post import LETTER

MESSAGES = 5_000 if NIGHTLY else 300
"""Number of messages that mbsync synchronizes."""
MBSYNC = """\
IMAPStore far
Host localhost
Port {port}
User alice
Pass alice-pass
SSLType IMAPS
CertificateFile {ca}

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel mail
Far :far:
Near :near:
Patterns * !All
Create Both
Remove Both
Expunge Both
SyncState *
"""
OFFLINEIMAP = """\
[general]
accounts = alice
metadata = {folder}/state
ui = basic
[Account alice]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {folder}/mail
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = alice
remotepass = alice-pass
ssl = yes
sslcacertfile = {ca}
folderfilter = lambda name: name != "All"
"""
GETMAIL = """\
[retriever]
type = SimpleIMAPSSLRetriever
server = localhost
port = {port}
username = alice
password = alice-pass
mailboxes = ("INBOX",)
ca_certs = {ca}
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat >>{folder}/got")
allow_root_commands = true
[options]
read_all = false
delete = {delete}
"""


@pytest.fixture
def configured(imap_mail: ImapMail, tmp_path: Path) -> Callable[..., Path]:
    """Write a client's settings, private as some clients require: `configured(TEMPLATE)`."""

    def write(template: str, *, port: int | None = None, **more: str) -> Path:
        path = tmp_path / "settings"
        path.write_text(template.format(port=port or imap_mail.tls, ca=imap_mail.ca, folder=tmp_path, **more))
        path.chmod(0o600)
        return path

    return write


# curl


@pytest.fixture
def curl(client, run, imap_mail) -> Callable[..., bytes]:
    """Run curl on a path of alice's mail, over implicit TLS: `curl("INBOX;UID=1")`."""

    def fetch(path: str, *options: object) -> bytes:
        common = ("-sS", "--cacert", imap_mail.ca, "--user", "alice:alice-pass")
        return run(client("curl"), *common, *options, f"imaps://localhost:{imap_mail.tls}/{path}")

    return fetch


def test_curl_lists_reads_searches_and_appends(curl, imap_mail, letter_file):
    imap_mail.deliver(LETTER, MULTIPART)
    assert b'* LIST (\\HasNoChildren) "/" INBOX\r\n' in curl("")
    assert curl("INBOX?SUBJECT%20dots") == b"* SEARCH 1\r\n"
    assert curl("INBOX;UID=1").endswith(LETTER)
    assert curl("INBOX;MAILINDEX=2;SECTION=1") == b"hello"
    assert curl("INBOX", "-X", "STORE 1 +FLAGS.SILENT (\\Deleted)") == b""
    assert curl("INBOX", "-X", "EXPUNGE") == b"* 1 EXPUNGE\r\n"
    curl("Sent", "-T", letter_file)
    assert imap_mail.bodies("Sent") == [LETTER]
    assert imap_mail.findings() == {"append-no-date"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_curl_authenticates_under_starttls(client, run, imap_mail, mechanism):
    options = ("-sS", "--ssl-reqd", "--cacert", imap_mail.ca, "--login-options", f"AUTH={mechanism}")
    url = f"imap://localhost:{imap_mail.starttls}/"
    run(client("curl"), *options, "--user", "alice:alice-pass", url, "-X", "NOOP")
    assert imap_mail.logins() == [(mechanism, "OK")]


# mbsync


class Maildirs:
    """Maildirs that mbsync keeps like alice's mailboxes."""

    def __init__(self, mail: ImapMail, folder: Path, synchronize: Callable[[], None]) -> None:
        self._mail = mail
        self._folder = folder
        self._synchronize = synchronize

    def fill(self, name: str, count: int) -> None:
        """Make a mailbox in which every other message is read, and every fifth flagged."""
        for part in ("cur", "new", "tmp"):
            (self._folder / name / part).mkdir(parents=True)
        for number in range(count):
            marks = "F" * (number % 5 == 0) + "S" * (number % 2)
            text = f"Subject: number {number}\nMessage-ID: <{number}@homeport.test>\n\n.\n" + "x" * (number % 2000)
            (self._folder / name / "cur" / f"{number}.host:2,{marks}").write_text(text + "\n")

    def files(self, name: str = "INBOX") -> list[Path]:
        """Return the messages of a mailbox."""
        return [path for part in ("cur", "new") for path in (self._folder / name / part).iterdir()]

    def states(self, name: str = "INBOX") -> list[tuple[bytes, str]]:
        """Return content and flags of the messages of a mailbox, sorted, without the client's own header field."""
        found = [(path.read_bytes(), path.name.partition(":2,")[2]) for path in self.files(name)]
        return sorted((re.sub(rb"X-TUID: .*\n", b"", content), marks) for content, marks in found)

    def synchronize(self) -> tuple[int, int, int]:
        """Run mbsync; return its numbers of APPEND, STORE and FETCH of a message."""
        since = self._mail.farm.call(lambda: self._mail.farm.world.journal.seq)
        self._synchronize()
        commands = [(one["verb"].split()[-1], one["argument"]) for one in self._mail.farm.events("command", since)]
        return (
            sum(verb == "APPEND" for verb, _argument in commands),
            sum(verb == "STORE" for verb, _argument in commands),
            sum(verb == "FETCH" and "BODY" in argument for verb, argument in commands),
        )


@pytest.fixture
def maildirs(client, run, tmp_path) -> Callable[[ImapMail], Maildirs]:
    """Prepare mbsync for a farm."""
    path = client("mbsync")

    def prepare(mail: ImapMail) -> Maildirs:
        settings = tmp_path / "mbsyncrc"
        settings.write_text(MBSYNC.format(port=mail.tls, ca=mail.ca, folder=tmp_path / "near"))
        return Maildirs(mail, tmp_path / "near", lambda: run(path, "-q", "-c", settings, "mail", timeout=300))

    return prepare


@pytest.mark.parametrize("stored", [False, True], ids=["in memory", "on disk"])
def test_mbsync_keeps_both_sides_alike(maildirs, start_imap_mail, tmp_path, stored):
    mail = start_imap_mail(data=str(tmp_path / "data") if stored else "")
    near = maildirs(mail)
    near.fill("INBOX", MESSAGES)
    near.fill("Lists", 1)
    assert near.synchronize() == (MESSAGES + 1, 0, 0)
    assert near.synchronize() == (0, 0, 0)
    assert mail.names() == ["Lists"]
    before = near.states()
    assert sorted(re.sub(rb"X-TUID: .*\r\n", b"", one).replace(b"\r\n", b"\n") for one in mail.bodies()) == [
        content for content, _marks in before
    ]
    assert sum("\\Seen" in flags for flags in mail.flags()) == sum("S" in marks for _content, marks in before)
    assert sum("\\Flagged" in flags for flags in mail.flags()) == sum("F" in marks for _content, marks in before)

    mail.deliver(MULTIPART)
    mail.change("INBOX", range(1, 51), {"\\Answered"})
    mail.expunge("INBOX", range(51, 101))
    assert near.synchronize() == (0, 0, 1)
    assert len(near.files()) == MESSAGES - 50 + 1
    assert sum("R" in marks for _content, marks in near.states()) == 50
    assert near.synchronize() == (0, 0, 0)

    for path in sorted(near.files())[:20]:
        path.unlink()
    assert near.synchronize()[::2] == (0, 0)
    assert len(mail.flags()) == MESSAGES - 50 + 1 - 20
    assert near.synchronize() == (0, 0, 0)
    assert mail.commands("COMPRESS") > 0
    assert mail.findings() <= {"append-no-date", "close-expunges"}


# OfflineIMAP


def test_offlineimap_keeps_both_sides_alike(client, run, imap_mail, configured, tmp_path):
    command = (client("offlineimap"), "-o", "-c", configured(OFFLINEIMAP))
    imap_mail.deliver(LETTER, MULTIPART)
    run(*command)
    assert len(list((tmp_path / "mail" / "INBOX" / "new").iterdir())) == 2
    for part in ("cur", "new", "tmp"):
        (tmp_path / "mail" / "Own" / part).mkdir(parents=True)
    (tmp_path / "mail" / "Own" / "cur" / "1.host:2,FS").write_bytes(MULTIPART.replace(b"\r\n", b"\n"))
    run(*command)
    assert imap_mail.bodies("Own") == [MULTIPART]
    assert imap_mail.flags("Own") == [{"\\Flagged", "\\Seen"}]
    appended = imap_mail.commands("APPEND")
    run(*command)
    assert (appended, imap_mail.commands("APPEND"), len(imap_mail.flags())) == (1, 1, 2)
    assert imap_mail.findings() == set()


# fetchmail and getmail


def test_fetchmail_takes_what_is_new_and_removes_it(client, run, fails, imap_mail, configured, tmp_path):
    settings = "poll localhost service {port} protocol imap user alice password alice-pass\n"
    settings += 'ssl sslcertfile {ca} sslcertck mda "cat >>{folder}/got"\n'
    command = (
        client("fetchmail"),
        "-f",
        configured(settings),
        "--nodetach",
        "--nosyslog",
        "--pidfile",
        tmp_path / "pid",
    )
    imap_mail.deliver(LETTER, MULTIPART)
    run(*command, "--keep")
    assert (tmp_path / "got").read_bytes().count(b"\nSubject: ") == 2
    assert imap_mail.flags() == [{"\\Seen"}] * 2
    run(*command, "--fetchall", "--nokeep")
    assert imap_mail.flags() == []
    assert fails(*command) == 1  # no mail
    assert imap_mail.findings() == {"rfc822-items"}


def test_getmail_takes_each_message_once_and_removes_it_on_request(client, run, imap_mail, configured, tmp_path):
    command = (client("getmail"), "--getmaildir", tmp_path, "--rcfile", "settings")
    configured(GETMAIL, delete="false")
    imap_mail.deliver(LETTER, MULTIPART)
    assert b"2 messages" in run(*command)
    assert b"0 messages" in run(*command)
    configured(GETMAIL.replace("read_all = false", "read_all = true"), delete="true")
    run(*command)
    assert (tmp_path / "got").read_bytes().count(b"\nSubject: ") == 4
    assert imap_mail.flags() == []
    assert imap_mail.findings() == set()


# mutt and NeoMutt


@pytest.mark.parametrize("program", ["mutt", "neomutt"])
def test_a_reader_on_a_terminal_copies_flags_and_deletes(client, run_on_terminal, imap_mail, tmp_path, program):
    imap_mail.deliver(LETTER, MULTIPART)
    place = f"imaps://alice@localhost:{imap_mail.tls}/"
    settings = tmp_path / "muttrc"
    settings.write_text(
        f'set folder="{place}" spoolfile="{place}INBOX" imap_pass="alice-pass" certificate_file="{imap_mail.ca}"\n'
        "set delete=yes confirmappend=no move=no wait_key=no quit=yes imap_idle=yes mark_old=no copy=no\n"
    )
    keys = "<first-entry><display-message><exit><copy-message>=Archive<enter><next-entry><flag-message>"
    keys += "<first-entry><delete-message><sync-mailbox><change-folder>=Archive<enter><quit>"
    run_on_terminal(client(program), "-n", "-F", settings, "-e", f'push "{keys}"')
    assert imap_mail.flags() == [{"\\Flagged"}]
    assert imap_mail.flags("Archive") == [{"\\Seen"}]
    assert imap_mail.bodies("Archive")[0].endswith(LETTER)
    assert imap_mail.findings() <= {"no-logout"}
