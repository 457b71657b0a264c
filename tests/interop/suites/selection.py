"""Which tests of a client's suite run against Homeport."""

from collections.abc import Mapping, Sequence

import pytest


def deselect(
    config: pytest.Config, items: list[pytest.Item], servers: set[str], reasons: Mapping[str, Sequence[str]]
) -> None:
    """Leave those that use a server and are applicable.

    servers: fixtures that give one. reasons: what is not applicable, by the reason why: a file, a test, or a test with
    its parameters (`test_tls.py`, `test_tls.py::test_prot`, `test_tls.py::test_prot[::1]`); or in any file a class, a
    test, or a test of a class (`TestTls`, `test_prot`, `TestTls::test_prot`).

    Raises: UsageError for what is named and is not there, which is wrong or has gone.
    """
    named = {name for names in reasons.values() for name in names}
    found, kept, dropped = set(), [], []
    for item in items:
        name = f"{item.path.name}::{item.name}"
        names = {item.path.name, name.partition("[")[0], name, item.name}
        if item.cls:
            names |= {item.cls.__name__, f"{item.cls.__name__}::{item.name}"}
        names &= named
        found |= names
        uses_server = not servers.isdisjoint(item.fixturenames)
        (kept if uses_server and not names else dropped).append(item)
    if unknown := named - found:
        raise pytest.UsageError(f"there are no such tests: {', '.join(sorted(unknown))}")
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept
