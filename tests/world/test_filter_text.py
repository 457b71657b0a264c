"""Filters from text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.world.directory.filter_text import MAX_NESTING, FilterProblem, parse_filter
from homeport.world.directory.filters import Equality, Extensible, Present, text_of

# RFC 4515 4 and others.
FILTERS = [
    "(cn=Babs Jensen)",
    "(!(cn=Tim Howes))",
    "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
    "(o=univ*of*mich*)",
    "(seeAlso=)",
    "(cn:caseExactMatch:=Fred Flintstone)",
    "(cn:=Betty Rubble)",
    "(sn:dn:2.4.6.8.10:=Barney Rubble)",
    "(o:dn:=Ace Industry)",
    "(o=Parens R Us \\28for all your parenthetical needs\\29)",
    "(cn=*\\2a*)",
    "(filename=C:\\5cMyFile)",
    "(sn=Lučić)",
    "(a;lang-de>=1)",
    "(a<=1)",
    "(a~=b)",
    "(&)",
    "(|)",
    "(member:1.2.840.113556.1.4.1941:=cn=a,dc=b)",
]


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_is_read_as_it_is_written(text):
    assert text_of(parse_filter(text)) == text


def test_a_value_without_a_type_is_not_shown_because_it_may_be_a_password():
    assert text_of(parse_filter("(:1.2.3:=Wilma Flintstone)")) == "(:1.2.3:=***)"
    assert parse_filter("(:dn:2.4.6.8.10:=Dino)") == Extensible("2.4.6.8.10", "", b"Dino", True)


def test_parentheses_around_all_may_be_missing_and_bytes_are_escaped():
    assert parse_filter(" uid=alice ") == Equality("uid", b"alice")
    assert parse_filter("objectClass=*") == Present("objectClass")
    assert parse_filter("(bin=\\00\\FF)") == Equality("bin", b"\x00\xff")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(cn=a", "')' is missing"),
        ("(cn=a))", "nothing follows a filter"),
        ("(&(cn=a)", "')' is missing"),
        ("(!(a=b)(c=d))", "'!' has one filter"),
        ("(cn)", "'cn' is no TYPE=VALUE"),
        ("(=a)", "'=a' is no TYPE=VALUE"),
        ("(cn=\\2)", "two hexadecimal digits"),
        ("(a>=b*)", "write '*' as \\2a"),
        ("", "no TYPE=VALUE"),
        ("(:=a)", "a type or a matching rule is missing"),
        ("(!" * 200 + "(a=b)" + ")" * 200, f"more than {MAX_NESTING} deep"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_reason(text, problem):
    with pytest.raises(FilterProblem) as error:
        parse_filter(text)
    assert problem in str(error.value)


@examples(200)
@given(st.text("()&|!=*\\:<>~a0 ;", max_size=40))
def test_any_text_is_a_filter_or_a_problem(text):
    try:
        parsed = parse_filter(text)
    except FilterProblem:
        return
    assert parse_filter(text_of(parsed)) == parsed
