"""The documentation says what the code does."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from homeport.config.reading import load
from homeport.config.sections import CONTENT_SHAPES, CONTENTS, CONTENTS_IN_SECTIONS, SECTIONS, Config
from homeport.config.values import item_struct, plain_type
from homeport.control.operations import TABLE
from homeport.protocol.service import Options
from homeport.services import all_services
from homeport.world.world import WorldContents

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
MOVED = {"smtp.md", "ftp.md"}
"""Pages that only lead to their new places, for links from elsewhere."""
COMMON = "Keys that every service has"
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def documented():
    """Return the rows of configuration.md: default, range and effect by (section, key)."""
    rows = {}
    for section in re.split(r"^## ", (DOCS / "configuration.md").read_text(), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        for cells in re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \| (.*) \|$", text, re.MULTILINE):
            rows[name, cells[0]] = cells[1:]
    return rows


def fields(table):
    return {field.encode_name for field in msgspec.structs.fields(table)}


def accepted():
    """Return the keys that the configuration accepts as (section, key); a table within a section is one key."""
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
            place = f"{name}.{CONTENTS_IN_SECTIONS[name]}" if name in CONTENTS_IN_SECTIONS else name
            keys |= {(f"[[{place}]]", key) for key in fields(kinds[name].__args__[0])}
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page):
    for link in LINK.findall(page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_text_of_a_link_is_a_title_and_not_a_file_name(page):
    assert re.findall(r"\[[\w./-]+\.md\]\(", page.read_text()) == []


def test_the_navigation_has_no_twins():
    entries = re.findall(r"^- \[([^\]]+)\]", (DOCS / "index.md").read_text(), re.MULTILINE)
    entries += [service.title for service in all_services()]
    assert len(entries) > 40
    assert sorted({one for one in entries if entries.count(one) > 1}) == []


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_for_developers_names_exists(page):
    named = re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|md|toml))`", (ROOT / page).read_text())
    places = (ROOT, ROOT / "servers/homeport", *ROOT.glob("tests/services/*"))
    assert len(named) > 30
    made = ("build/", ".venv")
    missing = [one for one in named if not any((place / one).exists() for place in places)]
    assert [one for one in missing if "NAME" not in one and not one.startswith(made)] == []


def test_the_glossaries_are_short_and_in_order():
    terms = re.findall(
        r"^\| (\*\*.+?\*\*)(?:, in .*?|, of .*?)? \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE
    )
    assert 40 < sum(one.count("**") // 2 for one in terms) <= 50
    users = re.findall(r"^\| ([\w-][^|]+?) \| (?!meaning)", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    assert len(users) > 25
    assert users == sorted(users, key=str.lower)


def test_every_dependency_has_a_line_that_says_why():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [one for group in project["optional-dependencies"].values() for one in group] + project["dependencies"]
    rows = re.findall(r"^\| ([\w-]+)", (DOCS / "dependencies.md").read_text(), re.MULTILINE)
    names = {re.match(r"[\w-]+", one)[0].lower() for one in named} - {"homeport"}
    assert names - {one.lower() for one in rows} == set()


HOW_TO = [
    pytest.param(section, id=section.partition("\n")[0])
    for page in sorted((DOCS / "how-to").iterdir())
    for section in re.split(r"^## \.\.\. ", page.read_text(), flags=re.MULTILINE)[1:]
]


def test_there_are_twenty_answers_at_least():
    assert len(HOW_TO) >= 20


@pytest.mark.parametrize("section", HOW_TO)
def test_an_answer_is_short_and_has_an_example_and_a_link(section):
    assert "\n```" in section
    assert LINK.search(section)
    assert len(section.splitlines()) <= 40


def test_every_page_is_found_from_the_index():
    linked = set(LINK.findall((DOCS / "index.md").read_text()))
    linked |= {name for name in LINK.findall((DOCS / "services.md").read_text()) if name.startswith("services/")}
    assert {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"index.md"} - MOVED <= linked


def test_every_service_has_a_page_with_its_listeners_options_findings_and_faults():
    for service in all_services():
        page = (DOCS / "services" / f"{service.name}.md").read_text()
        assert page.startswith(f"# {service.title}\n")
        assert all(f"| `{service.name}.{one.name}` | {one.default_port}/" in page for one in service.listeners)
        keys = fields(service.options) - fields(Options)
        assert all(re.search(rf"^\| `{re.escape(key)}(` \| |\.|\[\])", page, re.MULTILINE) for key in keys)
        assert all(
            f"| `{service.name}.{rule.id}` | {rule.level} | {rule.reference} |" in page for rule in service.rules
        )
        assert ("alice-pass" in page) == (service.logins == "people")


def test_every_operation_of_the_api_is_in_its_reference():
    page = (DOCS / "api-reference.md").read_text()
    assert [f"### {one.method} {one.path}" for one in TABLE if f"\n### {one.method} {one.path}\n" not in page] == []


def test_old_links_to_services_lead_on():
    page = (DOCS / "services.md").read_text()
    assert all(
        f'<a id="{anchor}"></a>' in page for anchor in ("echo", "active-users", "quote-of-the-day", "smtp", "ftp")
    )
    assert all(f"services/{name}" in (DOCS / name).read_text() for name in MOVED)


IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


def test_every_screenshot_is_small_and_has_a_text_alternative():
    shown = {DOCS / path: words for words, path in IMAGE.findall((DOCS / "first-steps.md").read_text())}
    assert set(shown) == set((DOCS / "images").glob("*.svg"))
    for path, words in shown.items():
        drawing = path.read_text()
        assert len(drawing) < 100 << 10
        assert len(words.split()) > 10
        assert ElementTree.fromstring(drawing)[0].tag.endswith("}title")


def test_every_picture_of_the_page_is_shown_and_has_a_text_alternative():
    shown = {DOCS / path: words for words, path in IMAGE.findall((DOCS / "page.md").read_text())}
    assert set(shown) == {*(DOCS / "images").iterdir()} - {*(DOCS / "images").glob("*.svg")}
    for path, words in shown.items():
        assert path.stat().st_size < 300 << 10
        assert words


def test_the_first_screenshot_has_every_listener_of_today():
    drawing = " ".join(re.sub(r"<[^>]*>", " ", (DOCS / "images" / "up.svg").read_text()).split())
    missing = [
        f"{one.name} {one.default_port}"
        for service in all_services()
        for one in service.listeners
        if one.is_wanted(service.options()) and f"{one.name} {one.default_port}" not in drawing
    ]
    assert not missing, f"run docs/screenshots.py: {missing} are missing"
