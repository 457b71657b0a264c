"""A web page can make its browser send bytes to any port of this machine. No service obeys them.

The browser is real; what it sent is replayed against every listener, too, for machines without one.
"""

import json
import sys
from pathlib import Path

import pytest

from homeport.services import find_service, service_names

OBEYS_LINES = ("smtp", "ftp", "finger", "whois", "gopher")
"""The services that would obey a line in the body of a request."""
BODY = b"\r\n".join(
    [
        *(b"EHLO x", b"MAIL FROM:<evil@x.test>", b"RCPT TO:<bob@example.org>", b"DATA", b"Subject: owned", b"", b"."),
        *(b"USER alice", b"PASS alice-pass", b"MKD owned", b"alice", b"homeport.test", b"QUIT", b""),
    ]
)
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHROME = (
    b'Connection: keep-alive\r\nsec-ch-ua-platform: "Linux"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) '
    b"AppleWebKit/537.36\r\nAccept: */*\r\nOrigin: http://evil.test\r\nSec-Fetch-Site: cross-site\r\n"
)
REQUESTS = {
    "fetch": b"POST / HTTP/1.1\r\nHost: 127.0.0.1:10025\r\n" + LENGTH + CHROME + b"\r\n" + BODY,
    "form": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n" + LENGTH + b"\r\nx\r\n" + BODY,
    "image": b"GET /MAIL%20FROM HTTP/1.1\r\nHost: 127.0.0.1\r\n" + CHROME + b"\r\n",
    "WebSocket": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + BODY,
    "EventSource": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n",
    "preflight": b"OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccess-Control-Request-Method: POST\r\n\r\n" + BODY,
    "HTTP/1.0": b"POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\n" + BODY,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + BODY,
    "a header alone": b"Host: 127.0.0.1\r\n\r\n" + BODY,
    "User-Agent first": b"User-Agent: x\r\n" + BODY,
    "Origin first": b"Origin: http://evil.test\r\n" + BODY,
    "Content-Length first": LENGTH + b"\r\n" + BODY,
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS.keys())
@pytest.mark.parametrize("service", OBEYS_LINES)
def test_no_service_obeys_the_body_of_a_request(farm, service, request_bytes):
    farm.exchange(service, request_bytes)
    assert farm.call(lambda: len(farm.world.mail)) == 0
    assert [one["id"] for one in farm.events("finding")] == [f"{service}.http-request"]
    assert [one["verb"] for one in farm.events("command") if one.get("verb") in ("MAIL", "USER", "MKD")] == []


def test_the_bodies_would_be_obeyed_without_their_heads(farm):
    """So that the test above proves something."""
    farm.exchange("smtp", BODY)
    assert farm.call(lambda: len(farm.world.mail)) == 1
    assert b"alice" in farm.exchange("finger", b"alice\r\n")


@pytest.mark.parametrize("name", [name for name in service_names() if find_service(name).session])
def test_every_service_serves_others_after_a_browser(farm, name):
    for request_bytes in REQUESTS.values():
        with farm.connect(name) as browser:
            browser.sendall(request_bytes)
    assert farm.exchange("finger", b"bob\r\n")


def test_a_page_in_a_real_browser_is_obeyed_by_no_port(client, on_default_ports, tmp_path):
    program = Path(__file__).with_name("browser.py")
    done = on_default_ports(sys.executable, program, client("chromium"), tmp_path / "profile", timeout=300)
    assert done.returncode == 0, done.stderr + done.stdout
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["done"]
    assert seen["ready"] == 200
    assert seen["worlds"] == 1
    assert seen["messages"] == []
    assert "owned" not in [one["name"] for one in seen["files"]]
    assert [
        one["verb"] for one in seen["commands"] if one.get("verb") in ("MAIL", "RCPT", "DATA", "USER", "PASS")
    ] == []
    reached = {one["service"] for one in seen["connections"]}
    assert reached >= {*OBEYS_LINES, "echo", "discard", "epp"}
    by_connection = {}
    for finding in seen["findings"]:
        by_connection.setdefault(finding["conn"], []).append((finding["service"], finding["id"]))
    for service in OBEYS_LINES:
        assert [found for found in by_connection.values() if found == [(service, f"{service}.http-request")]], service
    wrong = {conn: found for conn, found in by_connection.items() if len(found) > 1}
    assert wrong == {}, "one finding for each connection"
