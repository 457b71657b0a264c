"""The control API over raw sockets: valid and invalid HTTP, and requests of web pages."""

import json
import socket
import time

import pytest
from tests.conftest import farm_config, read_all

from homeport.config.checks import control_hosts, validate
from homeport.config.sections import Config, ControlOptions, FarmOptions
from homeport.config.values import Builder
from homeport.control.operations import TABLE
from homeport.control.routing import MAX_BODY_BYTES
from homeport.farm import http as control_http
from homeport.world.journal import Source

WORLD = "/api/v1/worlds/default"


@pytest.fixture
def dial(farm):
    """A connection to the API."""
    opened = []

    def connect():
        opened.append(socket.create_connection(("127.0.0.1", farm.farm.control.port), timeout=10))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.fixture
def say(dial):
    """Send bytes, half-close, and return all answers: `(status, headers, body)` of each."""

    def send(data):
        client = dial()
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return answers(read_all(client))

    return send


def answers(data):
    """Parse the answers in a stream; each must have a length."""
    found = []
    while data:
        head, _blank, data = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        status = int(first.split(" ")[1])
        if status != 100:
            size = int(headers["content-length"])
            found.append((status, headers, data[:size]))
            data = data[size:]
    return found


def one(found):
    """Return the only answer, after checking that an error is a problem document."""
    ((status, headers, body),) = found
    if status >= 400:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status
        assert json.loads(body)["detail"]
    return status, headers, body


HOST = b"Host: localhost\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n", 200),
        (b"GET /livez HTTP/1.0\r\n\r\n", 200),
        (b"GET http://localhost:1/livez HTTP/1.1\r\n" + HOST + b"\r\n", 200),
        (b"GET http://evil.test/livez HTTP/1.1\r\n" + HOST + b"\r\n", 403),
        (b"GET /livez HTTP/1.0\r\nHost: evil.test\r\n\r\n", 403),
        (b"GET /livez HTTP/1.1\r\n" + HOST + b"Host: evil.test\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
        (b"GET /livez HTTP/1.1\r\n\r\n", 400),
        (b"GET /nowhere HTTP/1.1\r\n\r\n", 400),
        (b"GET http://localhost/livez HTTP/1.1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.0\r\n" + HOST + HOST + b"\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost:\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: local host\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: localhost, evil.test\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: user@localhost\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: http://localhost\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: localhost:1:2\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: localhost:x\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: localhost:99999\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: [1:2]\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: localh\xc3\xb6st\r\n\r\n", 400),
        (b"GET http://a@localhost/livez HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: LOCALHOST:18000\r\n\r\n", 200),
        (b"GET /livez HTTP/1.1\r\nHost: localhost:\r\n\r\n", 200),
        (b"GET /livez HTTP/1.1\r\nHost: [::1]:18000\r\n\r\n", 200),
        (b"GET //livez HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET /api/v1//worlds HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET /api/v1/worlds/%64efault HTTP/1.1\r\n" + HOST + b"\r\n", 200),
        (b"GET /api/v1/worlds/de%66ault%2Fevents HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET /api/v1/worlds/%00%ff%zz HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET /api/v1/worlds/\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET /" + b"a" * 20_000, 414),
        (b"GET /livez HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /livez HTTP/1.1\r\n" + b"X: a\r\n" * 600 + b"\r\n", 431),
        (b"GET /livez HTTP/1.1\r\n" + (b"X: " + b"a" * 90 + b"\r\n") * 300 + b"\r\n", 431),
        (b"GET /livez HTTP/1.1\r\nno header\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\r\n", 400),
        (b"OPTIONS /livez HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"TRACE /livez HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    ],
)
def test_every_request_gets_exactly_one_answer(say, data, status):
    assert one(say(data))[0] == status


def test_head_has_the_headers_of_get_and_no_body(say, dial):
    _status, headers, body = one(say(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"))
    client = dial()
    client.sendall(b"HEAD /livez HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    head = read_all(client).decode()
    assert head.endswith("\r\n\r\n")
    assert f"Content-Length: {len(body)}\r\n" in head
    assert f"Content-Type: {headers['content-type']}\r\n" in head


def test_no_answer_allows_other_origins(say):
    for method in (b"OPTIONS", b"GET"):
        preflight = b"Access-Control-Request-Method: POST\r\n"
        _status, headers, _body = one(say(method + b" /livez HTTP/1.1\r\n" + HOST + preflight + b"\r\n"))
        assert not [name for name in headers if name.startswith("access-control")]
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert one(say(b"OPTIONS /livez HTTP/1.1\r\n" + HOST + b"\r\n"))[1]["allow"] == "GET, HEAD"


def test_pipelined_requests_are_answered_in_order(say):
    request = b"GET %b HTTP/1.1\r\n" + HOST + b"\r\n"
    found = say(request % b"/livez" + request % b"/nowhere" + request % b"/readyz")
    assert [status for status, _headers, _body in found] == [200, 404, 200]


def test_a_chunked_body_is_assembled_and_an_invalid_one_refused(say):
    head = b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    assert one(say(head + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"))[0] == 200
    assert one(say(head + b"zz\r\n{}\r\n0\r\n\r\n"))[0] == 400


def test_a_chunked_body_over_the_limit_is_refused(say):
    head = b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    assert one(say(head + chunk * (MAX_BODY_BYTES // (1 << 20) + 1) + b"0\r\n\r\n"))[0] == 413


def test_an_endless_body_is_disconnected(dial):
    client = dial()
    client.sendall(b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999999\r\n\r\n")
    with pytest.raises(ConnectionError):
        while True:
            client.sendall(bytes(1 << 20))


def test_expect_100_continue_is_answered_before_the_response(dial):
    client = dial()
    reader = client.makefile("rb")
    client.sendall(b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    assert reader.readline() == b"\r\n"
    client.sendall(b"{}")
    assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
    reader.close()


def test_a_slow_request_is_timed_out(monkeypatch, start_farm):
    monkeypatch.setattr(control_http, "REQUEST_TIMEOUT_S", 0.3)
    farm = start_farm("echo")
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", farm.farm.control.port), timeout=0.02) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\n")
        while time.monotonic() - began < 5:
            try:
                client.sendall(b"X")
                if not client.recv(100):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert 0.25 < time.monotonic() - began < 3


def test_an_idle_connection_is_timed_out_and_a_waiting_one_is_not(monkeypatch, start_farm):
    monkeypatch.setattr(control_http, "REQUEST_TIMEOUT_S", 0.3)
    farm = start_farm("echo")
    address = ("127.0.0.1", farm.farm.control.port)
    with socket.create_connection(address, timeout=10) as idle, socket.create_connection(address, timeout=10) as waits:
        waits.sendall(f"GET {WORLD}/events/wait?timeout=1s HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        assert idle.recv(100) == b""
        assert waits.recv(12) == b"HTTP/1.1 200"


def test_connections_over_the_limit_get_503_until_others_close(monkeypatch, dial):
    monkeypatch.setattr(control_http, "MAX_CONNECTIONS", 2)
    first, second = dial(), dial()
    request = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
    for client in (first, second):
        client.sendall(request)
        assert client.recv(12) == b"HTTP/1.1 200"
    status, headers, _body = one(answers(read_all(dial())))
    assert (status, headers["connection"]) == (503, "close")
    first.close()
    second.sendall(request)
    while b"HTTP/1.1 200" not in second.recv(1000):
        pass
    third = dial()
    third.sendall(request)
    assert third.recv(12) == b"HTTP/1.1 200"


def test_twisted_still_has_the_method_that_refuses_invalid_requests():
    from twisted.internet.abstract import FileDescriptor
    from twisted.web.http import HTTPChannel

    assert callable(HTTPChannel._respondToBadRequestAndDisconnect)
    assert {"_receivedHeaderSize", "_receivedHeaderCount"} <= set(vars(HTTPChannel))
    assert {"_transferDecoder", "_dataBuffer", "_handlingRequest"} <= set(vars(HTTPChannel()))
    assert {"_waitingForTransport", "rawDataReceived", "requestDone"} <= set(vars(HTTPChannel))
    assert {"dataBuffer", "offset", "_tempDataLen"} <= set(dir(FileDescriptor(reactor=object())))


PAGE = {"Host": "127.0.0.1:18000", "Origin": "http://evil.example"}
REBOUND = {"Host": "evil.example:18000", "Origin": "http://evil.example:18000"}
"""Headers of a browser for a page of evil.example: a request to the farm's address, and one after DNS rebinding."""


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; a=b"]
)
def test_pages_cannot_send_bodies_that_need_no_preflight(farm, request_of, content_type):
    reply = request_of(farm, "POST", "/api/v1/reload", PAGE | {"Content-Type": content_type}, "{}")
    assert reply.status == 403
    # Even without Origin.
    reply = request_of(farm, "POST", "/api/v1/reload", {"Content-Type": content_type}, "{}")
    assert reply.status == 415
    assert "application/json" in reply.json["detail"]


def test_a_page_gets_no_leave_to_send_json(farm, request_of):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    reply = request_of(farm, "OPTIONS", "/api/v1/reload", PAGE | asked)
    assert reply.status == 403
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v1/worlds", "/api/v1/reload", WORLD, "/livez"])
def test_a_page_can_do_nothing_whatever_name_it_goes_by(farm, request_of, method, path):
    assert request_of(farm, method, path, PAGE).status == 403
    assert request_of(farm, method, path, REBOUND).status == 403
    # A rebound page is of the same origin for its browser, which then sends no Origin with GET.
    assert request_of(farm, method, path, {"Host": REBOUND["Host"], "Sec-Fetch-Site": "same-origin"}).status == 403
    # An image or a script of another site's page: no Origin either.
    assert request_of(farm, method, path, {"Host": PAGE["Host"], "Sec-Fetch-Site": "cross-site"}).status == 403


def test_a_link_to_us_may_be_followed_but_not_by_a_form(farm, request_of):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert request_of(farm, "GET", "/livez", link).status == 200
    assert request_of(farm, "POST", "/api/v1/reload", link).status == 403
    assert request_of(farm, "GET", "/livez", {"Sec-Fetch-Site": "none"}).status == 200
    assert request_of(farm, "GET", "/livez", {"Sec-Fetch-Site": "same-origin"}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Origin": "http://evil.example",
        },
        {"Accept": "text/event-stream", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"},
    ],
    ids=["websocket", "event source", "image", "script", "other port", "frame", "object"],
)
@pytest.mark.parametrize("path", [f"{WORLD}/events", f"{WORLD}/events/stream", "/api/v1/ca.pem", "/metrics"])
def test_a_page_cannot_load_anything_by_any_means(farm, request_of, headers, path):
    assert request_of(farm, "GET", path, headers).status == 403


def test_an_upgrade_to_another_protocol_is_ignored(farm, request_of):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    reply = request_of(farm, "GET", "/livez", upgrade)
    assert (reply.status, "upgrade" in reply.headers) == (200, False)
    assert request_of(farm, "GET", "/livez", {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"}).status == 200


def test_raw_bodies_are_taken_only_by_methods_that_need_a_preflight():
    # A form can POST any text; a body of whatever type must not be one of those.
    assert {one.method for one in TABLE if one.octets} <= {"PUT", "PATCH"}


def test_no_log_line_shows_a_token(start_farm, request_of, caplog):
    farm = start_farm("echo", control={"token": "hush-hush"})
    for name, value in (("Authorization", "Bearer "), ("Authorization", "Basic "), ("X-Token", "")):
        for path in ("/api/v1/worlds?token=hush-hush", "/hush?token=hush-hush", WORLD):
            reply = request_of(farm, "GET", path, {name: f"{value}hush-hush"})
            assert b"hush-hush" not in reply.body
    farm.call(farm.world.journal.log, Source("echo", "tcp"), "command", {"verb": object()})
    assert request_of(farm, "GET", f"{WORLD}/events", {"Authorization": "Bearer hush-hush"}).status == 500
    assert caplog.text.count("please report this") == 1
    assert "hush-hush" not in caplog.text
    assert "hush-hush" not in str(farm.call(lambda: [*farm.world.journal.entries()]))


def test_a_token_does_not_make_a_foreign_page_ours(start_farm, request_of):
    farm = start_farm("echo", control={"token": "secret"})
    headers = {"Authorization": "Bearer secret", "Origin": "http://evil.example"}
    assert request_of(farm, "GET", WORLD, headers).status == 403


@pytest.mark.parametrize(
    ("hosts", "control", "allowed"),
    [
        (["127.0.0.1"], {}, True),
        (["0.0.0.0"], {}, True),  # control_hosts keeps the API on this machine
        (["127.0.0.1"], {"hosts": ["::"]}, False),
        (["127.0.0.1"], {"hosts": ["192.0.2.1"]}, False),
        (["127.0.0.1"], {"hosts": ["127.0.0.1", "farm.example"]}, False),
        (["0.0.0.0"], {"token": "secret"}, True),
        (["0.0.0.0"], {"open": True}, True),
        (["0.0.0.0"], {"hosts": ["127.0.0.1"]}, True),
        (["127.0.0.1"], {"hosts": ["0.0.0.0"]}, False),
    ],
)
def test_off_loopback_a_token_or_open_is_demanded_before_anything_listens(hosts, control, allowed):
    config = Config(farm=FarmOptions(hosts=hosts), control=ControlOptions(**control))
    problems = validate(config, Builder())
    assert (problems == []) == allowed
    if not allowed:
        assert "any client there could use" in problems[0]
        assert "set [control] token" in problems[0]


@pytest.mark.parametrize(
    ("hosts", "control", "listens"),
    [
        (["0.0.0.0", "::"], {}, ["127.0.0.1", "::1"]),
        (["192.0.2.1"], {}, ["127.0.0.1", "::1"]),
        (["farm.example", "127.0.0.2"], {}, ["127.0.0.2"]),
        (["0.0.0.0"], {"token": "secret"}, ["0.0.0.0"]),
        (["0.0.0.0"], {"open": True}, ["0.0.0.0"]),
        (["0.0.0.0"], {"open": True, "hosts": ["127.0.0.1"]}, ["127.0.0.1"]),
    ],
)
def test_without_a_token_the_api_stays_on_this_machine_whatever_the_services_listen_on(hosts, control, listens):
    assert control_hosts(Config(farm=FarmOptions(hosts=hosts), control=ControlOptions(**control))) == listens


def test_a_farm_that_serves_every_address_answers_its_api_on_loopback_alone(start_farm):
    farm = start_farm("echo", hosts=["0.0.0.0"])
    assert set(farm.farm.control.addresses) <= {"127.0.0.1", "::1"}
    assert farm.farm.hosts["default"].listeners[0].bound.addresses == ["0.0.0.0"]


def test_open_answers_to_names_that_no_page_can_rebind_and_still_not_to_other_pages(start_farm, request_of):
    farm = start_farm("echo", control={"open": True, "names": ["lab.example"]})
    for host in ("homeport", "192.0.2.7:18000", "[2001:db8::7]", "lab.example"):
        assert request_of(farm, "GET", WORLD, {"Host": host}).status == 200
    assert request_of(farm, "GET", WORLD, {"Host": "farm.example"}).status == 403
    assert request_of(farm, "GET", WORLD, PAGE).status == 403


def test_the_configuration_of_the_tests_is_allowed():
    assert validate(farm_config("echo"), Builder()) == []


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_tls_is_answered_at_once_in_the_clear_and_logs_nothing(dial, size, caplog):
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2
    client = dial()
    client.sendall(hello[:size])  # nothing more comes, and our side stays open
    ((status, headers, body),) = answers(read_all(client))
    assert (status, headers["connection"]) == (400, "close")
    assert json.loads(body)["detail"] == "the control API does not use TLS: write http:// in the URL"
    assert caplog.records == []
