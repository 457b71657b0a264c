"""A new line protocol: one verb, one refusal, one fault, one finding."""

from pathlib import Path

from protocol import tally
from protocol.conftest import Client

from homeport.protocol.events import Eof, Stopping
from homeport.protocol.faults import Do, Match, Plan, Reply


def test_it_takes_less_than_sixty_lines():
    assert len(Path(tally.__file__).read_text().splitlines()) < 60


def test_its_verb_adds_up():
    one = Client(tally.Tally, tally.SERVICE)
    assert one.greeting == b"220 Tally\r\n"
    assert one.send(b"ADD 2\r\nadd 3\r\n") == b"200 2\r\n200 5\r\n"
    assert one.commands == [("ADD", "2", "200"), ("ADD", "3", "200")]


def test_what_is_no_number_is_refused_and_found():
    one = Client(tally.Tally, tally.SERVICE)
    assert one.send(b"ADD two\r\n") == b"501 write ADD number (Tally 1)\r\n"
    assert one.talk.findings == ["not-a-number"]
    assert one.send(b"ADD\r\nSUB 1\r\n") == b"501 write ADD number\r\n500 there is only ADD\r\n"


def test_a_planned_reply_takes_the_place_of_the_sum():
    one = Client(tally.Tally, tally.SERVICE)
    one.world.faults.add(Plan(service="tally", match=Match(verb="ADD"), do=Do(reply=Reply(450, "no paper left"))))
    assert one.send(b"ADD 2\r\nADD 3\r\n") == b"450 no paper left\r\n200 3\r\n"


def test_it_ends_with_a_closing_reply_or_with_the_client():
    one = Client(tally.Tally, tally.SERVICE)
    assert one.tell(Stopping()) == b"421 goodbye: stopping\r\n"
    other = Client(tally.Tally, tally.SERVICE)
    assert other.tell(Eof()) == b""
    assert other.talk.closed


def test_a_browser_is_refused_without_a_line_in_it():
    one = Client(tally.Tally, tally.SERVICE)
    assert one.send(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nADD 2\r\n") == b"421 goodbye: http\r\n"
    assert (one.talk.findings, one.talk.closed, one.session.sum.total) == (["http-request"], True, 0)
