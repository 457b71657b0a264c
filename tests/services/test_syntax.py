"""The option `syntax` of the services beside SMTP: what strict, rfc and lenient accept (SMTP: smtp/test_syntax.py)."""

import dns.edns
import dns.message
import dns.rcode
import pytest
from services.epp.test_login import Caller
from services.ftp.conftest import Client as FtpClient

DIALS = ("strict", "rfc", "lenient")


@pytest.mark.parametrize("service", ["finger", "whois"])
@pytest.mark.parametrize(("query", "eof", "finding"), [(b"alice\n", False, "bare-lf"), (b"alice", True, "no-crlf")])
def test_a_query_without_cr_lf_is_accepted_where_it_is_lenient(talk, service, query, eof, finding):
    for dial in DIALS:
        told = talk(service, query, eof=eof, syntax=dial)
        assert told.findings == [finding]
        assert (b"Alice Liddell" in told.sent) is (dial == "lenient")


@pytest.mark.parametrize("dial", DIALS)
def test_a_correct_query_is_answered_by_every_dial_without_a_finding(talk, dial):
    told = talk("finger", b"alice\r\n", syntax=dial)
    assert b"Alice Liddell" in told.sent
    assert told.findings == []


@pytest.mark.parametrize(("dial", "code"), [("strict", "500"), ("rfc", "500"), ("lenient", "200")])
def test_ftp_accepts_a_command_that_ends_in_lf_where_it_is_lenient(dial, code):
    one = FtpClient(syntax=dial)
    assert one.send(b"NOOP\n").startswith(code)
    assert one.findings == ["bare-lf"]


def test_time_does_not_answer_a_datagram_with_content_where_it_is_strict(ask):
    for dial in DIALS:
        answers, findings = ask("time", b"\n", syntax=dial)
        assert bool(answers) is (dial != "strict")
        assert findings == ["datagram-content"]


def test_dns_answers_a_query_with_octets_after_it_unless_it_is_strict(ask):
    query = dns.message.make_query("id.server.", "TXT", "CH", use_edns=0).to_wire()
    for dial in DIALS:
        (answer,), findings = ask("dns", query + b"junk", syntax=dial)
        assert dns.message.from_wire(answer).rcode() == (dns.rcode.FORMERR if dial == "strict" else dns.rcode.NOERROR)
        assert findings == ["trailing-octets"]


def test_dns_takes_a_cookie_of_a_wrong_size_for_none_where_it_is_lenient(ask):
    cookie = dns.edns.GenericOption(10, b"short")
    query = dns.message.make_query("id.server.", "TXT", "CH", use_edns=0, options=[cookie]).to_wire()
    for dial in DIALS:
        (answer,), findings = ask("dns", query, syntax=dial)
        assert dns.message.from_wire(answer).rcode() == (dns.rcode.NOERROR if dial == "lenient" else dns.rcode.FORMERR)
        assert findings == ["bad-cookie-size"]


@pytest.mark.parametrize(("dial", "code"), [("strict", 2200), ("rfc", 1000), ("lenient", 1000)])
def test_epp_takes_no_password_without_tls_where_it_is_strict(dial, code):
    assert Caller(tls=None, syntax=dial).login().code == code
