"""Writes the configuration: as plain values, and as the commented TOML file of `homeport init`.

The file is generated from the structs, so its descriptions, ranges and defaults are those that the code uses.
"""

from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from homeport.config.deprecated import is_deprecated
from homeport.config.quantities import Duration, Size, encode
from homeport.config.sections import CONTENTS, CONTENTS_IN_SECTIONS, SECTIONS, Config
from homeport.config.toml import toml_value
from homeport.config.values import item_struct, metas, plain_type
from homeport.services import find_service, service_names

HEAD = """\
# Homeport: every key with its default. A missing key has its default, so a file needs only the differences.
# A flag (--set echo.port=0) overrides the environment (HOMEPORT__ECHO__PORT=0), which overrides this file.
# Durations are written 250ms, 5s, 10m, 2h, 1d; sizes 512, 64KiB, 10MiB, 1GiB.
"""
CONTENTS_HEAD = """
# The initial contents of the world. Entries of one kind in a file replace all entries of that kind listed here.
"""
HIDDEN = "(set)"
WIDTH = 118
KINDS: dict[Any, str] = {str: "a string", int: "a number", dict: "a table", list: "an array"}
"""Names of TOML's types in comments, where a key accepts several."""


def effective(config: Config) -> dict[str, Any]:
    """Return the whole configuration as plain values, laid out like the file; the control token is hidden."""
    plain: dict[str, Any] = {name: serialize(getattr(config, name)) for name in SECTIONS}
    if config.control.token:
        plain["control"]["token"] = HIDDEN
    plain |= {name: serialize(options) for name, options in config.services.items()}
    for name, value in _contents(config).items():
        if name in CONTENTS_IN_SECTIONS:
            plain.setdefault(name, {})[CONTENTS_IN_SECTIONS[name]] = value
        else:
            plain[name] = value
    return plain


def example() -> str:
    """Return the commented configuration with all defaults, without deprecated keys."""
    parts = [HEAD]
    parts += [_section(name, kind()) for name, kind in SECTIONS.items()]
    for service in map(find_service, service_names()):
        rfcs = " and ".join(f"RFC {number}" for number in service.rfcs)
        parts.append(_section(service.name, service.options(), f"{service.title} ({rfcs})"))
    parts.append(CONTENTS_HEAD)
    parts += _example_contents(Config())
    return "".join(parts)


def serialize(value: Any) -> Any:
    """Return a value as JSON types: tuples become lists."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=encode))


def _contents(config: Config) -> dict[str, Any]:
    plain = {name: serialize(getattr(config.contents, name)) for name in CONTENTS}
    plain["quotes"] = [{"text": text} for text in plain["quotes"]]
    plain["dns"] = [{key: value for key, value in zone.items() if key != "content"} for zone in plain["dns"]]
    return plain


def _section(name: str, options: msgspec.Struct, title: str = "") -> str:
    return _keys(name, msgspec.structs.fields(options), serialize(options), title)


def _keys(name: str, fields: Iterable[Any], values: dict[str, Any], title: str = "") -> str:
    lines = [f"# {title}"] if title else []
    lines.append(f"[{name}]")
    for field in fields:
        if is_deprecated(field):
            continue
        lines += _comment(field)
        value = values.get(field.encode_name)
        if value is None:
            lines.append(f"# {field.encode_name} =")
        else:
            lines.append(f"{field.encode_name} = {toml_value(value)}")
    return "\n" + "\n".join(lines) + "\n"


def _comment(field: Any) -> Iterator[str]:
    """Yield the description and limits of a key as wrapped comment lines."""
    import textwrap

    text = next((meta.description for meta in metas(field.type) if meta.description), "")
    if limits := ", ".join(_limits(field.type)):
        text = f"{text} ({limits})" if text else limits
    yield from (f"# {line}" for line in textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False))


def _limits(kind: Any) -> Iterator[str]:
    """Yield the range of a type, as far as its default does not show it."""
    shape = plain_type(kind)
    least = next((meta.ge for meta in metas(kind) if meta.ge is not None), None)
    most = next((meta.le for meta in metas(kind) if meta.le is not None), None)
    if least is not None and most is not None:
        yield f"{least} to {most}"
    elif least is not None:
        yield f"{least} or more"
    elif most is not None:
        yield f"at most {most}"
    if get_origin(shape) is Literal:
        yield f"one of {', '.join(toml_value(one) for one in get_args(shape))}"
    elif get_origin(shape) in (Union, UnionType):
        yield " or ".join(KINDS.get(get_origin(one) or one, str(one)) for one in get_args(shape))
    elif shape in (Duration, Size):
        yield "a duration" if shape is Duration else "a size"
    elif shape is bool:
        yield "true or false"
    for meta in metas(kind):
        if meta.min_length:
            yield "not empty" if meta.min_length == 1 else f"at least {meta.min_length} characters"
        if meta.max_length:
            yield f"at most {meta.max_length} characters"


def _example_contents(config: Config) -> list[str]:
    parts = []
    for name, value in _contents(config).items():
        if isinstance(value, list):
            place = f"{name}.{CONTENTS_IN_SECTIONS[name]}" if name in CONTENTS_IN_SECTIONS else name
            parts += _described(place, item_struct(plain_type(_content_type(name))))
            parts += _entries(place, _content_type(name), value)
        else:
            parts += _table(name, value)
    return parts


def _table(name: str, value: dict[str, Any]) -> list[str]:
    """Return a table of contents: its keys, such as those of [mail], and the arrays of tables in it."""
    fields = msgspec.structs.fields(_content_type(name))
    arrays = [field for field in fields if item_struct(plain_type(field.type))]
    plain = [field for field in fields if field not in arrays]
    parts = [_keys(name, plain, value)] if plain else []
    for field in arrays:
        parts += _described(f"{name}.{field.encode_name}", item_struct(plain_type(field.type)))
        parts += _entries(f"{name}.{field.encode_name}", field.type, value[field.encode_name])
    return parts


def _entries(place: str, kind: Any, values: list[dict[str, Any]]) -> Iterator[str]:
    """Yield an array of tables without the keys that have default values, which the comment above lists."""
    item = item_struct(plain_type(kind))
    fields = () if item is None else msgspec.structs.fields(item)
    defaults = {field.encode_name: serialize(_default_value(field)) for field in fields if not field.required}
    for one in values:
        kept = [f"{key} = {toml_value(value)}" for key, value in one.items() if value != defaults.get(key, ...)]
        yield "\n" + "\n".join([f"[[{place}]]", *kept]) + "\n"


def _content_type(name: str) -> Any:
    from homeport.config.sections import CONTENT_SHAPES
    from homeport.world.world import WorldContents

    kinds = {field.name: field.type for field in msgspec.structs.fields(WorldContents)}
    return CONTENT_SHAPES.get(name, kinds[name])


def _default(field: Any) -> str:
    if field.required:
        return " (required)"
    value = serialize(_default_value(field))
    return "" if value is None else f"; default {toml_value(value)}"


def _default_value(field: Any) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _described(name: str, kind: type[msgspec.Struct] | None) -> list[str]:
    """Return the keys of an array of tables, as a comment."""
    if kind is None:
        return []
    lines = [f"\n# Keys of [[{name}]]:\n"]
    for field in msgspec.structs.fields(kind):
        text = " ".join(line.removeprefix("# ") for line in _comment(field))
        lines.append(f"#   {field.encode_name}: {text}{_default(field)}\n")
    return lines
