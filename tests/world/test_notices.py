"""Notices of topics: who watches is called, and nobody else."""

from tests.conftest import make_world

from homeport.world.notices import Notices


def test_a_notice_reaches_those_who_watch_its_topic():
    notices, got = Notices(), []
    notices.watch("a", got.append)
    notices.watch("b", got.append)
    notices.publish("a")
    notices.publish("c")
    assert got == ["a"]


def test_a_topic_that_is_watched_twice_by_one_is_noticed_once():
    notices, got = Notices(), []
    notices.watch("a", got.append)
    notices.watch("a", got.append)
    notices.publish("a")
    assert got == ["a"]
    assert notices.count("a") == 1


def test_who_unwatches_is_called_no_more_and_nothing_remains():
    notices, got = Notices(), []
    notices.watch("a", got.append)
    notices.unwatch("a", got.append)
    notices.unwatch("a", got.append)
    notices.unwatch("b", got.append)
    notices.publish("a")
    assert got == []
    assert len(notices) == 0


def test_a_receiver_may_unwatch_itself_and_others_while_it_is_called():
    notices, got = Notices(), []

    def first(topic):
        got.append("first")
        notices.unwatch(topic, first)
        notices.unwatch(topic, second)

    def second(_topic):
        got.append("second")

    notices.watch("a", first)
    notices.watch("a", second)
    notices.publish("a")
    notices.publish("a")
    assert got == ["first", "second"]  # those who watched when it was published
    assert len(notices) == 0


def test_each_world_has_notices_of_its_own():
    assert make_world().notices is not make_world().notices
