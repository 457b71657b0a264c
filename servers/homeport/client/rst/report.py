"""The report of a run: text for people, JSON, and JUnit for continuous integration."""

from collections.abc import Iterator
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

import msgspec

from homeport.client.rst.course import Issue

Verdict = Literal["passed", "warned", "failed", "skipped"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The issues of one case."""

    case: str
    summary: str
    skipped: str = ""
    issues: tuple[Issue, ...] = ()
    commands: int = 0
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """Return how the case ended: an issue above a warning is a failure."""
        if any(one.severity != "WARNING" for one in self.issues):
            return "failed"
        if self.issues:
            return "warned"
        return "skipped" if self.skipped else "passed"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The results of a run."""

    host: str
    port: int
    results: tuple[Result, ...]

    def number(self, verdict: Verdict) -> int:
        """Return the number of cases that ended so."""
        return sum(one.verdict == verdict for one in self.results)

    @property
    def warnings(self) -> int:
        """Number of issues that are warnings."""
        return sum(issue.severity == "WARNING" for one in self.results for issue in one.issues)

    @property
    def failed(self) -> bool:
        """True if a case failed."""
        return self.number("failed") > 0

    @property
    def summary(self) -> str:
        """The last line of the report."""
        passed = self.number("passed") + self.number("warned")
        words = [f"{passed} of {len(self.results)} passed", f"{self.number('failed')} failed"]
        if skipped := self.number("skipped"):
            words.append(f"{skipped} skipped")
        words += [f"{self.warnings} warnings", f"{sum(one.commands for one in self.results)} commands"]
        return f"{', '.join(words)}, {sum(one.seconds for one in self.results):.1f} s"

    def json(self) -> bytes:
        """Return the report as JSON."""
        built = msgspec.to_builtins(self)
        for result, one in zip(self.results, built["results"], strict=True):
            one["verdict"] = result.verdict
        return msgspec.json.encode({**built, "failed": self.failed, "summary": self.summary})

    def junit(self) -> str:
        """Return the report as JUnit's XML."""
        cases = "".join(_junit(one) for one in self.results)
        counts = f'tests="{len(self.results)}" failures="{self.number("failed")}" skipped="{self.number("skipped")}"'
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="RST 2.0 EPP" {counts}>{cases}\n</testsuite>\n'


def lines(result: Result) -> Iterator[str]:
    """Yield the lines of a case in the report."""
    verdict = {"passed": "pass", "warned": "warn", "failed": "FAIL", "skipped": "skip"}[result.verdict]
    yield f"{result.case}  {verdict}  {result.summary}"
    if result.skipped:
        yield f"        {result.skipped}"
    for issue in result.issues:
        yield f"        {issue.severity} {issue.code}: {issue.message}"


def _junit(result: Result) -> str:
    inside = ""
    if result.verdict == "skipped":
        inside = f"<skipped message={quoteattr(result.skipped)}/>"
    elif result.issues:
        text = escape("\n".join(f"{one.severity} {one.code}: {one.message}" for one in result.issues))
        name = "failure" if result.verdict == "failed" else "system-out"
        message = f" message={quoteattr(result.issues[0].code)}" if name == "failure" else ""
        inside = f"<{name}{message}>{text}</{name}>"
    title = quoteattr(f"{result.case} {result.summary}".strip())
    return f'\n  <testcase classname="rst.epp" name={title} time="{result.seconds}">{inside}</testcase>'
