"""Simple types against libxml2's: the same texts are values of both."""

import pytest
from epp_mutations import TEXTS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from homeport.services.epp.grammar.datatypes import (
    BadValue,
    Base64,
    Boolean,
    CalendarDate,
    DateTime,
    Duration,
    Hexadecimal,
    Integer,
    Language,
    Normalized,
    Token,
    Uri,
)

TYPES = {
    "unsignedByte": Integer(0, 255),
    "unsignedShort": Integer(0, 65535),
    "unsignedLong": Integer(0, 2**64 - 1),
    "int": Integer(-(2**31), 2**31 - 1),
    "boolean": Boolean(),
    "language": Language(),
    "anyURI": Uri(),
    "hexBinary": Hexadecimal(),
    "token": Token(3, 16),
    "normalizedString": Normalized(3, 16),
}
FACETS = dict.fromkeys(("token", "normalizedString"), '<minLength value="3"/><maxLength value="16"/>')
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r")
NEAR = st.text(st.sampled_from("0123456789abAZ:-+.=/ TPYMDHS%#?@[]_\n\\^<\u00e9"), max_size=24)


def schema(name: str) -> etree.XMLSchema:
    definition = f"""<schema xmlns="http://www.w3.org/2001/XMLSchema"><element name="value"><simpleType>
        <restriction base="{name}">{FACETS.get(name, "")}</restriction></simpleType></element></schema>"""
    return etree.XMLSchema(etree.fromstring(definition))


SCHEMAS = {name: schema(name) for name in TYPES}


@pytest.mark.parametrize("name", TYPES)
def test_a_boundary_value_is_one_for_both(name):
    for text in TEXTS:
        judge(name, text)


@pytest.mark.parametrize("name", TYPES)
@settings(max_examples=150)
@given(text=NEAR | st.text(CHARACTERS, max_size=20))
def test_any_text_is_a_value_for_both_or_for_neither(name, text):
    judge(name, text)


def judge(name: str, text: str) -> None:
    node = etree.Element("value")
    try:
        node.text = text
    except ValueError:
        return  # not allowed in XML
    if SCHEMAS[name].validate(node):
        value = TYPES[name].read(text)
        assert TYPES[name].read(TYPES[name].write(value)) == value
    else:
        with pytest.raises(BadValue) as refused:
            TYPES[name].read(text)
        assert refused.value.code in (2004, 2005)


TIMES = {
    "2000-06-08T22:00:00.0Z": 960501600.0,
    "2000-06-08T22:00:00": 960501600.0,
    "2000-06-09T00:00:00.000+02:00": 960501600.0,
    "2000-06-08T24:00:00Z": 960508800.0,
    "1969-12-31T23:59:59.5Z": -0.5,
    "2000-06-08T22:00:00.123456Z": 960501600.123,
}


@pytest.mark.parametrize("text", TIMES)
def test_a_date_and_time_is_seconds_in_utc(text):
    """RFC 5731 2.4"""
    assert DateTime().read(text) == TIMES[text]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2000-06-08", 2005),
        ("2000-06-08 22:00:00Z", 2005),
        ("2000-02-30T00:00:00Z", 2005),
        ("2000-06-08T23:59:60Z", 2005),
        ("2000-06-08T24:00:01Z", 2005),
        ("0000-06-08T00:00:00Z", 2005),
        ("02000-06-08T00:00:00Z", 2005),
        ("12000-06-08T00:00:00Z", 2004),
        ("-2000-06-08T00:00:00Z", 2004),
        ("0001-01-01T00:00:00+14:00", 2004),
    ],
)
def test_an_invalid_time_is_refused(text, code):
    with pytest.raises(BadValue) as refused:
        DateTime().read(text)
    assert refused.value.code == code


@given(seconds=st.floats(-62135596800, 253402300799))
@example(seconds=-0.0004)
def test_a_time_is_written_to_the_millisecond_and_read_back(seconds):
    text = DateTime().write(seconds)
    again = DateTime().read(text)
    assert again == pytest.approx(seconds, abs=0.001)
    assert DateTime().write(again) == text


def test_a_date_with_a_time_of_day_has_its_own_reason():
    """RFC 5731 3.2.3: curExpDate is a date."""
    assert CalendarDate().write(CalendarDate().read(" 2000-04-03Z ")) == "2000-04-03"
    with pytest.raises(BadValue, match="the date alone, 2000-04-03, without time of day"):
        CalendarDate().read("2000-04-03T22:00:00.0Z")


def test_base64_and_durations_are_stricter_than_libxml2():
    """RFC 4648 3.3: nothing outside the alphabet is skipped."""
    assert Base64().read(" QUJD\n RA== ") == "QUJDRA=="
    for text in ("", "QUJD!", "QUJ", "QUJDRB==", "===="):
        with pytest.raises(BadValue):
            Base64().read(text)
    assert Duration().read("P1Y2M3DT4H5M6.5S") == "P1Y2M3DT4H5M6.5S"
    for text in ("P", "PT", "P1Y2", "PT1.S", "1Y"):
        with pytest.raises(BadValue):
            Duration().read(text)
