"""Registrars' passwords on the disk are hashes; comparing one is off the reactor, and frames wait for it in order."""

import pytest
from conftest import make_world
from msgspec.structs import replace
from services.epp.caller import Caller, check, command_xml, login_xml

from homeport.disk.registry_store import open_registry
from homeport.protocol.effects import Call
from homeport.protocol.events import Called, Data
from homeport.services.epp.framing import frame
from homeport.world.clock import Clock
from homeport.world.registry import Registry
from homeport.world.registry.passwords import for_disk, is_hash, matches
from homeport.world.seed_registry import REGISTRY


@pytest.fixture
def world():
    """A world whose registrars are as after a restart."""
    world = make_world()
    for one in list(world.registry.registrars.values()):
        world.registry.put(for_disk(one))
    assert all(is_hash(one.password) for one in world.registry.registrars.values())
    return world


def test_the_file_has_hashes_and_is_for_its_owner_alone(tmp_path):
    store = open_registry(tmp_path)
    registry = Registry(REGISTRY, Clock(lambda: 1_792_000_000.0), store)
    registry.put(replace(registry.registrar("harbour"), password="Fjord.71-Moss"))
    store.flush()
    held = (tmp_path / "registry.sqlite").read_bytes() + (tmp_path / "registry.sqlite-wal").read_bytes()
    for password in (b"Fjord.71-Moss", b"harbour-pass", b"pilot-pass"):
        assert password not in held
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if "sqlite" in path.name} == {0o600}
    store.close()
    again = Registry(REGISTRY, Clock(lambda: 1_792_000_000.0), open_registry(tmp_path))
    assert matches(again.registrar("harbour").password, "Fjord.71-Moss")
    assert matches(again.registrar("pilot").password, "pilot-pass")
    again.close()
    again.store.close()


def test_a_hash_is_not_hashed_again_and_one_password_has_different_hashes():
    one = REGISTRY.registrars[0]
    kept = for_disk(one)
    assert for_disk(kept) == kept
    assert for_disk(replace(one, id="other")).password != kept.password
    assert not matches(kept.password, kept.password)


def test_logins_are_right_and_wrong_as_before(world):
    assert Caller(world).login().code == 1000
    assert Caller(world).login(password="wrong-pass").code == 2200
    assert Caller(world).login("nobody").code == 2200
    assert Caller(world).login("pilot", world.registry.registrar("pilot").password[:16]).code == 2200
    assert Caller(world).login(new="Fjord.71-Moss").code == 1000
    assert Caller(world).login(password="Fjord.71-Moss").code == 1000


def pipelined(*commands):
    return b"".join(frame(command_xml(one, f"ABC-{number}")) for number, one in enumerate(commands))


def test_the_comparison_is_off_the_reactor_and_later_frames_wait_for_it(world):
    caller = Caller(world)
    effects = caller.session.handle(Data(pipelined(login_xml(), check("a.test"), "<logout/>")))
    (call,) = [one for one in effects if isinstance(one, Call)]
    assert not caller.octets
    caller.come += b"x" * 9  # more of the client's bytes, which wait too
    caller.tell(Called(call.work(), None))
    assert [(caller.answer().code) for _ in range(3)] == [1000, 1000, 1500]
    assert caller.closed


@pytest.mark.parametrize("cut", [1, 40, 500])
def test_frames_that_come_meanwhile_are_answered_afterwards(world, cut):
    caller = Caller(world)
    data = pipelined(check("a.test"), "<logout/>")
    effects = caller.session.handle(Data(pipelined(login_xml())))
    (call,) = [one for one in effects if isinstance(one, Call)]
    caller.tell(Data(data[:cut]))
    caller.tell(Data(data[cut:]))
    assert not caller.octets
    caller.tell(Called(call.work(), None))
    assert [caller.answer().code for _ in range(3)] == [1000, 1000, 1500]


def test_several_logins_in_one_read_are_compared_one_after_the_other(world):
    caller = Caller(world)
    caller.send(pipelined(login_xml(password="wrong-1"), login_xml(password="wrong-2"), login_xml(), check("a.test")))
    assert [caller.answer().code for _ in range(4)] == [2200, 2200, 1000, 1000]


def test_a_second_login_with_the_same_password_needs_no_comparison(world):
    assert Caller(world).login().code == 1000
    caller = Caller(world)
    effects = caller.session.handle(Data(pipelined(login_xml())))
    assert not [one for one in effects if isinstance(one, Call)]


def test_a_password_that_was_changed_meanwhile_is_wrong(world):
    caller = Caller(world)
    effects = caller.session.handle(Data(pipelined(login_xml())))
    (call,) = [one for one in effects if isinstance(one, Call)]
    world.registry.put(replace(world.registry.registrar("harbour"), password="another-pass"))
    caller.tell(Called(call.work(), None))
    assert caller.answer().code == 2200


def test_a_client_that_leaves_meanwhile_gets_no_session(world):
    caller = Caller(world)
    caller.session.handle(Data(pipelined(login_xml())))
    caller.gone()
    assert not world.presence.of("harbour")
