"""The lines of TOML keys."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from homeport.config.lines import key_lines


def test_keys_tables_and_arrays_of_tables_are_found():
    text = """\
# a comment = 1
[echo]
port = 0          # here
limits.idle = "5s"

[[people]]
login = "a"

[[people]]
login = "b"
"odd key" = 1
"""
    lines = key_lines(text)
    assert lines["echo",] == 2
    assert lines["echo", "port"] == 3
    assert lines["echo", "limits", "idle"] == 4
    assert lines["people",] == 6
    assert lines["people", 0, "login"] == 7
    assert lines["people", 1] == 9
    assert lines["people", 1, "login"] == 10
    assert lines["people", 1, "odd key"] == 11


def test_values_of_several_lines_do_not_shift_what_follows():
    text = '''\
plan = """
[not.a.table]
key = 1
"quoted" \\""" and more
"""
hosts = [
  "127.0.0.1", # the first
  "::1",
]
raw = \'\'\'
x = 1
\'\'\'
last = 2026-01-01 00:00:00
after = { a = 1, b = [2,
  3] }
end = true
'''
    lines = key_lines(text)
    assert lines["plan",] == 1
    assert lines["hosts",] == 6
    assert lines["hosts", 1] == 8
    assert lines["last",] == 13
    assert lines["after", "b"] == 14
    assert lines["after", "b", 1] == 15
    assert lines["end",] == 16
    assert ("not", "a", "table") not in lines


def test_tables_inside_arrays_of_tables_belong_to_the_latest_element():
    lines = key_lines("[[registry.registrar]]\n[registry.registrar.more]\na = 1\n[[registry.registrar]]\nb = 2\n")
    assert lines["registry", "registrar", 0, "more", "a"] == 3
    assert lines["registry", "registrar", 1, "b"] == 5


@given(st.text("[]{}=.,#'\"\\\nab1 ", max_size=40))
def test_every_key_that_tomllib_reads_has_a_line(text):
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    assert all((key,) in lines for key in tree)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
