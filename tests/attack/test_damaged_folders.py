"""Folders of `--data` that people, disks and kills have damaged: the farm starts, or says what to do and exits with 2.

Nothing that was kept may be lost or replaced in silence: where the farm starts, the message, the domain and the
authority are still there, unless they are what was damaged.
"""

import os
import shutil
import smtplib
import sqlite3
from ftplib import FTP
from pathlib import Path

import pytest

from homeport.testing import Farm

MAIL, BOX = "mail/default", "mail/default/bob@example.org"
ENVELOPES, FILES, REGISTRY = f"{MAIL}/envelopes", "files/default", "registry/default/registry.sqlite"
NOBODY = 65534


@pytest.fixture(scope="session")
def intact(tmp_path_factory):
    """A folder that a farm has used: mail, files, a registry, an authority."""
    folder = tmp_path_factory.mktemp("intact") / "data"
    with Farm(["smtp", "epp", "ftp", "finger"], {"farm": {"data": str(folder)}}, mode="process") as farm:
        with smtplib.SMTP(*farm.smtp.address) as client:
            client.sendmail("a@client.test", ["bob@example.org"], "Subject: kept\r\n\r\nkept\r\n")
        with FTP() as client:
            client.connect(*farm.ftp.address)
            client.login("alice", "alice-pass")
            client.nlst()
        farm.registry.domains.put("kept.test", roid="D9-NEW", registrar="harbour", created="-P1M", expires="+P1Y")
        assert farm.ca_pem
    return folder


@pytest.fixture
def data(intact, tmp_path):
    """A copy of it, to be damaged."""
    return shutil.copytree(intact, tmp_path / "data", symlinks=True)


@pytest.fixture
def start(starter, data):
    """Start a farm on the folder: exit code and all that it says."""

    def run():
        code, out, err = starter("--data", str(data), "--services", "smtp,epp,ftp,finger", "--log-format", "text")
        assert "Traceback" not in err
        assert (code, '"event": "ready"' in out) in ((0, True), (2, False)), err
        return code, err

    return run


def remove(name):
    def damage(data):
        shutil.rmtree(data / name) if (data / name).is_dir() else (data / name).unlink()

    return damage


def write(name, content=b""):
    return lambda data: (data / name).write_bytes(content)


def truncate(name):
    return lambda data: os.truncate(data / name, (data / name).stat().st_size // 2)


def replace(name, kind):
    """Put something of another kind in the place of a file or folder."""

    def damage(data):
        if os.path.lexists(data / name):
            remove(name)(data)
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "folder":
                (data / name).mkdir()
            case "file":
                (data / name).write_text("a file")
            case "link":
                (data / name).symlink_to(data.parent / "nowhere")
            case "pipe":
                os.mkfifo(data / name)

    return damage


def forbid(name, mode=0o500):
    return lambda data: (data / name).chmod(mode)


def give_away(name):
    """Make it another user's (where root runs the tests), or one's own that may not be read."""

    def damage(data):
        (data / name).chmod(0o600 if (data / name).is_file() else 0o700)
        if os.geteuid() == 0:
            os.chown(data / name, NOBODY, NOBODY)
        else:
            (data / name).chmod(0)

    return damage


def sql(statement):
    def damage(data):
        database = sqlite3.connect(data / REGISTRY)
        database.executescript(statement)
        database.close()

    return damage


def envelope(suffix):
    """The name of the one message's file."""
    return lambda data: next((data / ENVELOPES).glob(f"*.{suffix}"))


def of_message(suffix, damage):
    return lambda data: damage(str(envelope(suffix)(data).relative_to(data)))(data)


STARTS = {
    "the data folder is missing": lambda data: shutil.rmtree(data),
    "the data folder is empty": lambda data: [remove(path.name)(data) for path in list(data.iterdir())],
    "the format is missing": remove("format"),
    "the lock is missing": remove("lock"),
    "the certificate of the authority is missing": remove("ca/ca.pem"),
    "the authority is missing": remove("ca"),
    "the folder of mail is missing": remove("mail"),
    "the folder of arriving mail is missing": remove(f"{MAIL}/tmp"),
    "the folder of envelopes is missing": remove(ENVELOPES),
    "the lock of the mail is missing": remove(f"{MAIL}/lock"),
    "a mailbox is missing": remove(BOX),
    "a mailbox has no tmp": remove(f"{BOX}/tmp"),
    "a mailbox has no new": remove(f"{BOX}/new"),
    "a mailbox has no cur": remove(f"{BOX}/cur"),
    "a mailbox is an empty folder": lambda data: (data / MAIL / "new@example.org").mkdir(),
    "all empty folders are missing": lambda data: [
        Path(path).rmdir() for path, folders, files in os.walk(data, topdown=False) if not folders and not files
    ],
    "another's file is beside the mailboxes": write(f"{MAIL}/notes@home.txt", b"notes"),
    "another's folder is beside the mailboxes": replace(f"{MAIL}/backup", "folder"),
    "another's file is among the envelopes": write(f"{ENVELOPES}/notes.txt", b"notes"),
    "another's file is in the tmp of a mailbox": write(f"{BOX}/tmp/other", b"arriving"),
    "an envelope is garbage": of_message("json", lambda name: write(name, b"garbage")),
    "an envelope is empty": of_message("json", write),
    "a message has no envelope": of_message("json", remove),
    "an envelope has no message": of_message("eml", remove),
    "an envelope has neither a message nor a copy": lambda data: (
        of_message("eml", remove)(data),
        [path.unlink() for path in (data / BOX / "new").iterdir()],
    ),
    "a message is cut off": of_message("eml", truncate),
    "a message is garbage": of_message("eml", lambda name: write(name, b"\0junk")),
    "the files of the world are missing": remove(FILES),
    "the folder of files is missing": remove("files"),
    "seeding the files was interrupted": write("files/.default.unfinished"),
    "the registry is missing": remove("registry"),
    "a file written aside is left over": write("ca/.ca.pem.4711", b"half"),
    "a probe is left over": write(".probe", b"\0"),
}
"""Damages that a farm makes good, or that are none of its business."""

REFUSED = {
    "the data folder is a file": (lambda data: (shutil.rmtree(data), data.write_text("")), "is not a folder"),
    "the data folder is a dangling link": (
        lambda data: (shutil.rmtree(data), data.symlink_to(data.parent / "nowhere")),
        "nowhere",
    ),
    "the data folder is read-only": (forbid("."), "Permission denied: allow this user to read and write it"),
    "the data folder is another's": (give_away("."), "Permission denied: allow this user to read and write it"),
    "the format is empty": (write("format"), "instead of a version number: restore it"),
    "the format is garbage": (write("format", b"\xffone"), "instead of a version number: restore it"),
    "the format is zero": (write("format", b"0\n"), "instead of a version number: restore it"),
    "the format is newer": (write("format", b"99\n"), "written by a newer Homeport"),
    "the format is a folder": (replace("format", "folder"), "is not a file: move it away"),
    "the format is a pipe": (replace("format", "pipe"), "is not a file: move it away"),
    "the format is a dangling link": (replace("format", "link"), "is not a file: move it away"),
    "the format is another's": (give_away("format"), "allow this user to read and write it"),
    "the lock is a folder": (replace("lock", "folder"), "is not a file: move it away"),
    "the lock is another's": (give_away("lock"), "allow this user to read and write it"),
    "the certificate of the authority is empty": (write("ca/ca.pem"), "restore ca.pem and ca.key, or remove both"),
    "the certificate of the authority is cut off": (truncate("ca/ca.pem"), "restore ca.pem and ca.key"),
    "the certificate is another authority's": (
        lambda data: write("ca/ca.pem", other_certificate())(data),
        "does not belong to the certificate: restore ca.pem and ca.key",
    ),
    "the certificate of the authority is a folder": (replace("ca/ca.pem", "folder"), "is not a file: move it away"),
    "the key of the authority is missing": (remove("ca/ca.key"), "ca.key is missing: restore it, or remove"),
    "the key of the authority is empty": (write("ca/ca.key"), "restore ca.pem and ca.key, or remove both"),
    "the key of the authority is garbage": (write("ca/ca.key", b"\x00"), "restore ca.pem and ca.key"),
    "the key of the authority is another's": (give_away("ca/ca.key"), "allow this user to read and write it"),
    "the key of the authority is a pipe": (replace("ca/ca.key", "pipe"), "is not a file: move it away"),
    "the folder of the authority is a file": (replace("ca", "file"), "is not a folder: move it away"),
    "the folder of mail is a file": (replace("mail", "file"), "is not a folder: move it away"),
    "the folder of mail is a dangling link": (replace("mail", "link"), "is not a folder: move it away"),
    "the folder of mail is read-only": (forbid("mail"), "allow this user to read and write it"),
    "the folder of envelopes is a file": (replace(ENVELOPES, "file"), "is not a folder: move it away"),
    "a mailbox's new is a file": (replace(f"{BOX}/new", "file"), "is not a folder: move it away"),
    "a mailbox is another's": (give_away(BOX), "allow this user to read and write it"),
    "a message is another's": (of_message("eml", give_away), "allow this user to read and write it"),
    "a message is a folder": (of_message("eml", lambda name: replace(name, "folder")), "is not a file: move it away"),
    "an envelope is a pipe": (of_message("json", lambda name: replace(name, "pipe")), "is not a file: move it away"),
    "the folder of files is a file": (replace("files", "file"), "is not a folder: move it away"),
    "the files of the world are a file": (replace(FILES, "file"), "is not a folder: move it away"),
    "the files of the world are a dangling link": (replace(FILES, "link"), "is not a folder: move it away"),
    "the registry is empty": (write(REGISTRY), "restore a copy"),
    "the registry is garbage": (write(REGISTRY, b"garbage" * 1000), "restore a copy"),
    "the registry is cut off": (truncate(REGISTRY), "restore a copy"),
    "the registry is newer": (sql("PRAGMA user_version = 99"), "newer Homeport"),
    "the registry is another program's": (sql("PRAGMA application_id = 1"), "another program"),
    "the registry is a folder": (replace(REGISTRY, "folder"), "is not a file: move it away"),
    "the registry is another's": (give_away(REGISTRY), "allow this user to read and write it"),
    "an object of the registry is garbage": (sql("UPDATE objects SET object = '{'"), "restore a copy"),
}
"""Damages that only a person can judge, each with words of the message."""


def other_certificate():
    from homeport.io.tls.authority import Authority

    return Authority.make("Another").pem()


@pytest.mark.parametrize("damage", STARTS.values(), ids=STARTS.keys())
def test_a_farm_starts_although(damage, data, start):
    damage(data)
    assert start()[0] == 0
    assert start()[0] == 0, "and again, on what the first start has left"


@pytest.mark.parametrize(("damage", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_farm_refuses_with_what_to_do_and_changes_nothing_if(damage, words, data, start):
    damage(data)
    before = snapshot(data)
    code, err = start()
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("homeport: ")
    assert words in err
    assert snapshot(data) == before


def snapshot(folder):
    """Every name below a folder, with the content of files; locks and SQLite's own files come and go."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        name = str(path.relative_to(folder))
        if path.name == "lock" or path.name.endswith(("-wal", "-shm")):
            continue
        if path.is_file():
            found[name] = path.read_bytes() if os.access(path, os.R_OK) else path.stat().st_size
        else:
            found[name] = path.is_dir()
    return found


def test_nothing_is_lost_by_an_ordinary_restart(data, start):
    before = {name: kept for name, kept in snapshot(data).items() if name.startswith(("ca", "mail"))}
    assert start()[0] == 0
    assert before.items() <= snapshot(data).items()


def test_a_message_whose_envelope_is_lost_is_still_on_disk(data, start):
    content = envelope("eml")(data).read_bytes()
    envelope("json")(data).unlink()
    assert start()[0] == 0
    assert content in [path.read_bytes() for path in (data / MAIL).rglob("*") if path.is_file()]


def test_a_message_whose_file_is_lost_is_restored_from_its_mailbox(data, start):
    path = envelope("eml")(data)
    content = path.read_bytes()
    path.unlink()
    _, err = start()
    assert f"{path} was missing: restored from " in err
    assert path.read_bytes() == content


def test_a_message_that_is_cut_off_is_named(data, start):
    path = envelope("eml")(data)
    truncate(path.relative_to(data))(data)
    _, err = start()
    assert f"{path} is damaged: " in err
    assert path.exists()


def test_everything_that_a_farm_makes_is_closed_to_other_users(intact):
    """Except the tree of files, whose modes are FTP's business, in a folder that is closed."""
    wrong = {}
    for path in [intact, *intact.rglob("*")]:
        mode = path.stat().st_mode & 0o777
        if f"{intact}/{FILES}/" not in f"{path}/"[: len(f"{intact}/{FILES}/")] and mode & 0o077:
            wrong[str(path.relative_to(intact))] = oct(mode)
    assert wrong == {}
