"""The last writers of files, by the journal's events.

The events are read when the API is asked, each once: a file that is written costs nothing more. What the journal has
dropped before the first question is not known.
"""

from collections.abc import Generator, Mapping
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Meta

from homeport.world.journal import Connection, Entry, Journal, timestamp, valid_text

MAX_KNOWN = 20_000
"""Files, and log-ins, that are remembered; the oldest are forgotten first."""
WRITES = ("store", "append")


class Writer(msgspec.Struct, frozen=True):
    meaning = "Who wrote a file last."

    login: Annotated[str | None, Meta(description="login name; null for the API")]
    conn: Annotated[str | None, Meta(description="connection of the transfer; null for the API")]
    seq: Annotated[int, Meta(description="`seq` of the event `file`")]
    time: str


class Writers:
    """The last writers of the files of a world, as far as the journal was read."""

    def __init__(self) -> None:
        self.by_path: dict[str, Writer] = {}
        self.read = 0
        """Number of the last event that was read."""
        self._epoch = ""
        self._logins: dict[str, str] = {}

    def begin(self, journal: Journal) -> None:
        """Forget everything if the journal is another one since."""
        if self._epoch != journal.epoch:
            self._epoch = journal.epoch
            self.by_path.clear()
            self._logins.clear()
            self.read = 0

    def take(self, seq: int, entry: Entry) -> None:
        """Take an event."""
        self.read = max(self.read, seq)
        conn = entry.source.id if isinstance(entry.source, Connection) else None
        if entry.type == "login" and conn is not None and entry.content["code"] == "230":
            remember(self._logins, conn, entry.content["login"])
        elif entry.type == "file":
            self._changed(entry.content, Writer(self._logins.get(conn or ""), conn, seq, timestamp(entry.time)))

    def _changed(self, fields: Mapping[str, Any], writer: Writer) -> None:
        what, path = fields["what"], valid_text(fields["path"])
        if what == "rename":
            before, to = self.by_path.pop(path, None), valid_text(fields["to"])
            self.by_path.pop(to, None)
            if before is not None:
                remember(self.by_path, to, before)
        elif what == "delete":
            self.by_path.pop(path, None)
        elif what in WRITES and (fields["complete"] or fields.get("kept")):
            remember(self.by_path, path, writer)


def remember(known: dict[str, Any], key: str, value: Any) -> None:
    """Set a key as the newest; forget the oldest if there are too many."""
    known.pop(key, None)
    known[key] = value
    if len(known) > MAX_KNOWN:
        del known[next(iter(known))]


_WRITERS: WeakKeyDictionary[Journal, Writers] = WeakKeyDictionary()


def read_writers(journal: Journal) -> Generator[None, None, Mapping[str, Writer]]:
    """Return the last writers by path, as the journal shows paths; yield between slices of the journal."""
    writers = _WRITERS.setdefault(journal, Writers())
    writers.begin(journal)
    for batch in journal.batches(writers.read):
        for seq, entry in batch:
            if seq > writers.read:
                writers.take(seq, entry)
        yield
    return dict(writers.by_path)
