"""Files that are seen whole or not at all."""

import os
import stat
import subprocess
import sys

import pytest

from homeport.disk import write_aside as module
from homeport.disk.write_aside import sweep_asides, write_aside


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_file_takes_the_place_of_another_and_leaves_nothing_aside(tmp_path):
    path = tmp_path / "ready.json"
    path.write_text("before")
    assert write_aside(path, b"after") == path
    assert path.read_bytes() == b"after"
    assert names(tmp_path) == ["ready.json"]


def test_its_mode_is_its_own_from_the_first_octet(tmp_path):
    path = write_aside(tmp_path / "key.pem", b"secret", 0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_leftover_of_a_killed_process_of_the_same_number_is_no_obstacle(tmp_path):
    (tmp_path / f".key.pem.{os.getpid()}").write_text("half")
    write_aside(tmp_path / "key.pem", b"whole")
    assert names(tmp_path) == ["key.pem"]


def test_a_name_that_must_be_free_is_not_taken_from_another(tmp_path):
    path = tmp_path / "homeport.toml"
    write_aside(path, b"mine", fresh=True)
    with pytest.raises(FileExistsError):
        write_aside(path, b"yours", fresh=True)
    assert path.read_bytes() == b"mine"
    assert names(tmp_path) == ["homeport.toml"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "ca.pem"
    path.write_text("before")

    def full(_descriptor):
        raise OSError(28, "full")

    monkeypatch.setattr(module.platform, "sync", full)
    with pytest.raises(OSError, match="full"):
        write_aside(path, b"after")
    assert path.read_text() == "before"
    assert names(tmp_path) == ["ca.pem"]


def test_durable_is_the_content_before_the_name_and_the_name_before_the_return(tmp_path, monkeypatch):
    path = tmp_path / "format"
    synced = []
    monkeypatch.setattr(
        module.platform, "sync", lambda fd: synced.append((stat.S_ISDIR(os.fstat(fd).st_mode), path.exists()))
    )
    write_aside(path, b"2\n")
    assert synced == [(False, False), (True, True)]
    write_aside(path, b"3\n", durable=False)
    assert len(synced) == 2


def test_what_killed_writers_left_is_swept_and_what_living_ones_write_is_not(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (f".x.{dead.pid}", f".x.{os.getpid()}", ".x.swp", ".xy.1", "x"):
        (tmp_path / name).touch()
    sweep_asides(tmp_path / "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f".x.{os.getpid()}", ".x.swp", ".xy.1", "x"])
