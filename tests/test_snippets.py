"""Every block of commands and code in the documentation does what it says."""

import json
import re
import shutil
from functools import cache

import pytest
import snippets
from tests.interop.conftest import ADMINISTRATOR_PATH, lacking

PAGES = [snippets.ROOT / "README.md", *sorted((snippets.ROOT / "docs").rglob("*.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(snippets.ROOT)}:{block.line}")
    for page in PAGES
    for block in snippets.blocks(page)
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """The outcomes of a page's blocks, which are run on first use."""
    namespace = snippets.network()

    @cache
    def of_page(page):
        if namespace is None:
            lacking("a network of one's own cannot be had here (unshare --net)")
        chosen = [one for one in snippets.blocks(page) if not one.not_run and not one.source and not missing(one)]
        return snippets.run_page(page, chosen, tmp_path_factory.mktemp("page"), namespace, ADMINISTRATOR_PATH)

    return of_page


def missing(block):
    """Return the programs that a block needs and this machine lacks."""
    return sorted(one for one in block.programs if shutil.which(one, path=ADMINISTRATOR_PATH) is None)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_does_what_it_says(block, outcomes):
    if block.source:
        assert block.text in (snippets.ROOT / block.source).read_text()
        return
    if block.not_run:
        return
    if block.language == "json":
        json.loads(block.text)
        return
    if absent := missing(block):
        lacking(f"there is no {', '.join(absent)} on this machine")
    for outcome in outcomes(block.page)[block.line]:
        assert not outcome.problem, f"$ {outcome.command.text}\n{outcome.problem}\nbut:\n{outcome.printed}"


def test_what_is_printed_may_differ_only_where_the_page_says_so():
    def problem(wanted, printed):
        return snippets.Outcome(snippets.Command("", wanted.splitlines()), 0, printed).problem

    assert not problem("alice\nbob", "alice\r\nbob\r\n")
    assert problem("alice", "alice\nbob\n")
    assert problem("alice\nbob", "alicebob\n")
    assert not problem("alice\n...", "alice\nbob\ncarol\n")
    assert not problem("alice\n...", "alice\n")
    assert problem("alice\n...\nbob", "alice\nbobby\n")
    assert not problem('{"a":1,\n "b":2}', '{"a":1,"b":2}')
    assert not problem("at 2026-10-14T17:46:40Z", "at 2027-01-01T00:00:00.000000Z")
    assert problem("ended 1", "ended 2")
    assert snippets.Outcome(snippets.Command("false"), 1, "").problem
    assert snippets.Outcome(snippets.Command("sleep"), None, "").problem


def test_a_block_that_is_not_run_says_why_in_the_open(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```sh\nreboot\n```\n\n*Not run by the tests: it ends the machine.*\n\n```sh\ntrue\n```\n")
    assert [one.not_run for one in snippets.blocks(page)] == ["it ends the machine", ""]


def test_commands_go_on_over_lines():
    text = "$ printf 'a\nb'\na\nb\n$ for n in 1 2; do\n    echo $n \\\n    x\ndone\n$ true"
    assert [(one.text.count("\n"), one.output) for one in snippets.session(text.splitlines())] == [
        (1, ["a", "b"]),
        (3, []),
        (0, []),
    ]


def test_no_page_has_a_block_without_a_language_that_looks_like_a_command():
    for page in PAGES:
        for text in re.findall(r"^```\n(.*?)^```$", page.read_text(), re.M | re.S):
            assert not re.match(r"(\$ |curl |homeport |nc )", text), f"{page}: {text}"
