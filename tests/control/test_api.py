"""The control API: its description is valid, its answers match it, and unauthorized requests are refused."""

import http.client
import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from dns_zone import put_example_zone

from homeport.control.operations import TABLE
from homeport.control.routing import MAX_BODY_BYTES, MAX_JSON_BYTES
from homeport.protocol.faults import Do, Plain, Plan
from homeport.services.syslog.parsing import parse
from homeport.world.canned_answers import CannedAnswers
from homeport.world.clock import Clock
from homeport.world.directory.password_policy import Policy as PasswordPolicy
from homeport.world.logs import LogMessage
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.registry import Domain, Registry, RegistryContents, interventions
from homeport.world.registry.applications import Application
from homeport.world.registry.maintenances import Maintenance
from homeport.world.registry.marks.claims import claims_key
from homeport.world.registry.marks.issuing import issue
from homeport.world.registry.marks.records import Mark
from homeport.world.registry.organizations import Organization, OrgRole
from homeport.world.registry.tokens import Token
from homeport.world.zones.signing.key import Policy
from homeport.world.zones.signing.keys import generate

WORLD = "/api/v1/worlds/default"


def violations(value, schema, document, path="$"):
    """Return the violations of a JSON schema, as far as the description uses it."""
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


def keep_log_message(farm, world):
    """Store the world's first log message."""

    def keep():
        raw = b"<14>1 - host app - - - ready"
        fields, _broken = parse(raw)
        message = LogMessage(1, 0, 0, "udp", "", ("127.0.0.1", 9), "datagram", raw, len(raw), fields)
        farm.farm.hosts[world].world.logs.add(message, 10, 1000)

    farm.call(keep)


def keep_message(farm, world):
    """Store the world's first message, with one binary part."""

    def keep():
        body = farm.farm.hosts[world].world.mail.begin()
        body.write(b"Content-Type: application/octet-stream\r\n\r\nx")
        assert body.keep(Envelope(reverse_path="", recipients=(Recipient(address="alice@example.org"),))) == "m1"

    farm.call(keep)


def test_the_schema_checker_rejects_wrong_answers():
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
    """A call of an operation in a new world: path parameters, query, body, and the set-up before it.

    The set-up may return path parameters that are known only then.
    """

    path: dict[str, str] = field(default_factory=dict)
    query: str = ""
    body: Any = None
    before: Callable[..., Any] = lambda farm, world: None


def knock(farm, world):
    """Open a connection and exchange data."""
    with farm.connect("echo", world=world) as client:
        client.sendall(b"hello")
        assert client.recv(5) == b"hello"


def plan(farm, world):
    """Plan a fault."""
    farm.call(farm.farm.hosts[world].world.faults.add, Plan(service="echo", do=Do(close=Plain())))


def note(farm, world):
    """Add the sixth message to a poll queue."""
    registry = farm.farm.hosts[world].world.registry

    def put():
        changes = registry.begin()
        interventions.note(changes, "harbour", "Ahoy.")
        registry.commit(changes)

    farm.call(put)


def add_epp_answer(farm, world):
    """Set the canned elements of info."""
    texts = farm.farm.hosts[world].world.of_service(CannedAnswers.SERVICE, CannedAnswers).texts
    texts["domain:info"] = "<x:a xmlns:x='urn:example:x'/>"


def add_zone(farm, world):
    """Add the DNS zone example.test."""
    farm.call(put_example_zone, farm.farm.hosts[world].world)


def add_keys(farm, world):
    """Sign that zone by two keys; return the tag of the first."""
    add_zone(farm, world)
    zones = farm.farm.hosts[world].world.zones
    origin = (b"example", b"test")

    def add():
        zones.keys.set_policy(origin, Policy(signed=True, algorithm=13, denial="nsec"))
        zones.keys.add(origin, generate(zones.keys.next_recipe(origin, 0)))
        return {"tag": str(zones.keys.of(origin).keys[0].tag)}

    return farm.call(add)


def put_record(farm, world, record):
    """Put a record into the registry."""
    registry = farm.farm.hosts[world].world.registry

    def put():
        changes = registry.begin()
        changes.put(record)
        registry.commit(changes)

    farm.call(put)


def add_mark(farm, world):
    """Have a mark signed; return its identifier."""
    registry = farm.farm.hosts[world].world.registry

    def add():
        changes = registry.begin()
        mark = issue(changes, Mark(id="", name="Boat", labels=("boat",), holder="Boats", not_before=0.0, not_after=4e9))
        registry.commit(changes)
        return {"id": mark.id}

    return farm.call(add)


def add_claims_key(farm, world):
    """Have a mark signed; return the key of its claims."""
    add_mark(farm, world)
    return {"key": quote(claims_key("boat"), safe="")}


def apply_for_name(farm, world):
    """Apply for boat.test."""
    domain = Domain(name="boat.test", roid="D9-NEW", registrar="harbour", created=0.0, expires=4e9)
    put_record(farm, world, Application(id="A-9", domain=domain, phase="landrush"))


def announce_maintenance(farm, world):
    """Announce a maintenance."""
    put_record(farm, world, Maintenance(id="M-9", start=4e9, end=4.1e9, created=0.0))


def add_token(farm, world):
    """Add an allocation token."""
    put_record(farm, world, Token(id="T-9", names=("boat.test",)))


def add_organization(farm, world):
    """Add an organization."""
    put_record(
        farm, world, Organization(id="ORG-9", registrar="harbour", created=0.0, roles=(OrgRole(type="reseller"),))
    )


def put_password_policy(farm, world):
    """Have a password policy."""
    farm.call(farm.farm.hosts[world].world.directory.passwords.set_policy, PasswordPolicy(max_failure=3))


SHOP = {"zone": "example.test"}
WWW = SHOP | {"name": "www", "type": "A"}
HOST = {"name": "ns.new.test", "roid": "H9-NEW", "registrar": "harbour", "created": "-P1Y", "addresses": ["192.0.2.9"]}
DOMAIN = {"name": "new.test", "roid": "D9-NEW", "registrar": "harbour", "created": 1_700_000_000, "expires": "+P1Y"}
CONTACT = {"id": "NEW-1", "roid": "C9-NEW", "registrar": "harbour", "created": "2026-01-01T00:00:00Z", "postal": {}}
ORGANIZATION = {"id": "ORG-9", "registrar": "harbour", "roles": [{"type": "reseller"}]}
VOWELS = '<lgr xmlns="urn:ietf:params:xml:ns:lgr-1.0"><data><char cp="0061"/><char cp="0065"/></data></lgr>'
REGISTRAR = {"id": "newcomer", "name": "Newcomer Inc."}
PERSON = {"login": "zoe", "name": "Zoe Mast", "plan": "Sail.\n"}
MESSAGE = {"message": "m1"}
INBOX = {"login": "alice", "mailbox": "INBOX"}
NEW_MAILBOX = {"login": "alice", "mailbox": "Work%2F2026"}
ENTRY = INBOX | {"uid": "1"}
EXAMPLES = {
    "file": Example({"path": "pub/tides.txt"}),
    "rename_file": Example({"path": "pub/tides.txt"}, body={"to": "pub/moon.txt"}),
    "put_file": Example({"path": "pub/new/a.txt"}),
    "delete_file": Example({"path": "pub/empty"}),
    "messages": Example(before=keep_message),
    "wait_for_messages": Example(query="?timeout=10s", before=keep_message),
    "message": Example(MESSAGE, before=keep_message),
    "log_message": Example({"message": "l1"}, before=keep_log_message),
    "log_message_raw": Example({"message": "l1"}, before=keep_log_message),
    "latest_message": Example(before=keep_message),
    "mark_message": Example(MESSAGE, body={"read": True}, before=keep_message),
    "message_view": Example(MESSAGE, before=keep_message),
    "message_raw": Example(MESSAGE, before=keep_message),
    "message_part": Example(MESSAGE | {"part": "1"}, before=keep_message),
    "delete_message": Example(MESSAGE, before=keep_message),
    "delete_messages": Example(before=keep_message),
    "person_mailboxes": Example({"login": "alice"}),
    "person_mailbox": Example(INBOX),
    "put_mailbox": Example(NEW_MAILBOX, body={}),
    "delete_mailbox": Example({"login": "alice", "mailbox": "Trash"}),
    "rename_mailbox": Example({"login": "alice", "mailbox": "Trash"}, body={"to": "Bin"}),
    "renew_mailbox": Example(INBOX),
    "mailbox_messages": Example(INBOX, before=keep_message),
    "add_messages": Example(INBOX, body=b"Subject: hi\r\n\r\nhi\r\n"),
    "flag_messages": Example(INBOX, body={"uids": "1", "flags": ["\\Seen"]}, before=keep_message),
    "expunge_messages": Example(INBOX, before=keep_message),
    "move_messages": Example(INBOX, body={"uids": "1", "to": "Archive"}, before=keep_message),
    "copy_messages": Example(INBOX, body={"uids": "1", "to": "Archive"}, before=keep_message),
    "mailbox_message": Example(ENTRY, before=keep_message),
    "mailbox_message_raw": Example(ENTRY, before=keep_message),
    "flag_message": Example(ENTRY, body={"flags": ["\\Seen"]}, before=keep_message),
    "expunge_message": Example(ENTRY, before=keep_message),
    "wait_for_events": Example(query="?timeout=10s&count=3", before=knock),
    "events": Example(before=knock),
    "issue_ticket": Example(body={"path": "/api/v1/worlds"}),
    "issue_client_certificate": Example(body={"name": "registrar-a"}),
    "transcript": Example({"id": "c1"}, before=knock),
    "plan_fault": Example(body={"service": "echo", "do": {"latency": {"ms": 5}}}),
    "fault": Example({"fault": "f1"}, before=plan),
    "change_fault": Example({"fault": "f1"}, body={"paused": True}, before=plan),
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
    "directory_entries": Example(query="?filter=(uid=alice)"),
    "password_policy": Example(before=put_password_policy),
    "delete_password_policy": Example(before=put_password_policy),
    "password_state": Example({"login": "alice"}),
    "change_password_state": Example({"login": "alice"}, body={"locked": True}),
    "group": Example({"name": "crew"}),
    "put_group": Example({"name": "pilots"}, body={"name": "pilots", "members": ["alice"]}),
    "delete_group": Example({"name": "crew"}),
    "presence": Example({"id": "p1"}),
    "put_presence": Example({"id": "desk"}, body={"login": "zoe", "since": "-3h"}),
    "delete_presence": Example({"id": "p1"}),
    "words": Example({"database": "homeport"}),
    "word": Example({"database": "homeport", "word": "octet"}),
    "put_word": Example({"database": "homeport", "word": "anchor"}, body={"definitions": ["A heavy hook."]}),
    "delete_word": Example({"database": "homeport", "word": "octet"}),
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
    "domain_timeline": Example({"name": "homeport.test"}),
    "possible_acts_on_domain": Example({"name": "homeport.test"}),
    "possible_acts_on_host": Example({"name": "ns1.homeport.test"}),
    "possible_acts_on_contact": Example({"name": "HM-1"}),
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
    "launch": Example({"name": "test"}),
    "post_mark": Example(body={"name": "Boat", "labels": ["boat"]}),
    "mark": Example(before=add_mark),
    "delete_mark": Example(before=add_mark),
    "revoke_mark": Example(before=add_mark),
    "claims": Example(query="?key={key}", before=add_claims_key),
    "application": Example({"id": "A-9"}, before=apply_for_name),
    "act_on_application": Example({"id": "A-9"}, body={"status": "rejected"}, before=apply_for_name),
    "maintenance": Example({"id": "M-9"}, before=announce_maintenance),
    "put_maintenance": Example({"id": "M-9"}, body={"id": "M-9", "start": "+1d", "end": "+2d"}),
    "delete_maintenance": Example({"id": "M-9"}, before=announce_maintenance),
    "token": Example({"id": "T-9"}, before=add_token),
    "put_token": Example({"id": "T-9"}, body={"id": "T-9", "names": ["boat.test"]}),
    "delete_token": Example({"id": "T-9"}, before=add_token),
    "organization": Example({"id": "ORG-9"}, before=add_organization),
    "put_organization": Example({"id": "ORG-9"}, body=ORGANIZATION),
    "delete_organization": Example({"id": "ORG-9"}, before=add_organization),
    "idn_table": Example({"name": "greek"}),
    "put_idn_table": Example({"name": "vowels"}, body={"lgr": VOWELS}),
    "sheet": Example({"registrar": "harbour"}),
    "clear": Example({"registrar": "harbour"}),
    "put_epp_answer": Example({"command": "domain:info"}, body={"xml": "<x:a xmlns:x='urn:example:x'/>"}),
    "delete_epp_answer": Example({"command": "domain:info"}, before=add_epp_answer),
    "dns_zone": Example(SHOP, before=add_zone),
    "put_dns_zone": Example(SHOP, body={"records": "www A 127.0.0.1"}),
    "delete_dns_zone": Example(SHOP, before=add_zone),
    "dns_zone_file": Example(SHOP, before=add_zone),
    "put_dns_zone_file": Example(SHOP, body=b"www A 127.0.0.1\n", before=add_zone),
    "dns_records": Example(SHOP, before=add_zone),
    "dns_record_set": Example(WWW, before=add_zone),
    "put_dns_records": Example(WWW, body={"data": ["127.0.0.2"]}, before=add_zone),
    "delete_dns_records": Example(WWW, before=add_zone),
    "dns_signing": Example(SHOP, before=add_zone),
    "put_dns_signing": Example(SHOP, body={"denial": "nsec3"}, before=add_zone),
    "add_dns_key": Example(SHOP, body={}, before=add_keys),
    "delete_dns_key": Example(SHOP, before=add_keys),
    "rdap_domain": Example({"name": "homeport.test"}),
    "rdap_nameserver": Example({"name": "ns1.homeport.test"}),
    "rdap_entity": Example({"handle": "HM-1"}),
    "network": Example({"range": "192.0.2.0/24"}),
    "put_network": Example({"range": "10.9.0.0/16"}, body={"name": "DOCKS"}),
    "delete_network": Example({"range": "192.0.2.0/24"}),
    "route": Example({"range": "192.0.2.0/24"}),
    "put_route": Example({"range": "10.9.0.0/16"}, body={"origins": ["AS64496"]}),
    "delete_route": Example({"range": "192.0.2.0/24"}),
    "as_number": Example({"range": "AS64496"}),
    "put_as_number": Example({"range": "AS64999"}, body={"name": "DOCKS-AS"}),
    "delete_as_number": Example({"range": "AS64496"}),
    "rdap_ip": Example({"address": "192.0.2.1"}),
    "rdap_autnum": Example({"number": "64496"}),
    "rdap_domains": Example(query="?name=*"),
    "rdap_nameservers": Example(query="?ip=192.0.2.53"),
    "rdap_entities": Example(query="?fn=Harbour*"),
    "rdap_of_registrar": Example({"path": "harbour/domain/homeport.test"}),
    "rdap_bootstrap": Example({"name": "dns.json"}),
    "restore": Example(body=Registry(RegistryContents(), Clock(lambda: 0.0)).snapshot()),
}
"""Calls of the operations that need more than a world, by operationId."""


@pytest.mark.parametrize("operation", TABLE, ids=[one.name for one in TABLE])
def test_every_operation_answers_as_its_description_says(farm, get, request_of, operation):
    document = get("/api/v1/openapi.json")
    described = document["paths"][operation.path][operation.method.lower()]
    example = EXAMPLES.get(operation.name, Example())
    assert request_of(farm, "POST", "/api/v1/worlds", body='{"name": "its-own"}').status == 201
    made = example.before(farm, "its-own")
    parameters = example.path | made if isinstance(made, dict) else example.path
    path = (operation.path + example.query).format_map({"world": "its-own", "path": "x", **parameters})
    streams = operation.media_type == "text/event-stream"  # a stream has no end
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
            if "{world}" in template and "requestBody" not in described and not template.endswith("/claims"):
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
        ("GET", f"{WORLD}/events/wait?timeout=999h", 400, "a wait lasts at most 24h: wait again"),
        ("GET", f"{WORLD}/smtp/messages/wait?timeout=25h", 400, "a wait lasts at most 24h: wait again"),
    ],
)
def test_refused_requests_are_explained(farm, request_of, method, path, status, detail):
    reply = request_of(farm, method, path)
    assert reply.status == status
    assert reply.json["status"] == status
    assert detail in reply.json["detail"]
    if status == 405:
        assert reply.headers["allow"] == "GET, HEAD"


def test_head_is_get_without_the_body(farm, request_of):
    reply = request_of(farm, "HEAD", "/livez")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "15")


def test_a_body_over_the_limit_is_refused(farm, request_of):
    reply = request_of(farm, "POST", "/api/v1/reload", body=bytes(MAX_JSON_BYTES + 1))
    assert (reply.status, reply.json["detail"]) == (413, f"a body may have {MAX_JSON_BYTES} bytes here")
    reply = request_of(farm, "PUT", f"{WORLD}/ftp/files/pub/big", body=bytes(MAX_BODY_BYTES + 1))
    assert (reply.status, reply.json["detail"]) == (413, f"a body may have {MAX_BODY_BYTES} bytes here")


def test_a_connection_serves_several_requests(farm):
    connection = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/livez")
        assert connection.getresponse().read() == b'{"status":"ok"}'
    connection.close()


def test_bytes_that_are_not_http_are_refused(farm, get):
    with socket.create_connection(("127.0.0.1", farm.farm.control.port), timeout=10) as client:
        client.sendall(b"\x00\xff\r\n\r\n" * 10)
        assert client.recv(1000).startswith(b"HTTP/1.1 400")
    assert get("/livez") == {"status": "ok"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:1", "localhost:18000", "[::1]:80", "127.1.2.3", "a.localhost"]
)
def test_hosts_of_this_machine_are_accepted(farm, request_of, host):
    assert request_of(farm, "GET", "/api/v1/worlds", {"Host": host}).status == 200


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "192.0.2.1"])
def test_other_hosts_are_refused(farm, request_of, host):
    reply = request_of(farm, "GET", "/api/v1/worlds", {"Host": host})
    assert reply.status == 403
    assert "is not a name of this farm" in reply.json["detail"]
    assert request_of(farm, "GET", "/nowhere", {"Host": host}).status == 403


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "https://127.0.0.1", "http://127.0.0.1"])
def test_other_origins_are_refused(farm, request_of, origin):
    assert request_of(farm, "GET", "/api/v1/worlds", {"Origin": origin}).status == 403


def test_the_farms_own_origin_is_accepted(farm, request_of):
    own = f"127.0.0.1:{farm.farm.control.port}"
    assert request_of(farm, "GET", "/api/v1/worlds", {"Host": own, "Origin": f"http://{own}"}).status == 200


def test_a_configured_token_is_required(start_farm, request_of):
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


def test_a_world_is_answered_with_its_ready_object(farm, get):
    assert get(WORLD) == json.loads(json.dumps(farm.farm.describe("default")))
    worlds = get("/api/v1/worlds")
    assert worlds["total"] == 1
    assert worlds["items"][0]["services"] == list(farm.config.services)


def test_services_show_ports_and_counters_including_open_connections(farm, get):
    with farm.connect("echo") as client:
        client.sendall(b"12345")
        assert client.recv(10) == b"12345"
        (echo,) = [one for one in get(f"{WORLD}/services")["items"] if one["name"] == "echo"]
    assert echo["state"] == "running"
    assert echo["rfcs"] == ["862"]
    assert echo["listeners"]["tcp"]["port"] == farm.port("echo")
    counters = echo["listeners"]["tcp"]["counters"]
    assert (counters["active"], counters["received"], counters["sent"]) == (1, 5, 5)


def test_a_command_to_try_names_the_port_of_the_first_listener_as_declared(start_farm, request_of):
    farm = start_farm("ntp")
    (ntp,) = request_of(farm, "GET", f"{WORLD}/services").json["items"]
    assert next(iter(ntp["listeners"])) == "nts"  # bound before, as are all listeners of TCP
    assert ntp["try"] == f"rdate -n -p -o {farm.port('ntp', 'udp')} 127.0.0.1"


@pytest.mark.requirement("GEN-1.2.3-6")
def test_three_abnormal_events_are_counted_with_the_journal_disabled(start_farm, request_of):
    farm = start_farm("echo", journal={"enabled": False}, limits={"received": 4})
    for _ in range(3):
        farm.exchange("echo", b"12345")
    (echo,) = request_of(farm, "GET", f"{WORLD}/services").json["items"]
    assert echo["abnormal"] == 3
    assert echo["listeners"]["tcp"]["counters"]["limits"] == {"received": 3}
    assert request_of(farm, "GET", f"{WORLD}/events").json["total"] == 0
