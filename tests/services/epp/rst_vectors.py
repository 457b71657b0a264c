"""ICANN's test vectors for registries (RST 2.0), read from HOMEPORT_EPP_REFERENCE; they are not part of the repository.

`homeport.client.rst.tables` has the notation. `{AUTO}` stays None: the test that runs the vectors supplies a valid
value.
"""

import csv
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.epp_reference import FOLDER, REQUIRED

from homeport.client.rst.tables import value_of

Row = dict[str, str | None]


def table(name: str, names: Mapping[str, str] | None = None) -> list[Row]:
    """Return the rows of a table, such as `epp-07-data`. names: values of `$TLD` and other variables.

    Without the reference there are none. Raises: FileNotFoundError where it is required.
    """
    path = Path(FOLDER, "epp-rst-vectors", f"{name}.csv")
    if not REQUIRED and not (FOLDER and path.exists()):
        return []
    chance = random.Random(name)
    rows = []
    above: Row = {}
    with path.open(newline="", encoding="utf-8") as file:
        for written in csv.DictReader(file):
            row: Row = {}
            for key, cell in written.items():
                known = {**(names or {}), "$name": row.get("name") or ""}
                row[key] = above.get(key) if cell == "" else value_of(cell, above.get(key), known, chance, lambda: None)
            above = row
            rows.append(row)
    return rows


def vectors(name: str, names: Mapping[str, str] | None = None) -> pytest.MarkDecorator:
    """Parametrize a test by the rows of a table; without the reference it is skipped with a reason."""
    rows = table(name, names)
    lacking = pytest.param(
        {}, marks=pytest.mark.skip(reason="HOMEPORT_EPP_REFERENCE does not name a folder with epp-rst-vectors")
    )
    return pytest.mark.parametrize("row", [pytest.param(row, id=str(n + 2)) for n, row in enumerate(rows)] or [lacking])
