"""Hosts (RFC 5732), as registrars see them. In the seed harbour sponsors homeport.test, lighthouse lighthouse.test."""

import msgspec
import pytest
from tests.services.epp.desk import Desk

from homeport.services.epp.flow import EppError
from homeport.services.epp.grammar import host


def v4(*texts: str) -> tuple[host.Address, ...]:
    return tuple(host.Address(value=text) for text in texts)


def v6(*texts: str) -> tuple[host.Address, ...]:
    return tuple(host.Address(ip="v6", value=text) for text in texts)


def statuses(*names: str) -> host.AddRem:
    return host.AddRem(status=tuple(host.Status(s=name) for name in names))


def renamed(old: str, new: str, **more) -> host.Update:
    return host.Update(name=old, chg=host.Chg(name=new), **more)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_check_answers_in_the_order_asked_and_refuses_nothing(desk):
    """RFC 5732 3.1.1"""
    answer = desk.do("harbour", host.Check(name=("ns9.homeport.test", "NS1.homeport.test", "!.invalid"))).data
    assert [(one.name.value, one.name.avail, one.reason and one.reason.value) for one in answer.cd] == [
        ("ns9.homeport.test", True, None),
        ("NS1.homeport.test", False, "In use"),
        ("!.invalid", False, "Not a host name"),
    ]


def test_a_created_host_is_shown_unchanged(desk):
    """RFC 5732 3.2.1 and 3.1.2; 2.1: names in any case, 2.5: addresses in their shortest form"""
    addresses = (*v4("192.0.2.77"), *v6("1080:0:0:0:8:800:200C:417A"))
    made = desk.do("harbour", host.Create(name="NS9.homeport.test", addr=addresses)).data
    assert (made.name, made.cr_date) == ("ns9.homeport.test", desk.clock.now())
    told = desk.do("lighthouse", host.Info(name="ns9.HOMEPORT.test")).data
    assert told.addr == (*v4("192.0.2.77"), *v6("1080::8:800:200c:417a"))
    assert ([status.s for status in told.status], told.cl_id, told.cr_id) == (["ok"], "harbour", "harbour")
    assert told.roid.endswith("-HOMEPORT")


def test_a_host_elsewhere_is_a_name_alone(desk):
    """RFC 5732 2.5: addresses are glue"""
    assert desk.do("harbour", host.Create(name="ns1.far.example.net")).code == 1000
    code, reason = desk.refused("harbour", host.Create(name="ns2.far.example.net", addr=v4("192.0.2.1")))
    assert code == 2306
    assert "glue" in reason


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ns1.nowhere-yet.test", 2303),
        ("ns9.lighthouse.test", 2201),
        ("ns1.homeport.test", 2302),
        ("test", 2005),
        ("ns_1.homeport.test", 2005),
        ("-ns.homeport.test", 2005),
        ("ns9.homeport.test.", 2005),
        ("ns..homeport.test", 2005),
        ("ab--cd.homeport.test", 2005),
        ("xn--.homeport.test", 2005),
        ("bücher.homeport.test", 2005),
        ("192.0.2.1", 2005),
        ("x" * 64 + ".homeport.test", 2005),
        (".".join(["a" * 60] * 5), 2005),
    ],
)
def test_a_host_needs_a_name_below_a_domain_of_one_s_own(desk, name, code):
    """RFC 5732 2.1, 3.2.1"""
    assert desk.refused("harbour", host.Create(name=name))[0] == code


def test_an_a_label_is_a_label(desk):
    """RFC 5890 2.3.2.1"""
    assert desk.do("harbour", host.Create(name="xn--bcher-kva.homeport.test")).code == 1000


@pytest.mark.parametrize(
    ("address", "code", "says"),
    [
        (host.Address(value="256.1.1.1"), 2005, "IPv4"),
        (host.Address(value="2001:db8::1"), 2005, 'ip="v6"'),
        (host.Address(ip="v6", value="192.0.2.1"), 2005, 'ip="v4"'),
        (host.Address(ip="v6", value="fe80::1%eth0"), 2306, "zone"),
        (host.Address(ip="v6", value="::ffff:192.0.2.1"), 2306, "IPv6 form"),
        (host.Address(value="127.0.0.1"), 2306, "loopback"),
        (host.Address(value="0.0.0.0"), 2306, "unspecified"),
        (host.Address(value="224.0.0.1"), 2306, "multicast"),
        (host.Address(value="169.254.1.1"), 2306, "link-local"),
        (host.Address(value="255.255.255.255"), 2306, "broadcast"),
    ],
)
def test_a_name_server_has_an_address_that_one_can_reach(desk, address, code, says):
    """RFC 5732 2.5"""
    answered, reason = desk.refused("harbour", host.Create(name="ns9.homeport.test", addr=(address,)))
    assert answered == code
    assert says in reason


def test_an_address_is_given_once(desk):
    """RFC 5732 2.5"""
    twice = v6("2001:db8::1", "2001:DB8:0::1")
    assert desk.refused("harbour", host.Create(name="ns9.homeport.test", addr=twice))[0] == 2306


def test_no_host_is_made_below_a_domain_that_is_being_deleted(desk):
    """RFC 5731 2.3: pendingDelete"""
    gone = msgspec.structs.replace(desk.registry.domain("3com.test"), deleted=desk.clock.now())
    desk.registry.put(gone)
    assert desk.refused("harbour", host.Create(name="ns1.3com.test"))[0] == 2304


def test_where_hosts_are_attributes_a_host_is_one_from_elsewhere(desk):
    """RFC 5731 1.1"""
    assert desk.do("harbour", host.Create(name="ns1.not-registered.example")).code == 1000


# Delete


def test_a_deleted_host_is_gone(desk):
    """RFC 5732 3.2.2"""
    desk.do("harbour", host.Create(name="ns9.homeport.test"))
    assert desk.refused("lighthouse", host.Delete(name="ns9.homeport.test"))[0] == 2201
    assert desk.do("harbour", host.Delete(name="ns9.homeport.test")).data is None
    assert desk.refused("harbour", host.Info(name="ns9.homeport.test"))[0] == 2303
    assert desk.refused("harbour", host.Delete(name="ns9.homeport.test"))[0] == 2303


def test_a_linked_host_stays_and_the_answer_names_its_domains(desk):
    """RFC 5732 3.2.2; RFC 9874 5.2.2.2"""
    code, reason = desk.refused("harbour", host.Delete(name="ns1.homeport.test"))
    assert code == 2305
    assert "lighthouse.test" in reason


def test_a_host_that_is_not_to_be_deleted_is_not(desk):
    """RFC 5732 2.3"""
    desk.do("harbour", host.Create(name="ns9.homeport.test"))
    desk.do("harbour", host.Update(name="ns9.homeport.test", add=statuses("clientDeleteProhibited")))
    assert desk.refused("harbour", host.Delete(name="ns9.homeport.test"))[0] == 2304


# Update


def test_addresses_are_removed_and_added(desk):
    """RFC 5732 3.2.5"""
    update = host.Update(
        name="ns2.homeport.test", add=host.AddRem(addr=v6("2001:db8::54")), rem=host.AddRem(addr=v4("192.0.2.54"))
    )
    assert desk.do("harbour", update).data is None
    told = desk.do("harbour", host.Info(name="ns2.homeport.test")).data
    assert told.addr == v6("2001:db8::54")
    assert (told.up_id, told.up_date) == ("harbour", desk.clock.now())


@pytest.mark.parametrize(
    ("update", "code"),
    [
        ({"add": host.AddRem(addr=v4("192.0.2.54"))}, 2306),
        ({"rem": host.AddRem(addr=v4("192.0.2.99"))}, 2306),
        ({"add": host.AddRem(addr=v4("192.0.2.54")), "rem": host.AddRem(addr=v4("192.0.2.54"))}, 2306),
        ({"rem": host.AddRem(addr=v4("192.0.2.54"))}, 2305),  # domains use it, and it lies in a zone here
        ({"add": host.AddRem()}, 2003),
        ({"add": statuses("ok")}, 2306),
        ({"add": statuses("serverDeleteProhibited")}, 2306),
        ({"rem": statuses("clientDeleteProhibited")}, 2306),
    ],
)
def test_an_invalid_update_is_refused_as_a_whole(desk, update, code):
    """RFC 5732 3.2.5"""
    assert desk.refused("harbour", host.Update(name="ns2.homeport.test", **update))[0] == code


def test_an_update_by_another_registrar_is_refused(desk):
    """RFC 5730 3: 2201"""
    update = host.Update(name="ns2.homeport.test", add=host.AddRem(addr=v4("192.0.2.99")))
    assert desk.refused("lighthouse", update)[0] == 2201


def test_client_update_prohibited_lets_only_itself_be_removed(desk):
    """RFC 5732 2.3"""
    desk.do("harbour", host.Update(name="ns2.homeport.test", add=statuses("clientUpdateProhibited")))
    change = host.Update(name="ns2.homeport.test", add=host.AddRem(addr=v4("192.0.2.99")))
    assert desk.refused("harbour", change)[0] == 2304
    desk.do("harbour", host.Update(name="ns2.homeport.test", rem=statuses("clientUpdateProhibited")))
    assert desk.do("harbour", change).code == 1000


def test_clients_cannot_remove_server_prohibitions(desk):
    """RFC 5732 2.3"""
    one = desk.registry.host("ns2.homeport.test")
    desk.registry.put(msgspec.structs.replace(one, statuses=("serverUpdateProhibited",)))
    update = host.Update(name="ns2.homeport.test", add=statuses("clientDeleteProhibited"))
    assert desk.refused("harbour", update)[0] == 2304


# Another name


def test_a_renamed_host_keeps_its_roid_and_its_links(desk):
    """RFC 5732 3.2.5; RFC 5730 2.8"""
    roid = desk.registry.host("ns1.homeport.test").roid
    desk.do("harbour", renamed("ns1.homeport.test", "NS9.homeport.test"))
    told = desk.do("harbour", host.Info(name="ns9.homeport.test")).data
    assert (told.roid, told.status[0].s) == (roid, "linked")
    assert "ns9.homeport.test" in desk.registry.domain("lighthouse.test").nameservers
    assert desk.refused("harbour", host.Info(name="ns1.homeport.test"))[0] == 2303


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ns2.homeport.test", 2302),
        ("ns9.lighthouse.test", 2201),
        ("ns9.nowhere-yet.test", 2303),
        ("!.invalid", 2005),
    ],
)
def test_a_new_name_is_held_to_the_rules_of_a_new_host(desk, name, code):
    """RFC 5732 3.2.5"""
    assert desk.refused("harbour", renamed("ns1.homeport.test", name))[0] == code


@pytest.mark.parametrize("name", ["ns1.homeport.test", "NS1.Homeport.TEST"])
def test_a_host_can_be_renamed_to_the_name_it_has(desk, name):
    """RFC 5732 3.2.5: no other host has it"""
    before = desk.registry.host("ns1.homeport.test")
    assert desk.do("harbour", renamed("ns1.homeport.test", name)).code == 1000
    after = desk.registry.host("ns1.homeport.test")
    assert (after.roid, after.name, after.addresses) == (before.roid, before.name, before.addresses)
    assert "ns1.homeport.test" in desk.registry.domain("lighthouse.test").nameservers


def test_a_host_that_leaves_the_zones_leaves_its_addresses(desk):
    """RFC 5732 2.5; RFC 9874 6: a sacrificial name, for hosts that other clients use"""
    desk.do("harbour", renamed("ns1.homeport.test", "ns1-homeport.sacrificial.invalid"))
    told = desk.do("harbour", host.Info(name="ns1-homeport.sacrificial.invalid")).data
    assert told.addr == ()
    assert "ns1-homeport.sacrificial.invalid" in desk.registry.domain("lighthouse.test").nameservers


def test_an_external_host_that_others_use_keeps_its_name(desk):
    """RFC 5732 3.2.5: 2305, which names what is affected"""
    desk.do("harbour", renamed("ns1.homeport.test", "ns1.elsewhere.invalid"))
    code, reason = desk.refused("harbour", renamed("ns1.elsewhere.invalid", "ns2.elsewhere.invalid"))
    assert code == 2305
    assert "lighthouse.test" in reason
    assert "homeport.test" not in reason.replace("lighthouse.test", "")


def test_an_external_host_of_one_s_own_use_is_renamed_and_needs_glue_when_it_comes_in(desk):
    """RFC 5732 3.2.5"""
    desk.do("harbour", renamed("ns2.homeport.test", "ns2.elsewhere.invalid"))
    desk.do("harbour", renamed("ns2.elsewhere.invalid", "ns3.elsewhere.invalid"))
    code, reason = desk.refused("harbour", renamed("ns3.elsewhere.invalid", "ns3.homeport.test"))
    assert code == 2305
    assert "glue" in reason
    desk.do("harbour", renamed("ns3.elsewhere.invalid", "ns3.homeport.test", add=host.AddRem(addr=v4("192.0.2.3"))))
    assert desk.registry.host("ns3.homeport.test").addresses == ("192.0.2.3",)


def test_a_dot_at_the_end_is_a_finding(desk):
    """RFC 5732 2.1"""
    with pytest.raises(EppError) as refusal:
        desk.do("harbour", host.Create(name="ns9.homeport.test."))
    assert refusal.value.finding == "trailing-dot"
