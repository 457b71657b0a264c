"""The files of a world over the API."""

from ftplib import FTP
from io import BytesIO
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
        ("POST", "/pub", 400),
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


def test_a_range_of_a_file_is_read(files, either):
    files("PUT", "/range", b"0123456789")
    assert files("GET", "/range?offset=2&length=3").body == b"234"
    assert files("GET", "/range?offset=8&length=100").body == b"89"
    assert files("GET", "/range?length=0").body == b""
    assert files("GET", "/range?offset=11", status=409).json["detail"].startswith("bad offset")


def test_a_recursive_list_has_each_folder_before_its_content(files, either):
    for path in ("/new/b/c.txt", "/new/a.txt", "/new/b/d/e.txt"):
        files("PUT", path, b"x")
    whole = files("GET", "/new/?recursive=true").json
    paths = ["a.txt", "b", "b/c.txt", "b/d", "b/d/e.txt"]
    assert [one["path"] for one in whole["items"]] == paths
    assert (whole["total"], whole["next"]) == (5, None)
    first = files("GET", "/new/?recursive=true&limit=2").json
    assert ([one["path"] for one in first["items"]], first["total"], first["next"]) == (paths[:2], 5, 2)
    last = files("GET", "/new/?recursive=true&limit=3&since=2").json
    assert ([one["path"] for one in last["items"]], last["next"]) == (paths[2:], None)


def test_a_recursive_list_follows_no_link(farm, files):
    files("PUT", "/new/a.txt", b"x")
    Path(farm.call(lambda: farm.world.files.root), "new", "up").symlink_to("..")
    items = files("GET", "/new/?recursive=true").json["items"]
    assert [(one["path"], one["kind"]) for one in items] == [("a.txt", "file"), ("up", "link")]


def test_a_recursive_list_is_bounded(files, monkeypatch):
    monkeypatch.setattr("homeport.control.files.MAX_WALKED", 3)
    assert "folders one by one" in files("GET", "/?recursive=true", status=409).json["detail"]


def test_directories_are_made_and_files_renamed(files, farm, request_of, either):
    files("PUT", "/new/a.txt", b"y")
    make = f"{FILES.removesuffix('files')}directories/made/deep"
    assert [request_of(farm, "PUT", make).status for _ in range(2)] == [204, 409]
    files("POST", "/new/a.txt", b'{"to": "/made/deep/b%20c.txt"}', status=204)
    assert files("GET", "/made/deep/b%20c.txt").body == b"y"
    files("GET", "/new/a.txt", status=404)
    events = [(one["what"], one["path"], one.get("to")) for one in farm.events("file")]
    assert events[-2:] == [("mkdir", "/made/deep", None), ("rename", "/new/a.txt", "/made/deep/b c.txt")]


@pytest.mark.parametrize(
    ("path", "to", "status"),
    [
        ("/pub", "pub/inside", 409),
        ("/missing", "x", 404),
        ("/pub/tides.txt", "../x", 400),
        ("/pub/tides.txt", "pub//x", 400),
        ("/", "x", 409),
    ],
)
def test_what_cannot_be_renamed_is_a_problem(files, path, to, status):
    assert files("POST", path, f'{{"to": "{to}"}}'.encode(), status=status).json["detail"]


def test_a_problem_names_the_file_and_says_what_to_do(files):
    assert files("GET", "/pub/n%C3%B6%FF", status=404).json["detail"] == (
        "missing: /pub/nö\\xff: No such file or directory; list its folder to see what is there"
    )
    assert files("DELETE", "/pub", status=409).json["detail"] == (
        "not empty: /pub: Directory not empty; remove its content first"
    )
    assert (
        files("POST", "/missing", b'{"to": "pub/x"}', status=404)
        .json["detail"]
        .startswith("missing: /missing to /pub/x: ")
    )


def test_a_list_says_who_wrote_a_file_last(farm, files):
    with FTP() as client:
        client.connect("127.0.0.1", farm.port("ftp", "tcp"), timeout=10)
        client.login("alice", "alice-pass")
        client.storbinary("STOR log.txt", BytesIO(b"one"))
    files("PUT", "/home/alice/api.txt", b"x")

    def writers():
        items = files("GET", "/home/alice/?writers=true").json["items"]
        return {one["name"]: (one["writer"]["login"], one["writer"]["conn"]) for one in items if one.get("writer")}

    conn = farm.events("login")[-1]["conn"]
    assert writers() == {"log.txt": ("alice", conn), "api.txt": (None, None)}
    files("POST", "/home/alice/log.txt", b'{"to": "home/alice/old.txt"}', status=204)
    files("DELETE", "/home/alice/api.txt", status=204)
    assert writers() == {"old.txt": ("alice", conn)}
    files("PUT", "/home/alice/api.txt", b"x")
    with FTP() as client:
        client.connect("127.0.0.1", farm.port("ftp", "tcp"), timeout=10)
        client.login("bob", "bob-pass")
        client.login("alice", "alice-pass")
        client.rename("old.txt", "new.txt")
        client.rename("/pub/tides.txt", "api.txt")
    assert writers() == {"new.txt": ("alice", conn)}
    with FTP() as client:
        client.connect("127.0.0.1", farm.port("ftp", "tcp"), timeout=10)
        client.login("alice", "alice-pass")
        client.delete("new.txt")
    files("GET", "/home/alice/new.txt", status=404)
    assert writers() == {}
    assert "writer" not in files("GET", "/home/alice/").json["items"][0]


def test_names_that_are_no_utf_8_are_escaped_in_the_events_of_every_change(farm, api):
    with farm.connect("ftp") as client, client.makefile("rwb", buffering=0) as lines:
        lines.readline()
        for line in (
            b"USER alice",
            b"PASS alice-pass",
            b"MKD \x83x",
            b"RNFR \x83x",
            b"RNTO \xfe\xed\xa0\x80",
            b"RMD \xfe\xed\xa0\x80",
        ):
            lines.write(line + b"\r\n")
            lines.readline()
    made, renamed, removed = api("GET", "/events?type=file")["items"]
    assert (made["path"], renamed["to"]) == ("/home/alice/\\x83x", "/home/alice/\\xfe\\xed\\xa0\\x80")
    assert removed["path"] == renamed["to"]
