"""Update and info of domains: visible data by client; statuses, servers, contacts, registrant, authInfo."""

from datetime import date

import pytest
from msgspec.structs import replace
from services.epp.desk import NOW
from services.epp.registrars import Clerk, auth, create, make_desk, servers, statuses, update

from homeport.services.epp.grammar import domain, host, rgp, secdns
from homeport.services.epp.grammar.eppcom import Password
from homeport.world.registry import Zone, interventions

CLIENT = (
    "clientDeleteProhibited",
    "clientHold",
    "clientRenewProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
)
SERVER = tuple(one.replace("client", "server") for one in CLIENT)
NOT_FOR_CLIENTS = (
    *SERVER,
    *("ok", "inactive"),
    *("pendingCreate", "pendingDelete", "pendingRenew", "pendingTransfer", "pendingUpdate"),
)


def info(name, hosts="all", auth_info=None):
    return domain.Info(name=domain.InfoName(value=name, hosts=hosts), auth_info=auth_info)


def contact(role, name):
    return domain.ContactRef(type=role, value=name)


@pytest.fixture(autouse=True)
def boat(harbour):
    """Register boat.test for harbour, with everything."""
    harbour.does(
        create(
            "boat.test",
            ns=domain.Ns(host_obj=("ns1.outside.net",)),
            registrant="sh8011",
            contact=(contact("admin", "sh8012"), contact("tech", "sh8013")),
        )
    )
    for name in ("ns1.boat.test", "ns2.boat.test"):
        harbour.does(host.Create(name=name, addr=(host.Address(value="192.0.2.1"),)))


def by_registry(registry, name, add=(), remove=()):
    changes = registry.begin()
    interventions.change_statuses(changes, registry.domain(name), add, remove)
    registry.commit(changes)


# info


def test_rfc_5731_3_1_2_the_sponsor_sees_everything(harbour):
    data = harbour.info("BOAT.test")
    assert data == domain.InfData(
        name="boat.test",
        roid=data.roid,
        status=(domain.Status(s="ok"),),
        registrant="sh8011",
        contact=(contact("admin", "sh8012"), contact("tech", "sh8013")),
        ns=domain.Ns(host_obj=("ns1.outside.net",)),
        host=("ns1.boat.test", "ns2.boat.test"),
        cl_id="harbour",
        cr_id="harbour",
        cr_date=NOW,
        ex_date=data.ex_date,
        auth_info=auth(),
    )


@pytest.mark.parametrize(
    ("hosts", "delegated", "subordinate"),
    [("all", True, True), ("del", True, False), ("sub", False, True), ("none", False, False)],
)
def test_rfc_5731_3_1_2_hosts_says_which_hosts_are_wanted(harbour, hosts, delegated, subordinate):
    data = harbour.does(info("boat.test", hosts)).data
    assert (data.ns is not None, data.host != ()) == (delegated, subordinate)


def test_rfc_5731_3_1_2_others_see_public_data_and_never_the_authinfo(lighthouse):
    data = lighthouse.info("boat.test")
    assert (data.cl_id, data.ns.host_obj, data.status[0].s) == ("harbour", ("ns1.outside.net",), "ok")
    assert (data.registrant, data.contact, data.host, data.auth_info) == (None, (), (), None)


def test_rfc_5731_3_1_2_the_authinfo_opens_everything(harbour, lighthouse):
    assert lighthouse.does(info("boat.test", auth_info=auth())).data == harbour.info("boat.test")
    assert lighthouse.refused(info("boat.test", auth_info=auth("wrong"))).code == 2202
    assert harbour.refused(info("boat.test", auth_info=auth("wrong"))).code == 2202


def test_rfc_5731_3_1_2_a_roid_names_the_object_of_the_authinfo(registry, lighthouse):
    registry.put(replace(registry.contact("sh8011"), password="registrant!"))
    registry.put(replace(registry.contact("sh8014"), password="unrelated!"))
    roid = registry.domain("boat.test").roid
    data = lighthouse.does(info("boat.test", auth_info=auth("registrant!", "C1-HOMEPORT"))).data
    assert (data.registrant, data.auth_info) == ("sh8011", None)  # the other password is not shown
    assert lighthouse.does(info("boat.test", auth_info=auth("2fooBAR", roid))).data.auth_info == auth()
    for password, whose in (
        ("2fooBAR", "C1-HOMEPORT"),
        ("unrelated!", "C4-HOMEPORT"),
        ("x", "C9-HOMEPORT"),
        ("", "C2-HOMEPORT"),
    ):
        assert lighthouse.refused(info("boat.test", auth_info=auth(password, whose))).code == 2202


def test_rfc_5731_2_6_an_unset_authinfo_opens_nothing(harbour, lighthouse):
    harbour.does(update("boat.test", chg=domain.Chg(auth_info=domain.AuthInfoChg(null=True))))
    for password in ("", "2fooBAR"):
        assert lighthouse.refused(info("boat.test", auth_info=auth(password))).code == 2202


def test_rfc_5731_2_6_authinfo_of_unknown_kind_is_an_unimplemented_option(lighthouse):
    ext = domain.AuthInfo(ext=domain.AuthExt(object=domain.Delete(name="x")))
    assert lighthouse.refused(info("boat.test", auth_info=ext)).code == 2102


@pytest.mark.parametrize("name", ["ship.test", "boat.nowhere", "bät.test", "boat.test.", "-.test"])
def test_rfc_5730_3_an_unknown_domain_is_2303(harbour, name):
    error = harbour.refused(info(name))
    assert (error.code, error.value.text) == (2303, name)


def test_rfc_5730_2_9_2_extensions_are_shown_if_the_login_listed_them(desk, harbour):
    signer = secdns.DsData(key_tag=1, alg=13, digest_type=2, digest="AB" * 32)
    harbour.does(update("boat.test"), secdns.Update(add=secdns.Add(ds_data=(signer,))))
    assert [type(one) for one in harbour.does(info("boat.test")).extensions] == [rgp.InfData, secdns.InfData]
    desk.services = frozenset((domain.NAMESPACE, secdns.NAMESPACE))
    assert [type(one) for one in harbour.does(info("boat.test")).extensions] == [secdns.InfData]
    desk.services = frozenset((domain.NAMESPACE,))
    assert harbour.does(info("boat.test")).extensions == ()


# update: statuses


@pytest.mark.parametrize("status", CLIENT)
def test_rfc_5731_2_3_clients_set_and_remove_client_statuses(harbour, status):
    assert harbour.code(update("boat.test", add=statuses(status))) == 1000
    assert harbour.statuses("boat.test") == [status]
    assert harbour.refused(update("boat.test", add=statuses(status))).code == (
        2304 if status == "clientUpdateProhibited" else 2306
    )
    assert harbour.code(update("boat.test", rem=statuses(status))) == 1000
    assert harbour.statuses("boat.test") == ["ok"]
    assert harbour.refused(update("boat.test", rem=statuses(status))).code == 2306


@pytest.mark.parametrize("status", NOT_FOR_CLIENTS)
def test_rfc_5731_2_3_other_statuses_are_not_the_clients_business(registry, harbour, status):
    assert harbour.refused(update("boat.test", add=statuses(status))).code == 2306
    if status in SERVER and status != "serverUpdateProhibited":
        by_registry(registry, "boat.test", add=[status])
    assert harbour.refused(update("boat.test", rem=statuses(status))).code == 2306


def test_rfc_5731_2_3_client_update_prohibited_blocks_everything_but_its_own_removal(harbour):
    harbour.does(update("boat.test", add=statuses("clientUpdateProhibited")))
    for command in (
        update("boat.test", add=statuses("clientHold")),
        update("boat.test", chg=domain.Chg(registrant="sh8012")),
        update("boat.test", add=servers("ns2.outside.net")),
    ):
        assert harbour.refused(command).code == 2304
    signer = secdns.DsData(key_tag=1, alg=13, digest_type=2, digest="AB")
    assert harbour.refused(update("boat.test"), secdns.Update(add=secdns.Add(ds_data=(signer,)))).code == 2304
    assert harbour.code(update("boat.test", rem=statuses("clientUpdateProhibited"))) == 1000
    assert harbour.code(update("boat.test", add=statuses("clientHold"))) == 1000


def test_rfc_5731_2_3_server_update_prohibited_blocks_every_update(registry, harbour):
    by_registry(registry, "boat.test", add=["serverUpdateProhibited"])
    assert harbour.refused(update("boat.test", add=statuses("clientHold"))).code == 2304
    assert harbour.refused(update("boat.test", rem=statuses("serverUpdateProhibited"))).code == 2304


@pytest.mark.parametrize("who", ["client", "server"])
@pytest.mark.parametrize("operation", ["Delete", "Renew", "Transfer"])
def test_rfc_5731_2_3_prohibitions_forbid_their_operation_and_no_other(registry, harbour, lighthouse, who, operation):
    harbour.does(host.Delete(name="ns1.boat.test"))
    harbour.does(host.Delete(name="ns2.boat.test"))
    by_registry(registry, "boat.test", add=[f"{who}{operation}Prohibited"])
    expires = domain.Renew(name="boat.test", cur_exp_date=date(2027, 10, 14))
    codes = {
        "Renew": harbour.code(expires),
        "Transfer": lighthouse.code(domain.Transfer(name="boat.test", auth_info=auth()), op="request"),
    }
    if codes["Transfer"] == 1001:
        lighthouse.does(domain.Transfer(name="boat.test"), op="cancel")
    codes["Delete"] = harbour.code(domain.Delete(name="boat.test"))
    assert codes == {"Renew": 1000, "Transfer": 1001, "Delete": 1000} | {operation: 2304}


def test_a_status_is_not_both_added_and_removed(harbour):
    harbour.does(update("boat.test", add=statuses("clientHold")))
    both = update("boat.test", add=statuses("clientHold"), rem=statuses("clientHold"))
    assert harbour.refused(both).code == 2306
    assert (
        harbour.refused(update("boat.test", add=statuses("clientRenewProhibited", "clientRenewProhibited"))).code
        == 2306
    )


def test_rfc_5731_3_2_5_removing_looks_at_s_alone(harbour):
    harbour.does(update("boat.test", add=statuses("clientHold")))
    explained = domain.AddRem(status=(domain.Status(s="clientHold", lang="fr", value="Impayé"),))
    assert harbour.code(update("boat.test", rem=explained)) == 1000


# update: the rest


def test_rfc_5731_3_2_5_update_sets_upid_and_update_time(desk, harbour):
    desk.clock.advance(60.0)
    outcome = harbour.does(update("boat.test", add=statuses("clientHold")))
    assert (outcome.code, outcome.data) == (1000, None)
    data = harbour.info("boat.test")
    assert (data.up_id, data.up_date, data.cr_date) == ("harbour", NOW + 60.0, NOW)


def test_rfc_5731_3_2_5_only_the_sponsor_updates(lighthouse):
    assert lighthouse.refused(update("boat.test", add=statuses("clientHold"))).code == 2201
    assert lighthouse.refused(update("ship.test", add=statuses("clientHold"))).code == 2303


@pytest.mark.parametrize(
    "command",
    [
        update("boat.test"),
        update("boat.test", chg=domain.Chg()),
        update("boat.test", add=domain.AddRem(), rem=domain.AddRem(), chg=domain.Chg()),
    ],
)
def test_rfc_5731_3_2_5_an_empty_update_is_refused(harbour, command):
    error = harbour.refused(command)
    assert (error.code, error.finding) == (2003, "empty-update")


def test_rfc_5731_3_2_5_servers_are_removed_and_added(harbour):
    assert harbour.code(update("boat.test", add=servers("NS2.outside.net"), rem=servers("ns1.outside.net"))) == 1000
    assert harbour.info("boat.test").ns.host_obj == ("ns2.outside.net",)
    assert harbour.code(update("boat.test", rem=servers("NS2.outside.net"))) == 1000
    assert harbour.info("boat.test").ns is None
    assert harbour.statuses("boat.test") == ["inactive"]


def test_rst_epp_16_servers_that_are_there_are_not_added_and_others_not_removed(harbour):
    assert harbour.refused(update("boat.test", add=servers("ns1.outside.net"))).code == 2306
    assert harbour.refused(update("boat.test", rem=servers("ns2.outside.net"))).code == 2306
    both = update("boat.test", add=servers("ns1.outside.net"), rem=servers("ns1.outside.net"))
    assert harbour.refused(both).code == 2306
    assert harbour.refused(update("boat.test", add=servers("ns9.outside.net"))).code == 2303


def test_rfc_5731_1_1_the_other_model_is_refused_in_updates_too(harbour):
    attribute = domain.AddRem(ns=domain.Ns(host_attr=(domain.HostAttr(host_name="ns2.outside.net"),)))
    for command in (update("boat.test", add=attribute), update("boat.test", rem=attribute)):
        assert harbour.refused(command).code == 2306
    harbour.does(create("boat.example"))
    assert harbour.refused(update("boat.example", add=servers("ns1.outside.net"))).code == 2306


def test_rfc_5731_3_2_5_an_attribute_is_removed_by_its_name_and_its_glue_replaced_in_one_command(harbour):
    def attribute(*addresses):
        given = tuple(host.Address(value=one) for one in addresses)
        return domain.AddRem(ns=domain.Ns(host_attr=(domain.HostAttr(host_name="ns1.boat.example", host_addr=given),)))

    harbour.does(create("boat.example", ns=attribute("192.0.2.1").ns))
    assert harbour.refused(update("boat.example", add=attribute("192.0.2.2"))).code == 2306
    assert harbour.code(update("boat.example", add=attribute("192.0.2.2"), rem=attribute())) == 1000
    assert harbour.info("boat.example").ns.host_attr[0].host_addr[0].value == "192.0.2.2"
    assert harbour.refused(update("boat.example", add=attribute("192.0.2.2"), rem=attribute())).code == 2306
    assert harbour.code(update("boat.example", rem=attribute("192.0.2.99"))) == 1000
    assert harbour.refused(update("boat.example", rem=attribute())).code == 2306


def test_rfc_5731_3_2_5_contacts_are_removed_and_added(harbour):
    tech, other = contact("tech", "sh8013"), contact("tech", "sh8014")
    harbour.does(update("boat.test", add=domain.AddRem(contact=(other,)), rem=domain.AddRem(contact=(tech,))))
    assert harbour.info("boat.test").contact == (contact("admin", "sh8012"), other)
    for command in (
        update("boat.test", add=domain.AddRem(contact=(other,))),
        update("boat.test", rem=domain.AddRem(contact=(tech,))),
        update("boat.test", rem=domain.AddRem(contact=(other,)), add=domain.AddRem(contact=(other,))),
    ):
        assert harbour.refused(command).code == 2306
    assert harbour.refused(update("boat.test", add=domain.AddRem(contact=(contact("tech", "nobody"),)))).code == 2303


def test_rfc_5731_3_2_5_an_empty_registrant_takes_it_away(harbour):
    assert harbour.code(update("boat.test", chg=domain.Chg(registrant="SH8014"))) == 1000
    assert harbour.info("boat.test").registrant == "sh8014"
    assert harbour.refused(update("boat.test", chg=domain.Chg(registrant="nobody"))).code == 2303
    assert harbour.code(update("boat.test", chg=domain.Chg(registrant=""))) == 1000
    assert harbour.info("boat.test").registrant is None


def test_the_data_model_holds_for_updates_too(harbour):
    contacts = (contact("admin", "sh8012"), contact("tech", "sh8013"))
    harbour.does(create("boat.lab.test", registrant="sh8011", contact=contacts))
    assert harbour.refused(update("boat.lab.test", chg=domain.Chg(registrant=""))).code == 2003
    assert harbour.refused(update("boat.lab.test", rem=domain.AddRem(contact=contacts[:1]))).code == 2003
    harbour.does(create("boat.example"))
    assert harbour.refused(update("boat.example", chg=domain.Chg(registrant="sh8011"))).code == 2306


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (domain.AuthInfoChg(pw=Password(value="newPass")), auth("newPass")),
        (domain.AuthInfoChg(pw=Password(value="")), None),
        (domain.AuthInfoChg(null=True), None),
    ],
)
def test_rfc_5731_3_2_5_authinfo_is_set_and_unset(harbour, change, shown):
    assert harbour.code(update("boat.test", chg=domain.Chg(auth_info=change))) == 1000
    assert harbour.info("boat.test").auth_info == shown


def test_a_zone_demands_strong_passwords_of_updates_too():
    harbour = Clerk(make_desk([Zone(name="test", authinfo="strong")]), "harbour")
    harbour.does(create("boat.test", auth_info=auth("")))
    weak = domain.Chg(auth_info=domain.AuthInfoChg(pw=Password(value="weak")))
    assert harbour.refused(update("boat.test", chg=weak)).code == 2306


def test_rfc_5730_2_7_3_an_extension_belongs_to_its_command(harbour):
    restore = rgp.Update(restore=rgp.Restore(op="request"))
    error = harbour.refused(create("ship.test"), restore)
    assert error.code == 2103
    assert "secDNS:create" in error.reason
    assert harbour.refused(domain.Delete(name="boat.test"), restore).code == 2103
    assert harbour.refused(host.Delete(name="ns1.boat.test"), restore).code == 2103
