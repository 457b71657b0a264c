"""The registry's rows in SQLite: flushed rows are there after a restart, refused ones are not."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import msgspec
import pytest
from msgspec.structs import replace

from homeport.disk import registry_store
from homeport.disk.registry_store import REGISTRY, open_registry
from homeport.world.row_store import StoreError


class Buoy(msgspec.Struct, frozen=True):
    """Something to store."""

    name: str
    depth: float = 0.0
    marks: tuple[str, ...] = ()


TYPES = {"buoy": Buoy, "counter": int}
NORTH = ("buoy", "north")
SOUTH = ("buoy", "south")
FORMAT = REGISTRY.format


@pytest.fixture
def open_store(tmp_path):
    """Return a function that opens the store in tmp_path, until the test ends or closes it."""
    stores = []

    def make():
        stores.append(open_registry(tmp_path / "registry"))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store):
    """Return a store with an empty registry."""
    store = open_store()
    store.replace({})
    return store


@pytest.fixture
def file(tmp_path):
    """Return its file."""
    return tmp_path / "registry" / "registry.sqlite"


def rows(store):
    return list(store.load(TYPES))


def upgrade_to(patch, *steps):
    """Have this version write a later format, with these steps from the present one."""
    later = replace(REGISTRY, format=FORMAT + len(steps), migrations=dict(enumerate(steps, FORMAT)))
    patch.setattr(registry_store, "REGISTRY", later)


def keep(store, after, before=None):
    ticket = store.queue(after, before or dict.fromkeys(after))
    store.flush(ticket)
    return ticket


@contextmanager
def full_disk(file, at_bytes=0):
    """Forbid files to grow beyond a size: by default that of the store's largest one."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    longest = at_bytes or max(path.stat().st_size for path in file.parent.iterdir())
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (longest, limits[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_nothing_is_there_before_a_registry_has_begun(open_store):
    store = open_store()
    assert store.load(TYPES) is None
    store.close()
    store = open_store()
    assert store.load(TYPES) is None
    store.replace({})
    store.close()
    assert rows(open_store()) == []


def test_flushed_rows_are_there_after_a_restart_in_order(open_store, store):
    keep(store, {SOUTH: Buoy("south", 0.1 + 0.2, ("ü", "\0")), ("counter", "roid"): 7})
    keep(store, {NORTH: Buoy("north")})
    keep(store, {SOUTH: Buoy("south", 4), ("counter", "roid"): 8})
    expected = [(SOUTH, Buoy("south", 4)), (("counter", "roid"), 8), (NORTH, Buoy("north"))]
    assert rows(store) == expected
    store.close()
    assert rows(open_store()) == expected


def test_numbers_and_characters_come_back_as_they_were(store):
    buoy = Buoy("x", 1_792_000_000.123457, ("ü", "\0", '"', "\u2028", "\U0001f6a2"))
    keep(store, {NORTH: buoy})
    assert rows(store) == [(NORTH, buoy)]


def test_a_removed_row_stays_removed(open_store, store):
    keep(store, {NORTH: Buoy("north"), SOUTH: Buoy("south")})
    keep(store, {NORTH: None, ("buoy", "never there"): None})
    store.close()
    assert rows(open_store()) == [(SOUTH, Buoy("south"))]


def test_a_rename_is_one_transaction(store):
    keep(store, {NORTH: Buoy("north")})
    before = store.transactions
    keep(store, {NORTH: None, SOUTH: Buoy("south")}, {NORTH: Buoy("north"), SOUTH: None})
    assert rows(store) == [(SOUTH, Buoy("south"))]
    assert store.transactions == before + 1


def test_queued_rows_are_written_when_the_store_is_closed_or_read(open_store, store):
    store.queue({NORTH: Buoy("north")}, {NORTH: None})
    assert store.waiting
    assert rows(store) == [(NORTH, Buoy("north"))]
    assert not store.waiting
    store.queue({SOUTH: Buoy("south")}, {SOUTH: None})
    store.close()
    assert len(rows(open_store())) == 2


def test_the_newest_ticket_is_unsettled_until_it_is_durable_or_lost(store, file):
    assert store.unsettled is None
    store.queue({NORTH: Buoy("north")}, {NORTH: None})
    newest = store.queue({SOUTH: Buoy("south")}, {SOUTH: None})
    assert store.unsettled is newest
    store.flush(newest)
    assert store.unsettled is None
    lost = store.queue({NORTH: object()}, {NORTH: Buoy("north")})
    with pytest.raises(StoreError):
        store.flush(lost)
    assert store.unsettled is None


def test_many_tickets_are_one_transaction(store):
    tickets = [store.queue({("buoy", str(number)): Buoy(str(number))}, {}) for number in range(1000)]
    before = store.transactions
    for ticket in tickets:
        store.flush(ticket)
    assert store.transactions == before + 1
    assert len(rows(store)) == 1000


def test_the_last_of_a_group_counts(store):
    for number in range(3):
        ticket = store.queue({("counter", "roid"): number, NORTH: Buoy("north")}, {})
    store.queue({NORTH: None}, {})
    store.flush(ticket)
    assert rows(store) == [(("counter", "roid"), 2)]


def test_threads_that_flush_at_once_share_transactions(store):
    """While one group is written all others gather for the next one: two transactions for twenty tickets."""
    begun, queued = threading.Event(), threading.Event()

    def hold(_statement):
        begun.set()
        assert queued.wait(60)

    before = store.transactions
    store._database.set_trace_callback(hold)
    with ThreadPoolExecutor(20) as threads:
        first = threads.submit(keep, store, {NORTH: Buoy("north")})
        assert begun.wait(60)
        tickets = [store.queue({("buoy", str(number)): Buoy(str(number))}, {}) for number in range(19)]
        others = [threads.submit(store.flush, ticket) for ticket in tickets]
        queued.set()
        for flushed in (first, *others):
            flushed.result(60)
    store._database.set_trace_callback(None)
    assert store.transactions - before == 2
    assert len(rows(store)) == 20


def test_replacing_drops_stored_and_queued_rows(open_store, store):
    keep(store, {NORTH: Buoy("north")})
    ticket = store.queue({NORTH: Buoy("north", 2)}, {})
    store.replace({SOUTH: Buoy("south")})
    store.flush(ticket)
    store.close()
    assert rows(open_store()) == [(SOUTH, Buoy("south"))]


def test_a_transaction_that_a_full_disk_refuses_is_rolled_back(open_store, store, file):
    keep(store, {NORTH: Buoy("north")})
    with full_disk(file):
        ticket = store.queue({NORTH: None, SOUTH: Buoy("x" * 200_000)}, {NORTH: Buoy("north"), SOUTH: None})
        later = store.queue({("buoy", "west"): Buoy("west")}, {("buoy", "west"): None})
        with pytest.raises(StoreError, match=r"check the disk|make room"):
            store.flush(ticket)
        with pytest.raises(StoreError, match=str(file)):
            store.flush(later)
        with pytest.raises(StoreError):
            store.queue({SOUTH: Buoy("south")}, {SOUTH: None})
    assert store.failed
    assert store.take_failed() == {NORTH: Buoy("north"), SOUTH: None, ("buoy", "west"): None}
    assert not store.failed
    assert rows(store) == [(NORTH, Buoy("north"))]
    keep(store, {SOUTH: Buoy("south")})
    with pytest.raises(StoreError):
        store.flush(ticket)
    store.close()
    assert rows(open_store()) == [(NORTH, Buoy("north")), (SOUTH, Buoy("south"))]


def test_lost_changes_of_one_row_are_rolled_back_in_reverse_order(store):
    keep(store, {NORTH: Buoy("north", 1)})
    tickets = [store.queue({NORTH: Buoy("north", depth)}, {NORTH: Buoy("north", depth - 1)}) for depth in (2, 3)]
    tickets.append(store.queue({SOUTH: object()}, {SOUTH: None}))
    with pytest.raises(StoreError):
        store.flush(tickets[0])
    assert store.take_failed() == {NORTH: Buoy("north", 1), SOUTH: None}


def test_transactions_queued_after_a_lost_group_are_lost_with_it(store, file):
    with full_disk(file):
        tickets = [store.queue({SOUTH: Buoy("x" * 200_000)}, {SOUTH: None}), store.queue({NORTH: Buoy("north")}, {})]
        with ThreadPoolExecutor(2) as threads:
            errors = [threads.submit(store.flush, ticket).exception(10) for ticket in tickets]
    assert [type(error) for error in errors] == [StoreError, StoreError]
    store.take_failed()
    assert rows(store) == []


def test_a_replacement_that_fails_leaves_all_as_it_was(store, file):
    keep(store, {NORTH: Buoy("north")})
    with full_disk(file), pytest.raises(StoreError):
        store.replace({SOUTH: Buoy("x" * 300_000)})
    assert rows(store) == [(NORTH, Buoy("north"))]


def test_a_change_that_cannot_be_serialized_is_an_error_for_its_waiters(store):
    ticket = store.queue({NORTH: object()}, {NORTH: None})
    with pytest.raises(StoreError):
        store.flush(ticket)
    assert store.take_failed() == {NORTH: None}
    keep(store, {NORTH: Buoy("north")})


def test_another_programs_lock_is_waited_for_then_named(store, file, monkeypatch):
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        store._database.execute("PRAGMA busy_timeout = 10")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program has the file locked"):
            keep(store, {NORTH: Buoy("north")})
        other.execute("ROLLBACK")
    store.take_failed()
    keep(store, {NORTH: Buoy("north")})


def test_others_may_read_meanwhile(store, file):
    keep(store, {NORTH: Buoy("north", 2.5, ("a",))})
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as other:
        assert other.execute("SELECT kind, key, object FROM objects").fetchall() == [
            ("buoy", "north", '{"name":"north","depth":2.5,"marks":["a"]}')
        ]


def test_only_one_farm_writes_to_a_folder(open_store, store):
    with pytest.raises(StoreError, match="another farm"):
        open_store()
    store.close()
    open_store()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        open_registry(tmp_path / "file" / "registry")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_file_that_cannot_be_written_to_is_named(open_store, store, file):
    store.close()
    file.chmod(0o400)
    with pytest.raises(StoreError, match="or use another --data"):
        open_store()


def test_a_file_that_is_no_database_is_left_alone(open_store, store, file):
    store.close()
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="move it away"):
        open_store()
    assert file.read_bytes() == b"no database" * 1000


def test_another_programs_database_is_left_alone(open_store, store, file):
    store.close()
    file.unlink()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE theirs (a)")
    content = file.read_bytes()
    with pytest.raises(StoreError, match="another program's"):
        open_store()
    assert file.read_bytes() == content


def test_a_newer_format_is_refused_and_left_alone(open_store, store, file):
    keep(store, {NORTH: Buoy("north")})
    store.close()
    set_format(file, FORMAT + 1)
    content = file.read_bytes()
    with pytest.raises(StoreError, match=f"newer Homeport wrote it in format {FORMAT + 1}"):
        open_store()
    assert file.read_bytes() == content


def test_an_older_format_is_brought_up_to_date(open_store, store, file, monkeypatch):
    keep(store, {NORTH: Buoy("north")})
    store.close()
    upgrade_to(monkeypatch, *(f"UPDATE objects SET object = json_set(object, '$.depth', {step})" for step in (1, 2)))
    assert rows(open_store()) == [(NORTH, Buoy("north", 2))]


def test_an_unsupported_older_format_is_refused_and_left_alone(open_store, store, file):
    store.close()
    set_format(file, FORMAT - 1)
    content = file.read_bytes()
    with pytest.raises(StoreError, match=f"its format is {FORMAT - 1}"):
        open_store()
    assert file.read_bytes() == content


def test_an_update_that_fails_changes_nothing(open_store, store, file, monkeypatch):
    keep(store, {NORTH: Buoy("north")})
    store.close()
    with monkeypatch.context() as patch:
        upgrade_to(patch, "DELETE FROM objects; SELECT nonsense")
        with pytest.raises(StoreError, match="nonsense"):
            open_store()
    assert rows(open_store()) == [(NORTH, Buoy("north"))]


def test_damaged_pages_are_named_and_nothing_is_made_of_them(open_store, store, file):
    store.replace({("buoy", str(number)): Buoy("x" * 500) for number in range(500)})
    store.close()
    content = bytearray(file.read_bytes())
    content[8192:200_000] = os.urandom(200_000 - 8192)
    file.write_bytes(content)
    with pytest.raises(StoreError, match="restore a copy"):
        rows(open_store())
    assert file.read_bytes() == bytes(content)


@pytest.mark.parametrize("content", [b"", b"\0", b"SQLite format 3\0", b"\0" * 4096])
def test_an_empty_or_cut_file_is_refused_and_left_alone(open_store, store, file, content):
    store.close()
    file.write_bytes(content)
    with pytest.raises(StoreError, match="restore a copy, or move it away"):
        open_store()
    assert file.read_bytes() == content


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_file_that_lost_its_end_is_refused_and_left_alone(open_store, store, file, share):
    keep(store, {("buoy", str(number)): Buoy("x" * 100) for number in range(1000)})
    store.close()
    content = file.read_bytes()[: int(file.stat().st_size * share)]
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged.*restore a copy"):
        open_store()
    assert file.read_bytes() == content


def test_damage_is_found_at_start_wherever_it_is(open_store, store, file):
    keep(store, {("buoy", str(number)): Buoy("x" * 100) for number in range(1000)})
    store.close()
    whole = bytearray(file.read_bytes())
    refused = 0
    for page in range(1, len(whole) // 4096):
        damaged = whole.copy()
        damaged[page * 4096 : page * 4096 + 64] = b"\xff" * 64
        file.write_bytes(damaged)
        with pytest.raises(StoreError, match="restore a copy"):
            open_store()
        refused += 1
    assert refused > 20


def test_a_database_without_its_table_is_refused(open_store, store, file):
    store.close()
    with closing(sqlite3.connect(file)) as database:
        database.execute("DROP TABLE objects")
    with pytest.raises(StoreError, match=r"lost its table.*restore a copy"):
        open_store()


def test_a_log_without_its_database_is_refused(open_store, store, file):
    keep(store, {NORTH: Buoy("north")})
    log = file.with_name("registry.sqlite-wal")
    content = log.read_bytes()
    store.close()
    file.unlink()
    log.write_bytes(content)
    with pytest.raises(StoreError, match=r"is missing, but its registry.sqlite-wal is there: restore a copy"):
        open_store()
    log.unlink()
    assert open_store().load(TYPES) is None


def test_a_folder_or_a_broken_link_in_its_place_is_refused(open_store, store, file):
    store.close()
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreError, match="is not a file: move it away"):
        open_store()
    file.rmdir()
    file.symlink_to("/nowhere/registry.sqlite")
    with pytest.raises(
        StoreError, match=r"is a link to /nowhere/registry.sqlite, which is missing: mount or create it"
    ):
        open_store()


KILLED = """
import os, sys
from pathlib import Path
from homeport.disk.registry_store import open_registry

countdown = int(sys.argv[2])

def hook(event, args):
    global countdown
    if event.split(".")[0] in ("open", "os", "sqlite3", "fcntl"):
        countdown -= 1
        if countdown == 0:
            os.kill(os.getpid(), 9)

open_registry(Path(sys.argv[1]) / "other").replace({("counter", "x"): 1})  # with this all is imported
sys.addaudithook(hook)
store = open_registry(Path(sys.argv[1]) / "registry")
store.replace({("counter", "message"): 1, ("counter", "roid"): 2})
store.flush(store.queue({("counter", "roid"): 3}, {}))
print("made")
"""


def test_a_farm_killed_at_any_step_of_making_it_is_followed_by_one_that_makes_it(tmp_path):
    whole = None
    for step in range(1, 100):
        folder = tmp_path / str(step)
        made = subprocess.run(
            [sys.executable, "-c", KILLED, folder, str(step)], stdout=subprocess.PIPE, check=False, timeout=60
        )
        with closing(open_registry(folder / "registry")) as store:
            found = store.load({"counter": int})
            if found is None:
                assert whole is None, step  # once it is there it stays
                store.replace({("counter", "roid"): 7})
                assert dict(store.load({"counter": int})) == {("counter", "roid"): 7}
            else:
                whole = dict(found)
                assert whole in ({("counter", "message"): 1, ("counter", "roid"): roid} for roid in (2, 3)), step
        assert {path.name for path in (folder / "registry").iterdir()} == {"lock", "registry.sqlite"}
        if made.stdout:
            assert whole == {("counter", "message"): 1, ("counter", "roid"): 3}
            break
    assert step > 10


def test_its_files_are_for_this_user_alone(open_store, file):
    old = os.umask(0)
    try:
        store = open_store()
        store.replace({})
        keep(store, {NORTH: Buoy("north")})
        assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
        assert len(list(file.parent.iterdir())) == 4
        assert file.parent.stat().st_mode & 0o777 == 0o700
        store.close()
        file.chmod(0o644)
        open_store()
        assert file.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)


def test_a_failing_disk_is_reported_once_and_its_recovery_too(store, file, caplog):
    with full_disk(file):
        for _ in range(3):
            ticket = store.queue({NORTH: Buoy("x" * 100_000)}, {NORTH: None})
            with pytest.raises(StoreError):
                store.flush(ticket)
            store.take_failed()
    keep(store, {NORTH: Buoy("north")})
    keep(store, {SOUTH: Buoy("south")})
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "the registry cannot be stored",
        "the registry can be stored again",
    ]


def test_the_farm_can_listen_to_failures_and_successes(store, file):
    heard = []
    store.on_failure, store.on_success = heard.append, lambda: heard.append("")
    with full_disk(file):
        ticket = store.queue({NORTH: Buoy("x" * 100_000)}, {NORTH: None})
        with pytest.raises(StoreError):
            store.flush(ticket)
    store.take_failed()
    keep(store, {NORTH: Buoy("north")})
    assert [heard[0].startswith(str(file)), *heard[1:]] == [True, ""]


def test_all_upgrades_are_one_transaction(open_store, store, file, monkeypatch):
    keep(store, {NORTH: Buoy("north")})
    store.close()
    with monkeypatch.context() as patch:
        upgrade_to(patch, "UPDATE objects SET key = 'south'", "SELECT nonsense")
        with pytest.raises(StoreError):
            open_store()
    assert rows(open_store()) == [(NORTH, Buoy("north"))]


def test_a_row_that_cannot_be_read_is_named(open_store, store, file):
    keep(store, {NORTH: Buoy("north")})
    store.close()
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("UPDATE objects SET object = '{}'")
    with pytest.raises(StoreError, match=r"buoy north: .*name"):
        rows(open_store())


def test_a_row_of_an_unknown_kind_is_named(open_store, store):
    keep(store, {("ship", "north"): 1})
    store.close()
    with pytest.raises(StoreError, match="ship north: unknown kind"):
        rows(open_store())


def set_format(file, number):
    with closing(sqlite3.connect(file)) as other:
        other.execute(f"PRAGMA user_version = {number}")
