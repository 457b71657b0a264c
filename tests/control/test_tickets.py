"""Tickets: each opens one path, once, within a minute."""

import json

import pytest
from twisted.internet.task import Clock

from homeport.control.problems import ProblemError
from homeport.control.tickets import LIFETIME_S, MAX_TICKETS, Tickets, tickets_of

WORLDS = "/api/v1/worlds"
TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture
def locked(start_farm):
    """A farm that requires a token."""
    return start_farm("echo", "smtp", control={"token": "secret"})


@pytest.fixture
def ticket(locked, request_of):
    """Get a ticket for a path; return its address."""

    def get(path):
        reply = request_of(locked, "POST", "/api/v1/tickets", TOKEN, json.dumps({"path": path}))
        assert reply.status == 201, reply.body
        assert reply.json["expires_s"] == LIFETIME_S
        return reply.json["url"]

    return get


def test_a_ticket_opens_its_path_and_query_once_and_needs_no_token(locked, request_of, ticket):
    path = f"{WORLDS}/default/events?limit=1&text=%C3%A9"
    expected = request_of(locked, "GET", path, TOKEN)
    address = ticket(path)
    assert request_of(locked, "GET", path).status == 401
    reply = request_of(locked, "GET", address)
    assert (reply.status, reply.body, reply.headers) == (200, expected.body, expected.headers)
    again = request_of(locked, "GET", address)
    assert again.status == 404
    assert "POST /api/v1/tickets" in again.json["detail"]


def test_a_ticket_opens_nothing_else(locked, request_of, ticket):
    address = ticket(WORLDS)
    name = address.rpartition("/")[2]
    for path in (f"{WORLDS}/default", f"{WORLDS}?ticket={name}", f"{WORLDS}/default/events/{name}"):
        assert request_of(locked, "GET", path).status == 401
        assert request_of(locked, "GET", path, {"Authorization": f"Bearer {name}"}).status == 401
    assert request_of(locked, "GET", f"{address}x").status == 404
    # What is added to the address is ignored, as the query belongs to the ticket.
    assert request_of(locked, "GET", f"{address}?limit=oops").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_ticket_only_reads(locked, request_of, ticket, method):
    address = ticket(f"{WORLDS}/default/faults")
    assert request_of(locked, method, address, body="{}").status == 401
    assert request_of(locked, method, address, TOKEN, "{}").status == 405
    assert request_of(locked, "GET", address).status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/nothing", 404),
        ("/api/v1/reload", 405),
        ("/", 422),
        ("/metrics", 422),
        ("/page/x/main.js", 422),
        ("http://evil.example/api/v1/worlds", 422),
        ("//evil.example/api/v1/worlds", 422),
        ("/api/v1/worlds#x", 422),
        ("/api/v1/worlds x", 422),
        ("/api/v1/worlds\r\nX: y", 422),
        ("/api/v1/w\u00f6rlds", 422),
        ("", 422),
        ("/api/v1/" + "x" * 4096, 400),
    ],
)
def test_there_are_tickets_only_for_reading_the_api(locked, request_of, path, status):
    reply = request_of(locked, "POST", "/api/v1/tickets", TOKEN, json.dumps({"path": path}))
    assert reply.status == status, reply.body
    assert locked.call(lambda: len(tickets_of(locked.reactor))) == 0


def test_a_ticket_is_not_for_a_ticket(locked, request_of, ticket):
    reply = request_of(locked, "POST", "/api/v1/tickets", TOKEN, json.dumps({"path": ticket(WORLDS)}))
    assert reply.status == 422


def test_a_page_of_another_site_cannot_use_a_ticket_and_does_not_end_it(locked, request_of, ticket):
    address = ticket(WORLDS)
    assert request_of(locked, "GET", address, {"Sec-Fetch-Site": "cross-site"}).status == 403
    assert request_of(locked, "GET", address, {"Host": "evil.example"}).status == 403
    frame = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert request_of(locked, "GET", address, frame).status == 200


def test_a_ticket_for_what_has_gone_says_so(locked, request_of, ticket):
    assert request_of(locked, "GET", ticket(f"{WORLDS}/gone/events")).status == 404
    assert request_of(locked, "GET", ticket(f"{WORLDS}?oops=1")).status == 400


def test_a_ticket_ends_after_a_minute():
    clock = Clock()
    tickets = Tickets(clock)
    early, late = tickets.issue("/api/v1/a"), tickets.issue("/api/v1/b")
    clock.advance(LIFETIME_S - 1)
    assert tickets.redeem(early) == "/api/v1/a"
    clock.advance(1)
    with pytest.raises(ProblemError, match="older than 60 s"):
        tickets.redeem(late)
    assert len(tickets) == 0


def test_a_flood_of_tickets_is_refused_until_some_are_used_or_old():
    clock = Clock()
    tickets = Tickets(clock)
    names = [tickets.issue("/api/v1/a") for _ in range(MAX_TICKETS)]
    assert len(set(names)) == MAX_TICKETS
    clock.advance(20)
    with pytest.raises(ProblemError, match="1024 unused tickets") as refused:
        tickets.issue("/api/v1/a")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "41"})
    tickets.redeem(names[7])
    tickets.issue("/api/v1/a")
    clock.advance(LIFETIME_S - 20)
    tickets.issue("/api/v1/a")
    assert len(tickets) == 2


def test_farms_do_not_share_tickets():
    here, there = Clock(), Clock()
    name = tickets_of(here).issue("/api/v1/a")
    with pytest.raises(ProblemError):
        tickets_of(there).redeem(name)
    assert tickets_of(here).redeem(name) == "/api/v1/a"
