"""A world's people, presences, quotes and registry over the API, and what the services make of them at once."""

from urllib.parse import quote

import pytest

ZOE = {"login": "zoe", "name": "Zoe Mast", "office": "Crow's nest", "plan": "Sail.\n"}


def whois(farm, query):
    return farm.exchange("whois", query.encode() + b"\r\n")


def changes(farm):
    return [(event["what"], event["thing"], event["name"]) for event in farm.events("world")]


def test_finger_and_whois_show_a_person_that_was_put(farm, api):
    put = api("PUT", "/people/zoe", ZOE)
    assert (put["name"], put["shell"]) == ("Zoe Mast", "/bin/sh")
    assert api("GET", "/people/ZOE") == put
    assert api("GET", "/people")["items"][-1] == put
    assert b"Sail." in farm.exchange("finger", b"zoe\r\n")
    assert b"Crow's nest" in whois(farm, "mast")
    assert api("PUT", "/people/zoe", {**put, "plan": "Anchor.\n"})["plan"] == "Anchor.\n"
    assert b"Anchor." in farm.exchange("finger", b"zoe\r\n")
    api("DELETE", "/people/zoe", status=204)
    assert b"Zoe" not in farm.exchange("finger", b"zoe\r\n")
    assert changes(farm) == [("put", "person", "zoe"), ("put", "person", "zoe"), ("deleted", "person", "zoe")]


def test_a_presence_is_shown_until_it_is_deleted(farm, api):
    api("POST", "/clock", {"set": "2026-10-14T12:00:00Z", "freeze": True})
    put = api("PUT", "/presence/desk", {"login": "zoe", "since": "-3h", "active": 1_791_978_900})
    assert put == {
        "id": "desk", "login": "zoe", "terminal": "tty1", "origin": "",
        "since": "2026-10-14T09:00:00.000000Z", "active": "2026-10-14T11:55:00.000000Z", "conn": None,
    }  # fmt: skip
    assert b"zoe\r\n" in farm.exchange("users")
    assert api("PUT", "/presence/desk", api("GET", "/presence/desk")) == put
    assert [one["id"] for one in api("GET", "/presence")["items"]] == ["p1", "p2", "p3", "desk"]
    api("DELETE", "/presence/desk", status=204)
    assert b"zoe" not in farm.exchange("users")


def test_a_presence_without_times_starts_now(api):
    api("POST", "/clock", {"set": "2026-10-14T12:00:00Z", "freeze": True})
    put = api("PUT", "/presence/p9", {"login": "zoe"})
    assert put["since"] == put["active"] == "2026-10-14T12:00:00.000000Z"


def test_sessions_never_get_an_identifier_that_was_put(farm, api):
    api("PUT", "/presence/p4", {"login": "zoe"})
    assert farm.call(farm.world.presence.enter, "alice", "ftp", "", 0.0) == "p5"


def test_replaced_quotes_are_served_from_the_first(farm, api):
    farm.exchange("qotd")
    assert api("PUT", "/quotes", {"items": ["One.", "Two."]}) == {"items": ["One.", "Two."], "total": 2, "next": None}
    assert [farm.exchange("qotd") for _ in range(3)] == [b"One.\r\n", b"Two.\r\n", b"One.\r\n"]
    api("DELETE", "/quotes", status=204)
    assert api("GET", "/quotes")["items"] == []
    assert farm.exchange("qotd") == b""


def test_a_domain_is_put_unchanged_and_whois_shows_it(farm, api):
    api("POST", "/clock", {"set": "2026-10-14T12:00:00Z", "freeze": True})
    body = {"name": "New.Test", "roid": "D9-NEW", "registrar": "nobody", "created": "-P1Y", "expires": "+1d"}
    put = api("PUT", "/registry/domains/new.test", body)
    assert (put["name"], put["created"], put["expires"], put["updated"]) == (
        "new.test", "2025-10-14T12:00:00.000000Z", "2026-10-15T12:00:00.000000Z", None,
    )  # fmt: skip
    assert b"D9-NEW" in whois(farm, "new.test")
    # What is read can be put back.
    assert api("PUT", "/registry/domains/new.test", put) == put
    assert api("GET", "/registry/domains/NEW.test") == put
    api("DELETE", "/registry/domains/new.test", status=204)
    assert b"D9-NEW" not in whois(farm, "new.test")


def test_every_kind_of_object_is_read_put_and_deleted(farm, api):
    objects = {
        "hosts": {"name": "ns.new.test", "roid": "H9-NEW", "registrar": "harbour", "created": 0},
        "contacts": {"id": "NEW-1", "roid": "C9-NEW", "registrar": "harbour", "created": 0, "postal": {"name": "Zoe"}},
        "registrars": {"id": "newcomer", "name": "Newcomer Inc.", "password": "newcomer-pass"},
    }
    for plural, body in objects.items():
        name = body.get("name") if plural == "hosts" else body["id"]
        total = api("GET", f"/registry/{plural}")["total"]
        put = api("PUT", f"/registry/{plural}/{name}", body)
        assert api("GET", f"/registry/{plural}")["items"][-1] == put
        assert api("GET", f"/registry/{plural}")["total"] == total + 1
        assert body.get("name", "Zoe").encode() in whois(farm, name)
        api("DELETE", f"/registry/{plural}/{name.upper()}", status=204)
        assert api("GET", f"/registry/{plural}")["total"] == total
    assert api("GET", "/registry/registrars/harbour")["password"] == "harbour-pass"
    assert farm.world.registry.registrar("Newcomer Inc.") is None


def test_names_are_found_in_every_spelling(api):
    name = quote("Leuchtfeuer-Süd.test")
    assert api("GET", f"/registry/domains/{name}")["name"] == "xn--leuchtfeuer-sd-ssb.test"
    assert api("GET", "/registry/contacts/hm-1")["id"] == "HM-1"


DOMAIN = {"name": "new.test", "roid": "D9", "registrar": "harbour", "created": 0, "expires": 0}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("GET", "/people/alcie", None, 404, "there is no person 'alcie'; did you mean 'alice'?"),
        ("DELETE", "/people/alcie", None, 404, "there is no person 'alcie'; did you mean 'alice'?"),
        ("PUT", "/people/bob", ZOE, 400, "the path has 'bob', but login in the body is 'zoe': write the same in both"),
        ("PUT", "/people/zoe", {"login": "zoe"}, 400, "missing required field `name`"),
        ("PUT", "/people/zoe", {**ZOE, "offce": "x"}, 400, "unknown field `offce`"),
        ("GET", "/presence/p9", None, 404, "there is no presence 'p9'"),
        ("PUT", "/presence/p9", {"id": "p8", "login": "zoe"}, 400, "the path has 'p9'"),
        ("PUT", "/presence/p9", {"login": "zoe", "since": "lately"}, 400, "'lately' is not a time"),
        ("PUT", "/presence/p9", {"login": "zoe", "since": 1e300}, 400, "Expected `float` <="),
        ("PUT", "/quotes", {"items": [""]}, 400, "at `items[0]`"),
        ("PUT", "/quotes", None, 400, "the body is empty"),
        ("GET", "/registry/domains/homport.test", None, 404, "did you mean 'homeport.test'?"),
        ("DELETE", "/registry/hosts/ns9.homeport.test", None, 404, "there is no host"),
        ("PUT", "/registry/domains/other.test", DOMAIN, 400, "the path has 'other.test'"),
        ("PUT", "/registry/domains/a..b", {**DOMAIN, "name": "a..b"}, 400, "'a..b' is not a valid name of a domain"),
        ("PUT", "/registry/domains/new.test", {**DOMAIN, "created": "once"}, 400, "'once' is not a time"),
        ("PUT", "/registry/registrars/x", {"id": "x", "name": "X"}, 400, "id: write 3 to 16 letters"),
        ("GET", "/registry/ships", None, 404, "there is nothing at"),
    ],
)
def test_refused_changes_are_explained_and_change_nothing(farm, api, method, path, body, status, detail):
    assert detail in api(method, path, body, status=status)["detail"]
    assert changes(farm) == []


def test_the_presence_of_a_session_names_its_connection(farm, api):
    with farm.connect("ftp") as client, client.makefile("rwb", buffering=0) as lines:
        lines.readline()
        for line in (b"USER alice", b"PASS alice-pass"):
            lines.write(line + b"\r\n")
            lines.readline()
        session = api("GET", "/presence")["items"][-1]
        assert (session["login"], session["terminal"]) == ("alice", "ftp")
        assert session["conn"] == api("GET", "/connections")["items"][-1]["id"]
    assert api("GET", "/presence/p1")["conn"] is None
