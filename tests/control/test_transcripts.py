"""Connections and transcripts over the API."""

import base64

import pytest

WORLD = "/api/v1/worlds/default"


def test_connections_are_listed_with_their_counts_and_end(farm, get):
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


def test_connections_are_filtered_by_service_peer_state_and_number(farm, get):
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


def test_connections_are_chosen_by_findings_time_values_and_the_filter_language(farm, get):
    farm.exchange("echo", b"1")
    farm.exchange("daytime", b"x")
    farm.exchange("smtp", b"EHLO a.test\r\nNOOP\r\nNOOP\r\nQUIT\r\n")

    def chosen(query):
        return [one["id"] for one in get(f"{WORLD}/connections?{query.replace(' ', '%20')}")["items"]]

    assert chosen("findings=true") == chosen("level=advice") == ["c2", "c3"]
    assert chosen("findings=false") == ["c1"]
    assert chosen("level=must") == ["c3"]  # it did not wait for the reply to EHLO
    assert chosen("service=echo,smtp") == ["c1", "c3"]
    assert chosen("peer=127.0.0.2,::1") == []
    assert chosen("opened_since=-1h") == ["c1", "c2", "c3"]
    assert chosen("opened_since=2100-01-01T00:00:00Z") == []
    assert chosen("order=desc") == ["c3", "c2", "c1"]
    assert chosen("q=-service:smtp findings:0") == ["c1"]
    assert chosen("q=noop OR state:open") == chosen("q=command:quit") == ["c3"]
    assert chosen("q=received:>10 sent:>0 reason:closed level:advice OR listener:smtp.plain") == ["c3"]
    third = get(f"{WORLD}/connections?order=desc&limit=1")
    assert (third["items"][0]["commands"], third["total"]) == ("EHLO NOOP×2 QUIT", 3)
    second = get(f"{WORLD}/connections?order=desc&limit=1&before={third['next']}")["items"][0]
    assert (second["id"], second["levels"]) == ("c2", {"advice": 1})


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("service=echo,fpt", "did you mean"),
        ("peer=127.0.0.1,nobody", "nobody"),
        ("opened_since=soon", "soon"),
        ("q=findings:many", "not a number"),
        ("q=stat:open", "did you mean state?"),
    ],
)
def test_a_condition_on_connections_that_cannot_match_is_refused(farm, request_of, query, words):
    reply = request_of(farm, "GET", f"{WORLD}/connections?{query}")
    assert (reply.status, words in reply.json["detail"]) == (400, True), reply.body


def test_without_a_journal_open_connections_are_listed_and_pages_never_split_a_number(start_farm, request_of):
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
def test_refused_queries_are_explained(farm, request_of, query, status, detail):
    farm.exchange("echo", b"hello\r\n")
    reply = request_of(farm, "GET", f"{WORLD}/{query}")
    assert (reply.status, detail in reply.json["detail"]) == (status, True), reply.body
