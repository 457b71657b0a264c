"""Habits of registries' Whois that clients parse: notices, empty keys, extensions, thin registries, DENIC's flags."""

from dataclasses import dataclass

import pytest
from msgspec.structs import replace
from services.test_whois import make_world

from homeport.world.registry import RegistryContents
from homeport.world.registry.zones import ZONES
from homeport.world.seed_registry import REGISTRY
from homeport.world.whois_texts import WhoisText

LAYOUTS = ("icann", "ripe", "plain")


@dataclass
class Lines:
    talk: object

    def __call__(self, query, *, encoding="utf-8", world=make_world, **options):
        told = self.talk("whois", f"{query}\r\n".encode(), world=world, **options)
        assert told.closed
        return told.sent.decode(encoding).split("\r\n")[:-1]


@pytest.fixture
def lines(talk):
    """Return a function that returns the lines of an answer."""
    return Lines(talk)


def registry_with(**fields):
    """Return a function that makes a world whose first contact, AL-1, has other fields."""
    contacts = tuple(replace(one, **fields) if one.id == "AL-1" else one for one in REGISTRY.contacts)
    return lambda: make_world(registry=replace(REGISTRY, contacts=contacts))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("query", ["homeport.test", "nowhere.test", "al..."])
def test_a_notice_comes_before_each_answer_and_a_disclaimer_after_it(lines, layout, query):
    plain = lines(query, layout=layout)
    framed = lines(query, layout=layout, notice="NOTICE: be gentle.\nTwo lines.", disclaimer="TERMS OF USE: none.")
    mark = "% " if layout == "ripe" else ""
    assert framed == [f"{mark}NOTICE: be gentle.", f"{mark}Two lines.", "", *plain, "", f"{mark}TERMS OF USE: none."]


def test_a_configured_text_has_neither(lines):
    def world():
        return make_world(whois=(WhoisText(keys=("rules",), text="One rule."),))

    assert lines("rules", world=world, notice="NOTICE", disclaimer="TERMS") == ["One rule."]


def test_keys_without_a_value_are_shown_where_that_is_configured(lines):
    few, all_keys = lines("contact AL-1"), lines("contact AL-1", empty_keys=True)
    assert "Contact Fax:" not in few
    assert {"Contact Fax:", "Contact Fax Ext:", "Contact Phone Ext:"} <= set(all_keys)
    assert [line for line in all_keys if not line.endswith(":")] == few
    assert "fax-no:" in lines("contact AL-1", layout="ripe", empty_keys=True)
    assert "Fax:" in lines("contact AL-1", layout="plain", empty_keys=True)


def test_extensions_of_telephone_numbers_are_shown(lines):
    world = registry_with(voice="+44.1865550101", voice_ext="12", fax="+44.1865550102", fax_ext="7")
    shown = lines("contact AL-1", world=world)
    assert [line for line in shown if "Phone" in line or "Fax" in line] == [
        "Contact Phone: +44.1865550101",
        "Contact Phone Ext: 12",
        "Contact Fax: +44.1865550102",
        "Contact Fax Ext: 7",
    ]
    assert "phone:          +44.1865550101 ext. 12" in lines("contact AL-1", world=world, layout="ripe")
    assert "Phone:        +44.1865550101 ext. 12" in lines("contact AL-1", world=world, layout="plain")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_thin_registry_shows_domains_without_contacts_and_with_the_registrars_server(lines, layout):
    def thin():
        zones = tuple(replace(zone, whois="thin") for zone in ZONES)
        return make_world(registry=replace(REGISTRY, zones=zones))

    thick = lines("homeport.test", layout=layout)
    shown = lines("homeport.test", layout=layout, world=thin)
    assert any("HM-1" in line or "Harbour Board" in line for line in thick)
    assert not any("HM-1" in line or "Harbour Board" in line for line in shown)
    assert any("homeport.test" in line for line in shown)
    if layout == "icann":
        assert "Registrar WHOIS Server: localhost" in shown
        assert [line for line in shown if line.startswith(("Registrant", "Admin", "Tech"))] == []


def test_a_registrar_without_a_server_of_its_own_is_shown_with_this_one(lines):
    def own():
        registrars = tuple(replace(one, whois_server="whois.example.net") for one in REGISTRY.registrars)
        return make_world(registry=replace(REGISTRY, registrars=registrars))

    assert "Registrar WHOIS Server: localhost" in lines("homeport.test")
    assert "Registrar WHOIS Server: whois.example.net" in lines("homeport.test", world=own)


@pytest.mark.parametrize("query", ["-T dn,ace homeport.test", "-T dn homeport.test", "-Tdn,ace homeport.test"])
def test_denics_flags_ask_for_a_domain(lines, query):
    assert "domain:         homeport.test" in lines(query, layout="ripe")
    assert lines(query.replace("homeport.test", "AL-1"), layout="ripe")[0] == "%ERROR:101: no entries found"


@pytest.mark.parametrize(
    ("flag", "encoding"),
    [
        ("--charset utf-8", "utf-8"),
        ("--charset=UTF8", "utf-8"),
        ("-C latin-1", "latin-1"),
        ("-C ISO-8859-1", "latin-1"),
        ("-T dn,ace -C utf-8", "utf-8"),
        ("", "latin-1"),
    ],
)
def test_a_query_chooses_the_character_set_of_its_answer(talk, flag, encoding):
    world = registry_with(postal=replace(REGISTRY.contacts[0].shown_postal, name="Jörg Süd"))
    query = f"{flag} {'homeport.test' if 'dn' in flag else 'AL-1'}\r\n".encode()
    told = talk("whois", query, world=world, layout="ripe", encoding="latin-1")
    if "dn" not in flag:
        assert "Jörg Süd".encode(encoding) in told.sent
    told.sent.decode(encoding)


def test_ascii_has_question_marks_and_an_unknown_character_set_is_named(lines):
    world = registry_with(postal=replace(REGISTRY.contacts[0].shown_postal, name="Jörg"))
    assert any("J?rg" in line for line in lines("-C us-ascii AL-1", layout="ripe", world=world))
    assert lines("-C klingon AL-1", layout="ripe") == [
        "%ERROR:111: unknown character set klingon: known are utf-8, latin-1, ascii"
    ]
    assert lines("--charset", layout="ripe") == ["%ERROR:111: flag -C needs an argument"]


def test_a_host_that_serves_many_domains_names_a_hundred(lines):
    domain = REGISTRY.domains[0]
    host = REGISTRY.hosts[0].name
    many = tuple(
        replace(domain, name=f"many-{number}.test", roid=f"D{90000 + number}-MANY", nameservers=(host,))
        for number in range(150)
    )
    world = lambda: make_world(registry=replace(REGISTRY, domains=many))  # noqa: E731 - made for each way of cutting
    shown = "".join(lines(f"nameserver {host}", layout="plain", world=world))
    assert shown.count("many-") == 100
    assert " and 50 more" in shown


def test_contents_without_zones_are_thick(lines):
    assert lines("homeport.test", world=lambda: make_world(registry=replace(REGISTRY, zones=()))) != []
    assert RegistryContents().zones == ZONES
