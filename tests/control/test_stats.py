"""Figures of a world: its traffic over time, and what it holds."""

import smtplib

import pytest

from homeport.control.stats import count_traffic
from homeport.protocol.rules import Rule
from homeport.world.journal import Source

ECHO = Source("echo", "tcp")


class Host:
    """A host of a world."""

    def __init__(self, world):
        self.world = world


def counted(world, window, step):
    steps = count_traffic(Host(world), window, step)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_traffic_is_counted_by_service_and_step(world):
    journal, now = world.journal, [1000.0]
    journal.real = lambda: now[0]
    for seconds in (980.0, 991.0, 994.0, 999.0):
        now[0] = seconds
        connection = journal.open(ECHO, ("192.0.2.1", 7), ("127.0.0.1", 7))
        journal.record_bytes(connection, "in", b"12345")
    world.findings.add(Rule("odd", "must", "RFC 1", "was odd"), ECHO, b"x")
    now[0] = 1000.0
    found = counted(world, 10, 5)
    echo = found.services["echo"]
    assert (echo.events, echo.connections, echo.bytes, echo.findings) == ([4, 3], [2, 1], [10, 5], [0, 1])
    assert (found.begin, found.step, found.complete) == ("1970-01-01T00:16:30.000000Z", 5, True)


@pytest.mark.parametrize("query", ["window=1h&step=1s", "window=1s&step=2s", "window=48h&step=1h", "step=0s"])
def test_a_window_with_too_many_steps_is_refused(farm, request_of, query):
    reply = request_of(farm, "GET", f"/api/v1/worlds/default/stats?{query}")
    assert (reply.status, "step" in reply.json["detail"]) == (400, True)


def test_the_traffic_of_five_minutes_is_the_default(farm, api):
    farm.exchange("echo", b"12345")
    found = api("GET", "/stats")
    assert len(found["services"]["echo"]["events"]) == 60
    assert sum(found["services"]["echo"]["bytes"]) == 10


def test_the_facts_of_a_world_count_what_it_holds(farm, api):
    farm.exchange("daytime", b"x")
    found = api("GET", "/facts")
    assert found["holds"]["domains"] == api("GET", "/registry/domains")["total"]
    assert found["holds"]["people"] == api("GET", "/people")["total"]
    assert (found["kept"], found["findings"]) == (False, {"advice": 1})
    assert found["holds"]["quotes"] == api("GET", "/quotes")["total"]
    assert found["made"] == api("GET", "/api/v1/worlds")["items"][0]["made"]
    assert found["journal"]["epoch"] == api("GET", "/events")["epoch"]


def test_services_and_worlds_have_findings_faults_and_something_to_try(farm, api):
    farm.exchange("daytime", b"x")
    api("POST", "/faults", {"service": "daytime", "do": {"latency": {"ms": 1}}}, 201)
    services = {one["name"]: one for one in api("GET", "/services")["items"]}
    assert (services["daytime"]["findings"], services["daytime"]["faults"]) == ({"advice": 1}, 1)
    assert (services["echo"]["findings"], services["echo"]["faults"]) == ({}, 0)
    assert services["echo"]["try"] == f"printf 'hello\\n' | nc -N 127.0.0.1 {farm.port('echo')}"
    assert {name: one["secure"] for name, one in services["epp"]["listeners"].items()} == {"tls": True}
    assert api("GET", "/api/v1/worlds")["items"][0]["findings"] == {"advice": 1}


def test_the_facts_of_a_world_count_unread_messages(farm, api):
    with smtplib.SMTP("127.0.0.1", farm.port("smtp")) as client:
        client.sendmail("a@b.test", ["alice@homeport.test"], b"Subject: tides\r\n\r\nhello\r\n")
    counts = api("GET", "/facts")["holds"]
    assert (counts["messages"], counts["unread"]) == (1, 1)
    for read in (True, False, True, True):
        api("PATCH", "/smtp/messages/m1", {"read": read})
    assert api("GET", "/facts")["holds"]["unread"] == 0
    api("PATCH", "/smtp/messages/m1", {"read": False})
    api("DELETE", "/smtp/messages/m1")
    assert api("GET", "/facts")["holds"]["unread"] == 0


def test_a_service_says_since_when_it_is_in_its_state(farm, api):
    def since():
        return next(one["since"] for one in api("GET", "/services")["items"] if one["name"] == "echo")

    started = since()
    assert started >= api("GET", "/facts")["made"][:19]
    api("POST", "/services/echo/stop")
    stopped = since()
    assert stopped > started
    api("POST", "/services/echo/stop")
    assert since() == stopped
    api("POST", "/services/echo/start")
    assert since() > stopped
