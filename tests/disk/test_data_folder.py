"""The folder of --data: its format is stated, older ones are brought up to date, newer ones left alone."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from homeport.disk import data_folder
from homeport.disk.data_folder import DataFolderError, open_data

NOBODY = 65534
NEW = {"format": "1\n", "lock": ""}


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_a_new_folder_is_made_and_states_its_format(tmp_path):
    open_data(tmp_path / "new" / "data")
    assert contents(tmp_path / "new" / "data") == NEW


def test_a_folder_from_before_formats_were_stated_is_taken_over_as_it_is(tmp_path):
    (tmp_path / "kept").write_text("mail")
    open_data(tmp_path)
    assert contents(tmp_path) == {"kept": "mail"} | NEW


@pytest.mark.parametrize(
    ("text", "words"),
    [("2\n", "newer Homeport"), ("one\n", "instead of a version number"), ("", "instead of a version number")],
)
def test_what_is_newer_or_unreadable_is_refused_with_what_to_do_and_left_alone(tmp_path, text, words):
    (tmp_path / "format").write_text(text)
    with pytest.raises(DataFolderError, match=f"{words}.*name another --data"):
        open_data(tmp_path)
    assert contents(tmp_path) == {"format": text}


def test_an_older_folder_is_upgraded_step_by_step_and_goes_on_where_it_was_cut_off(tmp_path, monkeypatch):
    done = []

    def second(folder):
        done.append(2)
        if done.count(2) == 1:
            raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(data_folder, "FORMAT", 3)
    monkeypatch.setattr(data_folder, "UPGRADES", {1: lambda _folder: done.append(1), 2: second})
    (tmp_path / "format").write_text("1\n")
    with pytest.raises(DataFolderError, match="No space left"):
        open_data(tmp_path)
    assert contents(tmp_path) == {"format": "2\n", "lock": ""}
    open_data(tmp_path)
    assert done == [1, 2, 2]
    assert contents(tmp_path) == {"format": "3\n", "lock": ""}


@pytest.fixture
def ordinary():
    """A folder of an ordinary user's, as whom the test runs from here on, also where root has started it."""
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    yield folder
    if root:
        os.seteuid(0)
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)


MAILBOX = "mail/default/alice@homeport.test"
LAID_OUT = (
    *("ca/ca.pem", "ca/ca.key", "files/default/pub/readme.txt", "mail/default/lock"),
    *("mail/default/envelopes/m1.eml", "mail/default/envelopes/m1.json", "mail/default/tmp/0"),
    *(f"{MAILBOX}/tmp/1", f"{MAILBOX}/new/2", f"{MAILBOX}/cur/3:2,S"),
    *("registry/default/lock", "registry/default/registry.sqlite", "registry/default/registry.sqlite-wal"),
)


def lay_out(folder):
    """What a farm leaves in its folder."""
    (folder / "format").write_text("1\n")
    for name in LAID_OUT:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


@pytest.mark.parametrize("mode", [0o500, 0o300, 0o600])
@pytest.mark.parametrize(
    "name",
    [
        *(".", "ca", "files", "files/default", "mail", "mail/default", "mail/default/tmp", "mail/default/envelopes"),
        *(MAILBOX, f"{MAILBOX}/tmp", f"{MAILBOX}/new", f"{MAILBOX}/cur", "registry", "registry/default"),
    ],
)
def test_a_folder_that_the_farm_cannot_write_to_is_refused_by_its_name(ordinary, name, mode):
    lay_out(ordinary)
    (ordinary / name).chmod(mode)
    with pytest.raises(DataFolderError, match=f"^{re.escape(str(ordinary / name))}: Permission denied: allow this"):
        open_data(ordinary)


@pytest.mark.parametrize("mode", [0o400, 0o200])
@pytest.mark.parametrize("name", ["format", *(one for one in LAID_OUT if not re.search("files|/(tmp|new|cur)/", one))])
def test_a_file_that_the_farm_cannot_write_is_refused_by_its_name(ordinary, name, mode):
    lay_out(ordinary)
    (ordinary / name).chmod(mode)
    with pytest.raises(DataFolderError, match=f"^{re.escape(str(ordinary / name))}: Permission denied: allow this"):
        open_data(ordinary)


@pytest.mark.parametrize(
    "name", ["files/default/pub", "files/default/pub/readme.txt", f"{MAILBOX}/new/2", f"{MAILBOX}/cur/3:2,S"]
)
def test_what_belongs_to_clients_may_have_any_mode(ordinary, name):
    lay_out(ordinary)
    (ordinary / name).chmod(0)
    open_data(ordinary)


@pytest.mark.parametrize("name", ["ca", "files", "mail", "mail/default/tmp", "registry", "registry/default"])
def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("")
    with pytest.raises(DataFolderError, match=f"^{re.escape(str(tmp_path / name))} is not a folder: move it away"):
        open_data(tmp_path)


@pytest.mark.parametrize("name", ["format", "ca/ca.key", "mail/default/lock", "registry/default/registry.sqlite"])
def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path, name):
    (tmp_path / name).mkdir(parents=True)
    with pytest.raises(DataFolderError, match=f"^{re.escape(str(tmp_path / name))} is not a file: move it away"):
        open_data(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(ordinary):
    ordinary.chmod(0o500)
    with pytest.raises(
        DataFolderError, match=f"^{re.escape(str(ordinary / 'data'))}: Permission denied: name a --data"
    ):
        open_data(ordinary / "data")
