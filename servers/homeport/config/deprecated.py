"""Deprecated keys: they act as before, with a warning that names what replaces them.

A key is deprecated by `Meta(extra={"deprecated": True})` in its declaration.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from homeport.config.sections import Config
from homeport.config.values import Builder, Key, metas
from homeport.protocol.service import Options, SyntaxOptions

REPLACED_BY_SYNTAX = ("strict", "bare_lf")
"""Keys of a service that its `syntax` replaces."""


def is_deprecated(field: Any) -> bool:
    """True if a key is deprecated. field: of a struct."""
    return any("deprecated" in (meta.extra or {}) for meta in metas(field.type))


def warnings_about(tree: Mapping[str, Any], config: Config) -> Iterator[tuple[Key, str]]:
    """Yield each deprecated key of a service that is given, and a warning.

    tree: the sections as given. config: the valid configuration that was made of them.
    """
    for name, options in config.services.items():
        given = tree.get(name)
        if isinstance(given, dict):
            for field in msgspec.structs.fields(type(options)):
                key = field.encode_name
                if key in given and is_deprecated(field):
                    yield (name, key), f"{name}.{key} is deprecated: {_advice(name, field, options)}"


def _advice(service: str, field: Any, options: Options) -> str:
    """Return what to write in place of a deprecated key."""
    value = getattr(options, field.name)
    if value == field.default or not isinstance(options, SyntaxOptions):
        return "it changes nothing here; leave it out"
    word = "strict" if field.name == "strict" else "lenient"
    return f'write [{service}] syntax = "{word}"'


def supersede(builder: Builder, key: Key) -> None:
    """Remove what a file says by deprecated keys, if a setting over it says it by the key that replaces them."""
    section = builder.tree.get(str(key[0]))
    if len(key) == 2 and key[1] == "syntax" and isinstance(section, dict):
        for former in REPLACED_BY_SYNTAX:
            section.pop(former, None)


def without_replaced(options: Options | None, given: Any) -> dict[str, Any]:
    """Return values for the deprecated keys that a section must not inherit, because it sets what replaces them."""
    if not isinstance(options, SyntaxOptions) or not isinstance(given, dict) or "syntax" not in given:
        return {}
    fields = {field.encode_name: field.default for field in msgspec.structs.fields(type(options))}
    return {key: fields[key] for key in REPLACED_BY_SYNTAX if key in fields}


def contradictions(config: Config) -> list[tuple[Key, str]]:
    """Return the services that are strict by the deprecated key, and lenient by the new one."""
    return [
        ((name, "strict"), f'{name}.strict contradicts {name}.syntax = "lenient": remove `strict`, which is deprecated')
        for name, options in config.services.items()
        if isinstance(options, SyntaxOptions) and options.strict and options.syntax == "lenient"
    ]
