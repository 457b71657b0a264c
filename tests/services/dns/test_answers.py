"""Answers to ordinary queries, and the traps around them."""

import dns.message
import pytest
from dns_zone import put_zone, wire

from homeport.services import find_service


def test_an_answer_has_the_id_the_question_and_AA(client):
    reply = client().ask("www", "A", id=0x1234)
    assert reply.message.id == 0x1234
    assert reply.flags == {"QR", "AA"}
    assert reply.texts() == ["www.example.test. 300 IN A 192.0.2.80"]


def test_the_case_of_the_question_is_kept_and_that_of_the_zone_is_not_asked_for(client):
    query = dns.message.make_query("wWw.eXample.TEST.", "A").to_wire()
    answer = client().send(query).wire
    assert b"\3wWw\7eXample\4TEST\0" in answer
    assert answer[12 : len(query)] == query[12:]


@pytest.mark.requirement("DNS-6.1.2.4-1")
def test_owners_and_names_in_data_of_rfc_1035_are_compressed(client):
    reply = client().ask("", "MX")
    assert len(reply.message.answer[0]) == 10
    assert reply.wire.count(b"\xc0\x0c") >= 10
    assert len(reply.wire) < 512
    assert reply.wire.count(b"\7example") == 1


def test_names_in_data_of_newer_types_are_not_compressed(client):
    assert b"\3www\7example\4test\0" in client().ask("_imaps._tcp", "SRV").wire


@pytest.mark.requirement("DNS-6.1.2.1-1")
def test_a_ttl_of_zero_is_on_the_wire(client):
    assert client().ask("zero", "A").texts() == ["zero.example.test. 0 IN A 192.0.2.90"]


@pytest.mark.requirement("DNS-6.1.3.3-5")
@pytest.mark.parametrize(("name", "kind", "rcode"), [("nope", "A", "NXDOMAIN"), ("www", "MX", "NOERROR")])
def test_a_negative_answer_has_the_soa_with_the_ttl_for_which_it_may_be_cached(client, name, kind, rcode):
    reply = client().ask(name, kind)
    assert (reply.rcode, reply.texts()) == (rcode, [])
    assert reply.texts("authority") == [
        "example.test. 30 IN SOA ns.example.test. hostmaster.example.test. 1 3600 600 86400 30"
    ]
    assert "AA" in reply.flags


def test_an_empty_non_terminal_is_no_data(client):
    assert client().ask("_tcp", "A").rcode == "NOERROR"


def test_a_wildcard_answers_for_what_is_not_there_and_not_below_what_is(client):
    reply = client().ask("a.wild", "TXT")
    assert reply.texts() == ['a.wild.example.test. 300 IN TXT "from the wildcard"']
    assert client().ask("b.wild", "TXT").texts() == []
    assert client().ask("a.b.wild", "TXT").rcode == "NXDOMAIN"


def test_a_cname_is_followed_inside_the_zone_with_AA(client):
    reply = client().ask("alias", "A")
    assert reply.texts() == [
        "alias.example.test. 300 IN CNAME www.example.test.",
        "www.example.test. 300 IN A 192.0.2.80",
    ]
    assert "AA" in reply.flags


def test_a_cname_that_leads_out_of_the_world_is_the_whole_answer(client):
    reply = client().ask("outside", "A")
    assert (reply.rcode, len(reply.texts())) == ("NOERROR", 1)
    assert "AA" in reply.flags


@pytest.mark.requirement("DNS-6.1.3.3-2")
def test_a_loop_of_cnames_is_followed_once(client):
    assert len(client().ask("loop", "A").texts()) == 2


def test_a_referral_has_no_AA_and_has_the_glue(client):
    reply = client().ask("x.sub", "A")
    assert reply.flags == {"QR"}
    assert reply.texts("authority") == ["sub.example.test. 300 IN NS ns.sub.example.test."]
    assert reply.texts("additional") == ["ns.sub.example.test. 300 IN A 192.0.2.99"]


@pytest.mark.requirement("DNS-6.1.3.5-2", "DNS-6.1.3.5-D1")
def test_a_type_that_is_unknown_is_answered_like_any_other(client):
    assert client().ask("odd", "TYPE65280").texts() == ["odd.example.test. 300 IN TYPE65280 \\# 4 0a000001"]


@pytest.mark.requirement("DNS-6.1.2.5-1", "DNS-6.1.3.7-1")
def test_a_name_in_no_zone_is_refused_without_any_records(client):
    reply = client().ask("unknown.invalid.", "A")
    assert reply.rcode == "REFUSED"
    assert reply.wire[6:12] == bytes(6)


def test_unknown_names_can_be_denied_instead(client):
    assert client(unknown_names="nxdomain").ask("unknown.invalid.").rcode == "NXDOMAIN"


def test_every_unknown_name_can_have_an_address(client):
    all_names = client(answer_everything="127.0.0.1")
    assert all_names.ask("unknown.invalid.", "A").texts() == ["unknown.invalid. 0 IN A 127.0.0.1"]
    assert all_names.ask("unknown.invalid.", "AAAA").rcode == "NOERROR"
    assert all_names.ask("nope", "A").rcode == "NXDOMAIN"  # this one is not unknown
    assert client(answer_everything="::1").ask("unknown.invalid.", "AAAA").texts()[0].endswith("::1")


def test_RA_is_set_for_those_who_ask_for_recursion(client):
    assert "RA" in client().ask("www", flags=dns.flags.RD).flags
    assert "RA" not in client().ask("www").flags
    assert "RA" not in client(recursion_available=False).ask("www", flags=dns.flags.RD).flags
    assert "RD" in client().ask("www", flags=dns.flags.RD).flags


def test_CD_and_AD_stay_clear(client):
    reply = client().ask("www", flags=dns.flags.CD | dns.flags.AD)
    assert reply.flags == {"QR", "AA"}


@pytest.mark.requirement("DNS-6.1.2.3-1")
def test_the_reserved_bit_is_zero_in_the_answer(client):
    reply = client().ask("www", flags=0x0040)
    assert reply.wire[3] & 0x70 == 0
    assert reply.findings == ["z-bit"]


def test_bits_of_responses_in_a_query_are_a_finding(client):
    assert client().ask("www", flags=dns.flags.AA).findings == ["unused-fields"]
    assert client().ask("www", flags=dns.flags.TC).rcode == "NOERROR"


def test_a_response_gets_no_answer_so_that_two_servers_cannot_loop(client):
    reply = client().ask("www", flags=dns.flags.QR)
    assert (reply.wire, reply.findings) == (None, ["response-to-server"])


@pytest.mark.parametrize("opcode", [1, 2, 3, 6, 15])
def test_an_unknown_opcode_is_answered_with_the_header_alone(client, opcode):
    query = bytearray(dns.message.make_query("www.example.test", "A").to_wire())
    query[2] = opcode << 3 | 1
    reply = client().send(bytes(query))
    assert reply.wire == bytes(query[:2]) + bytes((0x81 | opcode << 3, 4)) + bytes(8)
    assert reply.findings == ["unknown-opcode"]


def test_two_questions_are_a_format_error(client):
    query = bytearray(dns.message.make_query("www.example.test", "A").to_wire())
    query[5] = 2
    reply = client().send(bytes(query + query[12:]))
    assert (reply.rcode, reply.findings) == ("FORMERR", ["question-count"])


@pytest.mark.parametrize("kind", ["OPT", "TSIG", "TKEY"])
def test_types_that_no_question_has_are_a_format_error(client, kind):
    assert client().ask("www", kind).rcode == "FORMERR"


@pytest.mark.parametrize("kind", ["MAILA", "MAILB"])
def test_obsolete_types_are_not_implemented(client, kind):
    assert client().ask("www", kind).rcode == "NOTIMP"


@pytest.mark.requirement("DNS-6.1.3.2-9")
@pytest.mark.parametrize("kind", ["AXFR"])
def test_a_transfer_over_udp_is_refused(client, kind):
    assert client().ask("", kind).rcode == "REFUSED"


def test_class_any_is_answered_without_AA_and_is_a_finding(client):
    reply = client().ask("www", rdclass="ANY")
    assert reply.flags == {"QR"}
    assert reply.texts() == ["www.example.test. 300 IN A 192.0.2.80"]
    assert reply.findings == ["class-any"]


def test_other_classes_are_refused(client):
    assert client().ask("www", rdclass="HS").rcode == "REFUSED"


def test_the_server_tells_its_version_and_name_in_class_CH(client):
    assert client(nsid="quay 7").ask("id.server.", "TXT", rdclass="CH").texts() == ['id.server. 0 CH TXT "quay 7"']
    assert "Homeport" in client().ask("version.bind.", "TXT", rdclass="CH").texts()[0]
    assert client().ask("authors.bind.", "TXT", rdclass="CH").rcode == "REFUSED"


def test_ANY_over_udp_is_one_record_set_and_over_tcp_all(client):
    assert len(client().ask("www", "ANY").message.answer) == 1
    assert len(client().ask("www", "ANY", "tcp").message.answer) == 2
    assert len(client(any_over_udp="all").ask("www", "ANY").message.answer) == 2


def test_every_query_is_an_event(client):
    assert client().ask("www", "AAAA", "tls").logs == [
        ("query", {"name": "www.example.test.", "qtype": "AAAA", "rcode": "NOERROR", "transport": "tls"})
    ]


@pytest.mark.requirement("DNS-6.1.3.2-1")
def test_udp_is_answered_by_one_datagram(ask, world):
    query = dns.message.make_query("www.example.test", "A", use_edns=0)
    (answer,), findings = ask("dns", query.to_wire(), world=world)
    assert query.is_response(dns.message.from_wire(answer))
    assert findings == []


def test_an_address_for_all_names_must_be_one():
    service = find_service("dns")
    (problem,) = service.check(service.options(answer_everything="localhost"), None)
    assert problem == "answer_everything: 'localhost' is no address: write 127.0.0.1 or ::1"
    assert service.check(service.options(answer_everything="::1"), None) == []


def test_the_cname_that_follows_from_a_dname_is_itself_the_answer_to_a_question_for_cname(world, client):
    put_zone(world, "moved.test.", ("old", "DNAME", 300, wire("new.moved.test.")), ("x.new", "A", 300, b"\x7f\0\0\1"))
    reply = client().ask("x.old.moved.test.", "CNAME")
    assert reply.texts() == [
        "old.moved.test. 300 IN DNAME new.moved.test.",
        "x.old.moved.test. 300 IN CNAME x.new.moved.test.",
    ]
    assert reply.texts("authority") == []


def test_a_dname_is_once_in_an_answer_whose_names_need_no_more_compression_pointers_than_clients_follow(world, client):
    put_zone(world, "deep.test.", ("d", "DNAME", 300, wire("x.d.deep.test.")))
    reply = client().ask("y.d.deep.test.", "A", "tcp")
    assert f"y{12 * '.x'}.d.deep.test." in reply.texts()[12]
    assert [" DNAME " in text for text in reply.texts()].count(True) == 1
    assert max(pointers(reply.wire, at) for at in range(12, len(reply.wire))) <= 8


def pointers(message, at):
    """Count the compression pointers of what would be a name at an octet; 0 if it is none."""
    number = 0
    while at < len(message) - 1 and number < 100:
        if message[at] >= 0xC0:
            number += 1
            at = int.from_bytes(message[at : at + 2]) & 0x3FFF
        elif message[at] == 0:
            return number
        elif message[at] > 63:
            return 0
        else:
            at += 1 + message[at]
    return 0
