"""The control API: its description holds, its answers too, and strangers get none."""

import http.client
import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from homeport.control.operations import TABLE
from homeport.control.routing import BODY_CAP
from homeport.protocol.faults import Do, Plain, Plan
from homeport.world.clock import Clock
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.registry import Registry, RegistryContents, interventions

WORLD = "/api/v1/worlds/default"


def violations(value, schema, document, path="$"):
    """How a value breaks a JSON schema, as far as the description uses it."""
    if "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return violations(value, found, document, path)
    if "anyOf" in schema:
        each = [violations(value, one, document, path) for one in schema["anyOf"]]
        return [] if [] in each else each[0]
    kinds = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
        "null": type(None),
    }  # fmt: skip
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{path} is no {schema['type']}"]
    broken = [f"{path} lacks {name}" for name in schema.get("required", ()) if name not in value]
    if isinstance(value, list):
        for number, one in enumerate(value):
            broken += violations(one, schema.get("items", {}), document, f"{path}[{number}]")
    if isinstance(value, dict):
        others = schema.get("additionalProperties", {})
        for name, one in value.items():
            inner = schema.get("properties", {}).get(name, others if isinstance(others, dict) else {})
            broken += violations(one, inner, document, f"{path}.{name}")
    return broken


def keep_message(farm, world):
    """A message, the world's first, whose one part is mere octets."""

    def keep():
        body = farm.farm.hosts[world].world.mail.begin()
        body.write(b"Content-Type: application/octet-stream\r\n\r\nx")
        assert body.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),))) == "m1"

    farm.call(keep)


def test_the_judge_of_answers_can_say_no():
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"anyOf": [{"type": "null"}, {"type": "string"}]}},
    }
    assert violations({"a": None}, schema, {}) == []
    assert violations({}, schema, {}) == ["$ lacks a"]
    assert violations({"a": 1}, schema, {}) != []
    assert violations([1], {"type": "array", "items": {"type": "string"}}, {}) == ["$[0] is no string"]


@dataclass
class Example:
    """How an operation is called, in a world of its own: parameters of the path, query, body; what comes before."""

    path: dict[str, str] = field(default_factory=dict)
    query: str = ""
    body: Any = None
    before: Callable[..., Any] = lambda farm, world: None


def knock(farm, world):
    """A connection and a datagram."""
    with farm.connect("echo", world=world) as client:
        client.sendall(b"hello")
        assert client.recv(5) == b"hello"


def plan(farm, world):
    """A fault."""
    farm.call(farm.farm.hosts[world].world.faults.add, Plan(service="echo", do=Do(close=Plain())))


def note(farm, world):
    """A message in a poll queue, the sixth."""
    registry = farm.farm.hosts[world].world.registry

    def put():
        changes = registry.begin()
        interventions.note(changes, "harbour", "Ahoy.")
        registry.commit(changes)

    farm.call(put)


HOST = {"name": "ns.new.test", "roid": "H9-NEW", "registrar": "harbour", "created": "-P1Y", "addresses": ["192.0.2.9"]}
DOMAIN = {"name": "new.test", "roid": "D9-NEW", "registrar": "harbour", "created": 1_700_000_000, "expires": "+P1Y"}
CONTACT = {"id": "NEW-1", "roid": "C9-NEW", "registrar": "harbour", "created": "2026-01-01T00:00:00Z", "postal": {}}
REGISTRAR = {"id": "newcomer", "name": "Newcomer Inc."}
PERSON = {"login": "zoe", "name": "Zoe Mast", "plan": "Sail.\n"}
MESSAGE = {"message": "m1"}
EXAMPLES = {
    "file": Example({"path": "pub/tides.txt"}),
    "put_file": Example({"path": "pub/new/a.txt"}),
    "delete_file": Example({"path": "pub/empty"}),
    "messages": Example(before=keep_message),
    "wait_for_messages": Example(query="?timeout=10s", before=keep_message),
    "message": Example(MESSAGE, before=keep_message),
    "message_raw": Example(MESSAGE, before=keep_message),
    "message_part": Example(MESSAGE | {"part": "1"}, before=keep_message),
    "delete_message": Example(MESSAGE, before=keep_message),
    "delete_messages": Example(before=keep_message),
    "wait_for_events": Example(query="?timeout=10s&count=3", before=knock),
    "events": Example(before=knock),
    "issue_client_certificate": Example(body={"name": "registrar-a"}),
    "transcript": Example({"id": "c1"}, before=knock),
    "plan_fault": Example(body={"service": "echo", "do": {"latency": {"ms": 5}}}),
    "fault": Example({"fault": "f1"}, before=plan),
    "remove_fault": Example({"fault": "f1"}, before=plan),
    "make_world": Example(body={"services": ["echo", "finger"], "config": {"people": [PERSON]}}),
    "reset_world": Example(body={"keep": ["journal"]}),
    "stop_service": Example({"name": "echo"}),
    "start_service": Example({"name": "echo"}),
    "change_clock": Example(body={"advance": "P1M", "freeze": True}),
    "person": Example({"login": "alice"}),
    "remove_faults": Example(before=plan),
    "put_person": Example({"login": "zoe"}, body=PERSON),
    "delete_person": Example({"login": "alice"}),
    "presence": Example({"id": "p1"}),
    "put_presence": Example({"id": "desk"}, body={"login": "zoe", "since": "-3h"}),
    "delete_presence": Example({"id": "p1"}),
    "put_quotes": Example(body={"items": ["Ahoy."]}),
    "domain": Example({"name": "homeport.test"}),
    "put_domain": Example({"name": "new.test"}, body=DOMAIN),
    "delete_domain": Example({"name": "homeport.test"}),
    "host": Example({"name": "ns1.homeport.test"}),
    "put_host": Example({"name": "ns.new.test"}, body=HOST),
    "delete_host": Example({"name": "ns1.homeport.test"}),
    "contact": Example({"name": "HM-1"}),
    "put_contact": Example({"name": "new-1"}, body=CONTACT),
    "delete_contact": Example({"name": "HM-1"}),
    "registrar": Example({"name": "harbour"}),
    "put_registrar": Example({"name": "newcomer"}, body=REGISTRAR),
    "delete_registrar": Example({"name": "harbour"}),
    "domain_state": Example({"name": "redemption.test"}),
    "act_on_domain": Example({"name": "homeport.test"}, body={"act": "hold"}),
    "host_state": Example({"name": "ns1.homeport.test"}),
    "act_on_host": Example({"name": "ns1.homeport.test"}, body={"act": "lock"}),
    "contact_state": Example({"name": "HM-1"}),
    "act_on_contact": Example({"name": "HM-1"}, body={"act": "force_transfer", "registrar": "pilot"}),
    "poll_messages": Example({"id": "harbour"}),
    "post_poll_message": Example({"id": "harbour"}, body={"text": "Ahoy."}),
    "delete_poll_messages": Example({"id": "harbour"}),
    "delete_poll_message": Example({"id": "harbour", "number": "6"}, before=note),
    "zone": Example({"name": "test"}),
    "put_zone": Example({"name": "port"}, body={"name": "port", "preset": "fast", "transfer_lock": "1m"}),
    "delete_zone": Example({"name": "lab.test"}),
    "rdap_domain": Example({"name": "homeport.test"}),
    "rdap_nameserver": Example({"name": "ns1.homeport.test"}),
    "rdap_entity": Example({"handle": "HM-1"}),
    "rdap_domains": Example(query="?name=*"),
    "rdap_nameservers": Example(query="?ip=192.0.2.53"),
    "rdap_entities": Example(query="?fn=Harbour*"),
    "restore": Example(body=Registry(RegistryContents(), Clock(lambda: 0.0)).snapshot()),
}
"""How operations are called that need more than a world, by operationId."""


@pytest.mark.parametrize("operation", TABLE, ids=[one.name for one in TABLE])
def test_every_operation_answers_as_its_description_says(farm, get, request_of, operation):
    document = get("/api/v1/openapi.json")
    described = document["paths"][operation.path][operation.method.lower()]
    example = EXAMPLES.get(operation.name, Example())
    assert request_of(farm, "POST", "/api/v1/worlds", body='{"name": "its-own"}').status == 201
    example.before(farm, "its-own")
    path = operation.path.format_map({"world": "its-own", "path": "x", **example.path}) + example.query
    streams = operation.media_type == "text/event-stream"  # what streams has no end to read to
    reply = request_of(
        farm,
        "HEAD" if streams else operation.method,
        path,
        body=example.body if isinstance(example.body, bytes | None) else json.dumps(example.body).encode(),
    )
    ((status, expected),) = [item for item in described["responses"].items() if item[0] < "4"]
    if operation.name == "rdap_anything_else":
        assert (reply.status, reply.json["errorCode"]) == (400, 400)
        return
    assert (reply.status, reply.json if reply.status >= 400 else None) == (int(status), None)
    if "content" not in expected:
        assert reply.body == b""
        assert "content-type" not in reply.headers
        return
    media_type, content = next(iter(expected["content"].items()))
    assert reply.headers["content-type"] == media_type
    answer = reply.json if media_type.endswith("json") else reply.body.decode("latin-1")
    assert violations(answer, content["schema"], document) == []
    if "requestBody" in described and "application/json" in described["requestBody"]["content"]:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        assert violations(example.body or {}, schema, document) == []


def test_the_description_has_every_operation(get):
    paths = get("/api/v1/openapi.json")["paths"]
    named = [described["operationId"] for methods in paths.values() for described in methods.values()]
    assert sorted(named) == sorted(one.name for one in TABLE)
    assert set(EXAMPLES) <= set(named)


def test_errors_are_problems_as_described(farm, get, request_of):
    document = get("/api/v1/openapi.json")
    for template, methods in document["paths"].items():
        if "/rdap/" in template:
            continue  # it has errors of its own
        for method, described in methods.items():
            path = template.replace("{world}", "nowhere").replace("{", "").replace("}", "")
            reply = request_of(farm, method.upper(), path + "?odd=1")
            assert reply.status == 400
            assert reply.headers["content-type"] == "application/problem+json"
            schema = described["responses"]["default"]["content"]["application/problem+json"]["schema"]
            assert violations(reply.json, schema, document) == []
            if "{world}" in template and "requestBody" not in described:
                reply = request_of(farm, method.upper(), path)
                assert (reply.status, violations(reply.json, schema, document)) == (404, [])


def test_names_of_operations_are_unique():
    assert len({one.name for one in TABLE}) == len(TABLE)
    assert all(re.fullmatch(r"\w+", one.name) for one in TABLE)


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/nowhere", 404, "there is nothing at /nowhere"),
        ("GET", "/api/v1/worlds/", 404, "there is nothing"),
        ("GET", "/api/v1/worlds/mars", 404, "there is no world 'mars'; there are: default"),
        ("GET", "/api/v1/worlds/%2e%2e/events", 404, "there is no world '..'"),
        ("DELETE", "/livez", 405, "/livez takes GET, HEAD"),
        ("BREW", "/livez", 405, "/livez takes GET, HEAD"),
        ("GET", f"{WORLD}/events?sinc=1", 400, "there is no parameter 'sinc'; did you mean 'since'?"),
        ("GET", "/livez?a=1", 400, "there is no parameter 'a'; it takes none"),
        ("GET", f"{WORLD}/events?since=1&since=2", 400, "the parameter 'since' is given twice"),
        ("GET", f"{WORLD}/events?since=-1", 400, "Expected `int` >= 0"),
        ("GET", f"{WORLD}/events?limit=x", 400, "Expected `int`, got `str` - at `limit`"),
        ("GET", f"{WORLD}/events/wait?timeout=soon", 400, "'soon' is not a duration"),
    ],
)
def test_what_cannot_be_answered_is_explained(farm, request_of, method, path, status, detail):
    reply = request_of(farm, method, path)
    assert reply.status == status
    assert reply.json["status"] == status
    assert detail in reply.json["detail"]
    if status == 405:
        assert reply.headers["allow"] == "GET, HEAD"


def test_head_is_get_without_the_body(farm, request_of):
    reply = request_of(farm, "HEAD", "/livez")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "15")


def test_a_body_over_the_cap_is_refused_and_not_kept(farm, request_of):
    reply = request_of(farm, "POST", "/livez", body=bytes(BODY_CAP + 1))
    assert reply.status == 413
    assert reply.json["detail"] == f"a body may have {BODY_CAP} octets"


def test_several_requests_go_over_one_connection(farm):
    connection = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/livez")
        assert connection.getresponse().read() == b'{"status":"ok"}'
    connection.close()


def test_octets_that_are_no_http_are_refused_and_hurt_nobody(farm, get):
    with socket.create_connection(("127.0.0.1", farm.farm.control.port), timeout=10) as client:
        client.sendall(b"\x00\xff\r\n\r\n" * 10)
        assert client.recv(1000).startswith(b"HTTP/1.1 400")
    assert get("/livez") == {"status": "ok"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:1", "localhost:18000", "[::1]:80", "127.1.2.3", "a.localhost"]
)
def test_names_of_this_machine_are_answered(farm, request_of, host):
    assert request_of(farm, "GET", "/api/v1/worlds", {"Host": host}).status == 200


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "192.0.2.1"])
def test_names_of_others_are_not(farm, request_of, host):
    reply = request_of(farm, "GET", "/api/v1/worlds", {"Host": host})
    assert reply.status == 403
    assert "is no name of this farm" in reply.json["detail"]
    assert request_of(farm, "GET", "/nowhere", {"Host": host}).status == 403


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "https://127.0.0.1", "http://127.0.0.1"])
def test_pages_of_other_origins_are_not_answered(farm, request_of, origin):
    assert request_of(farm, "GET", "/api/v1/worlds", {"Origin": origin}).status == 403


def test_our_own_pages_are(farm, request_of):
    own = f"127.0.0.1:{farm.farm.control.port}"
    assert request_of(farm, "GET", "/api/v1/worlds", {"Host": own, "Origin": f"http://{own}"}).status == 200


def test_a_token_is_demanded_where_one_is_set(start_farm, request_of):
    farm = start_farm("echo", control={"token": "secret"})
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic secret"},
    ):
        reply = request_of(farm, "GET", WORLD, headers)
        assert reply.status == 401
        assert reply.headers["www-authenticate"] == "Bearer"
    assert request_of(farm, "GET", "/nowhere").status == 401
    assert request_of(farm, "GET", WORLD, {"Authorization": "bearer secret"}).status == 200
    assert request_of(farm, "GET", WORLD, {"Authorization": "Bearer   secret"}).status == 200
    assert request_of(farm, "GET", WORLD, {"Authorization": "Bearer secret", "Host": "farm.example"}).status == 200
    assert request_of(farm, "GET", "/livez").status == request_of(farm, "GET", "/readyz").status == 200


def test_a_world_is_what_the_ready_line_says(farm, get):
    assert get(WORLD) == json.loads(json.dumps(farm.farm.describe("default")))
    worlds = get("/api/v1/worlds")
    assert worlds["total"] == 1
    assert worlds["items"][0]["services"] == list(farm.config.services)


def test_services_show_ports_and_counters_with_those_of_live_connections(farm, get):
    with farm.connect("echo") as client:
        client.sendall(b"12345")
        assert client.recv(10) == b"12345"
        (echo,) = [one for one in get(f"{WORLD}/services")["items"] if one["name"] == "echo"]
    assert echo["state"] == "running"
    assert echo["rfcs"] == ["862"]
    assert echo["listeners"]["tcp"]["port"] == farm.port("echo")
    counters = echo["listeners"]["tcp"]["counters"]
    assert (counters["active"], counters["received"], counters["sent"]) == (1, 5, 5)


@pytest.mark.requirement("GEN-1.2.3-6")
def test_three_abnormalities_are_counted_and_shown_with_the_journal_off(start_farm, request_of):
    farm = start_farm("echo", journal={"enabled": False}, limits={"received": 4})
    for _ in range(3):
        farm.exchange("echo", b"12345")
    (echo,) = request_of(farm, "GET", f"{WORLD}/services").json["items"]
    assert echo["abnormal"] == 3
    assert echo["listeners"]["tcp"]["counters"]["limits"] == {"received": 3}
    assert request_of(farm, "GET", f"{WORLD}/events").json["total"] == 0
