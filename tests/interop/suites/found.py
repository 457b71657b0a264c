"""Counts what Homeport finds wrong with a client while the client's own tests run, and says it in pytest's summary."""

import json
import os
from collections import defaultdict
from typing import Any

TESTS: defaultdict[str, list[str]] = defaultdict(list)
"""By the rule that was broken."""


def close(world: Any) -> None:
    """Close a world, and remember what was found in it."""
    for rule in sorted({finding["id"] for finding in world.findings()}):
        TESTS[rule].append(os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0])
    world.close()


def pytest_terminal_summary(terminalreporter):
    """In how many tests each rule was broken; with -v, in which."""
    if terminalreporter.verbosity > 0:
        for rule, tests in sorted(TESTS.items()):
            terminalreporter.write_line(f"{rule}: {', '.join(tests)}")
    counts = {rule: len(tests) for rule, tests in sorted(TESTS.items())}
    terminalreporter.write_line(f"findings: {json.dumps(counts)}")
