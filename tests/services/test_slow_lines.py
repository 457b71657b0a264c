"""Slow clients: a line must end within `[limits] line` of its first byte; the time between two lines is not limited."""

import pytest
from conftest import LOCAL, PEER, Talk, make_world

from homeport.config.quantities import Duration
from homeport.protocol.events import Data, Opened, TimerFired
from homeport.protocol.service import LimitOverrides
from homeport.protocol.session import Context
from homeport.services import find_service

GREETED = {"smtp": b"EHLO c.example\r\n", "pop3": b"CAPA\r\n", "ftp": b"SYST\r\n"}
COMMANDS = {
    "smtp": b"NOOP\r\n",
    "pop3": b"CAPA\r\n",
    "ftp": b"NOOP\r\n",
    "finger": b"alice\r\n",
    "whois": b"homeport.test\r\n",
}


class Client:
    """A connection whose timers the test fires."""

    def __init__(self, name, line_timeout_s=30.0, **options):
        service = find_service(name)
        context = Context(
            make_world(),
            service.options(**options),
            service.listeners[0].name,
            PEER,
            LOCAL,
            line_timeout_s=line_timeout_s,
        )
        self.talk = Talk(service)
        self.session = service.session(context)
        self.tell(Opened())

    def tell(self, event):
        """Deliver an event; return the bytes sent."""
        before = len(self.talk.sent)
        self.talk.do(self.session.handle(event))
        return self.talk.sent[before:]

    def send(self, *pieces):
        """Deliver pieces of input; return the bytes sent."""
        return b"".join(self.tell(Data(piece)) for piece in pieces)

    @property
    def timer(self):
        """Return the timeout of the current line in seconds; None if none runs."""
        return self.talk.timers.get("line")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_line_that_has_begun_has_thirty_seconds_and_ends_the_connection_then(name):
    one = Client(name)
    one.send(GREETED.get(name, b""))
    assert one.timer is None
    one.send(COMMANDS[name][:1])
    assert one.timer == 30
    assert one.tell(TimerFired("line"))
    assert one.talk.closed


@pytest.mark.parametrize("name", COMMANDS)
def test_its_end_ends_the_timer(name):
    one = Client(name)
    line = COMMANDS[name]
    for at in range(len(line)):
        one.send(line[at : at + 1])
    assert one.timer is None
    sent = len(one.talk.sent)
    one.tell(TimerFired("line"))
    assert len(one.talk.sent) == sent, "a timer that fires late ends nothing"


@pytest.mark.parametrize("name", ["smtp", "ftp"])
def test_each_line_has_a_time_of_its_own_and_bytes_do_not_renew_it(name):
    one = Client(name)
    line = COMMANDS[name]
    service = find_service(name)
    context = Context(make_world(), service.options(), service.listeners[0].name, PEER, LOCAL)
    session = service.session(context)
    session.handle(Opened())

    def timers(piece):
        return [type(effect).__name__ for effect in session.handle(Data(piece)) if "Timer" in type(effect).__name__]

    assert timers(line[:1]) == ["SetTimer"]
    assert timers(line[1:2]) == []
    assert timers(line[2:] + line[:1]) == ["SetTimer"]
    assert timers(line[1:]) == ["CancelTimer"]
    assert timers(line * 3) == []
    assert one.timer is None


@pytest.mark.parametrize("name", ["smtp", "ftp"])
def test_a_line_that_is_too_long_and_never_ends_is_one_too(name):
    one = Client(name)
    one.send(b"x" * 20000)
    assert one.timer == 30
    one.send(b"x")
    one.tell(TimerFired("line"))
    assert one.talk.closed


def test_a_sasl_response_is_a_line_and_message_data_are_not():
    one = Client("smtp")
    one.send(GREETED["smtp"], b"AUTH LOGIN\r\n", b"YWx")
    assert one.timer == 30
    other = Client("smtp")
    other.send(GREETED["smtp"], b"MAIL FROM:<a@c.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n", b"Subject: x")
    assert other.timer is None


@pytest.mark.parametrize("name", COMMANDS)
def test_it_can_be_switched_off(name):
    one = Client(name, line_timeout_s=0)
    one.send(COMMANDS[name][:1])
    assert one.timer is None


@pytest.mark.parametrize("name", ["echo", "discard", "daytime"])
def test_services_without_lines_have_no_such_timer(name):
    one = Client(name)
    one.send(b"x")
    assert one.timer is None


@pytest.mark.parametrize(("name", "words"), [("smtp", b"421 "), ("ftp", b"421 "), ("finger", b"finger: the query")])
def test_the_driver_fires_it_and_the_reply_is_the_protocols_own(start_farm, name, words):
    own = LimitOverrides(line=Duration(0.05))
    farm = start_farm(name, limits={"line": Duration(3600)}, **{name: {"limits": own}})
    with farm.connect(name) as client:
        client.sendall(b"x")
        said = b""
        while piece := client.recv(1000):
            said += piece
    assert words in said
