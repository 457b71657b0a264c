"""UPDATE (RFC 2136) on a stored zone: prerequisites, form, and the rules for each kind of change."""

from contextlib import suppress

import dns.rdata
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from world.zones.stored import ORIGIN, a, example_zone, named, soa_of

from homeport.world.zones.edits import apply_edits
from homeport.world.zones.layouts import LAYOUTS, validate_data
from homeport.world.zones.name import Name, name_wire
from homeport.world.zones.rrset import (
    ANY,
    AXFR,
    CNAME,
    DNAME,
    DNSKEY,
    IXFR,
    MX,
    NS,
    NSEC,
    NSEC3,
    OPT,
    RRSIG,
    SOA,
    TXT,
    TYPES,
    A,
    RRset,
)
from homeport.world.zones.updates import (
    CLASS_ANY,
    CLASS_NONE,
    FORMERR,
    IN,
    NOTZONE,
    NXDOMAIN,
    NXRRSET,
    REFUSED,
    YXDOMAIN,
    YXRRSET,
    Update,
    UpdateRefused,
    check_prerequisites,
    check_updates,
)

ONE, TWO, THREE = b"\xc0\0\2\1", b"\xc0\0\2\2", b"\xc0\0\2\3"
CHAOS = 3


class Record(msgspec.Struct, frozen=True):
    name: Name
    type: int
    class_: int = IN
    ttl: int = 0
    data: bytes = b""


def rcode_of(check, zone, *records):
    try:
        check(zone, records)
    except UpdateRefused as refused:
        return refused.rcode
    return 0


def update(zone, *records):
    check_updates(zone, records)
    made = Update(zone)
    made.make(records)
    apply_edits(zone, made.edits())
    return made


@pytest.mark.parametrize(
    ("record", "rcode"),
    [
        (Record(named("www"), ANY, CLASS_ANY), 0),
        (Record(named("nope"), ANY, CLASS_ANY), NXDOMAIN),
        (Record(named("www"), A, CLASS_ANY), 0),
        (Record(named("www"), MX, CLASS_ANY), NXRRSET),
        (Record(named("nope"), A, CLASS_ANY), NXRRSET),
        (Record(named("nope"), ANY, CLASS_NONE), 0),
        (Record(named("www"), ANY, CLASS_NONE), YXDOMAIN),
        (Record(named("www"), MX, CLASS_NONE), 0),
        (Record(named("www"), A, CLASS_NONE), YXRRSET),
        (Record(named("www"), A, CLASS_ANY, data=ONE), FORMERR),
        (Record(named("www"), A, CLASS_NONE, data=ONE), FORMERR),
        (Record(named("www"), A, CLASS_ANY, ttl=1), FORMERR),
        (Record(named("www"), A, CHAOS), FORMERR),
        (Record((b"other", b"test"), ANY, CLASS_NONE), NOTZONE),
        (Record((b"test",), A, CLASS_ANY), NOTZONE),
    ],
)
def test_a_prerequisite_about_presence(record, rcode):
    assert rcode_of(check_prerequisites, example_zone(), record) == rcode


def test_an_empty_non_terminal_is_not_in_use():
    zone = example_zone()
    zone.put(named("a.b"), a("192.0.2.1"))
    assert rcode_of(check_prerequisites, zone, Record(named("b"), ANY, CLASS_ANY)) == NXDOMAIN
    assert rcode_of(check_prerequisites, zone, Record(named("b"), ANY, CLASS_NONE)) == 0


@pytest.mark.parametrize(
    ("data", "rcode"),
    [((ONE, TWO), 0), ((TWO, ONE), 0), ((ONE,), NXRRSET), ((ONE, TWO, THREE), NXRRSET), ((ONE, THREE), NXRRSET)],
)
def test_a_prerequisite_about_data_compares_the_whole_set(data, rcode):
    records = [Record(named("www"), A, data=one) for one in data]
    assert rcode_of(check_prerequisites, example_zone(), *records) == rcode


@pytest.mark.parametrize(
    ("record", "rcode"),
    [
        (Record(named("x"), A, IN, 60, ONE), 0),
        (Record(named("x"), 65280, IN, 60, b"any data"), 0),
        (Record((b"other", b"test"), A, IN, 60, ONE), NOTZONE),
        (Record(named("x"), ANY, IN, 60, ONE), FORMERR),
        (Record(named("x"), AXFR, IN, 60), FORMERR),
        (Record(named("x"), OPT, IN, 60), FORMERR),
        (Record(named("x"), 0, IN, 60), FORMERR),
        (Record(named("x"), A, IN, 60, b"123"), FORMERR),
        (Record(named("x"), A, IN, 60), FORMERR),
        (Record(named("x"), A, IN, 1 << 31, ONE), FORMERR),
        (Record(named("x"), MX, IN, 60, b"\0\5\4mail"), FORMERR),
        (Record(named("x"), A, CHAOS, 60, ONE), FORMERR),
        (Record(named("x"), A, CLASS_ANY), 0),
        (Record(named("x"), ANY, CLASS_ANY), 0),
        (Record(named("x"), A, CLASS_ANY, 1), FORMERR),
        (Record(named("x"), A, CLASS_ANY, 0, ONE), FORMERR),
        (Record(named("x"), IXFR, CLASS_ANY), FORMERR),
        (Record(named("x"), A, CLASS_NONE, 0, ONE), 0),
        (Record(named("x"), A, CLASS_NONE, 1, ONE), FORMERR),
        (Record(named("x"), ANY, CLASS_NONE), FORMERR),
        (Record(named("x"), RRSIG, IN, 60, b"x"), REFUSED),
        (Record(named("x"), NSEC, CLASS_ANY), REFUSED),
        (Record(named("x"), NSEC3, CLASS_NONE), REFUSED),
        (Record(named("x"), DNSKEY, IN, 60, b"\1\1\3\15key"), 0),
    ],
)
def test_the_form_of_a_change_is_checked_before_any_is_made(record, rcode):
    assert rcode_of(check_updates, example_zone(), Record(named("y"), A, IN, 60, ONE), record) == rcode


def test_adding_a_record_joins_it_to_its_set_which_takes_the_new_ttl():
    zone = example_zone()
    update(zone, Record(named("www"), A, IN, 60, THREE), Record(named("www"), A, IN, 60, ONE))
    assert zone.node(named("www"))[A] == RRset(A, 60, (ONE, TWO, THREE))
    assert zone.serial == 8


def test_adding_what_is_there_changes_nothing():
    zone = example_zone()
    update(zone, Record(named("www"), A, IN, 300, ONE))
    assert zone.serial == 7


def test_later_changes_see_what_earlier_ones_did():
    zone = example_zone()
    target = name_wire(named("ns"))
    update(zone, Record(named("www"), A, CLASS_ANY), Record(named("www"), CNAME, IN, 60, target))
    assert zone.node(named("www")) == {CNAME: RRset(CNAME, 60, (target,))}
    assert zone.serial == 8


def test_an_alias_is_not_added_beside_other_records_nor_others_beside_it():
    zone = example_zone()
    target = name_wire(named("ns"))
    first = update(zone, Record(named("www"), CNAME, IN, 60, target))
    assert zone.node(named("www")) == {A: a("192.0.2.1", "192.0.2.2")}
    assert "alias" in first.ignored[0].reason
    second = update(zone, Record(named("x"), CNAME, IN, 60, target), Record(named("x"), TXT, IN, 60, b"\1x"))
    assert zone.node(named("x")) == {CNAME: RRset(CNAME, 60, (target,))}
    assert [(one.name, one.type) for one in second.ignored] == [(named("x"), TXT)]


@pytest.mark.parametrize("kind", [CNAME, DNAME])
def test_an_alias_replaces_the_one_that_is_there(kind):
    zone = example_zone()
    update(zone, Record(named("x"), kind, IN, 60, b"\1a\0"))
    update(zone, Record(named("x"), kind, IN, 60, b"\1b\0"))
    assert zone.node(named("x")) == {kind: RRset(kind, 60, (b"\1b\0",))}


def test_a_soa_is_replaced_if_its_serial_number_is_later():
    zone = example_zone()
    update(zone, Record(ORIGIN, SOA, IN, 60, soa_of(6).data[0]))
    assert (zone.serial, zone.node(ORIGIN)[SOA].ttl) == (7, 3600)
    update(zone, Record(ORIGIN, SOA, IN, 60, soa_of(50).data[0]))
    assert (zone.serial, zone.node(ORIGIN)[SOA].ttl) == (50, 60)
    refused = update(zone, Record(named("www"), SOA, IN, 60, soa_of(60).data[0]))
    assert SOA not in zone.node(named("www"))
    assert refused.ignored[0].reason == "a SOA is at the apex of a zone"


def test_the_apex_keeps_its_soa_and_its_name_servers():
    zone = example_zone()
    zone.put(ORIGIN, a("192.0.2.9"))
    server = zone.node(ORIGIN)[NS].data[0]
    made = update(
        zone,
        Record(ORIGIN, SOA, CLASS_ANY),
        Record(ORIGIN, NS, CLASS_ANY),
        Record(ORIGIN, NS, CLASS_NONE, 0, server),
        Record(ORIGIN, SOA, CLASS_NONE, 0, soa_of(7).data[0]),
    )
    assert zone.serial == 7
    assert len(made.ignored) == 4
    update(zone, Record(ORIGIN, ANY, CLASS_ANY))
    assert {*zone.node(ORIGIN)} == {SOA, NS}


def test_a_name_server_of_the_apex_is_removed_while_another_is_left():
    zone = example_zone()
    old, new = zone.node(ORIGIN)[NS].data[0], b"\3ns2\4test\0"
    update(zone, Record(ORIGIN, NS, IN, 60, new), Record(ORIGIN, NS, CLASS_NONE, 0, old))
    assert zone.node(ORIGIN)[NS] == RRset(NS, 60, (new,))


def test_a_delegation_is_removed_with_its_last_name_server():
    zone = example_zone()
    zone.put(named("sub"), RRset(NS, 60, (b"\3ns2\4test\0",)))
    update(zone, Record(named("sub"), NS, CLASS_NONE, 0, b"\3ns2\4test\0"))
    assert zone.node(named("sub")) is None


def test_records_sets_and_names_are_removed():
    zone = example_zone()
    update(zone, Record(named("www"), A, CLASS_NONE, 0, ONE), Record(named("www"), A, CLASS_NONE, 0, THREE))
    assert zone.node(named("www"))[A].data == (TWO,)
    update(zone, Record(named("www"), A, CLASS_NONE, 0, TWO))
    assert zone.node(named("www")) is None
    update(zone, Record(named("ns"), ANY, CLASS_ANY), Record(named("nope"), ANY, CLASS_ANY))
    assert zone.node(named("ns")) is None
    assert zone.serial == 10


KINDS = st.sampled_from([A, TXT, CNAME])
DATA = {A: [ONE, TWO, THREE], TXT: [b"\1a", b"\1b"], CNAME: [b"\1a\0", b"\1b\0"]}
CHANGES = st.lists(
    st.builds(
        lambda name, kind, at, form: Record(
            named(name),
            ANY if form == "delete name" else kind,
            {"add": IN, "delete one": CLASS_NONE}.get(form, CLASS_ANY),
            60 if form == "add" else 0,
            DATA[kind][at % len(DATA[kind])] if form in ("add", "delete one") else b"",
        ),
        st.sampled_from(["x", "y", "www"]),
        KINDS,
        st.integers(0, 2),
        st.sampled_from(["add", "add", "delete one", "delete set", "delete name"]),
    ),
    max_size=12,
)


def naive(records, changes):
    """Carry out RFC 2136 3.4.2.7 on a set of (name, type, data)."""
    for one in changes:
        here = {record for record in records if record[0] == one.name}
        others = {kind for _, kind, _ in here}
        if one.class_ == IN:
            if others - {CNAME} if one.type == CNAME else CNAME in others:
                continue
            if one.type == CNAME:
                records = {record for record in records if record[:2] != (one.name, CNAME)}
            records = records | {(one.name, one.type, one.data)}
        elif one.class_ == CLASS_NONE:
            records = records - {(one.name, one.type, one.data)}
        else:
            records = {
                record for record in records if record[0] != one.name or (one.type != ANY and record[1] != one.type)
            }
    return records


def present(zone):
    return {(name, one.type, data) for name, node in zone.nodes() for one in node.values() for data in one.data}


@given(CHANGES)
def test_an_update_leaves_what_the_pseudocode_of_the_rfc_does(changes):
    zone = example_zone()
    soa = (ORIGIN, SOA, zone.node(ORIGIN)[SOA].data[0])
    wanted = naive(present(zone) - {soa}, changes)
    update(zone, *changes)
    assert present(zone) - {(ORIGIN, SOA, zone.node(ORIGIN)[SOA].data[0])} == wanted


def test_an_update_of_thousands_of_records_in_one_set_takes_time_in_proportion():
    zone = example_zone()
    records = [Record(named("many"), A, IN, 60, number.to_bytes(4)) for number in range(4000)]
    update(zone, *records)
    assert len(zone.node(named("many"))[A].data) == 4000
    assert zone.serial == 8


@pytest.mark.parametrize(
    ("kind", "data", "valid"),
    [
        ("A", b"1234", True),
        ("A", b"12345", False),
        ("TXT", b"\1a\2bb", True),
        ("TXT", b"", False),
        ("TXT", b"\2a", False),
        ("TXT", b"\0", True),
        ("MX", b"\0\1\0", True),
        ("MX", b"\0\1", False),
        ("MX", b"\0\1\1a\0x", False),
        ("SOA", b"\0\0" + bytes(20), True),
        ("SOA", b"\0\0" + bytes(19), False),
        ("CAA", b"\0\5issueca", True),
        ("CAA", b"\0\5iss", False),
        ("NAPTR", b"\0\1\0\1\1s\0\0\1a\0", True),
        ("NS", b"\xc0\x0c", False),
        ("NS", b"\77" * 2, False),
        ("DS", b"\0\1\15\2digest", True),
        ("DS", b"\0\1\15", False),
    ],
)
def test_record_data_have_the_fields_of_their_type(kind, data, valid):
    if valid:
        validate_data(TYPES[kind], data)
    else:
        with pytest.raises(ValueError, match=f"data of {kind} "):
            validate_data(TYPES[kind], data)


@given(st.sampled_from(sorted(LAYOUTS)), st.binary(max_size=40))
def test_any_octets_are_either_valid_data_or_refused(kind, data):
    with suppress(ValueError):
        validate_data(kind, data)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("A", "192.0.2.1"),
        ("AAAA", "2001:db8::1"),
        ("MX", "10 mail.example.test."),
        ("TXT", '"a" "b c"'),
        ("SRV", "0 5 5060 sip.example.test."),
        ("CAA", '0 issue "ca.test"'),
        ("TLSA", "3 1 1 " + "ab" * 32),
        ("SSHFP", "4 2 " + "ab" * 32),
        ("DS", "1 13 2 " + "ab" * 32),
        ("NAPTR", '100 10 "u" "sip+E2U" "!^.*$!sip:x!" .'),
        ("LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"),
        ("HINFO", '"cpu" "os"'),
        ("RP", "a.test. b.test."),
        ("URI", '10 1 "https://x"'),
        ("SVCB", "1 . alpn=h2"),
        ("HTTPS", "0 x.test."),
        ("EUI48", "00-00-5e-00-53-2a"),
        ("CERT", "1 0 0 AAAA"),
    ],
)
def test_data_that_dnspython_writes_is_valid(kind, text):
    rdata = dns.rdata.from_text("IN", kind, text)
    validate_data(int(rdata.rdtype), rdata.to_wire())
