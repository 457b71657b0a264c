"""The functions of languages that read Daytime's formats, as the page of the service lists them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from homeport.services.daytime import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "services" / "daytime.md"
SECOND = 1_792_000_000
PYTHON = """import datetime, email.utils, sys
for line in sys.stdin:
  try: print(int({}(line.strip()).timestamp()))
  except (ValueError, TypeError): print('-')"""
GO = """package main
import ("bufio"; "fmt"; "os"; "time")
func main() {
  for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
    if read, err := time.Parse(LAYOUT, lines.Text()); err == nil { fmt.Println(read.Unix()) } else { fmt.Println("-") }
  }
}"""
JAVA = """import java.time.*; import java.util.*;
class Read { public static void main(String[] args) {
  Scanner lines = new Scanner(System.in);
  while (lines.hasNextLine()) {
  try { System.out.println(OffsetDateTime.parse(lines.nextLine()).toEpochSecond()); }
  catch (java.time.format.DateTimeParseException error) { System.out.println("-"); } } } }"""
PROGRAMS = {
    "datetime.fromisoformat": ("python3", "-c", PYTHON.format("datetime.datetime.fromisoformat")),
    "email.utils.parsedate_to_datetime": ("python3", "-c", PYTHON.format("email.utils.parsedate_to_datetime")),
    "Date.parse": (
        "node",
        "-e",
        "for (const line of require('fs').readFileSync(0, 'utf8').trimEnd().split('\\n'))"
        " console.log(isNaN(Date.parse(line)) ? '-' : Date.parse(line) / 1000)",
    ),
    "new DateTimeImmutable": (
        "php",
        "-r",
        "while (($line = fgets(STDIN)) !== false) {"
        " try { echo (new DateTimeImmutable(trim($line)))->getTimestamp(), PHP_EOL; }"
        " catch (Exception $error) { echo '-', PHP_EOL; } }",
    ),
    "Time.parse": ("ruby", "-rtime", "-e", "STDIN.each_line { |line| puts((Time.parse(line.strip).to_i rescue '-')) }"),
    "OffsetDateTime.parse": ("java", "Read.java"),
    "time.Parse": ("go", "run", "read.go"),
}


def rows():
    """Return the rows of the page's table: function, layout of Go or empty, formats that it reads."""
    found = re.findall(r"^\| [A-Z]\w+ \| `([^`]+)`[^|`]*(?:`([^`]+)`)? \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    return [(function, layout, re.findall("`(.+?)`", formats)) for function, layout, formats in found]


@pytest.fixture
def seconds_read(client, run, tmp_path, monkeypatch):
    """Return a function that returns the Unix times that a language reads out of lines; None: refused."""
    monkeypatch.chdir(tmp_path)

    def read(function, layout, lines):
        (tmp_path / "Read.java").write_text(JAVA)
        (tmp_path / "read.go").write_text(GO.replace("LAYOUT", layout))
        program, *arguments = PROGRAMS[function]
        out = run(client(program), *arguments, stdin="".join(f"{line}\n" for line in lines).encode()).decode()
        return [None if word == "-" else int(word) for word in out.split()]

    return read


def test_the_page_lists_every_function_that_is_tried_here():
    assert {function for function, _layout, _formats in rows()} == set(PROGRAMS)
    assert len(rows()) == 9


@pytest.mark.parametrize(
    ("function", "layout", "formats"), rows(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_function_reads_the_formats_that_the_page_says_and_no_others(seconds_read, function, layout, formats):
    moment = datetime.fromtimestamp(SECOND, UTC)
    read = seconds_read(function, layout, [write(moment) for write in FORMATS.values()])
    assert dict(zip(FORMATS, read, strict=True)) == {name: SECOND if name in formats else None for name in FORMATS}


@pytest.mark.parametrize(
    ("function", "layout"), [(function, layout) for function, layout, formats in rows() if "iso8601" in formats]
)
def test_iso8601_is_read_right_in_every_zone(seconds_read, function, layout):
    moments = [datetime.fromtimestamp(SECOND, timezone(timedelta(hours=hours))) for hours in (-8, 1, 13)]
    assert seconds_read(function, layout, [FORMATS["iso8601"](moment) for moment in moments]) == [SECOND] * 3
