"""Result codes of refused frames, with path, value and reason (RFC 5730 3 and 2.6)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.services.epp.grammar import Malformed, Problem, read

EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"'
CONTACT = 'xmlns:contact="urn:ietf:params:xml:ns:contact-1.0"'
SECDNS = 'xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1"'
RGP = 'xmlns:rgp="urn:ietf:params:xml:ns:rgp-1.0"'
NAME = "<domain:name>a.test</domain:name>"
LOGIN = "<clID>harbour</clID><pw>{pw}</pw><options><version>{version}</version><lang>en</lang></options>{svcs}"


def command(inside: str) -> bytes:
    return f'<epp xmlns="{EPP}"><command>{inside}<clTRID>ABC-12345</clTRID></command></epp>'.encode()


def domain(verb: str, inside: str) -> str:
    return f"<{verb}><domain:{verb} {DOMAIN}>{inside}</domain:{verb}></{verb}>"


def login(pw: str = "harbour-pass", version: str = "1.0", svcs: str = "<svcs><objURI>urn:x</objURI></svcs>") -> bytes:
    return command(f"<login>{LOGIN.format(pw=pw, version=version, svcs=svcs)}</login>")


def refusal(octets: bytes) -> Malformed:
    with pytest.raises(Malformed) as refused:
        read(octets)
    return refused.value


def problem(octets: bytes) -> Problem:
    """Return the first problem of a frame, after checking the echoed clTRID."""
    malformed = refusal(octets)
    assert malformed.cl_trid == "ABC-12345"
    return malformed.problems[0]


def test_an_unknown_command_is_2000():
    """RFC 5730 3"""
    found = problem(command("<register/>"))
    assert (found.code, found.path) == (2000, "epp/command/register")
    assert found.value == f'<register xmlns="{EPP}"/>'
    assert "check, create, delete" in found.reason


def test_xml_that_is_not_well_formed_is_2001_and_the_transaction_is_echoed():
    """RFC 5730 2.5"""
    found = refusal(command(domain("check", "<domain:name>a & b</domain:name>")))
    assert (found.problems[0].code, found.cl_trid, found.command) == (2001, "ABC-12345", "check")
    assert "written &amp;" in found.problems[0].reason


def test_an_element_out_of_order_is_2001_with_the_right_order():
    """RFC 5910 5.2.5: rem, add, chg"""
    add = "<secDNS:add><secDNS:maxSigLife>1</secDNS:maxSigLife><secDNS:keyData/></secDNS:add>"
    extension = f"<extension><secDNS:update {SECDNS}>{add}<secDNS:rem/></secDNS:update></extension>"
    found = refusal(command(domain("update", NAME) + extension)).problems
    assert found[-1].code == 2001
    assert "the order in secDNS:update is rem, add, chg" in found[-1].reason
    assert "unlike in domain:update" in found[-1].reason


def test_a_missing_element_is_2003():
    """RFC 5731 3.2.1, 2.5"""
    found = problem(command(domain("create", NAME)))
    assert found.code == 2003
    assert found.reason == "the element authInfo is missing in domain:create (RFC 5731 3.2.1)"
    period = "<domain:curExpDate>2000-04-03</domain:curExpDate><domain:period>1</domain:period>"
    found = problem(command(domain("renew", NAME + period)))
    assert (found.code, found.reason) == (2003, "the attribute unit is missing in domain:period (RFC 5731 2.5)")
    assert problem(command(domain("update", NAME))).code == 2003
    assert problem(command('<poll op="ack"/>')).code == 2003


def test_a_number_out_of_range_is_2004():
    """RFC 5731 2.5"""
    period = '<domain:curExpDate>2000-04-03</domain:curExpDate><domain:period unit="y">100</domain:period>'
    found = problem(command(domain("renew", NAME + period)))
    assert (found.code, found.path) == (2004, "epp/command/renew/domain:renew/domain:period")
    assert found.value == f'<domain:period {DOMAIN} unit="y">100</domain:period>'
    assert "from 1 to 99" in found.reason


def test_a_malformed_value_is_2005():
    """RFC 5731 3.2.3: a date, not a date and time"""
    found = problem(command(domain("renew", NAME + "<domain:curExpDate>2000-04-03T22:00:00.0Z</domain:curExpDate>")))
    assert found.code == 2005
    assert "the date alone, 2000-04-03, without time of day (RFC 5731 3.2.3)" in found.reason


def test_another_version_is_2100():
    """RFC 5730 2.9.1.1"""
    assert problem(login(version="2.0")).code == 2100
    assert problem(login(version="one")).code == 2005


def test_a_command_that_an_object_has_not_is_2101():
    """RFC 5733 3.2.3, 5732 3.2.3 and 3.2.4"""
    found = problem(command(f"<renew><contact:renew {CONTACT}/></renew>"))
    assert (found.code, found.reason) == (2101, "contact objects have no renew command (RFC 5730 2.9.3.3)")


def test_an_unknown_extension_is_2103_and_a_near_one_is_named():
    extension = '<extension><secDNS:create xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.0"/></extension>'
    found = problem(command(domain("update", NAME) + extension))
    assert found.code == 2103
    assert "perhaps urn:ietf:params:xml:ns:secDNS-1.1 is meant" in found.reason


def test_an_unknown_object_is_2307():
    """RFC 5730 3"""
    found = problem(command('<check><domain:check xmlns:domain="urn:ietf:params:xml:ns:domain-1.1"/></check>'))
    assert found.code == 2307
    assert "perhaps urn:ietf:params:xml:ns:domain-1.0 is meant" in found.reason


HINTS = {
    login(svcs="<services><objURI>urn:x</objURI></services>"): "perhaps svcs is meant",
    command(domain("check", "<name>a.test</name>")): "belongs to urn:ietf:params:xml:ns:domain-1.0: write the prefix",
    command("<check><check><name>a.test</name></check></check>"): "as in <domain:check xmlns:domain=",
    command("<check><domain:check/></check>"): 'declare the prefix, as in xmlns:domain="urn:ietf:params:xml',
    command(domain("info", "<domain:name>&nbsp;</domain:name>")): "only the entities lt, gt, amp, quot and apos",
    command(domain("info", "<domain:name>a<b</domain:name>")): "",
    command("<logout/>")[:-4]: "let the length of the frame include its own four octets (RFC 5734 4)",
    command("<logout/>") * 2: "one frame holds one message (RFC 5734 4)",
    b" <?xml version='1.0'?>" + command("<logout/>"): "something stands before the XML declaration",
    b"<epp><hello/></epp>": f'write <epp xmlns="{EPP}">',
    b"\x00\x00\x00\x10<epp/>": "after the length in four octets",
    b"<?xml version='1.0' encoding='utf-7'?><epp/>": "EPP is UTF-8 or UTF-16 (RFC 5730 5)",
    b"<?xml version='1.0'?><epp>\xe9</epp>": "UTF-8",
    b"": "an empty frame",
}


@pytest.mark.parametrize("number", range(len(HINTS)))
def test_a_reason_says_what_to_do_about_a_classic_mistake(number):
    octets, hint = list(HINTS.items())[number]
    assert hint in refusal(octets).problems[0].reason


def test_several_problems_are_reported_at_once():
    found = refusal(login(pw="short", version="2.0", svcs="<services/>")).problems
    assert [one.code for one in found] == [2005, 2100, 2001]


def test_problems_are_counted_and_long_values_cut():
    names = "".join(f"<domain:name>{'a' * 5000}</domain:name>" for _ in range(100))
    found = refusal(command(domain("check", names))).problems
    assert len(found) == 10
    assert found[2].path == "epp/command/check/domain:check/domain:name[3]"
    assert len(found[2].value or "") < 1200


def test_a_secret_is_masked_in_the_value():
    found = problem(login(pw="much-too-long-secret"))
    assert found.value == f'<pw xmlns="{EPP}">***</pw>'
    unknown = problem(
        command(domain("info", NAME + "<domain:authInfo><domain:secret>x1y2</domain:secret></domain:authInfo>"))
    )
    assert "x1y2" not in f"{unknown.value} {unknown.reason}"


def test_hosts_are_objects_or_attributes_not_both():
    """RFC 5731 1.1"""
    attribute = "<domain:hostAttr><domain:hostName>b.test</domain:hostName></domain:hostAttr>"
    ns = f"<domain:ns><domain:hostObj>a.test</domain:hostObj>{attribute}</domain:ns>"
    assert "either hostObj or hostAttr, not both" in problem(command(domain("create", NAME + ns))).reason


def test_a_report_has_its_report():
    """RFC 3915 4.2.5"""
    extension = f'<extension><rgp:update {RGP}><rgp:restore op="report"/></rgp:update></extension>'
    found = problem(command(domain("update", NAME) + extension))
    assert (found.code, found.reason) == (2003, 'op="report" needs the element report (RFC 3915 4.2.5)')


@pytest.mark.parametrize(
    ("given_", "echoed"),
    [
        (b"<clTRID>ABC-1</clTRID>", "ABC-1"),
        (b"<e:clTRID >A &amp; B</e:clTRID>", "A & B"),
        (b"<clTRID>\n ABC\n </clTRID>", "ABC"),
        (b"<clTRID>first</clTRID><clTRID>last</clTRID>", "last"),
        (b"<clTRID>&lol9;</clTRID>", None),
        (b"<clTRID>&#0;&#1;&#2;</clTRID>", None),
        (b"<clTRID>AB</clTRID>", None),
        (b"<clTRID>" + b"a" * 65 + b"</clTRID>", None),
        (b"<clTRID>\xff\xfe\xfd</clTRID>", None),
        (b"<clTRID>ABC-1", None),
    ],
)
def test_the_transaction_is_found_in_broken_xml_if_it_is_one(given_, echoed):
    """RFC 5730 2.5"""
    assert refusal(b"<epp><command><logout/>" + given_ + b"</broken></epp>").cl_trid == echoed


@settings(max_examples=300)
@given(
    octets=st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda inner: command("<logout/>").replace(b"ABC", inner))
)
def test_any_bytes_are_a_frame_or_malformed(octets):
    try:
        read(octets)
    except Malformed as malformed:
        assert malformed.problems  # noqa: PT017 - both ways are right
