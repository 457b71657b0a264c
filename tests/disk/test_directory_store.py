"""The directory on disk: what LDAP changes is there after a restart, and a transaction is one record."""

from conftest import NOW
from services.ldap.asker import (
    ALICE,
    BASE,
    Asker,
    add,
    control,
    delete,
    equals,
    extended,
    modify,
    octets,
    rename,
    search,
)
from tests.io.test_registry_store import full_disk

from homeport.disk.directory_store import open_directory
from homeport.protocol.ber import encode_sequence
from homeport.world.directory.rows import EntryRow
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents

START, CONTROL, END = "1.3.6.1.1.21.1", "1.3.6.1.1.21.2", "1.3.6.1.1.21.3"


def start(folder, contents=None):
    """Start a world over a folder, and return an administrator's connection."""
    store = open_directory(folder)
    world = World("default", contents or WorldContents(), JournalOptions(), lambda: NOW, directory_store=store)
    return Asker(world).login()


def thing(name):
    return add(f"cn={name},{BASE}", objectClass="device", cn=name, description="new")


def test_changes_are_there_after_a_restart(tmp_path):
    one = start(tmp_path)
    assert one.code(thing("x")) == 0
    assert one.code(thing("gone")) == 0
    assert one.code(delete(f"cn=gone,{BASE}")) == 0
    assert one.code(rename(f"cn=x,{BASE}", "cn=y")) == 0
    assert one.code(modify(ALICE, (2, "userPassword", ("new-pass",)), (0, "description", ("tall",)))) == 0
    assert one.code(delete(f"uid=bob,ou=people,{BASE}")) == 0
    before = {answer.dn: answer.attributes for answer in one.ask(search(attributes=("*", "+")))}
    one.world.close()
    again = start(tmp_path)
    after = {answer.dn: answer.attributes for answer in again.ask(search(attributes=("*", "+")))}
    assert after == before
    assert again.world.people.get("alice").password == "new-pass"
    assert again.world.people.get("bob") is None
    assert again.entries(search(chosen=equals("cn", "y"))) == [f"cn=y,{BASE}"]
    again.world.close()


def test_a_transaction_is_one_record_of_the_store(tmp_path):
    one = start(tmp_path)
    store = one.world.directory_store
    assert one.code(thing("first")) == 0
    before = store.transactions
    (begun,) = one.ask(extended(START))
    identifier = begun.more[0x8B]
    within = control(CONTROL, identifier, critical=True)
    assert one.code(thing("x"), within) == 0
    assert one.code(modify(f"cn=x,{BASE}", (2, "description", ("second",))), within) == 0
    assert one.code(thing("y"), within) == 0
    assert (store.waiting, store.transactions) == (False, before)
    assert one.code(extended(END, encode_sequence(octets(identifier)))) == 0
    assert store.transactions == before + 1
    rows = dict(store.load({"entry": EntryRow, "person": EntryRow, "group": EntryRow}))
    assert [name for _kind, name in rows] == [f"cn=first,{BASE}", f"cn=x,{BASE}", f"cn=y,{BASE}"]
    assert rows["entry", f"cn=x,{BASE}"].attributes["description"] == (b"second",)
    one.world.close()


def test_what_cannot_be_stored_is_undone_and_told(tmp_path):
    one = start(tmp_path)
    assert one.code(thing("x")) == 0
    with full_disk(tmp_path / "directory.sqlite"):
        answer = one.ask(add(f"cn=y,{BASE}", objectClass="device", cn="y", description="long" * 10_000))[-1]
        assert answer.code == 52
        assert "cannot be stored" in answer.text
        assert one.code(search(f"cn=y,{BASE}", 0)) == 32
    assert one.code(thing("y")) == 0
    one.world.close()
    assert start(tmp_path).code(search(f"cn=y,{BASE}", 0)) == 0
