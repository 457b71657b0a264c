"""A datagram with a forged source gets no more than its RFC demands, whatever service it is sent to.

The questions of every service are sent to every service, because an answer of one may be a question to another.
"""

import itertools
import socket

import pytest
from listed import assert_listed
from tests.io.test_loops import BREADTH, HOPS, MOST, Farm, aim

from homeport.services import all_services

DATAGRAM_SERVICES = {service.name for service in all_services() if service.datagram}
OF_PORTS_OF_THEIR_OWN = {"tftp"}
"""Services that answer from another port: they need real sockets."""
SERVICES = sorted(DATAGRAM_SERVICES - OF_PORTS_OF_THEIR_OWN)
NAME = b"\x08homeport\x04test\0"
QUESTIONS = {
    "echo": b"to and fro",
    "discard": b"gone",
    "chargen": b"",
    "qotd": b"q",
    "users": b"\r\n",
    "daytime": b"d",
    "time": b"t",
    "dns": b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0" + NAME + b"\0\xff\0\x01",
    "tftp": b"\0\1no such file\0octet\0",
    "ntp": b"\x23" + bytes(39) + b"transmit",
    "syslog": b"<34>1 2026-10-14T20:00:00Z client.test app - - - hello",
}
"""A normal request to each service; the largest of its kind, for DNS all records of a name."""
LIMITS = {
    "echo": lambda size: size,
    "discard": lambda _size: 0,
    "chargen": lambda _size: 512,  # RFC 864
    "qotd": lambda _size: 512,  # RFC 865
    "users": lambda _size: 64 * 512,  # RFC 866: as many datagrams as the list needs
    "daytime": lambda _size: 64,
    "time": lambda _size: 4,  # RFC 868
    "dns": lambda _size: 512,  # RFC 1035 4.2.1: more needs EDNS
    "tftp": lambda _size: 4 + 512,  # RFC 1350 5: the first block, or an error
    "ntp": lambda size: size,
    "syslog": lambda _size: 0,
}
"""Bytes of the whole answer to a request of a size."""
ODD = [b"", b"\0", b"\r\n", bytes(12), bytes(48), bytes(600), b"\xff" * 1400]


def test_every_datagram_service_is_bounded_here():
    assert_listed("tests/io/test_reflection.py, QUESTIONS", {*QUESTIONS}, DATAGRAM_SERVICES)
    assert_listed("tests/io/test_reflection.py, LIMITS", {*LIMITS}, DATAGRAM_SERVICES)


@pytest.mark.requirement("GEN-1.2.2-6")
@pytest.mark.parametrize("service", SERVICES)
def test_a_forged_question_gets_no_more_than_the_rfc_demands(service):
    farm = Farm(service)
    for number, question in enumerate((*QUESTIONS.values(), *ODD)):
        answers = farm.answers(question, port=40000 + number)
        assert sum(map(len, answers)) <= LIMITS[service](len(question)), question
    assert farm.listener.counters.errors == 0


@pytest.mark.requirement("GEN-1.2.2-6")
@pytest.mark.parametrize("service", SERVICES)
def test_every_question_starts_no_loop_that_lasts_with_any_service(service):
    for other, question in itertools.product(SERVICES, QUESTIONS.values()):
        assert aim(Farm(service), Farm(other), data=question) <= MOST


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_its_own_answers_within_its_hops(service):
    assert aim(Farm(service), Farm(service), data=QUESTIONS[service]) <= HOPS + 2 * BREADTH


@pytest.mark.parametrize("question", [QUESTIONS["tftp"], b"\0\1pub/welcome.txt\0octet\0", b"\0\2x\0octet\0"])
def test_a_transfer_begins_with_one_block_at_most(start_farm, question):
    farm = start_farm("tftp", hosts=("127.0.0.1",))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(question, ("127.0.0.1", farm.port("tftp")))
        answer, _origin = client.recvfrom(65535)
        assert len(answer) <= LIMITS["tftp"](len(question))
        client.setblocking(False)
        with pytest.raises(BlockingIOError):  # no second one before the first is acknowledged
            client.recvfrom(65535)
