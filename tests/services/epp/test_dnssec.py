"""DNSSEC data of domains (RFC 5910): DS records or keys, as the zone takes them."""

import pytest
from services.epp.registrars import Clerk, create, make_desk, statuses, update

from homeport.services.epp.grammar import domain, secdns
from homeport.world.registry import Zone

DIGEST = "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC1234"
KEY = secdns.KeyData(flags=257, protocol=3, alg=1, pub_key="AQPJ////4Q==")
OTHER_KEY = secdns.KeyData(flags=257, protocol=3, alg=13, pub_key="AQPJ////4QQQ")


def signer(tag=12345, **fields):
    return secdns.DsData(**({"key_tag": tag, "alg": 13, "digest_type": 2, "digest": DIGEST} | fields))


def adds(*records, **fields):
    return secdns.Update(add=secdns.Add(**_records(records)), **fields)


def removes(*records):
    return secdns.Update(rem=secdns.Rem(**_records(records)))


def _records(records):
    return {"key_data" if isinstance(records[0], secdns.KeyData) else "ds_data": records}


def held(clerk, name):
    """The DS records and keys that info shows."""
    for element in clerk.does(domain.Info(name=domain.InfoName(value=name))).extensions:
        if isinstance(element, secdns.InfData):
            return element.ds_data or element.key_data
    return ()


@pytest.fixture(autouse=True)
def domains(harbour):
    """boat.test takes DS records, boat.example takes keys; they have none yet."""
    harbour.does(create("boat.test"))
    harbour.does(create("boat.example"))


def test_rfc_5910_5_2_1_a_create_brings_ds_records(harbour):
    records = (signer(), signer(54321, key_data=KEY))
    assert harbour.code(create("ship.test"), secdns.Create(ds_data=records)) == 1000
    assert held(harbour, "ship.test") == records


def test_rfc_5910_5_2_1_a_create_brings_keys(harbour):
    assert harbour.code(create("ship.example"), secdns.Create(key_data=(KEY, OTHER_KEY))) == 1000
    assert held(harbour, "ship.example") == (KEY, OTHER_KEY)


def test_rfc_5910_5_1_2_without_dnssec_data_info_says_nothing_of_it(harbour):
    assert held(harbour, "boat.test") == ()


def test_rfc_5910_4_a_zone_takes_one_kind_and_refuses_the_other(harbour):
    assert harbour.refused(create("ship.test"), secdns.Create(key_data=(KEY,))).code == 2306
    assert harbour.refused(create("ship.example"), secdns.Create(ds_data=(signer(),))).code == 2306
    assert harbour.refused(update("boat.test"), adds(KEY)).code == 2306
    assert harbour.refused(update("boat.example"), adds(signer())).code == 2306


def test_rfc_5910_4_where_both_kinds_are_taken_a_domain_has_one_of_them():
    harbour = Clerk(make_desk([Zone(name="test", dnssec="either")]), "harbour")
    harbour.does(create("boat.test"), secdns.Create(ds_data=(signer(),)))
    assert harbour.refused(update("boat.test"), adds(KEY)).code == 2306
    swap = secdns.Update(rem=secdns.Rem(all=True), add=secdns.Add(key_data=(KEY,)))
    assert harbour.code(update("boat.test"), swap) == 1000
    assert held(harbour, "boat.test") == (KEY,)


def test_a_zone_can_do_without_dnssec():
    harbour = Clerk(make_desk([Zone(name="test", dnssec="none")]), "harbour")
    assert harbour.refused(create("boat.test"), secdns.Create(ds_data=(signer(),))).code == 2306


def test_rfc_5910_5_2_5_records_are_added_and_removed_without_add_rem_chg_of_the_domain(harbour):
    assert harbour.code(update("boat.test"), adds(signer(1), signer(2))) == 1000
    assert harbour.code(update("boat.test"), removes(signer(1))) == 1000
    assert held(harbour, "boat.test") == (signer(2),)
    assert harbour.code(update("boat.example"), adds(KEY)) == 1000
    assert harbour.code(update("boat.example"), removes(KEY)) == 1000
    assert held(harbour, "boat.example") == ()


def test_rfc_5910_5_2_5_what_is_removed_goes_before_what_is_added_comes(harbour):
    harbour.does(update("boat.test"), adds(signer()))
    same = secdns.Update(rem=secdns.Rem(ds_data=(signer(),)), add=secdns.Add(ds_data=(signer(key_data=KEY),)))
    assert harbour.code(update("boat.test"), same) == 1000
    assert held(harbour, "boat.test") == (signer(key_data=KEY),)
    everything = secdns.Update(rem=secdns.Rem(all=True), add=secdns.Add(ds_data=(signer(7),)))
    assert harbour.code(update("boat.test"), everything) == 1000
    assert held(harbour, "boat.test") == (signer(7),)


def test_rfc_5910_5_2_5_all_removes_everything_and_all_false_nothing(harbour):
    harbour.does(update("boat.test"), adds(signer(1), signer(2)))
    assert harbour.code(update("boat.test"), secdns.Update(rem=secdns.Rem(all=False))) == 1000
    assert held(harbour, "boat.test") == (signer(1), signer(2))
    assert harbour.code(update("boat.test"), secdns.Update(rem=secdns.Rem(all=True))) == 1000
    assert held(harbour, "boat.test") == ()


def test_rst_epp_16_records_that_are_there_are_not_added_and_others_not_removed(harbour):
    harbour.does(update("boat.test"), adds(signer(1)))
    assert harbour.refused(update("boat.test"), adds(signer(1))).code == 2306
    assert harbour.refused(update("boat.test"), adds(signer(2), signer(2))).code == 2306
    for absent in (signer(2), signer(1, alg=8), signer(1, digest_type=1), signer(1, digest="AB")):
        assert harbour.refused(update("boat.test"), removes(absent)).code == 2306
    assert harbour.refused(update("boat.example"), removes(KEY)).code == 2306
    assert held(harbour, "boat.test") == (signer(1),)


def test_rfc_5910_5_2_5_a_ds_record_is_known_by_its_four_parts_and_not_by_its_key(harbour):
    harbour.does(update("boat.test"), adds(signer(key_data=KEY)))
    assert harbour.code(update("boat.test"), removes(signer())) == 1000


@pytest.mark.parametrize(
    "element",
    [
        secdns.Update(urgent=True, add=secdns.Add(ds_data=(signer(),))),
        secdns.Update(chg=secdns.Chg(max_sig_life=605900)),
        secdns.Update(add=secdns.Add(max_sig_life=605900, ds_data=(signer(),))),
    ],
)
def test_rfc_5910_5_2_5_max_sig_life_and_urgent_are_unimplemented_options(harbour, element):
    assert harbour.refused(update("boat.test"), element).code == 2102


def test_rfc_5910_3_3_max_sig_life_in_a_create_is_an_unimplemented_option(harbour):
    error = harbour.refused(create("ship.test"), secdns.Create(max_sig_life=1, ds_data=(signer(),)))
    assert (error.code, error.value.name, error.value.namespace) == (2102, "maxSigLife", secdns.NAMESPACE)


def test_rfc_5910_5_2_5_an_update_says_what_is_to_be_changed(harbour):
    assert harbour.refused(update("boat.test"), secdns.Update()).code == 2003


@pytest.mark.parametrize(
    "record",
    [
        signer(alg=0),
        signer(alg=123),
        signer(alg=252),
        signer(digest_type=0),
        signer(digest_type=255),
        signer(digest=""),
        signer(key_data=secdns.KeyData(flags=256, protocol=3, alg=13, pub_key="AQPJ")),
    ],
)
def test_rst_epp_14_ds_records_that_mean_nothing_are_refused(harbour, record):
    assert harbour.refused(create("ship.test"), secdns.Create(ds_data=(record,))).code == 2306
    assert harbour.refused(update("boat.test"), adds(record)).code == 2306


@pytest.mark.parametrize("fields", [{"flags": 256}, {"flags": 1}, {"protocol": 1}, {"alg": 123}, {"alg": 0}])
def test_rst_epp_14_keys_that_mean_nothing_are_refused(harbour, fields):
    given = {"flags": 257, "protocol": 3, "alg": 13, "pub_key": "AQPJ"} | fields
    assert harbour.refused(update("boat.example"), adds(secdns.KeyData(**given))).code == 2306


def test_a_status_that_forbids_updates_forbids_these_too(harbour):
    harbour.does(update("boat.test", add=statuses("clientUpdateProhibited")))
    assert harbour.refused(update("boat.test"), adds(signer())).code == 2304


def test_an_update_of_both_is_done_wholly_or_not_at_all(harbour):
    both = update("boat.test", add=statuses("clientHold"))
    assert harbour.refused(both, adds(signer(alg=123))).code == 2306
    assert harbour.statuses("boat.test") == ["inactive"]
    assert harbour.code(both, adds(signer())) == 1000
    assert harbour.statuses("boat.test") == ["inactive", "clientHold"]
    assert held(harbour, "boat.test") == (signer(),)
