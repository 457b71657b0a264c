"""Previews: the answer of a service as it would be sent, without a trace."""

from urllib.parse import quote

import pytest

PREVIEW = "/api/v1/worlds/default/preview"


@pytest.fixture
def preview(farm, request_of):
    """Preview an answer: `preview("finger?q=alice")`."""

    def send(what, status=200):
        reply = request_of(farm, "GET", f"{PREVIEW}/{what}")
        assert reply.status == status, reply.body
        return reply.body if status == 200 else reply.json["detail"]

    return send


@pytest.fixture(autouse=True)
def frozen(api):
    """Answers of two moments are equal only while the world's clock stands still."""
    api("POST", "/clock", {"set": "2026-10-14T12:00:00Z", "freeze": True})


def test_active_users_is_previewed_byte_for_byte(farm, preview):
    assert preview("users") == farm.exchange("users") != b""


@pytest.mark.parametrize("query", ["", "alice", "/W", "/W alice", "no-such-person", "alice bob", "ålice", "\x07"])
def test_finger_is_previewed_byte_for_byte(farm, preview, query):
    assert preview(f"finger?q={quote(query)}") == farm.exchange("finger", query.encode() + b"\r\n") != b""


@pytest.mark.parametrize(
    "query",
    [
        "", "help", "homeport.test", "domain homeport.test", "nothing.test", "quay...", "192.0.2.1", "-k", "x" * 2000,
        "-C latin1 alice", "GET / HTTP/1.0",
    ],
)  # fmt: skip
def test_whois_is_previewed_byte_for_byte(farm, preview, query):
    assert preview(f"whois?q={quote(query)}") == farm.exchange("whois", query.encode() + b"\r\n") != b""


def test_a_preview_leaves_no_trace(farm, api, preview):
    before = api("GET", "/events"), api("GET", "/connections"), api("GET", "/services")["items"]
    preview("users")
    preview("finger?q=%07")
    preview(f"whois?q={'x' * 2000}")
    assert (api("GET", "/events"), api("GET", "/connections"), api("GET", "/services")["items"]) == before
    assert api("GET", "/findings")["total"] == 0


def test_a_planned_fault_neither_acts_on_a_preview_nor_counts_it(api, preview):
    planned = {"service": "finger", "times": 1, "match": {"verb": "query"}, "do": {"close": {}}}
    fault = api("POST", "/faults", planned, status=201)
    assert b"alice" in preview("finger?q=alice")
    assert api("GET", f"/faults/{fault['id']}") == fault


def test_a_query_has_no_line_end(preview):
    assert "q" in preview("finger?q=a%0D%0Ab", status=400)


def test_a_forwarded_query_has_no_preview_of_its_own(start_farm, request_of):
    farm = start_farm("finger", finger={"forward_to": ["other.test"]})
    reply = request_of(farm, "GET", f"{PREVIEW}/finger?q=alice@other.test")
    assert reply.status == 409
    assert "other.test" in reply.json["detail"]
    assert request_of(farm, "GET", f"{PREVIEW}/users").status == 404
