"""What DICT clients did wrong, and what each dial of `syntax` makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.dict.conftest import Client

from homeport.services.dict.lines import LINE_LIMIT, OpenQuote, quote, split_words

LONG = b"DEFINE * " + b"x" * 1020 + b"\r\n"


@pytest.mark.parametrize(
    ("line", "code", "finding"),
    [
        (b"DEFINE * octet\n", "500", "bare-lf"),
        (b"DEFINE * \xff\r\n", "501", "not-utf8"),
        (b"DEFINE * \xed\xa0\x80\r\n", "501", "not-utf8"),
        (b"DEFINE * a\x07\r\n", "501", "control-characters"),
        (b"DEFINE * a\x00\r\n", "501", "control-characters"),
        (b"FIND octet\r\n", "500", "unknown-command"),
        (b"\r\n", "500", "unknown-command"),
        (b'DEFINE * "octet\r\n', "501", "open-quote"),
        (b"DEFINE * octet\\\r\n", "501", "open-quote"),
        (b"DEFINE * 'a\"\r\n", "501", "open-quote"),
        (b"DEFINE * CR LF\r\n", "501", "unquoted-blanks"),
        (b"MATCH * exact CR LF\r\n", "501", "unquoted-blanks"),
        (b"DEFINE octet\r\n", "501", "syntax"),
        (b"DEFINE\r\n", "501", "syntax"),
        (b"MATCH * octet\r\n", "501", "syntax"),
        (b"QUIT now\r\n", "501", "syntax"),
        (b"SHOW TIME\r\n", "501", "syntax"),
        (b"OPTION HTML\r\n", "503", "syntax"),
        (b'DEFINE * ""\r\n', "501", "empty-word"),
        (b"MATCH * re '('\r\n", "501", "syntax"),
        (b"DEFINE here octet\r\n", "550", "unknown-database"),
        (b"MATCH * best octet\r\n", "551", "unknown-strategy"),
        (b"SASLAUTH MAGIC\r\n", "532", "not-announced"),
        (b"SASLRESP AAAA\r\n", "501", "saslresp-alone"),
        (b"AUTH alice ABC\r\n", "531", "digest-form"),
        (b"x" * (LINE_LIMIT + 1) + b"\r\n", "501", "line-too-long"),
    ],
)
def test_a_wrong_command_is_refused_with_its_finding(every_way, line, code, finding):
    one = every_way(b"CLIENT x\r\n" + line + b"STATUS\r\n")
    answers = one.talk.sent.decode().split("\r\n")
    assert answers[2][:4] == f"{code} "
    assert answers[-2].startswith("210 ")
    assert one.findings == [finding]


@pytest.mark.parametrize(("dial", "code"), [("strict", "501"), ("rfc", "552"), ("lenient", "552")])
def test_a_long_command_is_always_a_finding_and_refused_where_it_is_strict(client, dial, code):
    one = client(syntax=dial)
    assert one.send(LONG).startswith(code)
    assert one.findings == ["line-too-long"]


@pytest.mark.parametrize(("dial", "code"), [("strict", "500"), ("rfc", "500"), ("lenient", "210")])
def test_lf_alone_is_accepted_where_it_is_lenient(client, dial, code):
    one = client(syntax=dial)
    assert one.send(b"STATUS\n").startswith(code)
    assert one.findings == ["bare-lf"]


def test_a_command_of_1024_characters_of_two_bytes_is_right(client):
    one = client()
    assert one.say("DEFINE * " + "ä" * 1013) == "552 no match"
    assert one.findings == []


def test_a_client_that_never_says_who_it_is_is_reported_once(client):
    one = client(client=False)
    one.say("SHOW DB", "DEFINE * octet", "MATCH * exact octet")
    assert one.findings == ["no-client"]


def test_a_client_that_leaves_without_quit_is_advised(client):
    one = client()
    one.say("STATUS")
    one.end()
    assert one.findings == ["no-quit"]
    assert client(client=False).end().findings == []


def test_input_after_quit_is_a_finding(client):
    one = client()
    one.send(b"QUIT\r\nDEFINE * octet\r\n")
    assert one.findings == ["data-after-quit"]


@given(st.binary(max_size=300))
@examples(200)
def test_any_input_is_answered_without_an_exception(data):
    one = Client(client=False)
    one.send(data)
    one.send(b"\r\nQUIT\r\n")
    one.end()


@given(st.lists(st.sampled_from([*"ab \t\"'\\*.#", "DEFINE ", "MATCH * re ", "SHOW INFO ", "ä"]), max_size=40))
@examples(200)
def test_any_line_of_the_grammar_is_answered(parts):
    one = Client()
    assert one.say("".join(parts)).split(" ")[0].isdigit()


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=50))
@examples(200)
def test_a_quoted_word_is_split_as_it_was(word):
    assert split_words(f"DEFINE * {quote(word)}") == ["DEFINE", "*", word]


def test_splitting_is_linear():
    for text in ('"' * 6000, "\\" * 6001, "'a" * 3000 + "'", '"a\\' * 2000, "a" * 6000 + '"'):
        try:
            split_words(text)
        except OpenQuote:
            continue
