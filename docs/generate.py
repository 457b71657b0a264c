"""Write the generated pages of this folder: what is configured and what is served, read off the code.

python docs/generate.py                   write them
python docs/generate.py --check           change nothing; exit 1 and name the pages that are out of date
python docs/generate.py --service NAME    print the page of a service, also of one that another package adds
"""

import re
import sys
import typing
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from api_reference import api_reference
from manual import manual
from msgspec import inspect as shapes
from service_pages import EDIT, service_list, service_page

from homeport.config import sections as config
from homeport.config.quantities import Duration, Size
from homeport.protocol.fault_checks import kinds_of
from homeport.protocol.service import LimitOverrides, Options, Service
from homeport.services import all_services, find_service
from homeport.world.world import WorldContents

HERE = Path(__file__).parent
KEYS = "| key | default | range | effect |\n|---|---|---|---|\n"
WRITTEN = {Duration: "duration: `250ms`, `5s`, `10m`, `2h`, `1d`", Size: "size: `512`, `64KiB`, `10MiB`"}
COMMON = [field.name for field in msgspec.structs.fields(Options)]
"""Keys that every service has."""


def code(value: Any) -> str:
    """A value as TOML writes it, set as code."""
    return f"`{toml(value)}`"


def toml(value: Any) -> str:
    """A value in TOML, which for these is as in JSON."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return msgspec.json.encode(str(value) if isinstance(value, Duration | Size) else value).decode()


def range_of(kind: shapes.Type) -> str:
    """What values are allowed, in words."""
    match kind:
        case shapes.Metadata():
            return range_of(kind.type)
        case shapes.BoolType():
            return "`true`, `false`"
        case shapes.IntType():
            return numbers(kind)
        case shapes.FloatType():
            return "a number"
        case shapes.LiteralType():
            return ", ".join(map(code, kind.values))
        case shapes.CustomType():
            return WRITTEN[kind.cls]
        case shapes.CollectionType():
            return ("at least one of: " if kind.min_length else "any number of: ") + range_of(kind.item_type)
        case shapes.DictType():
            return f"a table of names, each with: {range_of(kind.value_type)}"
        case shapes.UnionType():
            return ", or ".join(range_of(one) for one in kind.types if not isinstance(one, shapes.NoneType))
        case shapes.StrType():
            return texts(kind)
    raise TypeError(f"docs/generate.py has no words for {kind}")


def numbers(kind: shapes.IntType) -> str:
    """The range of whole numbers."""
    if kind.ge is not None and kind.le is not None:
        return f"{kind.ge} to {kind.le}"
    return "any whole number" if kind.ge is None else f"{kind.ge} or more"


def texts(kind: shapes.StrType) -> str:
    """The range of texts."""
    if kind.pattern:
        return f"text like `{escape(kind.pattern)}`"
    if kind.max_length:
        return f"text, {kind.min_length or 0} to {kind.max_length} characters"
    return "text, not empty" if kind.min_length else "text"


def escape(text: str) -> str:
    """The text as a cell of a table may hold it."""
    return text.replace("|", "\\|")


def description(kind: shapes.Type) -> str:
    """What a key does; empty if the code does not say."""
    if isinstance(kind, shapes.UnionType):
        return next(filter(None, map(description, kind.types)), "")
    schema = kind.extra_json_schema if isinstance(kind, shapes.Metadata) else None
    return escape((schema or {}).get("description", ""))


def default_of(field: shapes.Field) -> str:
    """What a key is when it is not set."""
    if field.required:
        return "required"
    value = field.default if field.default_factory is shapes.NODEFAULT else field.default_factory()
    return "not set" if value is None else code(value)


def bare(kind: shapes.Type) -> shapes.Type:
    """A type without what is said about it."""
    return bare(kind.type) if isinstance(kind, shapes.Metadata) else kind


def struct_of(kind: shapes.Type) -> shapes.Type:
    """A type without what is said about it; the struct in one that may be left out."""
    kind = bare(kind)
    parts = kind.types if isinstance(kind, shapes.UnionType) else ()
    return next((part for part in map(bare, parts) if isinstance(part, shapes.StructType)), kind)


def keys(table: shapes.StructType, prefix: str = "", skip: typing.Collection[str] = ()) -> Iterator[str]:
    """A row for every key of a table, and of the tables in it."""
    for field in table.fields:
        if field.encode_name in skip:
            continue
        name = prefix + field.encode_name
        kind = struct_of(field.type)
        item = bare(kind.item_type) if isinstance(kind, shapes.CollectionType) else None
        if isinstance(kind, shapes.StructType) and kind.cls is LimitOverrides:
            yield from limits(kind, name)
        elif isinstance(kind, shapes.StructType):
            yield from keys(kind, f"{name}.")
        elif isinstance(item, shapes.StructType):
            yield from keys(item, f"{name}[].")
        else:
            effect = description(field.type) or self_evident(table, field)
            yield f"| `{name}` | {default_of(field)} | {range_of(field.type)} | {effect} |\n"


def self_evident(table: shapes.StructType, field: shapes.Field) -> str:
    """What a key of the world's contents holds whose name says it: `voice` of a Registrar. Options must say more."""
    if table.cls in config.SECTIONS.values() or issubclass(table.cls, Options):
        raise TypeError(f"{table.cls.__name__}.{field.name} needs a description")
    owner = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", table.cls.__name__).lower()
    return f"{field.name.replace('_', ' ')} of the {owner}"


def limits(table: shapes.StructType, prefix: str) -> Iterator[str]:
    """The keys of a service's own limits, which mean what they mean in [limits]."""
    for name in (field.encode_name for field in table.fields):
        (general,) = (field for field in struct(config.LimitOptions).fields if field.encode_name == name)
        allowed = range_of(general.type)
        yield f"| `{prefix}.{name}` | as in `[limits]` | {allowed} | {description(general.type)}, of this service |\n"


def struct(table: type) -> shapes.StructType:
    """What a table of the configuration holds."""
    kind = shapes.type_info(table)
    assert isinstance(kind, shapes.StructType)
    return kind


def configuration() -> str:
    """configuration.md."""
    parts = [EDIT, CONFIGURATION_HEAD]
    for name, table in config.SECTIONS.items():
        parts += [f"\n## [{name}]\n\n", KEYS, *keys(struct(table))]
    parts += ["\n## Keys that every service has\n\n", "Each service is a section by its name.\n\n", KEYS]
    parts += keys(struct(Options))
    for service in all_services():
        parts += [f"\n## [{service.name}]\n\n", f"{service.title}; and the keys that every service has.\n\n", KEYS]
        parts += keys(struct(service.options), skip=COMMON)
    for field in struct(WorldContents).fields:
        if field.name in config.CONTENTS:
            shape = config.CONTENT_SHAPES.get(field.name)
            parts += contents(field.encode_name, bare(shapes.type_info(shape) if shape else field.type))
    return "".join(parts)


def contents(name: str, kind: shapes.Type) -> Iterator[str]:
    """The sections of one kind of contents: an array of tables, or a table of such arrays."""
    if isinstance(kind, shapes.CollectionType):
        item = bare(kind.item_type)
        assert isinstance(item, shapes.StructType)
        # TOML has no room for [[whois]] beside [whois].
        inner = config.CONTENTS_IN_SECTIONS.get(name)
        yield f"\n## [[{name}.{inner}]]\n\n{KEYS}" if inner else f"\n## [[{name}]]\n\n{KEYS}"
        yield from keys(item)
    elif isinstance(kind, shapes.StructType):
        arrays = [field for field in kind.fields if is_array_of_tables(bare(field.type))]
        if len(arrays) < len(kind.fields):
            yield f"\n## [{name}]\n\n{KEYS}"
            yield from keys(kind, skip=[field.encode_name for field in arrays])
        for field in arrays:
            yield from contents(f"{name}.{field.encode_name}", bare(field.type))


def is_array_of_tables(kind: shapes.Type) -> bool:
    """Whether a type is an array of tables, which is a section of its own."""
    return isinstance(kind, shapes.CollectionType) and isinstance(bare(kind.item_type), shapes.StructType)


CONFIGURATION_HEAD = """\
# Configuration

Nothing needs to be configured: every key has a default, and the defaults are the standards as they are written. One
TOML file overrides them (`homeport up -c FILE`); `homeport init FILE` writes one with every key and its default, and
`homeport check FILE` reads one, says what is wrong with it by line and key, and prints what takes effect.

Later ones win: default, file, environment, flag. A key is set from the environment as `HOMEPORT__SECTION__KEY=value`
and from the command line as `--set section.key=value`. A key that does not exist is an error.

The world's contents are arrays of tables. To write one replaces what the world has by itself: with a single
`[[people]]` there is one person.
"""


def services() -> str:
    """services.md."""
    return service_list(all_services())


def page_of(service: Service) -> str:
    """services/NAME.md, with what people have written there."""
    path = HERE / "services" / f"{service.name}.md"
    options = KEYS + "".join(keys(struct(service.options), skip=COMMON))
    return service_page(service, options, path.read_text() if path.exists() else "")


KINDS_BEGIN, KINDS_END = "<!-- Written by `make docs` from here: -->\n", "<!-- to here. -->\n"


def faults() -> str:
    """faults.md: its table of what can be suffered, within a page that people write."""
    before, _, rest = (HERE / "faults.md").read_text().partition(KINDS_BEGIN)
    _, _, after = rest.partition(KINDS_END)
    rows: dict[tuple[str, ...], list[str]] = {}
    for service in all_services():
        for listener in service.listeners:
            rows.setdefault(kinds_of(service, listener), []).append(f"`{service.name}.{listener.name}`")
    table = "| listeners | kinds |\n|---|---|\n"
    for kinds, names in rows.items():
        table += f"| {', '.join(names)} | {', '.join(f'`{kind}`' for kind in kinds)} |\n"
    return f"{before}{KINDS_BEGIN}\n{table}\n{KINDS_END}{after}"


PAGES = {
    "configuration.md": configuration,
    "services.md": services,
    **{f"services/{service.name}.md": partial(page_of, service) for service in all_services()},
    "faults.md": faults,
    "api-reference.md": api_reference,
    "homeport.1": manual,
}


def main() -> int:
    """Write the pages, or say which are out of date, or print the page of a service that is not ours."""
    match sys.argv[1:]:
        case ["--service", name]:
            print(page_of(find_service(name)), end="")
            return 0
        case []:
            stale = list(write())
            print("\n".join(f"wrote {name}" for name in stale))
            return 0
        case ["--check"]:
            stale = [name for name, text in texts_of_pages() if not is_current(name, text)]
            if stale:
                print(f"out of date: {', '.join(stale)}; run make docs", file=sys.stderr)
            return 1 if stale else 0
    print(__doc__, file=sys.stderr)
    return 2


def texts_of_pages() -> Iterator[tuple[str, str]]:
    """Every generated page with its text."""
    for name, page in PAGES.items():
        yield name, page()


def is_current(name: str, text: str) -> bool:
    """Whether a page has this text."""
    path = HERE / name
    return path.exists() and path.read_text() == text


def write() -> Iterator[str]:
    """Write what is out of date, and name it."""
    for name, text in texts_of_pages():
        if not is_current(name, text):
            (HERE / name).parent.mkdir(exist_ok=True)
            (HERE / name).write_text(text)
            yield name


if __name__ == "__main__":
    sys.exit(main())
