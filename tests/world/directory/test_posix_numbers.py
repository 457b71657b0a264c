"""Numbers of people and groups."""

from homeport.world.directory.posix_numbers import LATER, PosixNumbers


def test_the_configurations_names_are_counted():
    numbers = PosixNumbers(10_001, ["alice", "bob"])
    assert (numbers.of("alice"), numbers.of("bob")) == (10_001, 10_002)


def test_a_later_name_has_its_number_in_any_order():
    one, other = PosixNumbers(10_001, ["alice"]), PosixNumbers(10_001, ["bob", "carol"])
    other.of("dave")
    assert one.of("eve") == other.of("eve") >= LATER


def test_two_names_never_share_a_number(monkeypatch):
    monkeypatch.setattr("homeport.world.directory.posix_numbers.crc32", lambda _name: 7)
    numbers = PosixNumbers(10_001, [])
    assert [numbers.of("a"), numbers.of("b"), numbers.of("a")] == [LATER + 7, LATER + 8, LATER + 7]
