"""The registry's lookup interface, names and addresses, and what a fresh world holds."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.world.clock import Clock
from homeport.world.journal import JournalOptions
from homeport.world.names import canonical_address, canonical_name, readable_name
from homeport.world.registry import (
    Contact,
    Domain,
    Host,
    PostalInfo,
    Registrar,
    Registry,
    RegistryContents,
    RegistryLookup,
)
from homeport.world.seed_registry import DAY, REGISTRY, YEAR
from homeport.world.whois_texts import WhoisText, WhoisTexts
from homeport.world.world import World, WorldContents

NOW = 1_792_000_000.0


def stopped(now):
    """Return a frozen clock."""
    return Clock(lambda: float(now))


def make_world():
    return World("default", WorldContents(), JournalOptions(), lambda: NOW)


@pytest.fixture
def registry():
    return make_world().registry


def test_a_domain_is_found_in_any_case_with_a_dot_and_as_u_label(registry):
    assert registry.domain("HomePort.TEST.").name == "homeport.test"
    assert registry.domain("leuchtfeuer-süd.test").name == "xn--leuchtfeuer-sd-ssb.test"
    assert registry.domain("nowhere.test") is None


def test_a_host_is_found_by_name_and_by_any_form_of_its_address(registry):
    assert registry.host("NS1.homeport.test").roid == "H1-HOMEPORT"
    assert [host.name for host in registry.hosts_by_address("2001:DB8:0:0::53")] == ["ns1.homeport.test"]
    assert registry.hosts_by_address("192.0.2.99") == []
    assert registry.hosts_by_address("not an address") == []


def test_a_registrar_is_found_by_identifier_name_and_iana_number(registry):
    by_id = registry.registrar("HARBOUR")
    assert by_id.name == "Harbour Names Ltd."
    assert registry.registrar("harbour names ltd.") is by_id
    assert registry.registrar("9901") is by_id
    assert registry.registrar("") is None


def test_a_contact_is_found_ignoring_case(registry):
    assert registry.contact("hm-1").postal.name == "Harbour Master"
    assert registry.contact("nobody") is None


def test_what_refers_to_a_host_or_a_contact_is_found(registry):
    assert [one.name for one in registry.domains_of_host("ns.lighthouse.test")] == ["lighthouse.test"]
    assert [one.name for one in registry.domains_of_contact("hm-1")] == ["homeport.test"]


def test_an_object_is_found_by_its_repository_identifier(registry):
    assert registry.by_roid("d4-homeport").name == "3com.test"
    assert registry.by_roid("X-HOMEPORT") is None


def test_every_repository_identifier_of_the_seed_is_unique(registry):
    roids = [one.roid for one in registry.objects() if not isinstance(one, Registrar)]
    assert len(roids) == len(set(roids)) == 44


def test_everything_that_the_seed_refers_to_is_there(registry):
    for one in registry.objects():
        if isinstance(one, Registrar):
            continue
        assert registry.registrar(one.registrar)
        if isinstance(one, Domain):
            assert all(registry.host(name) for name in one.nameservers)
            assert all(registry.contact(key) for _role, key in one.contact_ids())


def test_the_seed_names_registrars_with_known_passwords(registry):
    assert {one.id: one.password for one in registry.registrars.values()} == {
        "harbour": "harbour-pass",
        "lighthouse": "lighthouse-pass",
        "pilot": "pilot-pass",
    }


def test_times_of_the_seed_count_from_the_worlds_beginning(registry):
    assert registry.domain("expiring-tomorrow.test").expires == NOW + DAY
    assert registry.domain("homeport.test").created == NOW - 5 * YEAR
    assert registry.domain("homeport.test").transferred is None


def test_statuses_that_follow_from_the_state_are_shown(registry):
    assert registry.domain("lighthouse.test").shown_statuses == ("ok",)
    assert registry.domain("leuchtfeuer-süd.test").shown_statuses == ("inactive",)
    assert registry.domain("homeport.test").shown_statuses == ("clientTransferProhibited",)


def test_put_replaces_the_object_of_the_same_name(registry):
    changed = msgspec.structs.replace(registry.domain("3com.test"), nameservers=())
    registry.put(changed)
    assert registry.domain("3com.test") is changed
    assert len(registry.domains) == 30


def test_objects_that_are_put_are_found_under_their_canonical_name():
    registry = Registry(RegistryContents(), stopped(0))
    registry.put(Host(name="NS.Upper.test", roid="H9", registrar="harbour", created=0))
    registry.put(Contact(id="C", roid="C9", registrar="harbour", created=0, postal=PostalInfo(name="C")))
    assert registry.host("ns.upper.test").roid == "H9"
    assert [type(one).__name__ for one in registry.objects()] == ["Host", "Contact"]


def test_the_registry_in_memory_is_a_lookup():
    lookup: RegistryLookup = Registry(REGISTRY, stopped(0))
    assert lookup.domain("homeport.test")


def test_contents_are_configured_with_singular_keys():
    read = msgspec.convert(
        {
            "registrar": [{"id": "pilot", "name": "Pilot"}],
            "domain": [{"name": "a.test", "roid": "D", "registrar": "pilot", "created": 0, "expires": 9}],
        },
        RegistryContents,
    )
    assert Registry(read, stopped(100)).domain("a.test").expires == 109
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"domains": []}, RegistryContents)


def test_worlds_have_registries_of_their_own():
    one, other = make_world(), make_world()
    one.registry.domains.clear()
    assert other.registry.domain("homeport.test")


def test_of_two_texts_with_a_key_the_later_one_answers():
    texts = WhoisTexts([WhoisText(keys=("Rules",), text="old"), WhoisText(keys=("rules",), text="new")])
    assert texts.get("RULES").text == "new"
    assert texts.get("none") is None


@pytest.mark.requirement("GEN-2.1-1")
def test_a_name_may_begin_with_a_digit(registry):
    assert canonical_name("3com.test") == "3com.test"
    assert registry.domain("3COM.test").name == "3com.test"


@pytest.mark.requirement("GEN-2.1-2", "GEN-2.1-3")
def test_names_of_up_to_255_characters_are_names_and_longer_ones_are_not():
    assert canonical_name("a" * 63) == "a" * 63
    assert canonical_name("a" * 64) is None
    longest = ".".join(["a" * 63] * 4)
    assert len(longest) == 255
    assert canonical_name(longest) == longest
    assert canonical_name(f"{longest}.a") is None


@pytest.mark.requirement("GEN-2.1-5", "GEN-2.1-6")
def test_four_numbers_are_never_a_name_but_numeric_labels_are_allowed():
    assert canonical_name("1.2.3.4") is None
    assert canonical_name("999.1.1.1") is None
    assert canonical_address("999.1.1.1") is None
    assert canonical_name("1.2.3.example") == "1.2.3.example"


@pytest.mark.parametrize("text", ["", ".", "a..b", "-a.test", "a-.test", "a b.test", "a_b.test", "ü" * 70 + ".test"])
def test_what_is_not_a_name_is_none(text):
    assert canonical_name(text) is None


def test_a_labels_become_readable():
    assert readable_name("xn--jrg-sna.test") == "jörg.test"
    assert readable_name("xn--\x80") == "xn--\x80"


@given(st.text(max_size=300))
def test_any_text_is_a_name_or_not_without_an_exception(text):
    name = canonical_name(text)
    assert name is None or (canonical_name(name) == name and name.isascii() and len(name) <= 255)
    canonical_address(text)
    readable_name(text)


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("straße.test", "xn--strae-oqa.test"),
        ("φάρος.test", "xn--hxa2bffq.test"),
        ("süd.test", "xn--sd-xka.test"),
    ],
)
def test_rfc_5894_7_2_sharp_s_and_final_sigma_are_letters_of_their_own(name, encoded):
    assert canonical_name(name) == encoded
    assert readable_name(encoded) == name
