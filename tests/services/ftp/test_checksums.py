"""Checksums: arguments, algorithms."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.ftp.checksums import (
    ALGORITHMS,
    COMMANDS,
    algorithm,
    digest,
    feature,
    parse_checksum_argument,
    read_pieces,
)


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("a", ("a", 0, None)),
        ("a b", ("a b", 0, None)),
        ('"a b"', ("a b", 0, None)),
        ('"say ""hello"""', ('say "hello"', 0, None)),
        ('"a" 5', ("a", 5, None)),
        ('"a" 5  10', ("a", 5, 10)),
        ("a 5 10", ("a", 5, 10)),
        ("report 2026", ("report 2026", 0, None)),
        ('"1 2 3"', ("1 2 3", 0, None)),
    ],
)
def test_an_argument_is_a_pathname_and_a_range(text, argument):
    assert parse_checksum_argument(text) == argument


@pytest.mark.parametrize(
    "text", ["", '""', '"a" b', '"a"5', '"a" -5', '"a" 10 5', "a 10 5", '"a" 1 2 3', '"a" ' + "9" * 30]
)
def test_an_invalid_argument_is_refused_with_a_reason(text):
    with pytest.raises(ValueError, match=r"pathname|range"):
        parse_checksum_argument(text)


@given(st.text())
def test_any_argument_is_parsed_or_refused(text):
    try:
        name, start, end = parse_checksum_argument(text)
    except ValueError:
        return
    assert name
    assert start >= 0
    assert end is None or end >= start


def test_every_algorithm_gives_the_known_checksum():
    assert {name: digest(name, [b"1234", b"56789"]) for name in ALGORITHMS} == {
        "SHA-256": hashlib.sha256(b"123456789").hexdigest(),
        "SHA-512": hashlib.sha512(b"123456789").hexdigest(),
        "SHA-1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
        "MD5": "25f9e794323b453885f5181f1b624d0b",
        "CRC32": "cbf43926",
    }
    assert digest("CRC32", []) == "00000000"


def test_every_command_has_its_algorithm():
    assert set(COMMANDS.values()) <= set(ALGORITHMS)


def test_algorithms_are_known_by_any_spelling():
    assert algorithm("sha-256") == "SHA-256"
    assert algorithm(" crc32 ") == "CRC32"
    assert algorithm("SHA-3") is None


def test_feat_stars_the_chosen_algorithm():
    assert feature() == "HASH SHA-256*;SHA-512;SHA-1;MD5;CRC32"
    assert feature("MD5") == "HASH SHA-256;SHA-512;SHA-1;MD5*;CRC32"


class Source:
    """A file of nines."""

    size = 600_000

    def __init__(self):
        self.left = self.size

    def fileno(self):
        return -1

    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return b"9" * size

    def close(self):
        pass


def test_a_source_is_read_in_pieces_up_to_the_requested_size():
    assert sum(map(len, read_pieces(Source()))) == 600_000
    assert sum(map(len, read_pieces(Source(), 300_000))) == 300_000
    assert sum(map(len, read_pieces(Source(), 10**9))) == 600_000
    assert max(map(len, read_pieces(Source()))) <= 262_144
