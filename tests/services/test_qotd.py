"""Quote of the Day (RFC 865)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.qotd import QotdOptions, quote, validate_quote
from homeport.world.journal import JournalOptions
from homeport.world.seed import QUOTES
from homeport.world.world import World, WorldContents

NOW = 1_792_000_000.0
ADDRESSES = ["127.0.0.1", "::1"]
LINES = re.compile(rb"(?:[ -~]*\r\n)+")
FIRST = QUOTES[0].encode() + b"\r\n"


def world_of(*quotes, seed=0):
    return World("default", WorldContents(quotes=quotes, seed=seed), JournalOptions(), lambda: NOW)


def quotes_sent(ask, world, number, **options):
    return [ask("qotd", world=world, **options)[0][0] for _ in range(number)]


def test_one_quote_and_a_close(talk):
    outcome = talk("qotd")
    assert outcome.sent == FIRST
    assert outcome.closed


def test_one_datagram_for_a_datagram(ask):
    assert ask("qotd") == ([FIRST], [])


def test_the_lines_of_a_quote_end_in_crlf_however_they_were_written(ask):
    (sent,), _ = ask("qotd", world=world_of("one\ntwo\r\nthree\rfour\n\n"))
    assert sent == b"one\r\ntwo\r\nthree\r\nfour\r\n"


def test_sequential_goes_through_the_book_and_begins_again(ask):
    assert quotes_sent(ask, world_of("a", "b"), 3, order="sequential") == [b"a\r\n", b"b\r\n", b"a\r\n"]


def test_random_is_the_same_for_the_same_seed(ask):
    book = [str(number) for number in range(100)]
    first = quotes_sent(ask, world_of(*book, seed=1), 20, order="random")
    assert len(set(first)) > 10
    assert quotes_sent(ask, world_of(*book, seed=1), 20, order="random") == first
    assert quotes_sent(ask, world_of(*book, seed=2), 20, order="random") != first


def test_the_quote_of_the_day_changes_at_midnight_of_the_worlds_clock(ask):
    world = world_of("a", "b")
    world.clock.freeze()
    today = quotes_sent(ask, world, 2, order="day")
    assert today[0] == today[1]
    world.clock.set(NOW - NOW % 86400 + 86399)
    assert quotes_sent(ask, world, 1, order="day") == today[:1]
    world.clock.advance(1)
    assert quotes_sent(ask, world, 1, order="day") != today[:1]
    world.clock.advance(86400)
    assert quotes_sent(ask, world, 1, order="day") == today[:1]


def test_an_empty_book_gives_an_empty_answer(talk, ask):
    assert talk("qotd", world=world_of).sent == b""
    assert talk("qotd", world=world_of).closed
    assert ask("qotd", world=world_of()) == ([b""], [])


def test_the_default_book_is_in_order():
    service = find_service("qotd")
    assert service.check(service.options(), WorldContents()) == []


def test_a_quote_of_512_bytes_is_too_long_and_one_of_511_is_not():
    assert validate_quote("x" * 509) is None
    problem = "has 512 bytes with its line ends, and RFC 865 allows less than 512: shorten it"
    assert validate_quote("x" * 510) == problem
    assert validate_quote("x\n" * 171) is not None, "line ends count as the two bytes that are sent"


@pytest.mark.parametrize("text", ["a\tb", "caf\u00e9", "bell\a", "\u2028", "\x7f", "\x0b"])
def test_a_quote_with_characters_that_do_not_print_is_a_configuration_error(text):
    assert "no printable ASCII character" in validate_quote(text)


def test_problems_name_the_quote():
    service = find_service("qotd")
    problems = service.check(service.options(), WorldContents(quotes=["fine", "\x00", "  "]))
    assert problems == [
        r"quote 2 contains '\x00', which is no printable ASCII character (RFC 865): write it in ASCII",
        "quote 3 is empty: write a quote or remove it",
    ]


def test_a_configuration_without_quotes_is_an_error():
    service = find_service("qotd")
    assert service.check(service.options(), WorldContents(quotes=[])) == [
        "there are no quotes: write one, or leave the key out for the built-in ones"
    ]


@given(st.text(min_size=1) | st.text("ab \r\n", min_size=1, max_size=700))
def test_no_text_makes_a_quote_too_long_or_unprintable(text):
    sent = quote(Context(world_of(text), QotdOptions(), "tcp", ("127.0.0.1", 1), ("127.0.0.1", 2)))
    assert len(sent) < 512
    assert LINES.fullmatch(sent)


@given(st.text("ab ~!\r\n", min_size=1, max_size=600))
def test_a_quote_that_passes_the_check_is_sent_unchanged_but_for_its_line_ends(text):
    if validate_quote(text) is None:
        sent = quote(Context(world_of(text), QotdOptions(), "tcp", ("127.0.0.1", 1), ("127.0.0.1", 2))).decode()
        assert sent.split() == text.split()
        assert sent.rstrip("\r\n").replace("\r\n", "\n") == re.sub("\r\n|\r", "\n", text).rstrip("\n")


@pytest.mark.parametrize("host", ADDRESSES)
def test_both_families_and_both_transports_are_served(farm, host):
    assert farm.exchange("qotd", host=host) == QUOTES[0].encode() + b"\r\n"
    assert farm.udp("qotd", b"", host=host) == QUOTES[1].encode() + b"\r\n"
