"""Faults of DNS: planned response codes, answers with defects, faults of the network on single queries."""

import struct
from random import Random

import dns.dnssec
import dns.edns
import dns.message
import dns.name
import dns.rcode
import msgspec
import pytest
from conftest import Talk, cuts
from services.dns.conftest import APEX
from services.dns.test_doh_http import get
from services.dns.test_session import framed, unframed

from homeport.protocol.effects import LogFault, Misbehave, Send
from homeport.protocol.events import Data, Opened
from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.fault_kinds import schema_of
from homeport.protocol.faults import FaultError, Plan
from homeport.services import find_service
from homeport.services.dns import SERVICE
from homeport.services.dns.datagrams import datagram
from homeport.services.dns.planned import FRAMES
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import RRSIG, RRset
from homeport.world.zones.signing import Policy

TRANSPORTS = ("udp", "tcp", "tls", "https")
NAME = "www.example.test."
EVERYWHERE = [
    *("wrong-id", "wrong-question", "no-aa", "lame", "nxdomain", "nodata", "cname-loop"),
    *("edns-drop", "edns-formerr", "badcookie"),
]
DAY_S = 86_400
COOKIE = dns.edns.GenericOption(10, b"clientid")


def plan(world, verb=None, argument=None, listener=None, times=1, after=0, probability=1.0, **do):
    match = {name: value for name, value in (("verb", verb), ("argument", argument)) if value is not None}
    made = msgspec.convert(
        {
            "service": "dns",
            "listener": listener,
            "do": do,
            "match": match,
            "times": times,
            "after": after,
            "probability": probability,
        },
        Plan,
    )
    validate_plan(made, {"dns": SERVICE})
    return world.faults.add(made)


def question(name="www", kind="A", **query):
    query.setdefault("id", 7)
    query.setdefault("flags", 0)
    return dns.message.make_query(f"{name}.{APEX}", kind, **query)


def as_datagram(client, data):
    """Return the effects of a datagram."""
    return list(datagram(client.context("udp"), data))


def network(effects):
    """Return the kinds of faults that act on what is sent."""
    return [one.fault.plan.do.kind for one in effects if isinstance(one, Misbehave)]


def sent(effects):
    """Return what is sent, without what faults of the network do."""
    found = []
    for one in effects:
        if isinstance(one, Send):
            found.append(bytes(one.data))
        elif isinstance(one, Misbehave):
            found += sent(one.effects)
    return found


class TestPlannedReplies:
    @pytest.mark.parametrize("transport", TRANSPORTS)
    @pytest.mark.parametrize(
        ("reply", "rcode", "flags"),
        [
            ({"rcode": "SERVFAIL"}, "SERVFAIL", {"QR"}),
            ({"rcode": "servfail"}, "SERVFAIL", {"QR"}),
            ({"rcode": "5"}, "REFUSED", {"QR"}),
            ({"rcode": 4}, "NOTIMP", {"QR"}),
            ({"rcode": "NXDOMAIN"}, "NXDOMAIN", {"QR", "AA"}),
        ],
    )
    def test_a_response_code_takes_the_place_of_an_answer(self, client, world, transport, reply, rcode, flags):
        plan(world, "A", reply=reply)
        first, second = (client().ask("www", "A", transport) for _ in range(2))
        assert (first.rcode, first.flags, first.texts()) == (rcode, flags, [])
        assert first.message.question[0].name.to_text() == NAME
        assert second.texts() == [f"{NAME} 300 IN A 192.0.2.80"]

    def test_the_extended_error_has_code_and_text(self, client, world):
        plan(world, "A", reply={"rcode": "SERVFAIL", "ede": 22, "text": "nothing answered"})
        error = client().ask("www", use_edns=0).option(15)
        assert (error.code, error.text) == (22, "nothing answered")

    def test_a_text_without_a_code_is_an_extended_error_of_code_0(self, client, world):
        plan(world, "A", reply={"rcode": "REFUSED", "text": "not now"})
        error = client().ask("www", use_edns=0).option(15)
        assert (error.code, error.text) == (0, "not now")

    def test_a_client_without_edns_gets_the_response_code_alone(self, client, world):
        plan(world, "A", reply={"rcode": "SERVFAIL", "ede": 22})
        assert client().ask("www").message.edns == -1

    def test_an_extended_response_code_waits_for_a_client_with_edns(self, client, world):
        fault = plan(world, reply={"rcode": "BADCOOKIE"})
        assert client().ask("www").rcode == "NOERROR"
        assert (fault.seen, fault.acted) == (0, 0)
        assert client().ask("www", use_edns=0).rcode == "BADCOOKIE"

    @pytest.mark.parametrize(
        ("match", "asked", "acts"),
        [
            ({"verb": "MX"}, ("", "MX"), True),
            ({"verb": "mx"}, ("", "MX"), True),
            ({"verb": "MX"}, ("", "A"), False),
            ({"verb": "ANY"}, ("www", "ANY"), True),
            ({"verb": "ANY"}, ("www", "A"), False),
            ({"verb": "TYPE65280"}, ("odd", "TYPE65280"), True),
            ({"argument": "www.example"}, ("WWW", "AAAA"), True),
            ({"argument": "www.example"}, ("alias", "A"), False),
            ({}, ("nope", "TXT"), True),
        ],
    )
    def test_a_fault_matches_type_and_name(self, client, world, match, asked, acts):
        fault = plan(world, reply={"rcode": "SERVFAIL"}, **match)
        assert (client().ask(*asked).rcode == "SERVFAIL") is acts
        assert fault.acted == int(acts)

    def test_an_update_is_not_carried_out(self, client, world):
        from dns.update import Update

        before = world.zones.stored[parse_name(APEX)].serial
        plan(world, "UPDATE", reply={"rcode": "SERVFAIL"})
        update = Update(APEX)
        update.add("new", 300, "A", "192.0.2.1")
        asked = client(open_update=True)
        assert asked.send(update.to_wire()).rcode == "SERVFAIL"
        assert world.zones.stored[parse_name(APEX)].serial == before
        assert asked.send(update.to_wire()).rcode == "NOERROR"
        assert world.zones.stored[parse_name(APEX)].serial != before

    def test_a_transfer_is_not_begun(self, client, world):
        plan(world, "AXFR", reply={"rcode": "REFUSED"})
        talk = client(transfers="all").over_tcp(framed(dns.message.make_query(APEX, "AXFR", flags=0).to_wire()))
        (answer,) = unframed(talk.sent)
        assert dns.message.from_wire(answer).rcode() == dns.rcode.REFUSED

    def test_a_request_without_a_question_is_no_match(self, client, world):
        fault = plan(world, reply={"rcode": "SERVFAIL"})
        header = b"\0\7" + bytes(10)
        assert client().send(header).rcode == "FORMERR"
        assert fault.seen == 0

    @pytest.mark.parametrize(
        ("reply", "words"),
        [
            ({"rcode": "SERVFIAL"}, "did you mean 'SERVFAIL'"),
            ({"code": 451}, "only SMTP, FTP, EPP and DICT"),
            ({"status": "NO"}, "only IMAP and POP3"),
            ({}, "a reply needs a rcode"),
            ({"rcode": "SERVFAIL", "text": "x" * 201}, "at most 200 bytes"),
        ],
    )
    def test_what_dns_does_not_have_is_refused(self, world, reply, words):
        with pytest.raises(FaultError, match=words):
            plan(world, reply=reply)

    def test_a_form_offers_what_a_reply_has(self):
        schema = schema_of("reply", SERVICE)
        assert list(schema["properties"]) == ["text", "rcode", "ede"]
        assert schema["required"] == ["rcode"]
        assert "SERVFAIL" in schema["properties"]["rcode"]["anyOf"][0]["enum"]
        assert list(schema_of("reply", find_service("smtp"))["properties"]) == ["code", "text", "enhanced"]

    @pytest.mark.parametrize("service", ["smtp", "ftp", "epp", "imap", "pop3"])
    def test_others_refuse_an_rcode(self, service):
        other = find_service(service)
        made = msgspec.convert({"service": service, "do": {"reply": {"rcode": "SERVFAIL"}}}, Plan)
        with pytest.raises(FaultError, match="only DNS has an rcode"):
            other.check_reply(made.do.reply, None)


class TestCounting:
    def test_after_and_times_count_queries(self, client, world):
        fault = plan(world, "A", after=1, times=2, reply={"rcode": "SERVFAIL"})
        rcodes = [client().ask("www").rcode for _ in range(5)]
        assert rcodes == ["NOERROR", "SERVFAIL", "SERVFAIL", "NOERROR", "NOERROR"]
        assert (fault.seen, fault.acted, fault.spent) == (3, 2, True)

    def test_times_0_acts_for_ever(self, client, world):
        plan(world, times=0, frame="no-aa")
        assert not any("AA" in client().ask("www").flags for _ in range(5))

    def test_chance_repeats_by_the_seed(self, client, world):
        def drawn():
            world.faults.reset()
            plan(world, times=0, probability=0.5, reply={"rcode": "SERVFAIL"})
            return [client().ask("www").rcode for _ in range(40)]

        first = drawn()
        assert set(first) == {"NOERROR", "SERVFAIL"}
        assert drawn() == first

    def test_a_listener_can_be_named(self, client, world):
        plan(world, listener="tcp", times=0, reply={"rcode": "SERVFAIL"})
        rcodes = {transport: client().ask("www", "A", transport).rcode for transport in TRANSPORTS}
        assert rcodes == {"udp": "NOERROR", "tcp": "SERVFAIL", "tls": "NOERROR", "https": "NOERROR"}

    def test_several_faults_act_on_one_answer(self, client, world):
        plan(world, frame="nxdomain")
        plan(world, ttl={"seconds": 1})
        plan(world, frame="wrong-id")
        reply = client().ask("www", id=7)
        assert (reply.message.id, reply.rcode) == (8, "NXDOMAIN")
        assert reply.texts("authority")[0].startswith("example.test. 1 IN SOA")

    def test_a_fault_of_another_client_is_no_match(self, client, world):
        made = msgspec.convert(
            {"service": "dns", "match": {"peer": "203.0.113.7"}, "do": {"frame": "no-aa"}, "times": 0}, Plan
        )
        fault = world.faults.add(made)
        assert "AA" in client().ask("www").flags
        assert fault.seen == 0
        elsewhere = client()
        elsewhere.peer = ("203.0.113.7", 5353)
        assert "AA" not in elsewhere.ask("www").flags

    def test_a_kind_of_streams_is_no_match_over_udp(self, client, world):
        fault = plan(world, "A", reset={})
        effects = as_datagram(client(), question().to_wire())
        assert (network(effects), fault.seen) == ([], 0)

    def test_a_kind_of_datagrams_is_no_match_over_tcp(self, client, world):
        fault = plan(world, "A", drop={})
        assert client().ask("www", "A", "tcp").texts()
        assert fault.seen == 0

    def test_the_journal_says_what_happened(self, client, world):
        plan(world, "A", reply={"rcode": "SERVFAIL", "ede": 22})
        (did,) = [one for one in as_datagram(client(), question().to_wire()) if isinstance(one, LogFault)]
        assert did.did == "replied SERVFAIL (extended error 22)"
        assert did.instead_of == f"the answer to {NAME} A"


class TestDefects:
    @pytest.mark.parametrize("transport", TRANSPORTS)
    @pytest.mark.parametrize("word", EVERYWHERE)
    def test_a_defect_is_that_of_one_answer(self, client, world, word, transport):
        ask = {"use_edns": 0, "options": [COOKIE], "id": 7}
        right = client().ask("www", "A", transport, **ask).message
        fault = plan(world, "A", "www", frame=word)
        other = client().ask("alias", "A", transport, **ask).message
        assert (other.rcode(), len(other.answer)) == (0, 2)
        wrong = client().ask("www", "A", transport, **ask)
        assert (fault.seen, fault.acted) == (1, 1)
        assert wrong.wire != right.to_wire()
        again = client().ask("www", "A", transport, **ask).message
        assert (again.answer, again.flags, again.id) == (right.answer, right.flags, right.id)

    def test_truncated_has_the_question_and_opt_and_no_records(self, client, world):
        plan(world, frame="truncated")
        reply = client().ask("www", use_edns=0)
        assert reply.flags == {"QR", "AA", "TC"}
        assert (reply.texts(), reply.message.edns, len(reply.message.question)) == ([], 0, 1)

    @pytest.mark.parametrize("transport", ["tcp", "tls", "https"])
    def test_truncated_is_for_udp_alone(self, client, world, transport):
        fault = plan(world, times=0, frame="truncated")
        assert client().ask("www", "A", transport).texts()
        assert fault.seen == 0
        with pytest.raises(FaultError, match=r"truncated acts on dns\.udp only"):
            plan(world, listener=transport, frame="truncated")

    def test_wrong_id(self, client, world):
        plan(world, times=0, frame="wrong-id")
        assert [client().ask("www", id=number).message.id for number in (7, 0xFFFF)] == [8, 0]

    @pytest.mark.parametrize(
        ("name", "kind", "asked"),
        [
            ("www", "A", "xww.example.test. IN A"),
            ("x", "A", "y.example.test. IN A"),
            ("_imaps._tcp", "SRV", "ximaps._tcp.example.test. IN SRV"),
            (".", "A", ". IN TYPE0"),
        ],
    )
    def test_wrong_question(self, client, world, name, kind, asked):
        plan(world, frame="wrong-question")
        reply = client().ask(name, kind)
        assert reply.message.question[0].to_text() == asked

    def test_no_aa_needs_an_answer_that_has_it(self, client, world):
        fault = plan(world, frame="no-aa")
        assert "AA" not in client().ask("host.sub").flags
        assert fault.seen == 0
        assert "AA" not in client().ask("www").flags
        assert fault.acted == 1

    def test_lame_is_a_referral_to_the_root(self, client, world):
        plan(world, frame="lame")
        reply = client().ask("www")
        assert (reply.rcode, reply.flags, reply.texts()) == ("NOERROR", {"QR"}, [])
        assert reply.texts("authority")[0] == ". 518400 IN NS a.root-servers.net."

    @pytest.mark.parametrize(("word", "rcode"), [("nxdomain", "NXDOMAIN"), ("nodata", "NOERROR")])
    def test_a_false_denial_has_the_soa_by_which_it_is_cached(self, client, world, word, rcode):
        plan(world, frame=word)
        reply = client().ask("www")
        assert (reply.rcode, reply.flags, reply.texts()) == (rcode, {"QR", "AA"}, [])
        assert reply.texts("authority")[0].startswith("example.test. 30 IN SOA ")

    def test_a_false_denial_outside_of_the_zones_has_no_soa(self, client, world):
        plan(world, frame="nxdomain")
        reply = client().ask("www.elsewhere.invalid.")
        assert (reply.rcode, reply.texts("authority")) == ("NXDOMAIN", [])

    def test_a_cname_loop_leads_back(self, client, world):
        plan(world, times=0, argument="www.", frame="cname-loop")
        assert client().ask("www").texts() == [
            "www.example.test. 60 IN CNAME loop.www.example.test.",
            "loop.www.example.test. 60 IN CNAME www.example.test.",
        ]
        assert client().ask("loop.www").texts()[0].startswith("loop.www.example.test. 60 IN CNAME")

    def test_a_cname_loop_of_the_longest_name_is_that_name(self, client, world):
        longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 48])
        plan(world, frame="cname-loop")
        (line,) = client().ask(longest).texts()
        assert line.endswith(f"CNAME {longest}.{APEX}")

    @pytest.mark.parametrize("transport", TRANSPORTS)
    def test_ttl_is_that_of_all_records(self, client, world, transport):
        plan(world, "MX", ttl={"seconds": 0})
        reply = client().ask("", "MX", transport)
        ttls = {one.ttl for part in (reply.message.answer, reply.message.additional) for one in part}
        assert (ttls, len(reply.message.additional) > 1) == ({0}, True)
        assert client().ask("", "MX", transport).message.answer[0].ttl == 300

    def test_ttl_does_not_change_the_zone(self, client, world):
        plan(world, ttl={"seconds": 0})
        client().ask("www")
        assert client().ask("www").texts() == [f"{NAME} 300 IN A 192.0.2.80"]

    @pytest.mark.parametrize("word", ["edns-drop", "edns-formerr", "badcookie"])
    def test_defects_of_edns_need_it(self, client, world, word):
        fault = plan(world, times=0, frame=word)
        assert client().ask("www").texts()
        assert fault.seen == 0

    def test_badcookie_needs_a_cookie_and_brings_a_new_one(self, client, world):
        fault = plan(world, frame="badcookie")
        assert client().ask("www", use_edns=0).rcode == "NOERROR"
        assert fault.seen == 0
        reply = client().ask("www", use_edns=0, options=[COOKIE])
        assert (reply.rcode, reply.texts()) == ("BADCOOKIE", [])
        assert len(reply.option(10).to_wire()) == 24

    def test_edns_formerr_is_a_header_alone(self, client, world):
        plan(world, frame="edns-formerr")
        reply = client().ask("www", use_edns=0, id=7)
        assert (reply.wire, reply.rcode) == (b"\0\7\x80\1" + bytes(8), "FORMERR")

    def test_edns_drop_loses_a_datagram_and_holds_a_stream(self, client, world):
        plan(world, times=0, frame="edns-drop")
        assert network(as_datagram(client(), question(use_edns=0).to_wire())) == ["drop"]
        assert network(as_datagram(client(), question().to_wire())) == []
        assert kinds_over_tcp(client(), framed(question(use_edns=0).to_wire())) == ["hang"]

    def test_wrong_source_is_left_to_the_driver(self, client, world):
        fault = plan(world, frame="wrong-source")
        (effect,) = [one for one in as_datagram(client(), question().to_wire()) if isinstance(one, Misbehave)]
        assert (effect.fault, fault.acted) == (fault, 1)

    def test_tcp_refuse_resets_tcp_after_tc(self, client, world):
        fault = plan(world, frame="tcp-refuse")
        request = framed(question().to_wire())
        assert ["TC" in client().ask("www").flags for _ in range(2)] == [True, True]
        assert (fault.seen, fault.acted) == (0, 0)
        assert kinds_over_tcp(client(), request) == ["reset"]
        assert (fault.seen, fault.acted) == (1, 1)
        assert kinds_over_tcp(client(), request) == []
        assert "TC" not in client().ask("www").flags

    @pytest.mark.parametrize("kind", ["wrong-id", "wrong-question"])
    def test_every_message_of_a_transfer_has_the_defect(self, client, world, kind):
        query = dns.message.make_query(APEX, "AXFR", flags=0, id=7).to_wire()
        plan(world, "AXFR", frame=kind)
        messages = unframed(client(transfers="all").over_tcp(framed(query)).sent)
        if kind == "wrong-id":
            assert {int.from_bytes(one[:2]) for one in messages} == {8}
        else:
            assert all(b"\7xxample\4test" in one for one in messages)

    @pytest.mark.parametrize("word", ["nxdomain", "lame", "cname-loop", "bogus"])
    @pytest.mark.parametrize("verb", ["UPDATE", "NOTIFY"])
    def test_a_plan_that_can_never_act_is_refused(self, world, word, verb):
        with pytest.raises(FaultError, match=f"{word} does not act on {verb}"):
            plan(world, verb, frame=word)

    def test_an_unknown_type_is_refused_with_the_nearest(self, world):
        with pytest.raises(FaultError, match="did you mean 'AAAA'"):
            plan(world, "AAA", frame="lame")


class TestSignatures:
    @pytest.fixture
    def signed(self, world, client):
        """Return a function that asks for a record set with a signature that the zone holds itself."""
        zone = world.zones.stored[parse_name(APEX)]
        zone.put(
            parse_name(f"signed.{APEX}"),
            RRset(RRSIG, 300, (b"\0\1\x0d\3" + bytes(4) + b"\x7f" * 8 + bytes(8) + b"signature",)),
        )
        return lambda: client().ask("signed", "RRSIG", id=7).wire

    def test_a_bogus_signature_differs_in_its_last_octet(self, world, signed):
        right = signed()
        fault = plan(world, frame="bogus")
        assert signed() == right.replace(b"signature", b"signaturd")
        assert signed() == right
        assert fault.acted == 1

    def test_a_signature_that_the_zone_holds_itself_expires_too(self, world, signed):
        now = int(world.journal.real())
        plan(world, frame="expired-signature")
        assert struct.pack("!II", now - 30 * DAY_S, now - 60 * DAY_S) in signed()

    @pytest.mark.parametrize("word", ["bogus", "expired-signature"])
    def test_an_answer_without_signatures_is_no_match(self, client, world, word):
        fault = plan(world, frame=word)
        assert client().ask("www").texts()
        assert fault.seen == 0


class TestSignedZones:
    """Defects of signatures, as a validator sees them."""

    @pytest.fixture
    def validate(self, world, client):
        """Return a function that asks with DO, and validates answer and denial by the keys of the zone."""
        world.zones.keys.set_policy(parse_name(APEX), Policy())
        apex = dns.name.from_text(APEX)
        keys = client().ask("", "DNSKEY").message.find_rrset("answer", apex, "IN", "DNSKEY")

        def ask(name, transport="udp", age_days=0):
            reply = client().ask(name, "A", transport, want_dnssec=True, payload=4096)
            sections = (reply.message.answer, reply.message.authority)
            sets = {(one.name, one.rdtype): one for part in sections for one in part if one.rdtype != RRSIG}
            signatures = [one for part in sections for one in part if one.rdtype == RRSIG]
            assert signatures
            for one in signatures:
                rrset = sets[one.name, one[0].type_covered]
                now = world.journal.real() - age_days * DAY_S
                dns.dnssec.validate_rrsig(rrset, one[0], {apex: keys}, now=now)
            return reply

        return ask

    @pytest.mark.parametrize("transport", TRANSPORTS)
    @pytest.mark.parametrize("name", ["www", "nope", "alias"])
    def test_a_bogus_answer_is_not_valid_and_the_next_one_is(self, world, validate, name, transport):
        validate(name, transport)
        plan(world, argument=f"{name}.", frame="bogus")
        with pytest.raises(dns.dnssec.ValidationFailure):
            validate(name, transport)
        validate(name, transport)

    @pytest.mark.parametrize("transport", TRANSPORTS)
    @pytest.mark.parametrize("name", ["www", "nope", "alias"])
    def test_an_expired_answer_was_valid_once(self, world, validate, name, transport):
        plan(world, argument=f"{name}.", times=2, frame="expired-signature")
        with pytest.raises(dns.dnssec.ValidationFailure, match="expired"):
            validate(name, transport)
        validate(name, transport, age_days=45)
        validate(name, transport)

    def test_an_answer_without_DO_is_no_match(self, client, world, validate):
        fault = plan(world, frame="bogus")
        assert client().ask("www", use_edns=0).texts()
        assert fault.seen == 0

    def test_a_name_asks_for_a_bogus_or_expired_answer(self, client, world):
        world.faults.by_client = True
        apex = dns.name.from_text("fault.test.")
        keys = {apex: client().ask("fault.test.", "DNSKEY").message.find_rrset("answer", apex, "IN", "DNSKEY")}
        for name, wrong in (("slow-1", None), ("bogus", "verify"), ("expired", "expired")):
            rrset, (signature,) = client().ask(f"{name}.fault.test.", want_dnssec=True).message.answer
            if wrong is None:
                dns.dnssec.validate_rrsig(rrset, signature, keys, now=world.journal.real())
                continue
            with pytest.raises(dns.dnssec.ValidationFailure, match=wrong):
                dns.dnssec.validate_rrsig(rrset, signature, keys, now=world.journal.real())


def kinds_over_tcp(client, *pieces):
    """Return the kinds of faults on what a session sends."""
    session = SERVICE.session(client.context("tcp"))
    return [kind for event in (Opened(), *map(Data, pieces)) for kind in network(session.handle(event))]


class TestPipelines:
    """Faults on one of several queries of a connection: the others must not notice."""

    REQUEST = framed(*(question(name, id=number).to_wire() for number, name in enumerate(("alias", "www", "zero"))))

    def feed(self, client, pieces):
        talk = Talk(SERVICE)
        session = SERVICE.session(client.context("tcp"))
        effects = [one for event in (Opened(), *map(Data, pieces)) for one in session.handle(event)]
        talk.do(effects)
        return talk, network(effects)

    @pytest.mark.parametrize("word", [one for one in EVERYWHERE if not one.startswith(("edns", "bad"))])
    def test_only_the_second_of_three_answers_has_the_defect(self, client, world, word):
        right = unframed(self.feed(client(), [self.REQUEST])[0].sent)
        fault = plan(world, argument="www.example", times=0, frame=word)
        outcomes = [unframed(self.feed(client(), pieces)[0].sent) for pieces in cuts(self.REQUEST)]
        assert all(outcome == outcomes[0] for outcome in outcomes)
        (first, second, third), known = outcomes[0], right
        assert (first, third) == (known[0], known[2])
        assert second != known[1]
        assert fault.acted == len(outcomes)

    @pytest.mark.parametrize("kind", ["latency", "reset", "close", "hang", "limit", "slice", "bandwidth", "garbage"])
    def test_a_fault_of_the_network_acts_on_one_answer(self, client, world, kind):
        parameters = {
            "latency": {"ms": 10},
            "limit": {"bytes": 3},
            "slice": {"size": 1},
            "bandwidth": {"bytes_per_s": 9},
            "garbage": {"bytes": 5},
        }
        right = unframed(self.feed(client(), [self.REQUEST])[0].sent)
        plan(world, "A", "www.example", times=0, **{kind: parameters.get(kind, {})})
        for pieces in cuts(self.REQUEST):
            talk, kinds = self.feed(client(), pieces)
            assert unframed(talk.sent) == right
            assert kinds == [kind]

    def test_the_first_message_of_a_transfer_has_the_fault(self, client, world):
        plan(world, "AXFR", close={})
        query = framed(dns.message.make_query(APEX, "AXFR", flags=0).to_wire())
        assert kinds_over_tcp(client(transfers="all"), query) == ["close"]


class TestKeptAnswers:
    def test_an_answer_that_is_kept_does_not_hide_a_fault(self, client, world):
        asks = client()
        request = question().to_wire()
        for _ in range(3):
            assert sent(as_datagram(asks, request))
        plan(world, "A", after=1, reply={"rcode": "SERVFAIL"})
        rcodes = [dns.message.from_wire(sent(as_datagram(asks, request))[0]).rcode() for _ in range(4)]
        assert rcodes == [0, 2, 0, 0]

    def test_an_answer_under_a_fault_is_not_kept(self, client, world):
        asks = client()
        request = question().to_wire()
        plan(world, "A", frame="nxdomain")
        assert dns.message.from_wire(sent(as_datagram(asks, request))[0]).rcode() == 3
        world.faults.clear()
        assert dns.message.from_wire(sent(as_datagram(asks, request))[0]).rcode() == 0

    def test_faults_of_other_services_change_no_answer(self, client, world):
        asks = client()
        request = question().to_wire()
        right = sent(as_datagram(asks, request))
        world.faults.add(msgspec.convert({"service": "smtp", "do": {"reply": {"code": 451}}}, Plan))
        assert sent(as_datagram(asks, request)) == right

    def test_without_faults_nothing_looks_for_them(self, client, world, monkeypatch):
        monkeypatch.setattr(type(world.faults), "at_command", None)
        assert client().ask("www").texts()
        assert not world.faults.possible


class TestHttps:
    """Faults on one of several requests over HTTPS."""

    def feed(self, client, pieces):
        from homeport.services.dns.doh.answering import answer
        from homeport.services.dns.doh.session import HttpSession

        session = HttpSession(client.context("https"), answer)
        talk = Talk(SERVICE)
        effects = [one for event in (Opened(), *map(Data, pieces)) for one in session.handle(event)]
        talk.do(effects)
        return talk.sent, network(effects)

    REQUEST = b"".join(get(question(name, id=0).to_wire()) for name in ("alias", "www", "zero"))

    def test_only_the_second_of_three_answers_is_another(self, client, world):
        right, _kinds = self.feed(client(), [self.REQUEST])
        plan(world, argument="www.example", times=0, reply={"rcode": "SERVFAIL"})
        for pieces in cuts(self.REQUEST):
            sent, _kinds = self.feed(client(), pieces)
            first, second, third = answers_in(sent)
            assert (first, third) == (answers_in(right)[0], answers_in(right)[2])
            assert dns.message.from_wire(second).rcode() == dns.rcode.SERVFAIL

    @pytest.mark.parametrize("kind", ["latency", "close", "hang"])
    def test_a_fault_of_the_network_acts_on_one_answer(self, client, world, kind):
        right, _kinds = self.feed(client(), [self.REQUEST])
        plan(world, argument="www.example", times=0, **{kind: {"ms": 5} if kind == "latency" else {}})
        for pieces in cuts(self.REQUEST):
            assert self.feed(client(), pieces) == (right, [kind])

    def test_edns_drop_holds_the_connection(self, client, world):
        plan(world, times=0, frame="edns-drop")
        assert self.feed(client(), [get(question(use_edns=0).to_wire())])[1] == ["hang"]

    def test_a_wrong_id_is_wrong_here_too(self, client, world):
        plan(world, frame="wrong-id")
        sent, _kinds = self.feed(client(), [get(question(id=0).to_wire())])
        assert dns.message.from_wire(answers_in(sent)[0]).id == 1


def answers_in(sent):
    """Return the bodies of answers of HTTP/1.1."""
    return [one.partition(b"\r\n\r\n")[2] for one in sent.split(b"HTTP/1.1 200 ")[1:]]


@pytest.mark.parametrize("word", [None, *FRAMES])
def test_no_mutated_request_fails_under_faults(client, world, word):
    world.faults.by_client = True
    for one in FRAMES if word is None else (word,):
        plan(world, times=0, probability=0.5 if word is None else 1.0, frame=one)
    plan(world, times=0, ttl={"seconds": 1})
    asks = client(open_update=True, transfers="all")
    chance = Random(word)
    seeds = [
        question(use_edns=0, options=[COOKIE]).to_wire(),
        question("wild-x.wild", "TXT", want_dnssec=True).to_wire(),
        dns.message.make_query("tcp-refuse.fault.test.", "ANY", use_edns=0).to_wire(),
        dns.message.make_query(APEX, "AXFR").to_wire(),
        dns.message.make_query(".", "NS").to_wire(),
    ]
    for _ in range(300):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(4)):
            data[chance.randrange(2, len(data))] = chance.randrange(256)
        for effect in as_datagram(asks, bytes(data)):
            assert not isinstance(effect, Send) or len(effect.data) <= 1232
        session = SERVICE.session(asks.context("tcp"))
        session.handle(Opened())
        session.handle(Data(framed(bytes(data))))
