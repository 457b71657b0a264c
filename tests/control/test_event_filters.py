"""Filters of events: several values, negation, levels, the filter language; lists newest first."""

import pytest

from homeport.control.event_query import EventQuery
from homeport.control.journal import EventsQuery, event_list, matching
from homeport.control.problems import ProblemError
from homeport.protocol.rules import Rule
from homeport.world.event_filter import EventFilter
from homeport.world.journal import BATCH_COST, Source

WORLD = "/api/v1/worlds/default"
SMTP = Source("smtp", "tcp")
FTP = Source("ftp", "tcp")


@pytest.fixture
def journal(world):
    """Eight events: opened, in, command, advice, must, fault, clock, datagram."""
    journal = world.journal
    connection = journal.open(SMTP, ("192.0.2.1", 7), ("127.0.0.1", 25))
    journal.record_bytes(connection, "in", b"HELO Alice\r\n")
    journal.log(connection, "command", {"verb": "HELO", "argument": "Alice", "code": 250})
    world.findings.add(Rule("mild", "advice", "RFC 1", "was odd"), connection, b"HELO Alice")
    world.findings.add(Rule("grave", "must", "RFC 2", "was wrong"), FTP, b"x", "192.0.2.2:9")
    journal.log(FTP, "fault", {"id": "f1", "kind": "latency", "did": "waited"})
    journal.log(None, "clock", {"what": "advanced"})
    journal.datagrams(FTP, [(("192.0.2.2", 9), b"knock", 5, (), None, 0)])
    return journal


ALL = [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"type": "finding,fault"}, [4, 5, 6]),
        ({"type": "finding, fault"}, [4, 5, 6]),
        ({"not_type": "in"}, [1, 3, 4, 5, 6, 7, 8]),
        ({"not_type": "in,opened,command"}, [4, 5, 6, 7, 8]),
        ({"type": "in,command", "not_type": "in"}, [3]),
        ({"service": "smtp,ftp"}, [1, 2, 3, 4, 5, 6, 8]),
        ({"not_service": "smtp"}, [5, 6, 7, 8]),
        ({"conn": "c1,c9"}, [1, 2, 3, 4]),
        ({"not_conn": "c1"}, [5, 6, 7, 8]),
        ({"peer": "192.0.2.2,192.0.2.3"}, [5, 8]),
        ({"not_peer": "192.0.2.0/24"}, [6, 7]),
        ({"listener": "smtp.tcp,udp"}, [1, 2, 3, 4]),
        ({"not_listener": "tcp"}, [7]),
        ({"text": "alice"}, [2, 3, 4]),
        ({"not_text": "alice"}, [1, 5, 6, 7, 8]),
        ({"command": "helo,ehlo"}, [3]),
        ({"not_command": "HELO"}, [1, 2, 4, 5, 6, 7, 8]),
        ({"not_object": "alice"}, [1, 2, 4, 5, 6, 7, 8]),
        ({"code": "4,2"}, [3]),
        ({"not_code": "2"}, [1, 2, 4, 5, 6, 7, 8]),
        ({"level": "advice"}, [4, 5]),
        ({"level": "should"}, [5]),
        ({"level": "advice,should"}, [4]),
        ({"not_level": "advice"}, [1, 2, 3, 5, 6, 7, 8]),
        ({"id": "smtp.mild"}, [4]),
        ({"id": "mild,grave"}, [4, 5]),
        ({"not_id": "grave"}, [1, 2, 3, 4, 6, 7, 8]),
        ({"fault": "f1"}, [6]),
        ({"fault": "f2"}, []),
        ({"not_fault": "f1"}, [1, 2, 3, 4, 5, 7, 8]),
    ],
)
def test_conditions_have_several_values_and_are_negated(journal, wanted, found):
    assert [seq for seq, _entry in matching(journal, EventFilter(**wanted))] == found


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", ALL),
        ("alice", [2, 3, 4]),
        ("alice -type:in", [3, 4]),
        ('"HELO Alice"', [2, 4]),
        ("type:finding,fault", [4, 5, 6]),
        ("level:must", [5]),
        ("level:>=advice", [4, 5]),
        ("-level:must type:finding", [4]),
        ("service:ftp OR type:clock", [5, 6, 7, 8]),
        ("peer:192.0.2.2", [5, 8]),
        ("command:helo code:2", [3]),
        ("id:smtp.mild", [4]),
        ("fault:f1", [6]),
        ("conn:c1 -text:alice", [1]),
    ],
)
def test_events_are_found_by_the_filter_language(journal, q, found):
    assert [seq for seq, _entry in matching(journal, EventQuery(q=q))] == found


def test_the_language_and_the_parameters_must_both_match(journal):
    assert [seq for seq, _entry in matching(journal, EventQuery(q="alice", type="command,in", not_type="in"))] == [3]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("type=finding,fualt", "no type of event 'fualt'"),
        ("-type=fualt", "no type of event 'fualt'"),
        ("service=smtp,fpt", "did you mean 'ftp'?"),
        ("conn=c1,3", "'3' is not the id of a connection"),
        ("level=may", "no level 'may'"),
        ("-peer=nobody", "nobody"),
        ("q=sevice:smtp", "did you mean service?"),
        ("q=level:may", "no level 'may'"),
        ("q=peer:nobody", "nobody"),
    ],
)
@pytest.mark.parametrize("path", ["events", "events/wait", "events/stream"])
def test_a_value_that_can_match_nothing_is_refused(farm, request_of, path, query, words):
    reply = request_of(farm, "GET", f"{WORLD}/{path}?{query}")
    assert reply.status == 400
    assert words in reply.json["detail"]


def test_a_malformed_filter_is_refused_with_its_position():
    with pytest.raises(ProblemError) as raised:
        EventQuery(q="a sevice:smtp")
    assert (raised.value.at, raised.value.nearest) == (2, "service")


def test_a_negated_parameter_is_named_with_a_hyphen(farm, get):
    farm.exchange("echo", b"one")
    assert {event["type"] for event in get(f"{WORLD}/events?conn=c1&-type=in,out")["items"]} == {"opened", "closed"}


def test_a_filter_with_many_values_takes_smaller_steps(world):
    for _ in range(200):
        world.journal.log(None, "clock", {})
    query = EventQuery(q=" ".join("abcdefgh" * 12))
    assert query.weight == 13
    batch = next(world.journal.batches(weight=query.weight))
    assert sum(entry.cost for _seq, entry in batch) * query.weight <= BATCH_COST


# Newest first.


def log(farm, *verbs):
    for verb in verbs:
        farm.call(farm.world.journal.log, SMTP, "command", {"verb": verb})


def verbs(answer):
    return [event["verb"] for event in answer["items"]]


def test_events_are_listed_newest_first_and_page_by_page(farm, get):
    log(farm, *"abcde")
    first = get(f"{WORLD}/events?order=desc&limit=2")
    assert (verbs(first), first["total"], first["next"]) == (["e", "d"], 5, 4)
    second = get(f"{WORLD}/events?order=desc&limit=2&before=4")
    assert (verbs(second), second["total"], second["next"]) == (["c", "b"], 3, 2)
    third = get(f"{WORLD}/events?order=desc&limit=2&before=2")
    assert (verbs(third), third["total"], third["next"]) == (["a"], 1, None)


def test_events_before_a_number_are_listed_oldest_first_too(farm, get):
    log(farm, *"abcde")
    assert verbs(get(f"{WORLD}/events?before=3")) == ["a", "b"]
    assert verbs(get(f"{WORLD}/events?since=1&before=4&order=desc")) == ["c", "b"]


def test_the_newest_events_of_a_filter_are_counted_among_all(farm, get):
    log(farm, *"abab")
    found = get(f"{WORLD}/events?order=desc&limit=1&command=a")
    assert (verbs(found), found["total"], found["next"]) == (["a"], 2, 3)


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_page_without_a_filter_does_not_look_at_the_rest_of_the_journal(world, order):
    for _ in range(5000):
        world.journal.log(None, "clock", {})
    pieces = list(event_list(world.journal, EventsQuery(order=order, limit=10)))
    assert len(pieces) < 10
    assert b'"total":5000' in pieces[-1]


def test_events_are_listed_with_as_many_bytes_as_asked(farm, get):
    farm.exchange("echo", b"abcdef")
    assert [event["text"] for event in get(f"{WORLD}/events?type=in&bytes=3")["items"]] == ["abc"]
    (event,) = get(f"{WORLD}/events?type=in&bytes=0")["items"]
    assert (event["size"], "text" in event, "bytes" in event) == (6, False, False)
