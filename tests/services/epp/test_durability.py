"""With a registry on disk a change is answered once it is durable; if the disk refuses it, the answer is 2400.

RFC 5730 2: commands are atomic. RFC 5730 3: 2400 leaves the session open.
"""

import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from tests.interop.epp_client import Client
from tests.io.test_registry_store import full_disk

from homeport.world.registry.passwords import matches


@pytest.fixture
def farm(start_farm, tmp_path):
    """Return a farm with EPP only that keeps its registry on disk."""
    return start_farm("epp", data=tmp_path)


@pytest.fixture
def file(tmp_path):
    """Return the registry's file."""
    return tmp_path / "registry" / "default" / "registry.sqlite"


@pytest.fixture
def connect(farm):
    """Return a function that logs a registrar in."""
    clients = []

    def connect(registrar="harbour"):
        ca = farm.farm.certificates.ca_file
        clients.append(Client(farm.port("epp", "tls"), ca, registrar))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def create(name, registrant="AL-1"):
    return (
        "create",
        "domain",
        f"<domain:name>{name}</domain:name><domain:registrant>{registrant}</domain:registrant>"
        "<domain:authInfo><domain:pw>2fooBAR!</domain:pw></domain:authInfo>",
    )


def check(name):
    return ("check", "domain", f"<domain:name>{name}</domain:name>")


def fill(farm):
    """Make the next transaction larger than a full disk takes."""

    def note():
        registry = farm.world.registry
        changes = registry.begin()
        changes.message("pilot", "note", note="x" * 300_000)
        registry.commit(changes)

    farm.call(note)


def test_rfc_5730_3_a_change_that_a_full_disk_refuses_is_2400_and_rolled_back(farm, connect, file):
    client = connect()
    with full_disk(file):
        fill(farm)
        answer = client.command(*create("new.test"))
        assert answer.code == 2400
        assert "the change was rolled back" in answer.text("reason")
        assert client.command(*check("new.test")).attribute("name", "avail") in ("1", "true")
    assert client.command(*create("new.test")).code == 1000
    assert client.command(*check("new.test")).attribute("name", "avail") in ("0", "false")


def test_a_batch_of_which_the_disk_refuses_a_part_is_answered_in_order_and_truly(farm, connect, file):
    client = connect()
    names = [f"b{number}.test" for number in range(20)]
    with full_disk(file):
        fill(farm)
        codes = [answer.code for answer in client.batch([create(name) for name in names])]
    assert codes[0] == 2400
    # The driver delivers a large batch in several turns, each of which is a group of its own: later ones may have room.
    assert set(codes) <= {1000, 2400}
    there = [farm.call(lambda name=name: farm.world.registry.domain(name)) is not None for name in names]
    assert there == [code == 1000 for code in codes]
    codes = [answer.code for answer in client.batch([create(name) for name in names])]
    assert codes == [2302 if known else 1000 for known in there]


def test_sessions_share_transactions(farm, connect):
    """Group commit: what many sessions change while the disk is busy is one transaction."""
    clients = [connect(("harbour", "lighthouse", "pilot")[number % 3]) for number in range(20)]
    store = farm.world.registry_store
    before = store.transactions
    gate = threading.Barrier(len(clients))

    def work(number):
        gate.wait(10)
        return [clients[number].command(*create(f"g{number}-{turn}.test")).code for turn in range(10)]

    with ThreadPoolExecutor(len(clients)) as threads:
        codes = list(threads.map(work, range(len(clients))))
    assert codes == [[1000] * 10] * 20
    assert store.transactions - before < 200


def test_lost_changes_are_rolled_back_even_if_the_client_has_gone(farm, connect, file):
    client, other = connect(), connect("lighthouse")
    with full_disk(file):
        fill(farm)
        client.send(*create("gone.test"))
        client.close()
        # In either order of refusals: both are rolled back, and other clients can work.
        while other.command(*create("other.test")).code == 1000:
            pass
    while other.command(*create("other2.test")).code != 1000:
        pass
    assert farm.call(farm.world.registry.domain, "gone.test") is None


def test_rfc_5730_2_9_1_1_a_new_password_is_on_the_disk_when_it_is_answered(farm, file):
    ca = farm.farm.certificates.ca_file
    Client(farm.port("epp", "tls"), ca, "pilot", new="new-pass").close()
    assert matches(json.loads(stored(file, "registrar", "pilot"))["password"], "new-pass")


def stored(file, kind, key):
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        query = "SELECT object FROM objects WHERE kind = ? AND key = ?"
        return database.execute(query, (kind, key)).fetchone()[0]
