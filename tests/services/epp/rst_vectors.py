"""ICANN's test vectors for registries (RST 2.0), read from where HOMEPORT_EPP_REFERENCE says; they are not in here.

A table is read as its makers mean it: an empty cell has the value above it, `{EMPTY}` is the empty string, `{PREVIOUS}`
the value that the row above had, `RANDCHARS(n)` n letters, `RANDASCII(n)` letters and digits, `RANDHEX(n)` as many
octets in hexadecimal, `$name` the row's own name, and `&` joins. `{AUTO}` stays None: whoever runs the vectors says
what is good there.
"""

import csv
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.epp_reference import FOLDER, REQUIRED

PART = re.compile(r'"(?P<text>[^"]*)"|(?P<kind>RANDCHARS|RANDASCII|RANDHEX)\((?P<count>\d+)\)|(?P<name>\$\w+)')
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DRAWN = {"RANDCHARS": (LETTERS, 1), "RANDASCII": (LETTERS + "0123456789", 1), "RANDHEX": ("0123456789ABCDEF", 2)}

Row = dict[str, str | None]


def table(name: str, names: Mapping[str, str] | None = None) -> list[Row]:
    """The rows of a table, such as `epp-07-data`. names: what `$TLD` and its like stand for.

    Without the reference there are none. Raises: FileNotFoundError where it is demanded.
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
                row[key] = above.get(key) if cell == "" else _value(cell, above.get(key), known, chance)
            above = row
            rows.append(row)
    return rows


def vectors(name: str, names: Mapping[str, str] | None = None) -> pytest.MarkDecorator:
    """Parametrize a test by the rows of a table; without the reference it is skipped, saying what is missing."""
    rows = table(name, names)
    lacking = pytest.param(
        {}, marks=pytest.mark.skip(reason="HOMEPORT_EPP_REFERENCE does not name a folder with epp-rst-vectors")
    )
    return pytest.mark.parametrize("row", [pytest.param(row, id=str(n + 2)) for n, row in enumerate(rows)] or [lacking])


def _value(cell: str, previous: str | None, names: Mapping[str, str], chance: random.Random) -> str | None:
    if not (cell.startswith("{") and cell.endswith("}")):
        return cell
    inside = cell[1:-1]
    if inside == "EMPTY":
        return ""
    if inside == "AUTO":
        return None
    if inside == "PREVIOUS":
        return previous
    return "".join(_parts(inside, names, chance))


def _parts(inside: str, names: Mapping[str, str], chance: random.Random) -> Iterator[str]:
    for part in PART.finditer(inside):
        if part["count"]:
            characters, each = DRAWN[part["kind"]]
            yield "".join(chance.choices(characters, k=each * int(part["count"])))
        elif part["name"]:
            yield names[part["name"]]
        else:
            yield part["text"]
