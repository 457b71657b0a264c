"""RDAP over HTTPS (RFC 7480): requests in both versions of HTTP, cut at every point, pipelined, wrong, and slow."""

import json
import re

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest
from msgspec.structs import replace
from tests.conftest import LOCAL, PEER, Talk, make_world

from homeport.protocol.effects import Send, SetTimer
from homeport.protocol.events import Data, Eof, Opened, TimerFired
from homeport.protocol.faults import Do, Match, Plan, Reply
from homeport.protocol.http.http2 import MAX_UNSENT_BYTES
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.rdap import searches
from homeport.services.rdap.searches import MAX_LOOKED_AT

ACCEPT = "Accept: application/rdap+json"


def request(target, *headers, method="GET", host="rdap.test:18444"):
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *(headers or (ACCEPT,)), "", ""]).encode()


def answers(sent):
    """Return the answers of HTTP/1.1: status, headers, body."""
    found = []
    while sent:
        head, _end, rest = sent.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _colon, value in (line.partition(": ") for line in lines[1:])}
        size = int(headers["content-length"])
        found.append((int(lines[0].split()[1]), headers, rest[:size]))
        sent = rest[size:]
    return found


@pytest.fixture
def get(talk):
    """Return status, headers and document of the answer to one request, which comes in every segmentation."""

    def ask(target, *headers, findings=(), **more):
        told = talk("rdap", request(target, *headers, **more))
        assert tuple(told.findings) == findings
        ((status, fields, body),) = answers(told.sent)
        return status, fields, json.loads(body) if body else None

    return ask


def test_rfc_7480_4_a_look_up_is_answered_with_its_media_type_to_pages_of_any_origin(get):
    status, headers, domain = get("/rdap/domain/homeport.test")
    assert (status, headers["content-type"]) == (200, "application/rdap+json")
    assert headers["access-control-allow-origin"] == "*"
    assert domain["ldhName"] == "homeport.test"
    base = "https://rdap.test:18444/rdap"
    assert [(link["rel"], link["href"]) for link in domain["links"]] == [
        ("self", f"{base}/domain/homeport.test"),
        ("related", f"{base}/registrar/harbour/domain/homeport.test"),
    ]
    assert {link["value"] for notice in domain["notices"] for link in notice.get("links", ())} == {
        f"{base}/domain/homeport.test"
    }


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/rdap/nameserver/ns1.homeport.test", "nameserver"),
        ("/rdap/entity/harbour", "entity"),
        ("/rdap/ip/192.0.2.0%2F24", "ip network"),
        ("/rdap/ip/2001:db8::/32", "ip network"),
        ("/rdap/autnum/64496", "autnum"),
        ("/rdap/domain/leuchtfeuer-s%C3%BCd.test", "domain"),
        ("/rdap/registrar/9901/domain/homeport.test", "domain"),
    ],
)
def test_each_kind_of_object_is_found(get, target, name):
    assert get(target)[2]["objectClassName"] == name


@pytest.mark.parametrize(
    ("target", "status", "finding"),
    [
        ("/rdap/domain/nowhere.test", 404, None),
        ("/rdap/domain/a..b", 400, None),
        ("/rdap/domains", 400, "search-parameters"),
        ("/rdap/domains?name=", 400, "search-parameters"),
        ("/rdap/entities?fn=a&handle=b", 400, "search-parameters"),
        ("/rdap/ships/1", 400, "unknown-query"),
        ("/rdap/ips/192.0.2.1", 501, None),
        ("/rdap/", 400, "unknown-query"),
        ("/", 404, None),
        ("/domain/homeport.test", 404, None),
    ],
)
def test_rfc_9083_6_errors_are_objects_of_rdap(get, target, status, finding):
    answered, headers, error = get(target, findings=(f"{finding}",) if finding else ())
    assert answered == error["errorCode"] == status
    assert headers["access-control-allow-origin"] == "*"


def test_rfc_7480_4_1_other_methods_are_405_and_a_browser_s_preflight_is_answered(get):
    status, headers, error = get("/rdap/help", method="POST", findings=("method",))
    assert (status, headers["allow"], error["errorCode"]) == (405, "GET, HEAD", 405)
    status, headers, _nothing = get("/rdap/help", "Origin: https://app.test", method="OPTIONS")
    assert (status, headers["access-control-allow-origin"], headers["access-control-allow-methods"]) == (
        200,
        "*",
        "GET, HEAD",
    )


def test_rfc_7480_4_1_head_has_no_body(talk):
    sent = talk("rdap", request("/rdap/domain/homeport.test", method="HEAD")).sent
    assert sent.startswith(b"HTTP/1.1 200")
    assert sent.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html, application/rdap+json;q=0.9"])
def test_rfc_7480_4_2_json_is_asked_for(get, accept):
    assert get("/rdap/help", f"Accept: {accept}")[0] == 200


@pytest.mark.parametrize("headers", [("Accept: text/html",), ("User-Agent: x",)])
def test_rfc_7480_4_2_a_client_that_does_not_ask_for_json_is_answered_with_a_finding(get, headers):
    assert get("/rdap/help", *headers, findings=("accept",))[0] == 200


def test_rfc_9224_bootstrap_files_name_this_server_for_what_the_world_has(get):
    served = [["https://rdap.test:18444/rdap/"]]
    _status, headers, dns = get("/dns.json")
    assert headers["content-type"] == "application/json"
    assert (dns["version"], dns["services"]) == ("1.0", [[["test", "lab.test", "example"], *served]])
    assert get("/rdap/ipv4.json")[2]["services"] == [[["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"], *served]]
    assert get("/ipv6.json")[2]["services"] == [[["2001:db8::/32"], *served]]
    assert get("/asn.json")[2]["services"] == [[["64496-64511", "65536-65551"], *served]]
    assert get("/object-tags.json")[2]["services"] == [[["registry@homeport.test"], ["HOMEPORT"], *served]]


def test_pipelined_requests_are_answered_in_order(talk):
    told = talk("rdap", request("/rdap/entity/HM-1") + request("/rdap/help") + request("/rdap/domain/x.test"))
    assert [status for status, _headers, _body in answers(told.sent)] == [200, 200, 404]
    assert [fields["code"] for _kind, fields in told.logs] == ["200", "200", "404"]
    assert told.logs[0] == ("command", {"verb": "entity", "argument": "entity/HM-1", "code": "200"})


def test_a_host_that_is_none_is_not_repeated(get):
    for host in ('x"><script>', "a/b", "a b"):
        links = get("/rdap/entity/HM-1", ACCEPT, host=host)[2]["links"]
        assert links[0]["href"] == "https://127.0.0.1:10000/rdap/entity/C1-HOMEPORT"


def test_what_is_no_http_is_refused_and_closed(talk):
    told = talk("rdap", b"hello\r\n\r\n")
    assert told.closed
    assert told.findings == ["not-http"]
    assert told.sent.startswith(b"HTTP/1.1 400")


class Slow:
    """A session with a world of many domains, whose timers fire by hand."""

    def __init__(self, size):
        self.world = make_world()
        registry = self.world.registry
        model = registry.domain("quay.test")
        changes = registry.begin()
        for number in range(size):
            changes.put(replace(model, name=f"many-{number}.test", roid=registry.new_roid("domain")))
        registry.commit(changes)
        service = find_service("rdap")
        self.session = service.session(Context(self.world, service.options(), "https", PEER, LOCAL, service="rdap"))
        self.talk = Talk(service)
        self.turns = 0
        self.do(Opened())

    def do(self, event):
        effects = self.session.handle(event)
        self.talk.do(effects)
        return any(isinstance(one, SetTimer) for one in effects)

    def say(self, data):
        waits = self.do(Data(data))
        while waits:
            self.turns += 1
            waits = self.do(TimerFired("search"))
        return answers(self.talk.sent)


def test_a_search_takes_turns_and_requests_behind_it_wait():
    slow = Slow(1000)
    found = slow.say(request("/rdap/domains?nsLdhName=ns9.nowhere.test") + request("/rdap/help"))
    assert [status for status, _headers, _body in found] == [404, 200]
    assert slow.turns >= 1000 // MAX_LOOKED_AT


def test_rfc_9083_9_a_search_shows_a_hundred_and_says_that_there_are_more():
    ((_status, _headers, body),) = Slow(150).say(request("/rdap/domains?name=many-*"))
    shown = json.loads(body)
    assert len(shown["domainSearchResults"]) == 100
    assert shown["notices"][-1]["type"] == "result set truncated due to excessive load"


def test_a_client_that_half_closes_gets_the_answer_of_its_search():
    slow = Slow(300)
    slow.do(Data(request("/rdap/domains?name=many-2*")))
    slow.do(Eof())
    while slow.do(TimerFired("search")):
        pass
    assert answers(slow.talk.sent)[0][0] == 200
    assert slow.talk.closed


def test_http_2_requests_are_answered():
    client = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    client.initiate_connection()
    for stream, path in ((1, "/rdap/domains?name=home*"), (3, "/rdap/entity/HM-1")):
        fields = [(":method", "GET"), (":path", path), (":scheme", "https"), (":authority", "r.test")]
        client.send_headers(stream, [*fields, ("accept", "application/rdap+json")], end_stream=True)
    slow = Slow(10)
    waits = slow.do(Data(client.data_to_send()))
    while waits:
        waits = slow.do(TimerFired("search"))
    bodies, statuses = {}, {}
    for event in client.receive_data(slow.talk.sent):
        if isinstance(event, h2.events.ResponseReceived):
            statuses[event.stream_id] = dict(event.headers)[":status"]
        elif isinstance(event, h2.events.DataReceived):
            bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
    assert statuses == {1: "200", 3: "200"}
    assert json.loads(bodies[3])["links"][0]["href"] == "https://r.test/rdap/entity/C1-HOMEPORT"


def test_a_long_answer_is_sent_over_http_2():
    slow = Slow(120)
    client = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    client.initiate_connection()
    client.increment_flow_control_window(1 << 22)
    client.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 22})
    fields = [
        (":method", "GET"),
        (":path", "/rdap/domains?name=many-*"),
        (":scheme", "https"),
        (":authority", "r.test"),
    ]
    client.send_headers(1, [*fields, ("accept", "application/rdap+json")], end_stream=True)
    waits = slow.do(Data(client.data_to_send()))
    while waits:
        waits = slow.do(TimerFired("search"))
    events = client.receive_data(slow.talk.sent)
    body = b"".join(event.data for event in events if isinstance(event, h2.events.DataReceived))
    assert len(body) > MAX_UNSENT_BYTES
    assert len(json.loads(body)["domainSearchResults"]) == 100


def test_rfc_7480_5_5_a_planned_reply_is_an_error_of_rdap_with_the_time_to_wait():
    slow = Slow(1)
    reply = Do(reply=Reply(code=429, text="slow down"))
    slow.world.faults.add(Plan(service="rdap", match=Match(verb="domain"), do=reply))
    found = slow.say(request("/rdap/domain/homeport.test") + request("/rdap/help"))
    (first, headers, body), (second, _headers, _body) = found
    assert (first, headers["retry-after"], second) == (429, "1", 200)
    assert json.loads(body)["description"] == ["slow down"]


def test_the_terms_that_are_configured_are_named(talk):
    told = talk("rdap", request("/rdap/help"), terms="https://registry.test/terms")
    assert re.search(rb'"rel":"terms-of-service","href":"https://registry.test/terms"', told.sent)


def test_domains_that_come_and_go_during_a_search_are_found_once():
    slow = Slow(300)
    registry = slow.world.registry
    model = registry.domain("quay.test")
    waits = slow.do(Data(request("/rdap/domains?name=many-2*")))
    for number in range(3):
        changes = registry.begin()
        changes.remove(registry.domain(f"many-{number}.test"))
        changes.put(replace(model, name=f"many-2-{number}.test", roid=registry.new_roid("domain")))
        changes.put(replace(model, name=f"other-{number}.test", roid=registry.new_roid("domain")))
        registry.commit(changes)
        waits = slow.do(TimerFired("search"))
    while waits:
        waits = slow.do(TimerFired("search"))
    ((status, _headers, body),) = answers(slow.talk.sent)
    names = [one["ldhName"] for one in json.loads(body)["domainSearchResults"]]
    assert status == 200
    assert len(names) == len(set(names)) == 100


def test_no_search_copies_a_table():
    slow = Slow(1)
    for search in (searches.domains_by_name, searches.domains_by_server, searches.hosts_by_name):
        candidates, _matches = search(slow.world.registry, "x*")
        assert not isinstance(candidates, list)


def test_effects_of_one_turn_are_bounded():
    slow = Slow(500)
    effects = slow.session.handle(Data(request("/rdap/domains?name=many-*")))
    assert not any(isinstance(one, Send) for one in effects)
