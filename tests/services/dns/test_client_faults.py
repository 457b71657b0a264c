"""Names in fault.test, by which clients ask for faults."""

import dns.edns
import dns.message
import pytest
from conftest import make_world
from services.dns.conftest import Client
from services.dns.test_faults import as_datagram, network, plan, sent
from services.dns.test_session import framed

from homeport.protocol.events import Data, Opened
from homeport.services.dns import SERVICE
from homeport.services.dns.client_faults import MAX_COUNTED, OWN_NAMES, Drops, parse
from homeport.services.dns.message import Question
from homeport.services.dns.planned import FRAMES

EDE = 15


@pytest.fixture
def asked(client, world):
    """A client of a world whose clients may ask for faults."""
    world.faults.by_client = True
    return client()


def faults_of(client, name, transport="udp", kind="A"):
    """Return the kinds of faults of the network on the answer to a name."""
    query = dns.message.make_query(name, kind, flags=0).to_wire()
    if transport == "udp":
        return network(as_datagram(client, query))
    session = SERVICE.session(client.context(transport))
    return [kind for event in (Opened(), Data(framed(query))) for kind in network(session.handle(event))]


@pytest.mark.parametrize("name", ["servfail", "refused", "NotImp", "rcode-2", "rcode-9"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls", "https"])
def test_a_name_asks_for_a_response_code(asked, name, transport):
    rcode = {"rcode-2": "SERVFAIL", "rcode-9": "NOTAUTH"}.get(name, name.upper())
    assert asked.ask(f"{name}.fault.test.", "A", transport).rcode == rcode
    assert asked.ask(f"{name}.fault.test.", "MX", transport).rcode == rcode
    assert asked.ask("www", "A", transport).rcode == "NOERROR"


def test_labels_before_the_fault_are_free(asked):
    assert asked.ask("x7.servfail.fault.test.").rcode == "SERVFAIL"
    assert asked.ask("servfail.fault.test.example.test.").rcode == "NXDOMAIN"


def test_the_domain_itself_is_a_zone_without_faults(asked):
    assert asked.ask("fault.test.").texts() == ["fault.test. 60 IN A 127.0.0.1"]
    assert asked.ask("fault.test.", "SOA").texts()[0].startswith("fault.test. 60 IN SOA ns.homeport.test.")
    assert asked.ask("fault.test.", "NS").texts() == ["fault.test. 60 IN NS ns.homeport.test."]


def test_without_the_option_these_names_are_like_all_others(client):
    for name in ("fault.test.", "servfail.fault.test.", "tc.fault.test."):
        assert client().ask(name).rcode == "NXDOMAIN"


def test_the_zone_comes_and_goes_with_the_option(client, world):
    asks = client()
    request = dns.message.make_query("slow-0.fault.test.", "A", flags=0).to_wire()

    def rcode():
        return dns.message.from_wire(sent(as_datagram(asks, request))[0]).rcode()

    assert rcode() == dns.rcode.NXDOMAIN
    world.faults.by_client = True
    assert rcode() == dns.rcode.NOERROR
    world.faults.by_client = False
    assert rcode() == dns.rcode.NXDOMAIN


def test_the_zone_above_delegates_it(asked, world):
    assert asked.ask("test.", "SOA").rcode == "NOERROR"
    before = world.zones.find((b"test",)).serial
    world.faults.by_client = False
    assert world.zones.find((b"fault", b"test")).origin == (b"test",)
    assert world.zones.find((b"test",)).serial != before


@pytest.mark.parametrize("name", ["tc", "truncated"])
def test_a_name_is_truncated_over_udp_and_answered_over_tcp(asked, name):
    assert "TC" in asked.ask(f"{name}.fault.test.").flags
    assert asked.ask(f"{name}.fault.test.", "A", "tcp").texts() == [f"{name}.fault.test. 60 IN A 127.0.0.1"]


def test_a_name_is_truncated_over_udp_and_reset_over_tcp(asked):
    assert "TC" in asked.ask("tcp-refuse.fault.test.").flags
    assert faults_of(asked, "tcp-refuse.fault.test.", "tcp") == ["reset"]


def test_a_name_loses_its_first_answers(asked):
    assert [faults_of(asked, "drop-2.fault.test.") for _ in range(4)] == [["drop"], ["drop"], [], ["drop"]]


def test_answers_are_lost_by_name_type_and_client(asked):
    assert faults_of(asked, "drop-1.fault.test.") == ["drop"]
    assert faults_of(asked, "x.drop-1.fault.test.") == ["drop"]
    assert faults_of(asked, "drop-1.fault.test.", kind="AAAA") == ["drop"]
    asked.peer = ("203.0.113.9", 5353)
    assert faults_of(asked, "drop-1.fault.test.") == ["drop"]
    assert faults_of(asked, "drop-1.fault.test.") == []


def test_the_memory_of_lost_answers_is_bounded():
    drops = Drops()
    for number in range(MAX_COUNTED * 2):
        assert drops.drops("127.0.0.1", Question((b"%d" % number,), 1, 1, b""), 1)
    assert len(drops._dropped) == MAX_COUNTED


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_over_a_stream_a_lost_answer_holds_the_connection(asked, transport):
    assert [faults_of(asked, "drop-1.fault.test.", transport) for _ in range(2)] == [["hang"], []]
    assert faults_of(asked, "drop.fault.test.", transport) == ["hang"]


@pytest.mark.parametrize(
    ("name", "over_udp", "over_tcp"),
    [
        ("slow-300", ["latency"], ["latency"]),
        ("latency-300", ["latency"], ["latency"]),
        ("drop", ["drop"], ["hang"]),
        ("hang", ["hang"], ["hang"]),
        ("duplicate", ["duplicate"], []),
        ("reorder", ["reorder"], []),
        ("truncate-16", ["truncate"], []),
        ("garbage-100", ["garbage"], ["garbage"]),
        ("reset", [], ["reset"]),
        ("close", [], ["close"]),
        ("close-after-10", [], ["limit"]),
        ("slice-1", [], ["slice"]),
        ("wrong-source", ["frame"], []),
    ],
)
def test_a_name_asks_for_a_fault_of_the_network(asked, name, over_udp, over_tcp):
    assert faults_of(asked, f"{name}.fault.test.") == over_udp
    assert faults_of(asked, f"{name}.fault.test.", "tcp") == over_tcp


def test_a_name_asks_for_a_defect(asked):
    assert asked.ask("ttl-5.fault.test.").texts() == ["ttl-5.fault.test. 5 IN A 127.0.0.1"]
    assert asked.ask("lame.fault.test.").texts("authority")[0].endswith("NS a.root-servers.net.")
    assert asked.ask("wrong-id.fault.test.", id=7).message.id == 8
    assert "AA" not in asked.ask("no-aa.fault.test.").flags
    assert asked.ask("nodata.fault.test.").texts("authority")[0].startswith("fault.test. 5 IN SOA")
    reply = asked.ask("nxdomain.fault.test.")
    assert (reply.rcode, reply.texts("authority")[0].startswith("fault.test. 5 IN SOA")) == ("NXDOMAIN", True)


def test_a_loop_goes_on_at_its_other_end(asked):
    first, second = asked.ask("cname-loop.fault.test.").texts()
    assert first.endswith("CNAME loop.cname-loop.fault.test.")
    assert second.endswith("CNAME cname-loop.fault.test.")
    assert "CNAME" in asked.ask("loop.cname-loop.fault.test.").texts()[0]


def test_defects_of_edns_need_it(asked):
    assert asked.ask("edns-formerr.fault.test.").rcode == "NOERROR"
    assert asked.ask("edns-formerr.fault.test.", use_edns=0).rcode == "FORMERR"
    assert faults_of(asked, "edns-drop.fault.test.") == []
    cookie = dns.edns.GenericOption(10, b"clientid")
    assert asked.ask("badcookie.fault.test.", use_edns=0, options=[cookie]).rcode == "BADCOOKIE"


def test_a_name_that_asks_for_nothing_is_denied_with_the_one_that_was_meant(asked):
    reply = asked.ask("servfial.fault.test.", use_edns=0)
    assert reply.rcode == "NXDOMAIN"
    assert "did you mean 'servfail'?" in reply.option(EDE).text


@pytest.mark.parametrize(
    "name", ["rcode-5000", "ttl-99999999999", "frame-half", "reply-451", "\\255\\254", "drop-", "slow"]
)
def test_a_name_out_of_range_is_denied(asked, name):
    assert asked.ask(f"{name}.fault.test.").rcode == "NXDOMAIN"


def test_every_example_is_a_name():
    assert all(parse(name) is not None for name in (*OWN_NAMES, *FRAMES))


def test_a_fault_that_was_asked_for_is_no_match_of_a_plan(asked, world):
    fault = plan(world, reply={"rcode": "REFUSED"}, argument="example.test")
    assert asked.ask("servfail.fault.test.").rcode == "SERVFAIL"
    assert fault.seen == 0


def test_a_stored_zone_fault_test_comes_first(asked, world):
    from dns_zone import put_zone

    put_zone(world, "fault.test.", ("ttl-5", "TXT", 300, b"\3own"))
    assert asked.ask("ttl-5.fault.test.", "TXT").texts() == ['ttl-5.fault.test. 5 IN TXT "own"']
    assert asked.ask("servfail.fault.test.").rcode == "SERVFAIL"


def test_another_world_is_not_affected(asked):
    assert Client(make_world()).ask("servfail.fault.test.").rcode == "NXDOMAIN"
