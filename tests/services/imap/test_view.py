"""What a session has announced of its mailbox: numbers, EXISTS, EXPUNGE, VANISHED, \\Recent and flags, in order."""

import pytest
from conftest import make_world
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.services.imap.grammar.sequence_set import NumberOutOfRange, SequenceSet, parse_sequence_set
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.view import Changed, Exists, Expunged, Recent, Update, Vanished, View


def numbers(text: bytes) -> SequenceSet:
    """Return a set as a client writes it."""
    return parse_sequence_set(Cursor(text))


def updates(view: View, *, expunges: bool = True, vanished: bool = False, recent: bool = False) -> list[Update]:
    """Return what may be announced now."""
    return list(view.drain(expunges=expunges, vanished=vanished, recent=recent))


class Box:
    """A mailbox of Alice's, which others change."""

    def __init__(self, messages: int) -> None:
        self.account = make_world().mailboxes.account("alice")
        self.mailbox = self.account.create("Box")
        for _ in range(messages):
            self.deliver()

    def deliver(self) -> None:
        body = self.account.begin(1)
        body.write(b"x")
        self.account.append(self.mailbox, body)

    def expunge(self, uid: int) -> None:
        self.account.expunge(self.mailbox, [uid])

    def flag(self, *uids: int) -> None:
        how = "remove" if any("\\Flagged" in self.mailbox.find(uid).flags for uid in uids) else "add"
        self.account.store(self.mailbox, uids, how, ["\\Flagged"])


class TestNumbers:
    def test_sequence_numbers_fall_as_expunge_is_announced_and_not_before(self) -> None:
        view = View([10, 20, 30, 40])
        view.expunge([20])
        assert view.number(30) == 3
        assert updates(view) == [Expunged([2])]
        assert view.number(30) == 2
        assert len(view) == 3

    def test_each_expunge_counts_what_the_earlier_ones_have_left(self) -> None:
        """RFC 9051 7.5.1: messages 3, 4, 7 and 11 of 11 are 3, 3, 5 and 8."""
        view = View(range(1, 12))
        view.expunge([3, 4, 7, 11])
        assert updates(view) == [Expunged([3, 3, 5, 8])]
        assert list(view.uids) == [1, 2, 5, 6, 8, 9, 10]

    def test_a_uid_that_the_client_does_not_know_has_no_number(self) -> None:
        view = View([10, 20])
        assert (view.number(9), view.number(15), view.number(21)) == (0, 0, 0)

    def test_a_number_beyond_the_mailbox_has_no_uid(self) -> None:
        view = View([10])
        assert view.uid(1) == 10
        for number in (0, 2):
            with pytest.raises(IndexError):
                view.uid(number)

    def test_a_new_message_has_no_number_before_its_exists(self) -> None:
        view = View([10])
        view.add([11])
        assert view.number(11) == 0
        assert updates(view) == [Exists(2)]
        assert view.number(11) == 2


class TestSets:
    def test_uid_ranges_over_gaps_have_the_messages_that_exist(self) -> None:
        view = View([2, 4, 8, 16])
        assert list(view.by_uids(numbers(b"3:9"))) == [4, 8]
        assert list(view.by_uids(numbers(b"5:7"))) == []
        assert list(view.by_uids(numbers(b"1,16:17"))) == [16]

    def test_a_star_beyond_the_highest_uid_is_the_last_message(self) -> None:
        assert list(View([2, 4]).by_uids(numbers(b"9999:*"))) == [4]

    def test_a_reversed_range_is_the_same_range(self) -> None:
        view = View([2, 4, 8])
        assert list(view.by_uids(numbers(b"8:3"))) == [4, 8]
        assert list(view.by_numbers(numbers(b"3:2"))) == [4, 8]
        assert list(view.by_numbers(numbers(b"*:2"))) == [4, 8]

    def test_overlapping_ranges_name_each_message_once_in_order(self) -> None:
        view = View([2, 4, 8, 16])
        assert list(view.by_numbers(numbers(b"3:4,1:3,2"))) == [2, 4, 8, 16]

    @pytest.mark.parametrize("text", [b"1:*", b"*", b"1"])
    def test_numbers_in_an_empty_mailbox_are_refused_the_star_too(self, text: bytes) -> None:
        with pytest.raises(NumberOutOfRange):
            View().by_numbers(numbers(text))

    def test_a_range_from_beyond_the_end_to_the_star_is_the_last_message(self) -> None:
        view = View([2, 4, 8])
        assert list(view.by_numbers(numbers(b"9:*"))) == [8]
        assert list(view.by_numbers(numbers(b"*:9,1"))) == [2, 8]

    def test_uids_in_an_empty_mailbox_are_no_messages(self) -> None:
        assert list(View().by_uids(numbers(b"1:*"))) == []

    def test_a_number_beyond_the_mailbox_is_refused(self) -> None:
        with pytest.raises(NumberOutOfRange):
            View([1, 2]).by_numbers(numbers(b"1:3"))

    def test_the_highest_uid_possible_can_be_named(self) -> None:
        assert list(View([(1 << 32) - 1]).by_uids(numbers(b"1:4294967295"))) == [(1 << 32) - 1]


class TestExpunge:
    def test_expunge_is_not_announced_during_fetch_store_and_search(self) -> None:
        view = View([1, 2, 3])
        view.expunge([2])
        assert updates(view, expunges=False) == []
        assert view.is_gone(2)
        assert len(view) == 3
        assert updates(view) == [Expunged([2])]
        assert not view.is_gone(2)

    def test_exists_never_falls_while_an_expunge_is_due(self) -> None:
        view = View([1, 2, 3])
        view.expunge([1, 2, 3])
        view.add([4])
        assert updates(view, expunges=False) == [Exists(4)]
        assert updates(view) == [Expunged([1, 1, 1])]
        assert len(view) == 1

    def test_expunge_comes_before_the_exists_that_counts_without_it(self) -> None:
        view = View([1, 2])
        view.expunge([1])
        view.add([3])
        assert updates(view) == [Expunged([1]), Exists(2)]

    def test_a_message_that_came_and_went_is_never_mentioned(self) -> None:
        view = View([1])
        view.add([2])
        view.expunge([2])
        assert updates(view) == []
        assert updates(view, vanished=True) == []

    def test_an_expunge_is_announced_once(self) -> None:
        view = View([1, 2])
        view.expunge([1])
        view.expunge([1])
        assert updates(view) == [Expunged([1])]
        assert updates(view) == []

    def test_an_expunged_message_leaves_the_saved_result(self) -> None:
        view = View([1, 2])
        view.saved = frozenset([1, 2])
        view.expunge([1])
        assert view.saved == {2}


class TestVanished:
    def test_vanished_has_uids_in_place_of_numbers(self) -> None:
        view = View([10, 20, 30, 40])
        view.expunge([40, 20])
        assert updates(view, vanished=True) == [Vanished([20, 40])]
        assert view.number(30) == 2

    def test_vanished_is_never_empty(self) -> None:
        view = View([10])
        view.expunge([5, 11])
        assert updates(view, vanished=True) == []

    def test_vanished_waits_as_expunge_does(self) -> None:
        view = View([10])
        view.expunge([10])
        assert updates(view, vanished=True, expunges=False) == []
        assert updates(view, vanished=True) == [Vanished([10])]


class TestFlags:
    def test_changed_flags_are_announced_with_the_number_of_the_moment(self) -> None:
        view = View([10, 20, 30])
        view.change([30])
        view.expunge([10])
        assert updates(view) == [Expunged([1]), Changed([(2, 30)])]

    def test_the_flags_of_an_expunged_message_are_not_announced(self) -> None:
        view = View([10, 20])
        view.change([10, 20])
        view.expunge([10])
        view.change([10])
        assert updates(view, expunges=False) == [Changed([(2, 20)])]

    def test_flags_that_were_fetched_are_not_announced_again(self) -> None:
        view = View([10, 20])
        view.change([10, 20])
        view.fetched([10])
        assert updates(view) == [Changed([(2, 20)])]

    def test_flags_of_a_new_message_wait_for_its_exists(self) -> None:
        view = View([10])
        view.add([11])
        view.change([11])
        assert updates(view) == [Exists(2)]


class TestRecent:
    def test_recent_is_announced_with_exists_in_rev1(self) -> None:
        view = View([1, 2], recent=[2])
        view.add([3], recent=[3])
        assert updates(view, recent=True) == [Exists(3), Recent(2)]

    def test_recent_is_not_announced_in_rev2(self) -> None:
        view = View([1])
        view.add([2], recent=[2])
        assert updates(view) == [Exists(2)]

    def test_an_expunged_message_is_not_recent(self) -> None:
        view = View([1, 2], recent=[1, 2])
        view.expunge([1])
        view.add([3])
        assert updates(view, recent=True) == [Expunged([1]), Exists(2), Recent(1)]


class TestObserve:
    def test_a_mailbox_without_changes_has_nothing_to_announce(self) -> None:
        box = Box(1)
        view = View.of(box.mailbox)
        view.observe(box.mailbox)
        assert not view.due
        assert updates(view) == []

    def test_deliveries_flags_and_expunges_are_observed_together(self) -> None:
        box = Box(3)
        view = View.of(box.mailbox)
        box.deliver()
        box.flag(3)
        box.expunge(1)
        view.observe(box.mailbox)
        assert view.due
        assert updates(view) == [Expunged([1]), Exists(3), Changed([(2, 3)])]

    def test_a_change_that_the_session_announced_itself_is_not_announced_again(self) -> None:
        box = Box(2)
        view = View.of(box.mailbox)
        box.flag(1, 2)
        view.ignore(box.mailbox.highest_modseq)
        box.flag(2)  # another session
        view.observe(box.mailbox)
        assert updates(view) == [Changed([(2, 2)])]

    def test_expunges_that_are_no_longer_recorded_are_found_by_comparison(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("homeport.world.mail.mailbox.MAX_EXPUNGED", 1)
        box = Box(3)
        view = View.of(box.mailbox)
        box.expunge(1)
        box.expunge(3)
        assert box.mailbox.expunged_since(view.modseq) is None
        view.observe(box.mailbox)
        assert updates(view, vanished=True) == [Vanished([1, 3])]

    def test_recent_is_claimed_only_when_there_are_new_messages(self) -> None:
        box = Box(1)
        view = View.of(box.mailbox)
        claimed: list[int] = []

        def claim() -> int:
            claimed.append(1)
            return 2

        box.flag(1)
        view.observe(box.mailbox, claim)
        assert not claimed
        box.deliver()
        view.observe(box.mailbox, claim)
        assert view.recent == {2}

    def test_after_a_rollback_the_client_is_led_back_to_the_mailbox(self) -> None:
        box = Box(3)
        view = View.of(box.mailbox)
        view.expunge([1])
        view.add([4])
        view.compare(box.mailbox)
        assert updates(view) == [Changed([(1, 1), (2, 2), (3, 3)])]

    def test_a_message_that_came_and_went_does_not_make_later_ones_disappear(self) -> None:
        box = Box(1)
        view = View.of(box.mailbox)
        box.deliver()
        box.expunge(2)
        view.observe(box.mailbox)
        assert updates(view) == []
        box.deliver()
        view.observe(box.mailbox)
        assert updates(view) == [Exists(2)]
        assert view.number(3) == 2


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(["deliver", "expunge", "flag", "short", "all"]), st.integers(0, 99)), max_size=60
    )
)
def test_a_client_that_obeys_the_announcements_always_knows_the_mailbox(acts: list[tuple[str, int]]) -> None:
    """A client counts by EXISTS and EXPUNGE alone; it agrees with the mailbox whenever everything is announced."""
    box = Box(2)
    view = View.of(box.mailbox)
    count = len(view)
    for act, number in acts:
        if act == "deliver":
            box.deliver()
        elif act in ("expunge", "flag"):
            if box.mailbox.entries:
                getattr(box, act)(box.mailbox.entries[number % len(box.mailbox.entries)].uid)
        else:
            view.observe(box.mailbox)
            for update in view.drain(expunges=act == "all"):
                match update:
                    case Exists(total):
                        assert total > count
                        count = total
                    case Expunged(numbers):
                        for one in numbers:
                            assert 0 < one <= count
                            count -= 1
                    case Changed(messages):
                        assert all(view.uid(one) == uid for one, uid in messages)
            assert count == len(view)
            if act == "all":
                assert list(view.uids) == [one.uid for one in box.mailbox.entries]
