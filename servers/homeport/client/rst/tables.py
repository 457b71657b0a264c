"""ICANN's tables for RST 2.0, read from a folder: cases, severities of error codes, and vectors.

The vectors' notation: an empty cell has the value above it, `{EMPTY}` is the empty string, `{AUTO}` a valid value,
`{PREVIOUS}` the value that the row above had, `RANDCHARS(n)` n letters, `RANDASCII(n)` letters and digits,
`RANDHEX(n)` as many octets in hexadecimal, `$name` the row's own name, other `$...` names of the run; `&` joins.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from random import Random

PART = re.compile(r'"(?P<text>[^"]*)"|(?P<kind>RANDCHARS|RANDASCII|RANDHEX)\((?P<count>\d+)\)|(?P<name>\$\w+)')
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DRAWN = {"RANDCHARS": (LETTERS, 1), "RANDASCII": (LETTERS + "0123456789", 1), "RANDHEX": ("0123456789ABCDEF", 2)}
CASES, ERROR_CODES = "cases.csv", "error-codes.csv"
VECTORS = (
    "epp-07-data", "epp-09-other-data", "epp-09-postalinfo-data", "epp-09-status-data", "epp-11-data",
    "epp-13-addr-data", "epp-13-status-data", "epp-14-data", "epp-16-dnssec-data", "epp-16-ns-data",
    "epp-16-status-data", "epp-23-data",
)  # fmt: skip

Row = dict[str, str]
Auto = Callable[[str], str]
"""Makes a valid value for a column."""


class TablesError(Exception):
    """A folder that does not have RST's tables; the message says what is missing."""


class Tables:
    """RST's tables in a folder. Raises: TablesError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        files = (CASES, ERROR_CODES, *(f"{name}.csv" for name in VECTORS))
        missing = [name for name in files if not (folder / name).is_file()]
        if missing:
            raise TablesError(
                f"{folder} lacks {', '.join(missing)}: it must have the tables of ICANN's RST 2.0 as CSV, one file for "
                "each table of github.com/icann/rst-test-specs (data/), named as there"
            )
        self.summaries = {row["case"]: row["summary"] for row in self._read(CASES)}
        """Summary of each case, in RST's order."""
        self.severities = {row["code"]: row["severity"] for row in self._read(ERROR_CODES)}

    def _read(self, name: str) -> list[Row]:
        with (self._folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def rows(self, name: str, names: Mapping[str, str], auto: Auto, chance: Random) -> Iterator[Row]:
        """Yield the rows of a table of vectors with their values. names: values of `$TLD` and other variables."""
        above: Row = {}
        for written in self._read(f"{name}.csv"):
            row: Row = {}
            for column, cell in written.items():
                if cell == "":
                    row[column] = above.get(column, "")
                else:
                    known = {**names, "$name": row.get("name", "")}
                    row[column] = value_of(cell, above.get(column, ""), known, chance, partial(auto, column))
            above = row
            yield row


def value_of(cell: str, previous: str, names: Mapping[str, str], chance: Random, auto: Callable[[], str]) -> str:
    """Return the value that a cell stands for."""
    if not (cell.startswith("{") and cell.endswith("}")):
        return cell
    inside = cell[1:-1]
    if inside == "EMPTY":
        return ""
    if inside == "AUTO":
        return auto()
    if inside == "PREVIOUS":
        return previous
    return "".join(_parts(inside, names, chance))


def _parts(inside: str, names: Mapping[str, str], chance: Random) -> Iterator[str]:
    for part in PART.finditer(inside):
        if part["count"]:
            yield drawn(part["kind"], int(part["count"]), chance)
        elif part["name"]:
            yield names[part["name"]]
        else:
            yield part["text"]


def drawn(kind: str, count: int, chance: Random) -> str:
    """Return a random string. kind: RANDCHARS, RANDASCII or RANDHEX."""
    characters, each = DRAWN[kind]
    return "".join(chance.choices(characters, k=each * count))
