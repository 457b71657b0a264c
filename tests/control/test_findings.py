"""The findings of a world: the latest ones, and the rules."""

import pytest

from homeport.protocol.rules import Rule
from homeport.world.findings import MAX_CLIENTS
from homeport.world.journal import Source

SMTP = Source("smtp", "tcp")
FTP = Source("ftp", "tcp")
MILD = Rule("mild", "advice", "RFC 1", "was odd")
GRAVE = Rule("grave", "must", "RFC 2", "was wrong")


@pytest.fixture
def four(farm):
    """Four findings: smtp.mild on c1, smtp.grave on c1, ftp.grave and again smtp.mild of other clients."""

    def report():
        journal, add = farm.world.journal, farm.world.findings.add
        connection = journal.open(SMTP, ("192.0.2.1", 7), ("127.0.0.1", 25))
        add(MILD, connection, b"one")
        add(GRAVE, connection, b"two")
        add(GRAVE, FTP, b"three", "192.0.2.2:9")
        add(MILD, SMTP, b"four", "[2001:db8::1]:9")

    farm.call(report)


def shown(answer):
    return [one["shown"] for one in answer["items"]]


@pytest.mark.parametrize(
    ("query", "found", "total"),
    [
        ("", ["one", "two", "three", "four"], 4),
        ("level=should", ["two", "three"], 2),
        ("service=smtp", ["one", "two", "four"], 3),
        ("service=ftp,smtp", ["one", "two", "three", "four"], 4),
        ("id=smtp.mild", ["one", "four"], 2),
        ("id=grave", ["two", "three"], 2),
        ("conn=c1", ["one", "two"], 2),
        ("peer=192.0.2.2", ["three"], 1),
        ("peer=2001:db8::/32", ["four"], 1),
        ("q=wrong -service:ftp", ["two"], 1),
        ("since=2", ["two", "three", "four"], 3),
        ("before=4", ["one", "two"], 2),
        ("order=desc", ["four", "three", "two", "one"], 4),
    ],
)
def test_findings_are_filtered_and_ordered(farm, four, api, query, found, total):
    answer = api("GET", f"/findings?{query.replace(' ', '%20')}")
    assert (shown(answer), answer["total"], answer["next"]) == (found, total, None)
    assert sum(answer["counts"].values()) == total


def test_findings_are_listed_page_by_page_from_either_end(farm, four, api):
    first = api("GET", "/findings?limit=3")
    assert shown(api("GET", f"/findings?since={first['next']}")) == ["four"]
    newest = api("GET", "/findings?limit=3&order=desc")
    assert shown(newest) == ["four", "three", "two"]
    assert shown(api("GET", f"/findings?order=desc&before={newest['next']}")) == ["one"]


def test_all_rules_are_listed_with_what_is_known_of_those_that_were_broken(farm, four, api):
    answer = api("GET", "/findings/rules")
    broken = [rule for rule in answer["items"] if rule["count"]]
    assert answer["items"][:3] == broken
    assert [(rule["id"], rule["level"], rule["count"]) for rule in broken] == [
        ("smtp.grave", "must", 1),
        ("ftp.grave", "must", 1),
        ("smtp.mild", "advice", 2),
    ]
    assert broken[2]["newest"]["shown"] == "four"
    assert broken[2]["first"] <= broken[2]["last"]
    assert broken[2]["clients"] == [{"host": "192.0.2.1", "count": 1}, {"host": "2001:db8::1", "count": 1}]
    unbroken = next(rule for rule in answer["items"] if rule["id"] == "smtp.bare-lf")
    assert (unbroken["count"], unbroken["first"], unbroken["newest"], unbroken["clients"]) == (0, None, None, [])
    assert unbroken["reference"].startswith("RFC 5321")


def test_rules_are_filtered_by_service_level_and_whether_they_were_broken(farm, four, api):
    def names(query):
        return [rule["id"] for rule in api("GET", f"/findings/rules?{query}")["items"]]

    assert names("broken=true&service=smtp") == ["smtp.grave", "smtp.mild"]
    assert names("broken=true&level=must") == ["smtp.grave", "ftp.grave"]
    assert "smtp.mild" not in names("broken=false")
    assert all(name.startswith("echo.") for name in names("service=echo"))


def test_a_reset_forgets_what_is_known_of_rules(farm, four, api):
    api("POST", "/reset")
    assert api("GET", "/findings/rules?broken=true")["items"] == []


def test_the_clients_of_a_rule_are_bounded(world):
    for number in range(MAX_CLIENTS + 5):
        world.findings.add(MILD, SMTP, b"", f"192.0.2.{number}:9")
    clients = world.findings.by_rule["smtp.mild"].clients
    assert (len(clients), clients["others"]) == (MAX_CLIENTS + 1, 5)


def test_findings_are_counted_by_level(world):
    for rule in (MILD, GRAVE, MILD):
        world.findings.add(rule, SMTP, b"")
    assert world.findings.levels == {"advice": 2, "must": 1}
