"""Write the generated pages of this folder from the code: configuration, services, faults, API, manual.

python docs/generate.py                   write them
python docs/generate.py --check           change nothing; exit 1 and name the pages that are out of date
python docs/generate.py --service NAME    print the page of a service, also of one in another package
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
"""Names of the options that every service has."""


def code(value: Any) -> str:
    """Return a value in TOML, set as code."""
    return f"`{toml(value)}`"


def toml(value: Any) -> str:
    """Return a value in TOML; for these types TOML and JSON are the same."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return msgspec.json.encode(str(value) if isinstance(value, Duration | Size) else value).decode()


def range_of(kind: shapes.Type) -> str:
    """Return the range of allowed values, in words."""
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
    """Return the range of a whole number, in words."""
    if kind.ge is not None and kind.le is not None:
        return f"{kind.ge} to {kind.le}"
    return "any whole number" if kind.ge is None else f"{kind.ge} or more"


def texts(kind: shapes.StrType) -> str:
    """Return the allowed length or form of a text, in words."""
    if kind.pattern:
        return f"text like `{escape(kind.pattern)}`"
    if kind.max_length:
        return f"text, {kind.min_length or 0} to {kind.max_length} characters"
    return "text, not empty" if kind.min_length else "text"


def escape(text: str) -> str:
    """Escape the text for a cell of a Markdown table."""
    return text.replace("|", "\\|")


def description(kind: shapes.Type) -> str:
    """Return the description of a key; empty if its declaration has none."""
    if isinstance(kind, shapes.UnionType):
        return next(filter(None, map(description, kind.types)), "")
    schema = kind.extra_json_schema if isinstance(kind, shapes.Metadata) else None
    return escape((schema or {}).get("description", ""))


def default_of(field: shapes.Field) -> str:
    """Return the default of a key, as code, or "required" or "not set"."""
    if field.required:
        return "required"
    value = field.default if field.default_factory is shapes.NODEFAULT else field.default_factory()
    return "not set" if value is None else code(value)


def bare(kind: shapes.Type) -> shapes.Type:
    """Strip the metadata (constraints, description) from a type."""
    return bare(kind.type) if isinstance(kind, shapes.Metadata) else kind


def struct_of(kind: shapes.Type) -> shapes.Type:
    """Strip the metadata from a type; of an optional struct, return the struct."""
    kind = bare(kind)
    parts = kind.types if isinstance(kind, shapes.UnionType) else ()
    return next((part for part in map(bare, parts) if isinstance(part, shapes.StructType)), kind)


def keys(table: shapes.StructType, prefix: str = "", skip: typing.Collection[str] = ()) -> Iterator[str]:
    """Yield a row for each key of a table, and of the tables within it."""
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
    """Describe a key of the world's contents by its name: `voice` of a Registrar.

    Raises: TypeError for an option, which needs a description of its own.
    """
    if table.cls in config.SECTIONS.values() or issubclass(table.cls, Options):
        raise TypeError(f"{table.cls.__name__}.{field.name} needs a description")
    owner = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", table.cls.__name__).lower()
    return f"{field.name.replace('_', ' ')} of the {owner}"


def limits(table: shapes.StructType, prefix: str) -> Iterator[str]:
    """Yield the rows of a service's own limits, with the descriptions from [limits]."""
    for name in (field.encode_name for field in table.fields):
        (general,) = (field for field in struct(config.LimitOptions).fields if field.encode_name == name)
        allowed = range_of(general.type)
        yield f"| `{prefix}.{name}` | as in `[limits]` | {allowed} | {description(general.type)}, of this service |\n"


def struct(table: type) -> shapes.StructType:
    """Inspect a table of the configuration."""
    kind = shapes.type_info(table)
    assert isinstance(kind, shapes.StructType)
    return kind


def configuration() -> str:
    """Return the text of configuration.md."""
    parts = [EDIT, CONFIGURATION_HEAD]
    for name, table in config.SECTIONS.items():
        parts += [f"\n## [{name}]\n\n", KEYS, *keys(struct(table))]
    parts += ["\n## Keys that every service has\n\n", "Each service has a section with its name.\n\n", KEYS]
    parts += keys(struct(Options))
    for service in all_services():
        parts += [f"\n## [{service.name}]\n\n", f"{service.title}. It also has the keys of every service.\n\n", KEYS]
        parts += keys(struct(service.options), skip=COMMON)
    for field in struct(WorldContents).fields:
        if field.name in config.CONTENTS:
            shape = config.CONTENT_SHAPES.get(field.name)
            parts += contents(field.encode_name, bare(shapes.type_info(shape) if shape else field.type))
    return "".join(parts)


def contents(name: str, kind: shapes.Type) -> Iterator[str]:
    """Yield the sections of one kind of contents: an array of tables, or a table of such arrays."""
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
    """Return True for an array of tables, which gets a section of its own."""
    return isinstance(kind, shapes.CollectionType) and isinstance(bare(kind.item_type), shapes.StructType)


CONFIGURATION_HEAD = """\
# Configuration

Every key has a default, and the defaults follow the standards, so nothing needs to be configured. One TOML file
overrides them (`homeport up -c FILE`). `homeport init FILE` writes a file with every key and its default;
`homeport check FILE` validates one, reports each error by line and key, and prints the effective configuration.

Precedence, lowest first: default, file, environment, flag. A key is set in the environment as
`HOMEPORT__SECTION__KEY=value` and on the command line as `--set section.key=value`. An unknown key is an error.

The world's contents are arrays of tables. An array in the file replaces the default one: with a single `[[people]]` the
world has one person. Any array of `registry` also leaves out its other ones, except the registrars: with one
`[[registry.tld]]` there is that TLD, without domains, and `harbour`, `lighthouse` and `pilot` can log in.
"""


def services() -> str:
    """Return the text of services.md."""
    return service_list(all_services())


def page_of(service: Service) -> str:
    """Return the text of services/NAME.md, with its hand-written parts kept."""
    path = HERE / "services" / f"{service.name}.md"
    options = KEYS + "".join(keys(struct(service.options), skip=COMMON))
    return service_page(service, options, path.read_text() if path.exists() else "")


KINDS_BEGIN, KINDS_END = "<!-- Written by `make docs` from here: -->\n", "<!-- to here. -->\n"


def faults() -> str:
    """Return the text of faults.md: a hand-written page with a generated table of kinds by listener."""
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
    """Write the pages, or name those that are out of date, or print the page of one service."""
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
    """Yield the name and the text of every generated page."""
    for name, page in PAGES.items():
        yield name, page()


def is_current(name: str, text: str) -> bool:
    """Return True if the page on disk has this text."""
    path = HERE / name
    return path.exists() and path.read_text() == text


def write() -> Iterator[str]:
    """Write the pages that are out of date, and yield their names."""
    for name, text in texts_of_pages():
        if not is_current(name, text):
            (HERE / name).parent.mkdir(exist_ok=True)
            (HERE / name).write_text(text)
            yield name


if __name__ == "__main__":
    sys.exit(main())
