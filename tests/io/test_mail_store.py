"""Mail on disk: after a crash at any moment, every acknowledged message is there, and nothing else."""

import errno
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from mailbox import Maildir
from pathlib import Path

import pytest

from homeport.disk.mail_store import MAX_NAME_BYTES, DiskStore, folder_name
from homeport.world.journal import JournalOptions
from homeport.world.mail.contents import MailContents, MailList
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.mail.store import FolderError, MessageGone
from homeport.world.world import World, WorldContents

SERVERS = Path(__file__).parents[2] / "servers"
CONTENT = b"Subject: tides\r\n\r\nHigh at noon.\r\n"
TRACE = b"Received: from a\r\n\tby b; date\r\n"
KILLS = int(os.environ.get("HOMEPORT_TEST_KILLS", "6"))
"""Number of times the writer is killed; few in the suite, more in a longer run."""

WRITER = """
import os, sys, time
from pathlib import Path
from homeport.disk.mail_store import DiskStore
from homeport.world.journal import JournalOptions
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.world import World, WorldContents

mail = World("w", WorldContents(), JournalOptions(), time.time, mail_store=DiskStore(Path(sys.argv[1]))).mail
names = ["alice", "crew", "tides", "smith"]
for turn in range(10**9):
    body = mail.begin()
    body.write(b"Subject: %d\\r\\n\\r\\n" % turn)
    body.write(b"%d\\r\\n" % turn * (turn * 7919 % 4000))
    to = Recipient(address=names[turn % 4] + "@example.org")
    body.keep(Envelope(reverse_path="bob@example.org", recipients=(to,), received=b"Received: x\\r\\n"))
    os.write(1, b"%s %d %d\\n" % (body.id.encode(), turn, body.size))
"""


@pytest.fixture
def open_mail():
    """Open a world's mail in a folder, until the test ends or it is closed."""
    stores = []

    def make(folder, **contents):
        stores.append(DiskStore(folder))
        configured = WorldContents(mail=MailContents(**contents))
        return World("w", configured, JournalOptions(), time.time, mail_store=stores[-1]).mail

    yield make
    for store in stores:
        store.close()


def keep(mail, *recipients, content=CONTENT, sender="bob@example.org"):
    """Store a message, and return it."""
    body = mail.begin()
    body.write(content)
    to = tuple(Recipient(address=one) for one in recipients)
    return mail.get(body.keep(Envelope(reverse_path=sender, recipients=to, received=TRACE, peer=("::1", 5))))


def files(folder):
    """Return every file below a folder except the lock and the version."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("lock", "format")
    )


def test_a_message_is_in_a_maildir_and_stored_as_received(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    message = keep(mail, "alice@example.org")
    (delivered,) = (tmp_path / "alice@example.org" / "new").iterdir()
    assert delivered.read_bytes() == b"Return-Path: <bob@example.org>\r\n" + TRACE + CONTENT
    assert delivered.read_bytes() == mail.delivered(message, "alice@example.org")
    assert (tmp_path / "envelopes" / "m1.eml").read_bytes() == mail.raw(message) == CONTENT
    assert mail.raw(message, 8) == CONTENT[:8]
    assert len(files(tmp_path)) == 3


def test_the_standard_librarys_maildir_reads_it(open_mail, tmp_path):
    keep(open_mail(tmp_path), "alice@example.org")
    (message,) = Maildir(tmp_path / "alice@example.org", create=False)
    assert message["Subject"] == "tides"
    assert message["Return-Path"] == "<bob@example.org>"


def test_mailboxes_share_one_file_for_each_return_path(open_mail, tmp_path):
    lists = [MailList(name="tides", owner="operator", members=("carol", "dave"))]
    mail = open_mail(tmp_path, lists=lists)
    keep(mail, "alice@example.org", "bob@example.org", "tides@example.org")
    inodes = {name: next((tmp_path / f"{name}@example.org" / "new").iterdir()).stat().st_ino for name in
              ("alice", "bob", "carol", "dave")}  # fmt: skip
    assert inodes["alice"] == inodes["bob"] != inodes["carol"] == inodes["dave"]


def test_messages_survive_a_restart(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    kept = [keep(mail, "alice@example.org", content=b"%d" % number) for number in range(12)]
    mail.remove("m3")
    mail.store.close()
    again = open_mail(tmp_path)
    assert list(again.messages()) == [message for message in kept if message.id != "m3"]
    assert again.raw(again.get("m12")) == b"11"
    assert again.mailbox("alice@example.org")[-1].envelope.peer == ("::1", 5)
    new = keep(again, "alice@example.org")
    assert (new.id, new.number) == ("m13", 13)


def test_marks_survive_a_restart(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    for _ in range(2):
        keep(mail, "alice@example.org")
    mail.store.update(mail.mark(mail.get("m1"), read=True))
    mail.store.close()
    assert [message.read for message in open_mail(tmp_path).messages()] == [True, False]


def test_a_mark_of_a_deleted_message_leaves_nothing_behind(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    marked = mail.mark(keep(mail, "alice@example.org"), read=True)
    mail.remove("m1")
    mail.store.update(marked)
    assert files(tmp_path) == []
    assert mail.mark(marked, read=False).read is False
    assert len(mail) == 0


def test_no_identifier_is_reused_after_all_messages_were_removed(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    for _ in range(3):
        keep(mail, "alice@example.org")
    mail.reset()
    mail.store.close()
    again = open_mail(tmp_path)
    assert len(again) == 0
    new = keep(again, "alice@example.org")
    assert (new.id, new.number) == ("m4", 4)


def test_the_oldest_are_not_dropped_from_disk(open_mail, tmp_path):
    mail = open_mail(tmp_path, messages=1, size=1)
    for _ in range(3):
        keep(mail, "alice@example.org")
    assert len(mail) == 3


def test_an_empty_message_is_stored(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    assert mail.raw(keep(mail, "alice@example.org", content=b"")) == b""


def test_removed_messages_are_gone_from_mailboxes_read_or_not(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    for _ in range(3):
        keep(mail, "alice@example.org", "bob@example.org")
    box = tmp_path / "alice@example.org"
    read = min((box / "new").iterdir())
    read.rename(box / "cur" / f"{read.name}:2,S")
    mail.remove("m1")
    assert (len(files(tmp_path)), len(list((box / "cur").iterdir()))) == (8, 0)
    mail.reset()
    assert files(tmp_path) == []


def test_a_message_deleted_by_a_mail_program_stays_in_the_api(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    next((tmp_path / "alice@example.org" / "new").iterdir()).unlink()
    mail.store.close()
    again = open_mail(tmp_path)
    assert again.raw(again.get("m1")) == CONTENT
    assert list((tmp_path / "alice@example.org" / "new").iterdir()) == []


def test_a_message_whose_file_is_missing_raises(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    message = keep(mail, "alice@example.org")
    (tmp_path / "envelopes" / "m1.eml").unlink()
    with pytest.raises(MessageGone):
        mail.raw(message)


def test_a_dropped_message_leaves_no_file(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    body = mail.begin()
    body.write(CONTENT)
    assert files(tmp_path) == ["tmp/0"]
    body.drop()
    body.drop()
    assert files(tmp_path) == []


def test_leftovers_are_removed_and_deliveries_finished(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    box = tmp_path / "alice@example.org"
    (new,) = (box / "new").iterdir()
    new.rename(box / "tmp" / new.name)
    (box / "tmp" / new.name.replace("Qm1", "Qm2")).write_text("of a message that was never committed")
    (box / "tmp" / "1.2.other-program").write_text("delivered by another program")
    (tmp_path / "tmp" / "7").write_text("half")
    (tmp_path / "envelopes" / "m2.json").write_text("{}")
    mail.store.close()
    again = open_mail(tmp_path)
    assert [message.id for message in again.messages()] == ["m1"]
    assert files(tmp_path) == sorted(
        [
            f"alice@example.org/new/{new.name}",
            "alice@example.org/tmp/1.2.other-program",
            "envelopes/m1.eml",
            "envelopes/m1.json",
        ]
    )


def test_an_unreadable_envelope_is_left_alone(open_mail, tmp_path, caplog):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    (tmp_path / "envelopes" / "m1.json").write_text("?")
    mail.store.close()
    assert len(open_mail(tmp_path)) == 0
    assert "m1.json" in caplog.text
    assert (tmp_path / "envelopes" / "m1.eml").exists()


def test_only_one_farm_writes_to_a_folder(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    with pytest.raises(FolderError, match="another farm"):
        open_mail(tmp_path)
    mail.store.close()
    open_mail(tmp_path)


def test_an_impossible_folder_is_named(open_mail, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="file"):
        open_mail(tmp_path / "file" / "mail")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("alice+x@example.org", "alice+x@example.org"),
        ('"../a b"@x', "%22..%2Fa%20b%22@x"),
        (".a@x", "%2Ea@x"),
        ("jörg@x", "jörg@x"),
        ("a@[IPv6:::1]", "a@%5BIPv6%3A%3A%3A1%5D"),
        ("a\0b@x", "a%00b@x"),
        ("100%41@x", "100%2541@x"),
    ],
)
def test_a_mailboxs_folder_is_one_safe_name(address, name):
    assert folder_name(address) == name


def test_long_addresses_have_valid_file_names():
    names = {folder_name(f"{letter}{'ü' * 400}@x") for letter in "ab"} | {folder_name("ü" * 401 + "@x")}
    assert len(names) == 3
    assert all(len(name.encode()) <= MAX_NAME_BYTES and "@" in name for name in names)


def test_a_full_disk_is_an_error_that_leaves_nothing(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    before = files(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        body = mail.begin()
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            for _ in range(50):
                body.write(b"x" * 5000)
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            body.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert files(tmp_path) == before
    assert len(mail) == 1


def test_a_delivery_that_fails_leaves_nothing_of_the_message(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    (tmp_path / "bob@example.org").write_text("no folder")
    with pytest.raises(OSError):
        keep(mail, "alice@example.org", "bob@example.org")
    assert files(tmp_path) == ["bob@example.org"]
    assert len(mail) == 0


def test_a_large_message_is_not_loaded_into_memory(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    piece = b"x" * 65536
    keep(mail, "alice@example.org", content=piece)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = mail.begin()
    for _ in range(1600):
        body.write(piece)
    body.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),)))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert mail.get(body.id).size == 1600 * 65536
    assert grown < 8 << 10, f"{grown} KiB"


@pytest.mark.requirement("SMTP-5.3.3-1")
def test_a_killed_farm_loses_nothing_acknowledged_and_shows_no_partial_message(open_mail, tmp_path):
    chance = random.Random(5321)
    known: dict[str, tuple[int, int]] = {}
    seen: set[str] = set()
    for kill in range(KILLS):
        acknowledged = write_until_killed(tmp_path, chance.uniform(0.0, 0.1))
        assert not known.keys() & acknowledged.keys(), f"kill {kill}: an identifier came twice"
        known |= acknowledged
        mail = open_mail(tmp_path)
        check(tmp_path, mail, known, seen)
        mail.store.close()
    assert known


def write_until_killed(folder, seconds):
    """Have a process store messages, kill it after the first; return what it acknowledged."""
    environment = {**os.environ, "PYTHONPATH": str(SERVERS)}
    writer = subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE, env=environment)
    first = writer.stdout.readline()
    time.sleep(seconds)
    writer.kill()
    rest = writer.stdout.read()
    writer.stdout.close()
    writer.wait()
    # A line is written in one call, so only whole ones are acknowledgements.
    lines = (first + rest).splitlines(keepends=True)
    return {one: (int(turn), int(size)) for one, turn, size in (line.decode().split() for line in lines)}


def check(folder, mail, known, seen):
    """Check that all messages are complete, in the mailboxes too, and that all acknowledged ones are there.

    seen: the ones checked before.
    """
    there = {message.id: message for message in mail.messages()}
    assert known.keys() <= there.keys()
    assert list((folder / "tmp").iterdir()) == list(folder.glob("*@*/tmp/*")) == []
    stems = {path.stem for path in (folder / "envelopes").iterdir()}
    assert stems == there.keys()
    new = [message for message in there.values() if message.id not in seen]
    seen.update(message.id for message in new)
    for message in new:
        raw = mail.raw(message)
        turn = int(raw.partition(b"\r\n")[0].removeprefix(b"Subject: "))
        assert raw == b"Subject: %d\r\n\r\n" % turn + b"%d\r\n" % turn * (turn * 7919 % 4000)
        assert known.get(message.id, (turn, len(raw))) == (turn, len(raw))
        for delivery in message.delivered_to:
            (path,) = (folder / folder_name(delivery.mailbox) / "new").glob(f"*Q{message.id}N*")
            assert path.read_bytes() == mail.delivered(message, delivery.mailbox)


def test_the_envelope_beside_a_message_is_json(open_mail, tmp_path):
    keep(open_mail(tmp_path), "alice@example.org")
    envelope = json.loads((tmp_path / "envelopes" / "m1.json").read_text())
    assert envelope["envelope"]["recipients"] == [{"address": "alice@example.org"}]


def test_messages_are_saved_by_several_threads_at_once(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    acceptances = []
    for number in range(40):
        body = mail.begin()
        body.write(b"%d" % number)
        to = (Recipient(address=f"{number % 7}@example.org"), Recipient(address="crew@example.org"))
        acceptances.append(body.accept(Envelope(reverse_path="", recipients=to)))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: one.save(), acceptances))
    for one in reversed(acceptances):
        one.publish()
    assert [message.number for message in mail.messages()] == list(range(40, 80))
    kept = {message.id: mail.raw(message) for message in mail.messages()}
    mail.store.close()
    again = open_mail(tmp_path)
    assert {message.id: again.raw(message) for message in again.messages()} == kept
    assert len(list((tmp_path / "alice@example.org" / "new").iterdir())) == 40


def test_a_failure_to_store_a_report_removes_its_message(open_mail, tmp_path):
    mail = open_mail(tmp_path, only_known=True)
    (tmp_path / "bob@example.org").write_text("no folder")
    with pytest.raises(OSError):
        keep(mail, "alice@example.org", "nobody@example.org")
    assert files(tmp_path) == ["bob@example.org"]
    assert len(mail) == 0


def test_dropping_a_message_twice_or_without_its_file_works(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    body = mail.begin()
    body.write(CONTENT)
    (arriving,) = (path for path in tmp_path.rglob("*") if path.is_file() and path.name not in ("lock", "format"))
    arriving.unlink()
    body.drop()
    body.drop()
    assert files(tmp_path) == []
    assert mail.raw(keep(mail, "alice@example.org")) == CONTENT


def test_a_message_with_missing_files_can_be_removed(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    for gone in ("m1.eml", "m2.json"):
        keep(mail, "alice@example.org", "bob@example.org")
        (tmp_path / "envelopes" / gone).unlink()
    keep(mail, "alice@example.org", "bob@example.org")
    for box in ("alice", "bob"):
        next(path for path in (tmp_path / f"{box}@example.org" / "new").iterdir() if "Qm3N" in path.name).unlink()
    for identifier in ("m1", "m2", "m3"):
        mail.remove(identifier)
    assert files(tmp_path) == []


def test_a_store_whose_file_is_missing_raises_the_first_error(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    body = mail.begin()
    body.write(CONTENT)
    (arriving,) = (path for path in tmp_path.rglob("*") if path.is_file() and path.name not in ("lock", "format"))
    arriving.unlink()
    (tmp_path / "alice@example.org").write_text("no folder")
    with pytest.raises(OSError) as error:
        body.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),)))
    assert error.value.errno in (errno.ENOTDIR, errno.EEXIST)
    assert files(tmp_path) == ["alice@example.org"]


def test_the_beginning_of_a_message_can_be_read_while_it_arrives(open_mail, tmp_path):
    body = open_mail(tmp_path).begin()
    assert body.draft.head(100) == b""
    body.write(CONTENT)
    assert body.draft.head(9) == CONTENT[:9]
    assert body.draft.head(100) == CONTENT
    body.drop()
    assert body.draft.head(9) == b""


def test_a_folders_name_is_the_address_up_to_the_limit_of_file_systems():
    longest = "a" * (MAX_NAME_BYTES - len("@b.example")) + "@b.example"
    assert folder_name(longest) == longest
    assert folder_name("a" + longest) != "a" + longest
    assert len(folder_name("a" + longest)) < MAX_NAME_BYTES


def one_kept(open_mail, tmp_path):
    """Store a message, and close the folder."""
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    mail.store.close()
    return tmp_path


def drop_empty_folders(folder):
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


HARMLESS_DAMAGE = {
    "an empty mailbox": lambda folder: (folder / "bob@example.org").mkdir(),
    "a mailbox without new and cur": lambda folder: (folder / "bob@example.org" / "tmp").mkdir(parents=True),
    "no empty folders": drop_empty_folders,
    "no tmp": lambda folder: (folder / "tmp").rmdir(),
    "a foreign file": lambda folder: (folder / "note@home.txt").write_text("x"),
    "a foreign file without @": lambda folder: (folder / "README").write_text("x"),
    "a foreign folder": lambda folder: (folder / "backup" / "a").mkdir(parents=True),
    "a foreign envelope": lambda folder: (folder / "envelopes" / "notes.json").write_text("{"),
    "a foreign message": lambda folder: (folder / "envelopes" / "saved mail.eml").write_text("x"),
    "a folder among the envelopes": lambda folder: (folder / "envelopes" / "m9.eml").mkdir(),
    "a foreign file in tmp": lambda folder: (folder / "tmp" / "core").write_text("x"),
    "a folder in tmp": lambda folder: (folder / "tmp" / "0").mkdir(),
    "a foreign folder in a mailbox": lambda folder: (folder / "alice@example.org" / ".Sent" / "cur").mkdir(
        parents=True
    ),
    "no lock": lambda folder: (folder / "lock").unlink(),
    "no version": lambda folder: (folder / "format").unlink(),
}


@pytest.mark.parametrize("damage", HARMLESS_DAMAGE)
def test_a_damaged_folder_is_repaired_and_nothing_foreign_is_removed(open_mail, tmp_path, damage):
    folder = one_kept(open_mail, tmp_path)
    HARMLESS_DAMAGE[damage](folder)
    before = {path for path in folder.rglob("*") if path.is_file()}
    mail = open_mail(folder)
    assert [mail.raw(message) for message in mail.messages()] == [CONTENT]
    keep(mail, "alice@example.org", "bob@example.org")
    assert before <= {path for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in (folder / "bob@example.org").iterdir()} == {"tmp", "new", "cur"}


@pytest.mark.parametrize("steps", range(10))
def test_a_farm_killed_while_it_makes_folders_starts_again(open_mail, tmp_path, monkeypatch, steps):
    class Killed(BaseException):
        pass

    made = []

    def mkdir(self, *args, **options):
        if len(made) == steps and not self.is_dir():
            raise Killed
        made.append(self)
        return real(self, *args, **options)

    real = Path.mkdir
    monkeypatch.setattr(Path, "mkdir", mkdir)
    store = None
    with suppress(Killed):
        store = DiskStore(tmp_path / "mail")
        killed = World("w", WorldContents(), JournalOptions(), time.time, mail_store=store).mail
        keep(killed, "alice@example.org", "bob@example.org")
    monkeypatch.undo()
    if store is not None:
        store.close()
    mail = open_mail(tmp_path / "mail")
    message = keep(mail, "alice@example.org", "bob@example.org")
    assert mail.raw(message) == CONTENT


@pytest.mark.parametrize(
    "folder", ["alice@example.org", "alice@example.org/new", "alice@example.org/tmp", "envelopes", "tmp"]
)
def test_a_folder_deleted_while_the_farm_runs_is_made_again(open_mail, tmp_path, caplog, folder):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    shutil.rmtree(tmp_path / folder)
    message = keep(mail, "alice@example.org")
    assert mail.raw(message) == CONTENT
    (delivered,) = (path for path in (tmp_path / "alice@example.org" / "new").iterdir() if "Qm2N" in path.name)
    assert delivered.read_bytes().endswith(CONTENT)
    assert "was missing: made again" in caplog.text


def test_a_message_whose_envelope_is_lost_is_kept_and_shown(open_mail, tmp_path, caplog):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org", "bob smith@example.org")
    mail.store.close()
    (tmp_path / "envelopes" / "m1.json").unlink()
    mail = open_mail(tmp_path)
    (message,) = mail.messages()
    assert mail.raw(message) == CONTENT
    assert message.envelope.reverse_path == "bob@example.org"
    assert {one.mailbox for one in message.delivered_to} == {"alice@example.org", '"bob smith"@example.org'}
    assert "m1.json is missing: written again" in caplog.text
    assert (tmp_path / "envelopes" / "m1.json").exists()
    assert keep(mail, "alice@example.org").id == "m2"


def read_by_a_mail_program(path):
    path.rename(path.parents[1] / "cur" / f"{path.name}:2,S")


def left_alone(path):
    pass


def three_kept(open_mail, folder, *recipients):
    """Store three messages, and close the folder."""
    mail = open_mail(folder)
    for number in range(3):
        keep(mail, *recipients, content=CONTENT + b"%d\r\n" % number)
    mail.store.close()
    return folder / "envelopes" / "m3.eml"


def copies(folder, identifier, box="alice@example.org"):
    return [path for path in (folder / box).glob("*/*") if f"Q{identifier}N" in path.name]


@pytest.mark.parametrize("treat", [left_alone, read_by_a_mail_program])
def test_a_message_whose_file_is_missing_is_restored_from_a_mailbox(open_mail, tmp_path, caplog, treat):
    lost = three_kept(open_mail, tmp_path, "alice@example.org")
    lost.unlink()
    treat(*copies(tmp_path, "m3"))
    mail = open_mail(tmp_path)
    assert mail.raw(mail.get("m3")) == CONTENT + b"2\r\n" == lost.read_bytes()
    assert len(mail) == 3
    assert f"{lost} was missing: restored from {tmp_path / 'alice@example.org'}" in caplog.text
    assert lost.stat().st_mode & 0o777 == 0o600
    caplog.clear()
    mail.store.close()
    assert len(open_mail(tmp_path)) == 3
    assert caplog.text == ""


@pytest.mark.parametrize("damage", [lambda path: os.truncate(path, 9), lambda path: path.write_bytes(b""), Path.unlink])
def test_a_message_is_restored_from_the_copy_that_is_intact(open_mail, tmp_path, damage):
    lists = [MailList(name="tides", owner="operator", members=("carol",))]
    mail = open_mail(tmp_path, lists=lists)
    keep(mail, "alice@example.org", "tides@example.org")
    mail.store.close()
    (tmp_path / "envelopes" / "m1.eml").unlink()
    damage(*copies(tmp_path, "m1"))
    mail = open_mail(tmp_path, lists=lists)
    assert mail.raw(mail.get("m1")) == CONTENT


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: os.truncate(path, 9)])
def test_a_message_without_an_intact_copy_is_reported_lost_and_nothing_is_removed(open_mail, tmp_path, caplog, damage):
    lost = three_kept(open_mail, tmp_path, "alice@example.org")
    lost.unlink()
    damage(*copies(tmp_path, "m3"))
    before = files(tmp_path)
    for _ in range(2):
        mail = open_mail(tmp_path)
        assert len(mail) == 2
        assert f"{lost} is missing, and no mailbox has an intact copy: the message is lost" in caplog.text
        assert files(tmp_path) == before
        caplog.clear()
        mail.store.close()
    assert keep(open_mail(tmp_path), "alice@example.org").id == "m4"


@pytest.mark.parametrize("found", [CONTENT[:9], b"", b"junk" * 100])
def test_a_message_of_another_size_is_reported_damaged_and_kept(open_mail, tmp_path, caplog, found):
    damaged = three_kept(open_mail, tmp_path, "alice@example.org")
    damaged.write_bytes(found)
    mail = open_mail(tmp_path)
    assert mail.raw(mail.get("m3")) == found
    assert f"{damaged} is damaged: it has {len(found)} bytes instead of {len(CONTENT) + 3}" in caplog.text
    assert len(caplog.records) == 1


@pytest.mark.parametrize("whole", [True, False])
def test_a_message_that_was_not_committed_is_dropped_without_a_warning(open_mail, tmp_path, caplog, whole):
    original = three_kept(open_mail, tmp_path, "alice@example.org")
    original.rename(tmp_path / "tmp" / "0")
    (new,) = copies(tmp_path, "m3")
    new.rename(new.parents[1] / "tmp" / new.name) if whole else new.unlink()
    assert len(open_mail(tmp_path)) == 2
    assert not any("m3" in name for name in files(tmp_path))
    assert caplog.text == ""


def test_a_message_that_cannot_be_shown_is_not_replaced_by_a_later_one(open_mail, tmp_path):
    original = three_kept(open_mail, tmp_path, "alice@example.org")
    original.with_suffix(".json").write_text("?")
    content = original.read_bytes()
    mail = open_mail(tmp_path)
    assert keep(mail, "alice@example.org").id == "m4"
    assert original.read_bytes() == content


def test_lost_files_are_searched_for_by_one_listing_of_the_mailboxes(open_mail, tmp_path, monkeypatch):
    mail = open_mail(tmp_path)
    for _ in range(20):
        keep(mail, "alice@example.org")
    mail.store.close()
    for number in range(1, 21):
        (tmp_path / "envelopes" / f"m{number}.{'eml' if number % 2 else 'json'}").unlink()
    listed = []
    real = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: listed.append(self) or real(self))
    assert len(open_mail(tmp_path)) == 20
    assert listed.count(tmp_path / "alice@example.org" / "new") == 1


def test_a_removal_that_is_killed_is_all_or_nothing(open_mail, tmp_path, monkeypatch, caplog):
    class Killed(BaseException):
        pass

    for steps in range(6):
        folder = tmp_path / str(steps)
        mail = open_mail(folder)
        kept = keep(mail, "alice@example.org", "bob@example.org")
        before = files(folder)
        done = []

        def counted(real, done=done, steps=steps):
            def act(self, *args, **options):
                if len(done) == steps:
                    raise Killed
                done.append(self)
                return real(self, *args, **options)

            return act

        monkeypatch.setattr(Path, "unlink", counted(Path.unlink))
        monkeypatch.setattr(Path, "rename", counted(Path.rename))
        with suppress(Killed):
            mail.remove("m1")
        monkeypatch.undo()
        mail.store.close()
        again = open_mail(folder)
        assert list(again.messages()) == ([kept] if steps == 0 else []), steps
        assert files(folder) == (before if steps == 0 else []), steps
        assert keep(again, "alice@example.org").id == "m2"
    assert caplog.text == ""


def test_a_removal_from_a_disk_that_fails_changes_nothing_and_is_reported(open_mail, tmp_path, monkeypatch):
    mail = open_mail(tmp_path)
    kept = [keep(mail, "alice@example.org") for _ in range(3)]
    before = files(tmp_path)
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "bad")))
    with pytest.raises(OSError):
        mail.remove("m1")
    assert mail._world.storage.problems == ["mail: Input/output error: check the disk"]
    assert list(mail.messages()) == kept
    assert files(tmp_path) == before
    real = monkeypatch.undo() or Path.rename

    def fail_for_m2(self, target):
        if self.name == "m2.json":
            raise OSError(errno.EIO, "bad")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_m2)
    assert mail.retire(kept) == kept[:1]
    mail.store.remove(mail.detach(kept[:1]))
    monkeypatch.undo()
    mail.store.close()
    assert list(open_mail(tmp_path).messages()) == kept[1:]


def test_a_deletion_that_cannot_be_finished_is_finished_later(open_mail, tmp_path, monkeypatch):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    monkeypatch.setattr(Path, "unlink", lambda *_args, **_options: (_ for _ in ()).throw(OSError(errno.EIO, "bad")))
    assert mail.remove("m1")
    mail.store.close()
    again = open_mail(tmp_path)
    assert len(again) == 0
    assert "envelopes/m1.eml" in [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.eml")]
    again.store.close()
    monkeypatch.undo()
    assert len(open_mail(tmp_path)) == 0
    assert files(tmp_path) == []


def test_files_are_for_their_owner_alone(open_mail, tmp_path):
    old = os.umask(0)
    try:
        one_kept(open_mail, tmp_path / "mail")
    finally:
        os.umask(old)
    for path in (tmp_path / "mail").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize(("found", "words"), [("2", "written by a newer Homeport"), ("x", "has no version number")])
def test_a_folder_of_another_version_is_refused_and_left_alone(open_mail, tmp_path, found, words):
    folder = one_kept(open_mail, tmp_path)
    (folder / "format").write_text(found)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(FolderError, match=words):
        open_mail(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["tmp", "envelopes"])
def test_a_file_in_the_place_of_a_folder_is_named(open_mail, tmp_path, name):
    folder = one_kept(open_mail, tmp_path)
    shutil.rmtree(folder / name)
    (folder / name).write_text("x")
    with pytest.raises(FolderError, match=f"{name}.*move it away"):
        open_mail(folder)


def test_a_disk_that_fails_is_reported_once_and_its_recovery_too(open_mail, tmp_path, caplog, monkeypatch):
    mail = open_mail(tmp_path)
    monkeypatch.setattr(mail.store, "save", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    for _ in range(3):
        with pytest.raises(OSError):
            keep(mail, "alice@example.org")
    assert caplog.text.count("mail cannot be stored: No space left on device: free space there") == 1
    assert mail._world.storage.problems == ["mail: No space left on device: free space there"]
    monkeypatch.undo()
    keep(mail, "alice@example.org")
    assert mail._world.storage.problems == []
    monkeypatch.setattr(mail.store, "read", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "bad")))
    with pytest.raises(OSError):
        mail.raw(next(iter(mail.messages())))
    assert mail._world.storage.problems == ["mail: Input/output error: check the disk"]


def test_free_space_of_the_disk_bounds_what_may_be_announced(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    free = shutil.disk_usage(tmp_path).free
    assert mail.shortage(free // 4) == ""
    assert mail.shortage(free) == "no space left on the disk"
