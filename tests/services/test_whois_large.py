"""Whois in a large world: a search looks at a bounded number of records in each turn of the reactor."""

from collections.abc import Iterator

import pytest
from conftest import LOCAL, PEER
from services.test_whois import make_world

from homeport.protocol.effects import Close, Log, Send, SetTimer
from homeport.protocol.events import Closed, Data, Eof, Opened, TimerFired
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.whois import search
from homeport.world.people import Person

PEOPLE = [
    Person(login=f"p{number}", name=f"Many Smith{number % 7}", email=f"p{number}@x.test") for number in range(5000)
]
WHOIS = find_service("whois")


class Asking:
    """One connection; its turns are counted."""

    def __init__(self, **options):
        self.sent, self.closed, self.findings, self.turns, self.codes = b"", False, [], 0, []
        context = Context(make_world(people=PEOPLE), WHOIS.options(**options), "tcp", PEER, LOCAL)
        self.session = WHOIS.session(context)
        self.tell(Opened())

    def tell(self, event):
        for effect in self.session.handle(event):
            match effect:
                case Send(data):
                    self.sent += bytes(data)
                case Close():
                    self.closed = True
                case Log(_, fields):
                    self.codes.append(fields["code"])
                case SetTimer("search", seconds):
                    assert seconds == 0
                    self.turns += 1
                case _:
                    self.findings.append(getattr(effect, "id", ""))

    def run(self, turns=1000):
        for _ in range(turns):
            before = self.turns
            self.tell(TimerFired("search"))
            if self.turns == before:
                return


@pytest.fixture
def looked(monkeypatch):
    """Return the numbers of records that were looked at, by turn."""
    seen = []
    real = search.all_records

    def counted(world, kinds) -> Iterator:
        for record in real(world, kinds):
            seen.append(record)
            yield record

    monkeypatch.setattr(search, "all_records", counted)
    return seen


@pytest.mark.parametrize("query", [b"p4...\r\n", b"smith3\r\n", b"@x.test\r\n", b"p4999@\r\n", b"nowhere man\r\n"])
def test_a_search_looks_at_no_more_than_500_records_in_a_turn(query, looked):
    asking = Asking()
    asking.tell(Data(query))
    most, before = len(looked), len(looked)
    assert asking.sent == b""
    while not asking.closed:
        asking.tell(TimerFired("search"))
        most, before = max(most, len(looked) - before), len(looked)
    assert len(looked) >= 5000
    assert most <= search.SLICE == 500


def test_a_search_in_slices_finds_what_one_at_once_finds(monkeypatch):
    asking = Asking(layout="plain")
    asking.tell(Data(b"smith3\r\n"))
    asking.run()
    monkeypatch.setattr(search, "SLICE", 1 << 20)
    at_once = Asking(layout="plain")
    at_once.tell(Data(b"smith3\r\n"))
    assert (asking.sent, asking.codes, asking.closed) == (at_once.sent, at_once.codes, True)
    assert (asking.turns > 9, at_once.turns) == (True, 0)
    assert b"714 records match" in asking.sent


def test_an_answer_is_bounded_however_many_match():
    asking = Asking()
    asking.tell(Data(b"p...\r\n"))
    asking.run()
    assert len(asking.sent) < 16_000
    assert b"and 4910 more" in asking.sent


def test_an_exact_key_is_answered_at_once():
    asking = Asking()
    asking.tell(Data(b"p4999\r\n"))
    assert (asking.closed, asking.turns) == (True, 0)


def test_a_client_that_leaves_or_half_closes_during_a_search_is_treated_as_ever():
    asking = Asking(bare_lf="accept")
    asking.tell(Data(b"smith3"))
    asking.tell(Eof())
    asking.run()
    assert (asking.codes, asking.closed) == (["several"], True)
    asking = Asking()
    asking.tell(Data(b"smith3\r\n"))
    asking.tell(Closed("broken: reset"))
    asking.run(1)
    assert asking.findings == ["early-close"]


def test_input_after_the_query_is_a_finding_also_during_a_search():
    asking = Asking()
    asking.tell(Data(b"smith3\r\n"))
    asking.tell(Data(b"more\r\n"))
    asking.run()
    assert asking.findings == ["data-after-query"]


@pytest.mark.parametrize("split", [True, False])
def test_with_k_queries_that_come_during_a_search_are_answered_after_it(split):
    asking = Asking(layout="ripe")
    for piece in (
        (b"-k smith3\r\n", b"smith4\r\nalice\r\n", b"-k\r\n") if split else (b"-k smith3\r\nsmith4\r\nalice\r\n-k\r\n",)
    ):
        asking.tell(Data(piece))
    asking.run()
    assert asking.codes == ["several", "several", "found", "ended"]
    assert asking.closed
    assert asking.findings == []
