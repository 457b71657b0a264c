"""Packet loops: two farms pointed at each other by one forged datagram stop, for all services and answers.

The farms are driven without sockets by a network that counts, and stops at a limit; one test has real ones, where the
forged datagram has so few hops that even an unguarded storm would end.
"""

import itertools
import socket
from collections import deque

import pytest
from twisted.internet.task import Clock

from homeport.config.sections import LimitOptions
from homeport.io.net.datagrams import DatagramListener
from homeport.io.net.guard import BREADTH, HOPS, Guard, hops_left
from homeport.io.net.sockets import Bound, Wanted
from homeport.protocol.effects import Send
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.services import find_service
from homeport.world.journal import JournalOptions
from homeport.world.presence import PresenceSeed
from homeport.world.world import World, WorldContents

SERVICES = ("echo", "discard", "chargen", "qotd", "users", "daytime", "time")
FORGED = b""
CROWD = tuple(PresenceSeed(login=f"{'a-login-of-some-length':x<60}{number:03}") for number in range(60))
"""Sixty presences, which Active Users lists in nine datagrams."""
MOST = (HOPS - 1) * (1 + 2 * BREADTH)
"""Maximum datagrams that one forged datagram can cause in a second: it, and each one that BREADTH of both sides allows,
circulate until their hops are used up."""


class ToyOptions(Options, frozen=True, kw_only=True):
    port: Port = 0


def toy(answer, **declared):
    """A service that answers every datagram by that function of it."""
    return Service(
        name="toy", title="Toy", rfcs=(), listeners=(Listener("udp", "udp", 1),), options=ToyOptions,
        datagram=lambda _context, data: tuple(map(Send, answer(data))), **declared,
    )  # fmt: skip


class Farm:
    """One datagram service with its own guard, without a socket."""

    def __init__(self, service, **limits):
        if isinstance(service, str):
            service = find_service(service)
        contents = WorldContents(presence=CROWD)
        world = World("default", contents, JournalOptions(), lambda: 0.0)
        options = service.options(**({"udp_datagrams": 64} if service.name == "users" else {}))
        wanted = Wanted(service=service.name, listener="udp", transport="udp", port=0)
        guard = Guard(enabled=True, answers_per_second=0)
        self.listener = DatagramListener(
            Clock(), world, service, options, LimitOptions(**limits), Bound(wanted, []), guard, None
        )

    def answers(self, data, *, port=40000, hops=HOPS, second=0):
        """Return its answers to a datagram from that port of loopback."""
        sender = self.listener.sender(("127.0.0.1", port), ("127.0.0.1", 10000))
        return [bytes(one) for one in self.listener.answer(sender, data, hops, second)[3]]

    @property
    def dropped(self):
        return self.listener.counters.dropped


def aim(first, second, *, forged=1, limit=MOST, seconds=lambda _hops: 0, data=FORGED):
    """Point two farms at each other; count datagrams until none is in transit, or the limit is exceeded."""
    under_way = deque((first, data, HOPS) for _ in range(forged))
    number = forged
    while under_way and number <= limit:
        asked, data, hops = under_way.popleft()
        other = second if asked is first else first
        answers = asked.answers(data, hops=hops, second=seconds(hops))
        number += len(answers)
        under_way += [(other, answer, hops_left(hops)) for answer in answers]
    return number


@pytest.mark.requirement("GEN-1.2.2-6")
@pytest.mark.parametrize(("first", "second"), list(itertools.product(SERVICES, SERVICES)))
def test_one_forged_datagram_between_any_two_services_calls_forth_a_bounded_number(first, second):
    assert aim(Farm(first), Farm(second)) <= MOST


@pytest.mark.parametrize("service", SERVICES)
def test_a_loop_of_a_service_with_itself_needs_no_more_than_both_breadths_and_its_hops(service):
    assert aim(Farm(service), Farm(service)) <= HOPS + 2 * BREADTH


@pytest.mark.parametrize("service", [*SERVICES, "ntp"])
@pytest.mark.parametrize(
    "first_octet", [0x1B, 0x23, 0x21, 0x0B], ids=["version 3", "version 4", "symmetric", "version 1"]
)
def test_ntp_answers_no_answer_so_its_loops_end_at_once(service, first_octet):
    request = bytes((first_octet,)) + bytes(47)
    most = 9 if service == "users" else 1
    assert aim(Farm("ntp"), Farm(service), data=request) <= 2 + most


@pytest.mark.parametrize("number", [2, 3, 16, 64, 200, 1000])
def test_a_loop_dies_out_however_many_datagrams_an_answer_has(number):
    spread = toy(lambda data: [data] * number)
    first, second = Farm(spread), Farm(spread)
    assert aim(first, second, limit=MOST) <= 1 + 2 * max(BREADTH, number)
    assert first.dropped["storm"] + second.dropped["storm"] > 0


@pytest.mark.parametrize("number", [2, 64])
def test_a_spreading_service_and_an_echo_make_no_storm_either(number):
    first, second = Farm(toy(lambda data: [data] * number)), Farm("echo")
    assert aim(first, second) <= 1 + 2 * max(BREADTH, number)


def test_answers_of_one_datagram_and_of_several_by_turns_are_bounded():
    turns = itertools.cycle([1, 2, 1, 7])
    mixed = toy(lambda data: [data] * next(turns))
    assert aim(Farm(mixed), Farm(mixed)) <= MOST


def test_hops_that_take_a_second_each_have_the_breadth_of_each_second():
    spread = toy(lambda data: [data] * 3)
    slow = aim(Farm(spread), Farm(spread), seconds=lambda hops: HOPS - hops)
    assert slow <= (HOPS - 1) * BREADTH


@pytest.mark.parametrize("service", SERVICES)
def test_many_forged_datagrams_call_forth_no_more_each(service):
    assert aim(Farm(service), Farm(service), forged=100, limit=101 * MOST) <= 100 * HOPS + 2 * BREADTH


@pytest.mark.parametrize("question", [b"", b"\r\n", b"anything", bytes(600), b"a-login\r\nanother\r\n"])
def test_a_client_that_asks_anything_gets_the_whole_list(question):
    users = Farm("users")
    for second in range(3):
        listed = b"".join(users.answers(question, second=second))
        assert listed.split() == [seed.login.encode() for seed in CROWD]
    assert users.dropped == {}


def test_one_port_that_asks_too_often_leaves_the_others_their_lists():
    users = Farm("users")
    lists = [len(users.answers(b"", port=40000)) for _ in range(20)]
    assert lists == [9] * 14 + [0] * 6
    assert users.dropped == {"storm": 6}
    assert len(users.answers(b"", port=40001)) == 9
    assert len(users.answers(b"", port=40000, second=1)) == 9


def test_answers_of_one_datagram_are_as_many_as_are_asked_for():
    echo = Farm("echo")
    assert all(echo.answers(b"x") == [b"x"] for _ in range(20_000))


@pytest.mark.parametrize("port", [123, 514, 53, 68])
def test_a_service_answers_the_well_known_port_that_its_clients_send_from(port):
    service = toy(lambda data: [data], client_ports=frozenset({port}))
    farm = Farm(service)
    assert farm.answers(b"x", port=port) == [b"x"]
    assert farm.answers(b"x", port=19) == []
    assert farm.answers(b"x", port=port, hops=1) == []
    assert farm.dropped == {"well-known port": 1, "loop": 1}
    assert Farm(toy(lambda data: [data])).answers(b"x", port=port) == []


@pytest.mark.parametrize(
    ("question", "answer", "given"),
    [
        (b"12345678", [b"x" * 24], True),
        (b"12345678", [b"x" * 25], False),
        (b"12345678", [b"x" * 12, b"x" * 12], True),
        (b"12345678", [b"x" * 12, b"x" * 13], False),
        (b"", [b""], True),
        (b"", [b"x"], False),
    ],
)
def test_no_answer_is_longer_than_a_service_bounds_it_by_the_question(question, answer, given):
    farm = Farm(toy(lambda _data: answer, amplification=3))
    assert farm.answers(question) == (answer if given else [])
    assert farm.dropped == ({} if given else {"amplification": 1})


def test_without_a_bound_an_answer_may_be_longer():
    assert Farm(toy(lambda _data: [bytes(500)])).answers(b"") == [bytes(500)]


def counters(farm):
    return farm.world.counters_of("users", "udp")


@pytest.mark.requirement("GEN-1.2.2-6")
def test_two_real_farms_with_a_crowd_fall_silent(start_farm):
    contents = WorldContents(presence=CROWD)
    first, second = (start_farm("users", hosts=("127.0.0.1",), contents=contents) for _ in range(2))
    sender = first.farm.hosts["default"].datagrams[0].bound.sockets[0]

    def forge():
        # With four hops a storm of nine datagrams to an answer ends after 1 + 9 + 81 + 729.
        usual = sender.getsockopt(socket.IPPROTO_IP, socket.IP_TTL)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 4)
        sender.sendto(b"", ("127.0.0.1", second.port("users")))
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, usual)

    first.call(forge)
    come = gone = 0
    for _ in range(100_000):
        first_now, second_now = first.call(lambda: counters(first)), second.call(lambda: counters(second))
        come = first_now.datagrams_in + second_now.datagrams_in
        gone = first_now.datagrams_out + second_now.datagrams_out
        if come and come == gone + 1:
            break
    # They may straddle the turn of a second, so there may be the breadth of the next.
    assert 1 < come <= 1 + 2 * 2 * BREADTH
    assert come == gone + 1
