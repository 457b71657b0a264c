"""Kinds and recipes of faults over the API: what can be planned here, each ready to plan; and changes of a fault."""

import json

import pytest

WORLD = "/api/v1/worlds/default"


@pytest.fixture
def api(farm, request_of):
    """A request with a body in JSON, and its answer: status and body."""

    def call(method, path, body=None):
        reply = request_of(farm, method, WORLD + path, body=None if body is None else json.dumps(body).encode())
        return reply.status, reply.json if reply.body else None

    return call


def by_name(items, key):
    return {one[key]: one for one in items}


def test_the_example_of_every_kind_of_every_listener_can_be_planned(api):
    _, kinds = api("GET", "/faults/kinds")
    planned = 0
    for service in kinds["items"]:
        for kind in service["kinds"]:
            for listener in kind["listeners"]:
                assert kind["kind"] in service["listeners"][listener]
                plan = {"service": service["service"], "listener": listener, "do": kind["example"]}
                if kind["kind"] != "refuse":
                    assert api("POST", "/faults", plan)[0] == 201, plan
                    planned += 1
    assert planned > 150
    assert api("DELETE", "/faults")[1] == {"removed": planned}


def test_kinds_that_a_service_cannot_suffer_are_absent_and_bounds_are_those_of_its_protocol(api):
    services = by_name(api("GET", "/faults/kinds")[1]["items"], "service")
    assert "reply" not in services["echo"]["listeners"]["tcp"]
    assert "drop" in services["echo"]["listeners"]["udp"]
    assert "tls" not in services["smtp"]["listeners"]["plain"]
    smtp, ftp, epp = (by_name(services[name]["kinds"], "kind") for name in ("smtp", "ftp", "epp"))
    code = smtp["reply"]["schema"]["properties"]["code"]
    assert (code["minimum"], code["maximum"], code["examples"]) == (200, 559, [451])
    assert "enhanced" in smtp["reply"]["schema"]["properties"]
    assert "enhanced" not in ftp["reply"]["schema"]["properties"]
    assert {"const": 2400, "description": "Command failed"} in epp["reply"]["schema"]["properties"]["code"]["oneOf"]
    assert smtp["latency"]["schema"]["properties"]["ms"]["unit"] == "ms"
    assert epp["frame"]["schema"]["oneOf"][0]["const"] == "half"
    assert [smtp[kind]["commands"] for kind in ("reply", "close", "refuse")] == ["always", "can", "never"]
    assert by_name(services["echo"]["kinds"], "kind")["close"]["commands"] == "never"
    assert services["smtp"]["verbs"]["RCPT"] == "required"


def test_kinds_are_listed_for_one_service(api):
    assert [one["service"] for one in api("GET", "/faults/kinds?service=ftp")[1]["items"]] == ["ftp"]
    status, problem = api("GET", "/faults/kinds?service=fpt")
    assert (status, problem["nearest"]) == (400, "ftp")


def test_every_recipe_can_be_planned_for_each_service_it_names(api):
    recipes = api("GET", "/faults/recipes")[1]["items"]
    assert len({one["name"] for one in recipes}) == len(recipes) >= 17
    for recipe in recipes:
        assert recipe["plan"]["service"] == recipe["services"][0]
        for service in recipe["services"]:
            assert api("POST", "/faults", {**recipe["plan"], "service": service})[0] == 201, recipe
            api("DELETE", "/faults")


def test_recipes_are_restricted_to_services_that_run(api):
    assert "greylist" in by_name(api("GET", "/faults/recipes")[1]["items"], "name")
    api("POST", "/services/smtp/stop")
    recipes = by_name(api("GET", "/faults/recipes")[1]["items"], "name")
    assert "greylist" not in recipes
    assert "smtp" not in recipes["silent"]["services"]
    api("POST", "/services/smtp/start")
    assert "greylist" in by_name(api("GET", "/faults/recipes")[1]["items"], "name")


def test_a_general_recipe_is_made_for_the_service_that_is_asked_for(api):
    recipes = by_name(api("GET", "/faults/recipes?service=daytime")[1]["items"], "name")
    assert {one["plan"]["service"] for one in recipes.values()} == {"daytime"}
    assert recipes["lose-datagrams"]["plan"]["do"] == {"drop": {}}
    assert "greylist" not in recipes


def test_a_paused_fault_counts_no_matches_until_it_is_resumed(farm, api):
    api("POST", "/faults", {"service": "daytime", "listener": "tcp", "do": {"close": {}}, "times": 2})
    assert not farm.exchange("daytime")
    status, paused = api("PATCH", "/faults/f1", {"paused": True})
    assert (status, paused["paused"], paused["acted"]) == (200, True, 1)
    assert farm.exchange("daytime")
    assert api("GET", "/faults/f1")[1]["seen"] == 1
    assert api("PATCH", "/faults/f1", {"paused": False})[1]["paused"] is False
    assert not farm.exchange("daytime")
    assert farm.exchange("daytime")


def test_the_number_of_times_of_a_spent_fault_can_be_raised(farm, api):
    api("POST", "/faults", {"service": "daytime", "listener": "tcp", "do": {"close": {}}})
    assert [bool(farm.exchange("daytime")) for _ in range(2)] == [False, True]
    changed = api("PATCH", "/faults/f1", {"times": 2})[1]
    assert (changed["times"], changed["spent"]) == (2, False)
    assert [bool(farm.exchange("daytime")) for _ in range(2)] == [False, True]


def test_a_change_that_cannot_be_made_is_refused(api):
    api("POST", "/faults", {"service": "daytime", "do": {"refuse": {}}})
    assert api("PATCH", "/faults/f1", {"paused": True})[0] == 422
    assert api("PATCH", "/faults/f1", {"tymes": 2})[1]["nearest"] == "times"
    assert api("PATCH", "/faults/f1", {"times": -1})[0] == 400
    assert api("PATCH", "/faults/f2", {"times": 1})[0] == 404


def test_the_last_act_of_a_reply_names_its_event_and_connection(farm, api):
    api("POST", "/faults", {"service": "smtp", "match": {"verb": "NOOP"}, "do": {"reply": {"code": 451}}})
    farm.exchange("smtp", b"NOOP\r\nQUIT\r\n")
    last = api("GET", "/faults/f1")[1]["last"]
    (event,) = api("GET", "/events?type=fault")[1]["items"]
    assert (last["seq"], last["conn"], last["time"]) == (event["seq"], event["conn"], event["time"])


def test_the_last_act_on_a_datagram_has_no_connection(farm, api):
    api("POST", "/faults", {"service": "echo", "listener": "udp", "do": {"duplicate": {}}})
    assert farm.udp("echo", b"x") == b"x"
    last = api("GET", "/faults/f1")[1]["last"]
    assert (last["conn"], last["seq"] > 0) == (None, True)


def test_replies_that_faults_change_are_events_of_the_faults(farm, api):
    api("POST", "/faults", {"service": "smtp", "match": {"verb": "CONNECT"}, "do": {"reply": {"code": 421}}})
    api("POST", "/faults", {"service": "ftp", "match": {"verb": "NOOP"}, "do": {"reply": {"code": 450}}})
    farm.exchange("smtp")
    farm.exchange("ftp", b"NOOP\r\nQUIT\r\n")
    items = api("GET", "/events?type=fault")[1]["items"]
    assert [(one["id"], one["did"]) for one in items] == [
        ("f1", "replied 421 instead of the greeting"),
        ("f2", "replied 450 instead of executing NOOP"),
    ]
    assert [one["instead_of"] for one in items] == ["the greeting", "executing NOOP"]


@pytest.mark.parametrize(
    ("do", "instead_of"),
    [
        ({"close": {}}, "250 2.0.0 OK\\r\\n"),
        ({"garbage": {"bytes": 3}}, "250 2.0.0 OK\\r\\n"),
        ({"corrupt": {"rate": 1}}, "250 2.0.0 OK\\r\\n"),
        ({"limit": {"bytes": 2}}, "250 2.0.0 OK\\r\\n"),
        ({"latency": {"ms": 1}}, ""),
    ],
)
def test_the_event_of_a_fault_says_what_the_server_would_have_said(farm, api, do, instead_of):
    api("POST", "/faults", {"service": "smtp", "match": {"verb": "NOOP"}, "do": do})
    farm.exchange("smtp", b"NOOP\r\nQUIT\r\n")
    (event,) = api("GET", "/events?type=fault")[1]["items"]
    assert event["instead_of"] == instead_of


def test_what_a_client_would_have_said_is_not_in_the_event_as_it_may_be_a_secret(farm, api):
    api("POST", "/faults", {"service": "smtp", "direction": "in", "do": {"corrupt": {"rate": 1}}})
    farm.exchange("smtp", b"AUTH PLAIN AGFsaWNlAGFsaWNlLXBhc3M=\r\n")
    (event,) = api("GET", "/events?type=fault")[1]["items"]
    assert event["instead_of"] == ""


def test_the_event_of_a_fault_names_the_reply_that_it_changed(farm, api):
    api("POST", "/faults", {"service": "smtp", "match": {"verb": "NOOP"}, "do": {"reply": {"code": 451}}})
    farm.exchange("smtp", b"NOOP\r\nQUIT\r\n")
    (event,) = api("GET", "/events?type=fault")[1]["items"]
    out = next(one for one in api("GET", "/events?type=out")[1]["items"] if "451" in one["text"])
    assert event["reply_seq"] == out["seq"]
    items = api("GET", f"/connections/{event['conn']}/transcript")[1]["items"]
    assert [one["reply_seq"] for one in items if one["type"] == "fault"] == [out["seq"]]
