"""The conformance page: the rules of RFC 1123 that tests prove, written by the run that proved them.

A pytest plugin. With `--conformance FILE` a full run writes the page; without it nothing happens. A rule is claimed
only by a test that carries its mark, ran, and passed in every one of its variants, so the page cannot say more than
passes. `tests/test_conformance.py` compares the committed page with the marks.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
ROWS = tuple(TESTS / "requirements" / f"{name}.toml" for name in ("general", "smtp", "ftp", "telnet", "tftp", "dns"))
PAGE = TESTS.parent / "docs" / "conformance.md"

HEAD = """\
# Conformance to RFC 1123: the general part, SMTP, FTP, DNS, and TFTP

Written by `make docs` out of `tests/requirements/` and a full run of the tests: a rule is *proved* by the tests that
are named, which passed in that run. Change the tests or the rules, not this page.

[Services](services.md) has what each service implements of its own RFC; the tests of that are in `tests/services/`.

| rule | level | asks that | holds |
|---|---|---|---|
"""


def load_rows() -> dict[str, dict[str, str]]:
    """Return every rule by its identifier."""
    rows: dict[str, dict[str, str]] = {}
    for path in ROWS:
        rows |= tomllib.loads(path.read_text())
    return rows


def marked_tests() -> dict[str, set[str]]:
    """Return the marked rules, each with its tests (`services/test_echo.py::test_name`), parsed from the sources."""
    marked: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, rule in _marks(ast.parse(path.read_text()), str(path.relative_to(TESTS))):
            marked.setdefault(rule, set()).add(name)
    return marked


def _marks(tree: ast.AST, prefix: str) -> Iterator[tuple[str, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _marks(node, f"{prefix}::{node.name}")
        elif isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.requirement":
                    yield from ((f"{prefix}::{node.name}", ast.literal_eval(rule)) for rule in decorator.args)


def page(passed: dict[str, set[str]]) -> str:
    """Return the page. passed: the proved rules, with the tests."""
    lines = []
    for rule, row in load_rows().items():
        if tests := sorted(passed.get(rule, ())):
            holds = "<br>".join(f"`{test}`" for test in tests)
        elif "unbound" in row:
            holds = f"does not bind: {row['unbound']}"
        else:
            holds = "**not proved**"
        if tests and "later" in row:
            holds += f"<br>{row['later']}"
        lines.append(f"| {rule} | {row['level']} | {row['text']} | {holds} |\n")
    return HEAD + "".join(lines)


class Proof:
    """Collects the passed tests of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rules: dict[str, set[str]] = {}
        """The marked rules of each collected test."""
        self.failed: set[str] = set()
        """Tests with a variant that did not pass."""
        self.ran: set[str] = set()

    @staticmethod
    def name(nodeid: str) -> str:
        """Return a test's name without its parameters, as the page has it."""
        return nodeid.partition("[")[0].removeprefix("tests/")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Record the marks."""
        for item in items:
            for mark in item.iter_markers("requirement"):
                self.rules.setdefault(self.name(item.nodeid), set()).update(mark.args)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the outcome of a stage of a test."""
        name = self.name(report.nodeid)
        if not report.passed:
            self.failed.add(name)
        elif report.when == "call":
            self.ran.add(name)

    def pytest_sessionfinish(self) -> None:
        """Write the page."""
        passed: dict[str, set[str]] = {}
        for test in self.ran - self.failed:
            for rule in self.rules.get(test, ()):
                passed.setdefault(rule, set()).add(test)
        self.path.write_text(page(passed))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the option that writes the page."""
    parser.addoption("--conformance", metavar="FILE", help="write the conformance page from this full run of the tests")


def pytest_configure(config: Any) -> None:
    """Refuse to write the page from a part of the tests, which would claim too little."""
    if path := config.getoption("--conformance"):
        if (
            config.args_source is not pytest.Config.ArgsSource.TESTPATHS
            or config.option.keyword
            or config.option.markexpr
        ):
            raise pytest.UsageError("--conformance is written from a full run: name no tests beside it")
        config.pluginmanager.register(Proof(Path(path)), "conformance-proof")
