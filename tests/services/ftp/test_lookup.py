"""Arguments of LIST and NLST: what exists is a name, and only else a pattern, in any name of the pathname."""

import re

import pytest


@pytest.fixture
def one(client):
    one = client().log_in()
    for path in (("[2024] trip",), ("2 trip",), ("pub", "what?"), ("pub", "2023"), ("pub", "2024")):
        one.tree.files[path] = None
    for path in (("[2024] trip", "photo"), ("2 trip", "plan"), ("pub", "a*b"), ("pub", "aXb"), ("pub", "what?", "x"),
                 ("pub", "2023", "may.txt"), ("pub", "2024", "may.txt"), ("pub", "2024", "june.txt"),
                 ("pub", "2024", ".may.txt")):  # fmt: skip
        one.tree.files[path] = b"1"
    return one


def names(one, command):
    """Return the names that a listing shows."""
    assert "226" in one.get(command), command
    lines = one.downloaded.decode().split("\r\n")[:-1]
    return [re.split(r" (?: \d{4}|\d\d:\d\d) ", line)[1] if command.startswith("LIST") else line for line in lines]


@pytest.mark.parametrize("verb", ["LIST", "NLST"])
def test_a_name_with_wildcards_that_exists_is_a_name(one, verb):
    prefix = "" if verb == "LIST" else "/[2024] trip/"
    assert names(one, f"{verb} /[2024] trip") == [f"{prefix}photo"]
    assert names(one, f"{verb} /pub/what?") == ["x" if verb == "LIST" else "/pub/what?/x"]
    assert names(one, f"{verb} /pub/a*b") == ["a*b" if verb == "LIST" else "/pub/a*b"]
    one.say("CWD /pub")
    assert names(one, f"{verb} a*b") == ["a*b"]


def test_a_name_that_does_not_exist_is_a_pattern(one):
    one.say("CWD /pub")
    assert names(one, "NLST a?b") == ["a*b", "aXb"]
    assert names(one, "NLST /[0-9]*") == ["/2 trip"]
    assert names(one, "NLST nothing*") == []


def test_any_name_of_a_pathname_may_be_a_pattern(one):
    assert names(one, "NLST /pub/20*/may.txt") == ["/pub/2023/may.txt", "/pub/2024/may.txt"]
    assert names(one, "NLST /pub/20*/*.txt") == ["/pub/2023/may.txt", "/pub/2024/june.txt", "/pub/2024/may.txt"]
    one.say("CWD /pub")
    assert names(one, "NLST 202?/m*") == ["2023/may.txt", "2024/may.txt"]
    assert names(one, "LIST 202?/m*") == ["2023/may.txt", "2024/may.txt"]
    assert names(one, "NLST ../p*/2024/june.txt") == ["/pub/2024/june.txt"]
    for name in names(one, "NLST 202?/m*"):
        assert "226" in one.get(f"RETR {name}")
    assert names(one, "NLST -a 2024/*may*") == ["2024/.may.txt", "2024/may.txt"]


def test_a_pattern_that_ends_with_a_slash_matches_directories(one):
    assert names(one, "NLST /pub/2*/") == ["/pub/2023", "/pub/2024"]
    assert names(one, "NLST /pub/a*/") == []


def test_the_homes_of_others_match_nothing(one):
    assert names(one, "NLST /home/*/note.txt") == ["/home/alice/note.txt"]
    assert one.get("NLST /home/bob/*").startswith("550")


@pytest.mark.parametrize("command", ["NLST /pub/a.txt/", "LIST /pub/a.txt/", "NLST /nowhere/*", "NLST /pub/a.txt/*"])
def test_a_file_is_no_directory(one, command):
    assert one.get(command).startswith("550")
