"""Searches (RFC 1436 3.7.1): all terms, of bounded work, off the reactor."""

import pytest

from homeport.services.gopher.searching import MAX_HITS, MAX_LOOKED, SLICE, search, split_terms
from homeport.world.people import Person
from homeport.world.public_files import PublicFiles


def hits(menu, terms: bytes) -> list[str]:
    return [line[0] for line in menu(b"/search\t" + terms) if not line[0].startswith("i")]


def test_people_and_files_are_found_by_all_terms_in_any_case(menu):
    assert hits(menu, b"TIDES alice") == ["0Alice Liddell (alice)"]
    assert hits(menu, b"ledger") == ["0ledger-1987.txt"]
    assert hits(menu, b"hearties octets") == ["0chanty.txt"]
    assert hits(menu, b"old") == ["1old"]


def test_what_lies_in_homes_is_not_found(menu):
    assert hits(menu, b"berth") == ["0README.txt"]


def test_nothing_found_is_said_and_journaled(ask):
    one = ask(b"/search\tkraken")
    assert one.talk.sent == b"iNothing contains: kraken\tfake\tnull.host\t1\r\n.\r\n"
    assert one.talk.logs == [("command", {"verb": "search", "argument": "/search\tkraken", "code": "none"})]


@pytest.mark.parametrize("request_line", [b"/search", b"/search\t", b"/search\t   "])
def test_a_search_without_terms_is_a_finding_and_an_error(ask, request_line):
    one = ask(request_line)
    assert one.findings == ["no-terms"]
    assert one.talk.sent.startswith(b"3no search terms")


def test_a_loop_of_links_is_not_walked(menu, root):
    (root / "pub" / "loop").symlink_to("..")
    assert hits(menu, b"ledger") == ["0ledger-1987.txt"]


def test_terms_are_bounded():
    assert len(split_terms("x " * 4000)) == 16


def run(steps) -> tuple[tuple, int]:
    """Run the slices of a search; return its result, and their number."""
    count, result = 0, None
    while True:
        try:
            work = steps.send(result)
        except StopIteration as end:
            return end.value, count
        count += 1
        result = work()


def test_a_search_is_cut_into_slices_and_ends_at_a_number_of_hits(world):
    people = [Person(login=f"p{number}", name="Same Name") for number in range(1000)]
    (items, more), slices = run(search(PublicFiles(world), people, ["same"]))
    assert (len(items), more) == (MAX_HITS, True)
    assert slices == MAX_HITS // SLICE


def test_a_search_looks_at_no_more_than_its_limit(world):
    people = [Person(login=f"p{number}", name="Same Name") for number in range(MAX_LOOKED + SLICE)]
    (items, more), slices = run(search(PublicFiles(world), people, ["other"]))
    assert (items, more) == ([], True)
    assert slices == MAX_LOOKED // SLICE


def test_a_long_list_of_hits_says_that_there_may_be_more(menu, world):
    for number in range(MAX_HITS + SLICE):
        world.people.put(Person(login=f"p{number}", name="Same Name"))
    lines = menu(b"/search\tsame")
    assert len(lines) == MAX_HITS + 1
    assert lines[-1][0] == "iThere may be more: add a term."


def test_a_search_does_not_run_on_the_reactor(connect):
    one = connect(holding=True)
    one.send(b"/search\ttides\r\n")
    assert one.call is not None
    assert one.talk.sent == b""
