"""DNSSEC data of domains (RFC 5910): DS records or keys, as the zone takes them."""

import pytest
from services.epp.registrars import Clerk, create, make_desk, statuses, update

from homeport.services.epp.grammar import domain, secdns
from homeport.world.registry import Zone
from homeport.world.registry.dnssec import DIGEST_OCTETS, DnssecPolicy

DIGEST = "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC1234"
KEY = secdns.KeyData(flags=257, protocol=3, alg=13, pub_key="AQPJ////4Q==")
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
    """Return the DS records and keys that info shows."""
    for element in clerk.does(domain.Info(name=domain.InfoName(value=name))).extensions:
        if isinstance(element, secdns.InfData):
            return element.ds_data or element.key_data
    return ()


@pytest.fixture(autouse=True)
def domains(harbour):
    """Register boat.test, which takes DS records, and boat.example, which takes keys; they have none yet."""
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


def test_rfc_5910_5_2_5_removals_come_before_additions(harbour):
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


def test_rfc_5910_5_2_5_an_empty_update_is_refused(harbour):
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
        signer(digest=DIGEST[2:]),
        signer(digest=DIGEST + "00"),
        signer(digest_type=1),
        signer(digest_type=4),
        signer(alg=8, key_data=KEY),
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


def test_an_update_of_domain_and_extension_is_atomic(harbour):
    both = update("boat.test", add=statuses("clientHold"))
    assert harbour.refused(both, adds(signer(alg=123))).code == 2306
    assert harbour.statuses("boat.test") == ["inactive"]
    assert harbour.code(both, adds(signer())) == 1000
    assert harbour.statuses("boat.test") == ["inactive", "clientHold"]
    assert held(harbour, "boat.test") == (signer(),)


def zone_with(**policy):
    """Return a registrar of a zone with a policy for DNSSEC data, who has boat.test."""
    clerk = Clerk(make_desk([Zone(name="test", dnssec="either", secdns=DnssecPolicy(**policy))]), "harbour")
    clerk.does(create("boat.test"))
    return clerk


def shown(clerk):
    """Return the DNSSEC data that info shows of boat.test."""
    (data,) = (
        one
        for one in clerk.does(domain.Info(name=domain.InfoName(value="boat.test"))).extensions
        if isinstance(one, secdns.InfData)
    )
    return data


def test_rfc_4034_5_1_4_a_digest_has_the_length_of_its_type(harbour):
    for digest_type, octets in DIGEST_OCTETS.items():
        record = signer(digest_type=digest_type, digest="AB" * octets)
        assert harbour.code(update("boat.test"), adds(record)) == 1000
        error = harbour.refused(
            update("boat.test"), adds(signer(9, digest_type=digest_type, digest="AB" * (octets - 1)))
        )
        assert (error.code, error.value.name) == (2306, "digest")
        assert f"{octets} octets, this one has {octets - 1}" in error.reason


def test_rfc_5910_3_a_domain_has_no_more_records_than_its_zone_allows():
    harbour = zone_with(max_records=2)
    assert harbour.code(update("boat.test"), adds(signer(1), signer(2))) == 1000
    assert harbour.refused(update("boat.test"), adds(signer(3))).code == 2306
    swap = secdns.Update(rem=secdns.Rem(ds_data=(signer(1),)), add=secdns.Add(ds_data=(signer(3),)))
    assert harbour.code(update("boat.test"), swap) == 1000
    assert harbour.refused(create("ship.test"), secdns.Create(ds_data=(signer(1), signer(2), signer(3)))).code == 2306


def test_rfc_5910_3_3_where_the_zone_takes_max_sig_life_info_shows_it():
    harbour = zone_with(max_sig_life=True)
    harbour.does(update("boat.test"), adds(signer()))
    assert shown(harbour).max_sig_life is None
    assert harbour.code(update("boat.test"), secdns.Update(chg=secdns.Chg(max_sig_life=604800))) == 1000
    assert shown(harbour) == secdns.InfData(max_sig_life=604800, ds_data=(signer(),))
    more = secdns.Update(add=secdns.Add(max_sig_life=7200, ds_data=(signer(2),)))
    assert harbour.code(update("boat.test"), more) == 1000
    assert shown(harbour).max_sig_life == 7200
    assert harbour.code(update("boat.test"), secdns.Update(chg=secdns.Chg())) == 1000
    assert shown(harbour).max_sig_life is None


def test_rfc_5910_5_2_5_removing_everything_removes_max_sig_life_with_it():
    harbour = zone_with(max_sig_life=True)
    harbour.does(create("ship.test"), secdns.Create(max_sig_life=604800, ds_data=(signer(),)))
    harbour.does(update("ship.test"), secdns.Update(rem=secdns.Rem(all=True)))
    assert harbour.registry.domain("ship.test").sig_life is None


@pytest.mark.parametrize("seconds", [1, 3599, 30 * 86_400 + 1])
def test_rfc_5910_3_3_max_sig_life_outside_of_the_policy_is_out_of_range(seconds):
    harbour = zone_with(max_sig_life=True)
    error = harbour.refused(update("boat.test"), adds(signer(), chg=secdns.Chg(max_sig_life=seconds)))
    assert (error.code, error.value.name, error.value.text) == (2004, "maxSigLife", str(seconds))


def test_rfc_5910_5_2_5_where_the_zone_takes_urgent_updates_they_are_done():
    harbour = zone_with(urgent=True)
    assert harbour.code(update("boat.test"), adds(signer(), urgent=True)) == 1000
    assert held(harbour, "boat.test") == (signer(),)


def test_a_zone_can_take_digests_of_any_length():
    harbour = zone_with(digests="any")
    assert harbour.code(update("boat.test"), adds(signer(digest="AB"))) == 1000
