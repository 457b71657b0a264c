"""Distinguished names (RFC 4514)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.world.directory.names import (
    MAX_RDNS,
    Assertion,
    NameProblem,
    fold_dn,
    is_descriptor,
    parse_dn,
    parse_rdn,
    write_dn,
)


def pairs(text):
    return [[(one.type, one.value) for one in rdn] for rdn in parse_dn(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("UID=jsmith,DC=example,DC=net", [[("UID", b"jsmith")], [("DC", b"example")], [("DC", b"net")]]),
        ("OU=Sales+CN=J.  Smith,DC=net", [[("OU", b"Sales"), ("CN", b"J.  Smith")], [("DC", b"net")]]),
        (r"CN=James \"Jim\" Smith\, III,DC=net", [[("CN", b'James "Jim" Smith, III')], [("DC", b"net")]]),
        (r"CN=Before\0dAfter,DC=net", [[("CN", b"Before\rAfter")], [("DC", b"net")]]),
        ("1.3.6.1.4.1.1466.0=#04024869", [[("1.3.6.1.4.1.1466.0", b"Hi")]]),
        (r"CN=Lu\C4\8Di\C4\87", [[("CN", "Lučić".encode())]]),
        ("CN=Lučić", [[("CN", "Lučić".encode())]]),
        (" cn = a b , dc = net ", [[("cn", b"a b")], [("dc", b"net")]]),
        (r"cn=\ a\ ", [[("cn", b" a ")]]),
        (r"cn=\#a", [[("cn", b"#a")]]),
        ("cn=", [[("cn", b"")]]),
        ('cn="a,b"; dc=net', [[("cn", b"a,b")], [("dc", b"net")]]),
    ],
)
def test_rfc_4514_4_names_are_parsed(text, expected):
    assert pairs(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "=b",
        "cn=a,",
        ",cn=a",
        "cn=a+",
        "1a=b",
        "cn=a\\",
        "cn=a\\zz",
        "cn=#0",
        "cn=#04ff",
        'cn="a',
        "cn=a<b",
        "cn a=b",
    ],
)
def test_what_is_no_name_is_refused(text):
    with pytest.raises(NameProblem):
        parse_dn(text)


def test_a_name_has_a_bounded_number_of_components():
    with pytest.raises(NameProblem, match="at most"):
        parse_dn(",".join(["dc=a"] * 65))


@pytest.mark.parametrize("text", ["", "cn=a,dc=b"])
def test_a_relative_name_has_one_component(text):
    with pytest.raises(NameProblem, match="relative"):
        parse_rdn(text)


@pytest.mark.parametrize(
    ("name", "whether"),
    [("cn", True), ("2.5.4.3", True), ("x-1", True), ("1", False), ("1.02", False), ("-a", False), ("", False)],
)
def test_rfc_4512_1_4_what_names_an_attribute_type(name, whether):
    assert is_descriptor(name) is whether


def test_the_order_within_a_component_does_not_matter():
    def fold(name, value):
        return name.lower(), value.lower()

    assert fold_dn(parse_dn("a=1+B=2,dc=x"), fold) == fold_dn(parse_dn("b=2+A=1,DC=X"), fold)


text = st.binary(min_size=0, max_size=12)


@examples()
@given(st.lists(st.lists(st.tuples(st.sampled_from(["cn", "2.5.4.3"]), text), min_size=1, max_size=2), max_size=4))
def test_every_name_comes_back_from_its_text(parts):
    dn = tuple(tuple(Assertion(name, value) for name, value in rdn) for rdn in parts)
    assert parse_dn(write_dn(dn)) == dn


@examples()
@given(st.text(max_size=40))
def test_no_text_raises_anything_else(given_text):
    with suppress(NameProblem):
        parse_dn(given_text)


@given(
    st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,5}=[A-Za-z0-9][A-Za-z0-9._@-]{0,8}", fullmatch=True), st.text(max_size=30)
)
def test_a_plain_component_is_parsed_as_one_with_an_escape(plain, rest):
    name, _, value = plain.partition("=")
    escaped = f"{name}=\\{ord(value[0]):02x}{value[1:]}"

    def parsed(text):
        try:
            return parse_dn(text)
        except NameProblem:
            return None

    assert parsed(f"{plain},{rest}") == parsed(f"{escaped},{rest}")


def test_a_name_of_too_many_components_is_refused_without_recursion():
    with pytest.raises(NameProblem):
        parse_dn(",".join(["a=b"] * 100_000))
    assert len(parse_dn(",".join(["a=b"] * MAX_RDNS))) == MAX_RDNS
