"""The differences between a farm's configuration and a new one, and which of them can be applied without a restart.

The farm's own sockets, its seed and its clock are fixed at start; everything else can change at run time. A section
that KEPT does not name keeps its values until a restart.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from homeport.config.checks import control_hosts, validate_exposure
from homeport.config.sections import CONTENTS, CONTENTS_IN_SECTIONS, SECTIONS, Config
from homeport.config.writing import serialize
from homeport.world.world import REPLACEABLE

KEPT: dict[str, Sequence[str]] = {
    "farm": ("hosts", "reuse_port", "data", "seed"),
    "control": ("port", "hosts"),
    "limits": (),
    "journal": (),
    "faults": (),
}
"""The sections that can be applied, each with its keys that need a restart."""
GUARDED = ("token", "open")
"""Keys of [control] that keep unauthorized clients out."""


class Reloaded(msgspec.Struct, frozen=True):
    meaning = "Result of a reload: the keys that took effect, and those that need a restart."

    applied: list[str]
    needs_restart: list[str]
    unchanged: bool

    def __str__(self) -> str:
        if self.unchanged:
            return "the configuration has not changed"
        words = [f"applied: {', '.join(self.applied)}"] if self.applied else []
        words += [f"needs a restart: {', '.join(self.needs_restart)}"] if self.needs_restart else []
        return "; ".join(words)


class Changes(msgspec.Struct, frozen=True):
    """The plan of a reload. config: the new configuration, with the old values of what needs a restart."""

    config: Config
    parts: list[str]
    """The parts of the world's contents to replace."""
    reloaded: Reloaded


def changed_keys(old: Config, new: Config) -> list[str]:
    """Return the keys whose values differ, such as `echo.strict`; a service that is added or removed is its `enabled`
    alone."""
    keys: list[str] = []
    for name in SECTIONS:
        keys += differences(name, serialize(getattr(old, name)), serialize(getattr(new, name)))
    for name in dict.fromkeys([*old.services, *new.services]):
        if name in old.services and name in new.services:
            keys += differences(name, serialize(old.services[name]), serialize(new.services[name]))
        else:
            keys.append(f"{name}.enabled")
    for part in CONTENTS:
        keys += part_differences(part, old, new)
    return keys


def part_differences(part: str, old: Config, new: Config) -> Iterator[str]:
    """Yield the differing keys of a part of the world's contents."""
    key = f"{part}.{CONTENTS_IN_SECTIONS[part]}" if part in CONTENTS_IN_SECTIONS else part
    return differences(key, serialize(getattr(old.contents, part)), serialize(getattr(new.contents, part)))


def differences(key: str, old: Any, new: Any) -> Iterator[str]:
    """Yield the keys, at or below `key`, whose plain values differ. Arrays are compared as a whole."""
    if old == new:
        return
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield key
        return
    for name in dict.fromkeys([*old, *new]):
        yield from differences(f"{key}.{name}", old.get(name), new.get(name))


def plan(old: Config, new: Config) -> Changes:
    """Plan how a farm that runs with `old` gets as close to `new` as possible without a restart."""
    sections = {name: _kept(getattr(old, name), getattr(new, name), KEPT.get(name)) for name in SECTIONS}
    parts = [part for part in REPLACEABLE if any(part_differences(part, old, new))]
    contents = msgspec.structs.replace(old.contents, **{part: getattr(new.contents, part) for part in parts})
    config = Config(**sections, contents=contents, services=new.services)
    # The sockets stay where they are, even if the new token would select other addresses.
    there = msgspec.structs.replace(config.control, hosts=control_hosts(old))
    if validate_exposure(msgspec.structs.replace(config, control=there)):
        # The new token belongs to the new addresses. At the old ones it would admit clients on other machines.
        sections["control"] = _kept(old.control, sections["control"], GUARDED)
        config = Config(**sections, contents=contents, services=new.services)
    changed, left = changed_keys(old, new), set(changed_keys(config, new))
    applied = [key for key in changed if key not in left]
    waiting = [key for key in changed if key in left]
    if control_hosts(config) != control_hosts(old):
        waiting.append("control.hosts")  # a token was added or removed, and with it the addresses that depend on it
    return Changes(config, parts, Reloaded(applied, waiting, unchanged=not changed))


def _kept(old: Any, new: Any, keys: Sequence[str] | None) -> Any:
    """Return the new section with the old values of `keys`; None: of all."""
    return old if keys is None else msgspec.structs.replace(new, **{key: getattr(old, key) for key in keys})
