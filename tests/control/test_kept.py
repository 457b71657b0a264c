"""Changes of a registry with a store: durable when they are answered, rolled back if they cannot be written."""

import sqlite3
import time
from contextlib import closing

import pytest
from msgspec.structs import replace
from tests.io.test_registry_store import full_disk

HOST = {"roid": "H77-HOMEPORT", "registrar": "harbour", "name": "ns.new.test", "created": "2026-01-01T00:00:00Z"}
CONTACT = {"roid": "C77-HOMEPORT", "registrar": "harbour", "id": "NEW-1", "created": "2026-01-01T00:00:00Z"}


@pytest.fixture
def farm(start_farm, tmp_path):
    """A farm with only Whois, whose registry is on disk."""
    return start_farm("whois", data=tmp_path)


@pytest.fixture
def file(tmp_path):
    """The file of its registry."""
    return tmp_path / "registry" / "default" / "registry.sqlite"


def kept(file):
    """Return the keys on the disk."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return {tuple(row) for row in database.execute("SELECT kind, key FROM objects")}


def test_changes_are_durable_when_they_are_answered(api, file):
    api("PUT", "/registry/hosts/ns.new.test", HOST)
    assert ("host", "ns.new.test") in kept(file)
    api("DELETE", "/registry/hosts/ns.new.test", status=204)
    assert ("host", "ns.new.test") not in kept(file)


def test_changes_that_a_full_disk_refuses_are_rolled_back(api, farm, file):
    body = {**CONTACT, "postal": {"name": "x" * 200_000}}
    with full_disk(file):
        problem = api("PUT", "/registry/contacts/NEW-1", body, status=507)
    assert problem["detail"].startswith("registry changes rolled back: ")
    assert str(file) in problem["detail"]
    api("GET", "/registry/contacts/NEW-1", status=404)
    api("PUT", "/registry/contacts/NEW-1", {**CONTACT, "postal": {"name": "New"}})
    assert ("contact", "new-1") in kept(file)


def test_changes_by_timers_are_written_soon(farm):
    store = farm.world.registry_store

    def jump():
        farm.world.clock.advance(400 * 86_400)
        return store.waiting

    assert farm.call(jump)
    deadline = time.monotonic() + 10
    while farm.call(lambda: store.waiting):
        assert time.monotonic() < deadline


def test_a_reset_that_the_disk_refuses_is_answered_409(api, farm, file):
    farm.call(setattr, farm.world, "contents", with_large_contact(farm.world.contents))
    with full_disk(file):
        problem = api("POST", "/reset", {}, status=409)
    assert "a store could not be reset" in problem["detail"]
    api("GET", "/registry/domains/homeport.test")


def with_large_contact(contents):
    registry = contents.registry
    contact = registry.contacts[0]
    large = replace(contact, id="LARGE", roid="C99-HOMEPORT", postal=replace(contact.postal, name="x" * 500_000))
    return replace(contents, registry=replace(registry, contacts=[*registry.contacts, large]))


def test_other_worlds_keep_their_registry_in_memory(api, farm):
    name = api("POST", "/api/v1/worlds", {"services": ["whois"]}, status=201)["world"]
    assert farm.farm.hosts[name].world.registry_store is None
    assert farm.world.registry_store is not None


def test_a_reset_resets_the_store(api, file):
    api("PUT", "/registry/hosts/ns.new.test", HOST)
    api("POST", "/reset", {})
    assert ("host", "ns.new.test") not in kept(file)
    assert ("domain", "homeport.test") in kept(file)
