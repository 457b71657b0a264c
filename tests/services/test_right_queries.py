"""Finger and Whois: for each finding a similar correct query without one."""

import pytest
from conftest import PEER, Talk, make_world

from homeport.protocol.events import Closed, Data, Eof, Opened
from homeport.protocol.session import Context
from homeport.services import find_service

RIGHT = {
    ("finger", "bare-lf"): [Data(b"alice\r\n")],
    ("finger", "no-crlf"): [Data(b"alice\r\n"), Eof()],
    ("finger", "line-too-long"): [Data(b"x" * 512 + b"\r\n")],
    ("finger", "control-characters"): [Data(b"/W\tal~ice\r\n")],
    ("finger", "not-ascii"): [Data(b"Zo~\r\n")],
    ("finger", "data-after-query"): [Data(b"alice\r"), Data(b"\n"), Eof()],
    ("finger", "early-close"): [Data(b"alice\r\n"), Closed("broken: Connection reset by peer")],
    ("finger", "unexpected-tls"): [Data(b"alice\r\n")],
    ("finger", "http-request"): [Data(b"get host\r\n")],
    ("whois", "bare-lf"): [Data(b"homeport.test\r\n")],
    ("whois", "no-crlf"): [Data(b"homeport.test\r\n"), Eof()],
    ("whois", "line-too-long"): [Data(b"x" * 1024 + b"\r\n")],
    ("whois", "control-characters"): [Data(b"domain\thomeport.test~\r\n")],
    ("whois", "not-ascii"): [Data(b"xn--grn-fermo-s5a.test\r\n")],
    ("whois", "telnet-negotiation"): [Data(b"-T domain homeport.test\r\n")],
    ("whois", "data-after-query"): [Data(b"homeport.test\r"), Data(b"\n"), Eof()],
    ("whois", "unexpected-tls"): [Data(b"homeport.test\r\n")],
    ("whois", "http-request"): [Data(b"get homeport.test\r\n")],
    ("whois", "early-close"): [Data(b"homeport.test\r\n"), Closed("broken: Connection reset by peer")],
}
"""Events of a session after `Opened`."""
LEFT = [Closed("closed"), Eof()]


def told(name, events, **options):
    """Feed a session of that service; return its effects."""
    service = find_service(name)
    context = Context(make_world(), service.options(**options), service.listeners[0].name, PEER, ("127.0.0.1", 10000))
    session, talk = service.session(context), Talk(service)
    for event in [Opened(), *events]:
        talk.do(session.handle(event))
    return talk


def test_every_rule_has_a_right_use_here():
    assert RIGHT.keys() == {(name, rule.id) for name in ("finger", "whois") for rule in find_service(name).rules}


@pytest.mark.parametrize(("name", "rule"), RIGHT)
def test_the_right_use_next_to_a_rule_is_silent(name, rule):
    assert told(name, RIGHT[name, rule]).findings == []


@pytest.mark.parametrize("event", LEFT, ids=repr)
@pytest.mark.parametrize("name", ["finger", "whois"])
def test_who_leaves_in_order_without_a_word_breaks_no_rule(name, event):
    assert told(name, [event]).findings == []


@pytest.mark.parametrize(("lone", "found"), [(b"\xff", False), (b"\xff\xfa", False), (b"\xff\xfb", True)], ids=repr)
def test_an_byte_of_ones_is_telnet_only_before_a_negotiation(lone, found):
    assert ("telnet-negotiation" in told("whois", [Data(b"x" + lone + b"\r\n")]).findings) == found


def test_query_after_query_is_silent_where_the_client_keeps_the_connection():
    events = [Data(b"-k alice\r\nbob\r\n"), Data(b"carol\r\n"), Closed("broken: Connection reset by peer")]
    assert told("whois", events, layout="ripe").findings == []
