"""The configuration of a further world: what a request gives for it, laid over the farm's own."""

from collections.abc import Sequence
from typing import Any

import msgspec

from homeport.config.quantities import encode
from homeport.config.reading import Reader, checked
from homeport.config.sections import SECTIONS, Config
from homeport.config.values import Builder, ConfigError, overlay
from homeport.protocol.service import Persona
from homeport.services import find_service

FARM_WIDE = {
    ("control",): "[control]",
    ("tls",): "[tls]",
    ("farm", "hosts"): "farm.hosts",
    ("farm", "services"): "farm.services (give `services` beside `config`)",
    ("farm", "well_known"): "farm.well_known",
    ("farm", "reuse_port"): "farm.reuse_port",
    ("farm", "worlds"): "farm.worlds",
    ("farm", "data"): "farm.data",
    ("limits", "udp_guard"): "limits.udp_guard",
    ("limits", "udp_answers_per_second"): "limits.udp_answers_per_second",
}
"""Keys that all worlds of a farm share, as they are named to people."""


def world_config(farm: Config, services: Sequence[str] | None, given: dict[str, Any]) -> Config:
    """The configuration of a world, every port free that it does not name.

    services: as [farm] services; None for those of the farm. given: sections and tables as in a TOML file. A section
    has the farm's own values where it says nothing; a table of contents (people, quotes, ...) replaces the farm's.

    Raises: ConfigError.
    """
    refused = [name for key, name in FARM_WIDE.items() if _has(given, key)]
    if refused:
        raise ConfigError([f"{', '.join(refused)}: that is for the whole farm, and not for one world: leave it out"])
    builder = Builder()
    chosen = list(farm.services if services is None else services)
    tree = given | {"farm": overlay({"services": chosen}, given.get("farm", {}))}
    builder.tree = {name: overlay(_base(farm, name, value), value) for name, value in tree.items()}
    named = {(section, key) for section, value in given.items() if isinstance(value, dict) for key in value}
    return checked(Reader(builder, farm).read(keep={*named, ("control", "port")}), builder)


def _has(given: dict[str, Any], key: tuple[str, ...]) -> bool:
    inner: Any = given
    for part in key:
        if not isinstance(inner, dict) or part not in inner:
            return False
        inner = inner[part]
    return True


def _base(farm: Config, section: str, given: Any) -> Any:
    """Return the farm's own values of a section, with the persona that a world gives in place of the farm's."""
    values = _values(farm, section)
    if section not in farm.services or not isinstance(given, dict) or "persona" not in given:
        return values
    options = farm.services[section]
    former, new = (_persona(section, name) for name in (options.persona, given["persona"]))
    if former is not None:  # what it has set is as if it had never been
        defaults = msgspec.to_builtins(type(options)(), enc_hook=encode)
        values |= {key: defaults[key] for key, value in former.options.items() if values[key] == value}
    return values if new is None else overlay(values, new.options)


def _persona(service: str, name: Any) -> Persona | None:
    """Return a persona; None if there is none of that name, which is found out when the section is read."""
    try:
        return find_service(service).find_persona(name)
    except KeyError:
        return None


def _values(farm: Config, section: str) -> Any:
    """A section of the farm's configuration as plain values; empty for contents and for sections that there are not."""
    struct = getattr(farm, section) if section in SECTIONS else farm.services.get(section)
    return msgspec.to_builtins(struct, enc_hook=encode) if struct is not None else {}
