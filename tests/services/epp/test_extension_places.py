"""The places where extensions are called (RFC 5730 2.7.3); each module is complete."""

from services.epp.registrars import create, update

from homeport.services.epp.extensions import all_extensions
from homeport.services.epp.grammar import domain, epp, rgp, secdns
from homeport.services.epp.grammar.namespaces import TABLE

REQUEST = epp.Poll(op="req")


def test_each_extension_has_elements_of_its_own_namespace_and_a_place_for_each():
    for namespace in TABLE:
        assert not namespace.elements_of_its_own or namespace.uri == namespace.module.NAMESPACE
    for extension in all_extensions():
        for command, element in extension.belongs.items():
            module = __import__(element.__module__, fromlist=["NAMESPACE"])
            assert extension.uri == module.NAMESPACE
            assert command in {**extension.wraps, **extension.replaces, **extension.changes, **extension.shows}


def test_rfc_3915_and_rfc_5910_a_message_about_a_domain_shows_it_with_its_extensions(desk, harbour):
    signer = secdns.DsData(key_tag=1, alg=13, digest_type=2, digest="AB" * 32)
    harbour.does(create("boat.test"), secdns.Create(ds_data=(signer,)))
    desk.clock.advance(366 * 86_400)
    outcome = harbour.does(REQUEST)
    assert outcome.code == 1301
    assert (outcome.data.name, outcome.data.auth_info) == ("boat.test", None)
    periods, delegation = outcome.extensions
    assert periods == rgp.InfData(rgp_status=(rgp.Status(s="autoRenewPeriod"),))
    assert delegation == secdns.InfData(ds_data=(signer,))


def test_a_message_shows_a_domain_at_the_time_of_its_event(desk, harbour):
    harbour.does(create("boat.test"))
    desk.clock.advance(366 * 86_400)
    harbour.does(update("boat.test", chg=domain.Chg(registrant="sh8011")))
    assert harbour.does(REQUEST).data.registrant is None


def test_rfc_9038_2_namespaces_not_listed_at_login_are_left_out_of_messages(desk, harbour):
    harbour.does(create("boat.test"))
    desk.clock.advance(366 * 86_400)
    desk.services = frozenset((domain.NAMESPACE,))
    assert harbour.does(REQUEST).extensions == ()
    desk.services = frozenset((rgp.NAMESPACE,))
    outcome = harbour.does(REQUEST)
    assert (outcome.code, outcome.data, outcome.extensions) == (1301, None, ())


def test_an_extension_element_that_stands_twice_is_refused_so_that_none_is_ignored(desk, harbour):
    signers = [secdns.DsData(key_tag=tag, alg=13, digest_type=2, digest="AB" * 32) for tag in (1, 2)]
    refusal = harbour.refused(create("boat.test"), *(secdns.Create(ds_data=(one,)) for one in signers))
    assert (refusal.code, "secDNS:create stands twice" in refusal.reason) == (2306, True)
    harbour.does(create("boat.test"), secdns.Create(ds_data=tuple(signers)))
