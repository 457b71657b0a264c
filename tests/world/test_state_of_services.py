"""State that services keep in a world beyond their connections."""

from collections import Counter

from homeport.world.journal import JournalOptions
from homeport.world.world import PARTS, World, WorldContents


def world():
    return World("test", WorldContents(), JournalOptions(), lambda: 0.0)


def test_a_services_state_is_created_once_per_service_and_world():
    one, other = world(), world()
    one.of_service("ftp", Counter)["anna"] += 1
    assert one.of_service("ftp", Counter) == {"anna": 1}
    assert one.of_service("epp", Counter) == {}
    assert other.of_service("ftp", Counter) == {}


def test_an_empty_state_is_kept_like_any_other():
    here = world()
    assert here.of_service("ftp", Counter) is here.of_service("ftp", Counter)


def test_every_reset_deletes_it():
    here = world()
    here.of_service("epp", Counter)["harbour"] += 3
    here.reset(keep=tuple(PARTS))
    assert here.of_service("epp", Counter) == {}
