"""Changes of whole subtrees, in steps: which rows a move or a removal makes, and the job that applies them.

A job is begun by one client, and carried on by every other that changes something meanwhile: none waits for a client
that does not read. Its rows are one transaction of the store; in memory each entry moves by itself, parents first.
"""

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

from homeport.world.directory.checks import checked_dn
from homeport.world.directory.entry import Attributes, Entry, make_entry
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.rows import EntryRow
from homeport.world.directory.stamps import Stamp
from homeport.world.row_store import Key

if TYPE_CHECKING:
    from homeport.world.directory.changes import Changes

ROWS_STEP = 64
"""Rows that a step makes, or applies."""
Rows = dict[Key, Any]


class Job:
    """The change of a subtree that is under way."""

    def __init__(self, steps: Generator[None, None, None]) -> None:
        self._steps = steps
        self.is_over = False
        self.error: Exception | None = None
        """The exception that it raised, for the client that began it."""

    def step(self) -> None:
        """Take a step."""
        try:
            next(self._steps)
        except StopIteration:
            self.is_over = True
        except Exception as error:
            self.error, self.is_over = error, True


def removal(changes: "Changes", entries: Iterable[Entry]) -> Generator[None, None, Rows]:
    """Return the rows that remove entries, children first. Raises: DirectoryError."""
    rows: Rows = {}
    for number, entry in enumerate(entries, 1):
        rows |= changes.row_of_gone(entry)
        if number % ROWS_STEP == 0:
            yield
    return rows


def move(
    changes: "Changes", directory: Any, moved: list[Entry], dn: str, attributes: Attributes, stamp: Stamp
) -> Generator[None, None, Rows]:
    """Return the rows that give entries another name. Raises: DirectoryError if they belong to the world.

    moved: the entry that is renamed, and all below it. dn, attributes, stamp: of the first one afterwards.
    """
    first = moved[0]
    count, above = len(checked_dn(first.dn)), checked_dn(dn)
    rows: Rows = {}
    for number, entry in enumerate(moved, 1):
        if directory.kind_of(entry.key)[0] != "other" or entry.key in directory.fixed:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, "the containers of the world stay where they are")
        parsed = checked_dn(entry.dn)
        new = make_entry(directory.schema, (*parsed[: len(parsed) - count], *above), entry.attributes)
        name = new.dn
        kept = EntryRow(name, entry.attributes, directory.stamp_of(entry))
        rows |= changes.row_of_gone(entry)
        rows |= directory.passwords.moved_rows(entry, new)
        rows["entry", name] = EntryRow(dn, attributes, stamp) if entry is first else kept
        if number % ROWS_STEP == 0:
            yield
    return rows
