"""Answers that are kept: the same octets, the same answer, until the names change."""

import dns.message
import pytest
from conftest import LOCAL, PEER

from homeport.protocol.effects import Log, Send
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.dns import answering, datagrams
from homeport.services.dns.cache import MAX_ANSWERS, MAX_REQUEST_BYTES, Answers
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import parse_name
from homeport.world.zones.rdata import address
from homeport.world.zones.rrset import RRset

WWW = parse_name("www.example.test.")


@pytest.fixture
def built(monkeypatch):
    """Return the list of requests whose answers were built."""
    requests = []

    def respond(context, transport, data):
        requests.append(data)
        return answering.respond(context, transport, data)

    monkeypatch.setattr(datagrams, "respond", respond)
    return requests


@pytest.fixture
def asking(world):
    """Return a function that asks over UDP: the answer, and the names of its records."""
    options = find_service("dns").options()

    def run(name="www.example.test", *, number=1, chosen=None, **query):
        context = Context(world, chosen or options, "udp", PEER, LOCAL, service="dns")
        effects = datagrams.datagram(context, dns.message.make_query(name, "A", id=number, flags=0, **query).to_wire())
        (answer,) = [one.data for one in effects if isinstance(one, Send)]
        assert [one.type for one in effects if isinstance(one, Log)] == ["query"]
        return dns.message.from_wire(bytes(answer))

    return run


def test_the_second_time_an_answer_is_taken_from_the_cache_with_the_new_id(asking, built):
    first, second = asking(number=1), asking(number=0xFFFF)
    assert len(built) == 1
    assert (first.id, second.id) == (1, 0xFFFF)
    assert first.answer == second.answer


def test_another_case_is_another_answer(asking, built):
    assert asking("www.example.test").question[0].to_text() != asking("WWW.example.test").question[0].to_text()
    assert len(built) == 2


def test_a_change_of_the_zone_is_in_the_next_answer(asking, world):
    assert asking().answer[0][0].address == "192.0.2.80"
    world.zones.apply(WWW[1:], [Edit(WWW, 1, RRset(1, 300, (address("192.0.2.81"),)))])
    assert asking().answer[0][0].address == "192.0.2.81"


def test_a_change_of_the_options_is_in_the_next_answer(asking):
    assert asking(use_edns=0).payload == 1232
    assert asking(use_edns=0, chosen=find_service("dns").options(max_udp_size=999)).payload == 999


def test_answers_with_cookies_are_not_kept(asking, built):
    cookie = dns.edns.GenericOption(10, b"12345678")
    asking(use_edns=0, options=[cookie])
    asking(use_edns=0, options=[cookie])
    assert len(built) == 2


def test_the_cache_is_bounded():
    answers = Answers()
    options = find_service("dns").options()
    assert answers.find(b"idx", 1, options) is None
    for number in range(MAX_ANSWERS + 1):
        answers.keep(b"id%d" % number, b"id", ())
    assert answers.find(b"id0", 1, options) is None
    assert answers.find(b"id%d" % MAX_ANSWERS, 1, options) == (b"", ())
    answers.keep(bytes(MAX_REQUEST_BYTES + 1), b"id", ())
    assert answers.find(bytes(MAX_REQUEST_BYTES + 1), 1, options) is None
