"""The files of a world over the API."""

from pathlib import Path

import pytest

FILES = "/api/v1/worlds/default/ftp/files"


@pytest.fixture
def files(farm, request_of):
    """Ask for a path of the tree: `files("GET", "/pub/a.txt")`."""

    def send(method, path, body=None, status=200):
        reply = request_of(farm, method, FILES + path, body=body)
        assert reply.status == status, reply.body
        return reply

    return send


@pytest.fixture(params=["on the reactor", "on threads"])
def either(farm, request):
    """A tree that stalls, or does not."""
    farm.call(lambda: setattr(farm.world.files, "blocks", request.param == "on threads"))


def test_the_seed_files_are_there(files, either):
    listing = files("GET", "/").json
    assert [(one["name"], one["kind"]) for one in listing["items"]] == [
        ("README.txt", "file"),
        ("home", "directory"),
        ("incoming", "directory"),
        ("pub", "directory"),
    ]
    assert listing["total"] == 4
    assert [one["name"] for one in files("GET", "/home/").json["items"]][:2] == ["alice", "bob"]
    assert files("GET", "/home").json == files("GET", "/home/").json


def test_a_file_comes_as_octets_that_no_browser_shows(files, either):
    reply = files("GET", "/pub/%C3%BCberfahrt.txt")
    assert "Überfahrt" in reply.body.decode()
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-disposition"].startswith("attachment")


def test_files_are_written_read_and_removed(files, farm, either):
    content = bytes(range(256)) * 1000
    assert files("PUT", "/new/deep/a%20b.bin", content).json == {"path": "/new/deep/a b.bin", "size": 256_000}
    assert files("GET", "/new/deep/a%20b.bin").body == content
    files("PUT", "/new/deep/a%20b.bin", b"")
    assert files("GET", "/new/deep/a%20b.bin").body == b""
    assert files("DELETE", "/new/deep", status=409).json["detail"].startswith("not empty")
    files("DELETE", "/new/deep/a%20b.bin", status=204)
    files("DELETE", "/new/deep/", status=204)
    assert files("GET", "/new/").json["items"] == []
    told = [(event["what"], event["path"], event["octets"]) for event in farm.events("file")]
    assert told[0] == ("store", "/new/deep/a b.bin", 256_000)
    assert told[-1] == ("delete", "/new/deep", 0)
    assert all(event["complete"] and event["seconds"] >= 0 and not event["reason"] for event in farm.events("file"))


def test_octets_that_are_no_utf_8_are_names_too(files):
    files("PUT", "/odd%FFname", b"x")
    assert files("GET", "/odd%FFname").body == b"x"
    assert "odd\\xffname" in [one["name"] for one in files("GET", "/").json["items"]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/missing", 404),
        ("GET", "/pub/tides.txt/x", 404),
        ("GET", "/../etc/passwd", 400),
        ("GET", "/pub/..%2f..%2fetc/passwd", 400),
        ("GET", "/%2e%2e/x", 400),
        ("GET", "//pub", 400),
        ("GET", "/pub//tides.txt", 400),
        ("GET", "/pub/./tides.txt", 400),
        ("GET", "/a%00b", 400),
        ("GET", "/.homeport-aside", 400),
        ("PUT", "/.homeport-aside/x", 400),
        ("PUT", "/pub", 409),
        ("PUT", "/", 409),
        ("PUT", "/pub/tides.txt/x", 404),
        ("PUT", "/" + "x" * 300, 400),
        ("DELETE", "/", 409),
        ("DELETE", "/pub", 409),
        ("DELETE", "/missing", 404),
        ("POST", "/pub", 405),
    ],
)
def test_what_cannot_be_done_is_a_problem(files, method, path, status):
    reply = files(method, path, status=status)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["detail"]


def test_a_body_over_the_cap_is_refused(files):
    files("PUT", "/big", b"x" * ((10 << 20) + 1), status=413)
    files("GET", "/big", status=404)


def test_a_reset_restores_the_seed_unless_it_keeps_files(farm, api, files):
    files("PUT", "/pub/tides.txt", b"no tide")
    api("POST", "/reset", {"keep": ["files"]})
    assert files("GET", "/pub/tides.txt").body == b"no tide"
    api("POST", "/reset", {})
    assert b"Port Meridian" in files("GET", "/pub/tides.txt").body


def test_worlds_have_files_of_their_own_which_go_with_them(farm, api, request_of):
    api("POST", "/api/v1/worlds", {"name": "other", "services": ["echo"]}, status=201)
    other = "/api/v1/worlds/other/ftp/files"
    assert request_of(farm, "PUT", f"{other}/mine", body=b"x").status == 200
    folder = farm.call(lambda: farm.farm.hosts["other"].world.files.root)
    assert Path(folder).is_dir()
    assert request_of(farm, "GET", f"{FILES}/mine").status == 404
    assert request_of(farm, "DELETE", "/api/v1/worlds/other").status == 204
    assert not Path(folder).exists()


def test_a_world_that_nobody_asks_for_files_makes_no_folder(farm):
    assert farm.farm.hosts["default"]._files._tree is None
