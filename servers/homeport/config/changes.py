"""What differs between the configuration that a farm runs with and a new one, and how much of it can be taken over.

Sockets of the farm as a whole, chance and clock are settled when it starts; everything else can change while it runs.
A section that KEPT does not name is kept as it is until a restart.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from homeport.config.checks import control_hosts, exposure
from homeport.config.sections import CONTENTS, CONTENTS_IN_SECTIONS, SECTIONS, Config
from homeport.config.writing import as_plain
from homeport.world.world import REPLACEABLE

KEPT: dict[str, Sequence[str]] = {
    "farm": ("hosts", "reuse_port", "data", "seed"),
    "control": ("port", "hosts"),
    "limits": (),
    "journal": (),
    "faults": (),
}
"""The sections that can be taken over, each with its keys that need a restart."""
GUARDED = ("token", "open")
"""Keys of [control] that keep strangers out."""


class Reloaded(msgspec.Struct, frozen=True):
    meaning = "What a reload did: the keys that took effect, and those that wait for a restart."

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
    """What is to be done. config: the new configuration, with the old values of what needs a restart."""

    config: Config
    parts: list[str]
    """The parts of the world's contents that are replaced."""
    reloaded: Reloaded


def changed_keys(old: Config, new: Config) -> list[str]:
    """The keys whose values differ, such as `echo.strict`; a service that comes or goes is its `enabled` alone."""
    keys: list[str] = []
    for name in SECTIONS:
        keys += differences(name, as_plain(getattr(old, name)), as_plain(getattr(new, name)))
    for name in dict.fromkeys([*old.services, *new.services]):
        if name in old.services and name in new.services:
            keys += differences(name, as_plain(old.services[name]), as_plain(new.services[name]))
        else:
            keys.append(f"{name}.enabled")
    for part in CONTENTS:
        keys += part_differences(part, old, new)
    return keys


def part_differences(part: str, old: Config, new: Config) -> Iterator[str]:
    """The keys that differ of a part of the world's contents."""
    key = f"{part}.{CONTENTS_IN_SECTIONS[part]}" if part in CONTENTS_IN_SECTIONS else part
    return differences(key, as_plain(getattr(old.contents, part)), as_plain(getattr(new.contents, part)))


def differences(key: str, old: Any, new: Any) -> Iterator[str]:
    """The keys, below that one or itself, whose plain values differ. Arrays are compared as a whole."""
    if old == new:
        return
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield key
        return
    for name in dict.fromkeys([*old, *new]):
        yield from differences(f"{key}.{name}", old.get(name), new.get(name))


def plan(old: Config, new: Config) -> Changes:
    """How a farm that runs with `old` comes as near to `new` as it can without a restart."""
    sections = {name: _kept(getattr(old, name), getattr(new, name), KEPT.get(name)) for name in SECTIONS}
    parts = [part for part in REPLACEABLE if any(part_differences(part, old, new))]
    contents = msgspec.structs.replace(old.contents, **{part: getattr(new.contents, part) for part in parts})
    config = Config(**sections, contents=contents, services=new.services)
    # The sockets stay where they are, whatever addresses the new token or its lack would choose.
    there = msgspec.structs.replace(config.control, hosts=control_hosts(old))
    if exposure(msgspec.structs.replace(config, control=there)):
        # The new token goes with new addresses. Without those it would open the old ones, which others can reach.
        sections["control"] = _kept(old.control, sections["control"], GUARDED)
        config = Config(**sections, contents=contents, services=new.services)
    changed, left = changed_keys(old, new), set(changed_keys(config, new))
    applied = [key for key in changed if key not in left]
    waiting = [key for key in changed if key in left]
    if control_hosts(config) != control_hosts(old):
        waiting.append("control.hosts")  # a token came or went, and with it the addresses that follow from it
    return Changes(config, parts, Reloaded(applied, waiting, unchanged=not changed))


def _kept(old: Any, new: Any, keys: Sequence[str] | None) -> Any:
    """The new section with the old values of those keys; None: of all."""
    return old if keys is None else msgspec.structs.replace(new, **{key: getattr(old, key) for key in keys})
