"""The registry on disk: an SQLite database in WAL mode, each transaction of the registry whole in it or not at all.

Below the folder of a world:

    registry.sqlite    table `objects`: a row for each object, message and counter, as JSON that any program can read;
                       its format is in `user_version`, and `application_id` says that it is ours
    lock               held by the farm that writes here

Who must wait for the disk calls `flush` off the reactor. The first of them writes all that is queued by then in one
transaction (group commit), while the others wait, and what is queued meanwhile is the next group.

SQLite lets other threads run during each statement, and with a busy reactor it may be milliseconds before it has the
interpreter back. So a group is few statements, of many rows each.
"""

import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from homeport.io import platform
from homeport.world.registry.store import Key, Rows, StoreError, Ticket

log = logging.getLogger("homeport")

FORMAT = 1
"""Of the table and of what is in it; one that is changed needs a step in MIGRATIONS."""
APPLICATION = 0x48505247
"""SQLite's application_id of our files: "HPRG"."""
MIGRATIONS: dict[int, str] = {}
"""By format: the SQL that makes the next one of it."""
SCHEMA = """
CREATE TABLE objects (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    object TEXT NOT NULL,
    UNIQUE (kind, key)
)
"""
ROWS_AT_ONCE = 100
LOCKED_SECONDS = 2.0
"""How long a write waits for another program that has the file locked."""

WHAT_TO_DO = {
    "SQLITE_FULL": "the disk is full: make room there",
    "SQLITE_BUSY": "another program has the file locked: let it finish, or end it",
    "SQLITE_NOTADB": "this is no registry, or it is damaged: put a copy of it back, or move it away to begin anew",
    "SQLITE_CORRUPT": "the file is damaged: put a copy of it back, or move it away to begin anew",
    "SQLITE_READONLY": "the file cannot be written to: let this user write it, or name another --data",
    "SQLITE_CANTOPEN": "the file cannot be opened: let this user write it, or name another --data",
    "SQLITE_IOERR": "the file cannot be read or written: see to the disk, or name another --data",
}


class QueuedRows(Ticket):
    """A transaction on its way to the disk."""

    __slots__ = ("after", "before", "error", "settled")

    def __init__(self, after: Rows, before: Rows) -> None:
        self.after = after
        self.before = before
        self.settled = False
        """Whether it is durable, or lost."""
        self.error: StoreError | None = None


class DiskStore:
    """Keeps the registry of one world.

    Raises: StoreError.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "registry.sqlite"
        self._queue: list[QueuedRows] = []
        self._lost: list[QueuedRows] = []
        self._newest: QueuedRows | None = None
        self._state = threading.Condition()  # of the lists and of who uses the database; never held for long
        self._busy = False  # somebody uses the database
        self._begun = False  # there is a registry in the file
        self._forgotten = False  # but it does not count any more
        self.failed = False
        self.transactions = 0
        """How many the database has seen; fewer than were flushed if many were flushed together."""
        self._lock = _lock_folder(folder)
        try:
            self._database = self._open()
        except sqlite3.Error as error:
            self._lock.close()
            raise self._problem(error) from None
        except StoreError:
            self._lock.close()
            raise

    @property
    def waiting(self) -> bool:
        """Whether something is queued that is not durable yet."""
        return bool(self._queue)

    @property
    def unsettled(self) -> QueuedRows | None:
        """The newest ticket, if it is neither durable nor lost."""
        newest = self._newest
        return None if newest is None or newest.settled else newest

    def load(self, types: Mapping[str, Any]) -> Iterator[tuple[Key, Any]] | None:
        """All rows in the order in which they came to be, what is queued included; None if nothing was ever kept here.

        types: the type of each kind. Raises: StoreError.
        """
        self.flush()
        if not self._begun or self._forgotten:
            return None
        return self._rows({kind: msgspec.json.Decoder(one) for kind, one in types.items()})

    def forget(self) -> None:
        """Have `load` give None, so that the next registry begins anew; until `replace` the disk has the old one."""
        self._forgotten = True

    def replace(self, rows: Rows) -> None:
        """Forget everything, and keep these from now on: durable when this returns.

        Raises: StoreError; all is as it was then.
        """
        with self._alone():
            try:
                self._database.execute("BEGIN IMMEDIATE")
                if self._begun:
                    self._database.execute("DELETE FROM objects")
                else:
                    self._database.execute(SCHEMA)
                    self._database.execute(f"PRAGMA application_id = {APPLICATION}")
                    self._database.execute(f"PRAGMA user_version = {FORMAT}")
                self._write(rows)
                self._commit()
            except sqlite3.Error as error:
                self._roll_back()
                self._forgotten = False
                raise self._problem(error) from None
            with self._state:
                # What was queued before is of the registry that was.
                superseded, self._queue = self._queue, []
                self._lost, self.failed = [], False
            for one in superseded:
                one.settled = True
            self._begun, self._forgotten = True, False

    def queue(self, after: Rows, before: Rows) -> QueuedRows:
        """Keep a transaction, all of it or nothing: the ticket that `flush` takes.

        before: what stands now under the same keys. Raises: StoreError while `failed`.
        """
        ticket = QueuedRows(after, before)
        with self._state:
            if self.failed:
                raise StoreError(str(self._lost[0].error))
            self._queue.append(ticket)
            self._newest = ticket
        return ticket

    def flush(self, ticket: Ticket | None = None) -> None:
        """Return when the transaction of that ticket, or of all that were given out, is durable. In any thread.

        Raises: StoreError if it was lost.
        """
        with self._state:
            wanted = self._newest if ticket is None else ticket
            if wanted is None:
                return
            assert isinstance(wanted, QueuedRows)  # noqa: S101 - a store is given the tickets that it made
            while self._busy and not wanted.settled:
                self._state.wait()
            if writes := not wanted.settled:
                self._busy = True
        if writes:
            try:
                self._write_queued()
            finally:
                self._release()
        if wanted.error is not None:
            raise wanted.error

    def take_lost(self) -> Rows:
        """What stood before all that was lost: to be put back into memory."""
        with self._state:
            lost, self._lost, self.failed, self._newest = self._lost, [], False, None
        before: dict[Key, Any] = {}
        for one in reversed(lost):
            before.update(one.before)
        return before

    def close(self) -> None:
        """Write what is queued, and let another farm write there."""
        try:
            self.flush()
        except StoreError as error:
            log.error("the last changes of the registry are lost: %s", error)  # noqa: TRY400 - no fault of ours
        with self._alone():
            self._database.close()
            self._lock.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Use the database."""
        with self._state:
            while self._busy:
                self._state.wait()
            self._busy = True
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        with self._state:
            self._busy = False
            self._state.notify_all()

    def _open(self) -> sqlite3.Connection:
        # SQLite opens a file that may only be read without a word, even for BEGIN IMMEDIATE, and then
        # refuses the first change.
        # Tried before it has the file open: closing a second descriptor would drop its locks.
        if self._path.is_file():
            try:
                self._path.open("r+b").close()
            except OSError as error:
                raise StoreError(f"{self._path}: {error.strerror}: {WHAT_TO_DO['SQLITE_READONLY']}") from None
        database = sqlite3.connect(self._path, timeout=LOCKED_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._begun = self._recognise(database)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            # As platform.sync does; no effect where the system has no F_FULLFSYNC.
            database.execute("PRAGMA fullfsync = ON")
            database.execute("PRAGMA checkpoint_fullfsync = ON")
            database.execute(f"PRAGMA journal_size_limit = {1 << 24}")
        except BaseException:
            database.close()
            raise
        return database

    def _recognise(self, database: sqlite3.Connection) -> bool:
        """Whether a registry has begun in this file; an old one is brought up to date.

        Raises: StoreError if it is of a format that we do not know, or no registry at all.
        """
        ((application,),) = database.execute("PRAGMA application_id")
        ((format_,),) = database.execute("PRAGMA user_version")
        if application != APPLICATION:
            if application or format_ or database.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise StoreError(f"{self._path}: this is another program's: move it away, or name another --data")
            return False
        if format_ > FORMAT:
            raise StoreError(
                f"{self._path}: a newer Homeport wrote it, in format {format_}, and this one knows {FORMAT}: "
                "use that one, or name another --data"
            )
        while format_ < FORMAT:
            if format_ not in MIGRATIONS:
                raise StoreError(
                    f"{self._path}: it is of format {format_}, which this Homeport does not know any more: "
                    "have an older one bring it up to date, or move it away to begin anew"
                )
            steps = f"BEGIN IMMEDIATE; {MIGRATIONS[format_]}; PRAGMA user_version = {format_ + 1}; COMMIT"
            database.executescript(steps)
            format_ += 1
        return True

    def _rows(self, decoders: Mapping[str, msgspec.json.Decoder[Any]]) -> Iterator[tuple[Key, Any]]:
        with self._alone():
            try:
                for kind, key, text in self._database.execute("SELECT kind, key, object FROM objects ORDER BY number"):
                    yield (kind, key), decoders[kind].decode(text)
            except sqlite3.Error as error:
                raise self._problem(error) from None
            except (KeyError, msgspec.MsgspecError) as error:
                problem = f"no such kind is known: {error}" if isinstance(error, KeyError) else str(error)
                raise StoreError(f"{self._path}: {kind} {key}: {problem}: put a copy of the file back") from None

    def _write_queued(self) -> None:
        """Write all that is queued, as one transaction."""
        with self._state:
            group, self._queue = self._queue, []
        after: dict[Key, Any] = {}
        for one in group:
            after.update(one.after)
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._write(after)
            self._commit()
        except Exception as error:
            # Whatever it was, those who wait are told, and memory goes back.
            self._roll_back()
            self._lose(group, self._problem(error))
        else:
            for one in group:
                one.settled = True

    def _lose(self, group: list[QueuedRows], problem: StoreError) -> None:
        """Give up these, and what was queued meanwhile: it may rest on them."""
        with self._state:
            self._lost = group + self._queue
            self._queue = []
            for one in self._lost:
                one.error = problem
                one.settled = True
            self.failed = True

    def _write(self, rows: Rows) -> None:
        """Within a transaction."""
        encode = msgspec.json.encode
        for some in _pieces([(*key, encode(one).decode()) for key, one in rows.items() if one is not None]):
            values = ",".join(["(?,?,?)"] * len(some))
            self._database.execute(
                f"INSERT INTO objects (kind, key, object) VALUES {values} "  # noqa: S608 - question marks alone
                "ON CONFLICT (kind, key) DO UPDATE SET object = excluded.object",
                [field for row in some for field in row],
            )
        for gone in _pieces([key for key, one in rows.items() if one is None]):
            keys = ",".join(["(?,?)"] * len(gone))
            self._database.execute(
                f"DELETE FROM objects WHERE (kind, key) IN (VALUES {keys})",  # noqa: S608 - question marks alone
                [field for key in gone for field in key],
            )

    def _commit(self) -> None:
        self._database.execute("COMMIT")
        self.transactions += 1

    def _roll_back(self) -> None:
        if self._database.in_transaction:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")

    def _problem(self, error: Exception) -> StoreError:
        """An error in words that say what to do."""
        name = getattr(error, "sqlite_errorname", "")
        hint = next((words for start, words in WHAT_TO_DO.items() if name.startswith(start)), "")
        return StoreError(f"{self._path}: {hint} ({error})" if hint else f"{self._path}: {error}")


def _pieces(rows: list[Any]) -> Iterable[list[Any]]:
    """The rows in lists that one statement takes."""
    every = iter(rows)
    return iter(lambda: list(islice(every, ROWS_AT_ONCE)), [])


def _lock_folder(folder: Path) -> Any:
    """The open file that keeps other farms out.

    Raises: StoreError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("ab")
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}: name a --data that can be written to") from None
    try:
        platform.lock(lock.fileno())
    except OSError:
        lock.close()
        raise StoreError(f"another farm keeps its registry in {folder}: end it, or name another --data") from None
    return lock
