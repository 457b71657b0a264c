"""docs/epp.md agrees with the seed, the zones, the actions, the result codes and the trigger names."""

import re
from pathlib import Path

import pytest

from homeport.control.operations import TABLE
from homeport.control.registry_actions import ACTS
from homeport.services.epp.results import RESULTS
from homeport.services.epp.rules import RULES
from homeport.world.clock import Clock
from homeport.world.registry import Registry, trigger_names
from homeport.world.registry.zones import PRESETS
from homeport.world.seed_registry import REGISTRY

PAGE = (Path(__file__).parents[1] / "docs" / "epp.md").read_text()
CODE = re.compile(r"`([^`]+)`")


def section(title):
    """Return the text below a headline."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title):
    """Return the cells of the rows of a section's tables."""
    return [[cell.strip() for cell in row.split(" | ")] for row in re.findall(r"^\| (.*) \|$", section(title), re.M)]


@pytest.fixture(scope="module")
def registry():
    return Registry(REGISTRY, Clock(lambda: 1_792_000_000.0))


def test_the_domains_of_the_seed_are_listed_with_sponsor_and_statuses(registry):
    listed = [(CODE.findall(row[0])[0], row[1], CODE.findall(row[2])) for row in rows("Seed objects")[1:]]
    assert listed == [
        (one.name, one.registrar, [*registry.statuses(one), *registry.rgp_statuses(one)])
        for one in registry.domains.values()
    ]
    assert all(row[3] for row in rows("Seed objects"))


def test_passwords_are_as_documented(registry):
    for one in registry.registrars.values():
        assert one.password == f"{one.id}-pass"
        assert f"`{one.id}-pass`" in PAGE
    for domain in registry.domains.values():
        assert domain.password in (None, f"{domain.name.partition('.')[0]}-auth")
    for contact in registry.contacts.values():
        assert contact.password == f"{contact.id}-auth"
        assert f"`{contact.id}`" in section("Seed objects")


def test_hosts_and_messages_are_as_documented(registry):
    text = section("Seed objects")
    for host in registry.hosts:
        assert f"`{host}`" in text or (host.startswith("ns1.") and "`ns1` and `ns2." in text)
    assert [registry.messages.count(one) for one in registry.registrars] == [3, 1, 1]


def test_zones_and_periods_are_as_documented(registry):
    zones, periods = section("Zones").split("\n| period |")
    assert re.findall(r"`([\w.]+)`", zones.splitlines()[1]) == list(registry.zones)
    assert [zone.preset for zone in registry.zones.values()] == ["gtld", "fast", "fast"]
    told = {}
    for names, days, minutes in re.findall(r"^\| (`.*`) \| (\d+) d \| (\d+) m \|", periods, re.M):
        told |= {name: (float(days) * 86_400, float(minutes) * 60) for name in CODE.findall(names)}
    presets = PRESETS["gtld"], PRESETS["fast"]
    assert told == {name: tuple(getattr(one, name) for one in presets) for name in presets[0].__struct_fields__}


def test_every_result_code_is_documented():
    assert [int(row[0]) for row in rows("Result codes")[1:]] == list(RESULTS)


def test_every_action_is_documented():
    listed = [name for row in rows("The registry's own acts")[1:] for name in CODE.findall(row[0])]
    assert listed == list(ACTS)


def test_every_trigger_name_is_documented(registry):
    listed = [CODE.findall(row[0])[0] for row in rows("Trigger names")[1:]]
    for name in listed:
        domain = registry.domain("quay.test")
        wanted = type(domain)(**{**{f: getattr(domain, f) for f in domain.__struct_fields__}, "name": f"{name}.test"})
        asked = trigger_names.robot_of(wanted) or trigger_names.review_of(wanted)
        assert asked is not None
        assert asked.word == name.partition("-")[2]
    assert len(listed) == 8


def test_every_path_of_the_registry_is_documented():
    below = {one.path.partition("/registry/")[2] for one in TABLE if "/registry/" in one.path}
    text = section("The API")
    for path in below:
        kind, _slash, rest = path.partition("/")
        assert f"`{kind}`" in text or kind in text
        if rest.rpartition("/")[2] in ("state", "acts", "messages"):
            assert rest.rpartition("/")[2] in text
    assert len(RULES) > 30
