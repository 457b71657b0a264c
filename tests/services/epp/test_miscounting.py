"""Lengths that count too little are named by what follows the frame (RFC 5734 4); bad XML in a right frame is 2001."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.epp.caller import Caller, command_xml, envelope, logged_in

from homeport.services.epp.framing import frame
from homeport.services.epp.miscounting import end_of, miscount

ASCII = command_xml("<logout/>", "ABC-1")
CONTACT = command_xml(
    '<create><contact:create xmlns:contact="urn:ietf:params:xml:ns:contact-1.0"><contact:id>UE-1</contact:id>'
    '<contact:postalInfo type="loc"><contact:name>Jürgen Ünal</contact:name><contact:addr><contact:city>Köln'
    "</contact:city><contact:cc>DE</contact:cc></contact:addr></contact:postalInfo>"
    "<contact:email>ue@example.org</contact:email><contact:authInfo><contact:pw>Tide.42-Rock</contact:pw>"
    "</contact:authInfo></contact:create></create>",
    "ABC-1",
)
EXTRA = len(CONTACT) - len(CONTACT.decode())
"""Octets of CONTACT beyond its characters."""


def short(xml, by):
    """Return the XML after a length that is too small by some octets."""
    return (len(xml) + 4 - by).to_bytes(4) + xml


CASES = [
    pytest.param(short(ASCII, 4), "length-without-header", "leaves out its own four octets", id="no header"),
    pytest.param(short(ASCII + b"\n", 4), "length-without-header", "its own four octets", id="no header, newline"),
    pytest.param(short(ASCII + b"\r\n", 4), "length-without-header", "its own four octets", id="no header, CR LF"),
    pytest.param(short(CONTACT, EXTRA), "length-in-characters", "counts characters", id="characters"),
    pytest.param(short(CONTACT + b"\n", EXTRA), "length-in-characters", "counts characters", id="characters, newline"),
    pytest.param(short(CONTACT, EXTRA + 4), "length-in-characters", "and leaves out its own four", id="both"),
    pytest.param(short(ASCII, 1), "length-too-short", "goes on for 1 octets", id="1 short"),
    pytest.param(short(ASCII, 3), "length-too-short", "goes on for 3 octets", id="3 short"),
    pytest.param(short(ASCII, 6), "length-too-short", "goes on for 6 octets", id="the last tag short"),
    pytest.param(short(ASCII, 8), "length-too-short", "goes on for 8 octets", id="8 short"),
    pytest.param(short(ASCII, 40), "length-too-short", "goes on for 40 octets", id="far too short"),
    pytest.param(
        short(CONTACT[: -len("</epp>")].replace("ö".encode(), b"o") + b"</epp>", 4),
        "length-without-header",
        "its own four octets",
        id="no header, other characters",
    ),
]


@pytest.mark.parametrize("behind", [b"", frame(ASCII)], ids=["alone", "pipelined"])
@pytest.mark.parametrize(("sent", "finding", "reason"), CASES)
def test_rfc_5734_4_a_length_that_counts_too_little_is_named_and_closes(sent, finding, reason, behind):
    caller = logged_in()
    caller.send(sent + behind)
    answer = caller.answer()
    assert answer.code == 2500
    assert reason in answer.reasons[0]
    assert caller.closed
    assert caller.findings == [finding]


@pytest.mark.parametrize(("sent", "finding", "reason"), CASES)
def test_rfc_5734_4_it_is_named_when_its_rest_comes_later(sent, finding, reason):
    caller = logged_in()
    caller.send(*(bytes((octet,)) for octet in sent + frame(ASCII)))
    answers = [caller.answer()]
    if not caller.closed or answers[0].code == 2001:
        answers.append(caller.answer())
    assert answers[-1].code == 2500
    assert "octets" in answers[-1].reasons[0]
    assert caller.closed
    assert set(caller.findings) & {finding, "length-too-short"}, caller.findings


@pytest.mark.parametrize("cut", range(1, 20))
def test_rfc_5734_4_xml_that_breaks_off_in_a_right_frame_is_2001_and_the_session_goes_on(cut):
    caller = logged_in()
    caller.send(frame(ASCII[:-cut]) + frame(command_xml("<poll op='req'/>", "ABC-2")))
    refused = caller.answer()
    assert refused.code == 2001
    assert "your length" not in refused.reasons[0], "a guess is no diagnosis"
    assert caller.answer().cl_trid == "ABC-2"
    assert not caller.closed
    assert not {one for one in caller.findings if one.startswith("length")}


def test_a_blank_after_a_frame_that_is_no_miscount_is_named_as_before():
    caller = logged_in()
    caller.send(frame(CONTACT) + b"\r\n" + frame(ASCII))
    assert caller.answer().code == 1000
    assert "a line end or a blank" in caller.answer().reasons[0]


def test_a_frame_without_epp_and_text_behind_it_are_no_miscount():
    caller = Caller()
    caller.send(frame(b"<html>") + b"EHLO client.test\r\n")
    assert caller.answer().code == 2001
    assert "text stands where a length should" in caller.answer().reasons[0]


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_octets_are_compared_without_an_exception(xml, rest):
    for before in (xml, envelope("<hello/>") + xml, b"<epp>" + xml):
        miscount(end_of(before), rest)
