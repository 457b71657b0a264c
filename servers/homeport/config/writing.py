"""Writes the configuration: as plain values, and as the commented TOML file that `homeport init` makes.

The file is generated from the structs: descriptions, ranges and defaults are where the code reads them.
"""

from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from homeport.config.quantities import Duration, Size, encode
from homeport.config.sections import CONTENTS, CONTENTS_IN_SECTIONS, SECTIONS, Config
from homeport.config.toml import toml_value
from homeport.config.values import item_struct, metas, plain_type
from homeport.services import find_service, service_names

HEAD = """\
# Homeport: every key with its default. A key that is left out keeps it, so a file needs only what differs.
# A flag (--set echo.port=0) goes over the environment (HOMEPORT__ECHO__PORT=0), and that over this file.
# Durations are written 250ms, 5s, 10m, 2h, 1d; sizes 512, 64KiB, 10MiB, 1GiB.
"""
CONTENTS_HEAD = """
# What the world holds when it begins. If a file has any of a kind, they stand in place of all of that kind here.
"""
HIDDEN = "(set)"
WIDTH = 118
KINDS: dict[Any, str] = {str: "a text", int: "a number", dict: "a table", list: "an array"}
"""What people call the types of TOML, where a key takes more than one."""


def effective(config: Config) -> dict[str, Any]:
    """The whole configuration as plain values, laid out as the file is; the control token is not shown."""
    plain: dict[str, Any] = {name: as_plain(getattr(config, name)) for name in SECTIONS}
    if config.control.token:
        plain["control"]["token"] = HIDDEN
    plain |= {name: as_plain(options) for name, options in config.services.items()}
    for name, value in _contents(config).items():
        if name in CONTENTS_IN_SECTIONS:
            plain.setdefault(name, {})[CONTENTS_IN_SECTIONS[name]] = value
        else:
            plain[name] = value
    return plain


def example() -> str:
    """The commented configuration with all defaults."""
    parts = [HEAD]
    parts += [_section(name, kind()) for name, kind in SECTIONS.items()]
    for service in map(find_service, service_names()):
        rfcs = " and ".join(f"RFC {number}" for number in service.rfcs)
        parts.append(_section(service.name, service.options(), f"{service.title} ({rfcs})"))
    parts.append(CONTENTS_HEAD)
    parts += _example_contents(Config())
    return "".join(parts)


def as_plain(value: Any) -> Any:
    """A value as JSON has it: lists for tuples too."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=encode))


def _contents(config: Config) -> dict[str, Any]:
    plain = {name: as_plain(getattr(config.contents, name)) for name in CONTENTS}
    plain["quotes"] = [{"text": text} for text in plain["quotes"]]
    return plain


def _section(name: str, options: msgspec.Struct, title: str = "") -> str:
    return _keys(name, msgspec.structs.fields(options), as_plain(options), title)


def _keys(name: str, fields: Iterable[Any], values: dict[str, Any], title: str = "") -> str:
    lines = [f"# {title}"] if title else []
    lines.append(f"[{name}]")
    for field in fields:
        lines += _comment(field)
        value = values.get(field.encode_name)
        if value is None:
            lines.append(f"# {field.encode_name} =")
        else:
            lines.append(f"{field.encode_name} = {toml_value(value)}")
    return "\n" + "\n".join(lines) + "\n"


def _comment(field: Any) -> Iterator[str]:
    """What a key does and may be, wrapped."""
    import textwrap

    text = next((meta.description for meta in metas(field.type) if meta.description), "")
    if limits := ", ".join(_limits(field.type)):
        text = f"{text} ({limits})" if text else limits
    yield from (f"# {line}" for line in textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False))


def _limits(kind: Any) -> Iterator[str]:
    """What values a type takes, as far as its default does not show it."""
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
            yield "not empty" if meta.min_length == 1 else f"at least {meta.min_length} long"
        if meta.max_length:
            yield f"at most {meta.max_length} long"


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
    """A table of contents: its keys, such as those of [mail], and the arrays of tables in it."""
    fields = msgspec.structs.fields(_content_type(name))
    arrays = [field for field in fields if item_struct(plain_type(field.type))]
    plain = [field for field in fields if field not in arrays]
    parts = [_keys(name, plain, value)] if plain else []
    for field in arrays:
        parts += _described(f"{name}.{field.encode_name}", item_struct(plain_type(field.type)))
        parts += _entries(f"{name}.{field.encode_name}", field.type, value[field.encode_name])
    return parts


def _entries(place: str, kind: Any, values: list[dict[str, Any]]) -> Iterator[str]:
    """An array of tables; what is as it is by default is left out, since the comment above says that."""
    item = item_struct(plain_type(kind))
    fields = () if item is None else msgspec.structs.fields(item)
    defaults = {field.encode_name: as_plain(_default_value(field)) for field in fields if not field.required}
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
    value = as_plain(_default_value(field))
    return "" if value is None else f"; default {toml_value(value)}"


def _default_value(field: Any) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _described(name: str, kind: type[msgspec.Struct] | None) -> list[str]:
    """The keys of an array of tables, as a comment."""
    if kind is None:
        return []
    lines = [f"\n# Keys of [[{name}]]:\n"]
    for field in msgspec.structs.fields(kind):
        text = " ".join(line.removeprefix("# ") for line in _comment(field))
        lines.append(f"#   {field.encode_name}: {text}{_default(field)}\n")
    return lines
