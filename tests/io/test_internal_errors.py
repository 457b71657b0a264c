"""A failure in executing effects is an internal error: logged, counted, and no finding about the peer."""

import sys
from types import ModuleType
from typing import ClassVar

import msgspec
import pytest

from homeport.protocol.effects import (
    AskHost,
    Call,
    Close,
    Effect,
    GroupCommit,
    ListenData,
    Log,
    ReportFinding,
    Send,
    SetTimer,
)
from homeport.protocol.events import Called, Closed, Data, Opened
from homeport.protocol.faults import Plan
from homeport.protocol.rules import Rule
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import Session
from homeport.services import MODULES, find_service


class ClumsyOptions(Options, frozen=True, kw_only=True):
    port: Port = 0


class Unheard(Effect, frozen=True):
    """An effect unknown to the driver."""


def stumble():
    raise ZeroDivisionError


ORDERS = {
    b"undeclared finding": (ReportFinding("nowhere", b"x"),),
    b"declared finding": (ReportFinding("clumsy", b"x"),),
    b"unknown effect": (Unheard(),),
    b"no effect": (None,),
    b"timer": (SetTimer("late", None),),
    b"finding of no octets": (ReportFinding("clumsy", None),),
    b"log": (Log("command", None),),
    b"no octets": (Send(None),),
    b"host": (AskHost(5, 5, b"", 100),),
    b"data": (ListenData("first", "last"),),
}
"""Effects besides `heard`, by order."""
AWAITED = (b"host", b"data")
"""Orders after which the session would wait forever."""
GUILTLESS = [order for order in ORDERS if order != b"declared finding"]


class Clumsy(Session):
    """Answers an order with effects that fail, and with a line."""

    born: ClassVar[bool] = True

    def __init__(self, context):
        super().__init__(context)
        if not self.born:
            raise ZeroDivisionError

    def handle(self, event):
        match event:
            case Opened():
                return (Send(b"hello\r\n"),)
            case Data(b"then\r\n"):
                return (Call(lambda: 1, stumble),)
            case Data(b"together\r\n"):
                return (GroupCommit(lambda: 1, stumble),)
            case Data(b"generator\r\n"):
                return (effect for effect in (Send(b"never\r\n"),))
            case Data(b"bye\r\n"):
                return (Send(b"bye\r\n"), Close())
            case Data(data):
                return (*ORDERS.get(data.strip(), ()), Send(b"heard\r\n"))
            case Called(result, error):
                return (Send(f"{result} {type(error).__name__}\r\n".encode()),)
            case Closed(reason):
                return (ReportFinding("nowhere"), Log("command", {"verb": "FAREWELL", "argument": reason, "code": "0"}))
        return (Close(),)


def datagram(_context, data: bytes):
    if data == b"nothing":
        return None
    return (*ORDERS.get(data, ()), Send(b"heard"))


@pytest.fixture
def clumsy(start_farm, monkeypatch):
    module = ModuleType("clumsy_service")
    module.SERVICE = Service(
        name="clumsy",
        title="Clumsy",
        rfcs=(),
        listeners=(Listener("tcp", "tcp", 1), Listener("udp", "udp", 1)),
        options=ClumsyOptions,
        session=Clumsy,
        datagram=datagram,
        rules=(Rule("clumsy", "advice", "RFC 2119", "asked for it"),),
    )
    monkeypatch.setitem(sys.modules, "clumsy_service", module)
    monkeypatch.setitem(MODULES, "clumsy", "clumsy_service")
    monkeypatch.setattr(Clumsy, "born", True)
    find_service.cache_clear()
    yield start_farm("clumsy")
    find_service.cache_clear()


def greeted(farm):
    client = farm.connect("clumsy")
    reader = client.makefile("rb")
    assert reader.readline() == b"hello\r\n"
    return client, reader


def counted(farm, listener="tcp"):
    counters = farm.world.counters_of("clumsy", listener)
    return farm.call(lambda: (counters.errors, counters.findings))


def reasons(farm, number=1):
    """Wait for that many closed connections, and return the reasons."""

    def look():
        closed = [one["reason"] for one in farm.world.journal.events() if one["type"] == "closed"]
        return closed if len(closed) >= number else None

    return farm.wait_for(look)


def plan(farm, **do):
    return farm.call(farm.world.faults.add, msgspec.convert({"service": "clumsy", "times": 0, "do": do}, Plan))


@pytest.mark.parametrize("order", [one for one in GUILTLESS if one not in AWAITED], ids=bytes.decode)
def test_an_effect_that_fails_costs_neither_the_answer_nor_the_connection(clumsy, order):
    client, reader = greeted(clumsy)
    with client, reader:
        client.sendall(order + b"\r\n")
        assert reader.readline() == b"heard\r\n"
        assert counted(clumsy) == (1, 0)
        client.sendall(b"again\r\n")
        assert reader.readline() == b"heard\r\n"
        client.sendall(b"bye\r\n")
        assert reader.read() == b"bye\r\n"
    assert reasons(clumsy) == ["closed"]
    assert clumsy.world.findings.total == 0


@pytest.mark.parametrize("order", GUILTLESS, ids=bytes.decode)
def test_the_same_holds_under_a_fault(clumsy, order):
    plan(clumsy, slice={"size": 3})
    client, reader = greeted(clumsy)
    with client, reader:
        client.sendall(order + b"\r\n")
        assert reader.readline() == b"heard\r\n"
        assert counted(clumsy)[0] >= 1
        assert clumsy.world.findings.total == 0


@pytest.mark.parametrize("order", AWAITED, ids=bytes.decode)
def test_a_connection_whose_session_would_wait_without_end_is_closed_after_the_answer(clumsy, order):
    client, reader = greeted(clumsy)
    with client, reader:
        client.sendall(order + b"\r\n")
        assert reader.read() == b"heard\r\n"
    assert reasons(clumsy) == ["closed"]
    assert counted(clumsy)[0] >= 1


def test_a_declared_finding_is_counted_and_no_error(clumsy):
    client, reader = greeted(clumsy)
    with client, reader:
        client.sendall(b"declared finding\r\n")
        assert reader.readline() == b"heard\r\n"
        assert counted(clumsy) == (0, 1)


@pytest.mark.parametrize("order", [b"then", b"together"], ids=bytes.decode)
def test_what_follows_a_call_and_raises_is_counted_and_the_client_has_its_answer(clumsy, order):
    client, reader = greeted(clumsy)
    with client, reader:
        client.sendall(order + b"\r\n")
        assert reader.readline() == b"None ZeroDivisionError\r\n"
        assert counted(clumsy) == (1, 0)


def test_an_answer_that_is_no_sequence_ends_the_connection_as_an_internal_error(clumsy):
    client, reader = greeted(clumsy)
    with client, reader:
        client.sendall(b"generator\r\n")
        assert reader.read() == b""
    assert reasons(clumsy) == ["internal error"]
    assert counted(clumsy)[0] >= 1


def test_a_farewell_is_written_down_after_a_finding_that_is_not_declared(clumsy):
    client, reader = greeted(clumsy)
    with client, reader:
        client.sendall(b"bye\r\n")
    reasons(clumsy)
    assert [one["verb"] for one in clumsy.events("command")] == ["FAREWELL"]
    assert counted(clumsy) == (1, 0)


def test_a_session_that_cannot_be_made_ends_its_connection_and_the_next_is_served(clumsy, monkeypatch):
    monkeypatch.setattr(Clumsy, "born", False)
    with clumsy.connect("clumsy") as client:
        assert client.recv(100) == b""
    assert reasons(clumsy) == ["internal error"]
    assert counted(clumsy)[0] == 1
    monkeypatch.setattr(Clumsy, "born", True)
    client, reader = greeted(clumsy)
    reader.close()
    client.close()


@pytest.mark.parametrize("order", [b"undeclared finding", b"unknown effect", b"no effect", b"finding of no octets"])
def test_a_datagram_is_answered_though_an_effect_beside_the_answer_fails(clumsy, order):
    assert clumsy.udp("clumsy", order) == b"heard"
    assert counted(clumsy, "udp") == (1, 0)


def test_a_datagram_service_that_answers_nonsense_goes_on_with_the_next_datagram(clumsy):
    assert clumsy.udp("clumsy", b"nothing", timeout=0.2) is None
    assert clumsy.udp("clumsy", b"x") == b"heard"
    assert counted(clumsy, "udp")[0] == 1


def rule(name):
    return Rule(name, "must", "RFC 2119", "did it")


@pytest.mark.parametrize(
    "declared",
    [
        {"rules": (rule("once"), rule("once"))},
        {"rules": (rule("Not A Name"),)},
        {"events": ("command",)},
        {"events": ("mine", "mine")},
        {"listeners": (Listener("tcp", "tcp", 1), Listener("tcp", "tcp", 2))},
    ],
    ids=["a rule twice", "a rule with no name", "a type that all have", "a type twice", "a listener twice"],
)
def test_identifiers_are_checked_where_they_are_declared(declared):
    given = {"listeners": (Listener("tcp", "tcp", 1),), "session": Clumsy} | declared
    with pytest.raises(ValueError, match="clumsy declares the"):
        Service(name="clumsy", title="Clumsy", rfcs=(), **given)
