"""Disks that are full, or fail: clients are told, the operator is told once, and all goes on when the disk does."""

import errno
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from homeport.disk import data_folder, write_aside
from homeport.testing import Farm
from homeport.world.storage import StorageHealth

SERVERS = Path(__file__).parents[2] / "servers"
IN_NAMESPACES = ("unshare", "--user", "--map-root-user", "--mount", "--net")


def lacking(reason):
    """Skip the test, or fail it where every client is required."""
    (pytest.fail if os.environ.get("HOMEPORT_REQUIRE_INTEROP") else pytest.skip)(reason)


def test_a_full_disk_is_told_to_clients_and_to_the_operator_once(tmp_path):
    if subprocess.run([*IN_NAMESPACES, "true"], capture_output=True, check=False).returncode:
        lacking("a mount namespace of one's own is not allowed here (unshare --user --mount)")
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        [*IN_NAMESPACES, sys.executable, str(Path(__file__).with_name("full_disk.py")), str(tmp_path / "disk")],
        env=os.environ | {"PYTHONPATH": str(SERVERS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["before"][0] == seen["after"][0] == 250
    assert seen["ready before"] == 200
    assert {code for code, _text in seen["full"]} == {452}
    assert "No space left on device: free space there" in seen["readyz full"]
    assert seen["registry full"] >= 500
    assert seen["registry after"] in (200, 201)
    assert seen["alive full"] == 200
    assert seen["messages"] == [True, True]
    assert seen["log"].count("mail cannot be stored: No space left on device") == 1
    assert seen["log"].count("mail can be stored again") == 1
    assert seen["status"] == 0


def test_a_store_that_fails_is_logged_once_and_again_when_the_reason_changes(caplog):
    caplog.set_level(logging.WARNING)
    storage = StorageHealth()
    for number in (errno.ENOSPC, errno.ENOSPC, errno.EIO, errno.EIO):
        storage.failed("mail", OSError(number, os.strerror(number), "/some/file"))
    assert storage.problems == ["mail: Input/output error: check the disk"]
    storage.recovered("mail")
    storage.recovered("mail")
    storage.recovered("registry")
    assert storage.problems == []
    assert [record.getMessage() for record in caplog.records] == [
        "mail cannot be stored: No space left on device: free space there",
        "mail cannot be stored: Input/output error: check the disk",
        "mail can be stored again",
    ]


def test_readiness_names_what_cannot_be_stored(start_farm):
    farm = start_farm("echo")
    farm.call(lambda: farm.world.storage.failed("mail", OSError(errno.EIO, "Input/output error")))
    status, body = ask(farm, "/readyz")
    assert (status, "mail: Input/output error: check the disk" in body) == (503, True)
    assert ask(farm, "/livez")[0] == 200
    farm.call(lambda: farm.world.storage.recovered("mail"))
    assert ask(farm, "/readyz")[0] == 200


def ask(farm, path):
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    parts = urlsplit(farm.farm.describe("default")["control"])
    connection = HTTPConnection(parts.hostname, parts.port)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_the_disk_is_tried_until_it_works_again_though_no_client_comes(tmp_path):
    with Farm(["smtp"], {"farm": {"data": str(tmp_path)}}, mode="thread") as farm:
        farm._runner.call(lambda: next(iter(farm._runner.farm.hosts.values())).world.storage.failed("mail", "full"))
        while True:
            try:
                farm.api.get("/readyz")
                break
            except Exception:  # not ready yet
                continue
    assert not (tmp_path / data_folder.PROBE).exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_aside(tmp_path, monkeypatch, number):
    """The disk fails at every step that may fail: writing, flushing, renaming."""
    file = tmp_path / "format"
    file.write_bytes(b"old")
    for step in ("sync", "replace"):
        with monkeypatch.context() as patch:

            def fail(*_arguments):
                raise OSError(number, os.strerror(number))

            if step == "sync":
                patch.setattr(write_aside.platform, "sync", fail)
            else:
                patch.setattr(Path, "replace", fail)
            with pytest.raises(OSError, match=os.strerror(number)):
                write_aside.write_aside(file, b"new")
        assert [path.name for path in tmp_path.iterdir()] == ["format"]
        assert file.read_bytes() == b"old"
