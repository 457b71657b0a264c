"""White space and text in unusual places of frames, and the echo of invalid frames (RFC 5730 2)."""

import pytest
from services.epp.registrars import auth, create
from services.epp.test_grammar_codes import CONTACT, NAME, RGP, command, domain, problem, refusal

from homeport.services.epp.grammar import domain as domains
from homeport.services.epp.grammar import read

DISCLOSE = (
    f"<update><contact:update {CONTACT}><contact:id>sh8013</contact:id><contact:chg>"
    '<contact:disclose flag="0"><contact:voice>{inside}</contact:voice><contact:email/></contact:disclose>'
    "</contact:chg></contact:update></update>"
)
NULL = domain(
    "update", NAME + "<domain:chg><domain:authInfo><domain:null>{inside}</domain:null></domain:authInfo></domain:chg>"
)
RESTORE = f'<rgp:update {RGP}><rgp:restore op="request"/></rgp:update>'


@pytest.mark.parametrize(
    "blank", [" ", "\n", "\t", "\r\n      ", "<!-- pretty -->", "\n<!-- a -->\n<!-- b -->\n"], ids=repr
)
@pytest.mark.parametrize("frame", [DISCLOSE, NULL, "<logout>{inside}</logout>"], ids=["disclose", "null", "logout"])
def test_an_element_that_is_empty_may_be_pretty_printed(frame, blank):
    assert read(command(frame.format(inside=blank))) == read(command(frame.format(inside="")))


@pytest.mark.parametrize("inside", ["x", "&#160;", " x ", "<x/>"])
@pytest.mark.parametrize("frame", [DISCLOSE, NULL], ids=["disclose", "null"])
def test_an_element_that_must_be_empty_has_nothing_else(frame, inside):
    assert problem(command(frame.format(inside=inside))).code == 2001


@pytest.mark.parametrize(
    "inside",
    [f"x{RESTORE}", f"{RESTORE}x", f"{RESTORE}x{RESTORE}", f"{RESTORE}{RESTORE}x", f"{RESTORE}x{RESTORE}\n"],
    ids=["before", "behind", "between", "at the end", "between, and blank at the end"],
)
def test_text_among_extensions_is_refused_in_any_place(inside):
    found = refusal(command(domain("update", NAME) + f"<extension>{inside}</extension>")).problems
    assert [(one.code, one.path) for one in found if "text" in one.reason] == [(2001, "epp/command/extension")]


def test_blanks_among_extensions_are_ignored():
    frame = domain("update", NAME) + "<extension>{0}" + RESTORE + "{0}</extension>"
    assert read(command(frame.format("\n  "))) == read(command(frame.format("")))


def test_an_extension_has_no_attribute():
    found = problem(command(domain("update", NAME) + f'<extension for="x">{RESTORE}</extension>'))
    assert (found.code, found.path) == (2001, "epp/command/extension/@for")
    assert "for" in found.reason


@pytest.mark.parametrize(
    "markup",
    [
        "before",
        "a &amp; b &lt; c",
        '<b xmlns="urn:x">in</b>',
        'before <b xmlns="urn:x">in</b> behind',
        '<b xmlns="urn:x"></b> &amp; <c xmlns="urn:y" d="1">in</c> behind &lt;it&gt;',
    ],
)
def test_text_with_markup_is_kept_unchanged(markup):
    response = (
        '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1301"><msg>Done</msg></result>'
        f'<msgQ count="1" id="1"><qDate>2026-10-14T00:00:00Z</qDate><msg>{markup}</msg></msgQ>'
        "<trID><svTRID>SV-1</svTRID></trID></response></epp>"
    )
    assert read(response.encode()).msg_q.msg.content == markup


@pytest.mark.parametrize(
    ("identifiers", "echoed"),
    [
        ("<clTRID>AB</clTRID>", None),
        (f"<clTRID>{'a' * 65}</clTRID>", None),
        ("<clTRID/>", None),
        ("<clTRID>ABC</clTRID>", "ABC"),
        ("<clTRID>AB</clTRID><clTRID>ABC-1</clTRID>", "ABC-1"),
        ("", None),
    ],
)
def test_the_transaction_of_a_frame_that_is_not_understood_is_echoed_if_it_is_one(identifiers, echoed):
    frame = command("<register/>").replace(b"<clTRID>ABC-12345</clTRID>", identifiers.encode())
    assert refusal(frame).cl_trid == echoed


def test_rfc_5730_3_a_transfer_beyond_the_limit_of_years_is_refused_with_its_period(harbour, lighthouse):
    harbour.does(create("boat.test", 3))
    transfer = domains.Transfer(name="boat.test", period=domains.Period(unit="y", value=8), auth_info=auth())
    error = lighthouse.refused(transfer, op="request")
    assert (error.code, error.value.name, error.value.text) == (2004, "period", "8")
    assert error.reason == "RFC 5731 2.5: test registers for 10 years from now at most"
