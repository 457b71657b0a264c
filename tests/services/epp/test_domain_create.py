"""Create and check of domains: names, registrars, periods and links that are accepted."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from services.epp.desk import NOW
from services.epp.registrars import Clerk, auth, create, make_desk, servers, update

from homeport.services.epp.grammar import domain, host
from homeport.world.registry import Zone, reviews

MAXIMUM = {
    "registrant": "sh8011",
    "contact": (domain.ContactRef(type="admin", value="sh8012"), domain.ContactRef(type="tech", value="sh8013")),
}


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_rfc_5731_3_1_1_check_answers_every_name_in_the_order_asked(harbour):
    harbour.does(create("boat.test"))
    names = (
        "free.test",
        "boat.test",
        "BOAT.test",
        "boat.nowhere",
        "a.b.test",
        "-.test",
        "test",
        "lab.test",
        "free.test",
    )
    data = harbour.does(domain.Check(name=names)).data
    assert [(one.name.value, one.name.avail, one.reason and one.reason.value) for one in data.cd] == [
        ("free.test", True, None),
        ("boat.test", False, "In use"),
        ("BOAT.test", False, "In use"),
        ("boat.nowhere", False, "Not in a zone of this registry"),
        ("a.b.test", False, "Not directly below test"),
        ("-.test", False, "Not a valid domain name"),
        ("test", False, "The name of a zone"),
        ("lab.test", False, "The name of a zone"),
        ("free.test", True, None),
    ]


def test_eppcom_every_reason_of_check_has_32_characters_at_most():
    harbour = Clerk(make_desk([Zone(name="a-zone-with-a-very-long-name.test", reserved=("nic",))]), "harbour")
    names = ("x.y.a-zone-with-a-very-long-name.test", "nic.a-zone-with-a-very-long-name.test", "a..b", "b")
    reasons = [one.reason.value for one in harbour.does(domain.Check(name=names)).data.cd]
    assert all(1 <= len(reason) <= 32 for reason in reasons)
    assert reasons[1] == "Reserved"


def test_rfc_5731_3_2_1_create_answers_name_and_dates(harbour):
    outcome = harbour.does(create("Boat.TEST", 2))
    assert (outcome.code, outcome.extensions) == (1000, ())
    assert outcome.data == domain.CreData(name="boat.test", cr_date=NOW, ex_date=moment("2028-10-14T17:46:40"))
    data = harbour.info("boat.test")
    assert (data.cl_id, data.cr_id, data.up_id, data.up_date, data.tr_date) == ("harbour", "harbour", None, None, None)
    assert data.roid.endswith("-HOMEPORT")
    assert harbour.rgp("boat.test") == ["addPeriod"]


def test_rfc_5731_3_2_1_a_registered_name_cannot_be_created_in_any_case(harbour, lighthouse):
    harbour.does(create("boat.test"))
    assert lighthouse.refused(create("BOAT.test")).code == 2302
    assert harbour.refused(create("boat.test")).code == 2302


@pytest.mark.parametrize(
    "name",
    [
        "b" * 64 + ".test",
        "xx--boat.test",
        "xn--99999.test",
        "xn--" + "a1b2c3d4" * 7 + "xyz.test",
        "-boat.test",
        "boat-.test",
        "bo_at.test",
        "bo at.test",
        "boat.test.",
        ".boat.test",
        "boat..test",
        "süd.test",
        "x." + "a" * 62 + "." + "b" * 62 + "." + "c" * 62 + "." + "d" * 58 + ".test",
    ],
)
def test_rfc_5731_2_1_an_invalid_name_is_refused_with_2005_or_is_not_available(harbour, name):
    error = harbour.refused(create(name))
    assert (error.code, error.value.text) == (2005, name)
    assert not harbour.does(domain.Check(name=(name,))).data.cd[0].name.avail


@pytest.mark.parametrize("name", ["xn--sd-wka.test", "a" * 63 + ".test", "1.test", "3com.test", "a-b--c.test"])
def test_rfc_5890_2_3_good_labels_are_registered(harbour, name):
    assert harbour.code(create(name)) == 1000


@pytest.mark.parametrize("name", ["boat.nowhere", "a.boat.test", "test", "lab.test"])
def test_rfc_5731_3_2_1_names_outside_the_zones_or_deeper_are_refused_by_policy(harbour, name):
    assert harbour.refused(create(name)).code == 2306


def test_reserved_labels_are_refused_by_policy():
    harbour = Clerk(make_desk([Zone(name="test", reserved=("nic",))]), "harbour")
    assert harbour.refused(create("NIC.test")).code == 2306


@pytest.mark.parametrize(("years", "code"), [(1, 1000), (10, 1000), (11, 2004), (99, 2004)])
def test_rfc_5731_2_5_a_period_of_one_to_ten_years(harbour, years, code):
    assert harbour.code(create("boat.test", years)) == code


@pytest.mark.parametrize(("months", "code"), [(12, 1000), (24, 1000), (18, 2306), (1, 2306)])
def test_rfc_5731_2_5_months_are_accepted_if_they_make_whole_years(harbour, months, code):
    assert harbour.code(create("boat.test") if months is None else _in_months("boat.test", months)) == code


def _in_months(name, months):
    return domain.Create(name=name, period=domain.Period(unit="m", value=months), auth_info=auth())


def test_rfc_5731_2_5_february_29_is_followed_by_february_28():
    desk = make_desk()
    desk.clock.set(moment("2028-02-29T12:00:00"))
    harbour = Clerk(desk, "harbour")
    assert harbour.does(create("leap.test", 1)).data.ex_date == moment("2029-02-28T12:00:00")
    assert harbour.does(create("leap4.test", 4)).data.ex_date == moment("2032-02-29T12:00:00")


def test_rfc_5731_3_2_1_registrant_contacts_and_hosts_must_exist(harbour):
    for fields, name in (
        ({"registrant": "nobody"}, "registrant"),
        ({"contact": (domain.ContactRef(type="tech", value="nobody"),)}, "contact"),
        ({"ns": domain.Ns(host_obj=("ns9.outside.net",))}, "hostObj"),
    ):
        error = harbour.refused(create("boat.test", **fields))
        assert (error.code, error.value.name) == (2303, name)


def test_rfc_5731_3_2_1_no_contact_has_the_same_role_twice(harbour):
    twice = (domain.ContactRef(type="tech", value="sh8011"), domain.ContactRef(type="tech", value="SH8011"))
    assert harbour.refused(create("boat.test", contact=twice)).code == 2306
    roles = (domain.ContactRef(type="tech", value="sh8011"), domain.ContactRef(type="admin", value="sh8011"))
    assert harbour.code(create("boat.test", contact=roles)) == 1000


def test_rfc_5731_2_2_a_contact_has_a_type(harbour):
    assert harbour.refused(create("boat.test", contact=(domain.ContactRef(value="sh8011"),))).code == 2003


def test_rfc_5731_3_2_1_a_maximum_data_model_needs_registrant_admin_and_tech(harbour):
    assert harbour.code(create("boat.lab.test", **MAXIMUM)) == 1000
    for missing in ("registrant", "contact"):
        assert (
            harbour.refused(
                create("ship.lab.test", **{**MAXIMUM, missing: None if missing == "registrant" else ()})
            ).code
            == 2003
        )
    for role in range(2):
        assert (
            harbour.refused(create("ship.lab.test", **{**MAXIMUM, "contact": MAXIMUM["contact"][role : role + 1]})).code
            == 2003
        )


def test_rfc_5731_3_2_1_a_minimum_data_model_takes_no_contacts(harbour):
    assert harbour.code(create("boat.example")) == 1000
    assert harbour.refused(create("ship.example", registrant="sh8011")).code == 2306
    assert harbour.refused(create("ship.example", contact=MAXIMUM["contact"])).code == 2306


def test_rfc_5731_1_1_a_zone_has_host_objects_or_attributes_and_refuses_the_others(harbour):
    attributes = domain.Ns(host_attr=(domain.HostAttr(host_name="ns1.outside.net"),))
    objects = domain.Ns(host_obj=("ns1.outside.net", "ns2.outside.net"))
    assert harbour.refused(create("boat.test", ns=attributes)).code == 2306
    assert harbour.refused(create("boat.example", ns=objects)).code == 2306
    assert harbour.code(create("boat.test", ns=objects)) == 1000
    assert harbour.code(create("boat.example", ns=attributes)) == 1000
    assert harbour.info("boat.test").ns == objects
    assert harbour.info("boat.example").ns == attributes
    assert harbour.statuses("boat.test") == harbour.statuses("boat.example") == ["ok"]


def attribute(name, *addresses):
    given = tuple(host.Address(ip="v6" if ":" in one else "v4", value=one) for one in addresses)
    return domain.Ns(host_attr=(domain.HostAttr(host_name=name, host_addr=given),))


@pytest.mark.parametrize(
    ("ns", "code"),
    [
        (attribute("ns1.boat.example", "192.0.2.2", "1080:0:0:0:8:800:200C:417A"), 1000),
        (attribute("ns1.outside.net", "192.0.2.2"), 1000),  # as in the examples of RFC 5731 3.2.1
        (attribute("ns1.boat.example"), 2306),
        (attribute("ns1.ship.example", "192.0.2.2"), 2306),
        (attribute("ns1.ship.example"), 1000),
        (attribute("ns1.boat.example", "192.0.2.2", "192.0.2.2"), 2306),
        (attribute("ns1.boat.example", "127.0.0.1"), 2306),
        (attribute("ns1.boat.example", "256.1.1.1"), 2005),
        (attribute("!.boat.example", "192.0.2.1"), 2005),
    ],
)
def test_rfc_5731_1_1_glue_is_for_servers_below_the_domain(harbour, ns, code):
    assert harbour.code(create("boat.example", ns=ns)) == code


def test_addresses_of_attributes_are_shown_with_their_version(harbour):
    harbour.does(create("boat.example", ns=attribute("ns1.boat.example", "192.0.2.2", "1080:0:0:0:8:800:200C:417A")))
    shown = harbour.info("boat.example").ns.host_attr[0]
    assert [(one.ip, one.value) for one in shown.host_addr] == [("v4", "192.0.2.2"), ("v6", "1080::8:800:200c:417a")]


def test_a_host_of_the_registry_without_address_is_no_server(harbour):
    """RST epp-27: a glueless host in a zone of the registry must not be used for a delegation."""
    harbour.does(create("boat.test"))
    harbour.does(host.Create(name="ns1.boat.test"))
    assert harbour.refused(create("ship.test", ns=domain.Ns(host_obj=("ns1.boat.test",)))).code == 2306
    harbour.does(host.Update(name="ns1.boat.test", add=host.AddRem(addr=(host.Address(value="192.0.2.1"),))))
    assert harbour.code(create("ship.test", ns=domain.Ns(host_obj=("ns1.boat.test",)))) == 1000


def test_a_server_is_named_once_and_no_more_than_the_zone_takes():
    harbour = Clerk(make_desk([Zone(name="test", max_nameservers=1)]), "harbour")
    twice = domain.Ns(host_obj=("ns1.outside.net", "NS1.outside.net"))
    both = domain.Ns(host_obj=("ns1.outside.net", "ns2.outside.net"))
    assert harbour.refused(create("boat.test", ns=twice)).code == 2306
    assert harbour.refused(create("boat.test", ns=both)).code == 2306


def test_rfc_5731_2_3_a_domain_without_servers_is_inactive(harbour):
    harbour.does(create("boat.test"))
    assert harbour.statuses("boat.test") == ["inactive"]
    harbour.does(update("boat.test", add=servers("ns1.outside.net")))
    assert harbour.statuses("boat.test") == ["ok"]


def test_rfc_9154_4_1_an_empty_password_is_unset(harbour):
    assert harbour.code(create("boat.test", auth_info=auth(""))) == 1000
    assert harbour.info("boat.test").auth_info is None


def test_rfc_5731_2_6_authinfo_of_another_kind_or_of_a_contact_is_refused(harbour):
    ext = domain.AuthInfo(ext=domain.AuthExt(object=domain.Delete(name="x")))
    assert harbour.refused(create("boat.test", auth_info=ext)).code == 2102
    assert harbour.refused(create("boat.test", auth_info=auth("2fooBAR", "C1-HOMEPORT"))).code == 2306


@pytest.mark.parametrize("password", ["2fooBA!", "foobarfoobar!", "12345678!", "2fooBARx"])
def test_a_zone_can_demand_strong_passwords(password):
    harbour = Clerk(make_desk([Zone(name="test", authinfo="strong")]), "harbour")
    assert harbour.refused(create("boat.test", auth_info=auth(password))).code == 2306
    assert harbour.code(create("boat.test", auth_info=auth("2fooBAR!"))) == 1000


def test_rfc_5730_3_an_insufficient_balance_is_refused_with_2104(registry, harbour):
    registry.put(replace(registry.registrar("harbour"), balance=25.0))
    assert harbour.refused(create("boat.test", 3)).code == 2104
    assert harbour.code(create("boat.test", 2)) == 1000
    assert registry.registrar("harbour").balance == 5.0
    assert harbour.refused(create("ship.test", 1)).code == 2104


def test_a_registrar_registers_only_where_it_is_accredited(registry, harbour):
    registry.put(replace(registry.registrar("harbour"), zones=("example",)))
    assert harbour.refused(create("boat.test")).code == 2201
    assert harbour.code(create("boat.example")) == 1000


def test_rfc_5731_3_3_a_reviewed_create_is_answered_1001_and_reported_later():
    harbour = Clerk(make_desk([Zone(name="test", review_creates=True, review=60.0)]), "harbour")
    registry = harbour.registry
    outcome = harbour.does(create("boat.test"))
    assert (outcome.code, outcome.data.name) == (1001, "boat.test")
    assert harbour.statuses("boat.test") == ["inactive", "pendingCreate"]
    assert harbour.refused(update("boat.test", add=servers("ns1.outside.net"))).code == 2304
    assert harbour.refused(domain.Delete(name="boat.test")).code == 2304
    assert harbour.messages() == []
    registry.clock.advance(60.0)
    assert harbour.statuses("boat.test") == ["inactive"]
    (message,) = registry.messages.of("harbour")
    assert (message.about.approved, message.about.cl_trid, message.about.sv_trid) == (True, "harbour-1", "SV-1")
    assert message.date == NOW + 60.0


def test_rfc_5731_3_3_a_create_that_is_rejected_leaves_nothing():
    harbour = Clerk(make_desk([Zone(name="test", review_creates=True)]), "harbour")
    registry = harbour.registry
    harbour.does(create("boat.test"))
    changes = registry.begin()
    reviews.reject(changes, registry.domain("boat.test"))
    registry.commit(changes)
    assert harbour.code(domain.Info(name=domain.InfoName(value="boat.test"))) == 2303
    assert not registry.messages.of("harbour")[0].about.approved
