"""DNS over TCP: lengths, pipelining, the end of connections."""

import struct

import dns.message
import pytest
from conftest import LOCAL, PEER

from homeport.protocol.effects import AwaitFlush, Send
from homeport.protocol.events import Data, Flushed, Opened
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.dns.session import MAX_UNSENT_BYTES

QUERY = dns.message.make_query("id.server.", "TXT", "CH", flags=0, id=7).to_wire()
OTHER = dns.message.make_query("version.server.", "TXT", "CH", flags=0, id=8).to_wire()


def framed(*messages):
    return b"".join(struct.pack("!H", len(message)) + message for message in messages)


def unframed(data):
    messages = []
    while data:
        (size,) = struct.unpack("!H", data[:2])
        messages.append(data[2 : 2 + size])
        data = data[2 + size :]
    return messages


@pytest.mark.requirement("DNS-6.1.3.2-2", "DNS-6.1.3.2-6")
def test_a_query_over_tcp_is_answered_and_the_connection_stays_open(talk):
    outcome = talk("dns", framed(QUERY))
    (answer,) = unframed(outcome.sent)
    assert dns.message.from_wire(answer).id == 7
    assert not outcome.closed
    assert outcome.timers == {"idle": 10.0}
    assert outcome.findings == []


def test_pipelined_queries_are_answered_in_order(talk):
    outcome = talk("dns", framed(QUERY, OTHER, QUERY))
    assert [dns.message.from_wire(one).id for one in unframed(outcome.sent)] == [7, 8, 7]


def test_a_client_that_half_closes_gets_its_answers(talk):
    outcome = talk("dns", framed(QUERY, OTHER), eof=True)
    assert len(unframed(outcome.sent)) == 2
    assert outcome.closed
    assert outcome.findings == []


def test_a_client_that_asks_for_more_than_it_reads_gets_no_more(world):
    """Requests are answered up to a bound; the next ones when the client has taken the answers."""
    service = find_service("dns")
    session = service.session(Context(world, service.options(), "tcp", PEER, LOCAL, service="dns"))
    session.handle(Opened())
    huge = dns.message.make_query("huge.example.test", "TXT").to_wire()
    effects = session.handle(Data(framed(*[huge] * 25)))
    answers = []
    while True:
        sent = b"".join(one.data for one in effects if isinstance(one, Send))
        assert len(sent) < MAX_UNSENT_BYTES + 0xFFFF + 2
        answers += unframed(sent)
        if not any(isinstance(one, AwaitFlush) for one in effects):
            break
        effects = session.handle(Flushed())
    assert len(answers) == 25


def test_a_length_of_zero_is_skipped(talk):
    outcome = talk("dns", framed(b"", QUERY))
    assert len(unframed(outcome.sent)) == 1
    assert outcome.findings == ["length-zero"]


def test_a_message_of_65535_octets_is_taken(talk):
    outcome = talk("dns", framed(QUERY + bytes(65535 - len(QUERY)), OTHER))
    assert [dns.message.from_wire(one).id for one in unframed(outcome.sent)] == [7, 8]
    assert outcome.findings == ["trailing-octets"]


def test_a_message_without_its_length_is_recognized_when_the_client_gives_up(talk):
    outcome = talk("dns", b"\x12\x34" + QUERY[2:], eof=True)
    assert (outcome.sent, outcome.findings, outcome.closed) == (b"", ["no-length"], True)


def test_a_connection_that_ends_within_a_message_is_a_finding(talk):
    outcome = talk("dns", framed(QUERY)[:-1], eof=True)
    assert (outcome.sent, outcome.findings) == (b"", ["truncated-stream"])


def test_a_message_shorter_than_a_header_has_no_answer(talk):
    outcome = talk("dns", framed(b"short", QUERY))
    assert len(unframed(outcome.sent)) == 1
    assert outcome.findings == ["short-message"]
