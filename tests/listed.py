"""Hand-written lists that declarations determine: a test that fails names the file and the entry to write."""

from collections.abc import Hashable


def assert_listed(place: str, found: set[Hashable], wanted: set[Hashable]) -> None:
    """Fail unless a list in a file has the entries that the services declare.

    place: the file and the list in it. docs/adding-a-service.md names all such places.
    """
    lacks, too_many = sorted(map(str, wanted - found)), sorted(map(str, found - wanted))
    words = [f"add {', '.join(lacks)}"] * bool(lacks) + [f"take away {', '.join(too_many)}"] * bool(too_many)
    assert not words, f"{place}: {'; '.join(words)} (docs/adding-a-service.md)"
