"""The filter language of the API's lists: the parameter `q`."""

from functools import partial
from typing import Any

import pytest

from homeport.config.quantities import Size
from homeport.control.filter_language import FilterError, Key, Value, parse_filter, parse_q
from homeport.control.problems import ProblemError

KEYS = {
    "from": Key(),
    "service": Key(),
    "size": Key(read=Size.parse, ordered=True),
    "has": Key(among=("attachment", "html")),
}


def parse(text: str) -> list[list[tuple[Any, ...]]]:
    """Parse a filter into comparable rows: negation, key, values with operators."""
    return [
        [
            ("-" if term.negated else "", term.key, *(value.operator + value.text for value in term.values))
            for term in clause
        ]
        for clause in parse_filter(text, KEYS)
    ]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        ("  ", []),
        ("word", [[("", "", "word")]]),
        ('"two words"', [[("", "", "two words")]]),
        ("two words", [[("", "", "two")], [("", "", "words")]]),
        ("from:alice", [[("", "from", "alice")]]),
        ("From:Alice", [[("", "from", "Alice")]]),
        ("from:a,b", [[("", "from", "a", "b")]]),
        ('from:"a, b",c', [[("", "from", "a, b", "c")]]),
        ("-from:a,b", [[("-", "from", "a", "b")]]),
        ("-word", [[("-", "", "word")]]),
        ('-"two words"', [[("-", "", "two words")]]),
        ("NOT from:a", [[("-", "from", "a")]]),
        ("size:>100", [[("", "size", ">100")]]),
        ("size:<=64KiB,>1MiB", [[("", "size", "<=64KiB", ">1MiB")]]),
        ("from:>x", [[("", "from", ">x")]]),
        ("a OR from:b c", [[("", "", "a"), ("", "from", "b")], [("", "", "c")]]),
        ("a AND b", [[("", "", "a")], [("", "", "b")]]),
        ("a OR NOT b", [[("", "", "a"), ("-", "", "b")]]),
        ("or not and", [[("", "", "or")], [("", "", "not")], [("", "", "and")]]),
        ('"OR"', [[("", "", "OR")]]),
        ('"say \\"hi\\" \\\\ \\n"', [[("", "", 'say "hi" \\ \\n')]]),
        (
            "12:30 ::1 - a-b :x",
            [[("", "", "12:30")], [("", "", "::1")], [("", "", "-")], [("", "", "a-b")], [("", "", ":x")]],
        ),
        ('from:""', [[("", "from", "")]]),
        ("has:ATTACHMENT", [[("", "has", "attachment")]]),
        ("size:>10\tfrom:日本", [[("", "size", ">10")], [("", "from", "日本")]]),
    ],
)
def test_a_filter_becomes_clauses_of_terms(text: str, clauses: list[Any]) -> None:
    assert parse(text) == clauses


@pytest.mark.parametrize(
    ("text", "at", "nearest", "words"),
    [
        ("a sevice:smtp", 2, "service", "no key 'sevice'; did you mean service?"),
        ("-sevice:smtp", 1, "service", "no key 'sevice'"),
        ("http://x", 0, "", 'write "http://x"'),
        ("from:", 5, "", "a value is missing; write from:value"),
        ("from: a", 5, "", "a value is missing"),
        ("from:a,", 7, "", "a value is missing"),
        ("size:>", 6, "", "a value is missing"),
        ("size:>many", 5, "", "size: 'many' is not a size"),
        ("has:atachment", 4, "attachment", "did you mean attachment?"),
        ('a "b', 2, "", "the closing quote is missing"),
        ('"a"b', 3, "", "a space must follow the closing quote"),
        ('"a",b', 3, "", "a space must follow the closing quote"),
        ("OR a", 0, "", "OR stands between two terms"),
        ("a OR", 4, "", "a term is missing after OR"),
        ("a OR OR b", 5, "", "OR stands between two terms"),
        ("a NOT", 5, "", "a term is missing after NOT"),
        ("(a OR b)", 0, "", "no parentheses"),
        ("x" * 4097, 4096, "", "at most 4096 characters"),
        ("x " * 101, 200, "", "at most 100 words and values"),
        ("from:" + "x," * 101, 205, "", "at most 100 words and values"),
    ],
)
def test_an_error_says_where_it_is_and_what_was_meant(text: str, at: int, nearest: str, words: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse_filter(text, KEYS)
    assert (raised.value.at, raised.value.nearest) == (at, nearest)
    assert f"at character {at + 1}: " in str(raised.value)
    assert words in str(raised.value)


def test_a_value_is_compared_as_its_operator_says() -> None:
    ((term,),) = parse_filter("size:<10,>=1KiB,512", KEYS)
    sizes = (9, 10, 511, 512, 1023, 1024)
    matching = [size for size in sizes if term.holds(partial(Value.compare, number=size))]
    assert matching == [9, 512, 1024]


def test_a_negated_term_holds_if_none_of_its_values_matches() -> None:
    ((term,),) = parse_filter("-from:a,b", KEYS)
    assert not term.holds(lambda value: value.text == "b")
    assert term.holds(lambda value: value.text == "c")


def test_the_api_answers_a_malformed_filter_with_its_position() -> None:
    with pytest.raises(ProblemError) as raised:
        parse_q("a sevice:smtp", KEYS)
    problem = raised.value.problem
    assert (problem.status, problem.at, problem.nearest) == (400, 2, "service")
    assert problem.detail.startswith("q: at character 3: no key 'sevice'; did you mean service?")


def test_a_missing_parameter_is_an_empty_filter() -> None:
    assert parse_q(None, KEYS) == ()
