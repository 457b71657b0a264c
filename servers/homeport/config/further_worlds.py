"""The configuration of a further world: the keys of a request, merged over the farm's own."""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from homeport.config.deprecated import warnings_about, without_replaced
from homeport.config.quantities import encode
from homeport.config.reading import Reader, validate_config
from homeport.config.sections import SECTIONS, Config
from homeport.config.values import Builder, ConfigError, overlay
from homeport.protocol.service import Persona
from homeport.services import find_service

log = logging.getLogger("homeport")

FARM_WIDE = {
    ("control",): "[control]",
    ("tls",): "[tls]",
    ("farm", "hosts"): "farm.hosts",
    ("farm", "services"): "farm.services (give `services` next to `config`)",
    ("farm", "well_known"): "farm.well_known",
    ("farm", "reuse_port"): "farm.reuse_port",
    ("farm", "worlds"): "farm.worlds",
    ("farm", "data"): "farm.data",
    ("limits", "incoming"): "limits.incoming",
    ("limits", "udp_guard"): "limits.udp_guard",
    ("limits", "udp_answers_per_second"): "limits.udp_answers_per_second",
}
"""Keys shared by all worlds of a farm, with their names in messages."""


def world_config(farm: Config, services: Sequence[str] | None, given: dict[str, Any]) -> Config:
    """Return the configuration of a world; every port that it does not name is free.

    services: as [farm] services; None for those of the farm. given: sections and tables as in a TOML file. Missing keys
    of a section have the farm's values; a table of contents (people, quotes, ...) replaces the farm's.

    Raises: ConfigError.
    """
    refused = [name for key, name in FARM_WIDE.items() if _has(given, key)]
    if refused:
        raise ConfigError([f"{', '.join(refused)}: applies to the whole farm, not to one world: leave it out"])
    builder = Builder()
    chosen = list(farm.services if services is None else services)
    tree = given | {"farm": overlay({"services": chosen}, given.get("farm", {}))}
    builder.tree = {name: overlay(_base(farm, name, value), value) for name, value in tree.items()}
    named = {(section, key) for section, value in given.items() if isinstance(value, dict) for key in value}
    config = validate_config(Reader(builder, farm).read(keep={*named, ("control", "port")}), builder)
    for _key, warning in warnings_about(given, config):
        log.warning("a new world: %s", warning)
    return config


def _has(given: dict[str, Any], key: tuple[str, ...]) -> bool:
    inner: Any = given
    for part in key:
        if not isinstance(inner, dict) or part not in inner:
            return False
        inner = inner[part]
    return True


def _base(farm: Config, section: str, given: Any) -> Any:
    """Return the farm's values of a section, with the world's persona in place of the farm's."""
    values = _values(farm, section)
    values = values | without_replaced(farm.services.get(section), given)
    if section not in farm.services or not isinstance(given, dict) or "persona" not in given:
        return values
    options = farm.services[section]
    former, new = (_persona(section, name) for name in (options.persona, given["persona"]))
    if former is not None:  # as if the farm's persona had set nothing
        defaults = msgspec.to_builtins(type(options)(), enc_hook=encode)
        values |= {key: defaults[key] for key, value in former.options.items() if values[key] == value}
    return values if new is None else overlay(values, new.options)


def _persona(service: str, name: Any) -> Persona | None:
    """Return a persona; None if it is unknown, which is reported when the section is read."""
    try:
        return find_service(service).find_persona(name)
    except KeyError:
        return None


def _values(farm: Config, section: str) -> Any:
    """Return a section of the farm's configuration as plain values; empty for contents and for unknown sections."""
    struct = getattr(farm, section) if section in SECTIONS else farm.services.get(section)
    return msgspec.to_builtins(struct, enc_hook=encode) if struct is not None else {}
