"""Messages as text."""

import struct

import dns.edns
import dns.message
import dns.rdata
import dns.update
import pytest

from homeport.control.transcript_text import text_of
from homeport.services.dns.message import Record, parse
from homeport.services.dns.transcript import message_text, record_text, transcribe
from homeport.world.transcript import transcript_of
from homeport.world.zones.rrset import TYPES


def framed(*messages):
    return b"".join(struct.pack("!H", len(message)) + message for message in messages)


def test_a_query_and_its_answer(client):
    query = dns.message.make_query("www.example.test", "A", id=7, flags=dns.flags.RD, use_edns=0, want_dnssec=True)
    answer = client().send(query.to_wire(), "tcp").wire
    texts, rest = transcribe(framed(query.to_wire(), answer) + b"\0")
    assert rest == b"\0"
    assert texts[0].splitlines() == [
        ";; QUERY, id 7, flags: rd",
        ";; EDNS: version 0, do, 1232 octets",
        ";www.example.test. IN A",
    ]
    assert texts[1].splitlines() == [
        ";; QUERY NOERROR, id 7, flags: qr aa rd ra",
        ";; EDNS: version 0, do, 1232 octets",
        ";www.example.test. IN A",
        ";; answer: 1",
        "www.example.test. 300 IN A 192.0.2.80",
    ]


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("_imaps._tcp", "SRV", "0 1 10993 www.example.test."),
        ("alias", "CNAME", "www.example.test."),
        ("a.wild", "TXT", '"from the wildcard"'),
        ("", "SOA", "ns.example.test. hostmaster.example.test. 1 3600 600 86400 30"),
        ("odd", "TYPE65280", "\\# 4 0a000001"),
        ("old", "HINFO", '"VAX" "UNIX"'),
        ("www", "AAAA", "2001:db8::80"),
    ],
)
def test_data_of_many_types(client, name, kind, shown):
    assert message_text(parse(client().ask(name, kind).wire)).splitlines()[3].endswith(f" {kind} {shown}")


RRSIG = "A 13 3 300 20261230000000 20261129000000 41726 example.test. "
SIGNED = [
    ("RRSIG", RRSIG + "+BcOIRTJuLAA24am3ZEcyXnwZFctOoVZJwzCdNO4mKDhHeH1DqtFJl63DhDMw1FWhvTUQ1dmnwvUuEVLLArGOQ=="),
    ("DS", "41726 13 2 " + "A2" * 32),
    ("DNSKEY", "257 3 13 3r43g9xf94e3NCxo03mbCEIy5g/XJZA75UJ4QzC61FvKjEU4Nblr/z9o2Oy4Os53jQCIiTx7bNuLaTtdqu3vTA=="),
    ("TLSA", "3 1 1 " + "0F" * 32),
    ("CAA", '0 issue "homeport.test"'),
]


@pytest.mark.parametrize(("kind", "text"), SIGNED)
def test_data_of_dnssec_and_certificates_as_dnspython_writes_them(kind, text):
    data = dns.rdata.from_text("IN", kind, text).to_wire()
    record = Record((b"x",), TYPES[kind], 1, 300, data)
    assert record_text(record) == f"x. 300 IN {kind} {text}"
    for size in range(len(data)):
        record_text(Record((b"x",), TYPES[kind], 1, 300, data[:size]))


def test_an_error_with_its_words(client):
    text = message_text(parse(client().ask("x.invalid.", use_edns=0).wire))
    assert " REFUSED," in text
    assert "EDE 20 x.invalid. is in no zone of this world" in text
    bad = message_text(parse(client().ask("www", use_edns=1).wire))
    assert " BADVERS," in bad


def test_an_update(client):
    update = dns.update.UpdateMessage("example.test")
    update.delete("www", "A")
    update.add("www", 60, "A", "192.0.2.1")
    lines = message_text(parse(update.to_wire())).splitlines()
    assert lines[1:] == [
        ";example.test. IN SOA",
        ";; updates: 2",
        "www.example.test. 0 ANY A",
        "www.example.test. 60 IN A 192.0.2.1",
    ]


def test_the_transcript_of_a_connection(start_farm):
    farm = start_farm("dns")
    query = dns.message.make_query("id.server.", "TXT", "CH", id=7, flags=0).to_wire()
    assert farm.exchange("dns", framed(query, query))
    lines = farm.call(lambda: text_of(transcript_of(farm.world.journal, "c1", [], secrets=False)))
    assert lines.count("C: ;; QUERY, id 7\n") == 2
    assert lines.count("S: ;; QUERY NOERROR, id 7, flags: qr aa") == 2
    assert lines.count('S: id.server. 0 CH TXT "default"') == 2
    assert lines.count("query name=id.server. qtype=TXT rcode=NOERROR transport=tcp") == 2


def test_octets_that_are_no_message_stay():
    assert transcribe(b"GET / HTTP/1.1\r\n") == ([], b"GET / HTTP/1.1\r\n")
    assert transcribe(framed(b"no message of DNS")) == ([], framed(b"no message of DNS"))
    assert transcribe(b"") == ([], b"")
