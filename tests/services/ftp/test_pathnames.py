"""Pathnames: decoded from arguments, resolved to paths, quoted in replies."""

import ftplib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.ftp.pathnames import (
    MAX_DEPTH,
    MAX_NAME_BYTES,
    MAX_PATHNAME_BYTES,
    BadPathname,
    is_utf8,
    quote,
    resolve,
    show,
    to_bytes,
    to_name,
)

HOME = ("home", "alice")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a", ("home", "alice", "a")),
        ("a/b", ("home", "alice", "a", "b")),
        ("/a", ("a",)),
        ("/", ()),
        ("", HOME),
        (".", HOME),
        ("./a/./b/", ("home", "alice", "a", "b")),
        ("a//b", ("home", "alice", "a", "b")),
        ("..", ("home",)),
        ("../bob", ("home", "bob")),
        ("../../../../etc/passwd", ("etc", "passwd")),
        ("/../..", ()),
        ("a/../b", ("home", "alice", "b")),
        ("...", ("home", "alice", "...")),
        (" ", ("home", "alice", " ")),
        ("a\\..\\b", ("home", "alice", "a\\..\\b")),
        ("~bob", ("home", "alice", "~bob")),
    ],
)
def test_a_pathname_is_resolved_from_where_the_user_is(name, path):
    assert resolve(HOME, name) == path


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b"])).map("/".join))
def test_no_pathname_leads_out_of_the_root(name):
    assert not {"..", ".", ""} & set(resolve(HOME, name))


def test_names_and_paths_have_limits():
    assert resolve((), "x" * MAX_NAME_BYTES) == ("x" * MAX_NAME_BYTES,)
    with pytest.raises(BadPathname, match="255 bytes"):
        resolve((), "x" * (MAX_NAME_BYTES + 1))
    with pytest.raises(BadPathname, match="255 bytes"):
        resolve((), "ü" * 128)
    with pytest.raises(BadPathname, match="128 names"):
        resolve((), "x/" * (MAX_DEPTH + 1))
    with pytest.raises(BadPathname, match="4096"):
        to_name(b"x" * (MAX_PATHNAME_BYTES + 1))


def test_an_argument_is_utf8_and_other_bytes_survive():
    assert to_name("smörgås".encode()) == "smörgås"
    assert is_utf8("smörgås")
    latin = to_name(b"sm\xf6rg\xe5s")
    assert not is_utf8(latin)
    assert to_bytes(latin) == b"sm\xf6rg\xe5s"


def test_cr_nul_is_a_cr_and_any_other_nul_is_refused():
    assert to_name(b"a\r\0b") == "a\rb"
    assert to_name(b"a\r\0\nb") == "a\r\nb"
    for octets in (b"a\0b", b"\0", b"a\r\0\0"):
        with pytest.raises(BadPathname, match="NUL"):
            to_name(octets)


def test_an_empty_name_is_refused():
    with pytest.raises(BadPathname, match="missing"):
        to_name(b"")


@given(st.binary(min_size=1, max_size=200).filter(lambda octets: b"\0" not in octets))
def test_every_name_survives(octets):
    assert to_bytes(to_name(octets)) == octets


def test_quotes_are_doubled():
    assert quote(("a", 'b "c"')) == '"/a/b ""c"""'
    assert quote(()) == '"/"'


def test_a_name_in_a_reply_breaks_no_line():
    assert quote(("a\r\n257 b",)) == '"/a??257 b"'


@given(st.lists(st.text(st.characters(exclude_characters="/\x7f", min_codepoint=32), min_size=1)))
def test_pythons_ftplib_reads_a_quoted_path(path):
    assert ftplib.parse257(f"257 {quote(tuple(path))} created") == show(tuple(path))
