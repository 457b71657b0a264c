"""DNS in tests: records set by the test, queries of the client waited for."""

import asyncio
import socket

import pytest

from homeport.testing import FarmError, Refused, TimedOut


def question(name, qtype):
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    return b"\0\7\1\0\0\1\0\0\0\0\0\0" + labels + b"\0" + qtype.to_bytes(2) + b"\0\1"


def ask(dns, name, qtype=1):
    """Ask by UDP; return the answer's octets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(question(name, qtype), dns.address)
        return client.recv(4096)


@pytest.fixture
def shop(world):
    return world.dns.zone("shop.example").put("www A 127.0.0.1")


def test_a_client_resolves_what_the_test_set(world, shop):
    dns = world.dns
    assert socket.inet_aton("127.0.0.1") in ask(dns, "www.shop.example")
    dns.set("www.shop.example", "A", "127.0.0.2", "127.0.0.3")
    assert socket.inet_aton("127.0.0.3") in ask(dns, "www.shop.example")
    dns.unset("www.shop.example.", "A")
    query = dns.wait_for_query("WWW.shop.example")
    assert (query.qtype, query.rcode, query.transport) == ("A", "NOERROR", "udp")
    ask(dns, "www.shop.example")
    assert dns.wait_for_query("www.shop.example", rcode="NXDOMAIN", since=query.seq).seq > query.seq
    assert [one.rcode for one in dns.queries("www.shop.example")] == ["NOERROR", "NOERROR", "NXDOMAIN"]
    assert len(dns.queries(rcode="NXDOMAIN")) == 1
    assert dns.queries(qtype="AAAA") == []


def test_a_challenge_is_waited_for(world, shop):
    dns = world.dns
    dns.set("_acme-challenge.shop.example", "TXT", "some token")
    with pytest.raises(TimedOut, match=r"a query with name='_acme-challenge\.shop\.example' qtype='TXT' did not"):
        dns.wait_for_query("_acme-challenge.shop.example", "TXT", timeout=0.01)

    async def both():
        waiting = asyncio.create_task(dns.wait_for_query_async("_acme-challenge.shop.example", "TXT"))
        answer = await asyncio.to_thread(ask, dns, "_acme-challenge.shop.example", 16)
        return answer, await waiting

    answer, query = asyncio.run(both())
    assert b"\x0asome token" in answer
    assert query.name == "_acme-challenge.shop.example."


def test_a_zone_is_looked_at_and_changed(world, shop):
    assert shop.name in [one.name for one in world.dns.zones]
    serial = shop.serial
    assert shop.set("@", "MX", "10 mail", ttl=5).data == ["10 mail.shop.example."]
    assert shop.get("shop.example", "MX").ttl == 5
    assert shop.serial > serial
    assert [one.type for one in shop.records(type="MX,A")] == ["MX", "A"]
    assert [one.type for one in shop.records("www")] == ["A"]
    assert "www.shop.example. 60 IN A 127.0.0.1\n" in shop.export()
    shop.unset("@", "MX")
    assert shop.put().state.servers == ["ns.homeport.test"]
    shop.put("other A 127.0.0.9", ttl=1)
    assert [one.name for one in shop.records(type="A")] == ["other.shop.example"]
    shop.delete()
    assert shop.name not in [one.name for one in world.dns.zones]


def test_a_name_in_no_zone_is_explained(world, shop):
    with pytest.raises(FarmError, match=r"www.nowhere.invalid lies in no zone of the world: add one with"):
        world.dns.set("www.nowhere.invalid", "A", "127.0.0.1")
    with pytest.raises(Refused, match="no data of type A"):
        world.dns.set("www.shop.example", "A", "127.0.0.300")


def test_its_listeners_are_there(world):
    dns = world.dns
    assert dns.address == dns.listener("udp").address
    assert (dns.tcp.name, dns.tls.name) == ("tcp", "tls")
    assert dns.doh_url == f"https://{dns.https.address}/dns-query"


def rcode_of(answer):
    return answer[3] & 15


def test_a_planned_response_code_and_a_defect_act_on_type_and_name(world, shop):
    dns = world.dns
    fault = dns.fail("A", "SERVFAIL", argument="www.shop.example", ede=22, text="nothing answered")
    assert rcode_of(ask(dns, "www.shop.example", 28)) == 0
    assert rcode_of(ask(dns, "www.shop.example")) == 2
    assert rcode_of(ask(dns, "www.shop.example")) == 0
    assert fault.refresh()["acted"] == 1
    assert fault["do"]["reply"]["ede"] == 22
    dns.fail("MX", 5)
    assert rcode_of(ask(dns, "shop.example", 15)) == 5
    dns.fail(frame="truncated")
    assert ask(dns, "www.shop.example")[2] & 2
    dns.fail("A", ttl=0)
    assert ask(dns, "www.shop.example")[-10:] == bytes(4) + b"\0\4" + socket.inet_aton("127.0.0.1")
    world.assert_faults_acted()


def test_a_fault_that_never_acted_is_explained_by_the_queries_that_came(world, shop):
    world.dns.fail("MX", "SERVFAIL")
    world.dns.fail("A", "SERVFAIL", argument="api.shop.example")
    world.dns.fail("A", frame="badcookie")
    ask(world.dns, "www.shop.example")
    with pytest.raises(AssertionError) as caught:
        world.assert_faults_acted()
    first, second, third = str(caught.value).splitlines()[1:]
    assert "the client never sent MX; it sent A" in first
    assert "1 A came, the fault was for argument 'api.shop.example': www.shop.example." in second
    assert "1 A came, and no answer could have this defect" in third


def test_a_plan_that_can_never_act_is_refused(world):
    with pytest.raises(Refused, match="did you mean 'SERVFAIL'"):
        world.dns.fail("A", "SERVFIAL")
    with pytest.raises(Refused, match="did you mean 'AAAA'"):
        world.dns.fail("AAA", "SERVFAIL")
    with pytest.raises(Refused, match=r"wrong-source acts on dns\.udp only"):
        world.dns.fail("A", frame="wrong-source", listener="tcp")


def test_each_query_counts_also_one_that_was_asked_before(world, shop):
    assert len({ask(world.dns, "www.shop.example") for _ in range(5)}) == 1
    assert len(world.dns.queries("www.shop.example", "A")) == 5
