"""Records and zone files as text (RFC 1035 5)."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.world.zones import text as zone_text
from homeport.world.zones.name import name_wire, parse_name
from homeport.world.zones.rdata import mx, srv
from homeport.world.zones.rrset import (
    AAAA,
    CAA,
    MNEMONICS,
    MX,
    NS,
    RRSIG,
    SOA,
    SRV,
    TXT,
    TYPES,
    A,
    RRset,
    parse_type,
)
from homeport.world.zones.text import (
    BadRecords,
    data_text,
    parse_data,
    parse_records,
    parse_zone,
    validate_type,
    zone_pieces,
)
from homeport.world.zones.zone import StoredZone

ORIGIN = parse_name("shop.test")
WWW = parse_name("www.shop.test")
FILE = """\
$TTL 1h
@       IN SOA ns hostmaster 7 2h 30m 2w 60
        NS     ns
www  5     A   192.0.2.1   ; the TTL of both is the least one
www  9  IN A   192.0.2.2
NS.shop.test.  AAAA 2001:db8::1
$ORIGIN deep
x       TXT ( "first"
              "second" )
*       MX  10 Mail.example.
$GENERATE 1-3 h$ A 192.0.2.$
"""


def test_names_in_data_are_completed_by_the_origin_and_in_lower_case() -> None:
    assert parse_data(MX, "10 Mail", ORIGIN) == mx(10, parse_name("mail.shop.test"))
    assert parse_data(MX, "10 Mail.Example.", ORIGIN) == mx(10, parse_name("mail.example"))
    assert parse_data(SRV, "0 5 10025 MAIL", ORIGIN) == srv(0, 5, 10025, parse_name("mail.shop.test"))


def test_any_type_is_read_from_its_octets_as_rfc_3597_5_has_it() -> None:
    assert parse_data(65280, r"\# 3 010203", ORIGIN) == b"\1\2\3"
    assert parse_data(A, r"\# 4 7f000001", ORIGIN) == b"\x7f\0\0\1"
    assert data_text(65280, b"\1\2\3") == r"\# 3 010203"


def test_a_text_without_quotes_is_one_text() -> None:
    assert parse_data(TXT, "v=spf1 -all", ORIGIN) == b"\x0bv=spf1 -all"
    assert parse_data(TXT, '"v=spf1" "-all"', ORIGIN) == b"\6v=spf1\4-all"
    assert parse_data(TXT, "x" * 300, ORIGIN) == b"\xff" + b"x" * 255 + b"\x2d" + b"x" * 45
    assert parse_data(TXT, r"\# 2 0161", ORIGIN) == b"\1a"


@pytest.mark.parametrize(
    ("type_name", "text", "problem"),
    [
        ("A", "192.0.2.300", "'192.0.2.300' is no data of type A"),
        ("A", "192.0.2.1 192.0.2.2", "expected EOL"),
        ("A", r"\# 3 7f0000", "no data of type A"),
        ("MX", "70000 mail", "70000 is not an unsigned 16-bit integer"),
        ("CNAME", "a..b", "label is empty"),
        ("CNAME", "x" * 64, "label is > 63 octets"),
        ("TXT", '"unfinished', "ended unexpectedly"),
        ("TXT", "", "ended unexpectedly"),
        ("TXT", "x" * 66000, "at most 65535"),
        ("TYPE65280", "abc", "generic rdata"),
        ("ANY", "x", "a type of questions or messages"),
        ("OPT", "x", "a type of questions or messages"),
        ("TSIG", "x", "a type of questions or messages"),
        ("TYPE0", "x", "a type of questions or messages"),
        ("RRSIG", "x", "are added when a signed zone answers"),
    ],
)
def test_text_that_is_no_record_is_refused(type_name: str, text: str, problem: str) -> None:
    with pytest.raises(BadRecords, match=problem):
        parse_data(parse_type(type_name), text, ORIGIN)


def test_a_record_set_has_each_record_once() -> None:
    both = parse_records(A, 60, ["192.0.2.1", "192.0.2.2", "192.0.2.1"], ORIGIN)
    assert both == RRset(A, 60, (b"\xc0\0\2\1", b"\xc0\0\2\2"))


def test_a_zone_file_is_read_with_its_directives() -> None:
    nodes = parse_zone(FILE, ORIGIN)
    assert nodes[ORIGIN][SOA].ttl == 3600
    assert nodes[ORIGIN][NS].data == (name_wire(parse_name("ns.shop.test")),)
    assert nodes[WWW] == {A: RRset(A, 5, (b"\xc0\0\2\1", b"\xc0\0\2\2"))}
    assert AAAA in nodes[parse_name("ns.shop.test")]
    assert nodes[parse_name("x.deep.shop.test")][TXT].data == (b"\5first\6second",)
    assert nodes[parse_name("*.deep.shop.test")][MX].data == (mx(10, parse_name("mail.example")),)
    assert [parse_name(f"h{number}.deep.shop.test") in nodes for number in (0, 1, 3, 4)] == [False, True, True, False]


def test_a_zone_file_without_ttl_has_the_one_last_stated_else_the_default() -> None:
    nodes = parse_zone("a A 192.0.2.1\nb 5 A 192.0.2.1\nc A 192.0.2.1\n", ORIGIN, default_ttl_s=300)
    assert [node[A].ttl for node in nodes.values()] == [300, 5, 300]


def test_signatures_in_a_zone_file_are_left_out() -> None:
    signed = "www A 192.0.2.1\nwww NSEC a.shop.test. A\n"
    assert parse_zone(signed, ORIGIN) == parse_zone("www A 192.0.2.1\n", ORIGIN)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a A 192.0.2.1\nb A 192.0.2.300\n", "line 2: "),
        ("a A 192.0.2.1\n\nwww.example. A 192.0.2.1\n", r"line 3: www\.example\. is outside the zone shop\.test\."),
        ("$INCLUDE /etc/passwd\n", r"line 1: \$INCLUDE is not read: put the records of that file here"),
        ("$UNICODE 2008\n", "line 1: zone file directive '.UNICODE' is not allowed"),
        ("a TXT (\n 1\n", "line 1: unbalanced parentheses"),
        ("a CH A 192.0.2.1\n", "line 1: RR class is not zone's class"),
        ("a FOO 192.0.2.1\n", "line 1: unknown rdatatype 'FOO'"),
        ("a ANY 192.0.2.1\n", "line 1: "),
        ("a A\n", "line 1: expecting an identifier"),
        ("$TTL x\n", "line 1: DNS TTL value"),
        ("$GENERATE 1-2/0 a A 192.0.2.1\n", "line 1: "),
        ("x" * 64 + " A 192.0.2.1\n", "line 1: A DNS label is > 63"),
    ],
)
def test_a_zone_file_that_is_wrong_is_refused_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(BadRecords, match=problem):
        parse_zone(text, ORIGIN)


def test_a_short_zone_file_cannot_ask_for_any_number_of_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_text, "MAX_RECORDS", 50)
    assert len(parse_zone("$GENERATE 1-50 h$ A 192.0.2.1\n", ORIGIN)) == 50
    with pytest.raises(BadRecords, match="more than 50 records"):
        parse_zone("$GENERATE 0-4294967295 h$ A 192.0.2.1\n", ORIGIN)


def test_a_zone_file_that_was_written_is_read_as_the_same_zone() -> None:
    nodes = parse_zone(FILE, ORIGIN)
    zone = StoredZone(ORIGIN, nodes[ORIGIN][SOA])
    for name, node in nodes.items():
        for rrset in node.values():
            zone.put(name, rrset)
    written = "".join(zone_pieces(zone))
    assert written.splitlines()[:2] == [
        "$ORIGIN shop.test.",
        "shop.test. 3600 IN SOA ns.shop.test. hostmaster.shop.test. 7 7200 1800 1209600 60",
    ]
    assert parse_zone(written, ORIGIN) == nodes


@given(
    st.sampled_from([number for number in (*MNEMONICS, 65280) if number not in (TYPES["SIG"], TYPES["KEY"])]),
    st.binary(max_size=40),
)
def test_data_that_the_farm_accepts_survive_as_text(type_number: int, data: bytes) -> None:
    try:
        validate_type(type_number)
        parsed = parse_data(type_number, f"\\# {len(data)} {data.hex()}", ORIGIN)
    except BadRecords:
        return
    assert parse_data(type_number, data_text(type_number, parsed), ORIGIN) == parsed


@pytest.mark.parametrize("data", [b"", b"\1", b"\xff" * 300])
def test_data_that_are_invalid_for_their_type_are_shown_as_digits(data: bytes) -> None:
    assert data_text(A, data) == f"\\# {len(data)} {data.hex()}".rstrip()
    assert data_text(CAA, b"") == "\\# 0"
    assert data_text(RRSIG, data).startswith("\\# ")


def test_dnspython_is_imported_by_the_first_record_that_is_parsed() -> None:
    script = "import sys, homeport.world.zones.text as text; assert 'dns' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
