"""What services keep in a world beyond their connections."""

from collections import Counter

from homeport.world.journal import JournalOptions
from homeport.world.world import PARTS, World, WorldContents


def world():
    return World("test", WorldContents(), JournalOptions(), lambda: 0.0)


def test_what_a_service_keeps_is_made_once_for_each_service_and_world():
    one, other = world(), world()
    one.of_service("ftp", Counter)["anna"] += 1
    assert one.of_service("ftp", Counter) == {"anna": 1}
    assert one.of_service("epp", Counter) == {}
    assert other.of_service("ftp", Counter) == {}


def test_an_empty_state_is_kept_like_any_other():
    here = world()
    assert here.of_service("ftp", Counter) is here.of_service("ftp", Counter)


def test_a_reset_forgets_it_whatever_it_keeps_of_the_world():
    here = world()
    here.of_service("epp", Counter)["harbour"] += 3
    here.reset(keep=tuple(PARTS))
    assert here.of_service("epp", Counter) == {}
