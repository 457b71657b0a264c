"""What personas set in the TLDs of the registry: the policy of registries that differ in more than EPP's options.

The seeded domains follow: without contacts where a TLD takes none, with attributes in place of hosts where it has none.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from homeport.config.sections import Config
from homeport.config.values import Builder
from homeport.protocol.service import Options
from homeport.services import find_service
from homeport.world.registry import Domain, HostAttribute, RegistryContents, Zone
from homeport.world.registry.zones import ZONES
from homeport.world.world import WorldContents


def with_persona_zones(
    contents: WorldContents, tree: Mapping[str, Any], services: Mapping[str, Options], base: Config, builder: Builder
) -> WorldContents:
    """Return contents whose TLDs have what the personas of services set.

    tree: the given values, whose keys override a persona's. base: the configuration that the contents are from where
    the tree has no registry; what its own personas set there is undone.
    """
    wanted, former = _zones_of(services, builder), _zones_of(base.services, builder)
    if not wanted and not former:
        return contents
    given = tree.get("registry")
    if isinstance(given, dict):
        return replace(contents, registry=_with_zones(contents.registry, wanted, _tables(given)))
    registry, seed = contents.registry, WorldContents().registry
    if former:
        registry = seed if registry == _seeded(seed, former) else _without_zones(registry, former)
    return replace(contents, registry=_seeded(registry, wanted) if wanted else registry)


def _zones_of(services: Mapping[str, Options], builder: Builder) -> dict[str, Any]:
    """Return the fields of TLDs that the chosen personas set."""
    values: dict[str, Any] = {}
    for name, options in services.items():
        if options.persona and (found := _persona_zones(name, options.persona)):
            built = builder.build({"name": "zone", **found}, Zone, (name, "persona"))
            values |= {key: getattr(built, key) for key in found}
    return values


def _persona_zones(service: str, persona: str) -> dict[str, Any]:
    try:
        return find_service(service).find_persona(persona).zones
    except KeyError:  # reported when the section is read
        return {}


def _tables(registry: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the given tables of TLDs by name."""
    tables = registry.get("tld")
    return {str(one.get("name", "")): one for one in tables if isinstance(one, dict)} if tables else {}


def _with_zones(
    registry: RegistryContents, wanted: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]
) -> RegistryContents:
    zones = [
        replace(zone, **{key: value for key, value in wanted.items() if key not in tables.get(zone.name, {})})
        for zone in registry.zones
    ]
    return replace(registry, zones=tuple(zones))


def _without_zones(registry: RegistryContents, former: Mapping[str, Any]) -> RegistryContents:
    zones = [
        replace(zone, **{key: _unset(zone, key) for key, value in former.items() if getattr(zone, key) == value})
        for zone in registry.zones
    ]
    return replace(registry, zones=tuple(zones))


def _unset(zone: Zone, key: str) -> Any:
    """Return a field of a TLD as it is without personas."""
    seeded = next((one for one in ZONES if one.name == zone.name), None)
    return getattr(seeded or msgspec.convert({"name": zone.name}, Zone), key)


def _seeded(registry: RegistryContents, wanted: Mapping[str, Any]) -> RegistryContents:
    """Return a registry with these fields of its TLDs, and with domains as they may be there."""
    registry = _with_zones(registry, wanted, {})
    domains = tuple(registry.domains)
    if wanted.get("data_model") == "minimum":
        domains = tuple(replace(one, registrant="", contacts=()) for one in domains)
    if wanted.get("hosts") == "attributes":
        addresses = {host.name: host.addresses for host in registry.hosts}
        domains = tuple(_with_attributes(one, addresses) for one in domains)
        registry = replace(registry, hosts=())
    return replace(registry, domains=domains)


def _with_attributes(one: Domain, addresses: Mapping[str, tuple[str, ...]]) -> Domain:
    made = tuple(
        HostAttribute(name=name, addresses=addresses.get(name, ()) if name.endswith(f".{one.name}") else ())
        for name in one.nameservers
    )
    return replace(one, nameservers=(), attributes=(*one.attributes, *made)) if made else one
