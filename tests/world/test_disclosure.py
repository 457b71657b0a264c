"""Disclosure of contacts (RFC 5733 2.9): one decision for Whois in all layouts, RDAP, and EPP's info of others."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.epp.desk import Desk

from homeport.services.epp.grammar import addl_email
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.grammar.eppcom import Password
from homeport.services.epp.options import EppOptions
from homeport.world.journal import JournalOptions
from homeport.world.registry import Contact, Disclose, Domain, PostalInfo, RegistryContents
from homeport.world.registry.disclosure import DisclosurePolicy, as_disclosed, hidden_elements, policy_of
from homeport.world.registry.objects import Extras
from homeport.world.seed_registry import REGISTRY
from homeport.world.world import World, WorldContents

NOW = 1_792_000_000.0
SHOWN = Contact(
    id="MAJA-1",
    roid="C900-HOMEPORT",
    registrar="harbour",
    created=0,
    postal=PostalInfo(
        name="Maja Lund",
        organization="Lund Boats",
        street=("Pier 7",),
        city="Nordhafen",
        province="Tideshire",
        postal_code="24103",
        country="DE",
    ),
    voice="+49.4310001",
    voice_ext="12",
    fax="+49.4310002",
    fax_ext="34",
    email="maja@lund.example",
    password="Tide-and-9-bells",
)
OF_ELEMENT = {
    "name.int": ("Maja Lund",),
    "org.int": ("Lund Boats",),
    "addr.int": ("Pier 7", "Nordhafen", "Tideshire", "24103"),
    "voice": ("+49.4310001", "12"),
    "fax": ("+49.4310002", "34"),
    "email": ("maja@lund.example",),
}
"""The values that each element has, of which none may be shown where it is hidden."""
ELEMENTS = [*OF_ELEMENT, "name.loc", "org.loc", "addr.loc"]
LAYOUTS = ("icann", "ripe", "plain")


def world_with(contact, **options):
    domain = Domain(
        name="lund.test", roid="D900-HOMEPORT", registrar="harbour", created=0, expires=9e6, registrant=contact.id
    )
    seeds = RegistryContents(registrars=REGISTRY.registrars, contacts=(contact,), domains=(domain,))
    return World(
        "default", WorldContents(registry=seeds), JournalOptions(), lambda: NOW, {"epp": EppOptions(**options)}
    )


@pytest.fixture
def whois(talk):
    """Return what Whois answers to a query in a layout, mail addresses included."""

    def ask(query, layout, contact, **options):
        flags = "-B " if layout == "ripe" else ""
        world = lambda: world_with(contact, **options)  # noqa: E731 - each way of talking has a fresh one
        return talk("whois", f"{flags}{query}\r\n".encode(), layout=layout, world=world).sent.decode()

    return ask


def words_in(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_whois_shows_a_contact_with_the_extensions_of_its_numbers(whois, layout):
    shown = whois("contact MAJA-1", layout, SHOWN)
    for values in OF_ELEMENT.values():
        for value in values:
            assert value in shown, value


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("query", ["contact MAJA-1", "lund.test", "!C900-HOMEPORT"])
@pytest.mark.parametrize("element", OF_ELEMENT)
def test_rfc_5733_2_9_whois_hides_what_a_contact_hides(whois, layout, query, element):
    contact = msgspec.structs.replace(SHOWN, disclose=Disclose(flag=False, elements=(element,)))
    shown = whois(query, layout, contact)
    assert "MAJA-1" in shown or "C900-HOMEPORT" in shown
    for value in OF_ELEMENT[element]:
        assert not re.search(rf"(?<![\w.+]){re.escape(value)}\b", shown), value


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("query", "hidden"),
    [("person lund", "name.int"), ("maja@lund.example", "email"), ("maja@", "email"), ("person lun*", "name.int")],
)
def test_rfc_5733_2_9_whois_does_not_find_a_contact_by_what_it_hides(whois, layout, query, hidden):
    assert "MAJA-1" in whois(query, layout, SHOWN)
    contact = msgspec.structs.replace(SHOWN, disclose=Disclose(flag=False, elements=(hidden, "org.int")))
    assert "MAJA-1" not in re.sub(r"^.*match.*$", "", whois(query, layout, contact), flags=re.M)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_registry_that_discloses_nothing_shows_what_contacts_disclose(whois, layout):
    nothing = {"not_disclosed": ("name", "org", "addr", "voice", "fax", "email")}
    assert "Maja" not in whois("contact MAJA-1", layout, SHOWN, **nothing)
    contact = msgspec.structs.replace(SHOWN, disclose=Disclose(flag=True, elements=("name.int", "email")))
    shown = whois("contact MAJA-1", layout, contact, **nothing)
    assert "Maja Lund" in shown
    assert "maja@lund.example" in shown
    assert "Pier 7" not in shown


@pytest.mark.parametrize("layout", LAYOUTS)
def test_always_disclosed_is_shown_whatever_a_contact_says(whois, layout):
    """A contact that hid it before the policy was such."""
    contact = msgspec.structs.replace(SHOWN, disclose=Disclose(flag=False, elements=("org.int", "email", "addr.int")))
    shown = whois("contact MAJA-1", layout, contact, always_disclosed=("org", "country"))
    assert "Lund Boats" in shown
    assert "maja@lund.example" not in shown
    assert "Pier 7" not in shown
    assert re.search(r"\bDE\b", shown)


# EPP


def info_of(who, contact, **options):
    contents = RegistryContents(registrars=REGISTRY.registrars, contacts=(contact,))
    given = grammar.AuthInfo(pw=Password(value="Tide-and-9-bells"))
    return Desk(contents, **options).do(who, grammar.Info(id="MAJA-1", auth_info=given)).data


def test_rfc_5733_3_1_2_info_shows_its_sponsor_all_and_others_what_is_disclosed():
    contact = msgspec.structs.replace(
        SHOWN, disclose=Disclose(flag=False, elements=("name.int", "addr.int", "voice", "email"))
    )
    own, others = info_of("harbour", contact), info_of("lighthouse", contact)
    assert own.voice.value == "+49.4310001"
    assert own.email == "maja@lund.example"
    (postal,) = others.postal_info
    assert (postal.name, postal.org, postal.addr.street, postal.addr.city) == ("-", "Lund Boats", (), "-")
    assert others.voice is None
    assert others.fax.value == "+49.4310002"
    assert others.email == "-"
    assert others.disclose == own.disclose


def test_rfc_9873_an_additional_address_is_hidden_with_the_address():
    hides = msgspec.structs.replace(
        SHOWN,
        extras=Extras(addl_email="maja@second.example"),
        disclose=Disclose(flag=False, elements=("email",)),
    )
    assert as_disclosed(hides, policy_of(None)).extras.addl_email == ""
    desk = Desk(RegistryContents(registrars=REGISTRY.registrars, contacts=(hides,)))
    desk.services |= {addl_email.NAMESPACE}
    given = grammar.AuthInfo(pw=Password(value="Tide-and-9-bells"))
    for who, shown in (("harbour", "maja@second.example"), ("lighthouse", "")):
        (extension,) = desk.do(who, grammar.Info(id="MAJA-1", auth_info=given)).extensions
        assert extension.email.value == shown


def test_info_of_others_follows_the_policy_of_the_registry():
    policy = {"not_disclosed": ("email",), "always_disclosed": ("voice",)}
    hides = msgspec.structs.replace(SHOWN, disclose=Disclose(flag=False, elements=("voice",)))
    shown = info_of("lighthouse", hides, **policy)
    assert (shown.email, shown.voice.value) == ("-", "+49.4310001")


# The decision


@given(
    hidden=st.sets(st.sampled_from(["name", "org", "addr", "voice", "fax", "email"])),
    always=st.sets(st.sampled_from(["name", "org", "addr", "voice", "fax", "email"])),
    flag=st.booleans(),
    elements=st.lists(st.sampled_from(ELEMENTS), unique=True),
)
def test_an_element_is_hidden_by_policy_or_preference_and_never_if_always_disclosed(hidden, always, flag, elements):
    policy = DisclosurePolicy(hidden=hidden, always=always)
    contact = msgspec.structs.replace(
        SHOWN, local_postal=SHOWN.postal, disclose=Disclose(flag=flag, elements=tuple(elements)) if elements else None
    )
    found = hidden_elements(contact, policy)
    for element in ELEMENTS:
        name = element.partition(".")[0]
        wanted = (not flag) if element in elements else name in hidden
        assert (element in found) == (wanted and name not in always), element
    shown = as_disclosed(contact, policy)
    assert as_disclosed(shown, policy) == shown
    assert bool(shown.email) == ("email" not in found)
    assert bool(shown.postal.street) == ("addr.int" not in found)


def test_a_contact_that_hides_its_international_address_is_shown_with_its_local_one():
    contact = msgspec.structs.replace(
        SHOWN,
        local_postal=PostalInfo(name="Maja Lünd", city="Nordhafen", country="DE"),
        disclose=Disclose(flag=False, elements=("name.int", "org.int", "addr.int")),
    )
    assert as_disclosed(contact, policy_of(None)).shown_postal.name == "Maja Lünd"


def test_without_preferences_and_policy_a_contact_is_the_same_object():
    assert as_disclosed(SHOWN, policy_of(EppOptions())) is SHOWN
