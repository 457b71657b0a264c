"""Temporary folders: removed by their farm, or by the next one if it was killed, and never while their farm lives."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.disk.temporary import TemporaryFolder, sweep

SERVERS = Path(__file__).parents[2] / "servers"
HOLD = """
from homeport.disk.temporary import TemporaryFolder
held = TemporaryFolder()
(held.make("files") / "big").write_bytes(b"x" * 1000)
print(held.path, flush=True)
input()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files, of this process and its children."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def owner():
    """A process that holds a temporary folder, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env=os.environ | {"PYTHONPATH": str(SERVERS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process, Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_a_folder_is_removed_when_it_is_closed(temporary):
    folder = TemporaryFolder()
    (folder.make("files") / "one").write_text("content")
    assert folder.path.stat().st_mode & 0o777 == 0o711
    assert (folder.path / "files").stat().st_mode & 0o777 == 0o700
    folder.close()
    folder.close()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_farm_left_is_swept(temporary, owner):
    process, folder = owner
    assert (folder / "files" / "big").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert sweep() == 1
    assert list(temporary.iterdir()) == []


def test_a_living_farms_folder_is_left_alone(owner):
    _process, folder = owner
    assert sweep() == 0
    assert (folder / "files" / "big").exists()


def test_a_folder_of_this_process_is_left_alone(temporary):
    folder = TemporaryFolder()
    assert sweep() == 0
    assert folder.path.exists()
    folder.close()


def test_a_folder_that_has_no_lock_yet_is_left_alone(temporary):
    """It may belong to a farm that is starting, or to another program."""
    (temporary / "homeport-started").mkdir()
    (temporary / "homeport-started" / "lock.new").touch()
    assert sweep() == 0
    assert (temporary / "homeport-started" / "lock.new").exists()


@pytest.mark.parametrize("kind", ["link to a folder", "link as lock", "pipe as lock", "file", "other name"])
def test_what_is_not_ours_is_left_alone(temporary, tmp_path_factory, kind):
    other = tmp_path_factory.mktemp("other")
    (other / "lock").touch()
    place = temporary / ("else-1" if kind == "other name" else "homeport-1")
    if kind == "link to a folder":
        place.symlink_to(other)
    elif kind == "file":
        place.touch()
    else:
        place.mkdir()
        if kind == "link as lock":
            (place / "lock").symlink_to(other / "lock")
        elif kind == "pipe as lock":
            os.mkfifo(place / "lock")
        else:
            (place / "lock").touch()
    assert sweep() == 0
    assert os.path.lexists(place)
    assert (other / "lock").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_left_alone(temporary):
    (temporary / "homeport-1").mkdir()
    (temporary / "homeport-1" / "lock").touch()
    os.chown(temporary / "homeport-1", 65534, 65534)
    assert sweep() == 0
    assert (temporary / "homeport-1").exists()


def test_a_link_in_a_dead_folder_is_removed_and_not_followed(temporary, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "precious").touch()
    (temporary / "homeport-1").mkdir()
    (temporary / "homeport-1" / "lock").touch()
    (temporary / "homeport-1" / "files").symlink_to(other)
    assert sweep() == 1
    assert (other / "precious").exists()


def test_a_sweep_that_was_killed_is_taken_up_by_the_next(temporary):
    """The lock is the last file to go, so a folder with any contents can still be told for ours."""
    (temporary / "homeport-1").mkdir()
    (temporary / "homeport-1" / "lock").touch()
    assert sweep() == 1
    assert list(temporary.iterdir()) == []


def test_a_forked_child_does_not_remove_its_parents_folder():
    folder = TemporaryFolder()
    if (child := os.fork()) == 0:
        folder.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert folder.path.exists()
    folder.close()


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)"])
def test_a_folder_that_is_never_closed_goes_with_its_process_quietly(temporary, end):
    program = f"from homeport.disk.temporary import TemporaryFolder\nheld = TemporaryFolder()\n{end}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(SERVERS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert list(temporary.iterdir()) == []
