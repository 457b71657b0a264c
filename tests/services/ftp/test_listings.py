"""Formats of listings."""

import ftplib
import re
import time

import pytest

from homeport.services.ftp.listings import FORMATS
from homeport.services.ftp.listings.eplf import eplf_lines
from homeport.services.ftp.listings.mlsx import (
    DEFAULT_FACTS,
    FACTS,
    Subject,
    feature,
    mlsd_lines,
    mlst_line,
    select,
    selection,
    time_value,
)
from homeport.services.ftp.listings.msdos import msdos_lines
from homeport.services.ftp.listings.nlst import nlst_lines
from homeport.services.ftp.listings.unix import unix_date, unix_lines
from homeport.world.files import Entry

NOW = 1_795_194_000.0
"""2026-11-20T17:00:00Z"""
DAY = 86_400
SUBJECT = Subject(perm=lambda entry: "el" if entry.kind == "directory" else "r")


def entry(name="a.txt", kind="file", size=1024, modified=NOW, mode=0o644, **more):
    return Entry(name=name, kind=kind, size=size, modified=modified, mode=mode, unique="1g2", **more)


FILE = entry()
DIRECTORY = entry("dir", "directory", 4096, mode=0o755, links=2)
LINK = entry("link", "link", 5, mode=0o777, target="a.txt")
BREAKING = entry("a\r\n257 b")


def text(lines):
    return b"".join(lines).decode()


def test_unix_shows_files_directories_and_links_as_ls_does():
    assert text(unix_lines([FILE, DIRECTORY, LINK], NOW)) == (
        "-rw-r--r--    1 ftp      ftp              1024 Nov 20 17:00 a.txt\r\n"
        "drwxr-xr-x    2 ftp      ftp              4096 Nov 20 17:00 dir\r\n"
        "lrwxrwxrwx    1 ftp      ftp                 5 Nov 20 17:00 link -> a.txt\r\n"
    )


def test_unix_shows_owner_and_group():
    assert " alice    staff " in text(unix_lines([FILE], NOW, owner="alice", group="staff"))


@pytest.mark.parametrize(
    ("seconds", "date"),
    [
        (NOW, "Nov 20 17:00"),
        (NOW - 182 * DAY, "May 22 17:00"),
        (NOW - 183 * DAY, "May 21  2026"),
        (NOW - 365 * DAY, "Nov 20  2025"),
        (NOW + 1, "Nov 20  2026"),
        (NOW - 15 * DAY, "Nov  5 17:00"),
        (0, "Jan  1  1970"),
        (-1e18, "Jan  1     1"),
        (1e18, "Dec 31  9999"),
    ],
)
def test_a_date_shows_its_time_within_six_months_and_its_year_otherwise(seconds, date):
    assert unix_date(seconds, NOW) == date
    assert len(date) == 12


def test_msdos_shows_files_and_directories_as_iis_does():
    midnight = entry("b", modified=NOW - 17 * 3600, size=5)
    assert text(msdos_lines([FILE, DIRECTORY, midnight], NOW)) == (
        "11-20-26  05:00PM                 1024 a.txt\r\n"
        "11-20-26  05:00PM       <DIR>          dir\r\n"
        "11-20-26  12:00AM                    5 b\r\n"
    )


def test_eplf_shows_facts_before_a_tab():
    assert text(eplf_lines([FILE, DIRECTORY, LINK], NOW)) == (
        "+i1g2,m1795194000,up644,r,s1024,\ta.txt\r\n"
        "+i1g2,m1795194000,up755,/,\tdir\r\n"
        "+i1g2,m1795194000,up777,/,r,s5,\tlink\r\n"
    )


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_name_breaks_a_line_of_list(name):
    listing = text(FORMATS[name].lines([BREAKING, entry("\x1b[2J\t\x7f")], NOW))
    assert listing.count("\n") == listing.count("\r\n") == 2
    assert "a??257 b\r\n" in listing
    assert "?[2J??\r\n" in listing


@pytest.mark.requirement("FTP-4.1.2.7-1")
def test_nlst_shows_names_only():
    assert text(nlst_lines([FILE, DIRECTORY, entry("with blanks ")])) == "a.txt\r\ndir\r\nwith blanks \r\n"


def test_nlst_of_another_directory_shows_pathnames_usable_by_retr():
    assert text(nlst_lines([FILE], "sub")) == "sub/a.txt\r\n"
    assert text(nlst_lines([FILE], "/")) == "/a.txt\r\n"


def test_names_with_line_ends_are_omitted_from_nlst_and_mlsd():
    assert text(nlst_lines([BREAKING, FILE])) == "a.txt\r\n"
    assert text(mlsd_lines([BREAKING, FILE], (), SUBJECT)) == " a.txt\r\n"


def test_bytes_that_are_not_utf8_are_shown_unchanged():
    name = b"\xe5\xff".decode("utf-8", "surrogateescape")
    assert b"".join(nlst_lines([entry(name)])) == b"\xe5\xff\r\n"
    for lines in (unix_lines, msdos_lines, eplf_lines):
        assert b"".join(lines([entry(name)], NOW)).endswith(b"\xe5\xff\r\n")


# MLSD and MLST


def test_mlsd_shows_all_facts():
    assert text(mlsd_lines([FILE], FACTS, SUBJECT)) == (
        "type=file;size=1024;modify=20261120170000;perm=r;unique=1g2;"
        "UNIX.mode=0644;UNIX.owner=ftp;UNIX.group=ftp; a.txt\r\n"
    )


def test_mlsd_marks_the_directory_and_its_parent():
    listing = text(mlsd_lines([DIRECTORY], ("type",), SUBJECT, itself=DIRECTORY, parent=DIRECTORY))
    assert listing == "type=cdir; .\r\ntype=pdir; ..\r\ntype=dir; dir\r\n"


def test_mlsd_shows_the_target_of_a_link_unless_that_breaks_the_fact():
    targets = ["/a/b", "with blank", "a;b", "å", ""]
    lines = text(mlsd_lines([entry("l", "link", target=target) for target in targets], ("type",), SUBJECT))
    assert lines == "type=OS.unix=slink:/a/b; l\r\n" + "type=OS.unix=slink:; l\r\n" * 4


def test_mlst_begins_with_a_blank_and_has_the_whole_pathname():
    assert mlst_line(FILE, "/dir/a.txt", ("type", "size"), SUBJECT) == b" type=file;size=1024; /dir/a.txt"
    assert mlst_line(FILE, "/a.txt", (), SUBJECT) == b"  /a.txt"


def test_facts_are_selected_in_any_case_and_unknown_ones_ignored():
    assert select("SIZE;unix.MODE;media-type;type;") == ("type", "size", "UNIX.mode")
    assert select("") == ()
    assert selection(("type", "size")) == "MLST OPTS type;size;"
    assert selection(()) == "MLST OPTS"


def test_feat_stars_the_selected_facts():
    assert feature(("type", "size")) == (
        "MLST type*;size*;modify;perm;unique;UNIX.mode;UNIX.owner;UNIX.group;"
    )  # fmt: skip
    assert feature(DEFAULT_FACTS).count("*") == len(FACTS)


def test_times_follow_rfc_3659():
    assert time_value(NOW + 0.9) == "20261120170000"
    assert time_value(-1e18) == "00010101000000"


def test_pythons_ftplib_reads_the_facts(monkeypatch):
    lines = text(mlsd_lines([FILE, DIRECTORY, LINK], FACTS, SUBJECT)).split("\r\n")[:-1]
    client = ftplib.FTP()
    monkeypatch.setattr(client, "retrlines", lambda _command, take: [take(line) for line in lines])
    read = dict(client.mlsd())
    assert read["a.txt"]["size"] == "1024"
    assert read["dir"]["type"] == "dir"
    assert read["link"]["type"] == "OS.unix=slink:a.txt"


@pytest.mark.parametrize("name", ["unix", "msdos", "eplf", "mlsd", "nlst"])
def test_ten_thousand_entries_take_little_time(name):
    entries = [entry(f"file {number}", modified=NOW - number * 3600) for number in range(10_000)]
    began = time.process_time()
    if name == "mlsd":
        lines = mlsd_lines(entries, FACTS, SUBJECT)
    elif name == "nlst":
        lines = nlst_lines(entries)
    else:
        lines = FORMATS[name].lines(entries, NOW)
    assert b"".join(lines).count(b"\r\n") == 10_000
    assert time.process_time() - began < 0.5


def test_syst_fits_the_format():
    assert {name: re.match(r"\w+", form.system)[0] for name, form in FORMATS.items()} == {
        "unix": "UNIX", "msdos": "Windows_NT", "eplf": "UNIX",
    }  # fmt: skip
