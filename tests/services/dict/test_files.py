"""Databases in dictd's format: plain and compressed, in any order, damaged, replaced, and hostile."""

import gzip
import os
import struct
from pathlib import Path

import pytest
from conftest import make_world
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.dict.conftest import Client, base64_number, dictzip, write_database

from homeport.services.dict import validate_options
from homeport.services.dict.databases import Unreadable
from homeport.services.dict.dictd import FILES, DictdFile, files_of, number
from homeport.services.dict.dictzip import Dictzip
from homeport.services.dict.options import DatabaseTable, DictOptions

ENTRIES = [
    ("00-database-info", "00-database-info\nAll about it.\nIn two lines.\n"),
    ("00-database-short", "00-database-short\n     A short title\n"),
    ("anchor", "anchor\n  A heavy hook.\n.\n  It holds.\n"),
    ("Ankerplatz", "Ankerplatz\n  Ein Platz.\n"),
    ("bay", "bay\n  1. water\n"),
    ("bay", "bay\n  2. a horse\n"),
    ("b\u00f6e", "b\u00f6e\n  " + "wind " * 100 + "\n"),
]


def opened(path, **fields):
    table = DatabaseTable(name="db", path=path, **fields)
    return DictdFile(table, *files_of(path))


def serving(path, **options):
    return Client(make_world(), database=[DatabaseTable(name="db", path=path)], built_in=[], **options)


@pytest.mark.parametrize("zipped", [False, True])
def test_words_of_a_file_are_defined_and_matched(tmp_path, zipped):
    one = serving(write_database(tmp_path, ENTRIES, zipped=zipped))
    assert one.text("SHOW DB", "110 1 ") == ['db "A short title"']
    assert one.text("SHOW INFO db", "112 ")[-2:] == ["All about it.", "In two lines."]
    assert one.definitions("*", "ANCHOR") == ["anchor\n  A heavy hook.\n.\n  It holds."]
    assert [text[:8] for text in one.definitions("db", "bay")] == ["bay\n  1.", "bay\n  2."]
    assert one.definitions("db", "BÖE")[0].count("wind") == 100
    assert one.matches("prefix", "an") == ["anchor", "Ankerplatz"]
    assert one.matches("re", "^b") == ["bay", "böe"]
    assert one.matches("lev", "ancor") == ["anchor"]


def test_an_index_in_any_order_is_searched(tmp_path):
    one = serving(write_database(tmp_path, ENTRIES[::-1]))
    assert len(one.definitions("*", "bay")) == 2
    assert one.matches("prefix", "an") == ["anchor", "Ankerplatz"]
    assert one.matches("exact", "anchor") == ["anchor"]


def test_every_word_of_a_large_index_is_found(tmp_path):
    words = [f"{number * 7919 % 30_011:05}-{'x' * (number % 50)}" for number in range(20_000)]
    database = opened(write_database(tmp_path, [(word, f"text of {word}") for word in words], zipped=True))
    for word in words[::997]:
        (entry,) = database.find(word, whole=True, limit=9)
        assert database.definition(entry) == f"text of {word}"
    assert database.find("no such word", whole=True, limit=9) == []
    assert len(database.find("0", whole=False, limit=50_000)) == sum(word.startswith("0") for word in words)


def test_the_fourth_field_is_the_headword_that_is_shown(tmp_path):
    path = write_database(tmp_path, [("cplusplus", "C++\n a language")])
    with Path(f"{path}.index").open("a") as index:
        index.write("cpp\tA\tD\tC++ (language)\n")
    assert serving(path).matches("exact", "cpp") == ["C++ (language)"]


def test_texts_and_headwords_in_latin_1_are_decoded(tmp_path):
    (tmp_path / "db.index").write_bytes(b"b\xf6e\tA\tG\n")
    (tmp_path / "db.dict").write_bytes(b"b\xf6 ist\n")
    assert serving(str(tmp_path / "db")).definitions("*", "böe") == ["bö ist"]


def test_lines_that_are_no_entries_or_lie_are_skipped(tmp_path, caplog):
    path = write_database(tmp_path, [("a", "first"), ("c", "third")])
    good = Path(f"{path}.index").read_text().splitlines()
    lies = ["b\tA\t/////", "b\t//////\tB", "b\tA", "b", "", "b\t\tB", "b\tA\t!", "b\tAAAAAAAAA\tB", "x" * 5000]
    with Path(f"{path}.index").open("w") as index:
        index.write("\n".join([good[0], *lies, good[1]]))
    one = serving(path)
    assert one.matches("re", ".") == ["a", "c"]
    assert one.definitions("*", "c") == ["third"]
    assert one.say("DEFINE * b") == "552 no match"
    assert "9 lines are no entries" in caplog.text


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda data: gzip.compress(b"x"), "without chunks"),
        (lambda data: b"plain text", "not gzip"),
        (lambda data: data[:14], "damaged"),
        (lambda data: data[:16] + struct.pack("<HHH", 2, 100, 9) + data[22:], "table of chunks"),
        (lambda data: data[:16] + struct.pack("<HHH", 1, 0, 9) + data[22:], "table of chunks"),
        (lambda data: data[:16] + struct.pack("<HHH", 1, 100, 60000) + data[22:], "table of chunks"),
    ],
)
def test_a_file_that_is_not_of_the_format_is_a_problem_of_the_configuration(tmp_path, spoil, problem):
    path = write_database(tmp_path, ENTRIES, zipped=True)
    file = tmp_path / "db.dict.dz"
    file.write_bytes(spoil(file.read_bytes()))
    (text,) = validate_options(DictOptions(database=[DatabaseTable(name="db", path=path)]), None)
    assert problem in text
    one = serving(path)
    assert one.say("SHOW DB").startswith("554 ")


def test_a_damaged_chunk_costs_its_definitions_only(tmp_path, caplog):
    path = write_database(tmp_path, [(f"w{number}", f"{number} " * 60) for number in range(9)], zipped=True)
    file = tmp_path / "db.dict.dz"
    data = bytearray(file.read_bytes())
    data[-60:-40] = bytes(20)
    file.write_bytes(data)
    one = serving(path)
    texts = [one.definitions("*", f"w{number}")[0] for number in range(9)]
    assert texts[0].startswith("0 0 0")
    assert "(This definition cannot be read: its file is damaged.)" in texts
    assert "is damaged" in caplog.text


def test_a_chunk_that_inflates_without_end_uses_no_more_memory_than_a_chunk(tmp_path):
    bomb = dictzip(bytes(60_000) * 100, 60_000)
    head = bomb.index(b"name\0")
    bomb = bomb[:16] + struct.pack("<HHH", 1, 10, 100) + bomb[22:head] + bomb[head:]
    file = tmp_path / "bomb.dict.dz"
    file.write_bytes(bomb)
    descriptor = os.open(file, os.O_RDONLY)
    text = Dictzip(descriptor)
    assert text.read(5, 10) == bytes(10)
    assert sum(map(len, text._kept.values())) <= 20
    with pytest.raises(Unreadable):
        text.read(995, 10)
    os.close(descriptor)


def test_a_file_that_was_replaced_is_read_again(tmp_path):
    world = make_world()
    table = DatabaseTable(name="db", path=write_database(tmp_path, [("a", "old")]))
    one = Client(world, database=[table], built_in=[])
    assert one.definitions("*", "a") == ["old"]
    write_database(tmp_path, [("a", "new"), ("b", "more")])
    assert one.definitions("*", "a") == ["new"]
    assert one.matches("re", ".") == ["a", "b"]


def test_a_file_that_vanishes_or_is_cut_is_an_error_of_that_database_alone(tmp_path):
    world = make_world()
    path = write_database(tmp_path, [("octet", "eight"), ("zz", "last")])
    one = Client(world, database=[DatabaseTable(name="db", path=path)])
    assert len(one.definitions("*", "octet")) == 2
    database = FILES.open(DatabaseTable(name="db", path=path))
    os.truncate(f"{path}.dict", 2)
    with pytest.raises(Unreadable, match="ends before"):
        database.definition(0)
    os.truncate(f"{path}.index", 1)
    with pytest.raises(Unreadable, match="has changed"):
        database.definition(1)
    Path(f"{path}.index").unlink()
    assert len(one.definitions("*", "octet")) == 1
    assert one.say("DEFINE db octet").startswith("420 ")


def test_databases_that_share_a_name_or_have_no_files_are_problems(tmp_path):
    tables = [DatabaseTable(name="people"), DatabaseTable(name="db", path=str(tmp_path / "none"))]
    problems = validate_options(DictOptions(database=tables, strategies=["exact"]), None)
    assert len(problems) == 3
    assert any("none.index is missing" in one for one in problems)
    assert any("two databases have the name 'people'" in one for one in problems)
    assert any("default_strategy" in one for one in problems)


@given(st.integers(0, 1 << 47))
@examples(100)
def test_numbers_in_base_64_are_read_as_they_are_written(value):
    assert number(base64_number(value).encode()) == value


@given(st.binary(max_size=400), st.binary(max_size=200), st.booleans())
@examples(150)
def test_any_files_are_refused_or_served_without_an_exception(tmp_path_factory, index, text, zipped):
    folder = tmp_path_factory.mktemp("any")
    (folder / "db.index").write_bytes(index)
    (folder / ("db.dict.dz" if zipped else "db.dict")).write_bytes(b"\x1f\x8b\x08\x04" + text if zipped else text)
    one = serving(str(folder / "db"))
    assert one.say("SHOW DB")[:3] in ("110", "554")
    assert one.say("MATCH * re .")[:3] in ("152", "552", "554")
    assert one.say("DEFINE * a")[:3] in ("150", "552", "554")


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 300))
@examples(100)
def test_any_part_of_a_compressed_text_is_read(tmp_path_factory, begin, size, chunk):
    text = b"".join(b"%d," % number for number in range(600))
    file = tmp_path_factory.mktemp("part") / "db.dict.dz"
    file.write_bytes(dictzip(text, chunk))
    descriptor = os.open(file, os.O_RDONLY)
    try:
        if begin + size <= len(text):
            assert Dictzip(descriptor).read(begin, size) == text[begin : begin + size]
        else:
            with pytest.raises(Unreadable):
                Dictzip(descriptor).read(begin, size)
    finally:
        os.close(descriptor)
