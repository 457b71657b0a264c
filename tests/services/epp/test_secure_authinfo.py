"""Secure authorization information for transfer (RFC 9154): empty at create, 128 bits, a hash, unset by time."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from nightly import examples
from services.epp.desk import DAY
from services.epp.registrars import Clerk, auth, create, make_desk, update

from homeport.services.epp.flows.authinfo import URI
from homeport.services.epp.grammar import contact, domain
from homeport.services.epp.grammar.eppcom import Password
from homeport.world.registry import ZONES
from homeport.world.registry.authinfo import HASH, bits_of, hashed, is_hash, matches, weakness
from homeport.world.registry.contents import snapshot_rows

STRONG = "LuQ7Bu@w9?%+_HK3cayg$55$LSft3MPP"
"""From the RFC's examples."""
EMPTY = domain.AuthInfo(pw=Password(value=""))


def setting(text):
    return update("boat.test", chg=domain.Chg(auth_info=domain.AuthInfoChg(pw=Password(value=text))))


UNSETTING = update("boat.test", chg=domain.Chg(auth_info=domain.AuthInfoChg(null=True)))


def asks(clerk, text):
    return clerk.code(domain.Transfer(name="boat.test", auth_info=auth(text)), op="request")


@pytest.fixture(params=["zone", "login"])
def desk(request):
    """A registry whose zones are secure, or secure for its clients, which list the URI."""
    policy = {"zone": "secure", "login": "login"}[request.param]
    desk = make_desk(tuple(replace(zone, authinfo=policy) for zone in ZONES))
    if request.param == "login":
        desk.services |= {URI}
    return desk


@pytest.fixture
def boat(harbour):
    harbour.does(create("boat.test", auth_info=EMPTY))
    return harbour


def kept(clerk):
    return clerk.registry.domain("boat.test").password


def test_rst_epp_14_rfc_9154_5_1_a_create_has_empty_authinfo(harbour):
    assert harbour.code(create("boat.test", auth_info=EMPTY)) == 1000
    error = harbour.refused(create("ship.test", auth_info=auth(STRONG)))
    assert (error.code, error.finding) == (2306, "authinfo-at-create")


@pytest.mark.parametrize("text", ["2fooBAR", "a" * 64, "abcabcabcabcabcabcabc", "0123456789abcdef" * 1, "x" * 19])
def test_rst_epp_19_rfc_9154_4_1_an_update_with_less_than_128_bits_is_refused(boat, text):
    error = boat.refused(setting(text))
    assert (error.code, error.finding) == (2202, "authinfo-too-weak")
    assert kept(boat) is None


@pytest.mark.parametrize(
    "text", [STRONG, "bDv7-kR2!mWq9_Zt4#Ls", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "Zm9vYmFyYmF6cXV4MTIzNDU2"]
)
def test_rst_epp_19_an_update_with_128_bits_is_taken_and_a_transfer_needs_it(boat, lighthouse, text):
    boat.does(setting(text))
    assert asks(lighthouse, text[:-1]) == 2202
    assert asks(lighthouse, "") == 2202
    assert asks(lighthouse, text) == 1001


def test_rfc_9154_4_3_it_is_kept_as_a_salted_hash_which_no_client_sees_and_which_does_not_authorize(boat, lighthouse):
    boat.does(setting(STRONG))
    hash_ = kept(boat)
    assert is_hash(hash_)
    boat.does(setting(STRONG))
    assert kept(boat) != hash_
    assert boat.info("boat.test").auth_info is None
    assert lighthouse.info("boat.test", auth_info=auth(STRONG)).auth_info is None
    assert lighthouse.code(domain.Info(name=domain.InfoName(value="boat.test"), auth_info=auth(hash_))) == 2202
    assert STRONG.encode() not in boat.registry.snapshot()


def test_rfc_9154_5_3_the_gaining_registrar_verifies_it_by_info(boat, lighthouse):
    boat.does(setting(STRONG))
    assert lighthouse.info("boat.test", auth_info=auth(STRONG)).cr_id == "harbour"
    assert lighthouse.code(domain.Info(name=domain.InfoName(value="boat.test"), auth_info=auth(STRONG + "x"))) == 2202


@pytest.mark.parametrize("unset", [UNSETTING, setting("")])
def test_rfc_9154_5_2_null_and_an_empty_text_unset_it(boat, lighthouse, unset):
    boat.does(setting(STRONG))
    boat.does(unset)
    assert asks(lighthouse, STRONG) == 2202
    assert boat.registry.domain("boat.test").extras.authinfo_until is None


def test_rfc_9154_5_4_an_approved_transfer_unsets_it(boat, lighthouse):
    boat.does(setting(STRONG))
    asks(lighthouse, STRONG)
    boat.does(domain.Transfer(name="boat.test"), op="approve")
    one = lighthouse.registry.domain("boat.test")
    assert (one.registrar, one.password, one.extras.authinfo_until) == ("lighthouse", None, None)


def test_rfc_9154_4_2_it_is_unset_at_the_end_of_its_time_and_its_sponsor_is_told(desk, boat, lighthouse):
    boat.does(setting(STRONG))
    desk.clock.advance(14 * DAY - 1)
    assert lighthouse.info("boat.test", auth_info=auth(STRONG)).name == "boat.test"
    desk.clock.advance(1)
    assert asks(lighthouse, STRONG) == 2202
    assert boat.messages() == ["domain.authinfo-unset"]
    (message,) = desk.registry.messages.of("harbour")
    assert message.about.domain.password is None


@pytest.mark.parametrize("steps", [[400 * DAY], [DAY] * 400])
def test_one_jump_past_its_time_equals_many_small_ones(desk, boat, steps):
    boat.does(setting(STRONG))
    for step in steps:
        desk.clock.advance(step)
    assert boat.messages() == ["domain.authinfo-unset", "domain.renewed"]
    assert [
        one.date - boat.registry.messages.of("harbour")[0].date for one in desk.registry.messages.of("harbour")
    ] == [
        0.0,
        351 * DAY,
    ]


def test_each_update_begins_its_time_again(desk, boat, lighthouse):
    boat.does(setting(STRONG))
    desk.clock.advance(10 * DAY)
    boat.does(setting(STRONG))
    desk.clock.advance(10 * DAY)
    assert asks(lighthouse, STRONG) == 1001


def test_the_end_of_its_time_survives_a_snapshot(desk, boat):
    boat.does(setting(STRONG))
    rows = snapshot_rows(desk.registry.snapshot())
    assert rows["domain", "boat.test"].extras == boat.registry.domain("boat.test").extras
    desk.registry.restore(desk.registry.snapshot())
    desk.clock.advance(14 * DAY)
    assert boat.messages() == ["domain.authinfo-unset"]


def test_contacts_follow_where_the_first_zone_is_secure():
    desk = make_desk(tuple(replace(zone, authinfo="secure") for zone in ZONES))
    harbour = Clerk(desk, "harbour")
    chg = contact.Chg(auth_info=contact.AuthInfo(pw=Password(value="2fooBAR")))
    assert harbour.refused(contact.Update(id="sh8011", chg=chg)).code == 2202
    chg = contact.Chg(auth_info=contact.AuthInfo(pw=Password(value=STRONG)))
    assert harbour.code(contact.Update(id="sh8011", chg=chg)) == 1000
    assert harbour.does(contact.Info(id="sh8011")).data.auth_info is None
    given = contact.AuthInfo(pw=Password(value=STRONG))
    assert Clerk(desk, "lighthouse").code(contact.Transfer(id="sh8011", auth_info=given), op="request") == 1001


@pytest.mark.parametrize(("policy", "listed"), [("any", {URI}), ("login", set()), ("any", set())])
def test_where_zone_or_client_do_not_ask_for_it_authinfo_is_as_before(policy, listed):
    desk = make_desk(tuple(replace(zone, authinfo=policy) for zone in ZONES))
    desk.services |= listed
    harbour = Clerk(desk, "harbour")
    assert harbour.code(create("boat.test")) == 1000
    assert harbour.info("boat.test").auth_info == auth()


def test_a_text_that_looks_like_a_hash_is_hashed_so_that_it_is_none():
    harbour = Clerk(make_desk(), "harbour")
    hash_ = hashed("another secret")
    harbour.does(create("boat.test", auth_info=auth(hash_)))
    assert matches(kept(harbour), hash_)
    assert not matches(kept(harbour), "another secret")


@examples(200)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64))
def test_bits_are_never_more_than_all_printable_characters_have(text):
    assert 0 <= bits_of(text) <= len(text) * math.log2(95) + 1e-9
    assert bool(weakness(text)) == (math.floor(bits_of(text)) < 128)
    assert HASH.fullmatch(hashed(text))
    assert matches(hashed(text), text)
    assert not matches(hashed(text), text + " ")
