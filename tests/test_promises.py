"""The security page promises only what tests hold: each test that it names exists."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "security.md"
ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<tests>`[^|]+`) \|$", re.MULTILINE)


def rows():
    """Return the promises, each with the tests that it names."""
    section = PAGE.read_text().partition("## Promises and their tests\n")[2].partition("\n## ")[0]
    return {match["promise"]: re.findall(r"`([^`]+)`", match["tests"]) for match in ROW.finditer(section)}


def test_there_are_promises():
    assert len(rows()) >= 20


@pytest.mark.parametrize(("promise", "tests"), rows().items(), ids=rows().keys())
def test_each_test_of_a_promise_exists(promise, tests):
    assert promise
    assert tests
    for test in tests:
        file, _colons, name = test.partition("::")
        assert (TESTS / file).is_file(), test
        defined = {node.name for node in ast.walk(ast.parse((TESTS / file).read_text())) if hasattr(node, "name")}
        assert not name or name in defined, test
