"""The engine supports what IMAP needs: tags, literals, continuation lines, untagged data, several commands at once."""

import pytest
from conftest import cuts
from protocol.conftest import Client
from protocol.toy_imap import ToyImap

from homeport.protocol.events import Stopping, TimerFired
from homeport.protocol.faults import Do, Match, Plan, Reply


@pytest.fixture
def one():
    return Client(ToyImap)


def test_several_commands_at_once_are_answered_in_order_each_under_its_tag(one):
    assert one.send(b"a1 LOGIN alice secret\r\na2 SELECT inbox\r\na3 NOPE\r\n") == b"a1 OK logged in\r\n"
    assert one.release() == b"* 3 EXISTS\r\na2 OK [READ-WRITE]\r\na3 BAD unknown\r\n"


def test_a_literal_is_asked_for_and_is_part_of_its_command(one):
    assert one.send(b"a1 LOGIN {5}\r\n") == b"+ go on\r\n"
    assert one.send(b"alice {6}\r\n") == b"+ go on\r\n"
    assert one.send(b"secret\r\n") == b"a1 OK logged in\r\n"


def test_a_literal_that_is_sent_unasked_gets_no_continuation_line(one):
    assert one.send(b"a1 LOGIN {5+}\r\nalice {0+}\r\nsecret\r\n") == b"a1 OK logged in\r\n"


def test_bytes_of_a_literal_are_no_lines(one):
    assert one.send(b"a1 LOGIN {7+}\r\na\r\nb\r\nc x\r\na2 IDLE\r\nDONE\r\n") == b"a1 NO wrong\r\n+ idling\r\na2 OK\r\n"
    assert one.talk.findings == ["wrong-password"]


def test_a_literal_that_is_too_large_is_refused_before_it_comes(one):
    assert one.send(b"a1 LOGIN {1001}\r\n") == b"a1 NO too large\r\n"
    assert one.send(b"a2 IDLE\r\nDONE\r\n") == b"+ idling\r\na2 OK\r\n"
    assert one.send(b"a3 LOGIN {1001+}\r\n") == b"* BYE too large\r\n"
    assert one.talk.closed


def test_untagged_data_come_in_the_midst_of_idle(one):
    assert one.send(b"a1 IDLE\r\n") == b"+ idling\r\n"
    assert one.tell(TimerFired("news")) == b"* 4 EXISTS\r\n"
    assert one.send(b"DONE\r\n") == b"a1 OK\r\n"
    assert one.send(b"a2 IDLE\r\nNOOP\r\n") == b"+ idling\r\na2 BAD say DONE\r\n"


def test_sasl_is_a_continuation_whose_response_is_a_secret(one):
    assert one.send(b"a1 AUTHENTICATE PLAIN\r\n") == b"+ \r\n"
    assert one.send(b"c2VjcmV0\r\n") == b"a1 OK PLAIN 8\r\n"
    assert one.concealed == [(8, 2)]


def test_a_tag_that_is_none_is_refused_untagged(one):
    assert one.send(b"+ IDLE\r\n* IDLE\r\n") == b"* BAD that is no tag\r\n* BAD that is no tag\r\n"
    assert one.talk.findings == ["bad-tag", "bad-tag"]


def test_a_planned_reply_is_tagged_like_any_other(one):
    one.world.faults.add(Plan(service="toy", match=Match(verb="IDLE"), do=Do(reply=Reply(999, "busy"))))
    assert one.send(b"a1 IDLE\r\na2 IDLE\r\n") == b"a1 NO busy\r\n+ idling\r\n"


def test_the_closing_reply_is_sent_in_the_midst_of_a_literal(one):
    one.send(b"a1 LOGIN {5}\r\nal")
    assert one.tell(Stopping()) == b"* BYE stopping\r\n"


def test_the_result_is_the_same_for_every_segmentation():
    talk = (
        b"a1 LOGIN {5}\r\nalice {6+}\r\nsecret\r\na2 AUTHENTICATE X\r\n*\r\na3 IDLE\r\nDONE\r\na4 LOGIN {3}\r\nabc\r\n"
    )
    outcomes = []
    for way in cuts(talk):
        one = Client(ToyImap)
        for piece in way:
            one.send(piece)
        one.talk.concealed = 0  # lines that log in are concealed piece by piece
        outcomes.append((one.talk, one.commands))
    assert [outcome for outcome in outcomes if outcome != outcomes[0]] == []
    assert outcomes[0][0].sent.endswith(b"a3 OK\r\n+ go on\r\na4 BAD not now\r\n")
