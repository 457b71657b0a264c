"""Zones with --data: what was flushed is there after any end of the farm, and what was lost is undone in memory."""

import shutil
import socket
from pathlib import Path

import dns.message
import dns.rcode
import dns.update
import msgspec
import pytest
from conftest import LOCAL, NOW, PEER, read_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io.test_registry_store import full_disk

from homeport.disk.zones_store import ZONES, open_zones
from homeport.protocol.effects import Close, GroupCommit, Send
from homeport.protocol.events import Called, Data, Eof
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.dns.framing import frame
from homeport.world.journal import JournalOptions
from homeport.world.row_store import StoreError
from homeport.world.world import World, WorldContents
from homeport.world.zones.building import build_zone
from homeport.world.zones.contents import ZoneContents
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import TXT, A, RRset
from homeport.world.zones.zone import is_later

SHOP, QUAY = parse_name("shop.test"), parse_name("quay.test")
WWW = parse_name("www.shop.test")
ODD = parse_name(r"a\.b\032c.shop.test")


LARGE = RRset(TXT, 60, tuple(bytes((255,)) + number.to_bytes(255) for number in range(500)))


def address(last):
    return RRset(A, 60, (bytes((192, 0, 2, last)),))


@pytest.fixture
def start(tmp_path):
    """Return a function that opens a world on a folder; it may be a copy of an earlier one's."""
    worlds = []

    def open_world(folder=tmp_path / "zones", zones=()):
        folder.mkdir(exist_ok=True)
        contents = WorldContents(dns=[ZoneContents(name=name, records=records) for name, records in zones])
        worlds.append(World("w", contents, JournalOptions(), lambda: NOW, zone_store=open_zones(Path(folder))))
        return worlds[-1]

    yield open_world
    for world in worlds:
        world.close()


@pytest.fixture
def crash(tmp_path, start):
    """Return a function that opens a world on what another one has on disk now, as after a kill."""
    number = iter(range(1000))

    def copy(zones=()):
        folder = tmp_path / f"copy{next(number)}"
        shutil.copytree(tmp_path / "zones", folder)
        return start(folder, zones)

    return copy


@pytest.fixture
def file(tmp_path):
    return tmp_path / "zones" / f"{ZONES.name}.sqlite"


def shown(world):
    """Return all records of all stored zones, their SOA and serials included."""
    return {
        origin: {(name, number): rrset for name, node in zone.nodes() for number, rrset in node.items()}
        for origin, zone in world.zones.stored.items()
    }


def flush(world):
    world.zones.kept.flush(world.zones.kept.unsettled)


def test_a_world_without_zones_makes_no_file(start, tmp_path):
    start().close()
    assert not list((tmp_path / "zones").glob("*.sqlite*"))


def test_what_was_flushed_is_there_after_a_kill(start, crash):
    world = start()
    zones = world.zones
    zones.put_zone(SHOP, [(WWW, address(1)), (ODD, RRset(TXT, 0, (b"\1a", b"\0")))])
    zones.put_zone(QUAY)
    zones.apply(SHOP, [Edit(WWW, A, address(2)), Edit(ODD, TXT)])
    flush(world)
    assert shown(crash()) == shown(world)
    zones.apply(SHOP, [Edit(ODD, A, address(3))])
    zones.remove_zone(QUAY)
    flush(world)
    assert shown(crash()) == shown(world)
    assert ODD in [name for name, _type in shown(world)[SHOP]]


def test_a_serial_does_not_go_back_when_a_zone_is_removed_and_made_again(start, crash):
    world = start()
    world.zones.put_zone(SHOP)
    for last in range(5):
        world.zones.apply(SHOP, [Edit(WWW, A, address(last))])
    serial = world.zones.stored[SHOP].serial
    world.zones.remove_zone(SHOP)
    flush(world)
    after = crash()
    assert not after.zones.stored
    assert is_later(after.zones.put_zone(SHOP).serial, serial)


def test_changes_of_a_configured_zone_last_until_its_configuration_changes(start, crash):
    configured = [("shop.test", "www A 192.0.2.1")]
    world = start(zones=configured)
    world.zones.apply(SHOP, [Edit(ODD, A, address(9))])
    flush(world)
    again = crash(configured)
    assert shown(again) == shown(world)
    changed = crash([("shop.test", "www A 192.0.2.7")])
    assert changed.zones.stored[SHOP].node(WWW)[A] == RRset(A, 3600, (bytes((192, 0, 2, 7)),))
    assert changed.zones.stored[SHOP].node(ODD) is None
    assert is_later(changed.zones.stored[SHOP].serial, world.zones.stored[SHOP].serial)
    assert not crash([]).zones.stored


def test_a_configured_zone_that_was_removed_stays_removed_until_its_configuration_changes(start, crash):
    configured = [("shop.test", "www A 192.0.2.1")]
    world = start(zones=configured)
    world.zones.remove_zone(SHOP)
    flush(world)
    assert not crash(configured).zones.stored
    assert SHOP in crash([("shop.test", "www A 192.0.2.2")]).zones.stored


def test_a_configuration_with_other_text_and_the_same_records_is_applied_once(start, crash):
    world = start(zones=[("shop.test", "www A 192.0.2.1")])
    other = [("shop.test", "www A 192.0.2.1 ; the quay's")]
    world.replace(
        ["dns"], msgspec.structs.replace(world.contents, dns=[ZoneContents(name=n, records=r) for n, r in other])
    )
    world.zones.apply(SHOP, [Edit(ODD, A, address(9))])
    flush(world)
    assert shown(crash(other)) == shown(world)


def test_a_reset_is_durable_on_return(start, crash):
    configured = [("shop.test", "www A 192.0.2.1")]
    world = start(zones=configured)
    world.zones.put_zone(QUAY)
    serial = world.zones.stored[QUAY].serial
    world.zones.apply(SHOP, [Edit(ODD, A, address(9))])
    world.reset()
    after = crash(configured)
    assert shown(after) == shown(world)
    assert list(after.zones.stored) == [SHOP]
    assert is_later(after.zones.put_zone(QUAY).serial, serial)


def test_what_cannot_be_stored_is_undone_with_a_serial_that_goes_on(start, crash, file):
    world = start()
    zones = world.zones
    zones.put_zone(SHOP, [(WWW, address(1))])
    flush(world)
    before = shown(world)
    changed = []
    zones.on_change.append(changed.append)
    zones.apply(SHOP, [Edit(WWW, A, address(2)), Edit(ODD, TXT, LARGE)])
    zones.put_zone(QUAY)
    lost = zones.stored[SHOP].serial
    with full_disk(file), pytest.raises(StoreError):
        flush(world)
    with pytest.raises(StoreError):
        zones.apply(SHOP, [Edit(WWW, A, address(3))])  # nothing may depend on what was lost
    version = zones.version
    zones.rollback_failed()
    assert zones.version != version
    assert {SHOP, QUAY} <= {*changed[-4:]}  # and their TLD
    assert zones.stored[SHOP].node(WWW)[A] == address(1)
    assert list(zones.stored) == [SHOP]
    assert is_later(zones.stored[SHOP].serial, lost)
    assert zones.stored[SHOP].history.since(lost) is None
    assert shown(crash()) == before
    zones.apply(SHOP, [Edit(WWW, A, address(3))])
    flush(world)
    assert shown(crash()) == shown(world)
    assert is_later(zones.stored[SHOP].serial, lost)


def test_a_removed_zone_returns_when_that_cannot_be_stored(start, file):
    world = start()
    world.zones.put_zone(SHOP, [(WWW, address(1))])
    flush(world)
    world.zones.remove_zone(SHOP)
    world.zones.put_zone(QUAY, [(QUAY, LARGE)])
    with full_disk(file), pytest.raises(StoreError):
        flush(world)
    world.zones.rollback_failed()
    assert world.zones.stored[SHOP].node(WWW)[A] == address(1)


def test_the_work_of_a_sweep_writes_what_no_client_waits_for(start, crash):
    world = start()
    world.zones.put_zone(SHOP)
    work = world.zones.settle()
    work()
    assert world.zones.settle() is None
    assert shown(crash()) == shown(world)


def test_a_damaged_file_is_refused_with_the_remedy(start, file):
    world = start()
    world.zones.put_zone(SHOP)
    world.close()
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(StoreError, match="start with the configured zones"):
        start()


@pytest.fixture
def update(ask):
    """Send an UPDATE that adds an address; return the code of the answer."""

    def send(world, last, kind="A", data=""):
        message = dns.update.UpdateMessage("shop.test")
        message.add("www", 60, kind, data or f"192.0.2.{last}")
        (answer,), _findings = ask("dns", message.to_wire(), world=world, open_update=True)
        return dns.rcode.to_text(dns.message.from_wire(answer).rcode())

    return send


def test_an_update_is_durable_before_its_answer(start, crash, update):
    world = start()
    world.zones.put_zone(SHOP)
    assert update(world, 1) == "NOERROR"
    assert shown(crash()) == shown(world)
    assert crash().zones.stored[SHOP].node(WWW)[A] == address(1)


def test_an_update_that_cannot_be_stored_is_answered_with_servfail(start, update, file):
    world = start()
    world.zones.put_zone(SHOP)
    flush(world)
    with full_disk(file):
        texts = " ".join(f'"{number:0250}"' for number in range(80))
        assert update(world, 1, "TXT", texts) == "SERVFAIL"
    assert world.zones.stored[SHOP].node(WWW) is None
    assert update(world, 1) == "NOERROR"


def added(last):
    """Return an UPDATE that adds an address."""
    message = dns.update.UpdateMessage("shop.test")
    message.add("www", 60, "A", f"192.0.2.{last}")
    return message.to_wire()


def test_an_update_over_tcp_waits_for_the_disk_and_requests_behind_it_wait_too(start, file):
    world = start()
    world.zones.put_zone(SHOP)
    flush(world)
    service = find_service("dns")
    session = service.session(Context(world, service.options(open_update=True), "tcp", PEER, LOCAL, service="dns"))
    question = dns.message.make_query("www.shop.test", "A").to_wire()
    effects = list(session.handle(Data(frame(added(1)) + frame(question) + frame(added(2)))))
    assert not any(isinstance(one, Send) for one in effects)
    effects[-1].work()
    effects = list(session.handle(Called(None, None)))
    sent = b"".join(one.data for one in effects if isinstance(one, Send))
    first = dns.message.from_wire(sent[2 : 2 + int.from_bytes(sent[:2])])
    assert (first.rcode(), first.opcode()) == (dns.rcode.NOERROR, dns.opcode.UPDATE)
    assert sent.count(b"\xc0\0\2\1") == 1  # the answer of the question behind it
    assert isinstance(effects[-1], GroupCommit)
    session.handle(Eof())
    effects = list(session.handle(Called(None, StoreError("lost"))))
    assert dns.message.from_wire(effects[0].data[2:]).rcode() == dns.rcode.SERVFAIL
    assert effects[-1] == Close()


@pytest.mark.parametrize("hosts", [("127.0.0.1", "::1"), ("0.0.0.0", "::")])
def test_an_update_over_udp_is_answered_from_the_address_that_was_asked(start_farm, tmp_path, hosts):
    farm = start_farm(
        "dns", dns={"open_update": True}, hosts=hosts, data=tmp_path / "data", control={"token": "x" * 20}
    )
    farm.call(farm.world.zones.put_zone, SHOP)
    for host in ("127.0.0.1", "::1", "127.0.0.1"):
        assert dns.message.from_wire(farm.udp("dns", added(1), host=host)).rcode() == dns.rcode.NOERROR
    with farm.connect("dns") as client:
        client.sendall(frame(added(2)) + frame(added(3)))
        client.shutdown(socket.SHUT_WR)
        answers = read_all(client)
    assert [answers[5] & 15, len(answers)] == [0, 2 * (2 + int.from_bytes(answers[:2]))]
    assert farm.call(lambda: len(farm.world.zones.stored[SHOP].node(WWW)[A].data)) == 3
    assert farm.call(lambda: farm.world.counters_of("dns", "udp").errors) == 0


def large_zone(last):
    records = [(parse_name(f"h{number}.shop.test"), address(last)) for number in range(600)]
    return build_zone(SHOP, records, rows=True)


def test_a_large_zone_is_replaced_as_a_whole_or_not_at_all(start, crash, file):
    world = start()
    zones = world.zones
    zones.put_zone(SHOP, [(WWW, address(1))])
    first = zones.put_built(large_zone(2))
    flush(world)
    assert shown(crash()) == shown(world)
    assert zones.put_built(large_zone(2)) is first
    second = zones.put_built(large_zone(3))
    assert is_later(second.serial, first.serial)
    zones.apply(SHOP, [Edit(WWW, A, address(4))])
    with full_disk(file), pytest.raises(StoreError):
        flush(world)
    zones.rollback_failed()
    assert zones.stored[SHOP].node(parse_name("h7.shop.test"))[A] == address(2)
    assert zones.stored[SHOP].node(WWW) is None
    assert is_later(zones.stored[SHOP].serial, second.serial)
    zones.put_built(large_zone(5))
    flush(world)
    assert shown(crash()) == shown(world)


NAMES = [parse_name(text) for text in ("shop.test", "a.shop.test", "b.a.shop.test", r"\000\.x.shop.test")]
ACTS = st.lists(
    st.tuples(st.sampled_from(["edit", "put", "remove", "flush", "reset"]), st.sampled_from(NAMES), st.integers(0, 3)),
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(acts=ACTS)
def test_whatever_was_done_a_kill_leaves_the_state_of_the_last_flush(tmp_path_factory, acts):
    folder = tmp_path_factory.mktemp("zones")
    contents = WorldContents(dns=[ZoneContents(name="shop.test", records="www A 192.0.2.1")])

    def open_world(folder):
        return World("w", contents, JournalOptions(), lambda: NOW, zone_store=open_zones(folder))

    world = open_world(folder)
    try:
        for what, name, last in acts:
            if what == "edit" and SHOP in world.zones.stored:
                world.zones.apply(SHOP, [Edit(name, A, address(last) if last else None)])
            elif what == "put":
                world.zones.put_zone(SHOP, [(name, address(last))])
            elif what == "remove":
                world.zones.remove_zone(SHOP)
            elif what == "reset":
                world.reset()
        flush(world)
        copy = tmp_path_factory.mktemp("copy") / "zones"
        shutil.copytree(folder, copy)
        after = open_world(copy)
        try:
            assert shown(after) == shown(world)
        finally:
            after.close()
    finally:
        world.close()
