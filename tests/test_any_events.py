"""Any events in any order, with any bytes: no session raises, and every effect is known to the driver."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import LOCAL, PEER, farm_config, make_world

from homeport.control.api import Api, Incoming
from homeport.io.net.actions import ACTIONS
from homeport.protocol.effects import Effect, Log, OpenExchange, ReportFinding, Send
from homeport.protocol.events import (
    Closed,
    Data,
    Eof,
    Flushed,
    HostAnswered,
    LimitReached,
    Noticed,
    Opened,
    Stopping,
    TimerFired,
    Writable,
)
from homeport.protocol.session import Context
from homeport.services import all_services, find_service
from homeport.world.event_types import EVENT_TYPES

octets = st.binary(max_size=300) | st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b"/W ",
        b"alice",
        b"@",
        b"homeport.test",
        b"-k ",
        b"-T domain ",
        b"xn--",
        b"\xff\xfb",
        b"*",
        b"!",
    ]
)
events = st.lists(
    st.one_of(
        octets.filter(bool).map(Data),
        st.sampled_from(
            [Eof(), Writable(), Stopping(), LimitReached("idle"), LimitReached("received"), TimerFired("x")]
        ),
        st.sampled_from([Flushed(), Noticed(frozenset(("x", "y")))]),
        st.builds(HostAnswered, st.binary(max_size=50), st.sampled_from(["", "no answer"])),
    ),
    max_size=12,
)


@pytest.mark.parametrize("name", [service.name for service in all_services() if service.session])
@given(told=events, strict=st.booleans(), accept=st.booleans(), reason=st.sampled_from(["closed", "broken: reset"]))
def test_no_session_raises_for_any_event(name, told, strict, accept, reason):
    service = find_service(name)
    more = {"bare_lf": "accept"} if accept and "bare_lf" in service.options.__struct_fields__ else {}
    world = make_world()
    session = service.session(Context(world, service.options(strict=strict, **more), "tcp", PEER, LOCAL))
    rules = {rule.id for rule in service.rules}
    for event in (Opened(), *told, Closed(reason)):
        for effect in session.handle(event):
            assert isinstance(effect, Effect)
            assert type(effect) is Send or type(effect) in ACTIONS
            if isinstance(effect, ReportFinding):
                assert effect.id in rules


@pytest.mark.parametrize("name", [service.name for service in all_services() if service.datagram])
@given(data=st.binary(max_size=1000), strict=st.booleans())
def test_no_datagram_raises_and_no_answer_but_echos_is_longer_than_512_bytes(name, data, strict):
    service = find_service(name)
    context = Context(make_world(), service.options(strict=strict), "udp", PEER, LOCAL)
    rules = {rule.id for rule in service.rules}
    for effect in service.datagram(context, data):
        if isinstance(effect, Send):
            assert name == "echo" or len(effect.data) <= 512
        elif isinstance(effect, OpenExchange):
            assert service.exchanges
        elif isinstance(effect, Log):
            assert effect.type in (*EVENT_TYPES, *service.events)
        else:
            assert isinstance(effect, ReportFinding)
            assert effect.id in rules


class StillFarm:
    """A farm without worlds, called without a network."""

    def __init__(self):
        self.config = farm_config("echo")
        self.hosts = {}
        self.control = type("Bound", (), {"addresses": ["127.0.0.1"], "port": 18000})()


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "DELETE", "", "\x00"]),
    path=st.text(max_size=60) | st.sampled_from(["/livez", "/api/v1/worlds", "/api/v1/worlds/x/events", "/%ff%00"]),
    query=st.text(max_size=60) | st.sampled_from(["since=-1", "since=1&since=2", "timeout=x", "%=&&=%zz"]),
    host=st.none() | st.text(max_size=40) | st.sampled_from(["127.0.0.1:1", "[::1]", "[", "localhost:x", "evil.test"]),
    origin=st.none() | st.text(max_size=40),
    authorization=st.none() | st.text(max_size=40),
)
def test_every_request_gets_one_answer_and_none_is_an_internal_error(method, path, query, host, origin, authorization):
    answers = []
    incoming = Incoming(
        method=method, path=path, query=query, host=host, origin=origin, authorization=authorization, body=b"{"
    )
    Api(StillFarm()).answer(incoming, answers.append)
    assert len(answers) == 1
    assert 200 <= answers[0].status < 500
