"""Mail on disk: what was acknowledged is there after a crash at any moment, and nothing else is."""

import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from mailbox import Maildir
from pathlib import Path

import pytest

from homeport.disk.mail_store import LONGEST_NAME, DiskStore, folder_name
from homeport.world.journal import JournalOptions
from homeport.world.mail.contents import MailContents, MailList
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.mail.store import FolderError, MessageGone
from homeport.world.world import World, WorldContents

SERVERS = Path(__file__).parents[2] / "servers"
CONTENT = b"Subject: tides\r\n\r\nHigh at noon.\r\n"
TRACE = b"Received: from a\r\n\tby b; date\r\n"
KILLS = int(os.environ.get("HOMEPORT_TEST_KILLS", "6"))
"""How often the writer is killed; the suite has a few, a longer run as many as it is given."""

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
    """A world's mail that is kept in a folder, until the test ends or it is closed."""
    stores = []

    def make(folder, **contents):
        stores.append(DiskStore(folder))
        configured = WorldContents(mail=MailContents(**contents))
        return World("w", configured, JournalOptions(), time.time, mail_store=stores[-1]).mail

    yield make
    for store in stores:
        store.close()


def keep(mail, *recipients, content=CONTENT, sender="bob@example.org"):
    """Keep a message: itself."""
    body = mail.begin()
    body.write(content)
    to = tuple(Recipient(address=one) for one in recipients)
    return mail.get(body.keep(Envelope(reverse_path=sender, recipients=to, received=TRACE, peer=("::1", 5))))


def files(folder):
    """Every file below a folder but the lock."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "lock")


def test_a_message_is_in_a_maildir_and_as_it_was_received(open_mail, tmp_path):
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


def test_messages_are_there_again_when_the_farm_is(open_mail, tmp_path):
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


def test_no_identifier_is_given_out_again_when_all_messages_are_removed(open_mail, tmp_path):
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


def test_a_message_without_octets_is_kept(open_mail, tmp_path):
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


def test_what_a_reader_deletes_stays_in_the_api(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    next((tmp_path / "alice@example.org" / "new").iterdir()).unlink()
    mail.store.close()
    again = open_mail(tmp_path)
    assert again.raw(again.get("m1")) == CONTENT
    assert list((tmp_path / "alice@example.org" / "new").iterdir()) == []


def test_a_message_whose_file_is_gone_says_so(open_mail, tmp_path):
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
    (box / "tmp" / "1.2.somebody-else").write_text("delivered by another program")
    (tmp_path / "tmp" / "7").write_text("half")
    (tmp_path / "envelopes" / "m2.json").write_text("{}")
    mail.store.close()
    again = open_mail(tmp_path)
    assert [message.id for message in again.messages()] == ["m1"]
    assert files(tmp_path) == sorted(
        [
            f"alice@example.org/new/{new.name}",
            "alice@example.org/tmp/1.2.somebody-else",
            "envelopes/m1.eml",
            "envelopes/m1.json",
        ]
    )


def test_an_envelope_that_cannot_be_read_is_left_alone(open_mail, tmp_path, caplog):
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


def test_a_folder_that_cannot_be_made_is_named(open_mail, tmp_path):
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


def test_long_addresses_have_names_that_file_systems_take():
    names = {folder_name(f"{letter}{'ü' * 400}@x") for letter in "ab"} | {folder_name("ü" * 401 + "@x")}
    assert len(names) == 3
    assert all(len(name.encode()) <= LONGEST_NAME and "@" in name for name in names)


def test_a_full_disk_is_an_error_that_leaves_nothing(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    keep(mail, "alice@example.org")
    before = files(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        body = mail.begin()
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


def test_a_large_message_does_not_pass_through_memory(open_mail, tmp_path):
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
def test_a_killed_farm_loses_nothing_acknowledged_and_shows_nothing_half_written(open_mail, tmp_path):
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
    """Have a process keep messages and kill it some time after the first: what it acknowledged."""
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
    """All that is there is whole, in the mailboxes too; all acknowledged is there. seen: what was checked before."""
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


def test_a_report_that_cannot_be_stored_takes_its_message_with_it(open_mail, tmp_path):
    mail = open_mail(tmp_path, only_known=True)
    (tmp_path / "bob@example.org").write_text("no folder")
    with pytest.raises(OSError):
        keep(mail, "alice@example.org", "nobody@example.org")
    assert files(tmp_path) == ["bob@example.org"]
    assert len(mail) == 0


def test_a_message_that_is_dropped_twice_or_whose_file_is_gone_is_dropped(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    body = mail.begin()
    body.write(CONTENT)
    (arriving,) = (path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock")
    arriving.unlink()
    body.drop()
    body.drop()
    assert files(tmp_path) == []
    assert mail.raw(keep(mail, "alice@example.org")) == CONTENT


def test_a_message_of_which_files_are_gone_is_removed_all_the_same(open_mail, tmp_path):
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


def test_a_store_that_fails_when_its_file_is_gone_already_tells_the_first_error(open_mail, tmp_path):
    mail = open_mail(tmp_path)
    body = mail.begin()
    body.write(CONTENT)
    (arriving,) = (path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock")
    arriving.unlink()
    (tmp_path / "alice@example.org").write_text("no folder")
    with pytest.raises(OSError) as error:
        body.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),)))
    assert error.value.errno in (errno.ENOTDIR, errno.EEXIST)
    assert files(tmp_path) == ["alice@example.org"]


def test_the_beginning_of_a_message_is_seen_while_it_arrives(open_mail, tmp_path):
    body = open_mail(tmp_path).begin()
    assert body.draft.head(100) == b""
    body.write(CONTENT)
    assert body.draft.head(9) == CONTENT[:9]
    assert body.draft.head(100) == CONTENT
    body.drop()
    assert body.draft.head(9) == b""


def test_a_folders_name_is_the_address_up_to_the_longest_that_file_systems_take():
    longest = "a" * (LONGEST_NAME - len("@b.example")) + "@b.example"
    assert folder_name(longest) == longest
    assert folder_name("a" + longest) != "a" + longest
    assert len(folder_name("a" + longest)) < LONGEST_NAME
