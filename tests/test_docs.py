"""The documentation says what the code does."""

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import msgspec
import pytest

from homeport.config import CONTENT_SHAPES, CONTENTS, SECTIONS, Config
from homeport.config_file import load
from homeport.config_values import item_struct, plain_type
from homeport.service import Options
from homeport.services import all_services
from homeport.world.world import WorldContents

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.glob("*.md")]
COMMON = "Keys that every service has"
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def documented():
    """The rows of configuration.md: (section, key), each with default, range and effect."""
    rows = {}
    for section in re.split(r"^## ", (DOCS / "configuration.md").read_text(), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        for cells in re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \| (.*) \|$", text, re.MULTILINE):
            rows[name, cells[0]] = cells[1:]
    return rows


def fields(table):
    return {field.encode_name for field in msgspec.structs.fields(table)}


def accepted():
    """The keys that the configuration takes, tables in sections as one: (section, key)."""
    keys = {(f"[{name}]", key) for name, table in SECTIONS.items() for key in fields(table)}
    keys |= {(COMMON, key) for key in fields(Options)}
    for service in all_services():
        keys |= {(f"[{service.name}]", key) for key in fields(service.options) - fields(Options)}
    kinds = {field.name: CONTENT_SHAPES.get(field.name, field.type) for field in msgspec.structs.fields(WorldContents)}
    for name in CONTENTS:
        if isinstance(kinds[name], type) and issubclass(kinds[name], msgspec.Struct):
            for one in msgspec.structs.fields(kinds[name]):
                item = item_struct(plain_type(one.type))
                keys |= {(f"[[{name}.{one.encode_name}]]", key) for key in fields(item)} if item else set()
                keys |= set() if item else {(f"[{name}]", one.encode_name)}
        else:
            keys |= {(f"[[{name}]]", key) for key in fields(kinds[name].__args__[0])}
    return keys


@pytest.mark.requirement("GEN-1.2.4-4")
def test_the_documented_keys_are_exactly_the_accepted_ones():
    assert {(section, re.split(r"\.|\[\]", key)[0]) for section, key in documented()} == accepted()


@pytest.mark.requirement("GEN-1.2.4-4")
@pytest.mark.parametrize("entry", [pytest.param(one, id=" ".join(one[0])) for one in documented().items()])
def test_a_key_has_default_range_and_effect(entry):
    assert all(entry[1])


def test_the_documented_defaults_are_the_defaults(tmp_path):
    services = [f"[{service.name}]" for service in all_services()]
    lines = {section: [] for section in [*(f"[{name}]" for name in SECTIONS), *services]}
    for (section, key), (default, *_rest) in documented().items():
        if default.startswith("`") and "." not in key:
            for header in services if section == COMMON else [section]:
                if header in lines:
                    lines[header].append(f"{key} = {default.strip('`')}")
    file = tmp_path / "homeport.toml"
    file.write_text("\n".join(line for header, keys in lines.items() for line in (header, *keys)))
    assert load(file) == load() != Config()


def test_the_generated_pages_are_up_to_date():
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "servers")}
    command = [sys.executable, DOCS / "generate.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    for link in LINK.findall(page.read_text()):
        assert (page.parent / link).exists(), link


def test_every_page_is_found_from_the_index():
    linked = set(LINK.findall((DOCS / "index.md").read_text()))
    assert {page.name for page in DOCS.glob("*.md")} - {"index.md"} <= linked


def test_what_the_page_of_languages_shows_stands_in_the_examples():
    page = (DOCS / "other-languages.md").read_text()
    shown = re.findall(r"\]\(([^)]+)\):\n\n```\w+\n(.+?)\n```", page, re.DOTALL)
    assert len(shown) == page.count("\n```") / 2
    for file, text in shown:
        whole = (DOCS / file).read_text()
        assert any(indent(text, margin) in whole for margin in ("", "  ", "    ")), file


def test_the_readmes_example_for_test_suites_works(homeport_command):
    _with_pytest, example = re.findall(r"```python\n(.+?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert '".venv/bin/homeport"' in example
    example = example.replace('".venv/bin/homeport"', ", ".join(map(repr, homeport_command)))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "servers")}
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
