"""A large registry over the API: each turn of the reactor looks at a bounded number of records."""

import pytest
from msgspec.structs import replace
from tests.io.test_registry_store import full_disk

from homeport.control import slices
from homeport.control.json_pieces import MAX_RENDERED
from homeport.services.rdap.searches import MAX_LOOKED_AT, matching
from homeport.world.clock import Clock
from homeport.world.registry import Registry, RegistryContents
from homeport.world.seed_registry import REGISTRY

WORLD = "/api/v1/worlds/default"
MANY = 1050


@pytest.fixture
def large(farm):
    """Fill the farm's registry with many domains, and a queue with as many messages."""
    domain = REGISTRY.domains[0]

    def fill():
        registry = farm.world.registry
        changes = registry.begin()
        for number in range(MANY):
            name = f"many-{number:04}.test"
            changes.put(replace(domain, name=name, roid=f"D{90000 + number}-MANY", contacts=(), nameservers=()))
            changes.message("pilot", "note", note=f"number {number}")
        registry.commit(changes)
        return len(registry.domains)

    return farm.call(fill)


@pytest.fixture
def turns_taken(monkeypatch):
    """Return a list that has one item for each turn of the reactor in which slices are done."""
    turns = []
    real = slices.Slices._turn

    def turn(self):
        turns.append(self._steps_left)
        real(self)

    monkeypatch.setattr(slices.Slices, "_turn", turn)
    return turns


def test_a_list_is_whole_and_made_in_turns(api, large, turns_taken):
    listing = api("GET", f"{WORLD}/registry/domains")
    assert (listing["total"], len(listing["items"]), listing["next"]) == (large, large, None)
    assert len({one["name"] for one in listing["items"]}) == large
    assert len(turns_taken) >= large // (MAX_RENDERED * slices.MAX_STEPS) - 1


def test_a_queue_is_listed_and_emptied_in_turns(api, large, turns_taken):
    queue = f"{WORLD}/registry/registrars/pilot/messages"
    before = api("GET", queue)
    assert before["total"] >= MANY
    assert [one["id"] for one in before["items"]] == sorted(one["id"] for one in before["items"])
    turns_taken.clear()
    api("DELETE", queue, status=204)
    assert len(turns_taken) >= MANY // (MAX_RENDERED * slices.MAX_STEPS) - 1
    assert api("GET", queue)["total"] == 0


def test_one_message_of_many_is_taken_out(api, large):
    queue = f"{WORLD}/registry/registrars/pilot/messages"
    last = api("GET", queue)["items"][-1]["id"]
    api("DELETE", f"{queue}/{last}", status=204)
    assert last not in {one["id"] for one in api("GET", queue)["items"]}


def test_a_snapshot_of_a_large_registry_is_made_in_turns_and_can_be_restored(api, farm, request_of, large, turns_taken):
    snapshot = request_of(farm, "GET", f"{WORLD}/registry/snapshot").body
    assert len(turns_taken) >= large // (MAX_RENDERED * slices.MAX_STEPS) - 1
    api("DELETE", f"{WORLD}/registry/domains/many-0007.test", status=204)
    assert request_of(farm, "PUT", f"{WORLD}/registry/snapshot", body=snapshot).status == 204
    assert api("GET", f"{WORLD}/registry/domains/many-0007.test")["name"] == "many-0007.test"


def test_a_snapshot_in_slices_is_of_one_moment_and_the_same_as_at_once():
    registry = Registry(REGISTRY, Clock(lambda: 1.0e9))
    domain = REGISTRY.domains[0]
    for number in range(MANY):
        registry.put(replace(domain, name=f"many-{number}.test", roid=f"D{90000 + number}-MANY"))
    whole, pieces = registry.snapshot(), registry.snapshot_pieces()
    next(pieces)
    registry.remove(registry.domain("homeport.test"))
    sizes = [len(piece) for piece in registry.snapshot_pieces()]
    assert len(whole[1:]) == sum(map(len, pieces))
    assert max(sizes) < sum(sizes) // 8
    other = Registry(RegistryContents(), Clock(lambda: 1.0e9))
    other.restore(whole)
    assert other.snapshot() == whole


@pytest.mark.parametrize(
    "query",
    ["domains?name=nowhere*", "domains?nsLdhName=nowhere.*", "domains?nsIp=203.0.113.99", "entities?fn=Nowhere*"],
)
def test_a_search_of_rdap_that_finds_nothing_looks_at_all_in_turns(farm, request_of, large, turns_taken, query):
    assert request_of(farm, "GET", f"{WORLD}/rdap/{query}").status == 404
    assert len(turns_taken) >= (large // (MAX_LOOKED_AT * slices.MAX_STEPS) - 1 if query.startswith("domains") else 0)


def test_a_search_of_rdap_shows_a_hundred_and_looks_at_no_more_than_it_needs(farm, request_of, large, turns_taken):
    reply = request_of(farm, "GET", f"{WORLD}/rdap/domains?name=many-*")
    assert len(reply.json["domainSearchResults"]) == 100
    assert len(reply.body) < 300_000
    assert len(turns_taken) <= 100, "at most one for each result, however slow the machine is"


def test_an_unknown_name_is_answered_with_a_near_one_out_of_a_bounded_number(api, large):
    assert "many-" not in api("GET", f"{WORLD}/registry/domains/homeprt.test", status=404)["detail"]


def test_a_step_looks_at_a_bounded_number_of_records():
    seen = []
    steps = matching(list(range(10 * MAX_LOOKED_AT)), lambda one: seen.append(one), 5)
    for number, _step in enumerate(steps, 1):
        assert len(seen) == number * MAX_LOOKED_AT
    assert len(seen) == 10 * MAX_LOOKED_AT


def test_a_search_ends_with_the_last_that_is_shown():
    seen = []
    with pytest.raises(StopIteration) as end:
        next(matching(list(range(1000)), lambda one: seen.append(one) or True, 5))
    assert (end.value.value, len(seen)) == ([0, 1, 2, 3, 4], 5)


def test_with_a_disk_an_emptied_queue_is_answered_when_all_is_durable(start_farm, request_of, tmp_path):
    farm = start_farm("epp", data=tmp_path)
    registry = farm.world.registry

    def fill():
        changes = registry.begin()
        for number in range(MANY):
            changes.message("pilot", "note", note=f"number {number}")
        registry.commit(changes)

    farm.call(fill)
    queue = f"{WORLD}/registry/registrars/pilot/messages"
    assert request_of(farm, "DELETE", queue).status == 204
    assert not farm.world.registry_store.waiting
    assert request_of(farm, "GET", queue).json == {"items": [], "total": 0, "next": None}


def test_a_full_disk_shows_in_readyz_until_the_registry_can_be_stored_again(start_farm, request_of, tmp_path):
    farm = start_farm("epp", data=tmp_path)
    file = tmp_path / "registry" / "default" / "registry.sqlite"
    note = f"{WORLD}/registry/registrars/pilot/messages"
    with full_disk(file):
        for _ in range(30):
            reply = request_of(farm, "POST", note, body=b'{"text": "%s"}' % (b"x" * 4000))
            if reply.status == 507:
                break
        assert reply.status == 507
        ready = request_of(farm, "GET", "/readyz")
        assert ready.status == 503
        assert "registry" in ready.body.decode()
    assert request_of(farm, "POST", note, body=b'{"text": "short"}').status in (200, 201)
    assert request_of(farm, "GET", "/readyz").status == 200
