"""Reads the configuration: a TOML file, environment variables and flags, into `homeport.config.sections.Config`.

Precedence: flag, environment, file, default. All problems are collected and shown together, each with its file and line
(or its variable or flag), its key, and the nearest valid key. No file is needed: the defaults are in code (RFC 1123
1.2.4).
"""

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from homeport.config.checks import validate
from homeport.config.deprecated import supersede, warnings_about
from homeport.config.idn_files import read_idn_tables
from homeport.config.persona_zones import with_persona_zones
from homeport.config.sections import CONTENT_SHAPES, CONTENTS, CONTENTS_IN_SECTIONS, SECTIONS, Config
from homeport.config.values import Builder, ConfigError, item_struct, nearest, overlay, plain_type
from homeport.config.zone_files import read_zones
from homeport.protocol.service import Options
from homeport.services import MODULES, find_service, service_names
from homeport.world.world import WorldContents

log = logging.getLogger("homeport")

PREFIX = "HOMEPORT__"
CONVERTED: dict[str, Callable[[Builder, Any], Any]] = {
    "quotes": lambda _builder, tables: [quote.text for quote in tables],
    "dns": read_zones,
    "registry": read_idn_tables,
}
"""Makes contents of tables whose shapes differ from theirs."""
HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]")
"""The header of a table, or of an element of an array of tables."""


class Setting(msgspec.Struct, frozen=True):
    """One value from outside the file."""

    key: tuple[str, ...]
    value: Any
    origin: str
    """The variable or the flag, for error messages."""
    text: str | None = None
    """The value as text, which is used if the key's type is a string."""


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    settings: Sequence[Setting] = (),
    *,
    ephemeral: bool = False,
) -> Config:
    """Load the effective configuration.

    settings: from flags; they override the environment, and later ones earlier ones. ephemeral: every port free and no
    state kept, unless a setting says otherwise. Deprecated keys are logged as warnings.

    Raises: ConfigError.
    """
    builder = Builder()
    if file is not None:
        read_file(file, builder)
    for setting in (*environment_settings(environment or {}), *settings):
        builder.put(setting.key, setting.value, setting.origin, setting.text)
        supersede(builder, setting.key)
    fixed = {setting.key for setting in settings}
    if ephemeral and any(setting.key == ("farm", "well_known") and setting.value for setting in settings):
        raise ConfigError(["--ephemeral and --well-known exclude each other: leave one of them out"])
    config = validate_config(Reader(builder).read(fixed if ephemeral else None, fixed), builder)
    for key, warning in warnings_about(builder.tree, config):
        log.warning("%s%s", f"{place}: " if (place := builder.place(key)) else "", warning)
    return config


def validate_config(config: Config, builder: Builder) -> Config:
    """Validate a configuration and return it.

    Raises: ConfigError with all problems.
    """
    builder.errors += validate(config, builder) if not builder.errors else []
    if builder.errors:
        raise ConfigError(sorted(builder.errors, key=_by_line))
    return config


def _by_line(problem: str) -> list[str | int]:
    """Return a sort key that orders problems by their line in the file: line 10 after line 9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", problem)]


def read_file(file: Path, builder: Builder) -> None:
    """Read a TOML file's values, with their lines.

    Raises: ConfigError if it cannot be read or is not TOML.
    """
    import tomllib

    from homeport.config.lines import key_lines

    try:
        text = file.read_bytes().decode()
        builder.tree = tomllib.loads(text)
    except OSError as error:
        hint = " (`homeport init` writes one)" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError([f"{file}: {error.strerror}{hint}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{file}: not UTF-8 at byte {error.start}; TOML must be UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")  # "line 3, column 7)", or "end of document)"
        number, lines = place.removeprefix("line ").partition(",")[0], text.splitlines()
        line = int(number) if number.isdigit() else text.count("\n") + 1
        hint = header_hint(message, lines[line - 1]) if 0 < line <= len(lines) else ""
        raise ConfigError([f"{file}:{line}: {message}{hint}"]) from None
    builder.file = str(file)
    builder.origins = {key: f"{file}:{line}" for key, line in key_lines(text.replace("\r\n", "\n")).items()}


def header_hint(message: str, line: str) -> str:
    """Return a hint for a table's header that TOML refuses because of an earlier one; empty for another error.

    message: of tomllib.
    """
    header = HEADER.match(line)
    if header is None or not message.startswith(("Cannot declare", "Cannot overwrite", "Cannot mutate")):
        return ""
    name = header[1].strip()
    if key := CONTENTS_IN_SECTIONS.get(name):
        return f": TOML cannot have both [{name}] and [[{name}]]; write [{name}] once, and [[{name}.{key}]] for each"
    kinds = {field.name: CONTENT_SHAPES.get(field.name, field.type) for field in msgspec.structs.fields(WorldContents)}
    if name in CONTENTS and item_struct(plain_type(kinds[name])):
        return f": write [[{name}]] for each, and no other table of that name"
    return f": write [{name}] once, with all its keys below it"


def environment_settings(environment: Mapping[str, str]) -> list[Setting]:
    """Return the settings of variables such as `HOMEPORT__ECHO__PORT=0`."""
    return [
        parse_setting(name.removeprefix(PREFIX).lower().split("__"), text, name)
        for name, text in sorted(environment.items())
        if name.startswith(PREFIX)
    ]


def flag_setting(argument: str) -> Setting:
    """Parse `--set key.path=value`.

    Raises: ConfigError for another form.
    """
    key, equals, text = argument.partition("=")
    if not equals or not key.strip():
        raise ConfigError([f"--set {argument}: write --set key.path=value, such as --set echo.port=0"])
    return parse_setting(key.strip().split("."), text, f"--set {argument}")


def parse_setting(key: Iterable[str], text: str, origin: str) -> Setting:
    """Parse a setting's text: as a TOML value, or otherwise as a string."""
    import tomllib

    try:
        parsed = tomllib.loads(f"value = {text}")
        value = parsed["value"] if len(parsed) == 1 else text
    except tomllib.TOMLDecodeError:
        value = text
    return Setting(tuple(key), value, origin, text)


class Reader:
    """Builds the configuration from the given values.

    base: the configuration that supplies missing values.
    """

    def __init__(self, builder: Builder, base: Config | None = None) -> None:
        self.builder = builder
        self.tree = builder.tree
        self.base = base or Config()

    def read(self, keep: set[tuple[str, ...]] | None, fixed: Collection[tuple[str, ...]] = ()) -> Config:
        """Read all sections. keep: None, or the keys that keep their ports while every other port becomes free.

        fixed: the keys that keep their ports while every other one becomes well known.
        """
        sections = {name: self._struct(name, kind) for name, kind in SECTIONS.items()}
        names = self._selection(sections["farm"].services)
        given = self._given(set(names))
        options = {
            name: given.get(name) or self.base.services.get(name) or find_service(name).options() for name in names
        }
        services = {name: one for name, one in options.items() if one.enabled}
        if keep is not None:
            services = {name: _free_ports(name, one, keep) for name, one in services.items()}
            if ("control", "port") not in keep:
                sections["control"] = msgspec.structs.replace(sections["control"], port=0)
            if ("farm", "data") not in keep:
                sections["farm"] = msgspec.structs.replace(sections["farm"], data="")
        elif sections["farm"].well_known:
            services = {name: _well_known_ports(name, one, fixed) for name, one in services.items()}
        contents = self._contents(sections["farm"].seed)
        contents = with_persona_zones(contents, self.tree, services, self.base, self.builder)
        return Config(**sections, contents=contents, services=services)

    def _struct(self, name: str, kind: type[msgspec.Struct]) -> Any:
        built = self.builder.build(self.tree[name], kind, (name,)) if name in self.tree else None
        return getattr(self.base, name) if built is None else built

    def _given(self, selected: set[str]) -> dict[str, Options]:
        """Return the options of every service that has a section, enabled or not; unknown sections are errors."""
        given = {}
        for name, value in self.tree.items():
            if name in SECTIONS or (name in CONTENTS and (name not in MODULES or isinstance(value, list))):
                continue
            if name in CONTENTS and isinstance(value, dict):
                value = {key: one for key, one in value.items() if key != CONTENTS_IN_SECTIONS[name]}
            if name in selected or self._is_service(name):
                given[name] = self.builder.build(self._over_persona(name, value), find_service(name).options, (name,))
            else:
                known = [*SECTIONS, *service_names(), *CONTENTS]
                self.builder.error((name,), f"unknown section [{name}]; {nearest(name, known)}")
        return given

    def _over_persona(self, name: str, value: Any) -> Any:
        """Return a service's section merged over the options of its persona."""
        chosen = value.get("persona") if isinstance(value, dict) else None
        if not chosen or not isinstance(chosen, str):
            return value
        service = find_service(name)
        try:
            return overlay(service.find_persona(chosen).options, value)
        except KeyError:
            known = [one.name for one in service.personas]
            hint = nearest(chosen, known) if known else "it has no personas: leave the key out"
            self.builder.error((name, "persona"), f"unknown persona {chosen!r} of {name}; {hint}")
            return value

    def _selection(self, words: Sequence[str]) -> list[str]:
        """Return the services selected by names, "*" and "-name", ours in our order."""
        chosen: dict[str, None] = {}
        if words and all(word.startswith("-") for word in words):
            words = ["*", *words]
        for word in words:
            name = word.removeprefix("-")
            if word == "*":
                chosen |= dict.fromkeys(MODULES)
            elif not self._is_service(name):
                self.builder.error(("farm", "services"), f"unknown service {name!r}; {nearest(name, service_names())}")
            elif word.startswith("-"):
                chosen.pop(name, None)
            else:
                chosen[name] = None
        return [*(name for name in MODULES if name in chosen), *(name for name in chosen if name not in MODULES)]

    def _is_service(self, name: str) -> bool:
        if name in MODULES:
            return True
        try:
            find_service(name)
        except KeyError:
            return False
        except Exception as error:  # another package's code may raise anything
            raise ConfigError([f"service {name!r}, which an installed package adds: {error}"]) from error
        return True

    def _contents(self, seed: int) -> WorldContents:
        fields: dict[str, Any] = {}
        kinds = {field.name: field.type for field in msgspec.structs.fields(WorldContents)} if self.tree else {}
        for name in CONTENTS:
            key: tuple[str, ...] = (name,)
            value = self.tree.get(name)
            # [[whois]] alone is accepted too.
            if name in CONTENTS_IN_SECTIONS and isinstance(value, dict):
                key = (name, CONTENTS_IN_SECTIONS[name])
                value = value.get(key[1])
            if value is None:
                continue
            built = self.builder.build(value, CONTENT_SHAPES.get(name, kinds[name]), key)
            if built is not None:
                fields[name] = CONVERTED[name](self.builder, built) if name in CONVERTED else built
                if name == "registry" and value and "registrar" not in value:  # a TLD alone still has its clients
                    registrars = self.base.contents.registry.registrars
                    fields[name] = msgspec.structs.replace(fields[name], registrars=registrars)
        return msgspec.structs.replace(self.base.contents, **fields, seed=seed)


def _free_ports(name: str, options: Options, kept: set[tuple[str, ...]]) -> Options:
    service = find_service(name)
    free = {one.option: 0 for one in service.listeners} | service.free_ports
    return msgspec.structs.replace(options, **{key: value for key, value in free.items() if (name, key) not in kept})


def _well_known_ports(name: str, options: Options, fixed: Collection[tuple[str, ...]]) -> Options:
    """Return the options with IANA's ports in place of our default ones."""
    ports = {
        one.option: one.well_known_port
        for one in find_service(name).listeners
        if one.well_known_port and (name, one.option) not in fixed and getattr(options, one.option) == one.default_port
    }
    return msgspec.structs.replace(options, **ports)
