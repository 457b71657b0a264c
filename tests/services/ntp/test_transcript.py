"""Packets as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from tests.services.ntp.conftest import TRANSMIT, request

from homeport.services.ntp.packet import Header, timestamp
from homeport.services.ntp.transcript import exchange_text, packet_text

NOW = 1_792_000_000.0


def answer(**fields):
    made = {"mode": 4, "stratum": 2, "origin": timestamp(NOW - 1), "receive": timestamp(NOW + 0.5)}
    return Header(**{**made, "transmit": timestamp(NOW + 0.5), **fields}).serialize()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (request(transmit=0), "client, version 4"),
        (request(transmit=timestamp(NOW)), "client, version 4, transmit 2026-10-14T17:46:40.000000Z"),
        (
            answer(),
            "server, version 4, stratum 2, transmit 2026-10-14T17:46:40.500000Z, +1.500000 s ahead of the request",
        ),
        (answer(leap=3, stratum=0, reference_id=b"RATE"), "server, version 4, unsynchronised, kiss-o'-death RATE"),
        (request(transmit=0) + bytes(4), "client, version 4, crypto-NAK"),
        (request(transmit=0) + (7).to_bytes(4) + bytes(16), "client, version 4, key 7"),
        (
            request(transmit=0) + bytes.fromhex("01040024") + bytes(32),
            "client, version 4, unique identifier of 32 octets",
        ),
        (request(transmit=0) + bytes.fromhex("f5230020") + bytes(28), "client, version 4, field 0xf523 of 28 octets"),
        (request(transmit=0) + b"abc", "client, version 4, 3 octets more"),
        (b"\x16\x02", "2 octets, which are no NTP packet"),
    ],
)
def test_a_packet_is_a_line(data, text):
    assert packet_text(data, NOW) == text


def test_an_exchange_shows_an_answer_to_another_request():
    shown = exchange_text(request(transmit=TRANSMIT), [answer(origin=1)], NOW)
    assert shown.splitlines()[1].startswith("S: server, version 4, stratum 2")
    assert shown.endswith("origin of another request")


@given(st.binary(max_size=120), st.lists(st.binary(max_size=120), max_size=2), st.floats(-6e10, 2.5e11))
@examples(100)
def test_any_octets_can_be_shown(asked, answers, near):
    assert len(exchange_text(asked, answers, near).splitlines()) == 1 + len(answers)
