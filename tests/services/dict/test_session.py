"""The DICT session: banner, SHOW, DEFINE, MATCH, texts, limits, and how it ends (RFC 2229)."""

import re

import pytest

from homeport.protocol.events import Data, LimitReached, Stopping, TimerFired
from homeport.services.dict import refusal
from homeport.services.dict.options import DatabaseTable
from homeport.world.dictionary import MAX_WORDS, Headword


def define(world, word, *texts, database="homeport"):
    world.dictionaries.of(database).put(Headword(word=word, definitions=texts))


def test_the_banner_has_capabilities_and_a_msg_id(client):
    banner = client().greeting
    assert re.fullmatch(r"220 dict\.homeport\.test Homeport \S+ <auth\.mime[a-z0-9.-]*> <[0-9a-f]{18}@\S+>", banner)


def test_no_two_banners_have_the_same_msg_id(client, world):
    assert client(world).stamp != client(world).stamp


def test_capabilities_can_be_withdrawn_and_are_refused_then(client):
    one = client(without=["MIME", "AUTH", "SASLAUTH"])
    assert re.search(r" <> <[^<>]+>$", one.greeting)
    assert one.say("OPTION MIME").startswith("502 ")
    assert one.say("AUTH alice x").startswith("502 ")
    assert one.say("SASLAUTH PLAIN").startswith("502 ")
    assert one.findings == ["not-announced"] * 3


def test_a_word_is_defined(client):
    first, head, *text = client().say("DEFINE homeport OCTET").split("\r\n")
    assert first == "150 1 definitions retrieved"
    assert head.startswith('151 "octet" homeport "Words of networks')
    assert text == ["A byte of exactly eight bits, in the language of RFCs.", ".", "250 ok"]


def test_a_word_may_have_several_definitions_and_databases(client, world):
    define(world, "alice", "A name of a well-known client.")
    one = client(world)
    assert len(one.definitions("homeport", "host")) == 2
    assert len(one.definitions("*", "alice")) == 2
    assert one.definitions("!", "alice") == ["A name of a well-known client."]


def test_lines_that_begin_with_a_dot_are_stuffed(client, world):
    define(world, "dots", ".\n..\nx\n.y")
    assert b"\r\n..\r\n...\r\nx\r\n..y\r\n.\r\n250" in client(world).hear(Data(b"DEFINE * dots\r\n"))


def test_long_lines_are_broken_at_1024_characters(client, world):
    define(world, "long", "ä" * 5000)
    lines = client(world).say("DEFINE * long").split("\r\n")
    assert max(map(len, lines)) <= 1022
    assert sum(line.count("ä") for line in lines) == 5000


def test_control_characters_of_a_text_are_not_sent(client, world):
    define(world, "bell", "a\x07b\x1b[31m")
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f]", client(world).hear(Data(b"DEFINE * bell\r\n")))


@pytest.mark.parametrize(
    "line",
    [
        'DEFINE * "CR LF"',
        "DEFINE * 'CR LF'",
        "DEFINE * CR\\ LF",
        'DEFINE * C"R L"F',
        'define\t*\t"cr  lf"',
        'DEFINE "*" CR" "LF',
        "  DEFINE   *   'cr lf'  ",
    ],
)
def test_words_are_quoted_in_every_way(client, line):
    one = client()
    assert one.say(line).startswith("150 1 ")
    assert one.findings == []


def test_quotes_in_headwords_are_escaped(client, world):
    define(world, 'a "b" \\c', "text")
    one = client(world)
    assert '151 "a \\"b\\" \\\\c" homeport' in one.say(r'DEFINE * "a \"b\" \\c"')
    assert 'homeport "a \\"b\\" \\\\c"' in one.say(r"MATCH * exact 'a \"b\" \\c'")


def test_show_lists_databases_strategies_and_information(client):
    one = client()
    assert [line.split()[0] for line in one.text("SHOW DB", "110 3 ")] == ["homeport", "people", "services"]
    assert one.text("show databases", "110 ") == one.text("SHOW DB", "110 ")
    assert len(one.text("SHOW STRAT", "111 12 ")) == len(one.text("SHOW STRATEGIES", "111 ")) == 12
    assert one.text("SHOW INFO people", "112 ")[0] == "The people of this world"
    assert "Homeport" in one.text("SHOW SERVER", "114 ")[0]
    assert one.say("SHOW INFO *").startswith("550 ")
    assert one.say("SHOW").startswith("501 ")
    assert one.say("SHOW DB all").startswith("501 ")
    assert one.say("SHOW ME").startswith("501 ")


def test_help_has_every_command_and_status_answers(client):
    one = client()
    shown = "\n".join(one.text("HELP", "113 "))
    for verb in (
        "AUTH",
        "CLIENT",
        "DEFINE",
        "HELP",
        "MATCH",
        "OPTION",
        "QUIT",
        "SASLAUTH",
        "SASLRESP",
        "SHOW",
        "STATUS",
    ):
        assert f"\n{verb}" in f"\n{shown}"
    assert one.say("STATUS").startswith("210 ")


def test_after_option_mime_every_text_has_a_header(client):
    one = client()
    assert one.say("OPTION MIME").startswith("250 ")
    header = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", ""]
    for line, code in [("SHOW DB", "110"), ("HELP", "113"), ("MATCH * exact octet", "152"), ("SHOW SERVER", "114")]:
        assert one.text(line, code)[:3] == header
    assert one.definitions("*", "octet")[0].split("\n")[:3] == header
    assert one.say("OPTION FAST").startswith("503 ")


def test_people_and_services_are_live(client, world):
    one = client(world)
    assert "login alice" in one.definitions("people", "Alice Liddell")[0]
    world.people.remove("alice")
    assert one.say("DEFINE people alice") == "552 no match"
    assert one.say("DEFINE services dict") == "552 no match"  # this world has no listener


def test_unknown_databases_and_strategies_are_refused(client):
    one = client()
    assert one.say("DEFINE nowhere octet").startswith("550 ")
    assert one.say("MATCH nowhere exact octet").startswith("550 ")
    assert one.say("MATCH * fuzzy octet").startswith("551 ")
    assert client(strategies=["exact"], default_strategy="exact").say("MATCH * re o").startswith("551 ")
    assert client(strategies=[]).say("SHOW STRAT").startswith("555 ")
    assert client(built_in=[]).say("DEFINE * octet").startswith("554 ")
    assert client(built_in=[]).say("SHOW DB").startswith("554 ")


def test_pipelined_commands_are_answered_in_order_however_they_arrive(every_way):
    one = every_way(b"CLIENT x\r\nDEFINE * octet\r\nMATCH * prefix oct\r\nSHOW DB\r\nSTATUS\r\nQUIT\r\n")
    codes = re.findall(rb"(?m)^(\d{3}) ", one.talk.sent)
    assert codes == [b"220", b"250", b"150", b"151", b"250", b"152", b"250", b"110", b"250", b"210", b"221"]
    assert one.talk.closed
    assert one.findings == []


def test_matches_are_limited_and_the_count_is_right(client, world):
    for number in range(3000):
        define(world, f"word {number}", "x", database="many")
    options = {"database": [DatabaseTable(name="many")], "max_matches": 2500}
    one = client(world, **options)
    assert len(one.matches("prefix", "word", "many")) == 2500
    assert len(one.matches("re", "^word", "many")) == 2500
    assert one.pieces > 4  # of the search and of the answer


def test_many_definitions_come_in_pieces(client, world):
    define(world, "big", *["x" * 1000 + str(number) for number in range(100)])
    one = client(world)
    assert len(one.definitions("*", "big")) == 100
    assert one.pieces >= 1
    limited = client(world, max_definitions=7)
    assert len(limited.definitions("*", "big")) == 7


def test_a_database_of_the_configuration_begins_empty(client, world):
    one = client(world, database=[DatabaseTable(name="mine", title="My words")])
    assert 'mine "My words"' in one.say("SHOW DB")
    assert one.say("DEFINE mine octet") == "552 no match"
    define(world, "octet", "Eight.", database="mine")
    assert one.definitions("mine", "octet") == ["Eight."]


def test_a_reset_restores_the_words(client, world):
    define(world, "anchor", "A hook.")
    world.dictionaries.of("homeport").remove("octet")
    world.reset()
    one = client(world)
    assert one.say("DEFINE * anchor") == "552 no match"
    assert one.say("DEFINE * octet").startswith("150 ")


def test_a_database_of_words_is_bounded(world):
    dictionary = world.dictionaries.of("mine")
    for number in range(MAX_WORDS):
        dictionary.put(Headword(word=f"w{number}", definitions=("x",)))
    dictionary.put(Headword(word="W1", definitions=("y",)))
    with pytest.raises(ValueError, match="10000 headwords"):
        dictionary.put(Headword(word="more", definitions=("x",)))


def test_the_server_says_why_it_closes(client):
    assert client().tell(Stopping()).startswith("421 ")
    assert client().tell(LimitReached("received")).startswith("420 ")
    one = client()
    for _ in range(4):
        said = one.tell(TimerFired("quiet"))
    assert said.startswith("420 ")
    assert one.talk.closed
    assert refusal("too many connections").startswith(b"420 ")


def test_too_many_errors_in_a_row_end_the_connection(client):
    one = client(max_errors=3)
    one.say("X1", "X2", "DEFINE * nothing-here", "X1", "X2")
    assert not one.talk.closed
    assert one.say("X3").startswith("421 ")
    assert one.talk.closed


def test_a_client_that_half_closes_has_its_answers(client):
    one = client()
    assert one.say("DEFINE * octet").startswith("150 ")
    assert one.end().talk.closed
