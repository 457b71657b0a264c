"""curl against the control API: ordinary requests, and those of a browser on another origin."""

import json

import pytest

JSON = "application/json"
PROBLEM = "application/problem+json"


@pytest.fixture
def curl(client, run, farm):
    """Run curl against the farm; return status, media type and body of the last answer."""
    path = client("curl")

    def ask(where, *options, url=None, stdin=b""):
        target = f"{url or f'http://127.0.0.1:{farm.farm.control.port}'}{where}"
        form = "\n%{http_code} %{content_type}"
        printed = run(path, "-sS", "--max-time", 20, "-w", form, *options, target, stdin=stdin).decode()
        body, _newline, last = printed.rpartition("\n")
        status, _space, media_type = last.partition(" ")
        return int(status), media_type, body

    return ask


def test_a_get_over_either_address(curl, farm):
    assert curl("/livez") == (200, JSON, '{"status":"ok"}')
    assert curl("/livez", url=f"http://[::1]:{farm.farm.control.port}")[0] == 200
    assert curl("/livez", "--http1.0")[0] == 200
    assert curl("/livez", "-H", "Connection: close")[0] == 200


def test_head_and_options(curl):
    status, _type, headers = curl("/livez", "-I")
    assert status == 200
    assert "Content-Length: 15" in headers
    status, media_type, headers = curl("/livez", "-i", "-X", "OPTIONS")
    assert (status, media_type) == (405, PROBLEM)
    assert "\nAllow: GET, HEAD\r" in headers
    assert "Access-Control" not in headers


def test_json_is_taken_and_what_curl_sends_by_itself_is_refused_with_the_remedy(curl):
    assert curl("/api/v1/reload", "-X", "POST")[0] == 200
    assert curl("/api/v1/reload", "-H", f"Content-Type: {JSON}", "-d", "{}")[0] == 200
    status, media_type, body = curl("/api/v1/reload", "-d", "{}")
    assert (status, media_type) == (415, PROBLEM)
    assert "(curl: --json)" in json.loads(body)["detail"]
    assert curl("/api/v1/reload", "-F", "a=b")[0] == 415


def test_a_body_in_pieces_of_unknown_length(curl):
    options = ("-H", f"Content-Type: {JSON}", "-H", "Transfer-Encoding: chunked", "--data-binary", "@-")
    assert curl("/api/v1/reload", *options, stdin=b"{" + b" " * 100_000 + b"}")[0] == 200


def test_a_long_body_is_asked_for_and_one_that_is_too_long_refused(curl):
    options = ("-H", f"Content-Type: {JSON}", "-H", "Expect: 100-continue", "--data-binary", "@-")
    assert curl("/api/v1/reload", *options, stdin=bytes(900 << 10))[0] == 200
    status, media_type, body = curl("/api/v1/reload", *options, stdin=bytes(11 << 20))
    assert (status, media_type) == (413, PROBLEM)
    assert "a body may have" in json.loads(body)["detail"]


def test_paths_as_they_are_typed(curl):
    assert curl("/api/v1/worlds/%64efault")[0] == 200
    assert curl("//livez")[0] == 404
    assert curl("/api/v1/worlds/default/../default")[0] == 200  # curl resolves the dots
    assert curl("/api/v1/worlds/default/../default", "--path-as-is")[0] == 404
    assert curl("/" + "a" * 20_000)[:2] == (414, PROBLEM)


def test_a_name_that_was_bound_to_our_address_is_refused(curl, farm):
    port = farm.farm.control.port
    rebound = ("--resolve", f"evil.example:{port}:127.0.0.1")
    status, media_type, body = curl("/api/v1/worlds", *rebound, url=f"http://evil.example:{port}")
    assert (status, media_type) == (403, PROBLEM)
    assert "is not a name of this farm" in json.loads(body)["detail"]
    page = ("-H", "Origin: http://evil.example")
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        assert curl("/api/v1/worlds", "-X", method, *page)[0] == 403


def test_two_requests_over_one_connection(client, run, farm):
    url = f"http://127.0.0.1:{farm.farm.control.port}/livez"
    printed = run(client("curl"), "-sS", "-w", "\n%{num_connects}\n", url, url).decode()
    assert printed == '{"status":"ok"}\n1\n{"status":"ok"}\n0\n'
