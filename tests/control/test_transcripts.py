"""Connections and transcripts over the API."""

import base64

import pytest

WORLD = "/api/v1/worlds/default"


def test_connections_are_listed_with_how_they_went(farm, get):
    farm.exchange("daytime", b"x")
    with farm.connect("echo") as client:
        client.sendall(b"hello")
        assert client.recv(5) == b"hello"
        first, second = get(f"{WORLD}/connections")["items"]
        assert (first["id"], first["service"], first["listener"]) == ("c1", "daytime", "tcp")
        assert (first["reason"], first["received"], first["findings"], first["kept"]) == ("closed", 1, 1, "all")
        assert first["opened"] < first["closed"]
        assert (second["id"], second["closed"], second["reason"], second["sent"]) == ("c2", None, None, 5)
        assert second["peer"] == f"127.0.0.1:{client.getsockname()[1]}"
        assert second["local"] == f"127.0.0.1:{farm.port('echo')}"


def test_connections_are_chosen_by_service_peer_state_and_number(farm, get):
    farm.exchange("echo", b"1")
    farm.exchange("time")
    with farm.connect("echo", "::1") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        peer = f"[::1]:{client.getsockname()[1]}"

        def chosen(query):
            return [one["id"] for one in get(f"{WORLD}/connections?{query}")["items"]]

        assert chosen("service=echo") == ["c1", "c3"]
        assert chosen("service=echo&state=closed") == ["c1"]
        assert chosen("state=open") == chosen("peer=::1") == chosen(f"peer={peer}") == ["c3"]
        assert chosen("peer=127.0.0.0/8") == ["c1", "c2"]
        assert chosen("peer=127.0.0.1:1") == []
        page = get(f"{WORLD}/connections?limit=1")
        assert ([one["id"] for one in page["items"]], page["total"]) == (["c1"], 3)
        assert chosen(f"since={page['next']}") == ["c2", "c3"]
    assert get(f"{WORLD}/connections?limit=10")["next"] is None


def test_connections_without_a_journal_are_those_that_stand_and_a_page_never_splits_them(start_farm, request_of):
    farm = start_farm("echo", journal={"enabled": False})
    farm.exchange("echo", b"1")
    with farm.connect("echo") as one, farm.connect("echo") as other:
        for client in (one, other):
            client.sendall(b"x")
            assert client.recv(1) == b"x"
        answer = request_of(farm, "GET", f"{WORLD}/connections?limit=1").json
        assert [(item["id"], item["kept"]) for item in answer["items"]] == [("c2", "part"), ("c3", "part")]
        talk = request_of(farm, "GET", f"{WORLD}/connections/c3/transcript").json
        assert [(item["type"], item["size"]) for item in talk["items"]] == [("missing", 1), ("missing", 1)]


def test_a_transcript_is_json_or_text(farm, get, request_of):
    farm.exchange("echo", b"hello\r\n")
    talk = get(f"{WORLD}/connections/c1/transcript")
    assert [item["type"] for item in talk["items"]] == ["opened", "in", "out", "closed"]
    came = talk["items"][1]
    assert (came["direction"], base64.b64decode(came["bytes"]), came["text"]) == ("in", b"hello\r\n", "hello\\r\\n")
    assert (talk["conn"], talk["connection"]["kept"]) == ("c1", "all")
    reply = request_of(farm, "GET", f"{WORLD}/connections/c1/transcript?format=text")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert [line[16:] for line in reply.body.decode().splitlines()[1:]] == [
        "[opened]",
        "C: hello",
        "S: hello",
        "[closed: closed]",
    ]


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ("connections/c9/transcript", 404, "there is no connection 'c9'"),
        ("connections/c1/transcript?secrets=true", 403, "start the farm with [journal] secrets = true"),
        ("connections/c1/transcript?format=html", 400, "Invalid enum value 'html'"),
        ("connections?peer=nobody", 400, "'nobody' does not appear to be an IPv4 or IPv6 network"),
        ("events?peer=nobody", 400, "'nobody' does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_what_cannot_be_shown_is_explained(farm, request_of, query, status, detail):
    farm.exchange("echo", b"hello\r\n")
    reply = request_of(farm, "GET", f"{WORLD}/{query}")
    assert (reply.status, detail in reply.json["detail"]) == (status, True), reply.body
