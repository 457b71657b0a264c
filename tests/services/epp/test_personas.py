"""Personas of EPP: each shows by its behaviour how registries differ."""

import re
from pathlib import Path

import pytest
from conftest import make_world
from services.epp.caller import Caller, about, info

from homeport.config.further_worlds import world_config
from homeport.config.reading import load
from homeport.services.epp.personas import LOCAL, PERSONAS

URN = "urn:ietf:params:xml:ns:"
NAMESTORE = "http://www.verisign-grs.com/epp/namestoreExt-1.1"
NS2 = "<domain:hostObj>ns2.homeport.test</domain:hostObj>"
TWO = f"<domain:ns><domain:hostObj>ns1.homeport.test</domain:hostObj>{NS2}</domain:ns>"
BOAT = "<domain:name>boat.test</domain:name>"
CONTACTS = (
    "<domain:registrant>HM-1</domain:registrant><domain:contact type='admin'>HM-1</domain:contact>"
    "<domain:contact type='tech'>HM-1</domain:contact>"
)
PASSWORD = "<domain:authInfo><domain:pw>Tide.42-Rock</domain:pw></domain:authInfo>"
DAY = 86_400


@pytest.fixture
def farm(tmp_path):
    """Return a client of a farm with a persona, logged in with all that the greeting announces but RFC 9154."""

    def start(persona, text="", who="harbour", world=None):
        file = tmp_path / "homeport.toml"
        file.write_text(f'[epp]\npersona = "{persona}"\n{text}')
        config = load(file)
        options = config.services["epp"]
        if world is None:
            world = make_world(config.contents)
        chosen = {name: getattr(options, name) for name in options.__struct_fields__}
        caller = Caller(world, foreign=True, **chosen)
        menu = caller.greeting.svc_menu
        extensions = tuple(uri for uri in menu.svc_extension.ext_uri if "secure-authinfo" not in uri)
        assert caller.login(who, objects=menu.obj_uri, exts=extensions).code == 1000
        caller.menu = (menu.obj_uri, extensions)
        return caller

    return start


def make(name="boat.test", parts=TWO):
    return about("create", "domain", f"<domain:name>{name}</domain:name>{parts}{PASSWORD}")


def contact(handle):
    return about(
        "create",
        "contact",
        f"<contact:id>{handle}</contact:id><contact:postalInfo type='int'><contact:name>Ann</contact:name>"
        "<contact:addr><contact:city>Kiel</contact:city><contact:cc>DE</contact:cc></contact:addr></contact:postalInfo>"
        "<contact:email>ann@example.org</contact:email><contact:authInfo><contact:pw>Tide.42-Rock</contact:pw>"
        "</contact:authInfo>",
    )


def test_each_is_documented_and_tested():
    page = (Path(__file__).parents[3] / "docs" / "epp.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \|", page.partition("\n## Personas\n")[2].partition("\n## ")[0], re.M)
    assert rows == [one.name for one in PERSONAS]
    assert len(rows) >= 6
    assert {f"test_{name.replace('-', '_')}" for name in rows} <= {*globals()}


def test_thin_gateway(farm):
    caller = farm("thin-gateway")
    product = f'<n:namestoreExt xmlns:n="{NAMESTORE}"><n:subProduct>TEST</n:subProduct></n:namestoreExt>'
    product = f"<extension>{product}</extension>"
    assert f"{URN}contact-1.0" not in caller.menu[0]
    assert caller.ask(make()).code == 2003
    assert caller.ask(make() + product).code == 1000
    assert caller.ask(make("skiff.test", TWO + CONTACTS) + product).code == 2306
    assert caller.ask(contact("ann-1")).code == 2307
    assert caller.ask(info("boat.test") + product).data.registrant is None


def test_contact_handles(farm):
    caller = farm("contact-handles")
    made = caller.ask(contact("AUTO"))
    handle = made.data.id
    assert (made.code, handle == "AUTO") == (1000, False)
    assert LOCAL in caller.ask(about("info", "contact", f"<contact:id>{handle}</contact:id>")).xml
    roles = CONTACTS.replace("HM-1", handle)
    assert caller.ask(make(parts=TWO)).code == 2003
    assert caller.ask(make(parts=TWO + roles)).code == 1000
    assert caller.ask(make("skiff.test", roles)).code == 2306
    expires = caller.ask(info("boat.test")).data.ex_date
    other = farm("contact-handles", who="lighthouse", world=caller.world)
    assert (
        other.ask(about("transfer", "domain", f"<domain:name>boat.test</domain:name>{PASSWORD}", "request")).code
        == 1000
    )
    assert other.ask(info("boat.test")).data.ex_date == expires


def test_fee_drafts(farm):
    caller = farm("fee-drafts")
    assert [uri for uri in caller.menu[1] if "fee-" in uri] == [
        f"{URN}fee-{version}" for version in ("0.11", "0.9", "0.8", "0.7")
    ]


def test_host_attributes(farm):
    caller = farm("host-attributes")
    assert f"{URN}host-1.0" not in caller.menu[0]
    attribute = (
        "<domain:ns><domain:hostAttr><domain:hostName>ns.example.net</domain:hostName></domain:hostAttr></domain:ns>"
    )
    assert caller.ask(make()).code == 2306
    assert caller.ask(make(parts=attribute)).code == 1000
    assert caller.ask(info("boat.test")).data.ns.host_attr[0].host_name == "ns.example.net"


def test_numbered_contacts(farm):
    caller = farm("numbered-contacts")
    first, second = (caller.ask(contact("HM-1")).data.id for _ in range(2))
    assert len({first, second, "HM-1"}) == 3
    for handle in (first, second):
        assert caller.ask(about("info", "contact", f"<contact:id>{handle}</contact:id>")).code == 1000


def test_reviewed(farm):
    caller = farm("reviewed")
    assert caller.ask(make()).code == 1001
    caller.world.clock.advance(3601)
    assert caller.ask(info("boat.test")).code == 1000
    year = caller.ask(info("boat.test")).xml.partition("exDate>")[2][:10]
    commands = (
        about("renew", "domain", f"{BOAT}<domain:curExpDate>{year}</domain:curExpDate>"),
        about("update", "domain", f'{BOAT}<domain:add><domain:status s="clientHold"/></domain:add>'),
        about("delete", "domain", BOAT),
    )
    for command in commands:
        assert caller.ask(command).code == 1001
        assert caller.ask(command).code == 2304
        caller.world.clock.advance(3601)
    assert caller.ask(info("boat.test")).code == 2303
    texts = []
    while (message := caller.ask('<poll op="req"/>')).code == 1301:
        texts += [message.data.name.pa_result] if hasattr(message.data, "pa_date") else []
        caller.ask(f'<poll op="ack" msgID="{message.waiting[1]}"/>')
    assert texts == [True] * 4


def test_two_name_servers(farm):
    caller = farm("two-name-servers")
    one = TWO.replace(NS2, "")
    assert [caller.ask(make(parts=parts)).code for parts in (one, "", TWO)] == [2306, 2306, 1000]
    fewer = f"{BOAT}<domain:rem><domain:ns>{NS2}</domain:ns></domain:rem>"
    assert caller.ask(about("update", "domain", fewer)).code == 2306


def test_registry_transfers(farm):
    caller = farm("registry-transfers")
    caller.ask(make())
    expires = caller.ask(info("boat.test")).data.ex_date
    other = farm("registry-transfers", who="lighthouse", world=caller.world)
    wanted = BOAT + PASSWORD
    with_years = wanted.replace("<domain:authInfo>", '<domain:period unit="y">1</domain:period><domain:authInfo>')
    assert other.ask(about("transfer", "domain", with_years, "request")).code == 2306
    assert other.ask(about("transfer", "domain", wanted, "request")).code == 1001
    assert caller.ask(about("transfer", "domain", BOAT, "reject")).code == 2306
    caller.world.clock.advance(5 * DAY)
    moved = other.ask(info("boat.test")).data
    assert (moved.cl_id, moved.ex_date) == ("lighthouse", expires)


def test_lenient(farm):
    caller = farm("lenient")
    assert Caller(caller.world, unknown_uri="take").login(exts=("urn:example:any",)).code == 1000


def test_keys_of_a_tld_override_the_persona(tmp_path):
    file = tmp_path / "homeport.toml"
    tables = '[[registry.tld]]\nname = "test"\nmin_nameservers = 0\n[[registry.tld]]\nname = "ship"\n'
    file.write_text(f'[epp]\npersona = "two-name-servers"\n{tables}')
    zones = load(file).contents.registry.zones
    assert {zone.name: zone.min_nameservers for zone in zones} == {"test": 0, "ship": 2}


def test_a_configured_tld_keeps_the_registrars_so_that_they_can_log_in(tmp_path):
    file = tmp_path / "homeport.toml"
    file.write_text('[[registry.tld]]\nname = "ship"\n')
    registry = load(file).contents.registry
    assert [zone.name for zone in registry.zones] == ["ship"]
    assert [one.id for one in registry.registrars] == ["harbour", "lighthouse", "pilot"]
    assert not registry.domains
    file.write_text('[registry]\nregistrar = []\n[[registry.tld]]\nname = "ship"\n')
    assert not load(file).contents.registry.registrars


def test_a_world_has_another_persona_than_its_farm(tmp_path):
    file = tmp_path / "homeport.toml"
    file.write_text('[epp]\npersona = "host-attributes"\n')
    config = load(file)

    def zone(given):
        made = world_config(config, ["epp"], {"epp": given} if given is not None else {})
        found = made.contents.registry.zones[0]
        return found.hosts, found.min_nameservers

    assert zone(None) == ("attributes", 0)
    assert zone({"persona": "two-name-servers"}) == ("objects", 2)
    assert zone({"persona": ""}) == ("objects", 0)


def test_seeded_domains_are_as_the_policy_has_them(farm, tmp_path):
    thin = farm("thin-gateway").world.registry
    assert all(not [*one.contact_ids()] for one in thin.domains.values())
    caller = farm("host-attributes")
    assert not caller.world.registry.hosts
    shown = caller.ask(info("homeport.test")).data
    assert [one.host_name for one in shown.ns.host_attr] == ["ns1.homeport.test", "ns2.homeport.test"]
    assert shown.ns.host_attr[0].host_addr
    config = load(tmp_path / "homeport.toml")
    made = world_config(config, ["epp"], {"epp": {"persona": ""}})
    assert made.contents.registry == make_world().contents.registry
