"""Serialized frames parse back; transcripts; limits and encodings."""

import codecs
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.services.epp.grammar import Malformed, domain, epp, markup_of, pretty, read, secdns, write, xml_of
from homeport.services.epp.grammar.eppcom import Password
from homeport.services.epp.grammar.host import Address
from homeport.services.epp.grammar.namespaces import TABLE
from homeport.services.epp.grammar.reading import reader_of
from homeport.services.epp.grammar.writing import writer_of

IDS = epp.TransactionIds(cl_trid="ABC-12345", sv_trid="54321-XYZ")
CREATE = domain.Create(
    name="a.test",
    period=domain.Period(unit="y", value=2),
    contact=(domain.ContactRef(type="admin", value="sh8013"), domain.ContactRef(type="tech", value="jd1234")),
    auth_info=domain.AuthInfo(pw=Password(value="2fooBAR")),
)
LOGIN = b"""<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login><clID>harbour</clID><pw>harbour-pass</pw>
<newPW>other-pass</newPW><options><version>1.0</version><lang>en</lang></options><svcs><objURI>urn:x</objURI></svcs>
</login></command></epp>"""


def response(text: str) -> epp.Response:
    return epp.Response(result=(epp.Result(code=2400, msg=epp.Message(value=text)),), tr_id=IDS)


def test_a_response_is_written_as_the_examples_have_it():
    """RFC 5730 2.6"""
    assert write(response("Command failed")).decode() == (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<epp xmlns="urn:ietf:params:xml:ns:epp-1.0">'
        '<response><result code="2400"><msg>Command failed</msg></result>'
        "<trID><clTRID>ABC-12345</clTRID><svTRID>54321-XYZ</svTRID></trID></response></epp>"
    )


@given(text=st.text())
def test_any_text_is_written_so_that_it_can_be_read(text):
    read(write(response(text)))


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_text_is_parsed_back_unchanged(text):
    message = epp.MessageQueue(count=1, id="1", msg=epp.MixedMessage(content=markup_of(text)))
    frame = epp.Response(result=response(text).result, msg_q=message, tr_id=IDS)
    assert read(write(frame)) == frame


def test_an_address_says_of_which_kind_it_is():
    """RFC 5732 2.5"""
    ns = domain.Ns(host_attr=(domain.HostAttr(host_name="ns.a.test", host_addr=(Address(value="192.0.2.1"),)),))
    assert '<domain:hostAddr ip="v4">192.0.2.1</domain:hostAddr>' in xml_of(ns)


def test_a_value_is_standalone_xml_without_secrets():
    """RFC 5730 2.6"""
    declared = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"'
    assert xml_of(CREATE, "name") == f"<domain:name {declared}>a.test</domain:name>"
    assert xml_of(CREATE, "period") == f'<domain:period {declared} unit="y">2</domain:period>'
    assert xml_of(CREATE, "contact", 1) == f'<domain:contact {declared} type="tech">jd1234</domain:contact>'
    assert (xml_of(CREATE, "contact", 2), xml_of(CREATE, "registrant")) == ("", "")
    assert "2fooBAR" not in xml_of(CREATE) + xml_of(CREATE, "auth_info")
    value = epp.Value(content=xml_of(CREATE, "period"))
    frame = epp.Response(result=(epp.Result(code=2004, msg=epp.Message(value="x"), values=(value,)),), tr_id=IDS)
    assert read(write(frame)) == frame


def test_every_class_that_is_declared_can_be_compiled():
    for namespace in TABLE:
        for cls in namespace.elements:
            reader_of(cls)
            writer_of(cls)


def test_a_transcript_is_indented_and_shows_no_password():
    text = pretty(LOGIN)
    assert "\n      <pw>***</pw>\n      <newPW>***</newPW>" in text
    assert "-pass" not in pretty(LOGIN) + pretty(LOGIN[:-20]) + pretty(LOGIN.decode().encode("utf-16"))
    assert pretty(b"\xff not XML") == "\\xff not XML"


def test_a_password_in_a_broken_frame_is_masked_too():
    assert pretty(b"<pw>secret & more</pw><domain:pw roid='a'>secret") == "<pw>***</pw><domain:pw roid='a'>***"
    assert "secret" not in pretty(b"<epp><pw>sec<b>secret</b>ret</pw>") + pretty(b"<pw><![CDATA[secret]]></pw")


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + LOGIN,
        LOGIN.decode().encode("utf-16"),
        codecs.BOM_UTF16_BE + LOGIN.decode().encode("utf-16-be"),
        LOGIN.decode().encode("utf-16-le"),
        ('<?xml version="1.0" encoding="UTF-16"?>' + LOGIN.decode()).encode("utf-16"),
        b"<?xml version='1.0' encoding='iso-8859-1'?>" + LOGIN,
    ],
)
def test_a_frame_may_be_utf8_or_utf16(data):
    """RFC 5730 5"""
    assert read(data) == read(LOGIN)


def test_a_document_type_in_utf16_is_seen():
    hidden = '<!DOCTYPE epp [<!ENTITY a "b">]>' + LOGIN.decode()
    for data in (hidden.encode("utf-16"), b"<!-- <!DOCTYPE -->" + hidden.encode()):
        with pytest.raises(Malformed, match="document type declaration"):
            read(data)
    assert read(b"<!-- <!DOCTYPE --><?a <!DOCTYPE ?>" + LOGIN) == read(LOGIN)


def test_size_and_depth_are_bounded():
    with pytest.raises(Malformed, match=r"has \d+ bytes; the limit is 100"):
        read(LOGIN, 100)
    with pytest.raises(Malformed, match="nested deeper"):
        read(LOGIN.replace(b"urn:x", b"<a>" * 300))
    with pytest.raises(Malformed):
        read(LOGIN.replace(b"<login>", b"<login>" + b"<a/>" * 200_000))


def test_comments_do_not_break_a_value_apart():
    assert read(LOGIN.replace(b"harbour-pass", b"harbour<!-- - -->-<?x?><![CDATA[pass]]>")) == read(LOGIN)


@settings(max_examples=50)
@given(digest=st.binary(min_size=1, max_size=64), tag=st.integers(0, 65535))
def test_dnssec_data_are_parsed_back_unchanged(digest, tag):
    """RFC 5910 4.1"""
    ds = secdns.DsData(key_tag=tag, alg=8, digest_type=2, digest=digest.hex().upper())
    frame = epp.Response(result=response("x").result, extension=(secdns.InfData(ds_data=(ds,)),), tr_id=IDS)
    assert read(write(frame)) == frame


def test_lxml_is_imported_only_when_a_frame_is_read():
    program = "import sys; import homeport.services.epp.grammar; assert 'lxml' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": "servers"}, timeout=60)
