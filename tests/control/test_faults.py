"""Faults over the API: planned, listed with their counts, removed, and refused with a reason if they are invalid."""

import json

import pytest

FAULTS = "/api/v1/worlds/default/faults"


@pytest.fixture
def api(farm, request_of):
    """A request with a body in JSON, and its answer: status and body."""

    def call(method, path="", body=None):
        reply = request_of(farm, method, FAULTS + path, body=None if body is None else json.dumps(body).encode())
        return reply.status, reply.json if reply.body else None

    return call


def test_a_fault_is_planned_acts_is_shown_and_removed(farm, api, request_of):
    plan = {"service": "daytime", "do": {"close": {}}, "after": 1, "times": 2, "match": {"peer": "127.0.0.1"}}
    status, planned = api("POST", body=plan)
    assert status == 201
    assert planned == {
        **plan, "id": "f1", "listener": None, "probability": 1.0, "direction": "out", "optional": False, "since": 0,
        "seen": 0, "acted": 0, "spent": False, "paused": False, "last": None,
    }  # fmt: skip
    assert [bool(farm.exchange("daytime")) for _ in range(4)] == [True, False, False, True]
    acts = request_of(farm, "GET", "/api/v1/worlds/default/events?type=fault").json["items"]
    last = {"seq": acts[1]["seq"], "conn": "c3", "time": acts[1]["time"]}
    spent = {**planned, "seen": 3, "acted": 2, "spent": True, "last": last}
    assert api("GET") == (200, {"items": [spent], "total": 1, "next": None})
    assert api("GET", "/f1") == (200, spent)
    assert api("DELETE", "/f1") == (204, None)
    assert api("GET")[1]["total"] == 0


@pytest.mark.parametrize(
    ("body", "nearest"),
    [
        ({"service": "smtp", "match": {"verb": "RCTP"}, "do": {"close": {}}}, "RCPT"),
        ({"service": "smpt", "do": {"close": {}}}, "smtp"),
        ({"service": "smtp", "listener": "tsl", "do": {"close": {}}}, "tls"),
        ({"service": "smtp", "do": {"reply": {"code": 451, "enhanced": "5.7.1"}}}, "4.7.1"),
        ({"service": "echo", "do": {"clsoe": {}}}, "close"),
        ({"service": "echo", "do": {"tls": "expird"}}, "expired"),
        ({"service": "echo", "do": {"close": {}}, "tymes": 3}, "times"),
    ],
)
def test_an_unknown_word_is_refused_with_the_most_similar_one(api, body, nearest):
    status, problem = api("POST", body=body)
    assert status in (400, 422)
    assert problem["nearest"] == nearest
    assert f"did you mean {nearest!r}?" in problem["detail"]


def test_closed_connections_and_those_of_other_services_are_refused_future_ones_are_accepted(farm, api):
    def planned(service, conn):
        return api("POST", body={"service": service, "match": {"conn": conn}, "do": {"latency": {"ms": 1}}})

    farm.exchange("echo", b"x")
    with farm.connect("echo") as client:
        client.sendall(b"x")
        client.recv(1)
        status, problem = planned("echo", "c1")
        assert (status, "c1 is closed; open: c2" in problem["detail"]) == (422, True)
        status, problem = planned("smtp", "c2")
        assert (status, "c2 belongs to echo.tcp" in problem["detail"]) == (422, True)
        assert planned("echo", "c2")[0] == planned("smtp", "c3")[0] == 201


def test_a_peer_of_an_ip_version_without_a_listener_is_refused(start_farm, request_of):
    farm = start_farm("echo", "smtp", hosts=["127.0.0.1"], smtp={"proxy_protocol": True})

    def planned(service, peer):
        plan = {"service": service, "match": {"peer": peer}, "do": {"close": {}}}
        return request_of(farm, "POST", FAULTS, body=json.dumps(plan).encode())

    assert planned("echo", "192.0.2.0/24").status == 201
    refused = planned("echo", "2001:db8::/32")
    assert refused.status == 422
    assert "no client can come from 2001:db8::/32: echo listens on 127.0.0.1" in refused.json["detail"]
    assert planned("smtp", "2001:db8::/32").status == 201  # the proxy says where a client comes from


def test_all_are_removed_at_once(api):
    for _ in range(3):
        api("POST", body={"service": "echo", "do": {"drop": {}}})
    assert api("DELETE") == (200, {"removed": 3})
    assert api("DELETE") == (200, {"removed": 0})


def test_a_hanging_connection_continues_when_the_fault_is_removed(farm, api):
    with farm.connect("echo") as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        _status, planned = api(
            "POST", body={"service": "echo", "do": {"latency": {"ms": 3_600_000}}, "match": {"conn": "c1"}}
        )
        client.sendall(b"late")
        farm.wait_for(lambda: any(event["type"] == "fault" for event in farm.world.journal.events()))
        assert api("DELETE", f"/{planned['id']}")[0] == 204
        assert client.recv(10) == b"late"


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "missing required field `service`"),
        ({"service": "echo"}, 400, "missing required field `do`"),
        ({"service": "echo", "do": {}}, 400, "exactly one kind of fault"),
        ({"service": "echo", "do": {"latency": {"ms": "x"}}}, 400, "at `do.latency.ms`"),
        ({"service": "echo", "do": {"close": {}}, "match": {"peer": "x"}}, 400, "peer: 'x'"),
        ({"service": "echo", "do": {"close": {}}, "tymes": 3}, 400, "unknown field `tymes`"),
        (
            {"service": "ech", "do": {"close": {}}},
            422,
            "service: there is no service 'ech' in this world; did you mean",
        ),
        (
            {"service": "echo", "do": {"reply": {"code": 451}}},
            422,
            "do: echo does not support reply; it supports latency",
        ),
        ({"service": "echo", "do": {"latancy": {"ms": 1}}}, 400, "`latancy` - at `do`; did you mean 'latency'?"),
        ({"service": "epp", "listener": "tcp", "do": {"close": {}}}, 422, "disabled: set [epp] plain"),
        (
            {"service": "smtp", "match": {"conn": "3"}, "do": {"close": {}}},
            422,
            "'3' is not the id of a connection: write",
        ),
    ],
)
def test_invalid_plans_are_explained(api, body, status, detail):
    answered, problem = api("POST", body=body)
    assert (answered, problem["status"]) == (status, status)
    assert detail in problem["detail"]
    assert api("GET")[1]["total"] == 0


def test_an_unknown_fault_is_answered_with_the_known_ones(api):
    assert api("GET", "/f7")[1]["detail"] == "there is no fault 'f7'; there are: none"
    api("POST", body={"service": "echo", "do": {"drop": {}}})
    assert api("DELETE", "/f7") == (
        404,
        {"title": "Not Found", "status": 404, "detail": "there is no fault 'f7'; there are: f1"},
    )


def test_worlds_have_separate_faults(farm, request_of, api):
    world = request_of(farm, "POST", "/api/v1/worlds", body=b'{"name": "other", "services": ["daytime"]}').json
    api("POST", body={"service": "daytime", "do": {"close": {}}, "times": 0})
    assert farm.exchange("daytime") == b""
    with farm.connect("daytime", world=world["world"]) as client:
        assert client.recv(100)
    assert request_of(farm, "GET", "/api/v1/worlds/other/faults").json["total"] == 0


def test_a_reset_of_the_world_ends_its_faults(farm, request_of, api):
    api("POST", body={"service": "daytime", "do": {"refuse": {}}})
    with pytest.raises(ConnectionRefusedError):
        farm.connect("daytime")
    assert request_of(farm, "POST", "/api/v1/worlds/default/reset").status == 200
    assert farm.exchange("daytime")
    assert api("GET")[1]["total"] == 0
