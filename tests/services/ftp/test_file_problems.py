"""Problems of files: a reply for each error of the system; names that end in a slash; nothing that is half done."""

import errno
import os

import pytest

from homeport.disk.open_file import PROBLEMS, file_problem
from homeport.services.ftp.replies import CODES, refuse_file_problem

REPLIES = {
    "ENOENT": 550, "EACCES": 550, "EPERM": 550, "EROFS": 550, "ELOOP": 550, "EEXIST": 550, "ENOTEMPTY": 550,
    "EISDIR": 550, "ENOTDIR": 550, "ENAMETOOLONG": 553, "EILSEQ": 553, "EINVAL": 553, "ENOSPC": 452, "EDQUOT": 452,
    "EFBIG": 552, "EOVERFLOW": 552, "EBUSY": 450, "ETXTBSY": 450, "EAGAIN": 450, "EMFILE": 450, "ENFILE": 450,
    "ENOMEM": 450, "ENOLCK": 450, "EXDEV": 553, "EMLINK": 550, "ENOSYS": 550, "EOPNOTSUPP": 550, "ENODEV": 550,
    "ENXIO": 550, "EIO": 451, "ESTALE": 451, "ETIMEDOUT": 451,
}  # fmt: skip
"""Reply code by error: 4yz if the same command may succeed later, 5yz if not (RFC 959 4.2)."""


@pytest.mark.parametrize("name", REPLIES)
def test_each_error_of_the_system_has_a_reply_that_says_whether_to_try_again(name):
    number = getattr(errno, name)
    refused = refuse_file_problem(file_problem(OSError(number, os.strerror(number))))
    assert refused.reply.code == REPLIES[name]
    assert refused.reply.text


def test_each_error_that_is_converted_is_in_the_table():
    assert {errno.errorcode[number] for number in PROBLEMS} <= REPLIES.keys() | {"EWOULDBLOCK", "ENOTSUP"}
    assert set(PROBLEMS.values()) <= CODES.keys()


@pytest.mark.parametrize(
    "command",
    [
        "RETR note.txt/", "SIZE note.txt/", "MDTM note.txt/", "MLST note.txt/", "DELE note.txt/", "RNFR note.txt/",
        "STOR note.txt/", "STOR new/", "APPE note.txt/", "APPE new/", "STOU new/", "LIST note.txt/", "NLST note.txt/",
        "STAT note.txt/", "CWD note.txt/", "RMD note.txt/", "HASH note.txt/", "XCRC note.txt/", "XMD5 note.txt/",
        "MFMT 20200101000000 note.txt/", "SITE UTIME 20200101000000 note.txt/", "SITE CHMOD 600 note.txt/",
        "RETR note.txt/.", "SIZE /home/alice/note.txt//", "MKD note.txt/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("blocks", [False, True])
def test_a_name_that_ends_in_a_slash_is_no_file(client, command, blocks):
    one = client().log_in()
    one.tree.blocks = blocks
    before = dict(one.tree.files), dict(one.tree.modes), dict(one.tree.modified)
    one.say("PASV")
    assert one.say(command).rpartition("\n")[2].startswith("550 ")
    assert (one.tree.files, one.tree.modes, one.tree.modified) == before


def test_a_name_of_a_directory_may_end_in_a_slash(client):
    one = client().log_in()
    for command in ("MKD d/", "CWD d/", "CWD ..", "MLST d/", "MDTM d/", "RNFR d/", "RNTO e/", "RMD e/"):
        assert one.say(command)[0] in "23", command


def test_a_file_cannot_be_renamed_to_a_name_that_ends_in_a_slash(client):
    one = client().log_in()
    assert one.say("RNFR note.txt", "RNTO new/").startswith("550")
    assert one.say("SIZE note.txt").startswith("213")


@pytest.mark.parametrize("mode", ["4777", "2755", "1777", "7777", "04755"])
def test_permission_bits_that_are_not_set_are_refused(client, mode):
    one = client().log_in()
    assert one.say(f"SITE CHMOD {mode} note.txt").startswith("504 ")
    assert one.tree.modes == {}


@pytest.mark.parametrize("mode", ["600", "0600", "00600"])
def test_permission_bits_may_have_leading_zeros(client, mode):
    one = client().log_in()
    assert one.say(f"SITE CHMOD {mode} note.txt").startswith("200")
    assert one.tree.modes == {("home", "alice", "note.txt"): 0o600}


@pytest.mark.parametrize("options", ["type;size", "type", "type size;", "unique type;", ";", "type;;", "type=1;", "é;"])
def test_malformed_facts_are_501_and_the_selection_stays(client, options):
    one = client().log_in()
    one.say("OPTS MLST size;")
    assert one.say(f"OPTS MLST {options}").startswith("501 ")
    assert "syntax" in one.findings
    assert one.say("MLST note.txt").split("\n")[1].startswith(" size=5; ")


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ("", "200 MLST OPTS"), (" Type;", "200 MLST OPTS type;"), (" nofact;", "200 MLST OPTS"),
        (" UNIX.mode;X.y;size;", "200 MLST OPTS size;UNIX.mode;"),
    ],
)  # fmt: skip
def test_well_formed_facts_are_selected_and_unknown_ones_ignored(client, options, answer):
    one = client().log_in()
    assert one.say(f"OPTS MLST{options}") == answer
    assert "syntax" not in one.findings


@pytest.mark.parametrize(
    "line", ["OPTS UTF8 MAYBE", "OPTS UTF8 ON ON", "OPTS HASH X", "OPTS MODE Z LEVEL ²", "OPTS MODE Z LEVEL", "EPSV ²"]
)
def test_other_malformed_options_are_501(client, line):
    one = client().log_in()
    assert one.say(line).startswith("501 ")
    assert "syntax" in one.findings


# REST and STOR.


@pytest.mark.parametrize(
    ("offset", "content", "result"),
    [(0, b"xy", b"xy"), (1, b"xy", b"hxys\n"), (4, b"xyz", b"hersxyz"), (5, b"xy", b"hers\nxy"), (2, b"", b"hers\n")],
)
def test_a_resumed_store_keeps_what_is_behind_it(client, offset, content, result):
    one = client(stores=content).log_in()
    one.say(f"REST {offset}")
    assert "226" in one.get("STOR note.txt") or one.findings
    assert one.tree.files["home", "alice", "note.txt"] == result


def test_a_resumed_store_beyond_the_end_of_the_file_is_554(client):
    one = client().log_in()
    one.say("PASV", "REST 6")
    assert one.say("STOR note.txt").startswith("554 ")
    assert one.say("REST 1", "STOR new").startswith("554 ")
    assert one.tree.files["home", "alice", "note.txt"] == b"hers\n"


# CR LF.


@pytest.mark.parametrize(
    ("option", "sent", "size"), [("keep", b"a\r\nb\r\nc\r\n", 9), ("double", b"a\r\r\nb\r\nc\r\r\n", 11)]
)
def test_lines_that_end_in_cr_lf_are_sent_as_they_are_or_with_a_second_cr(client, option, sent, size):
    one = client(ascii_crlf=option).log_in()
    one.tree.files["home", "alice", "note.txt"] = b"a\r\nb\nc\r\n"
    one.say("TYPE A")
    assert one.say("SIZE note.txt") == f"213 {size}"
    one.get("RETR note.txt")
    assert one.downloaded == sent
    for offset in range(size + 1):
        one.say("PASV", f"REST {offset}", "RETR note.txt")
        assert one.downloaded == sent[offset:]
