"""With a registry on disk an answer to a change is one that will hold; where the disk refuses it, it is 2400.

RFC 5730 2: a command is carried out wholly or not at all. RFC 5730 3: 2400 leaves the session open.
"""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from tests.interop.epp_client import Client
from tests.io.test_registry_store import full_disk


@pytest.fixture
def farm(start_farm, tmp_path):
    """A farm with EPP alone that keeps its registry."""
    return start_farm("epp", data=tmp_path)


@pytest.fixture
def file(tmp_path):
    """Where it keeps that."""
    return tmp_path / "registry" / "default" / "registry.sqlite"


@pytest.fixture
def connect(farm):
    """A registrar that is logged in."""
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
    """Have the next transaction be larger than a full disk takes."""

    def note():
        registry = farm.world.registry
        changes = registry.begin()
        changes.message("pilot", "note", note="x" * 300_000)
        registry.commit(changes)

    farm.call(note)


def test_rfc_5730_3_what_a_full_disk_refuses_is_answered_2400_and_has_not_happened(farm, connect, file):
    client = connect()
    with full_disk(file):
        fill(farm)
        answer = client.command(*create("new.test"))
        assert answer.code == 2400
        assert "nothing is changed" in answer.text("reason")
        assert client.command(*check("new.test")).attribute("name", "avail") in ("1", "true")
    assert client.command(*create("new.test")).code == 1000
    assert client.command(*check("new.test")).attribute("name", "avail") in ("0", "false")


def test_a_batch_of_which_the_disk_refuses_a_part_is_answered_in_order_and_truly(farm, connect, file):
    client = connect()
    names = [f"b{number}.test" for number in range(20)]
    with full_disk(file):
        fill(farm)
        codes = [answer.code for answer in client.batch([create(name) for name in names])]
    assert codes == [2400] * 20
    codes = [answer.code for answer in client.batch([create(name) for name in names])]
    assert codes == [1000] * 20


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


def test_a_client_that_is_gone_does_not_keep_what_was_lost_from_being_taken_back(farm, connect, file):
    client, other = connect(), connect("lighthouse")
    with full_disk(file):
        fill(farm)
        client.send(*create("gone.test"))
        client.close()
        # Whichever of the two the disk refuses first: soon neither is there, and others can work.
        while other.command(*create("other.test")).code == 1000:
            pass
    while other.command(*create("other2.test")).code != 1000:
        pass
    assert farm.call(farm.world.registry.domain, "gone.test") is None


def test_rfc_5730_2_9_1_1_a_new_password_is_on_the_disk_when_it_is_answered(farm, file):
    ca = farm.farm.certificates.ca_file
    Client(farm.port("epp", "tls"), ca, "pilot", new="new-pass").close()
    assert '"password":"new-pass"' in stored(file, "registrar", "pilot")


def stored(file, kind, key):
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        query = "SELECT object FROM objects WHERE kind = ? AND key = ?"
        return database.execute(query, (kind, key)).fetchone()[0]
