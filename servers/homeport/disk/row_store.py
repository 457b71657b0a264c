"""Rows on disk: an SQLite database in WAL mode; each transaction of a registry, or of mailboxes, is atomic in it.

In a world's folder, of a kind of file (`RowFile`) that is named NAME:

    NAME.sqlite        table `objects`: a row for each object, message and counter, as JSON;
                       `user_version` is its format, `application_id` marks it as ours
    NAME.sqlite.new    a file that is being made: it gets its name when it is whole and on stable storage
    lock               held by the farm that uses the folder

So a file of that name is always whole, however the farm that made it ended. One that is empty, damaged or cut is
refused at start, after SQLite's own check of it, and left unchanged: a registry that begins again with the seed looks
right to tests, and is not.

`flush` is called off the reactor. The first caller writes all that is queued by then in one transaction (group commit)
while the others wait; transactions queued meanwhile are the next group.

SQLite releases the interpreter lock in each statement, and with a busy reactor it takes milliseconds to get it back.
So a group is few statements, of many rows each.
"""

import errno
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from homeport.disk.write_aside import sync_folder
from homeport.io import platform
from homeport.world.row_store import Key, Rows, StoreError, Ticket

log = logging.getLogger("homeport")

SCHEMA = """
CREATE TABLE objects (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    object TEXT NOT NULL,
    UNIQUE (kind, key)
)
"""
MAX_ROWS_PER_STATEMENT = 100
LOCK_TIMEOUT_S = 2.0
"""Time in seconds that a write waits while another program has the file locked."""

WHAT_TO_DO = {
    "SQLITE_FULL": "the disk is full: make room there",
    "SQLITE_BUSY": "another program has the file locked: let it finish, or end it",
    "SQLITE_READONLY": "the file is not writable: make it writable for this user, or use another --data",
    "SQLITE_CANTOPEN": "the file cannot be opened: make it writable for this user, or use another --data",
    "SQLITE_IOERR": "the file cannot be read or written: check the disk, or use another --data",
}


class RowFile(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file."""

    name: str
    """Its name without `.sqlite`."""
    noun: str
    """The word for its content in messages: `registry`."""
    restore: str = "restore a copy, or move it away to start with a new one"
    """Advice about a file that cannot be used."""
    application: int
    """SQLite's application_id: four characters that mark it as ours."""
    format: int
    """Format of the table and its rows; a change needs a step in `migrations`."""
    migrations: Mapping[int, str] = {}
    """SQL that upgrades each format to the next one; all steps are one transaction."""
    conversions: Mapping[str, Callable[[Any], Any]] = MappingProxyType({})
    """Functions by kind of row, which convert it to what is written, such as one with a hash of its password."""
    locks: bool = True
    """True if the store locks the folder itself."""


class QueuedRows(Ticket):
    """A transaction that is queued or being written."""

    __slots__ = ("after", "before")

    def __init__(self, after: Rows, before: Rows) -> None:
        super().__init__()
        self.after = after
        self.before = before


class RowStore:
    """Store of the rows of one file.

    Raises: StoreError.
    """

    def __init__(self, folder: Path, kind: RowFile) -> None:
        self._kind = kind
        self._path = folder / f"{kind.name}.sqlite"
        self._new = folder / f"{kind.name}.sqlite.new"
        self._queue: list[QueuedRows] = []
        self._lost: list[QueuedRows] = []
        self._newest: QueuedRows | None = None
        self._state = threading.Condition()  # guards the lists and `_in_use`; never held for long
        self._busy = False  # a thread uses the database
        self._database: sqlite3.Connection | None = None  # until a file is made
        self._forgotten = False  # `forget` was called
        self.failed = False
        self.transactions = 0
        """Number of database transactions; fewer than flushes if some were grouped."""
        self._logged = ""
        self.on_failure: Callable[[str], None] = self._log_failure
        """Called with the reason, in any thread, when a write fails; it logs each reason once."""
        self.on_success: Callable[[], None] = self._log_success
        """Called in any thread when a write succeeds."""
        self._lock = _lock_folder(folder) if kind.locks else None
        try:
            if self._exists():
                self._database = self._open()
        except (sqlite3.Error, OSError) as error:
            self._unlock()
            raise self._problem(error) from None
        except StoreError:
            self._unlock()
            raise

    def __str__(self) -> str:
        return str(self._path)

    @property
    def waiting(self) -> bool:
        """True if a queued transaction is not durable yet."""
        return bool(self._queue)

    @property
    def unsettled(self) -> QueuedRows | None:
        """The newest ticket, if it is neither durable nor lost."""
        newest = self._newest
        return None if newest is None or newest.settled else newest

    def load(self, types: Mapping[str, Any]) -> Iterator[tuple[Key, Any]] | None:
        """Return all rows in the order they were created, queued ones included; None if nothing was ever stored.

        types: the type of each kind. Raises: StoreError.
        """
        self.flush()
        if self._database is None or self._forgotten:
            return None
        return self._rows({kind: msgspec.json.Decoder(one) for kind, one in types.items()})

    def forget(self) -> None:
        """Make `load` return None, so that the next state starts from contents; `replace` removes this one."""
        self._forgotten = True

    def replace(self, rows: Rows) -> None:
        """Replace all rows; durable on return. No rows are valid, too.

        Raises: StoreError; then nothing has changed.
        """
        with self._exclusive():
            try:
                if self._database is None:
                    self._create(rows)
                    self._database = self._open()
                else:
                    self._database.execute("BEGIN IMMEDIATE")
                    self._database.execute("DELETE FROM objects")
                    self._write(self._database, rows)
                    self._commit(self._database)
            except (sqlite3.Error, OSError) as error:
                self._roll_back()
                self._forgotten = False
                raise self._failed(error) from None
            with self._state:
                # Earlier queued transactions belong to the replaced state.
                superseded, self._queue = self._queue, []
                self._lost, self.failed = [], False
            for one in superseded:
                one.settled = True
            self._forgotten = False
        self.on_success()

    def queue(self, after: Rows, before: Rows) -> QueuedRows:
        """Queue a transaction, all of it or nothing. Returns: the ticket that `flush` takes.

        before: the current values of the same keys. Raises: StoreError while `failed`.
        """
        ticket = QueuedRows(after, before)
        with self._state:
            if self.failed:
                raise StoreError(str(self._lost[0].error))
            self._queue.append(ticket)
            self._newest = ticket
        return ticket

    def flush(self, ticket: Ticket | None = None) -> None:
        """Block until the transaction of that ticket, or all queued ones, are durable. Callable in any thread.

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

    def take_failed(self) -> Rows:
        """Return the values from before all lost transactions, to be restored in memory."""
        with self._state:
            lost, self._lost, self.failed, self._newest = self._lost, [], False, None
        before: dict[Key, Any] = {}
        for one in reversed(lost):
            before.update(one.before)
        return before

    def close(self) -> None:
        """Write what is queued, and release the folder."""
        try:
            self.flush()
        except StoreError as error:
            log.error("the last changes of the %s were lost: %s", self._kind.noun, error)  # noqa: TRY400 - not an internal error
        with self._exclusive():
            if self._database is not None:
                self._database.close()
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold exclusive use of the database."""
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

    def _exists(self) -> bool:
        """True if there is a file; what a killed farm left of making one is removed.

        Raises: StoreError for a file that cannot be what it should be, OSError.
        """
        for leftover in (self._new.name, f"{self._new.name}-journal"):
            self._path.with_name(leftover).unlink(missing_ok=True)
        if self._path.is_symlink() and not self._path.exists():
            raise StoreError(f"{self._path} is a link to {self._path.readlink()}, which is missing: mount or create it")
        if not self._path.exists():
            # SQLite would apply this log to the next file of the name.
            log_file = self._path.with_name(f"{self._path.name}-wal")
            if log_file.exists() and log_file.stat().st_size:
                raise StoreError(
                    f"{self._path} is missing, but its {log_file.name} is there: restore a copy of both, or move that "
                    f"away to start with a new {self._kind.noun}"
                )
            return False
        if not self._path.is_file():
            raise StoreError(f"{self._path} is not a file: move it away to start with a new {self._kind.noun}")
        if not self._path.stat().st_size:
            raise StoreError(f"{self._path}: the file is empty: {self._kind.restore}")
        # SQLite opens a read-only file without an error, even for BEGIN IMMEDIATE, and refuses the first change.
        # Checked before SQLite opens the file: closing a second descriptor would drop its locks.
        try:
            self._path.open("r+b").close()
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror}: {WHAT_TO_DO['SQLITE_READONLY']}") from None
        for name in (self._path.name, f"{self._path.name}-wal", f"{self._path.name}-shm"):
            with suppress(OSError):  # another user's, who lets us read and write it
                self._path.with_name(name).chmod(0o600)
        return True

    def _create(self, rows: Rows) -> None:
        """Make a file under another name, and give it its own when it is whole. Raises: sqlite3.Error, OSError."""
        new = self._new
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with closing(sqlite3.connect(new, isolation_level=None)) as database:
                _make_durable(database)
                database.execute("BEGIN IMMEDIATE")
                database.execute(SCHEMA)
                database.execute(f"PRAGMA application_id = {self._kind.application}")
                database.execute(f"PRAGMA user_version = {self._kind.format}")
                self._write(database, rows)
                self._commit(database)
            new.replace(self._path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        sync_folder(self._path.parent)

    def _open(self) -> sqlite3.Connection:
        """Open the file, check it, and upgrade an older format. Raises: sqlite3.Error, StoreError."""
        database = sqlite3.connect(self._path, timeout=LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        try:
            format_ = self._check_format(database)
            self._check_integrity(database)
            self._upgrade(database, format_)
            database.execute("PRAGMA journal_mode = WAL")
            _make_durable(database)
            database.execute(f"PRAGMA journal_size_limit = {1 << 24}")
        except BaseException:
            database.close()
            raise
        return database

    def _check_format(self, database: sqlite3.Connection) -> int:
        """Return the format of the file.

        Raises: StoreError for an unknown format, or a database of another program.
        """
        ((application,),) = database.execute("PRAGMA application_id")
        ((format_,),) = database.execute("PRAGMA user_version")
        if application != self._kind.application:
            if application or format_ or database.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise StoreError(f"{self._path}: this is another program's file: move it away, or use another --data")
            raise StoreError(f"{self._path}: the database is empty: {self._kind.restore}")
        if format_ > self._kind.format:
            raise StoreError(
                f"{self._path}: a newer Homeport wrote it in format {format_}, and this one supports "
                f"{self._kind.format}: use the newer one, or another --data"
            )
        if any(step not in self._kind.migrations for step in range(format_, self._kind.format)):
            raise StoreError(
                f"{self._path}: its format is {format_}, which this Homeport no longer supports: "
                "upgrade it with an older version, or move it away to start with a new one"
            )
        return int(format_)

    def _check_integrity(self, database: sqlite3.Connection) -> None:
        ((found, *_),) = database.execute("PRAGMA quick_check(1)")
        if found != "ok":
            raise StoreError(f"{self._path}: the file is damaged ({found}): {self._kind.restore}")
        if database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'objects'").fetchone() is None:
            raise StoreError(f"{self._path}: the file has lost its table of objects: {self._kind.restore}")

    def _upgrade(self, database: sqlite3.Connection, format_: int) -> None:
        if format_ < self._kind.format:
            steps = "; ".join(self._kind.migrations[step] for step in range(format_, self._kind.format))
            database.executescript(f"BEGIN IMMEDIATE; {steps}; PRAGMA user_version = {self._kind.format}; COMMIT")

    def _rows(self, decoders: Mapping[str, msgspec.json.Decoder[Any]]) -> Iterator[tuple[Key, Any]]:
        by_kind = {kind: (kind, decoder.decode) for kind, decoder in decoders.items()}
        with self._exclusive():
            try:
                assert self._database is not None  # noqa: S101 - `load` looked
                for kind, key, text in self._database.execute("SELECT kind, key, object FROM objects ORDER BY number"):
                    name, decode = by_kind[kind]
                    yield (name, key), decode(text)
            except sqlite3.Error as error:
                raise self._problem(error) from None
            except (KeyError, msgspec.MsgspecError) as error:
                problem = f"unknown kind: {error}" if isinstance(error, KeyError) else str(error)
                raise StoreError(f"{self._path}: {kind} {key}: {problem}: restore a copy of the file") from None

    def _write_queued(self) -> None:
        """Write all that is queued in one transaction."""
        with self._state:
            group, self._queue = self._queue, []
        after: dict[Key, Any] = {}
        for one in group:
            after.update(one.after)
        try:
            if self._database is None:  # its owner begins with no rows
                self._create({})
                self._database = self._open()
            self._database.execute("BEGIN IMMEDIATE")
            self._write(self._database, after)
            self._commit(self._database)
        except Exception as error:
            # After any error the waiting callers get it, and memory is rolled back.
            self._roll_back()
            self._lose(group, self._failed(error))
        else:
            for one in group:
                one.settled = True
            self.on_success()

    def _write(self, database: sqlite3.Connection, rows: Rows) -> None:
        conversions = self._kind.conversions
        if conversions:
            converted = {
                key: conversions[key[0]](one) for key, one in rows.items() if one is not None and key[0] in conversions
            }
            rows = {**rows, **converted} if converted else rows
        _write(database, rows)

    def _lose(self, group: list[QueuedRows], problem: StoreError) -> None:
        """Mark these, and all queued meanwhile, as lost: those may depend on them."""
        with self._state:
            self._lost = group + self._queue
            self._queue = []
            for one in self._lost:
                one.error = problem
                one.settled = True
            self.failed = True

    def _commit(self, database: sqlite3.Connection) -> None:
        database.execute("COMMIT")
        self.transactions += 1

    def _roll_back(self) -> None:
        if self._database is not None and self._database.in_transaction:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")

    def _log_failure(self, problem: str) -> None:
        if problem != self._logged:
            self._logged = problem
            log.error("the %s cannot be stored: %s", self._kind.noun, problem)

    def _log_success(self) -> None:
        if self._logged:
            self._logged = ""
            log.warning("the %s can be stored again: %s", self._kind.noun, self._path)

    def _failed(self, error: Exception) -> StoreError:
        problem = self._problem(error)
        self.on_failure(str(problem))
        return problem

    def _problem(self, error: Exception) -> StoreError:
        """Return an error as a StoreError whose text says what to do."""
        if isinstance(error, OSError):
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            hint = WHAT_TO_DO["SQLITE_FULL" if full else "SQLITE_IOERR"]
            return StoreError(f"{error.filename or self._path}: {hint} ({error.strerror})")
        name = getattr(error, "sqlite_errorname", "")
        damaged = {
            "SQLITE_NOTADB": f"no {self._kind.noun}, or a damaged one: {self._kind.restore}",
            "SQLITE_CORRUPT": f"the file is damaged: {self._kind.restore}",
        }
        hint = next((words for start, words in (WHAT_TO_DO | damaged).items() if name.startswith(start)), "")
        return StoreError(f"{self._path}: {hint} ({error})" if hint else f"{self._path}: {error}")


def _write(database: sqlite3.Connection, rows: Rows) -> None:
    """Write rows within a transaction."""
    encode = msgspec.json.encode
    for some in _batches([(*key, encode(one).decode()) for key, one in rows.items() if one is not None]):
        values = ",".join(["(?,?,?)"] * len(some))
        database.execute(
            f"INSERT INTO objects (kind, key, object) VALUES {values} "  # noqa: S608 - question marks alone
            "ON CONFLICT (kind, key) DO UPDATE SET object = excluded.object",
            [field for row in some for field in row],
        )
    for gone in _batches([key for key, one in rows.items() if one is None]):
        keys = ",".join(["(?,?)"] * len(gone))
        database.execute(
            f"DELETE FROM objects WHERE (kind, key) IN (VALUES {keys})",  # noqa: S608 - question marks alone
            [field for key in gone for field in key],
        )


def _make_durable(database: sqlite3.Connection) -> None:
    """Have each commit wait for stable storage."""
    database.execute("PRAGMA synchronous = FULL")
    # As platform.sync does; no effect where the system has no F_FULLFSYNC.
    database.execute("PRAGMA fullfsync = ON")
    database.execute("PRAGMA checkpoint_fullfsync = ON")


def _batches(rows: list[Any]) -> Iterable[list[Any]]:
    """Yield the rows in lists that fit into one statement."""
    every = iter(rows)
    return iter(lambda: list(islice(every, MAX_ROWS_PER_STATEMENT)), [])


def _lock_folder(folder: Path) -> Any:
    """Return the open lock file that keeps other farms out.

    Raises: StoreError.
    """
    try:
        for one in (*reversed(folder.parents), folder):
            if not one.exists():
                one.mkdir(mode=0o700, exist_ok=True)
        lock = os.fdopen(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "ab")
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}: use a --data that is writable") from None
    try:
        platform.lock(lock.fileno())
    except OSError:
        lock.close()
        raise StoreError(f"another farm uses {folder}: stop it, or use another --data") from None
    return lock
